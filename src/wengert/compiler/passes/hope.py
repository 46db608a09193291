"""Products in which a zero wins over infinity and NaN, hoped to be plain products, and what has to hold for it.

    g ⊙ p = 0 where g or p is 0, else g · p            g ⊙ p = g · p  unless  g · p is NaN

A NaN does not vanish again in sums, products and the like, so it is enough to look for it where it could: at the
results of the program, and where something is asked of a number. There `certain` makes the program decline (`doubt`).

Which factors are hoped to be finite is a guess, which decides about speed only: what has a pole, or is undefined
somewhere, is no such factor unless its operand has a sign that avoids it. There zeros win as before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.compiler.passes.constants import is_constant
from wengert.compiler.passes.doubt import looking
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["hopeful"]


_STRONG, _MULTIPLY = TABLE["strong_multiply"], TABLE["multiply"]


def hopeful(graph: Graph) -> Graph | None:
    """A simple graph with plain products where they are hoped to do, and `certain`; None if it has none such."""
    plain = _plain_products(graph)
    equations = [e._replace(op=_MULTIPLY) if e.results[0] in plain else e for e in graph.equations]
    return looking(graph, equations, plain)


def _plain_products(graph: Graph) -> set[Variable]:
    """The results of strong products of numbers, or arrays of them, that are hoped to be finite."""
    guess = _Guess()
    found: set[Variable] = set()
    for e in graph.equations:
        if e.op is _STRONG and e.results[0].spec.dtype.kind == "f" and all([guess.is_finite(x) for x in e.operands]):
            found.add(e.results[0])
        guess.enter(e)
    return found


class _Guess:
    """What is hoped of values: that they are finite, and of some that they are not negative, or positive."""

    def __init__(self) -> None:
        self._wild: set[Variable] = set()  # not hoped to be finite
        self._least: dict[Variable, int] = {}  # 0: not negative, 1: positive

    def is_finite(self, x: Any) -> bool:
        """Whether all entries are hoped to be finite."""
        if type(x) is Variable:
            return x not in self._wild
        return not is_constant(x) or np.asarray(x).dtype.kind not in "fc" or bool(np.isfinite(x).all())

    def least(self, x: Any) -> int:
        """1 if all entries are positive, 0 if none is negative, else -1."""
        if type(x) is Variable:
            return self._least.get(x, 0 if x.spec.dtype.kind in "bu" else -1)
        values = np.asarray(x)
        if values.dtype.kind not in "biuf" or not values.size:
            return -1
        lowest = values.min()
        return 1 if lowest > 0 else 0 if lowest >= 0 else -1

    def enter(self, e: Equation) -> None:
        """Guess about the results of an equation."""
        for v in e.results:
            if v.spec.dtype.kind == "f" and not self._finite(e):
                self._wild.add(v)
        sign = _SIGNS.get("square" if e.op is _MULTIPLY and e.operands[0] is e.operands[1] else e.op.name)
        if sign is not None:
            self._least[e.results[0]] = sign(*[self.least(x) for x in e.operands])

    def _finite(self, e: Equation) -> bool:
        name, xs = e.op.name, e.operands
        if name in _CHOICES:
            return True
        if name == "power_by":
            exponent = e.params["exponent"]
            if not (self.least(xs[0]) > 0 or (exponent >= 0 and exponent == int(exponent))):
                return False
        elif name in _DOMAINS:
            position, least = _DOMAINS[name]
            if self.least(xs[position]) < least:
                return False
        elif e.op.singular:
            return False
        return all([self.is_finite(x) for x in xs])


# What is masked is hoped to be masked well.
_CHOICES = frozenset(["where", "maximum", "minimum", "strong_multiply"])
# Rows that are finite where this operand is positive (1), or not negative (0).
_DOMAINS = {
    "divide": (1, 1), "reciprocal": (0, 1), "log": (0, 1), "log2": (0, 1), "log10": (0, 1), "sqrt": (0, 0),
    "log1p": (0, 0), "power": (0, 1), "arctan2": (1, 1),
}  # fmt: skip

Sign = Callable[..., int]
_SAME: Sign = lambda x, *_: x
# The sign of a result by those of the operands.
_SIGNS: dict[str, Sign] = {
    "add": lambda x, y: -1 if min(x, y) < 0 else max(x, y),
    "multiply": lambda x, y: min(x, y),
    "divide": lambda x, y: min(x, y),
    "where": lambda _, x, y: min(x, y),
    "maximum": lambda x, y: max(x, y),
    "minimum": lambda x, y: min(x, y),
    **dict.fromkeys(("square", "absolute"), lambda x, *_: max(x, 0)),
    **dict.fromkeys(("exp", "exp2", "cosh", "expit"), lambda x: 1),
    **dict.fromkeys(("sqrt", "reciprocal", "log1p", "expm1", "tanh", "arctan"), _SAME),
    **dict.fromkeys(("sum", "mean", "max", "min", "broadcast_to", "reshape", "transpose", "slice", "copy"), _SAME),
}
