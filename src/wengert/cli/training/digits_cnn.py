"""Handwritten digits by convolutions: 98.5 % of digits that it has not seen, and more, in half a minute."""

from __future__ import annotations

from functools import partial

import wengert as wg
from wengert import data, nn
from wengert.cli.training import digits
from wengert.cli.training.loop import fit
from wengert.cli.training.session import Session
from wengert.nn import functional as F

__all__ = ["EPOCHS", "network", "train"]

EPOCHS = 20
BATCH = 64
RATE = 1e-2  # at its highest


def network() -> nn.Module:
    """From 8 × 8 pixels to scores of the ten digits."""
    return nn.Sequential(
        *[nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()],
        *[nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * 64, 10)],
    ).float()


def train(session: Session) -> None:
    """Train, validate after every epoch, and draw the digits that are hard to read."""
    wg.manual_seed(session.settings.seed)
    training, validation = digits.parts(session.settings.seed, images=True)
    moved = data.transforms.OnEntry(0, data.transforms.RandomShift(1))  # the same digits, written elsewhere
    loader = data.DataLoader(training, BATCH, shuffle=True, drop_last=True, seed=session.settings.seed, transform=moved)
    model = network()
    optimizer = wg.optim.AdamW(model.parameters(), lr=wg.tensor(RATE))
    scheduler = wg.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, epochs=session.settings.epochs, steps_per_epoch=len(loader), cycle_momentum=False
    )
    predict = fit(
        session, loader, model, optimizer, scheduler,
        loss=partial(F.cross_entropy, label_smoothing=0.05),
        scores=partial(digits.scores, validation),
    )  # fmt: skip
    session.end(partial(digits.panel, samples=validation, predict=predict))
