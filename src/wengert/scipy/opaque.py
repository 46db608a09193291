"""Solvers of SciPy as ops: opaque to the tape, with rules of their own, and differentiable in what they close over.

A solver gets user functions, ``root(lambda x: x**3 - c, x0)``, and `c` may be a tensor that nobody hands over. The
solver is run on plain numbers while every op shows its operands (`core.apply.closing`): boxes seen there are what the
user's functions close over. They become operands of one op, whose rules run the user's functions again with other
values, boxes perhaps, in their places:

    root(lambda x: x**3 - c, x0)      boxes found: c      op(c) = x with x³ = c      dx = -F_x⁻¹ F_c dc
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, apply, closing, fresh, refreshed, unbridge
from wengert.core.op import Op, joint
from wengert.interpreters.tape import mode
from wengert.interpreters.tensor import Tensor
from wengert.transforms.bodies import sample
from wengert.transforms.reverse import vjp

__all__ = ["Closed", "plain", "solved"]

Rule = Callable[..., Any]
Leaves = tuple[Any, ...]


def plain(x: Any) -> Any:
    """The numbers of a box, of a batch its first entry; anything else unchanged."""
    x = unbridge(x)
    return sample(x)[()] if isinstance(x, Box) else x


# SciPy's solvers compute in double precision, and what they call has to keep up with their tolerances.
DOUBLE: dict[Any, Any] = {np.dtype(np.float16): np.float64, np.dtype(np.float32): np.float64}
DOUBLE[np.dtype(np.complex64)] = np.complex128


def _double(x: Any) -> Any:
    """An array or box in double precision; anything else unchanged."""
    wider = DOUBLE.get(x.dtype) if isinstance(x, Box | np.ndarray | np.generic) else None
    return x if wider is None else x.astype(wider)


class Closed:
    """What the functions that a solver calls close over, in the order of their first use."""

    def __init__(self) -> None:
        self.boxes: list[Any] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._level = fresh()  # boxes that are younger are made by the functions themselves

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Run with the numbers of every box that is met, and enter it here."""
        with _replacing(lambda x: self._entered(x)):
            yield

    @contextmanager
    def replaced(self, values: Sequence[Any]) -> Iterator[None]:
        """Run with these values in place of the boxes."""

        def found(x: Any) -> Any:
            n = self._numbers.get(_key(x))
            return x if n is None or (isinstance(values[n], Box) and _key(values[n]) == _key(x)) else values[n]

        with _replacing(found):
            yield

    def opened(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """`f` as a function of the values of the boxes, and of its arguments: ``g(values, *args)``."""
        if not self.boxes:
            return lambda values, *args: f(*args)

        def function(values: Sequence[Any], *args: Any) -> Any:
            with self.replaced(values):
                return f(*args)

        return function

    def apart(self, values: Sequence[Any]) -> Leaves:
        """Values told apart from the boxes themselves, which would be replaced without end where they are inside."""
        return tuple([np.copy(x) if isinstance(x, Box) and _key(x) in self._numbers else x for x in values])

    def _entered(self, x: Any) -> Any:
        if x.level > self._level:
            return x
        if isinstance(x, Tensor) and not x.tracked:
            return _double(np.asarray(plain(x))[()])
        key = _key(x)
        if key not in self._numbers:
            self._numbers[key] = len(self.boxes)
            self.boxes.append(x.copied())
        return _double(plain(x))


def _key(x: Any) -> tuple[Any, ...]:
    return type(x), id(x.value), id(x.mark), x.level


class _Replacing(threading.local):
    rules: tuple[Callable[[Any], Any], ...] = ()


_replacing_now = _Replacing()


@contextmanager
def _replacing(found: Callable[[Any], Any]) -> Iterator[None]:
    """Show every box that an op gets to `found`, and use what it gives instead; then to those that did so before."""

    def capture(operands: Sequence[Any]) -> Sequence[Any] | None:
        given = operands
        for rule in rules:
            given = [_shown(x, rule) for x in given]
        return given if any([a is not b for a, b in zip(given, operands, strict=True)]) else None

    outer = _replacing_now.rules
    rules = _replacing_now.rules = (found, *outer)
    before, mode.plain = mode.plain, False  # so that every op passes by `capture`
    try:
        with closing(capture):
            yield
    finally:
        mode.plain = before
        _replacing_now.rules = outer


def _shown(x: Any, found: Callable[[Any], Any]) -> Any:
    if not isinstance(x, Box):
        return x
    refreshed(x)
    return found(x)


# --- solvers as ops -----------------------------------------------------------------------------------------


def solved(name: str, run: Rule, operands: Any, *, push: Rule, pull: Rule | None = None) -> tuple[Any, Any]:
    """Call a solver and make what it found differentiable: ``(found, rest)``.

    run: ``run(*operands) -> (found, rest)`` on plain operands (pytrees); `found` is a pytree of arrays, `rest` anything
    that has no derivative. push: ``push(closed, tangents, found, values)``, where values and tangents are pairs
    ``(values of closed.boxes, operands)``, gives the tangent of `found`, linear in the tangents; pull: ``pull(closed,
    cotangent, found, values)`` gives the pair of cotangents (None for zero), by default the transpose of `push`.
    """
    closed = Closed()
    leaves, structure = tree.flatten(operands)
    leaves = [_double(unbridge(x)) for x in leaves]
    with closed.collecting():
        bare = [plain(x) for x in leaves]
        found, rest = run(*structure.unflatten(bare))
    found = tree.map(_double, found)
    if not closed.boxes and not any([isinstance(x, Box) for x in leaves]):
        return found, rest
    solver = _Solver(name, run, push, pull, closed, leaves, structure)
    solver.remember(bare, found, rest)
    outs = apply(solver.op, [*[_double(x) for x in closed.boxes], *[leaves[n] for n in solver.places]])
    return solver.nest.unflatten(outs), solver.rest


class _Solver:
    """One call of a solver: its op on flat operands, those that are closed over first."""

    def __init__(
        self, name: str, run: Rule, push: Rule, pull: Rule | None, closed: Closed, leaves: list[Any], structure: Any
    ) -> None:
        self.run, self.push, self.pull, self.closed = run, push, pull, closed
        self.leaves, self.structure = leaves, structure
        self.places = [n for n, x in enumerate(leaves) if isinstance(x, Box | np.ndarray | np.generic | float)]
        self.known: tuple[list[Any], Any] | None = None
        self.nest = tree.LEAF
        self.rest: Any = None
        self.op: Op = joint(self._value, f"{name}_solver", self._pulled, self._pushed, self._each)

    def remember(self, bare: list[Any], found: Any, rest: Any) -> None:
        """Keep what the run that looked for boxes found: it need not be run again on the same numbers."""
        outs, self.nest = tree.flatten(found)
        self.rest = rest
        inputs = [*[_double(plain(x)) for x in self.closed.boxes], *[bare[n] for n in self.places]]
        self.known = ([np.array(x) for x in inputs], tuple([np.asarray(o)[()] for o in outs]))

    def pair(self, values: Sequence[Any], moving: bool = False) -> tuple[Leaves, Any]:
        """Flat operands, or their tangents, as (values of the closed boxes, operands as the twin named them)."""
        count = len(self.closed.boxes)
        leaves = [None] * len(self.leaves) if moving else list(self.leaves)
        for n, x in zip(self.places, values[count:], strict=True):
            leaves[n] = x
        return tuple(values[:count]), self.structure.unflatten(leaves)

    def _value(self, *values: Any) -> Leaves:
        if self.known is not None and all(
            [np.array_equal(a, b, equal_nan=a.dtype.kind in "fc") for a, b in zip(self.known[0], values, strict=True)]
        ):
            return tuple([np.copy(o)[()] for o in self.known[1]])
        closed, operands = self.pair(values)
        with self.closed.replaced(closed):
            found, self.rest = self.run(*operands)
        outs, self.nest = tree.flatten(found)
        return tuple([_double(np.asarray(o)[()]) for o in outs])

    def _pushed(self, values: Any, outs: Any, tangents: Any, params: Any) -> Leaves:
        return self._tangent(tuple(values), tuple(outs), _filled(tangents, values))

    def _tangent(self, values: Leaves, outs: Leaves, tangents: Sequence[Any]) -> Leaves:
        values = self.closed.apart(values)
        moved = self.push(self.closed, self.pair(tangents, moving=True), self.nest.unflatten(outs), self.pair(values))
        return tuple(self.nest.flatten(moved))

    def _pulled(self, gs: Any, node: Any, args: Any) -> Leaves:
        values, outs = args
        if self.pull is None:
            return self._transposed(tuple(values), tuple(outs), gs)
        values = self.closed.apart(values)
        gs = [np.zeros_like(o) if g is None else g for g, o in zip(gs, outs, strict=True)]
        over, along = self.pull(self.closed, self.nest.unflatten(gs), self.nest.unflatten(outs), self.pair(values))
        flat = self.structure.flatten(along)
        return (*over, *[flat[n] for n in self.places])

    def _transposed(self, values: Leaves, outs: Leaves, gs: Any) -> Leaves:
        zero = _filled([None] * len(values), values)
        live = [n for n, x in enumerate(zero) if x is not None]

        def along(*ts: Any) -> Leaves:
            full = list(zero)
            for n, t in zip(live, ts, strict=True):
                full[n] = t
            return self._tangent(values, outs, full)

        found: list[Any] = [None] * len(values)
        for n, g in zip(live, vjp(along, *[zero[n] for n in live])[1](tuple(gs)), strict=True):
            found[n] = g
        return tuple(found)

    def _each(self, n: int, operands: Any, batched: Any, params: Any) -> Leaves:
        """A solver takes one problem at a time."""
        rows = [
            apply(self.op, [x[i] if b else x for x, b in zip(operands, batched, strict=True)], params) for i in range(n)
        ]
        return tuple([np.stack(column) for column in zip(*rows, strict=True)])


def _filled(tangents: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """Zeros for missing tangents; None stays where a value can have none."""
    return [
        t if t is not None else np.zeros_like(x) if _dtype(x).kind in "fc" else None
        for t, x in zip(tangents, values, strict=True)
    ]


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, Box) else np.asarray(x).dtype
