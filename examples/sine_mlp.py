"""A sine from noisy samples, by a network of two layers whose training step is compiled whole."""

import numpy as np

import wengert as wg
from wengert import nn

wg.manual_seed(0)
data = wg.data.sine(100, noise=0.1, seed=0)
model = nn.Sequential(nn.Linear(1, 10), nn.Sigmoid(), nn.Linear(10, 1)).double()
optimizer = wg.optim.Adam(model.parameters(), lr=0.03)


@wg.jit
def step(x, y):
    """Forward, backward, and the optimiser."""
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


for _ in range(3000):
    loss = step(data.x, data.y)

grid = np.linspace(0, 1, 200)[:, None]
with wg.no_grad():
    fit = model(grid).numpy()
error = np.sqrt(np.mean((fit - np.sin(2 * np.pi * grid)) ** 2))
print(f"mean squared error on the samples: {loss.item():.4f} (of which noise: 0.01)")
print(f"root mean square distance from the sine: {error:.3f}")


def picture(axes):
    """Samples, sine and fit."""
    axes.plot(data.x, data.y, ".", color="0.6", label="samples")
    axes.plot(grid, np.sin(2 * np.pi * grid), "--", color="0.3", label="sine")
    axes.plot(grid, fit, lw=2, label="network")
    axes.set(xlabel="x", ylabel="y")
    axes.legend()
