"""Arrays as functions of their indices: what lowering makes of the equations of a graph.

    y = sin(x[1:]) · 2      is      y[i] = sin(x[i + 1]) · 2

A *map* says how to compute one entry from entries of other nodes; it costs nothing until somebody asks. Its rule is a
generator: it asks for what it needs by ``x = yield node, index`` and returns a Value, so that a chain of ten thousand
maps needs no recursion. What is no function of few entries (a reduction, a scatter, a matrix product, a scan) is
computed as a whole and stored in a buffer; so are maps that would otherwise be computed more than once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Buffer, Index, Value

__all__ = ["Access", "Flat", "Node", "Place", "Rule", "as_map", "divided", "entry", "index_of", "linear", "size_of"]

Place = tuple[Index, ...]
Access = Generator[Any, Value, Value]  # yields (node, place) or (node, place, guard); is sent and returns Values
Rule = Callable[[Builder, Place], Access]

_serial = itertools.count()


class Flat(tuple[Index, ...]):
    """A place whose flat index is simpler than what its axes make of it."""

    at: Index

    @classmethod
    def of(cls, place: Place, index: Index) -> Flat:
        """The place with that flat index."""
        out = cls(place)
        out.at = index
        return out


def size_of(shape: Sequence[int]) -> int:
    """The number of entries."""
    total = 1
    for n in shape:
        total *= n
    return total


def linear(place: Place, shape: Sequence[int]) -> Index:
    """Where an entry of a contiguous array lies."""
    out = Index()
    for i, n in zip(place, shape, strict=True):
        out = out * n + i
    return out


class Node:
    """One array.

    kind: "leaf" (lies in a buffer from the start), "map" (`rule` gives an entry), "reduce" and "running" (`rule` gives
    an entry of what is combined, at a place of the output dims followed by the inner ones; `op`, `init`: how), "arg"
    (the same; the place of the greatest), "write" (a copy of args[0] with writes; see `schedule`), "join" (its args
    side by side, from `parts` on), "row" (args[0], written from index `axis` on), "step" (`emit` writes the
    statements), "gemm" and "product" (steps with a result) or "part" (one result of a step).
    cost: operations per entry. stored: the buffer it is kept in. forced: whether it has to be stored. late: whether it
    is computed right before it is read, not beside what happens to have its shape. forms: what has been made of it.
    """

    __slots__ = (
        "args", "axis", "code", "cost", "emit", "forced", "forms", "init", "inner", "kind", "late", "op", "parts",
        "rule", "serial", "shape", "source", "stored",
    )  # fmt: skip

    def __init__(self, kind: str, shape: tuple[int, ...], code: str, args: Sequence[Node] = (), **more: Any) -> None:
        self.serial = next(_serial)
        self.kind = kind
        self.shape = shape
        self.code = code
        self.args = tuple(args)
        self.rule: Any = more.get("rule")
        self.cost: float = more.get("cost", 0.0)
        self.stored: Buffer | None = more.get("stored")
        self.forced: bool = more.get("forced", False)
        self.late: bool = more.get("late", False)
        self.forms: dict[Any, Node] = {}
        self.op: str = more.get("op", "")
        self.init: Any = more.get("init")
        self.inner: tuple[int, ...] = more.get("inner", ())
        self.axis: Any = more.get("axis")
        self.parts: Any = more.get("parts")
        self.emit: Any = more.get("emit")
        self.source: Any = more.get("source")  # for explain: the equation it came from

    def __repr__(self) -> str:
        return f"<{self.kind} {self.serial} {self.code}{list(self.shape)}>"

    @property
    def size(self) -> int:
        """The number of entries."""
        return size_of(self.shape)


def as_map(shape: tuple[int, ...], code: str, args: Sequence[Node], rule: Rule, cost: float = 0.0) -> Node:
    """A node that is computed entry by entry when asked for."""
    return Node("map", shape, code, args, rule=rule, cost=cost)


def entry(x: Node, place: Place, shape: Sequence[int]) -> tuple[Node, Place]:
    """What to ask for to get the entry of x that broadcasting puts at a place of a larger shape."""
    skip = len(shape) - len(x.shape)
    return x, tuple([i if n != 1 else _ZERO for i, n in zip(place[skip:], x.shape, strict=True)])


_ZERO = Index()


def index_of(b: Builder, v: Value) -> Index:
    """An integer Value as an index."""
    v = b.cast(v, "i64")
    if v.op == "const":
        return Index(v.attr)
    if v.op == "index":
        return v.attr  # type: ignore[no-any-return]
    return Index(0, (), ((v, 1),))


def divided(b: Builder, i: Index, n: int) -> tuple[Index, Index]:
    """Quotient and remainder by a positive number."""
    if n == 1:
        return i, _ZERO
    ends = i.range()
    if ends is not None and ends[0] >= 0 and ends[1] < n:
        return _ZERO, i
    if i.number is not None:
        return Index(i.const // n), Index(i.const % n)
    # Terms that n divides go into the quotient, if the others cannot carry.
    rest = Index(i.const % n, tuple([t for t in i.terms if t[1] % n]), tuple([t for t in i.dynamic if t[1] % n]))
    ends = rest.range()
    if ends is not None and ends[0] >= 0 and ends[1] < n:
        whole = Index(
            i.const - rest.const,
            tuple([t for t in i.terms if not t[1] % n]),
            tuple([t for t in i.dynamic if not t[1] % n]),
        )
        quotient = Index(
            whole.const // n,
            tuple([(v, c // n) for v, c in whole.terms]),
            tuple([(v, c // n) for v, c in whole.dynamic]),
        )
        return quotient, rest
    value, by = b.index(i), b.const(n, "i64")
    return index_of(b, b("floordiv", value, by)), index_of(b, b("mod", value, by))
