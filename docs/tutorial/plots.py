"""The figures of the tutorial, as PNG files: python docs/tutorial/plots.py [FOLDER], by default next to this file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import wengert as wg

STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}


def bowl(x: Any) -> Any:
    """Ten times as steep along x₁ as along x₀."""
    return 0.5 * x[0] ** 2 + 5.0 * x[1] ** 2


def logistic(n: int) -> Callable[[Any], Any]:
    """The logistic map lₙ: l₁ = x, lₙ₊₁ = 4 lₙ (1 − lₙ)."""

    def function(x: Any) -> Any:
        for _ in range(n - 1):
            x = 4 * x * (1 - x)
        return x

    return function


def descent(figure: Figure) -> None:
    """Paths of gradient descent over the contours of the bowl."""
    across, up = np.meshgrid(np.linspace(-1, 5, 120), np.linspace(-1.3, 1.3, 120))
    axes = figure.subplots()
    axes.contour(across, up, bowl([across, up]), levels=np.geomspace(0.1, 15, 9), colors="0.8", linewidths=0.8)
    for rate, color in ((0.03, "C0"), (0.15, "C1")):
        path = [np.array([4.0, 1.0])]
        for _ in range(20):
            path.append(path[-1] - rate * wg.grad(bowl)(path[-1]))
        axes.plot(*np.transpose(path), "o-", markersize=3, linewidth=1, color=color, label=f"learning rate {rate}")
    axes.set(xlabel="x₀", ylabel="x₁")
    axes.legend()


def vcurve(figure: Figure) -> None:
    """The V of the forward and the central difference."""
    for axes, method in zip(figure.subplots(1, 2, sharey=True), ("forward", "central"), strict=True):
        wg.vcurve(np.sin, 1.0, method=method).plot(axes)
        axes.set_title(f"sin at 1, {method} difference")
        axes.legend(loc="upper center")
        axes.label_outer()


def swell(figure: Figure) -> None:
    """Operations for the derivative of the logistic map, by expressions and by accumulation."""
    axes = figure.subplots()
    counts = {n: wg.swell(logistic(n), 0.3) for n in range(2, 7)}
    kinds = {
        "derived": "f′, as derived",
        "shared": "f′, common parts once",
        "reverse": "f and f′, reverse accumulation",
    }
    for k, (kind, label) in enumerate(kinds.items()):
        bars = axes.bar([n + 0.27 * (k - 1) for n in counts], [getattr(s, kind) for s in counts.values()], 0.25)
        axes.bar_label(bars, fontsize=7)
        bars.set_label(label)
    axes.set(yscale="log", xlabel="n of the logistic map lₙ", ylabel="operations", xticks=list(counts))
    axes.legend(loc="upper left")


def fit(figure: Figure) -> None:
    """The net of chapter 10 before, during and after its training."""
    rng = np.random.default_rng(0)
    x = np.linspace(-3, 3, 40).reshape(-1, 1)
    y = np.sin(x) + 0.1 * rng.normal(size=x.shape)
    parameters = [rng.normal(size=(1, 8)), np.zeros(8), 0.5 * rng.normal(size=(8, 1)), np.zeros(1)]
    w1, b1, w2, b2 = weights = [wg.tensor(p, requires_grad=True) for p in parameters]
    optimizer = wg.optim.SGD(weights, lr=0.05, momentum=0.9)
    axes = figure.subplots()
    axes.plot(x, y, ".", color="0.6", label="data")
    for step in range(2001):
        predicted: Any = np.tanh(x @ w1 + b1) @ w2 + b2
        if step in (0, 20, 2000):
            axes.plot(x, predicted.detach().numpy(), label=f"after {step:,} steps")
        optimizer.zero_grad()
        loss: Any = np.mean((predicted - y) ** 2)
        loss.backward()
        optimizer.step()
    axes.set(xlabel="x", ylabel="y")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


FIGURES = {descent: (5.6, 3.0), vcurve: (7.2, 3.0), swell: (5.6, 3.2), fit: (7.0, 3.2)}


def draw(folder: Path) -> list[Path]:
    """Write all figures into a folder; the same numbers give the same files."""
    made = []
    with mpl.rc_context(STYLE):
        for function, size in FIGURES.items():
            figure = Figure(figsize=size)
            function(figure)
            made.append(folder / f"{function.__name__}.png")
            figure.savefig(made[-1], dpi=110, metadata={"Software": None})
    return made


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
