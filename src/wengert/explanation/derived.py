"""The derivative of a recorded function as a graph of its own, in which every value knows what it is called.

The function is recorded while its variables are watched, and then replayed by a second recording that goes on with the
adjoints (or carries the tangents along). What the rules of the derivatives compute is so written down like the
function itself, and can be simplified and printed like it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op
from wengert.explanation.given import Given
from wengert.explanation.links import Applied
from wengert.explanation.watch import Watch
from wengert.interpreters.cotangents import cast, unbroadcast
from wengert.interpreters.forward import fit
from wengert.interpreters.record import Constant, Equation, Graph, Symbol, Variable
from wengert.spec import spec
from wengert.transforms.reverse import vjp
from wengert.transforms.trace import trace_leaves

__all__ = ["Derived", "Mode", "Name", "derived"]

Mode = Literal["forward", "reverse"]
_Pull = Callable[[Sequence[Any], Sequence[int]], dict[int, Any]]


@dataclass(frozen=True, slots=True)
class Name:
    """What a value is called. base: the variable it belongs to. kind: "" for itself, else "grad" or "dot"."""

    base: str
    kind: str = ""


@dataclass
class Derived:
    """A graph of inputs and seeds to values and derivatives.

    inputs, seeds: names of its inputs. values: how many of its outputs are those of the function; wanted: of which
    inputs the others are the adjoints. names and places (file, line): by variable. constants: names by the bytes of
    the arrays. forward: the variables of the function itself. scalar: whether the only seed is the 1 of one number.
    """

    graph: Graph
    inputs: list[str]
    seeds: list[str]
    values: int
    wanted: list[int]
    names: dict[Variable, Name] = field(default_factory=dict)
    places: dict[Variable, tuple[str, int]] = field(default_factory=dict)
    constants: dict[bytes, str] = field(default_factory=dict)
    forward: set[Variable] = field(default_factory=set)
    scalar: bool = False


def derived(f: Callable[..., Any], arguments: Given, mode: Mode) -> Derived:
    """The graph of the value and the derivative of `f`; its seeds come after the inputs."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    leaves = [arguments.leaves[n] for n in arguments.inputs]
    watch = Watch(code.co_filename if code is not None else "", leaves)

    def run(*inputs: Any) -> Any:
        out = arguments.call(f, inputs)
        watch.finish()
        return out

    watch.begin(run.__code__)
    return _Replay(trace_leaves(run, leaves, watch), watch, arguments, leaves, mode).run()


class _Replay:
    """The second recording."""

    def __init__(self, graph: Graph, watch: Watch, arguments: Given, leaves: Sequence[Any], mode: Mode) -> None:
        self.graph, self.watch, self.leaves, self.mode = graph, watch, leaves, mode
        self.names = [arguments.names[n] for n in arguments.inputs]
        self.wanted = [n for n, place in enumerate(arguments.inputs) if arguments.wanted[place]]
        self.env: dict[Variable, Any] = {}
        self.dots: dict[Variable, Any] = {}
        self.smooth: set[Variable] = {graph.inputs[n] for n in self.wanted}
        self.links: list[tuple[Equation, _Pull, list[int]]] = []
        self.out = Derived(graph, self.names, [], len(graph.outputs), self.wanted)

    def run(self) -> Derived:
        """Replay the function and derive it."""
        out = self.out
        seeds = self._seeds()
        with np.errstate(all="ignore"):
            out.graph = trace_leaves(self._derive, [*self.leaves, *seeds])
        for v, base in zip(out.graph.inputs, self.names, strict=False):
            out.names[v] = Name(base)
        for v, base in zip(out.graph.inputs[len(self.names) :], out.seeds, strict=True):
            out.names[v] = Name(base)
        return out

    def _seeds(self) -> list[Any]:
        """Tangents of the inputs, or cotangents of results that are not one number."""
        if self.mode == "forward":
            self.out.seeds = [f"{self.names[n]}_dot" for n in self.wanted]
            return [np.ones_like(self.leaves[n]) for n in self.wanted]
        ends = self._ends()
        specs = [x.spec if isinstance(x, Variable) else spec(x) for x in ends]
        self.out.scalar = len(ends) == 1 and specs[0].shape == ()
        known = [self.watch.names.get(x) if isinstance(x, Variable) else None for x in ends]
        called = [name or ("out" if len(ends) == 1 else f"out{n}") for n, name in enumerate(known, 1)]
        self.out.seeds = [f"grad_{name}" for name in called]
        return [np.ones(s.shape, s.dtype) for s in specs]

    def _ends(self) -> list[Any]:
        """The results that can be differentiated."""
        return [x for x in self.graph.outputs if np.asarray(self.watch.value(x)).dtype.kind in "fc"]

    def _derive(self, *inputs: Any) -> Any:
        count = len(self.leaves)
        self.env.update(zip(self.graph.inputs, inputs[:count], strict=True))
        if self.mode == "forward":
            self.dots.update(zip([self.graph.inputs[n] for n in self.wanted], inputs[count:], strict=True))
        for number, equation in enumerate(self.graph.equations):
            self._replay(number, equation)
        values = [self._value(x) for x in self.graph.outputs]
        if self.mode == "forward":
            return tuple(values), tuple([self._dot(x) for x in self.graph.outputs])
        return tuple(values), self._reverse(inputs[count:])

    def _value(self, x: Any) -> Any:
        return self.env[x] if isinstance(x, Variable) else x

    def _dot(self, x: Any) -> Any:
        zero = np.zeros(np.shape(self._value(x)), np.asarray(self.watch.value(x)).dtype)
        return self.dots.get(x, zero) if isinstance(x, Variable) else zero

    def _replay(self, number: int, equation: Equation) -> None:
        op, operands, params, results = equation
        params = {**params, "donate": False} if "donate" in params else params
        values = [self._value(x) for x in operands]
        for position, x in enumerate(operands):
            name = self.watch.constants.get((number, position))
            if name is not None and not isinstance(x, Variable):
                self.out.constants[np.asarray(x).tobytes()] = name
        flows = [p for p, x in enumerate(operands) if self._flows(op, p, x)] if op.vjps is not None else []
        together = op.outputs != 1 or op.joint_vjp is not None
        pull: _Pull | None = None
        moved: Sequence[Any] = ()
        if flows and together and self.mode == "reverse":
            outs, pull = _pulled(op, values, params, flows)
        elif flows and together and op.dual is not None:
            outs, moved = op.dual(values, self._tangents(operands, flows), params)
        else:
            made = apply(op, values, params)
            outs = (made,) if op.outputs == 1 else made
        for v, x in zip(results, outs, strict=True):
            self.env[v] = x
            self._describe(v, x, number)
        if not flows:
            return
        self.smooth.update([v for v in results if v.spec.dtype.kind in "fc"])
        link = Applied(op, values, params, outs, (), ())
        if self.mode == "reverse":
            self.links.append((equation, pull or link.pull, flows))
        else:
            self._push(results, moved or link.push(self._tangents(operands, flows)))

    def _tangents(self, operands: Sequence[Any], flows: Sequence[int]) -> list[Any]:
        return [self.dots.get(x) if p in flows else None for p, x in enumerate(operands)]

    def _flows(self, op: Any, position: int, x: Any) -> bool:
        return isinstance(x, Variable) and x in self.smooth and min(position, len(op.names) - 1) not in op.nondiff

    def _describe(self, v: Variable, x: Any, number: int) -> None:
        if not isinstance(x, Symbol) or type(x.mark) is Constant:
            return
        self.out.forward.add(x.mark)
        if v in self.watch.names:
            self.out.names.setdefault(x.mark, Name(self.watch.names[v]))
        place = self.watch.places[number]
        if place is not None:
            self.out.places.setdefault(x.mark, place)

    def _named(self, v: Variable, x: Any, kind: str) -> None:
        """Call x the derivative of v."""
        base = self.watch.names.get(v, "")
        if v in self.graph.inputs:
            base = self.names[self.graph.inputs.index(v)]
        if base and isinstance(x, Symbol) and type(x.mark) is Variable:
            self.out.names.setdefault(x.mark, Name(base, kind))

    def _push(self, results: Sequence[Variable], tangents: Sequence[Any]) -> None:
        for v, t in zip(results, tangents, strict=True):
            if t is not None and v.spec.dtype.kind in "fc":
                self.dots[v] = fit(t, self.env[v])
                self._named(v, self.dots[v], "dot")

    def _reverse(self, seeds: Sequence[Any]) -> Any:
        ends = self._ends()
        adjoints: dict[Variable, Any] = {}
        for x, seed in zip(ends, seeds, strict=True):
            if isinstance(x, Variable):
                self._contribute(adjoints, x, seed)
        for equation, pull, flows in reversed(self.links):
            gs = [adjoints.get(v) for v in equation.results]
            if all(g is None for g in gs):
                continue
            for v, g in zip(equation.results, gs, strict=True):
                if g is not None and v in self.watch.names:
                    self._named(v, g, "grad")
            for position, c in pull(gs, flows).items():
                if c is not None:
                    self._contribute(adjoints, equation.operands[position], c)
        for v in self.graph.inputs:
            if v in adjoints:
                self._named(v, adjoints[v], "grad")
        zeros: Mapping[int, Any] = {n: np.zeros_like(self.leaves[n]) for n in self.wanted}
        return tuple([adjoints.get(self.graph.inputs[n], zeros[n]) for n in self.wanted])

    def _contribute(self, adjoints: dict[Variable, Any], v: Variable, c: Any) -> None:
        shape = v.spec.shape
        c = c if isinstance(c, Symbol) else np.asarray(c)
        if not isinstance(c, Symbol) and not np.any(c):
            return
        c = cast(unbroadcast(c, shape) if c.shape != shape else c, v.spec.dtype)
        adjoints[v] = c if v not in adjoints else adjoints[v] + c


def _pulled(
    op: Op, values: Sequence[Any], params: Mapping[str, Any], flows: Sequence[int]
) -> tuple[Sequence[Any], _Pull]:
    """The results of an op with one rule for all operands, and its adjoint, which reads what that run stored."""

    def function(*chosen: Any) -> Any:
        operands = list(values)
        for position, x in zip(flows, chosen, strict=True):
            operands[position] = x
        return apply(op, operands, params)

    made, back = vjp(function, *[values[p] for p in flows])

    def pull(gs: Sequence[Any], wanted: Sequence[int]) -> dict[int, Any]:
        return dict(zip(wanted, back(gs[0] if op.outputs == 1 else tuple(gs)), strict=True))

    return (made,) if op.outputs == 1 else made, pull
