"""The charts of the page, as SVG without ids: the V of finite differences, and bars of operation counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Curve", "bars", "curves"]

WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 48
MARKS = "circle square diamond triangle".split()


@dataclass(frozen=True, slots=True)
class Curve:
    """Errors over step sizes, both positive. chosen: the step that was taken in the end, if one was."""

    label: str
    steps: Sequence[float]
    errors: Sequence[float]
    chosen: float | None = None


def curves(found: Sequence[Curve]) -> str:
    """Error over step size, on logarithmic axes; curves differ by dash and mark, and not by colour alone."""
    points = [(math.log10(h), math.log10(e)) for c in found for h, e in _drawable(c)]
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    frame = _Frame(_decades(xs), _decades(ys))
    lines = "".join([_curve(c, n, frame) for n, c in enumerate(found)])
    told = ", ".join([c.label for c in found])
    legend = "".join([
        f'<g class="curve c{n % 4}" transform="translate({LEFT + 12} {HEIGHT + 18 * (n + 1)})">'
        f'<path d="M0 0h26"/>{_mark(13, 0, n)}<text x="34" y="4">{escape(c.label)}{_chosen(c)}</text></g>'
        for n, c in enumerate(found)
    ])  # fmt: skip
    height = HEIGHT + 18 * len(found) + 12
    return _svg(height, f"Error over step size: {told}", frame.grid("step size h", "error") + lines + legend)


def _drawable(c: Curve) -> list[tuple[float, float]]:
    pairs = [(float(h), float(e)) for h, e in zip(c.steps, c.errors, strict=True)]
    return [(h, e) for h, e in pairs if h > 0 and e > 0 and math.isfinite(h) and math.isfinite(e)]


def _chosen(c: Curve) -> str:
    return "" if c.chosen is None else f": h = {c.chosen:.2g} was chosen"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(min(values)), math.ceil(max(values))
    return low, max(high, low + 1)


class _Frame:
    """The axes: decades to places."""

    def __init__(self, xs: tuple[int, int], ys: tuple[int, int]) -> None:
        self.xs = xs
        self.ys = ys

    def x(self, decade: float) -> float:
        return LEFT + (decade - self.xs[0]) / (self.xs[1] - self.xs[0]) * (WIDTH - LEFT - RIGHT)

    def y(self, decade: float) -> float:
        return HEIGHT - BOTTOM - (decade - self.ys[0]) / (self.ys[1] - self.ys[0]) * (HEIGHT - TOP - BOTTOM)

    def grid(self, x_title: str, y_title: str) -> str:
        out = []
        for decade in _ticks(self.xs):
            x = f"{self.x(decade):.1f}"
            out.append(f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}"/>')
            out.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_power(decade)}</text>')
        for decade in _ticks(self.ys):
            y = self.y(decade)
            out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
            out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_power(decade)}</text>')
        out.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_title}</text>')
        middle = (TOP + HEIGHT - BOTTOM) / 2
        turned = f'transform="translate(16 {middle}) rotate(-90)" text-anchor="middle"'
        return "".join(out) + f"<text {turned}>{y_title}</text>"


def _ticks(decades: tuple[int, int]) -> range:
    return range(decades[0], decades[1] + 1, max(1, math.ceil((decades[1] - decades[0]) / 8)))


def _power(decade: int) -> str:
    return "10" + str(decade).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _curve(c: Curve, n: int, frame: _Frame) -> str:
    points = [(frame.x(math.log10(h)), frame.y(math.log10(e))) for h, e in sorted(_drawable(c))]
    path = "M" + "L".join([f"{x:.1f} {y:.1f}" for x, y in points])
    marks = "".join([_mark(x, y, n) for x, y in points])
    chosen = ""
    if c.chosen is not None and c.chosen > 0 and frame.xs[0] <= math.log10(c.chosen) <= frame.xs[1]:
        chosen = f'<path class="chosen" d="M{frame.x(math.log10(c.chosen)):.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
    return f'<g class="curve c{n % 4}">{chosen}<path d="{path}"/>{marks}</g>'


def _mark(x: float, y: float, n: int) -> str:
    shapes = {
        "circle": "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0", "square": "m-3-3h6v6h-6z",
        "diamond": "m0-4l4 4l-4 4l-4-4z", "triangle": "m0-4l4 7h-8z",
    }  # fmt: skip
    return f'<path class="mark" d="M{x:.1f} {y:.1f}{shapes[MARKS[n % 4]]}"/>'


def bars(rows: Sequence[tuple[str, int]], title: str) -> str:
    """Counts as bars with a logarithmic length, their numbers beside them."""
    most = max([count for _, count in rows], default=1)
    scale = (WIDTH - 90) / max(1.0, math.log10(max(most, 10)))
    out = []
    for n, (name, count) in enumerate(rows):
        y, length = 14 + 40 * n, scale * math.log10(max(count, 1))
        out.append(
            f'<text x="0" y="{y}">{escape(name)}</text><rect x="0" y="{y + 5}" width="{length:.1f}" height="14"/>'
        )
        out.append(f'<text class="value" x="{length + 6:.1f}" y="{y + 16.5}">{count:,}</text>')
    return _svg(40 * len(rows) + 4, title, f'<g class="bars">{"".join(out)}</g>')


def _svg(height: float, label: str, body: str) -> str:
    return (
        f'<svg class="wg-figure chart" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(label)}">{body}</svg>'
    )
