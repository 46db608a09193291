"""A variational autoencoder of handwritten digits: an image from two numbers, by reparameterised sampling."""

import numpy as np

import wengert as wg
from wengert import nn

wg.manual_seed(0)
train, test = wg.data.random_split(wg.data.load_digits(), [0.8, 0.2], generator=wg.Generator().manual_seed(0))
loader = wg.data.DataLoader(train, batch_size=64, shuffle=True, seed=0)
encoder = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 4))
decoder = nn.Sequential(nn.Linear(2, 256), nn.ReLU(), nn.Linear(256, 64))
optimizer = wg.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)


def bound(x, key):
    """The negative evidence lower bound in nats per image; a pixel's grey is the probability of ink."""
    mean, log_deviation = np.split(encoder(x), 2, axis=1)
    z = wg.random.normal(key, loc=mean, scale=np.exp(log_deviation))
    missing = nn.functional.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
    divergence = 0.5 * np.sum(mean**2 + np.exp(2 * log_deviation) - 2 * log_deviation - 1)
    return (missing + divergence) / len(x)


@wg.jit
def step(x, key):
    """Forward, backward, and the optimiser."""
    optimizer.zero_grad()
    loss = bound(x, key)
    loss.backward()
    optimizer.step()
    return loss


key = wg.random.key(0)
for _ in range(100):
    for x, _ in loader:
        key, now = wg.random.split(key)
        step(x, now)

images = np.stack([x for x, _ in test])
with wg.no_grad():
    nats = bound(images, key).item()
grey = images.mean(0).clip(1e-3, 1 - 1e-3)
alone = -np.sum(images * np.log(grey) + (1 - images) * np.log(1 - grey)) / len(images)
print(f"test images: {nats:.2f} nats; by the mean of each pixel: {alone:.2f}")


def picture(axes):
    """What the decoder draws over the plane of the two numbers."""
    places = np.linspace(-2, 2, 11, dtype=np.float32)
    z = np.stack(np.meshgrid(places, -places), -1).reshape(-1, 2)
    with wg.no_grad():
        tiles = nn.functional.sigmoid(decoder(z)).numpy().reshape(11, 11, 8, 8)
    framed = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)))
    axes.imshow(framed.swapaxes(1, 2).reshape(110, 110), cmap="gray_r", extent=(-2.2, 2.2, -2.2, 2.2))
    axes.set(xlabel="$z_0$", ylabel="$z_1$")
