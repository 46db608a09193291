"""Windows and pooling. What one entry of the result is, is a question about the windows it is in, or about its own.

    pool_sum(x)[p]     = Σ_k x[s p + d k - low]                              every entry k of window p
    pool_spread(y)[i]  = Σ_k y[(i + low - d k) / s]                          the windows p of which i is entry k

In the second, a quotient has to be whole. With i + low = s q + r it is for those k whose d k has the same remainder r,
so the result is computed in an array of axes (q, r), whose loops over r are short and written out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Index, Value, code_of, dtype_of
from wengert.compiler.lower.nodes import Access, Node, Place, as_map
from wengert.compiler.lower.reduce import neutral
from wengert.compiler.lower.shape import moved, reshape
from wengert.compiler.lower.table import lowering
from wengert.ops.windows import area
from wengert.spec import Spec

__all__ = ["Windows", "inside", "reshaped", "returned"]

FEW = 64  # entries of a window that are asked for one by one; larger ones are NumPy's
_VALUE = Generator[Any, Value, Value]


def offsets(kernel: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The entries of a window, in the order in which they are numbered."""
    return list(itertools.product(*[range(k) for k in kernel]))


def inside(b: Builder, at: Place, length: tuple[int, ...]) -> Value:
    """Whether a place is one of an array of that shape."""
    tests = [
        b(op, b.index(i), b.const(bound, "i64"))
        for i, n in zip(at, length, strict=True)
        for op, bound in (("ge", 0), ("lt", n))
    ]
    return b.all(*tests) or b.const(True, "b1")


class Windows:
    """Params of a row about windows, and where entries of windows are."""

    def __init__(self, params: Any) -> None:
        self.kernel: tuple[int, ...] = params["kernel"]
        self.stride: tuple[int, ...] = params["stride"]
        self.dilation: tuple[int, ...] = params["dilation"]
        self.low: tuple[int, ...] = params["low"]
        self.size: tuple[int, ...] = params["size"]
        self.axes = len(self.kernel)
        self.entries = offsets(self.kernel)

    def entry(self, x: Node, place: Place, k: Any, b: Builder, otherwise: Any) -> _VALUE:
        """Entry k of the window at a place, whose last indices are its number; `otherwise` where there is none."""
        lead, p = place[: len(place) - self.axes], place[len(place) - self.axes :]
        at = tuple([
            i * s + (k[a] * d if isinstance(k[a], Index) else Index(k[a] * d)) + -low
            for a, (i, s, d, low) in enumerate(zip(p, self.stride, self.dilation, self.low, strict=True))
        ])  # fmt: skip
        holds = inside(b, at, x.shape[len(x.shape) - self.axes :])
        v = yield x, (*lead, *at), holds
        return b.select(holds, v, b.const(otherwise, x.code))

    def patches(self, x: Node, shape: tuple[int, ...]) -> Node:
        """The entries of all windows, (…, *kernel, *count)."""
        lead = len(shape) - 2 * self.axes

        def rule(b: Builder, place: Place) -> Access:
            outer, k, p = place[:lead], place[lead : lead + self.axes], place[lead + self.axes :]
            v = yield from self.entry(x, (*outer, *p), k, b, 0)
            return v

        return as_map(shape, x.code, [x], rule, 1.0)


def reshaped(x: Node, shape: tuple[int, ...]) -> Node:
    """The entries in another shape."""
    node: Node = reshape([x], None, [Spec(shape, np.dtype(dtype_of(x.code)))], None)
    return node


# --- windows become entries -------------------------------------------------------------------------------------


@lowering("patches")
def patches(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """The entries of windows."""
    return Windows(params).patches(args[0], specs[0].shape)


@lowering("pool_sum")
def pool_sum(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """Sums of windows; those of large ones are reductions."""
    (x,), (spec,), w = args, specs, Windows(params)
    if len(w.entries) > FEW:
        lead = len(spec.shape) - w.axes
        columns = w.patches(x, (*spec.shape[:lead], *w.kernel, *spec.shape[lead:]))

        def term(b: Builder, place: Place) -> Access:
            v = yield columns, (*place[:lead], *place[lead + w.axes :], *place[lead : lead + w.axes])
            return v

        return Node("reduce", spec.shape, x.code, [columns], rule=term, inner=w.kernel, op="add",
                    init=neutral("add", x.code), cost=1.0)  # fmt: skip

    def rule(b: Builder, place: Place) -> Access:
        total: Any = None
        for k in w.entries:
            v = yield from w.entry(x, place, k, b, 0)
            total = v if total is None else b("add", total, v)
        return total  # type: ignore[no-any-return]

    return as_map(spec.shape, x.code, _kept(x, w), rule, float(len(w.entries)))


@lowering("max_pool")
def max_pool(args: list[Node], params: Any, specs: Any, dtypes: Any) -> tuple[Node, Node] | None:
    """The greatest entries of windows, and which they are."""
    (x,), w = args, Windows(params)
    number = code_of(specs[1].dtype)
    if len(w.entries) > FEW or number is None or x.code == "b1":
        return None

    def found(b: Builder, place: Place) -> Generator[Any, Value, tuple[Value, Value]]:
        best: Any = None
        winner = b.const(0, number)
        for n, k in enumerate(w.entries):
            v = yield from w.entry(x, place, k, b, neutral("maximum", x.code))
            if best is None:
                best = v
                continue
            better = b("gt", v, best)
            if x.code[0] == "f":  # the first NaN is greater than any number
                better = b("and", b("not", b("le", v, best)), b("eq", best, best))
            best, winner = b.select(better, v, best), b.select(better, b.const(n, number), winner)
        return best, winner

    def value(b: Builder, place: Place) -> Access:
        both = yield from found(b, place)
        return both[0]

    def winner(b: Builder, place: Place) -> Access:
        both = yield from found(b, place)
        return both[1]

    cost, args = 4.0 * len(w.entries), _kept(x, w)
    out = as_map(specs[0].shape, x.code, args, value, cost), as_map(specs[1].shape, number, args, winner, cost)
    out[0].forced = out[1].forced = True
    return out


def _kept(x: Node, w: Windows) -> list[Node]:
    """The operand, stored if windows share entries that are not there yet."""
    shared = any(d * (k - 1) >= s for k, s, d in zip(w.kernel, w.stride, w.dilation, strict=True))
    x.forced = x.forced or (shared and x.kind == "map" and x.cost > 0)
    return [x]


@lowering("pool_pick")
def pool_pick(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """The entries of windows with given numbers."""
    (x, winners), (spec,), w = args, specs, Windows(params)
    if len(w.entries) > FEW:
        return None

    def rule(b: Builder, place: Place) -> Access:
        number = yield winners, place
        total = b.const(0, x.code)
        for n, k in enumerate(w.entries):
            v = yield from w.entry(x, place, k, b, 0)
            total = b.select(b("eq", number, b.const(n, number.code)), v, total)
        return total

    return as_map(spec.shape, x.code, args, rule, 2.0 * len(w.entries))


# --- entries become windows -------------------------------------------------------------------------------------


def returned(
    args: list[Node],
    shape: tuple[int, ...],
    code: str,
    w: Windows,
    count: tuple[int, ...],
    ask: Callable[[Builder, Place, Place, int, Value], _VALUE],
) -> Node:
    """The sum over all windows that an entry is in.

    ask(b, lead, window, k, holds) gives the term of a window of which it is entry number k, where the condition holds.
    """
    lead = shape[: len(shape) - w.axes]
    length = shape[len(lead) :]
    rows = [-(-(n + low) // s) for n, low, s in zip(length, w.low, w.stride, strict=True)]
    split = [axis for q, s in zip(rows, w.stride, strict=True) for axis in (q, s)]

    def rule(b: Builder, place: Place) -> Access:
        outer, rest = place[: len(lead)], place[len(lead) :]
        total: Any = None
        for number, k in enumerate(w.entries):
            tests, window = [], []
            for a in range(w.axes):
                back, remainder = divmod(w.dilation[a] * k[a], w.stride[a])
                tests.append(b("eq", b.index(rest[2 * a + 1]), b.const(remainder, "i64")))
                window.append(rest[2 * a] + -back)
            holds = b.all(*tests, inside(b, tuple(window), count)) or b.const(True, "b1")
            if holds.op == "const" and not holds.attr:
                continue
            v = yield from ask(b, outer, tuple(window), number, holds)
            v = b.select(holds, v, b.const(0, code))
            total = v if total is None else b("add", total, v)
        return total if total is not None else b.const(0, code)

    parts = as_map((*lead, *split), code, args, rule, 2.0 * len(w.entries))
    parts.forced = any(s > 1 for s in w.stride)
    whole = tuple([q * s for q, s in zip(rows, w.stride, strict=True)])
    joined = reshaped(parts, (*lead, *whole))
    if whole == length:
        return joined
    return moved(
        joined,
        shape,
        lambda b, place: (*place[: len(lead)], *[i + a for i, a in zip(place[len(lead) :], w.low, strict=True)]),
    )


@lowering("pool_spread")
def pool_spread(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """To every entry of a window the number of the window."""
    (y,), (spec,), w = args, specs, Windows(params)
    if len(w.entries) > FEW or 0 in spec.shape or min(w.low) < 0:
        return None

    def ask(b: Builder, lead: Place, window: Place, k: int, holds: Value) -> _VALUE:
        v = yield y, (*lead, *window), holds
        return v

    return returned(args, spec.shape, y.code, w, y.shape[len(y.shape) - w.axes :], ask)


@lowering("pool_put")
def pool_put(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """To one entry of each window the number of the window."""
    (y, winners), (spec,), w = args, specs, Windows(params)
    if len(w.entries) > FEW or 0 in spec.shape or min(w.low) < 0:
        return None

    def ask(b: Builder, lead: Place, window: Place, k: int, holds: Value) -> _VALUE:
        number = yield winners, (*lead, *window), holds
        v = yield y, (*lead, *window), holds
        return b.select(b("eq", number, b.const(k, number.code)), v, b.const(0, y.code))

    y.forced = y.forced or (y.kind == "map" and y.cost > 0)
    return returned(args, spec.shape, y.code, w, y.shape[len(y.shape) - w.axes :], ask)


@lowering("unpatches")
def unpatches(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """The entries of windows added to where they are from."""
    (parts,), (spec,), w = args, specs, Windows(params)
    if area(w.kernel) > FEW or 0 in spec.shape or min(w.low) < 0:
        return None

    def ask(b: Builder, lead: Place, window: Place, k: int, holds: Value) -> _VALUE:
        v = yield parts, (*lead, *map(Index, w.entries[k]), *window), holds
        return v

    return returned(args, spec.shape, parts.code, w, parts.shape[len(parts.shape) - w.axes :], ask)
