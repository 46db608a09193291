"""A comparison as a table: of text, of HTML, and as a pandas DataFrame."""

from __future__ import annotations

import dataclasses
import html
import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.errors import MissingDependency, explain

__all__ = ["Column", "Row", "as_html", "as_text", "columns", "dataframe", "notes", "short"]

NOTHING = "–"
WHOLE = 4  # entries of a vector that may be shown in full
LONG = 30  # characters of a remark; longer ones are notes below the table


@dataclasses.dataclass(frozen=True)
class Row:
    """One way to differentiate, and what it gave and cost; None is what is unknown or was not measured.

    way: its name. value: the derivative, shortened. absolute, relative: the largest difference to the reference, also
    divided by the largest entry of that. evaluations: of f. sweeps: forward or back. multiple: operations on numbers,
    as a multiple of those of f. memory: the peak in bytes. seconds: of one run; preparation: of deriving or compiling
    once. status: "" or a remark; why, if the way is left out. derivative: a row per result, a column per input.
    """

    way: str
    value: str = ""
    absolute: float | None = None
    relative: float | None = None
    evaluations: int | None = None
    sweeps: int | None = None
    multiple: float | None = None
    memory: int | None = None
    seconds: float | None = None
    preparation: float | None = None
    status: str = ""
    derivative: Any = dataclasses.field(default=None, repr=False, compare=False)

    @property
    def left_out(self) -> bool:
        """Whether the way gave no derivative."""
        return self.derivative is None


class Column(NamedTuple):
    """A heading, and the cells below."""

    title: str
    cells: list[str]
    is_number: bool


def columns(rows: Sequence[Row]) -> list[Column]:
    """The columns of the table; those in which nothing is known are left out."""
    every = [
        Column("way", [r.way for r in rows], False),
        Column("derivative", [r.value or NOTHING for r in rows], False),
        Column("max abs", [_error(r.absolute) for r in rows], True),
        Column("max rel", [_error(r.relative) for r in rows], True),
        Column("evals of f", [_count(r.evaluations) for r in rows], True),
        Column("sweeps", [_count(r.sweeps) for r in rows], True),
        Column("ops / f", [_multiple(r.multiple) for r in rows], True),
        Column("memory", [_bytes(r.memory) for r in rows], True),
        Column("prepare", [_time(r.preparation) for r in rows], True),
        Column("time", [_time(r.seconds) for r in rows], True),
        Column("remark", [_remark(r) for r in rows], False),
    ]
    return [c for c in every if any([cell not in ("", NOTHING) for cell in c.cells])]


def notes(rows: Sequence[Row]) -> list[str]:
    """What is too long for the last column, a line per way."""
    return [f"{r.way}{' is' if r.left_out else ':'} {r.status}." for r in rows if len(r.status) > LONG]


def as_text(rows: Sequence[Row]) -> str:
    """The columns side by side, numbers to the right, and the notes."""
    made = []
    for c in columns(rows):
        width = max(map(len, [c.title, *c.cells]))
        made.append([cell.rjust(width) if c.is_number else cell.ljust(width) for cell in [c.title, *c.cells]])
    lines = ["  ".join(line).rstrip() for line in zip(*made, strict=True)]
    rule = "─" * max(map(len, lines))
    below = notes(rows)
    return "\n".join([lines[0], rule, *lines[1:], *([""] if below else []), *below])


def as_html(rows: Sequence[Row], head: str, foot: str) -> str:
    """The table as HTML, a line above and a line below."""
    shown = columns(rows)
    titles = "".join([f'<th scope="col">{html.escape(c.title)}</th>' for c in shown])
    lines = []
    for n in range(len(rows)):
        cells = [
            f'<td style="text-align:{"right" if c.is_number else "left"}">{html.escape(c.cells[n])}</td>'
            for c in shown[1:]
        ]
        first = f'<th scope="row" style="text-align:left">{html.escape(shown[0].cells[n])}</th>'
        lines.append(f"<tr>{first}{''.join(cells)}</tr>")
    return (
        f'<table class="wengert-compare"><caption>{html.escape(head)}</caption><thead><tr>{titles}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
        + "".join([f"<p>{html.escape(line)}</p>" for line in [*notes(rows), foot]])
    )


def dataframe(rows: Sequence[Row]) -> Any:
    """A DataFrame with a line per way. Raises `MissingDependency` without pandas."""
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise MissingDependency(
            explain(
                ".dataframe() needs pandas, which is not installed.",
                "wengert itself needs NumPy only; data frames are pandas'.",
                "Run: pip install pandas, or use .rows, a list of dataclasses.",
            )
        ) from error
    names = [field.name for field in dataclasses.fields(Row) if field.name != "derivative"]
    return pandas.DataFrame.from_records([{name: getattr(row, name) for name in names} for row in rows])


# --- cells ----------------------------------------------------------------------------------------------------


def short(matrix: Any) -> str:
    """A few entries of a derivative."""
    flat = np.ravel(matrix) + 0.0  # -0.0 is 0.0
    if flat.size == 1:
        return f"{flat[0]:.6g}"
    if 1 not in np.shape(matrix):
        return f"{np.shape(matrix)[0]} × {np.shape(matrix)[1]}, first {flat[0]:.4g}, last {flat[-1]:.4g}"
    whole = f"[{', '.join([f'{x:.4g}' for x in flat[:WHOLE]])}]"
    return whole if flat.size <= WHOLE and len(whole) <= 18 else f"[{flat[0]:.4g}, …, {flat[-1]:.4g}]"


def _remark(row: Row) -> str:
    if len(row.status) <= LONG:
        return row.status
    return "left out" if row.left_out else "see below"


def _error(x: float | None) -> str:
    return NOTHING if x is None else "0" if x == 0 else f"{x:.1e}"


def _count(n: int | None) -> str:
    return NOTHING if n is None else f"{n:,}"


def _multiple(x: float | None) -> str:
    return NOTHING if x is None else f"{x:,.1f}" if x < 100 else f"{x:,.0f}"


def _bytes(n: int | None) -> str:
    if n is None:
        return NOTHING
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n} B"


def _time(s: float | None) -> str:
    if s is None:
        return NOTHING
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if s >= size:
            return f"{s / size:.3g} {unit}"
    return f"{s / 1e-6:.3g} µs"
