"""The picture at the end of a run: losses from its log on the left, predictions on the right."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wengert.train.atomic import replacing

__all__ = ["BLUE", "GREY", "ORANGE", "draw"]

# Blue and orange are told apart by everyone (M. Okabe and K. Ito, "Color universal design", 2008).
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#999999"
SIZE = (12.0, 5.4)  # inches


def draw(path: Path, title: str, log: Path, panel: Callable[[Any], None]) -> None:
    """Write the picture; `panel` draws the right half on a matplotlib SubFigure."""
    figure = Figure(SIZE, dpi=120, layout="constrained")
    figure.suptitle(title)
    halves: Any = figure.subfigures(1, 2)
    left, right = halves
    _curves(left, log)
    panel(right)
    with replacing(path) as file:
        figure.savefig(file, format="png")


def _curves(figure: Any, log: Path) -> None:
    """The loss of every step and of every epoch, and the accuracy if there is one."""
    rows = list(csv.DictReader(log.read_text().splitlines()))
    has_accuracy = any(row.get("accuracy") for row in rows)
    upper, *lower = np.ravel(figure.subplots(1 + has_accuracy, 1, sharex=True))
    upper.plot(*_column(rows, "loss"), color=GREY, linewidth=0.6, label="of a step")
    for name, colour, label in [("training_loss", BLUE, "training"), ("validation_loss", ORANGE, "validation")]:
        upper.plot(*_column(rows, name), color=colour, marker=".", label=label)
    upper.set_yscale("log")
    upper.set_ylabel("loss")
    upper.legend()
    for axes in lower:
        steps, accuracy = _column(rows, "accuracy")
        axes.plot(steps, 100 * accuracy, color=ORANGE, marker=".")
        axes.set_ylabel("validation accuracy / %")
    (lower or [upper])[-1].set_xlabel("step")


def _column(rows: list[dict[str, str]], name: str) -> tuple[Any, Any]:
    """Steps and values of a column, where it has any."""
    pairs = [(int(row["step"]), float(row[name])) for row in rows if row.get(name)]
    return np.array([step for step, _ in pairs]), np.array([value for _, value in pairs])
