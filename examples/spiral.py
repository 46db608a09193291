"""Three arms of a spiral told apart, in batches, by a network whose boundaries must curl."""

import numpy as np

import wengert as wg
from wengert import nn

wg.manual_seed(0)
train, test = (wg.data.spiral(300, noise=0.2, seed=seed, dtype=np.float32) for seed in (0, 1))
loader = wg.data.DataLoader(train, batch_size=30, shuffle=True, seed=0)
model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 3))
optimizer = wg.optim.Adam(model.parameters(), lr=0.01)


@wg.jit
def step(x, y):
    """Forward, backward, and the optimiser."""
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


for _ in range(100):
    for x, y in loader:
        step(x, y)

metric = wg.train.Accuracy()
with wg.no_grad():
    metric.update(model(test.x), test.y)
accuracy = metric.compute()
print(f"test accuracy: {accuracy:.3f}")


def picture(axes):
    """The class that the network gives to each point of the plane, and the points of the test."""
    u, v = np.meshgrid(np.linspace(-1.3, 1.3, 300), np.linspace(-1.3, 1.3, 300))
    with wg.no_grad():
        scores = model(np.stack([u, v], -1).reshape(-1, 2).astype(np.float32)).numpy()
    axes.contourf(
        u, v, scores.argmax(1).reshape(u.shape), levels=[-0.5, 0.5, 1.5, 2.5], colors=["C0", "C1", "C2"], alpha=0.3
    )
    axes.scatter(*test.x.T, c=[f"C{y}" for y in test.y], s=8)
    axes.set(aspect="equal", xlabel="$x_0$", ylabel="$x_1$")
