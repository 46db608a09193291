"""Two classes of points in the plane, half circles that reach into each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import wengert as wg
from wengert import data, nn
from wengert.cli.training.digits import scores
from wengert.cli.training.loop import fit
from wengert.cli.training.picture import BLUE, ORANGE
from wengert.cli.training.session import Session
from wengert.nn import functional as F

__all__ = ["EPOCHS", "network", "panel", "train"]

EPOCHS = 30
POINTS, NOISE = 1000, 0.15
BATCH = 50
RATE = 1e-2
SIDE = 200  # points of a side of the picture's grid


def network() -> nn.Module:
    """From two coordinates to scores of the two classes."""
    return nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2)).float()


def panel(figure: Any, samples: data.Samples, predict: Callable[[Any], Any]) -> None:
    """Draw points, and the probability of their classes everywhere."""
    (left, bottom), (right, top) = samples.x.min(0) - 0.3, samples.x.max(0) + 0.3
    across, up = np.meshgrid(np.linspace(left, right, SIDE), np.linspace(bottom, top, SIDE))
    points = np.stack([across.ravel(), up.ravel()], -1).astype(np.float32)
    chance = np.asarray(F.softmax(predict(points), -1))[:, 1].reshape(across.shape)
    axes = figure.subplots()
    colours = axes.contourf(across, up, chance, np.linspace(0, 1, 21), cmap="RdBu_r", alpha=0.7)
    axes.contour(across, up, chance, [0.5], colors="black", linewidths=1)
    for n, (colour, marker) in enumerate([(BLUE, "o"), (ORANGE, "s")]):
        of = samples.y == n
        axes.scatter(
            *samples.x[of].T, s=14, c=colour, marker=marker, edgecolors="white", linewidths=0.4, label=f"class {n}"
        )
    axes.legend()
    axes.set_aspect("equal")
    figure.colorbar(colours, label="probability of class 1", ticks=[0, 0.25, 0.5, 0.75, 1], shrink=0.6)


def train(session: Session) -> None:
    """Train, validate after every epoch, and draw who is where."""
    wg.manual_seed(session.settings.seed)
    training, validation = (
        data.two_moons(POINTS, NOISE, 2 * session.settings.seed + n, dtype=np.float32) for n in (0, 1)
    )
    loader = data.DataLoader(training, BATCH, shuffle=True, drop_last=True, seed=session.settings.seed)
    model = network()
    optimizer = wg.optim.AdamW(model.parameters(), lr=wg.tensor(RATE))
    scheduler = wg.optim.lr_scheduler.CosineAnnealingLR(optimizer, session.settings.epochs * len(loader))
    predict = fit(
        session, loader, model, optimizer, scheduler, loss=F.cross_entropy, scores=partial(scores, validation)
    )
    session.end(partial(panel, samples=validation, predict=predict))
