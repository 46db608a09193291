"""Record: eager execution with a recorder. Its result is a Graph, which is itself a function.

A Symbol carries the real value it has in this run, so no op needs a rule to be traced; its mark is the
variable that stands for it in the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.core.apply import NO_PARAMS, Box, apply, refreshed
from wengert.core.array import Array
from wengert.core.op import TABLE, Op
from wengert.core.view import Root
from wengert.errors import InvalidArgument, TracedValue, explain, user_line
from wengert.interpreters.tape import SMALL, Guard, mode
from wengert.spec import Spec, spec

__all__ = ["Constant", "Equation", "Graph", "Static", "Symbol", "Trace", "Variable", "Weak"]


class Variable:
    """A name in a graph: what is known of the value is its shape and dtype."""

    __slots__ = ("number", "spec", "trace")

    def __init__(self, trace: Trace, spec: Spec) -> None:
        self.trace = trace
        self.number = trace.count
        trace.count += 1
        self.spec = spec

    def __repr__(self) -> str:
        return f"v{self.number}"


class Constant(Variable):
    """What has the same value in every run, and is not recorded."""

    __slots__ = ("value",)

    def __init__(self, trace: Trace, value: Any) -> None:
        super().__init__(trace, spec(value))
        self.value = value


class Equation(NamedTuple):
    """One application of an op; operands are variables or constants (arrays, numbers, older boxes)."""

    op: Op
    operands: tuple[Any, ...]
    params: Mapping[str, Any]
    results: tuple[Variable, ...]

    def __str__(self) -> str:
        left = ", ".join(f"{v!r}:{_short(v.spec)}" for v in self.results)
        inner = ", ".join([_shown(x) for x in self.operands] + [f"{k}={v!r}" for k, v in self.params.items()])
        return f"{left} = {self.op.name}({inner})"


class Trace:
    """The equations of one recording, in order. name: whose recording it is, for messages.

    floor: that of the tapes when it began; those put to rest since then see no derivative of what is recorded.
    """

    __slots__ = ("closed", "count", "equations", "floor", "guards", "name")

    def __init__(self, name: str = "wg.trace") -> None:
        self.count = 0
        self.equations: list[Equation] = []
        self.guards: list[Guard] = []
        self.name = name
        self.floor = mode.floor
        self.closed = False

    def record(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], outs: Sequence[Any]) -> Any:
        """Write down an equation; the variables of its results."""
        results = tuple([Variable(self, spec(o)) for o in outs])
        self.equations.append(Equation(op, tuple(operands), params, results))
        return results

    def kept(self, x: Any) -> Any:
        """A constant operand as an equation may keep it: safe from the user's writes, or watched for them."""
        if type(x) is np.ndarray and x.flags.writeable:
            if x.nbytes > SMALL:
                self.guards.append(Guard(x))
            else:
                x = x.copy()
        return x

    def close(self) -> None:
        """The recording is over: nothing may be added, and nobody has to be kept alive by it."""
        self.closed = True
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
        operands = _settled(op, operands, level)
        mine = [isinstance(x, Symbol) and x.level == level for x in operands]
        trace: Trace = next(x.mark for x, m in zip(operands, mine, strict=True) if m).trace
        if trace.closed:
            raise _leaked(trace)
        values = [x.value if m else x for x, m in zip(operands, mine, strict=True)]
        if params.get("donate") and not (mine[0] and type(operands[0].mark) is Variable):
            params = {**params, "donate": False}  # the graph keeps a constant: it must not be written over
        if op.sample is not None and level >= 0 and not any([isinstance(x, Box) for x in values]):
            out = op.sample(*values, **params)
        else:
            out = apply(op, values, params)
        outs = (out,) if op.outputs == 1 else out
        inputs = [
            (x.mark.value if type(x.mark) is Constant else x.mark) if m else trace.kept(x)
            for x, m in zip(operands, mine, strict=True)
        ]
        if any([isinstance(x, Variable | Box) for x in inputs]):
            results = trace.record(op, inputs, params, outs)
            if level < 0 and mode.floor > trace.floor and op.vjps is not None:
                results = _stopped(trace, outs, results)
        else:
            results = [Constant(trace, o) for o in outs]
        symbols = tuple([Symbol(o, v, level) for o, v in zip(outs, results, strict=True)])
        return symbols[0] if op.outputs == 1 else symbols

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

    concrete = plain

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


class Graph:
    """A recorded function: inputs, equations, outputs. Call it like the function that was traced.

    >>> import wengert as wg, numpy as np
    >>> graph = wg.trace(lambda x: np.sin(x) * x)(2.0)
    >>> print(graph)
    graph(v0:float64[])
      v1:float64[] = sin(v0)
      v2:float64[] = multiply(v1, v0)
      return v2
    >>> graph(0.0), graph(np.pi / 2)
    (np.float64(0.0), np.float64(1.5707963267948966))
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        equations: Sequence[Equation],
        outputs: Sequence[Any],
        in_structure: tree.Structure,
        out_structure: tree.Structure,
    ) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.equations = tuple(_live(equations, self.outputs))
        self.in_structure = in_structure
        self.out_structure = out_structure

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay on these arguments, which must nest and be shaped as the traced ones were."""
        leaves = self.in_structure.flatten((args, kwargs))
        return self.out_structure.unflatten(self.run(leaves))

    def run(self, leaves: Sequence[Any]) -> list[Any]:
        """Replay on a flat list of inputs."""
        values: dict[Variable, Any] = {}
        for variable, x in zip(self.inputs, leaves, strict=True):
            x = x if isinstance(x, Box) else np.asarray(x)
            if x.shape != variable.spec.shape:
                raise InvalidArgument(
                    explain(
                        f"the graph's input {variable!r} got shape {x.shape}.",
                        f"It was recorded for shape {variable.spec.shape}, and its ops are fixed to that.",
                        "Trace the function again for the new shape.",
                    )
                )
            values[variable] = x
        for op, operands, params, results in self.equations:
            out = apply(op, [values[x] if isinstance(x, Variable) else x for x in operands], params)
            if op.outputs == 1:
                values[results[0]] = out
            else:
                values.update(zip(results, out, strict=True))
        return [values[x] if isinstance(x, Variable) else x for x in self.outputs]

    def __str__(self) -> str:
        head = ", ".join(f"{v!r}:{_short(v.spec)}" for v in self.inputs)
        lines = [f"graph({head})", *[f"  {e}" for e in self.equations]]
        return "\n".join([*lines, "  return " + ", ".join(_shown(x) for x in self.outputs)])

    def __repr__(self) -> str:
        return f"<Graph of {len(self.equations)} equations>"


def _live(equations: Sequence[Equation], outputs: Sequence[Any]) -> list[Equation]:
    """The equations that the outputs depend on."""
    needed = {x for x in outputs if isinstance(x, Variable)}
    kept = []
    for equation in reversed(equations):
        if any(v in needed for v in equation.results):
            needed.update(x for x in equation.operands if isinstance(x, Variable))
            kept.append(equation)
    return kept[::-1]


def _short(s: Spec) -> str:
    return f"{s.dtype}[{','.join(map(str, s.shape))}]"


def _shown(x: Any) -> str:
    if isinstance(x, Variable | int | float | complex):
        return repr(x)
    if np.ndim(x) == 0 and not isinstance(x, Box):
        return repr(np.asarray(x).item())
    return _short(spec(x))
