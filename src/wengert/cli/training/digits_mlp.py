"""Handwritten digits by three dense layers with dropout."""

from __future__ import annotations

from functools import partial

import wengert as wg
from wengert import data, nn
from wengert.cli.training import digits
from wengert.cli.training.loop import fit
from wengert.cli.training.session import Session
from wengert.nn import functional as F

__all__ = ["EPOCHS", "network", "train"]

EPOCHS = 40
BATCH = 64
RATE = 5e-3


def network() -> nn.Module:
    """From 64 pixels to scores of the ten digits."""
    layers = [nn.Linear(64, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*layers).float()


def train(session: Session) -> None:
    """Train, validate after every epoch, and draw the digits that are hard to read."""
    wg.manual_seed(session.settings.seed)
    training, validation = digits.parts(session.settings.seed)
    loader = data.DataLoader(training, BATCH, shuffle=True, drop_last=True, seed=session.settings.seed)
    model = network()
    optimizer = wg.optim.AdamW(model.parameters(), lr=wg.tensor(RATE))
    scheduler = wg.optim.lr_scheduler.CosineAnnealingLR(optimizer, session.settings.epochs * len(loader))
    predict = fit(
        session, loader, model, optimizer, scheduler, loss=F.cross_entropy, scores=partial(digits.scores, validation)
    )
    session.end(partial(digits.panel, samples=validation, predict=predict))
