"""Handwritten digits by convolutions, batch normalisation, pooling, and a learning rate that goes up and down."""

import numpy as np

import wengert as wg
from wengert import nn

wg.manual_seed(0)
train, test = wg.data.random_split(
    wg.data.load_digits(images=True), [0.8, 0.2], generator=wg.Generator().manual_seed(0)
)
loader = wg.data.DataLoader(train, batch_size=64, shuffle=True, seed=0)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 4 * 4, 10),
)  # fmt: skip
optimizer = wg.optim.Adam(model.parameters())
scheduler = wg.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=6 * len(loader))


@wg.jit
def step(x, y):
    """Forward, backward, and the optimiser."""
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


for _ in range(6):
    for x, y in loader:
        step(x, y)
        scheduler.step()

model.eval()
images, labels = (np.stack(column) for column in zip(*test, strict=True))
with wg.no_grad():
    found = model(images).numpy().argmax(1)
accuracy = np.mean(found == labels)
print(f"test accuracy: {accuracy:.3f}, {np.sum(found != labels)} of {len(labels)} wrong")
