"""`call`: a compiled program as one op. Its derivatives are programs, too, made once and kept with it.

    forward     inputs → results                                      inputs → results, residuals
    reverse     (inputs, results' cotangents) → cotangents     =      (inputs, residuals, cotangents) → cotangents

The right column is what a tape runs. Both come from one graph, that of the result and its pullback together: what does
not depend on the cotangents is done forward, and what the rest reads of it are the residuals. Cheap arithmetic on what
is there anyway is done again instead of being stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiler import backend
from wengert.core.apply import Box, apply, fresh, refreshed
from wengert.core.op import Op, Same, joint
from wengert.interpreters.batch import Batched
from wengert.interpreters.mending import Mend
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.spec import Spec
from wengert.transforms.arguments import opened
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp, vjp_behind_masks
from wengert.transforms.trace import trace_leaves

__all__ = ["Callee", "Halves", "call", "example"]

Mends = Mapping[Variable, Mend]


class Callee:
    """A program and those that are derived from it. It is built when it first runs.

    graph: from a flat list of inputs to a flat list of results. donate: inputs whose memory results may have, or pairs
    of such with a result. into: results that are written to memory given by the caller, one more array each.
    """

    def __init__(self, graph: Graph, name: str, donate: backend.Donated = (), into: Sequence[int] = ()) -> None:
        self.graph = graph
        self.name = name
        self.donate = tuple(donate)
        self.into = tuple(into)
        self.program: backend.Program | None = None
        self._derived: dict[Any, Any] = {}

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """The results for these inputs."""
        if self.program is None:
            self.program = self.built()
        if self.into and len(arrays) < len(self.graph.inputs) + len(self.into):
            missing = self.into[len(arrays) - len(self.graph.inputs) :]
            arrays = (*arrays, *[np.empty(s.shape, s.dtype) for s in self._specs(missing)])
        return self.program.run(*arrays)

    def built(self) -> backend.Program:
        """The program, made anew."""
        count = len(self.graph.inputs)
        return backend.build(self.whole, [*[(count + n, output) for n, output in enumerate(self.into)], *self.donate])

    @property
    def whole(self) -> Graph:
        """The graph, with an input that nothing reads for each result whose memory the caller gives."""
        if not self.into:
            return self.graph
        g = self.graph
        found = [x for x in (*g.inputs, *g.outputs) if isinstance(x, Variable)]
        trace = found[0].trace if found else Trace(self.name)
        spares = [Variable(trace, s) for s in self._specs(self.into)]
        return _flat_graph([*g.inputs, *spares], g.equations, g.outputs, g.mends)

    def _specs(self, outputs: Sequence[int]) -> list[Spec]:
        found = [_spec(self.graph.outputs[n]) for n in outputs]
        return [Spec(x.shape, x.dtype) for x in found]

    def writing(self, into: tuple[int, ...]) -> Callee:
        """The same, with these results in memory that the caller gives."""
        make = lambda: Callee(self.graph, self.name, self.donate, into)
        return self.derived(("into", into), make)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<program {self.name}: {len(self.graph.equations)} equations>"

    def derived(self, key: Any, make: Callable[[], Any]) -> Any:
        """A program made of this one, kept under a key."""
        found = self._derived.get(key)
        if found is None:
            found = self._derived[key] = make()
        return found

    def pullback(
        self, wanted: tuple[int, ...], active: tuple[int, ...], samples: Sequence[Any], masked: bool = False
    ) -> Callee:
        """(inputs, cotangents of the active results) → cotangents of the wanted inputs; masked: from behind a mask."""
        count = len(self.graph.inputs)

        def pull(*flat: Any) -> Any:
            return self._pulled(flat[:count], flat[count:], wanted, active, masked)[1]

        name = f"the pullback of {self.name}"
        return self.derived((wanted, active, masked), lambda: _traced(pull, samples, name))  # type: ignore[no-any-return]

    def halves(self, wanted: tuple[int, ...], samples: Sequence[Any]) -> Halves:
        """The forward program with residuals and the reverse program that reads them."""
        return self.derived(wanted, lambda: self._split(wanted, samples))  # type: ignore[no-any-return]

    def _split(self, wanted: tuple[int, ...], samples: Sequence[Any]) -> Halves:
        count = len(self.graph.inputs)
        active = self.smooth
        outs = self.graph.outputs
        gs = [np.ones(_spec(outs[n]).shape, _spec(outs[n]).dtype)[()] for n in active]

        def both(*flat: Any) -> Any:
            values, pulled = self._pulled(flat[:count], flat[count:], wanted, active)
            return tuple(values), tuple(pulled)

        return Halves(_trace([*samples, *gs], both), count, len(outs), active, self.name)

    def _pulled(
        self,
        inputs: Sequence[Any],
        gs: Sequence[Any],
        wanted: Sequence[int],
        active: Sequence[int],
        masked: bool = False,
    ) -> Any:
        kept: list[Any] = []

        def part(*chosen: Any) -> Any:
            full = list(inputs)
            for n, x in zip(wanted, chosen, strict=True):
                full[n] = x
            outs = self.graph.run(full)
            return tuple([outs[n] for n in active]), tuple(outs)

        reverse = vjp_behind_masks if masked else vjp
        _, pull, kept = reverse(part, *[inputs[n] for n in wanted], has_aux=True)
        return kept, pull(tuple(gs))

    @property
    def smooth(self) -> tuple[int, ...]:
        """The results that have a derivative."""
        return tuple([n for n, x in enumerate(self.graph.outputs) if _spec(x).dtype.kind in "fc"])

    def pushforward(self, moving: tuple[int, ...], samples: Sequence[Any]) -> Callee:
        """(inputs, tangents of the moving ones) → (results, tangents of the smooth results)."""
        count, smooth = len(self.graph.inputs), self.smooth

        def push(*flat: Any) -> Any:
            inputs, ts = flat[:count], flat[count:]

            def part(*chosen: Any) -> Any:
                full = list(inputs)
                for n, x in zip(moving, chosen, strict=True):
                    full[n] = x
                return tuple(self.graph.run(full))

            outs, moved = jvp(part, tuple([inputs[n] for n in moving]), tuple(ts))
            return (*outs, *[moved[n] for n in smooth])

        name = f"the pushforward of {self.name}"
        return self.derived(("jvp", moving), lambda: _traced(push, samples, name))  # type: ignore[no-any-return]

    def batched(self, n: int, batched: tuple[bool, ...], samples: Sequence[Any]) -> tuple[Callee, list[bool]]:
        """The program of n entries at once, and which of its results have an entry each."""
        return self.derived(("vmap", n, batched), lambda: self._mapped(batched, samples))  # type: ignore[no-any-return]

    def _mapped(self, batched: tuple[bool, ...], samples: Sequence[Any]) -> tuple[Callee, list[bool]]:
        flags: list[bool] = []

        def mapped(*inputs: Any) -> Any:
            level = fresh()
            boxes = [Batched(x, None, level) if b else x for x, b in zip(inputs, batched, strict=True)]
            outs = self.graph.run(boxes)
            flags[:] = [isinstance(o, Batched) and o.level == level for o in outs]
            return tuple([opened(o, Batched, level) for o in outs])

        return _traced(mapped, samples, f"vmap of {self.name}"), flags


class Halves:
    """A graph of (inputs, cotangents) → (results, cotangents of inputs), cut in two where the cotangents come in."""

    def __init__(self, graph: Graph, count: int, results: int, active: tuple[int, ...], name: str) -> None:
        inputs, gs = graph.inputs[:count], graph.inputs[count:]
        outs, pulled = graph.outputs[:results], graph.outputs[results:]
        late = set(gs)
        early_equations, late_equations = [], []
        for e in graph.equations:
            if any(x in late for x in e.operands if isinstance(x, Variable)):
                late.update(e.results)
                late_equations.append(e)
            else:
                early_equations.append(e)
        read = [x for e in late_equations for x in e.operands] + list(pulled)
        crossing = list(dict.fromkeys(x for x in read if isinstance(x, Variable) and x not in late))
        again, residuals = _recomputed(
            early_equations, crossing, {*inputs, *[x for x in outs if isinstance(x, Variable)]}
        )
        kept = [x for x in residuals if x not in inputs]
        self.active = active
        self.residuals = len(kept)
        self.forward = Callee(
            _flat_graph(inputs, early_equations, [*outs, *kept], graph.mends), f"{name} with residuals"
        )
        reverse = _flat_graph([*inputs, *kept, *gs], [*again, *late_equations], pulled, graph.mends)
        self.reverse = Callee(reverse, f"the reverse of {name}")


# Rows that cost less to do again than to store and read: a few flops, or a rearrangement of what is there.
_CHEAP = frozenset(
    "add subtract multiply negative square absolute conjugate real imag where maximum minimum less less_equal greater "
    "greater_equal equal not_equal logical_not logical_and logical_or sign astype reshape transpose expand_dims "
    "squeeze broadcast_to slice copy stop_gradient".split()
)


def _recomputed(
    equations: Sequence[Equation], wanted: Sequence[Variable], there: set[Variable]
) -> tuple[list[Equation], list[Variable]]:
    """Which equations to do again for the wanted values, and which values to store instead.

    A cheap equation is done again if everything that it reads is there (an input, a stored value) or is itself so.
    """
    made_by = {v: e for e in equations for v in e.results}
    stored = {v for v in wanted if v not in made_by or made_by[v].op.name not in _CHEAP}
    again: dict[int, Equation] = {}

    def reachable(v: Variable, depth: int) -> bool:
        if v in there or v in stored:
            return True
        e = made_by.get(v)
        if e is None or depth == 0 or e.op.name not in _CHEAP:
            return False
        return all(reachable(x, depth - 1) for x in e.operands if isinstance(x, Variable))

    def add(v: Variable) -> None:
        e = made_by.get(v)
        if v not in there and v not in stored and e is not None and id(e) not in again:
            for x in e.operands:
                if isinstance(x, Variable):
                    add(x)
            again[id(e)] = e

    for v in wanted:
        if not reachable(v, 8):
            stored.add(v)
    for v in wanted:
        add(v)
    used = {x for e in again.values() for x in e.operands if isinstance(x, Variable)} | set(wanted)
    keep = [
        v for v in dict.fromkeys([*wanted, *sorted(used & (stored | there), key=_number)]) if v in stored or v in there
    ]
    order = {id(e): n for n, e in enumerate(equations)}
    return sorted(again.values(), key=lambda e: order[id(e)]), keep


def _number(v: Variable) -> int:
    return v.number


def _spec(x: Any) -> Any:
    return getattr(x, "spec", None) or np.asarray(x)


def _flat_graph(
    inputs: Sequence[Variable],
    equations: Sequence[Equation],
    outputs: Sequence[Any],
    mends: Mends = MappingProxyType({}),
) -> Graph:
    structure = tree.flatten(((0,) * len(inputs), {}))[1]
    return Graph(inputs, equations, outputs, structure, tree.flatten((0,) * len(outputs))[1], mends=mends)


def _trace(samples: Sequence[Any], f: Callable[..., Any]) -> Graph:
    with np.errstate(all="ignore"):
        graph = trace_leaves(f, [_native(np.asarray(example(x))) for x in samples])
    return _flat_graph(graph.inputs, graph.equations, graph.outputs, graph.mends)


def _native(x: Any) -> Any:
    """In the machine's byte order, in which programs compute whatever they are given."""
    return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))


def _traced(f: Callable[..., Any], samples: Sequence[Any], name: str) -> Callee:
    return Callee(_trace(samples, f), name)


def example(x: Any) -> Any:
    """Numbers like those that a box stands for: its own; of a batch those of the first entry."""
    if not isinstance(x, Box):
        return x
    refreshed(x)
    shape, bottom = x.shape, x.value
    while isinstance(bottom, Box):
        refreshed(bottom)
        bottom = bottom.value
    extra = np.ndim(bottom) - len(shape)
    if extra > 0:
        bottom = bottom[(0,) * extra] if 0 not in bottom.shape[:extra] else np.zeros(shape, bottom.dtype)
    return bottom


# --- the row --------------------------------------------------------------------------------------------------------


def _run(*operands: Any, program: Callee, reverse: Any = None) -> tuple[Any, ...]:
    return program(*operands)


def _taped(values: Sequence[Any], tracked: Sequence[int], params: Any) -> Any:
    """On a tape: the forward program with residuals, and for the adjoint the reverse program that reads them."""
    program: Callee = params["program"]
    halves = program.halves(tuple(tracked), values)
    return values, {"program": halves.forward}, {"program": program, "halves": halves}, len(program.graph.outputs)


def _vjp(gs: Sequence[Any], node: Any, saved: Any, masked: bool = False) -> list[Any]:
    values, outs = saved
    program: Callee = node.params["program"]
    halves: Halves = node.params["halves"]
    wanted = tuple([rule.position for rule in node.rules])
    count = len(program.graph.outputs)
    stored = all([g is None for g in gs[count:]])
    if stored and not masked:
        full = [np.zeros_like(outs[n]) if gs[n] is None else gs[n] for n in halves.active]
        operands = [*values, *outs[count:], *full]
        found = apply(call, operands, {"program": halves.reverse})
    else:
        # A derivative of the derivative moves the residuals: back through the program that computed them. Behind a mask
        # others may be needed than were stored.
        whole = program if stored else halves.forward
        active = tuple([n for n, g in enumerate(gs) if g is not None])
        operands = [*values, *[gs[n] for n in active]]
        found = apply(call, operands, {"program": whole.pullback(wanted, active, operands, masked)})
    every: list[Any] = [None] * len(values)
    for n, c in zip(wanted, found, strict=True):
        every[n] = c
    return every


def _dual(values: Sequence[Any], tangents: Sequence[Any], params: Any) -> Any:
    program: Callee = params["program"]
    moving = tuple([n for n, t in enumerate(tangents) if t is not None])
    operands = [*values, *[tangents[n] for n in moving]]
    found = apply(call, operands, {"program": program.pushforward(moving, operands)})
    count = len(program.graph.outputs)
    moved: list[Any] = [None] * count
    for n, t in zip(program.smooth, found[count:], strict=True):
        moved[n] = t
    return found[:count], moved


def _jvp(values: Any, outs: Any, tangents: Any, params: Any) -> Any:
    return _dual(values, tangents, params)[1]


def _batched(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Any) -> Any:
    program: Callee = params["program"]
    mapped, flags = program.batched(n, tuple(batched), operands)
    outs = apply(call, operands, {"program": mapped})
    return tuple([o if flag else Same(o) for o, flag in zip(outs, flags, strict=True)])


call: Op = joint(_run, "call", _vjp, _jvp, _batched)
call.taped, call.dual, call.masked_vjp = _taped, _dual, partial(_vjp, masked=True)
