"""The graph as a picture: SVG that stands alone, is drawn without any program, and follows light and dark.

It has no ids, so that any number of figures can stand in one document.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib import resources
from itertools import pairwise

from wengert.explanation.layers import Point, layout
from wengert.explanation.model import Account
from wengert.explanation.views import Item, View, Wire, views

__all__ = ["asset", "drawing", "figure", "svg"]

COLUMN = 7.23  # width of a character of 12 px
LINE, PAD, MARGIN = 16, 10, 14
NARROWEST, WIDEST = 104, 262
PORT = {False: 32, True: 76}  # room for the labels of a wire that arrives, by direction
LEAD = {False: 78, True: 30}  # how far a wire with labels runs straight before it arrives
LABEL = 10  # columns of a label
BEND = 56  # how far wires bend between layers
MOST_LABELS = 8  # wires that arrive at one box with labels

LEGEND = (
    ("value", "value"), ("adjoint", "adjoint v̄: derivative of the result"),
    ("local", "× local derivative of the wire"), ("downstream", "what flows back along it"),
)  # fmt: skip


@cache
def asset(name: str) -> str:
    """A file of the page."""
    return resources.files("wengert.explanation").joinpath("assets", name).read_text(encoding="utf-8")


def svg(account: Account) -> str:
    """A picture of the whole as the text of an .svg file."""
    return figure(views(account)[0], legend=True)


def figure(view: View, down: bool = False, legend: bool = False) -> str:
    """A view as an svg element with its own style."""
    body, width, height = drawing(view, down)
    below = _legend(height + 8) if legend else ""
    if legend:
        width, height = max(width, 700.0), height + 34
    title = escape(f"Computational graph of {view.title}: {len(view.items)} boxes, from the inputs to the result.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wg-figure" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img" aria-label="{title}">'
        f"<style>{asset('figure.css')}</style>{body}{below}</svg>\n"
    )


def drawing(view: View, down: bool = False) -> tuple[str, float, float]:
    """The wires and boxes of a view as SVG text, and the size they take."""
    arrivals = [0] * len(view.items)
    for wire in view.wires:
        arrivals[wire.target] += 1
    sizes = [_size(item, n, down) for item, n in zip(view.items, arrivals, strict=True)]
    labelled = any(w.local or w.downstream or w.count for w in view.wires)
    lead = LEAD[down] if labelled else 0
    placed = layout(sizes, [(w.source, w.target) for w in view.wires], BEND + lead, down=down)
    wires = [
        _wire(wire, view, route, down, lead if arrivals[wire.target] <= MOST_LABELS else 0)
        for wire, route in zip(view.wires, placed.routes, strict=True)
    ]
    boxes = [_box(item, c, s) for item, c, s in zip(view.items, placed.corners, sizes, strict=True)]
    return "".join(wires + boxes), placed.width + 2 * MARGIN, placed.height + 2 * MARGIN


def columns(text: str) -> int:
    """How many columns a text takes in a monospaced font."""
    wide = sum([unicodedata.east_asian_width(c) in "WF" for c in text])
    return len(text) + wide - sum([unicodedata.combining(c) > 0 for c in text])


def cut(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis."""
    if columns(text) <= most:
        return text
    while columns(text) > most - 1:
        text = text[:-1]
    return text + "…"


def _lines(item: Item) -> list[tuple[str, str]]:
    lines = [("operation", item.operation), ("value", item.value), ("adjoint", item.adjoint)]
    return [line for line in lines if line[1]] + [("note", note) for note in item.notes]


def _size(item: Item, arrivals: int, down: bool) -> tuple[float, float]:
    widest = max([columns(item.name) * 1.1 + columns(item.label) + 2, *[columns(text) for _, text in _lines(item)]])
    width = min(max(widest * COLUMN + 2 * PAD, NARROWEST), WIDEST)
    height = LINE * (1 + len(_lines(item))) + PAD
    ports = PORT[down] * min(arrivals, MOST_LABELS)
    return (max(width, ports), height) if down else (width, max(height, ports))


def _box(item: Item, corner: Point, size: tuple[float, float]) -> str:
    width, height = size
    most = int((width - 2 * PAD) / COLUMN + 0.5)
    lines = _lines(item)
    top = (height - LINE * (1 + len(lines)) - PAD) / 2 + LINE
    name = cut(item.name, max(4, int((most - columns(item.label)) / 1.1)))
    parts = [f'<text class="name" x="{PAD}" y="{_n(top)}">{escape(name)}</text>']
    if item.label:
        parts.append(
            f'<text class="label" x="{_n(width - PAD)}" y="{_n(top)}" text-anchor="end">{escape(item.label)}</text>'
        )
    for n, (kind, text) in enumerate(lines, 1):
        parts.append(f'<text class="{kind}" x="{PAD}" y="{_n(top + n * LINE)}">{escape(cut(text, most))}</text>')
    x, y = corner[0] + MARGIN, corner[1] + MARGIN
    return (
        f'<g class="node {item.kind}" data-key="{item.key}" transform="translate({_n(x)} {_n(y)})" '
        f'aria-label="{escape(spoken(item))}">'
        f'<rect width="{_n(width)}" height="{_n(height)}" rx="{12 if item.kind in ("leaf", "constant") else 4}"/>'
        f"{''.join(parts)}</g>"
    )


def spoken(item: Item) -> str:
    """A box in words, for those who listen."""
    what = f" = {item.operation}" if item.operation and item.kind not in ("block", "enters") else ""
    rest = [item.value, item.adjoint and f"adjoint {item.adjoint}", *item.notes]
    return ", ".join([f"{item.name}{what}", *[part for part in rest if part]])


def _wire(wire: Wire, view: View, route: Sequence[Point], down: bool, lead: float) -> str:
    points = [(x + MARGIN, y + MARGIN) for x, y in route]
    still = "" if wire.downstream or not wire.key else " still"
    texts = _labels(wire, points[-1], down) if lead else ""
    ends = f'data-from="{view.items[wire.source].key}" data-to="{view.items[wire.target].key}"'
    key = f' data-key="{wire.key}"' if wire.key else ""
    return (
        f'<g class="wire{still}"{key} {ends}><path d="{_path(points, down, lead)}"/>'
        f'<path class="head" d="{_head(points[-1], down)}"/>{texts}</g>'
    )


def _labels(wire: Wire, end: Point, down: bool) -> str:
    x, y = end
    if down:
        above, below, anchor = (x + 5, y - 21), (x + 5, y - 8), "start"
    else:
        above, below, anchor = (x - 10, y - 5), (x - 10, y + 13), "end"
    found = [("local", wire.local, above), ("downstream", wire.downstream, below), ("count", wire.count, above)]
    return "".join([
        f'<text class="{kind}" x="{_n(at[0])}" y="{_n(at[1])}" text-anchor="{anchor}">{escape(cut(text, LABEL))}</text>'
        for kind, text, at in found if text
    ])  # fmt: skip


def _path(points: Sequence[Point], down: bool, lead: float) -> str:
    """Bends between layers, straight lines along them, and before the end."""
    end = points[-1]
    points = [*points[:-1], (end[0], end[1] - lead) if down else (end[0] - lead, end[1]), end]
    out = [f"M{_xy(points[0])}"]
    for n, (a, b) in enumerate(pairwise(points)):
        if n % 2:
            out.append(f"L{_xy(b)}")
        elif down:
            half = (a[1] + b[1]) / 2
            out.append(f"C{_xy((a[0], half))} {_xy((b[0], half))} {_xy(b)}")
        else:
            half = (a[0] + b[0]) / 2
            out.append(f"C{_xy((half, a[1]))} {_xy((half, b[1]))} {_xy(b)}")
    return "".join(out)


def _head(end: Point, down: bool) -> str:
    x, y = end
    corners = [(x - 4, y - 8), (x + 4, y - 8)] if down else [(x - 8, y - 4), (x - 8, y + 4)]
    return f"M{_xy(end)}L{_xy(corners[0])}L{_xy(corners[1])}z"


def _legend(y: float) -> str:
    parts, x = [], float(MARGIN)
    for kind, text in LEGEND:
        parts.append(f'<text class="{kind}" x="{_n(x)}" y="{_n(y + 12)}">{escape(text)}</text>')
        x += columns(text) * 6.1 + 24
    return f'<g class="legend">{"".join(parts)}</g>'


def _xy(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
