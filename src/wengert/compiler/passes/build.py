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
# Rows that must have made an operand for the rules of an op to say anything, if none is a constant that tells.
_READS: dict[Op, set[Op]] = {}
_ANY: set[Op] = set()  # these rules are always asked

# Constants that elementwise rules look for; of other floats they have nothing to say.
_TELLING_NUMBERS = frozenset({0.0, 1.0, -1.0})
# Rows whose results matter to every elementwise op (`Builder.cells`, `_tightened`), and to those that have rules.
_MOVED = frozenset(TABLE[name] for name in "unslice overwrite broadcast_to reshape".split())
_TOLD = _MOVED | {TABLE[name] for name in "negative where logical_not conjugate scatter_add".split()}


def is_plain(op: Op) -> bool:
    """Whether an op is elementwise and its rules have nothing to say about most operands (`Builder.untold`)."""
    known = _PLAIN.get(op)
    if known is None:
        reads = _READS.get(op, set())
        known = op.kind == "elementwise" and op not in _TOLD and TABLE.get(op.name) is op
        known = _PLAIN[op] = known and reads is not _ANY and reads <= _TOLD
    return known


_PLAIN: dict[Op, bool] = {}


def rule(*names: str, reads: str | None = None) -> Callable[[Rule], Rule]:
    """Decorator: enter a rule for the rows of these names.

    reads: if given, the rule has nothing to say unless an operand was made by one of these rows or is a constant (of
    plain floats: 0, 1 or -1).
    """

    def enter(function: Rule) -> Rule:
        for name in names:
            op = TABLE[name]
            RULES.setdefault(op, []).append(function)
            known = _READS.setdefault(op, set())
            if reads is None or known is _ANY:
                _READS[op] = _ANY
            else:
                known.update([TABLE[name] for name in reads.split()])
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
        self.moved: set[Variable] = set()  # made by one of `_MOVED`
        self.told: set[Variable] = set()  # made by one of `_TOLD`
        self.memo: dict[Variable, Any] = {}  # what rules want to remember of a variable
        self._seen: dict[Any, tuple[Any, ...]] = {}
        self._uniform: dict[int, Any] = {}
        self._filled: dict[tuple[float, Spec], Any] = {}
        self._alive: list[Any] = []  # constants that are known by their id

    # --- adding -----------------------------------------------------------------------------------------------

    def call(self, name: str, *operands: Any, spec: Spec, **params: Any) -> Any:
        """The result of a row of the table on these operands."""
        return self.one(TABLE[name], operands, params, spec)

    def one(
        self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], spec: Spec, old: Variable | None = None
    ) -> Any:
        """The result of an op that has one: an existing value, or that of a new equation (`old`, if given)."""
        if spec.shape and op.kind == "elementwise":
            operands = self._tightened(operands, spec)
        rules = RULES.get(op)
        if rules is not None and self._ask(op, operands):
            for function in rules:
                found = function(self, operands, params, spec)
                if found is not None:
                    return found
        for x in operands:
            if type(x) is Variable:
                break
        else:
            found = fold(op, operands, params, spec) if all([is_constant(x) for x in operands]) else UNKNOWN
            if found is not UNKNOWN:
                self._alive.append(found)
                return found
        if self.cells:
            operands = self.wholes(operands)
        return self.emit(op, operands, params, (spec,), None if old is None else (old,))[0]

    def _ask(self, op: Op, operands: Sequence[Any]) -> bool:
        """Whether the rules of an op may have something to say about these operands."""
        reads, definitions = _READS[op], self.definitions
        if reads is _ANY:
            return True
        for x in operands:
            if type(x) is not Variable or ((made := definitions.get(x)) is not None and made[0] in reads):
                return True
        return False

    def wholes(self, operands: Sequence[Any]) -> Sequence[Any]:
        """Operands that are read whole: arrays written part by part are put together where that pays."""
        cells = self.cells
        for x in operands:
            if type(x) is Variable and x in cells:
                return [cells[x].whole(self, x) if type(x) is Variable and x in cells else x for x in operands]
        return operands

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
        equation = _equation(Equation, (op, tuple(operands), params, results))
        self.equations.append(equation)
        for v in results:
            self.definitions[v] = equation
        if op in _TOLD:
            self.told.update(results)
            if op in _MOVED:
                self.moved.update(results)
        self._seen[key] = results
        return results

    def shared(self, equation: Equation) -> Variable:
        """The result of an equation that stays as it is, or of an equal one; for plain ops on what is not told."""
        results = equation[3]
        found = self._seen.setdefault(equation_key(equation[0], equation[1], equation[2]), results)
        if found is results:
            self.equations.append(equation)
        return found[0]  # type: ignore[no-any-return]

    def untold(self, op: Op, operands: Sequence[Any]) -> bool:
        """Whether the rules of a plain op have nothing to say about these operands."""
        told = self.told if _READS.get(op) else self.moved
        for x in operands:
            if type(x) is Variable:
                if x in told:
                    return False
            elif type(x) is not float or x in _TELLING_NUMBERS:
                return False
        return True

    # --- asking -----------------------------------------------------------------------------------------------

    def made_by(self, x: Any, name: str) -> Equation | None:
        """The equation of x if it is one of this row, which is not plain."""
        assert not is_plain(TABLE[name])
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

    def filled(self, value: float, spec: Spec) -> Any:
        """A constant of one value that takes no memory."""
        key = (value, spec)
        if key not in self._filled:
            self._filled[key] = np.broadcast_to(np.asarray(value, spec.dtype), spec.shape)
        return self._filled[key]

    def _tightened(self, operands: Sequence[Any], spec: Spec) -> Sequence[Any]:
        """f(broadcast(x), y) = f(x, y) where y has the full shape: elementwise ops broadcast by themselves."""
        tight: list[Any] | None = None
        for n, x in enumerate(operands):
            small = self._unspread(x)
            if small is not x:
                tight = tight or list(operands)
                others = [y for m, y in enumerate(tight) if m != n]
                if any([type(y) is Variable and y.spec.shape == spec.shape for y in others]):
                    tight[n] = small
        return tight or operands

    def _unspread(self, x: Any) -> Any:
        """What a broadcast array was broadcast from; axes of length 1 in front are broadcasting, too."""
        if type(x) is Variable:
            for op in (_BROADCAST, _RESHAPE):
                equation = self.definitions.get(x)
                if equation is None:
                    return x
                if equation[0] is op:
                    (source,) = equation.operands
                    shape, old = equation.results[0].spec.shape, spec_of(source).shape
                    if op is _BROADCAST or shape == (1,) * (len(shape) - len(old)) + old:
                        x = source
            return x
        if type(x) is not np.ndarray or not x.ndim:
            return x
        value = self.uniform(x)
        return x if value is UNKNOWN else np.asarray(value)


_equation = tuple.__new__  # of an Equation: its own is written in Python
_BROADCAST, _RESHAPE = TABLE["broadcast_to"], TABLE["reshape"]


def spec_of(x: Any) -> Spec:
    """The Spec of a variable or constant."""
    return x.spec if type(x) is Variable else spec(x)
