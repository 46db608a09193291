"""Jet: a truncated Taylor series x₀ + x₁ t + … + x_K tᴷ that is handed through a program.

The value of a Jet is x₀, its mark the list of x₁ … x_K (None in the list: zero; no list at all: a constant). How an op
acts follows from its kind:

    linear         coefficient by coefficient
    multilinear    Cauchy products
    otherwise      by a recurrence (`jet_rules`), or by the row's own forward rule, which is a differential equation:
                   y' = J(x, y) x'. The rule is run on Jets; if it reads y, each round makes one more coefficient known,
                   or, where y has to suit the direction (`dual`), the rule computes it, with one coefficient less.

So no order costs more than a power of K. (A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed. 2008, ch. 13.)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.array import Array
from wengert.core.op import Op, zeros
from wengert.interpreters.forward import fit
from wengert.methods.jet_rules import COMPOSITES, RECURRENCES

__all__ = ["Jet"]

Series = list[Any]


class Jet(Array):
    """A value and the coefficients of its Taylor series, as far as they are known."""

    __slots__ = ()
    differentiates = True

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result and the coefficients of its series."""
        mine = [isinstance(x, Jet) and x.level == level for x in operands]
        marks = [x.mark if m else None for x, m in zip(operands, mine, strict=True)]
        values = [x.value if m else x for x, m in zip(operands, mine, strict=True)]
        known = [len(m) for m in marks if m is not None]
        if op.vjps is None or not known:
            out = apply(op, values, params)
            return Jet(out, None, level) if op.outputs == 1 else tuple([Jet(o, None, level) for o in out])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if op.name in COMPOSITES and (made := COMPOSITES[op.name](*operands, **params)) is not NotImplemented:
                return made
            order = min(known)
            series = [[v, *([None] * order if m is None else m[:order])] for v, m in zip(values, marks, strict=True)]
            if op.dual is not None and any(c is not None for x in series for c in x[1:]):
                out, columns = _suited(op, series, params, order, level)
                return tuple([Jet(o, _fitted(c, o), level) for o, c in zip(out, columns, strict=True)])
            out = apply(op, values, params)
            if op.outputs == 1:
                return Jet(out, _fitted(_coefficients(op, series, out, params, order, level), out), level)
            columns = _integrated(op, series, out, params, order, level)
            return tuple([Jet(o, _fitted(c, o), level) for o, c in zip(out, columns, strict=True)])

    @property
    def tracked(self) -> bool:
        """Whether there is a series, here or further inside."""
        return self.mark is not None or (isinstance(self.value, Array) and self.value.tracked)


def _fitted(coefficients: Series, out: Any) -> Series | None:
    """Coefficients in the shape and dtype of the value; None where the value has no derivative."""
    return [fit(c, out) for c in coefficients] if out.dtype.kind in "fc" else None


def _coefficients(op: Op, series: list[Series], out: Any, params: Mapping[str, Any], order: int, level: int) -> Series:
    """y₁ … y_K of an op of one result."""
    if op.name in RECURRENCES:
        found: Series = RECURRENCES[op.name](out, order, *series, **params)
        return found
    if op.kind == "linear":
        return [_linear(op, [x[k] for x in series], [x[0] for x in series], params) for k in range(1, order + 1)]
    if op.kind == "multilinear":
        return [_product(op, series, params, k) for k in range(1, order + 1)]
    return _integrated(op, series, (out,), params, order, level)[0]


def _flows(op: Op, position: int) -> bool:
    return min(position, len(op.names) - 1) not in op.nondiff


def _linear(op: Op, terms: Sequence[Any], values: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """A coefficient of the result from those of the operands."""
    if all(t is None or not _flows(op, n) for n, t in enumerate(terms)):
        return None
    full = [
        v if not _flows(op, n) else zeros(v) if t is None else t
        for n, (t, v) in enumerate(zip(terms, values, strict=True))
    ]
    return apply(op, full, {**params, "donate": False} if "donate" in params else params)


def _product(op: Op, series: list[Series], params: Mapping[str, Any], k: int) -> Any:
    """Σ of the products of one coefficient of each operand whose orders add up to k."""
    total = None
    free = [n for n in range(len(series)) if _flows(op, n) and any(c is not None for c in series[n][1:])]
    for orders in _compositions(k, len(free)):
        factors = [x[0] for x in series]
        for n, j in zip(free, orders, strict=True):
            factors[n] = series[n][j]
        if all(factors[n] is not None for n in free):
            term = apply(op, factors, params)
            total = term if total is None else total + term
    return total


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to write a number as an ordered sum of so many numbers ≥ 0."""
    for bars in itertools.combinations(range(total + parts - 1), parts - 1) if parts else ():
        edges = (-1, *bars, total + parts - 1)
        yield tuple([b - a - 1 for a, b in itertools.pairwise(edges)])


def _integrated(
    op: Op, series: list[Series], outs: Any, params: Mapping[str, Any], order: int, level: int
) -> list[Series]:
    """All results, by y' = J(x, y) x': m + 1 coefficients follow from m, or all at once if y is not read."""
    xs, ts = _moving(op, series, order, level)
    known: list[Series] = [[] for _ in outs]
    while len(known[0]) < order:
        ys = tuple([_jet([o, *c], order, level) for o, c in zip(outs, known, strict=True)])
        slopes = op.jvp(xs, ys[0] if op.outputs == 1 else ys, ts, params)
        columns = [slopes] if op.outputs == 1 else [None] * len(outs) if slopes is None else slopes
        found = [_opened(s, order, level) for s in columns]
        reach = min(len(s) for s in found)
        known = [[fit(c, o) for c in _over_k(s[:reach])] for s, o in zip(found, outs, strict=True)]
    return known


def _suited(
    op: Op, series: list[Series], params: Mapping[str, Any], order: int, level: int
) -> tuple[Any, list[Series]]:
    """The results that suit the direction, as one of `dual` does, and their coefficients: y' comes with y."""
    assert op.dual is not None
    xs, ts = _moving(op, series, order, level)
    outs, slopes = op.dual(xs, ts, params)
    return [_opened(o, order, level)[0] for o in outs], [_over_k(_opened(s, order, level)) for s in slopes]


def _moving(op: Op, series: list[Series], order: int, level: int) -> tuple[list[Any], list[Any]]:
    """x and x', whose series end one before y's: numbers, if y's has one coefficient."""
    moving = [any(c is not None for c in x[1:]) and _flows(op, n) for n, x in enumerate(series)]
    xs = [_jet(x[:order], order, level) if m else x[0] for x, m in zip(series, moving, strict=True)]
    return xs, [_derivative(x, order, level) if m else None for x, m in zip(series, moving, strict=True)]


def _jet(x: Series, order: int, level: int) -> Any:
    return Jet(x[0], x[1:], level) if order > 1 else x[0]


def _over_k(slope: Series) -> Series:
    """The coefficients of y, from the first one on, of those of y'."""
    return [None if c is None else c / k for k, c in enumerate(slope, 1)]


def _derivative(x: Series, order: int, level: int) -> Any:
    """The series x₁ + 2 x₂ t + 3 x₃ t² + … of x'."""
    first = zeros(x[0]) if x[1] is None else x[1]
    return _jet([first, *[None if x[k] is None else k * x[k] for k in range(2, order + 1)]], order, level)


def _opened(slope: Any, order: int, level: int) -> Series:
    """The coefficients of a slope, from the constant one on; a constant is known to every order."""
    if isinstance(slope, Jet) and slope.level == level:
        return [slope.value, *([None] * (order - 1) if slope.mark is None else slope.mark)]
    return [slope, *[None] * (order - 1)]
