"""Record: eager execution with a recorder. Its result is a Graph, which is itself a function.

A Symbol carries the real value it has in this run, so no op needs a rule to be traced; its mark is the
variable that stands for it in the graph.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import NO_PARAMS, WATCH, Box, apply, refreshed
from wengert.core.array import SPELLINGS, Array
from wengert.core.op import TABLE, Op
from wengert.core.twins import SERIES, check_series
from wengert.core.view import Root
from wengert.errors import TracedValue, explain, user_line
from wengert.interpreters.graph import Constant, Equation, Graph, Variable
from wengert.interpreters.guards import SMALL, Guard
from wengert.interpreters.mending import Mend
from wengert.interpreters.tape import mode
from wengert.spec import Spec, spec

__all__ = ["Constant", "Equation", "Graph", "Static", "Symbol", "Trace", "Variable", "Weak"]


class Trace:
    """The equations of one recording, in order. name: whose recording it is, for messages.

    floor: that of the tapes when it began; those put to rest since then see no derivative of what is recorded.
    mends: of contributions to cotangents behind a mask, how they could be mended.
    short: whether symbols may go the shortest way, because nobody wants to see them before they are used.
    told: who learns that Python decides something by a value; the recording then holds for this run only.
    given: of a recording that may have to count as a run, the numbers behind variables that no equation makes. sampled:
    whether symbols hold what a loop may give (`Op.sample`) rather than what it gives; `number` knows that.
    """

    __slots__ = (
        "closed", "count", "equations", "floor", "given", "guards", "mends", "name", "run", "sampled", "short", "told",
    )  # fmt: skip

    def __init__(self, name: str = "wg.trace") -> None:
        self.count = 0
        self.equations: list[Equation] = []
        self.guards: list[Guard] = []
        self.mends: dict[Variable, Mend] = {}
        self.name = name
        self.floor = mode.floor
        self.closed = False
        self.short = True
        self.told: Callable[[Any, str], None] | None = None
        self.given: dict[Variable, Any] | None = None
        self.sampled = False
        self.run = 0  # equations whose results are among the given numbers, too

    def record(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], outs: Sequence[Any]) -> Any:
        """Write down an equation; the variables of its results."""
        results = tuple([Variable(self, spec(o)) for o in outs])
        self.equations.append(_equation(Equation, (op, tuple(operands), params, results)))
        return results

    def kept(self, x: Any) -> Any:
        """A constant operand as an equation may keep it: safe from the user's writes, or watched for them."""
        if type(x) is np.ndarray and x.flags.writeable:
            if x.nbytes > SMALL:
                self.guards.append(Guard(x))
            else:
                x = x.copy()
        return x

    def number(self, x: Symbol) -> Any:
        """What a symbol is in this very run: its value.

        If that may come of samples, or of contributions that are to be mended, the equations are run.
        """
        if not (self.sampled or self.mends) or type(x.mark) is not Variable or self.given is None:
            return x.value
        known = self.given
        with np.errstate(all="ignore"):
            for op, operands, params, results in self.equations[self.run :]:
                values = [known[v] if type(v) is Variable else v for v in operands]
                out = op.impl(*values, **params)
                known.update(zip(results, (out,) if op.outputs == 1 else out, strict=True))
                for v in results:
                    mend = self.mends.get(v)
                    if mend is not None and mend.is_possible(known) and np.isnan(known[v]).any():
                        known[v] = mend.apply(known)
                self.run += 1
        return known[x.mark]

    def close(self) -> None:
        """The recording is over: nothing may be added, and nobody has to be kept alive by it."""
        self.closed, self.short = True, False
        self.equations = []
        guards, self.guards = self.guards, []
        for guard in guards:
            guard.check(self.name)


class Symbol(Array):
    """A value of this run, and the variable that stands for it."""

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result and record the equation; of constants alone there is nothing to record."""
        values: list[Any] = []
        inputs: list[Any] = []
        trace = None
        boxed = plain = traced = False
        for x in operands:
            if isinstance(x, Symbol) and x.level == level:
                if type(x) is Weak:
                    return Symbol.process(op, _settled(op, operands, level), params, level)
                values.append(x.value)
                mark = x.mark
                trace = mark.trace
                if type(mark) is Constant:
                    mark = mark.value
                    traced = traced or isinstance(mark, Box)
                else:
                    traced = True
                inputs.append(mark)
                boxed = boxed or isinstance(x.value, Box)
            else:
                values.append(x)
                inputs.append(x)
                boxed = boxed or isinstance(x, Box)
                plain = plain or type(x) is np.ndarray
        assert trace is not None
        if trace.closed:
            raise _leaked(trace)
        if params.get("donate") and type(inputs[0]) is not Variable:
            params = {**params, "donate": False}  # the graph keeps a constant: it must not be written over
        if boxed:
            out = apply(op, values, params)
        else:
            # Constants are true numbers; so are all in a recording of this very run, as of an explanation.
            sample = op.sample if traced and trace.told is None else None
            trace.sampled = trace.sampled or sample is not None
            try:
                out = (sample or op.impl)(*values, **params)
            except (ArithmeticError, IndexError, ValueError):  # LinAlgError is a ValueError
                if not trace.sampled or trace.given is None:
                    raise
                out = op.impl(*[trace.number(x) if isinstance(x, Symbol) else x for x in operands], **params)
        outs = (out,) if op.outputs == 1 else out
        if traced or any([isinstance(x, Box) for x in inputs]):
            if plain:
                inputs = [trace.kept(x) for x in inputs]
            results = trace.record(op, inputs, params, outs)
            if level < 0 and mode.floor > trace.floor and op.vjps is not None:
                results = _stopped(trace, outs, results)
        else:
            results = [Constant(trace, o) for o in outs]
        if op.outputs == 1:
            return Symbol(out, results[0], level)
        return tuple([Symbol(o, v, level) for o, v in zip(outs, results, strict=True)])

    @staticmethod
    def process_one(op: Op, x: Any) -> Any:
        """The shortest way for a row of one operand: `apply`, `process` and `record` in one."""
        mark, level = x.mark, x.level
        trace = mark.trace
        if type(x) is not Symbol or type(mark) is not Variable or not trace.short or _is_watched(level):
            return apply(op, (x,))
        if x.alias is not None and x.alias.sync(x, op, NO_PARAMS):
            return apply(op, (x,))
        value = x.value
        out = apply(op, (value,)) if isinstance(value, Box) else op.impl(value)
        return _noted(trace, op, (x.mark,), out, mark.spec, level)

    @staticmethod
    def process_two(op: Op, x: Any, y: Any) -> Any:
        """The shortest way for a row of two operands, of which one may be a number."""
        if type(x) is Symbol:
            if x.alias is not None and x.alias.sync(x, op, NO_PARAMS):
                return apply(op, (x, y))
            a, left, level = x.value, x.mark, x.level
            if type(y) is Symbol:
                if y.level != level or (y.alias is not None and y.alias.sync(y, op, NO_PARAMS)):
                    return apply(op, (x, y))
                b, right = y.value, y.mark
            elif type(y) in _NUMBERS:
                b = right = y
            else:
                return apply(op, (x, y))
            mark = left
        elif type(x) in _NUMBERS and type(y) is Symbol:
            if y.alias is not None and y.alias.sync(y, op, NO_PARAMS):
                return apply(op, (x, y))
            a = left = x
            b, mark, level = y.value, y.mark, y.level
            right = mark
        else:
            return apply(op, (x, y))
        trace = mark.trace
        if type(left) is Constant or type(right) is Constant or not trace.short or _is_watched(level):
            return apply(op, (x, y))
        out = apply(op, (a, b)) if isinstance(a, Box) or isinstance(b, Box) else op.impl(a, b)
        return _noted(trace, op, (left, right), out, mark.spec, level)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = SPELLINGS.get(ufunc)
        if type(op) is Op and method == "__call__" and not kwargs:
            if len(inputs) == 1:
                return Symbol.process_one(op, self)
            if len(inputs) == 2:
                if type(inputs[0]) is np.ndarray and sys._getframe(1).f_code.co_name in SERIES:
                    check_series(sys._getframe(1))
                return Symbol.process_two(op, *inputs)
        return Array.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)

    def __add__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["add"], self, y)

    def __radd__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["add"], y, self)

    def __sub__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["subtract"], self, y)

    def __rsub__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["subtract"], y, self)

    def __mul__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["multiply"], self, y)

    def __rmul__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["multiply"], y, self)

    def __truediv__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["divide"], self, y)

    def __rtruediv__(self, y: Any) -> Any:
        return Symbol.process_two(TABLE["divide"], y, self)

    def __neg__(self) -> Any:
        return Symbol.process_one(TABLE["negative"], self)

    @property
    def known(self) -> bool:
        """Whether every run has this value: a constant; or any, where this recording is of one run only."""
        return type(self.mark) is Constant or self.mark.trace.told is not None

    def become(self, other: Box) -> None:
        """Become what `other` is. A constant that NumPy made is one of the trace's."""
        if self.level < 0 <= other.level and not isinstance(other.value, Box) and not other.tracked:
            self.value, self.mark = other.value, Constant(self.mark.trace, other.value)
        else:
            Array.become(self, other)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        made = Array.__array_function__(self, func, types, args, kwargs)
        if self.level >= 0 or not isinstance(made, Box) or made.level or isinstance(made.value, Box):
            return made
        if type(made.alias) is not Root or any(_is_eager(x) for x in tree.leaves((args, kwargs))):
            return made
        # np.zeros(n, like=x) makes what x is, and x is no tensor of the tape.
        symbol = Symbol(made.value, Constant(self.mark.trace, made.value), self.level)
        symbol.alias = Root()
        return symbol

    def plain(self, what: str) -> Any:
        """Refused: the number of this run would be frozen into the graph."""
        if refreshed(self):
            return self.plain(what)
        if self.mark.trace.told is not None:
            return Array.plain(self, what)
        if type(self.mark) is Constant:
            return self.value
        raise TracedValue(
            explain(
                f"{what} at {user_line()} asked a traced value of shape {self.shape} for plain numbers.",
                "The graph is recorded once and replayed on other inputs; this run's numbers would be frozen into it.",
                "Write np.where(condition, a, b) or wg.cond instead of branching, np.zeros(n, like=x) for an array to "
                "fill, or make that argument static (static_argnums).",
            )
        )

    def concrete(self, what: str) -> Any:
        """The value for a decision of Python's, if this recording is of one run only."""
        if self.mark.trace.told is None or refreshed(self):
            return self.plain(what)
        self.mark.trace.told(self, what)
        return Array.concrete(self, what)

    def item(self, *index: int) -> Any:
        """The entry (at `index`) as a Python number, which is known when the graph runs."""
        if self.level >= 0 or type(self.mark) is Constant:
            return Array.item(self, *index)
        entry = self[index] if index else self.reshape(())
        return Weak(entry.value, entry.mark, entry.level)

    def tolist(self) -> Any:
        """Nested lists of Python numbers, which are known when the graph runs."""
        if self.ndim:
            return [row.tolist() for row in self]
        return self if self.level >= 0 else self.item()


_equation = tuple.__new__  # of an Equation: its own is written in Python
_NUMBERS = frozenset({float, int, np.float64, np.float32, np.int64})
_FLOAT64 = Spec((), np.dtype(np.float64))


def _is_watched(level: int) -> bool:
    """Whether somebody may want to see the operands first: a trace below this one, or the body of a loop."""
    return WATCH.closing > 0 or WATCH.looking > 0 or (level >= 0 and WATCH.on > 0)


def _noted(trace: Trace, op: Op, operands: tuple[Any, ...], out: Any, like: Spec, level: int) -> Symbol:
    """The symbol of a result, and its equation written down; like: a Spec that it is likely to have."""
    if type(out) is np.float64:
        like = _FLOAT64
    elif like.dtype is not out.dtype or like.shape != out.shape:
        like = Spec(out.shape, out.dtype)
    variable = Variable(trace, like)
    trace.equations.append(_equation(Equation, (op, operands, NO_PARAMS, (variable,))))
    if level < 0 and mode.floor > trace.floor and op.vjps is not None:
        (variable,) = _stopped(trace, (out,), (variable,))
    return Symbol(out, variable, level)


def _is_eager(x: Any) -> bool:
    return isinstance(x, Box) and x.level >= 0


def _stopped(trace: Trace, outs: Sequence[Any], results: Any) -> Any:
    """The results as constants of whoever differentiates the graph: they were computed while no tape recorded."""
    stop = TABLE["stop_gradient"]
    return [
        trace.record(stop, (v,), NO_PARAMS, (o,))[0] if v.spec.dtype.kind in "fc" else v
        for o, v in zip(outs, results, strict=True)
    ]


def _leaked(trace: Trace) -> TracedValue:
    return TracedValue(
        explain(
            f"a value traced by {trace.name} was used at {user_line()}, after its trace was over.",
            "It stood for a value of one run while the function was recorded; now there is nothing to compute it from.",
            "Return the value from the function instead of storing it in a global, a list or an attribute.",
        )
    )


# --- Python's numbers -----------------------------------------------------------------------------------------


class Static(BaseException):
    """A traced Python number was asked for its value: the arguments `roots` cannot be traced. Never seen by users."""

    def __init__(self, roots: frozenset[Any]) -> None:
        super().__init__(roots)
        self.roots = roots


class Weak(Symbol):
    """A Python number that is traced: beside float32 it is float32, and arithmetic with others gives a Python number.

    Its variable knows the arguments that it was computed from; if Python must know its value, they have to be static.
    """

    __slots__ = ()

    @property
    def roots(self) -> frozenset[Any]:
        """The arguments that this number was computed from, as far as they are Python numbers."""
        found: frozenset[Any] = self.__dict__.get("roots_", frozenset())
        return found

    def rooted(self, roots: frozenset[Any]) -> Weak:
        """This number, with its origin noted."""
        self.__dict__["roots_"] = roots
        return self

    def copied(self) -> Box:
        """Another number of the same value and origin."""
        return Weak(self.value, self.mark, self.level).rooted(self.roots)

    def plain(self, what: str) -> Any:
        """Make the arguments behind this number static, by tracing again."""
        if type(self.mark) is not Constant and self.roots:
            raise Static(self.roots)
        return Symbol.plain(self, what)

    concrete = plain

    def __hash__(self) -> int:
        return hash(self.plain("hash()").item())

    def __int__(self) -> int:
        return int(self.plain("int()"))

    def __round__(self, n: int | None = None) -> Any:
        return round(self.plain("round()").item(), n)

    def item(self, *index: int) -> Any:
        """This number."""
        return self


def _undecided(name: str, x: Any, y: Any = None) -> bool:
    """Whether it depends on the numbers if a power is an integer: that of two integers, unless y is known to be ≥ 0."""
    if name not in ("__pow__", "__rpow__") or x.dtype.kind != "i":
        return False
    return (type(y) is int and (name == "__rpow__" or y < 0)) or (isinstance(y, Weak) and y.dtype.kind == "i")


def _arithmetic(name: str) -> Any:
    general = getattr(Array, name)

    def method(self: Weak, *others: Any) -> Any:
        if _undecided(name, self, *others):
            self.plain("a power")
        out = general(self, *others)
        if not isinstance(out, Symbol):  # a solver shows its function the number instead
            return out
        if not all([isinstance(y, Weak | int | float | complex) and not isinstance(y, np.generic) for y in others]):
            return out
        roots = self.roots.union(*[y.roots for y in others if isinstance(y, Weak)])
        return Weak(out.value, out.mark, out.level).rooted(roots)

    method.__name__ = name
    return method


for _name in (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor lshift "
    "rshift neg pos abs lt le gt ge eq ne"
).split():
    setattr(Weak, f"__{_name}__", _arithmetic(f"__{_name}__"))


def _settled(op: Op, operands: Sequence[Any], level: int) -> Sequence[Any]:
    """Traced Python numbers in the dtype that NumPy gives a Python number beside these operands."""
    if not any([type(x) is Weak and x.level == level for x in operands]):
        return operands
    others = operands[1:] if op.name == "where" else operands  # a condition has no say in the dtype
    strong = [x.dtype for x in others if isinstance(x, Box | np.ndarray | np.generic) and type(x) is not Weak]
    return [_strong(x, op, strong) if type(x) is Weak and x.level == level else x for x in operands]


def _strong(x: Weak, op: Op, strong: Sequence[Any]) -> Any:
    number = Symbol(x.value, x.mark, x.level)
    if op.kind != "elementwise" or not strong or x.dtype.kind == "b":
        return number
    target = np.result_type(*strong, x.value.item())
    return number if target == x.dtype else apply(TABLE["astype"], (number,), {"dtype": target})
