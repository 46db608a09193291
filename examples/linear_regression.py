"""Linear regression: a slope and an intercept by gradient descent, against least squares in closed form."""

import numpy as np

import wengert as wg

rng = np.random.default_rng(0)
x = rng.random(100)
y = 5 + 2 * x + 0.3 * rng.standard_normal(100)

slope, intercept = wg.zeros((), requires_grad=True), wg.zeros((), requires_grad=True)
optimizer = wg.optim.SGD([slope, intercept], lr=0.1, momentum=0.9)

for _ in range(300):
    loss = np.mean((slope * x + intercept - y) ** 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

best = np.polyfit(x, y, 1)
error = np.max(np.abs(best - [slope.item(), intercept.item()]))
print(f"y = {slope.item():.3f} x + {intercept.item():.3f}")
print(f"distance from least squares: {error:.1e}")
