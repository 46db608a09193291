"""Builder: a graph written anew, equation by equation, each one simplified as it is added.

    Graph ──forward, one equation at a time──▶  rules  →  folding  →  "have we got it already?"  →  new equation

A rule is a function ``rule(build, operands, params, spec)`` that returns the result of the application as
something simpler (a value that exists, a constant, or what ``build`` makes of other ops), or None. Its operands
are simplified already, so one walk over the graph does what a set of separate passes would need many for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.constants import UNKNOWN, fold, is_constant, uniform
from wengert.compiler.passes.keys import equation_key
from wengert.core.op import TABLE, Op
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.spec import Spec, spec

__all__ = ["RULES", "Builder", "Rule", "rule", "spec_of"]

Rule = Callable[["Builder", Sequence[Any], Mapping[str, Any], Spec], Any]

# The rules of each op, in the order in which they are tried.
RULES: dict[Op, list[Rule]] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Decorator: enter a rule for the rows of these names."""

    def enter(function: Rule) -> Rule:
        for name in names:
            RULES.setdefault(TABLE[name], []).append(function)
        return function

    return enter


class Builder:
    """The equations so far, how each variable came about, and which applications exist already."""

    def __init__(self, graph: Graph) -> None:
        self.trace = Trace()
        self.trace.count = 1 + max(
            [v.number for v in graph.inputs] + [v.number for e in graph.equations for v in e.results], default=-1
        )
        self.equations: list[Equation] = []
        self.definitions: dict[Variable, Equation] = {}
        self.signed = False  # whether the sign of a zero in the current equation's result can be seen
        self.cells: dict[Variable, Any] = {}  # arrays written part by part (`cells`)
        self.memo: dict[Variable, Any] = {}  # what rules want to remember of a variable
        self._seen: dict[Any, tuple[Any, ...]] = {}
        self._uniform: dict[int, Any] = {}
        self._alive: list[Any] = []  # constants that are known by their id

    # --- adding -----------------------------------------------------------------------------------------------

    def call(self, name: str, *operands: Any, spec: Spec, **params: Any) -> Any:
        """The result of a row of the table on these operands."""
        return self.one(TABLE[name], operands, params, spec)

    def one(
        self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], spec: Spec, old: Variable | None = None
    ) -> Any:
        """The result of an op that has one: an existing value, or that of a new equation (`old`, if given)."""
        if op.kind == "elementwise" and spec.shape:
            operands = self._tightened(operands, spec)
        rules = RULES.get(op)
        if rules is not None:
            for function in rules:
                found = function(self, operands, params, spec)
                if found is not None:
                    return found
        if not any([type(x) is Variable for x in operands]) and all([is_constant(x) for x in operands]):
            found = fold(op, operands, params, spec)
            if found is not UNKNOWN:
                self._alive.append(found)
                return found
        if self.cells:
            operands = self.wholes(operands)
        return self.emit(op, operands, params, (spec,), None if old is None else (old,))[0]

    def wholes(self, operands: Sequence[Any]) -> list[Any]:
        """Operands that are read whole: arrays written part by part are put together where that pays."""
        return [self.cells[x].whole(self, x) if type(x) is Variable and x in self.cells else x for x in operands]

    def emit(
        self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], specs: Sequence[Spec],
        old: tuple[Variable, ...] | None = None,
    ) -> tuple[Any, ...]:  # fmt: skip
        """The results of an application as it stands: those of an equal equation, or of a new one."""
        key = equation_key(op, operands, params)
        found = self._seen.get(key)
        if found is not None:
            return found
        results = old or tuple([Variable(self.trace, s) for s in specs])
        equation = Equation(op, tuple(operands), params, results)
        self.equations.append(equation)
        for v in results:
            self.definitions[v] = equation
        self._seen[key] = results
        return results

    # --- asking -----------------------------------------------------------------------------------------------

    def made_by(self, x: Any, name: str) -> Equation | None:
        """The equation of x if it is one of this row."""
        equation = self.definitions.get(x) if type(x) is Variable else None
        return equation if equation is not None and equation.op is TABLE[name] else None

    def uniform(self, x: Any) -> Any:
        """The value of all entries of a constant, UNKNOWN if x is none or they differ."""
        if type(x) is Variable:
            return UNKNOWN
        if type(x) is float or type(x) is int:
            return x
        if not is_constant(x):
            return UNKNOWN
        if id(x) not in self._uniform:
            self._alive.append(x)
            self._uniform[id(x)] = uniform(x)
        return self._uniform[id(x)]

    def is_filled(self, x: Any, value: float) -> bool:
        """Whether x is a constant with this value everywhere."""
        found = self.uniform(x)
        return found is not UNKNOWN and bool(found == value)

    def filled(self, value: Any, spec: Spec) -> Any:
        """A constant of one value that takes no memory."""
        return np.broadcast_to(np.asarray(value, spec.dtype), spec.shape)

    def _tightened(self, operands: Sequence[Any], spec: Spec) -> Sequence[Any]:
        """f(broadcast(x), y) = f(x, y) where y has the full shape: elementwise ops broadcast by themselves."""
        tight = list(operands)
        for n, x in enumerate(operands):
            small = self._unspread(x)
            others = [y for m, y in enumerate(tight) if m != n] if small is not x else ()
            if any([type(y) is Variable and y.spec.shape == spec.shape for y in others]):
                tight[n] = small
        return tight

    def _unspread(self, x: Any) -> Any:
        """What a broadcast array was broadcast from; axes of length 1 in front are broadcasting, too."""
        if type(x) is Variable:
            for op in (_BROADCAST, _RESHAPE):
                equation = self.definitions.get(x)
                if equation is not None and equation.op is op:
                    (source,) = equation.operands
                    shape, old = equation.results[0].spec.shape, spec_of(source).shape
                    if op is _BROADCAST or shape == (1,) * (len(shape) - len(old)) + old:
                        x = source
            return x
        if type(x) is not np.ndarray or not x.ndim:
            return x
        value = self.uniform(x)
        return x if value is UNKNOWN else np.asarray(value)


_BROADCAST, _RESHAPE = TABLE["broadcast_to"], TABLE["reshape"]


def spec_of(x: Any) -> Spec:
    """The Spec of a variable or constant."""
    return x.spec if type(x) is Variable else spec(x)
