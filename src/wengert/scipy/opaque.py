"""Solvers of SciPy as ops: opaque to the tape, with rules of their own, and differentiable in what they close over.

The boxes that a solver's functions close over (`wengert.scipy.closures`) become operands of one op, whose rules run
these functions again with other values in their places:

    root(lambda x: x**3 - c, x0)      boxes found: c      op(c) = x with x³ = c      dx = -F_x⁻¹ F_c dc
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.core.apply import Box, apply, unbridge
from wengert.core.op import Op, joint
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.forward import Dual
from wengert.scipy.closures import Closed, double_precision, plain
from wengert.transforms.bodies import merged, undecided
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp
from wengert.transforms.vmap import vmap

__all__ = ["solved"]

Rule = Callable[..., Any]
Leaves = tuple[Any, ...]


def solved(
    name: str,
    run: Rule,
    operands: Any,
    *,
    push: Rule,
    pull: Rule | None = None,
    each: Rule | None = None,
    fixed: Rule | None = None,
    closes: bool = True,
) -> tuple[Any, Any]:
    """Call a solver and make what it found differentiable: ``(found, rest)``.

    run: ``run(*operands) -> (found, rest)`` on plain operands (pytrees); `found` is a pytree of arrays, `rest` anything
    that has no derivative (of a batch: the first one's). push: ``push(closed, tangents, found, values)``, where
    values and tangents are pairs ``(values of closed.boxes, operands)``, gives the tangent of `found`, linear in the
    tangents; pull: ``pull(closed, cotangent, found, values)`` gives the pair of cotangents (None for zero), by default
    the transpose of `push`; each: ``each(closed, n, values, batched)`` gives `found` of n problems with an axis in
    front, or None if they have to be solved one by one; batched: a pair like values, which of them have that axis.
    fixed: ``fixed(found, *operands)`` gives operands with which the shapes of `found` are the same for all values, for
    a batch and a trace, where they have to be. closes: False if `run` closes over no boxes, and writes into arrays that
    are some: they would be shown to it as numbers.
    """
    closed = Closed(name)
    leaves, structure = tree.flatten(operands)
    leaves = [double_precision(unbridge(x)) for x in leaves]
    with closed.collecting() if closes else nullcontext():
        bare = [plain(x) for x in leaves]
        found, rest = run(*structure.unflatten(bare))
    found = tree.map(double_precision, found)
    if not closed.boxes and not any([isinstance(x, Box) for x in leaves]):
        return found, rest
    if fixed is not None and any([undecided(x) for x in (*closed.boxes, *leaves)]):
        return solved(name, run, fixed(found, *structure.unflatten(leaves)), push=push, pull=pull, each=each)
    solver = _Solver(name, run, _Rules(push, pull, each), closed, leaves, structure)
    solver.remember(bare, found)
    outs = apply(solver.op, [*[double_precision(x) for x in closed.boxes], *[leaves[n] for n in solver.places]])
    return solver.nest.unflatten(outs), rest


class _Rules(NamedTuple):
    """What makes a solver differentiable, and batches of problems one problem."""

    push: Rule
    pull: Rule | None
    each: Rule | None


class _Solver:
    """One call of a solver: its op on flat operands, those that are closed over first."""

    def __init__(self, name: str, run: Rule, rules: _Rules, closed: Closed, leaves: list[Any], structure: Any) -> None:
        self.run, self.rules, self.closed = run, rules, closed
        self.leaves, self.structure = leaves, structure
        self.places = [n for n, x in enumerate(leaves) if isinstance(x, Box | np.ndarray | np.generic | float)]
        self.known: tuple[list[Any], Any] | None = None
        self.nest = tree.LEAF
        self.op: Op = joint(self._value, f"{name}_solver", self._pulled, self._pushed, self._each)
        self.adjoint = _Adjoint(self, name)

    def remember(self, bare: list[Any], found: Any) -> None:
        """Keep what the run that looked for boxes found: it need not be run again on the same numbers."""
        outs, self.nest = tree.flatten(found)
        inputs = [*[double_precision(plain(x)) for x in self.closed.boxes], *[bare[n] for n in self.places]]
        self.known = ([np.array(x) for x in inputs], tuple([np.asarray(o)[()] for o in outs]))

    def pair(self, values: Sequence[Any], moving: bool = False) -> tuple[Leaves, Any]:
        """Flat operands, or their tangents, as (values of the closed boxes, operands as the twin named them)."""
        count = len(self.closed.boxes)
        leaves = merged([None] * len(self.leaves) if moving else self.leaves, self.places, values[count:])
        return tuple(values[:count]), self.structure.unflatten(leaves)

    def _value(self, *values: Any) -> Leaves:
        if self.known is not None and all(
            [np.array_equal(a, b, equal_nan=a.dtype.kind in "fc") for a, b in zip(self.known[0], values, strict=True)]
        ):
            return tuple([np.copy(o)[()] for o in self.known[1]])
        closed, operands = self.pair(values)
        with self.closed.replaced(closed):
            found, _ = self.run(*operands)
        outs, self.nest = tree.flatten(found)
        return tuple([double_precision(np.asarray(o)[()]) for o in outs])

    def _pushed(self, values: Any, outs: Any, tangents: Any, params: Any) -> Leaves:
        return self.tangent(tuple(values), tuple(outs), _filled(tangents, values))

    def tangent(self, values: Leaves, outs: Leaves, tangents: Sequence[Any]) -> Leaves:
        """The tangents of the results by the rule `push`."""
        moved = self.rules.push(
            self.closed, self.pair(tangents, moving=True), self.nest.unflatten(outs), self.pair(values)
        )
        return _numbers(self.nest.flatten(moved))

    def _pulled(self, gs: Any, node: Any, args: Any) -> Leaves:
        values, outs = args
        if self.rules.pull is None:
            return self._transposed(tuple(values), tuple(outs), gs)
        gs = [np.zeros_like(o) if g is None else g for g, o in zip(gs, outs, strict=True)]
        boxes = [x for x in (*values, *gs) if isinstance(x, Box)]
        if not boxes or isinstance(max(boxes, key=lambda x: x.level), Dual):
            return self.cotangents(tuple(values), tuple(outs), gs)
        return self.adjoint(values, gs)

    def cotangents(self, values: Leaves, outs: Leaves, gs: Sequence[Any]) -> Leaves:
        """The cotangents of the operands by the rule `pull`."""
        assert self.rules.pull is not None
        over, along = self.rules.pull(
            self.closed, self.nest.unflatten(gs), self.nest.unflatten(outs), self.pair(values)
        )
        flat = self.structure.flatten(along)
        return _numbers([*over, *[flat[n] for n in self.places]])

    def _transposed(self, values: Leaves, outs: Leaves, gs: Any) -> Leaves:
        zero = _filled([None] * len(values), values)
        live = [n for n, x in enumerate(zero) if x is not None]

        along = lambda *ts: self.tangent(values, outs, merged(zero, live, ts))
        pulled = vjp(along, *[zero[n] for n in live])[1](tuple(gs))
        return tuple(merged([None] * len(values), live, pulled))

    def _each(self, n: int, operands: Any, batched: Any, params: Any) -> Leaves:
        if self.rules.each is not None:
            together = self.rules.each(self.closed, n, self.pair(operands), self.pair(batched, moving=True))
            if together is not None:
                return _numbers(self.nest.flatten(together))
        rows = _one_by_one(self.op, n, operands, batched)
        return tuple([self._side_by_side(column) for column in zip(*rows, strict=True)])

    def _side_by_side(self, column: Sequence[Any]) -> Any:
        if len({np.shape(x) for x in column}) > 1:
            raise InvalidArgument(
                explain(
                    f"{self.op.name} at {user_line()} found results of different shapes for the problems of a batch: "
                    f"{', '.join(sorted({str(np.shape(x)) for x in column}))}.",
                    "It decides by the numbers how many there are, and a batch is one array.",
                    "Ask for a number of results that is fixed (t_eval=... of solve_ivp), or call it in a loop.",
                )
            )
        return np.stack(column)


class _Adjoint:
    """The adjoint Jᵀ of a solver as an op of its own, (θ, ȳ) ↦ Jᵀ(θ) ȳ, for derivatives of gradients.

    Its own adjoint needs no adjoint of an adjoint. A cotangent v of what it gives is a tangent of the solver:

        v · Jᵀ(θ) ȳ  =  ȳ · J(θ) v      so      ȳ's cotangent is J v, and θ's that of the tangent J(θ) v at ȳ
    """

    def __init__(self, solver: _Solver, name: str) -> None:
        self.solver = solver
        wanted = [*solver.closed.boxes, *[solver.leaves[n] for n in solver.places]]
        self.live = [n for n, x in enumerate(wanted) if isinstance(x, Box) and x.dtype.kind in "fc"]
        self.count = len(wanted)
        self.op = joint(self._value, f"{name}_adjoint", self._pulled, self._pushed, self._each)

    def __call__(self, values: Sequence[Any], gs: Sequence[Any]) -> Leaves:
        """The cotangents of the solver's operands, None for those that are constants."""
        return self._spread(apply(self.op, [*values, *gs]), [None] * self.count)

    def _spread(self, live: Sequence[Any], rest: Sequence[Any]) -> Leaves:
        return tuple(merged(rest, self.live, live))

    def _value(self, *operands: Any) -> Leaves:
        # Of numbers only: a compiler that tries it on symbols has to hear that it decides by them.
        return self._rule(*[x.plain("the gradient of a solver") if isinstance(x, Box) else x for x in operands])

    def _rule(self, *operands: Any) -> Leaves:
        values, gs = operands[: self.count], operands[self.count :]
        found = self.solver.cotangents(values, apply(self.solver.op, values), gs)
        return tuple([np.zeros_like(values[n]) if found[n] is None else found[n] for n in self.live])

    def _pushed(self, operands: Any, outs: Any, tangents: Any, params: Any) -> Leaves:
        full = _filled(tangents, operands)
        moving = [n for n, t in enumerate(full) if t is not None]
        at = lambda *moved: self._rule(*merged(operands, moving, moved))
        return tuple(jvp(at, tuple([operands[n] for n in moving]), tuple([full[n] for n in moving]))[1])

    def _pulled(self, vs: Any, node: Any, args: Any) -> Leaves:
        operands, outs = args
        values, gs = operands[: self.count], operands[self.count :]
        vs = [np.zeros_like(o) if v is None else v for v, o in zip(vs, outs, strict=True)]
        tangents = self._spread(vs, [None] * self.count)

        def moved(*live: Any) -> Leaves:
            now = self._spread(live, values)
            return self.solver.tangent(now, apply(self.solver.op, now), _filled(tangents, values))

        along, pull = vjp(moved, *[values[n] for n in self.live])
        return (*self._spread(pull(tuple(gs)), [None] * self.count), *along)

    def _each(self, n: int, operands: Any, batched: Any, params: Any) -> Leaves:
        if not any(batched[: self.count]):  # cotangents of one solution
            found: Leaves = vmap(self._rule, tuple([0 if b else None for b in batched]))(*operands)
            return found
        return tuple([np.stack(column) for column in zip(*_one_by_one(self.op, n, operands, batched), strict=True)])


def _one_by_one(op: Op, n: int, operands: Sequence[Any], batched: Sequence[bool]) -> list[Any]:
    """A solver takes one problem at a time."""
    return [apply(op, [x[i] if b else x for x, b in zip(operands, batched, strict=True)]) for i in range(n)]


def _numbers(xs: Sequence[Any]) -> Leaves:
    """Arrays, scalars where they have no axes; boxes and None unchanged."""
    return tuple([x if x is None or isinstance(x, Box) else np.asarray(x)[()] for x in xs])


def _filled(tangents: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """Zeros for missing tangents; None stays where a value can have none."""
    return [
        t if t is not None else np.zeros_like(x) if _dtype(x).kind in "fc" else None
        for t, x in zip(tangents, values, strict=True)
    ]


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, Box) else np.asarray(x).dtype
