"""A noisy sine continued by an LSTM, which is fed its own predictions for two periods."""

import numpy as np

import wengert as wg
from wengert import nn

wg.manual_seed(0)
data = wg.data.sine_series(1000, window=30, noise=0.05, seed=0, dtype=np.float32)
loader = wg.data.DataLoader(data, batch_size=32, shuffle=True, seed=0)


class Forecast(nn.Module):
    """The next number of a series."""

    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(1, 32, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        """From windows (N, T, 1), (N, 1)."""
        outputs, _ = self.memory(x)
        return self.out(outputs[:, -1])


model = Forecast()
optimizer = wg.optim.Adam(model.parameters(), lr=5e-3)


@wg.jit
def step(x, y):
    """Forward, backward, and the optimiser."""
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


for _ in range(15):
    for x, y in loader:
        step(x, y)

series = list(data.x[0, :, 0])
with wg.no_grad():
    for _ in range(80):
        series.append(model(np.array(series[-30:], np.float32).reshape(1, 30, 1)).item())
true = np.sin(2 * np.pi * np.arange(110) / 40)
error = np.sqrt(np.mean((np.array(series) - true)[30:] ** 2))
print(f"root mean square distance from the sine over 80 steps ahead: {error:.3f}")


def picture(axes):
    """What is given, what is foretold, and the sine."""
    axes.plot(true, "--", color="0.3", label="sine")
    axes.plot(series[:30], ".", color="0.6", label="given")
    axes.plot(np.arange(30, 110), series[30:], lw=2, label="foretold")
    axes.set(xlabel="step", ylabel="value")
    axes.legend()
