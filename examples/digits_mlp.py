"""Handwritten digits by a network with dropout, in training and in evaluation mode."""

import wengert as wg
from wengert import nn

wg.manual_seed(0)
train, test = wg.data.random_split(wg.data.load_digits(), [0.8, 0.2], generator=wg.Generator().manual_seed(0))
loader = wg.data.DataLoader(train, batch_size=64, shuffle=True, seed=0)
model = nn.Sequential(
    nn.Linear(64, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10)
)
optimizer = wg.optim.AdamW(model.parameters(), lr=2e-3)


@wg.jit
def step(x, y):
    """Forward, backward, and the optimiser."""
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


for _ in range(20):
    for x, y in loader:
        step(x, y)

model.eval()
metric = wg.train.Accuracy()
with wg.no_grad():
    for x, y in wg.data.DataLoader(test, batch_size=128):
        metric.update(model(x), y)
accuracy = metric.compute()
print(f"test accuracy: {accuracy:.3f}")
