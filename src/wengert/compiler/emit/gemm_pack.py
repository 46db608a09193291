"""Panels: parts of an operand, copied so that a micro-kernel reads them from one end to the other.

    three rows of b, 10 columns            a panel, vectors of 4: step after step, each from the start of a vector
      l = 0  aaaa bbbb cc
      l = 1  dddd eeee ff                  aaaa bbbb cc--  dddd eeee ff--  gggg hhhh ii--
      l = 2  gggg hhhh ii

A panel of a is one of its transpose. Where it is the steps that lie side by side in memory, squares of numbers are
turned in registers: in rounds, pairs of rows exchange halves, quarters, ..., single numbers.
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.emit.gemm_text import Body, ones
from wengert.compiler.emit.module import ModuleText

__all__ = ["Panel", "deep", "pack", "pitch"]

_SIDE = 8  # of a square that is turned


class Panel(NamedTuple):
    """What a routine that packs is written for: panels of that width, and which numbers lie side by side in memory.

    beside: "across" (those of one step), "along" (those of one place, step after step) or "nothing".
    """

    code: str
    width: int
    beside: str

    @property
    def name(self) -> str:
        """Its function: of the number of steps, where to read, the distances across and along, where to write."""
        return f"@pack.{self.code}.{self.width}.{self.beside}"


def pitch(width: int, lanes: int) -> int:
    """The numbers of one step of a panel: whole vectors."""
    return -(-width // lanes) * lanes


def deep(k: int) -> int:
    """The steps that there must be room for in a panel of k: whole squares."""
    return -(-k // _SIDE) * _SIDE


def pack(module: ModuleText, p: Panel) -> str:
    """The function that packs one panel. It writes whole squares: there must be room for `deep` steps."""
    f = Body(module, p.code)
    {"across": _copy, "along": _turn, "nothing": _gather}[p.beside](f, p.width)
    return f.function(f"{p.name}(i64 %k, ptr %from, i64 %across, i64 %along, ptr %to)")


def _copy(f: Body, width: int) -> None:
    """Step after step, vectors."""

    def step(l: str) -> None:
        source, target = f.at("%from", f.times(l, "%along")), f.at("%to", f.times(l, pitch(width, f.lanes)))
        for j in range(0, width, f.lanes):
            mask = ones(f.lanes, width - j) if j + f.lanes > width else None
            f.store(f.load(f.at(source, j), mask), f.at(target, j))

    f.loop(0, "%k", 1, step)


def _turn(f: Body, width: int) -> None:
    """Squares of at most eight by eight, because larger ones take long to compile."""
    step = pitch(width, f.lanes)
    f.lanes = side = min(f.lanes, _SIDE)

    def square(row: str, to: str, count: int, mask: str) -> None:
        rows = []
        for k in range(count):
            row = f.at(row, "%across") if k else row
            rows.append(f.load(row, mask))
        for k, x in enumerate(_transposed(f, rows + ["zeroinitializer"] * (side - count))):
            f.store(x, f.at(to, k * step))

    def squares(l: str) -> None:
        mask = f.first(f.sub("%k", l))
        source, target = f.at("%from", l), f.at("%to", f.times(l, step))
        rest = width % side
        whole = width - rest
        f.loop(0, whole, side, lambda j: square(f.at(source, f.times(j, "%across")), f.at(target, j), side, mask))
        if rest:
            square(f.at(source, f.times("%across", whole)), f.at(target, whole), rest, mask)

    f.loop(0, "%k", side, squares)


def _transposed(f: Body, rows: list[str]) -> list[str]:
    """Row i of the result is made of lane i of every row.

    Of rows i and i + d, where bit d of i is 0, the lanes whose bit d differs from that of their row change places.
    """
    d = f.lanes // 2
    lanes = range(f.lanes)
    while d:
        for i in lanes:
            if i & d == 0:
                x, y = rows[i], rows[i + d]
                rows[i] = f.shuffled(x, y, [f.lanes + k - d if k & d else k for k in lanes])
                rows[i + d] = f.shuffled(x, y, [f.lanes + k if k & d else k + d for k in lanes])
        d //= 2
    return rows


def _gather(f: Body, width: int) -> None:
    """Number after number."""

    def step(l: str) -> None:
        source, target = f.at("%from", f.times(l, "%along")), f.at("%to", f.times(l, pitch(width, f.lanes)))

        def one(j: str) -> None:
            x = f.let(f"load {f.scalar}, ptr {f.at(source, f.times(j, '%across'))}, align {f.bytes}")
            f.do(f"store {f.scalar} {x}, ptr {f.at(target, j)}, align {f.bytes}")

        f.loop(0, width, 1, one)

    f.loop(0, "%k", 1, step)
