"""From a Graph to something that runs: native code as far as there is a lowering, NumPy for the rest.

    graph ── simplify, roll, expand ── stages ── lower ── emit ── machine code

Equations with a native form are gathered into as few kernels as their order allows; what has none runs between them by
its NumPy function. Without llvmlite, or where no machine code can be called, the interpreter runs the whole graph.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import numpy as np

from wengert.collector import waiting
from wengert.compiler import (
    cache,
    control as _control,  # noqa: F401 (enters its lowerings)
    llvm,
    printing,
    report,
)
from wengert.compiler.account import cost_of
from wengert.compiler.capi import native
from wengert.compiler.emit import emit
from wengert.compiler.expand import expanded
from wengert.compiler.interpret import Interpreted
from wengert.compiler.loops import Buffer, Program as Loops, code_of
from wengert.compiler.lower.nodes import Node, size_of
from wengert.compiler.mended import mended
from wengert.compiler.order import ordered
from wengert.compiler.passes import simplify
from wengert.compiler.passes.doubt import Declined, certain, marked
from wengert.compiler.passes.hope import hopeful
from wengert.compiler.passes.roll import rolled
from wengert.compiler.passes.updates import before_updates, overwritten
from wengert.compiler.plan import Plan, lowered, same
from wengert.compiler.reuse import Given, peak_bytes, reuse
from wengert.compiler.signature import Placed
from wengert.compiler.target import target
from wengert.compiler.trajectory import Trajectory
from wengert.compiler.trampoline import Entry, Output, Signature, make
from wengert.compiler.turns import Turns
from wengert.core.op import Op
from wengert.errors import user_stacklevel
from wengert.interpreters.record import Equation, Graph, Variable
from wengert.spec import Spec

__all__ = ["Donated", "Kernel", "Native", "Program", "build", "program_of"]

# Inputs whose memory results may have, by their numbers; or a pair, with the number of the result that is to have it.
Donated = Sequence[int | tuple[int, int]]


class Program(Protocol):
    """A Graph that runs: from arrays to a tuple of arrays, of the recorded shapes and dtypes."""

    graph: Graph

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """The results, in memory of their own."""

    @property
    def run(self) -> Callable[..., tuple[Any, ...]]:
        """The same; it may take the arrays as they come, where a call would pass them on."""


def build(graph: Graph, donate: Donated = ()) -> Program:
    """Make a program of a graph, which may use the memory of donated inputs for results."""
    if not (llvm.available() and native()):
        _warn_once()
        return Interpreted(graph)
    with waiting():
        return Native(graph, donate)


_warned = False


def _warn_once() -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "wg.jit runs without llvmlite: compiled functions are interpreted by NumPy. pip install 'wengert[jit]'",
            RuntimeWarning,
            stacklevel=user_stacklevel(),
        )


# --- stages -----------------------------------------------------------------------------------------------------


class Stage:
    """Equations that run together: natively as one kernel, or by NumPy."""

    def __init__(self, equations: Sequence[Equation], is_native: bool) -> None:
        self.equations = equations
        self.native = is_native


def stages(graph: Graph) -> list[Stage]:
    """Cut the equations into few stages, natives and NumPy's by turns.

    An equation comes as early as what it needs allows: natives in even stages, NumPy's in odd ones.
    """
    plan, known = _start("probe", graph.inputs)
    when: dict[Variable, int] = {}
    found: dict[int, list[Equation]] = {}
    for e in graph.equations:
        before = max([when.get(x, 0) for x in e.operands if isinstance(x, Variable)], default=0)
        odd = int(bool(lowered(plan, [e], known)))
        if odd:
            known.update({v: x for v in e.results if (x := _leaf(v, "temp")) is not None})
        stage = before if before % 2 == odd else before + 1
        when.update(dict.fromkeys(e.results, stage))
        found.setdefault(stage, []).append(e)
    return [Stage(found[n], n % 2 == 0) for n in sorted(found)]


def _start(name: str, inputs: Sequence[Variable]) -> tuple[Plan, dict[Variable, Node]]:
    """A plan, and the nodes of inputs that native code can read."""
    plan = Plan(name)
    return plan, {v: x for v in inputs if (x := _leaf(v, "input")) is not None}


def _leaf(v: Variable, kind: str) -> Node | None:
    code = code_of(v.spec.dtype)
    if code is None:
        return None
    return Node("leaf", v.spec.shape, code, stored=Buffer(repr(v), code, size_of(v.spec.shape), kind))


def program_of(graph: Graph, name: str = "kernel", given: Sequence[Given] = ()) -> Loops | None:
    """The loop IR of a graph; None if a part of it has no native form.

    given: pairs of an input that may be overwritten, and an output that may lie in its memory.
    """
    plan, known = _start(name, graph.inputs)
    if len(known) < len(graph.inputs) or lowered(plan, graph.equations, known):
        return None
    results = []
    for n, x in enumerate(graph.outputs):
        node = known[x] if isinstance(x, Variable) else plan.constant(x)
        if node is None:
            return None
        if node.kind in ("leaf", "part") or node.stored is not None:
            node = same(node)
        node.stored = Buffer(f"y{n}", node.code, node.size, "output")
        results.append(node)
    body = [s for nodes in _in_turn(plan, graph, known, results, given) for s in plan.statements(nodes)]
    program = plan.finish([_buffer(known[v]) for v in graph.inputs], [_buffer(x) for x in results], body)
    ordered(program)
    reuse(program, given)
    return program


def _in_turn(
    plan: Plan, graph: Graph, known: dict[Variable, Node], results: list[Node], given: Sequence[Given]
) -> list[list[Node]]:
    """The results, those that may lie where inputs do behind all that is looked at: then the inputs are not needed."""
    late = sorted(overwritten(graph, given))
    sure = [known[e.results[0]] for e in graph.equations if late and e.op is certain]
    for node in sure:
        node.stored = node.stored or plan.temp(node)
    early = [x for n, x in enumerate(results) if n not in late]
    return [[*sure, *early], *[[results[n]] for n in late]] if sure else [results]


def _buffer(node: Node) -> Buffer:
    assert node.stored is not None
    return node.stored


# --- programs ---------------------------------------------------------------------------------------------------


class Kernel:
    """One native function: the loops of a graph as machine code.

    declined: computes the results for arrays that the code declines; by default NumPy does.
    """

    def __init__(self, graph: Graph, donate: Donated = (), declined: Callable[..., Any] | None = None) -> None:
        loops = program_of(graph, given=_given(graph, donate))
        if loops is None:
            raise TypeError("the graph has a part without a native form")
        self.graph, self.loops = graph, loops
        self.module = emit(loops, target())
        self._library = cache.native(self.module.text, [self.module.entry])
        outputs = [_spec(x) for x in graph.outputs]
        self.signature = Signature(
            arguments=[Placed(v.spec, n, loose=True) for n, v in enumerate(graph.inputs)],
            outputs=[Output(s.shape, s.dtype) for s in outputs],
            result=tuple(range(len(outputs))),
        )
        # For each output the input that is overwritten and returned, if the caller lets it.
        self.reuses = [loops.inputs.index(y.reuses) if y.reuses is not None else None for y in loops.outputs]
        self._declined = declined or Interpreted(graph)
        self._made: weakref.WeakSet[Entry] = weakref.WeakSet()
        self.call: Any = make(self._otherwise, "kernel", None)
        for entry in self.entries(self.signature):
            self.call.add(entry)

    def _otherwise(self, *values: Any) -> Any:
        """The results for inputs that are no plain arrays, or of other types than was recorded."""
        arrays = [np.asarray(x) for x in values]
        changed = any([a is not x for a, x in zip(arrays, values, strict=True)])
        return self.call(*arrays) if changed else self._declined(*arrays)

    @property
    def peak_bytes(self) -> int:
        """The memory of its inputs, outputs and constants, and what it needs besides."""
        return peak_bytes(self.loops, self.module.arena_bytes)

    def entries(self, signature: Signature, finish: Callable[..., Any] | None = None) -> list[Entry]:
        """The kernel behind a signature; and once more for calls that give away the memory of arguments."""
        plain = self.entry(signature, finish)
        if not any([n is not None for n in self.reuses]):
            return [plain]
        outputs = [o._replace(reuse=n) for o, n in zip(signature.outputs, self.reuses, strict=True)]
        return [plain, self.entry(signature.giving(outputs), finish)]

    def entry(self, signature: Signature, finish: Callable[..., Any] | None = None) -> Entry:
        """The kernel behind a signature of its choice; `finish` makes the result of its outputs."""
        entry = Entry(
            signature,
            finish=finish,
            kernel=self._library.address(self.module.entry),
            constants=[c.data for c in self.loops.consts],
            arena_bytes=self.module.arena_bytes,
            release=_long(self.loops),
            keep=(self._library, self),
        )
        self._made.add(entry)
        return entry

    def retire(self) -> None:
        """From now on let `declined` do it, wherever an entry of this kernel is asked."""
        for entry in list(self._made):
            entry.retire()


# Above that many operations and bytes (some 10 µs) a kernel lets other Python threads run; that costs 30 ns.
_LONG = 100_000


def _long(loops: Loops) -> bool:
    """Whether a kernel runs so long that it should not keep the interpreter's lock."""
    costs = [cost_of(s) for s in loops.body]
    return any(c.unknown for c in costs) or sum(c.flops + c.bytes for c in costs) > _LONG


def _spec(x: Any) -> Spec:
    if isinstance(x, Variable):
        return x.spec
    array = np.asarray(x)
    return Spec(array.shape, array.dtype)


def _given(graph: Graph, donate: Donated) -> list[Given]:
    """Inputs that are given away, each with the outputs that could have its memory: arrays of its shape and dtype."""
    ins, outs = [v.spec for v in graph.inputs], [_spec(x) for x in graph.outputs]
    wishes = [d for d in donate if isinstance(d, tuple)]
    wishes += [(d, k) for d in donate if isinstance(d, int) for k in range(len(outs))]
    return [
        (n, k) for n, k in wishes if ins[n].shape and (ins[n].shape, ins[n].dtype) == (outs[k].shape, outs[k].dtype)
    ]


# After so many runs in which a zero met an infinity a program hopes no more.
PATIENCE = 8


class Native:
    """A graph as kernels and NumPy calls by turns.

    In most runs no zero meets an infinity, and products that zeros win are plain products. A run in which that shows to
    be wrong declines, and a program that takes care runs instead, which is built when it is first needed (`hope`).
    After a few such runs only that program is left. Where results may lie in the memory of inputs that are read, zeros
    win in all products from the beginning, and only contributions to be mended are looked at, before it writes.
    """

    def __init__(self, graph: Graph, donate: Donated = (), careful: bool = False, arrays: Sequence[Any] = ()) -> None:
        self.graph = graph
        hoped = None if careful else _hoped(graph, overwritten(graph, _given(graph, donate)))
        found = rolled(simplify(mended(graph, arrays) if careful else graph) if hoped is None else hoped)
        self.simple, self.rolled = expanded(found.graph), found.notes
        self._donate = donate
        self._careful: Native | None = None
        self._patience = PATIENCE
        self.stages = stages(self.simple)
        self.kernels: list[Kernel] = []
        self._steps: list[tuple[Graph, list[Variable]]] = []
        self.run: Callable[..., tuple[Any, ...]] = self._by_turns
        if [s.native for s in self.stages] in ([True], []) and _fits(self.simple):
            self.kernel: Kernel | None = Kernel(self.simple, donate, None if hoped is None else self._carefully)
            self.kernels.append(self.kernel)
            self.run = self.kernel.call
            return
        self.kernel = None
        parts = _parts(self.simple, self.stages)
        runs: list[Callable[..., Any]] = []
        for stage, part, over in zip(self.stages, parts, _last_used(self.simple, parts), strict=True):
            if stage.native:
                kernel = Kernel(part, declined=None if hoped is None else _decline)
                self.kernels.append(kernel)
                runs.append(kernel.call)
            else:
                runs.append(Interpreted(_with_compiled_bodies(part)).values)
            self._steps.append((part, over))
        self._turns = Turns(self.simple, runs, self._steps)

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """The results for these inputs."""
        return self.run(*arrays)

    def _by_turns(self, *arrays: Any) -> tuple[Any, ...]:
        try:
            return self._turns(arrays)
        except Declined:
            return self._carefully(*arrays)

    def _carefully(self, *arrays: Any) -> tuple[Any, ...]:
        """The results by the program in which zeros win."""
        careful = self._careful
        if careful is None:
            with waiting():
                careful = self._careful = Native(self.graph, self._donate, careful=True, arrays=arrays)
        self._patience -= 1
        if self._patience == 0:
            for kernel in self.kernels:
                kernel.retire()
            vars(self).update(vars(careful))
        return careful(*arrays)

    @property
    def peak_bytes(self) -> int:
        """The most memory that arrays and constants take during a call, inputs and results included."""
        if self.kernel is not None:
            return self.kernel.peak_bytes
        kernels = iter(self.kernels)
        alive = dict.fromkeys(self.simple.inputs)
        peak = 0
        for stage, (part, over) in zip(self.stages, self._steps, strict=True):
            others = sum([_bytes(v) for v in alive if v not in part.inputs])
            own = next(kernels).peak_bytes if stage.native else sum([_bytes(v) for v in (*part.inputs, *part.outputs)])
            peak = max(peak, others + own)
            alive |= dict.fromkeys(part.outputs)
            for v in over:
                del alive[v]
        return max(peak, sum(map(_bytes, alive)))

    # --- its stages, to be looked at ----------------------------------------------------------------------------

    @property
    def loops(self) -> str:
        """The loop IR of its kernels, as text."""
        return "\n\n".join(printing.text(k.loops) for k in self.kernels)

    @property
    def llvm(self) -> str:
        """The LLVM text of its kernels."""
        return "\n\n".join(k.module.text for k in self.kernels)

    @property
    def asm(self) -> str:
        """The machine code of its kernels, in assembly."""
        return "\n\n".join(llvm.assembly(k.module.text) for k in self.kernels)

    def explain(self) -> str:
        """What was fused into which loop, what is left to NumPy and why, what it costs and how fast it is."""
        kernels = iter(self.kernels)
        found = [("kernel", next(kernels)) if s.native else ("numpy", s.equations) for s in self.stages]
        arrays = report.examples([v.spec for v in self.graph.inputs])
        return report.explain(self.graph, self.simple, self.rolled, found, lambda: self(*arrays))


def _hoped(graph: Graph, written: Collection[int]) -> Graph | None:
    """The simplified graph without care for zeros, which declines where that shows; None if it takes none.

    written: outputs that may lie where inputs do. To look at the factors of an update would be to compute it twice.
    """
    doubtful = marked(graph, before_updates(graph, written))
    if written:
        return None if doubtful is None else simplify(doubtful)
    simple = simplify(doubtful or graph)
    plain = hopeful(simple)
    return simplify(plain) if plain is not None else simple if doubtful is not None else None


def _decline(*arrays: Any) -> Any:
    raise Declined


class Body:
    """A graph among the params of a loop or branch that NumPy runs: compiled itself when it first runs."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._program: Program | None = None

    def run(self, leaves: Sequence[Any]) -> list[Any]:
        """Replay on a flat list of inputs."""
        if self._program is None:
            self._program = build(self.graph)
        return list(self._program(*leaves))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.graph, name)


def _with_compiled_bodies(graph: Graph) -> Graph:
    """The graph, with the graphs among its params compiled."""

    def body(x: Any) -> Any:
        if isinstance(x, tuple) and any(isinstance(y, Graph) for y in x):
            return tuple([body(y) for y in x])
        return Body(x) if isinstance(x, Graph) else x

    equations = [
        _walking_back(e) or e._replace(params={k: body(x) for k, x in e.params.items()}) for e in graph.equations
    ]
    return Graph(graph.inputs, equations, graph.outputs, graph.in_structure, graph.out_structure)


def _walking_back(e: Equation) -> Equation | None:
    """The adjoint of a loop of unknown length that keeps every step, with a kernel of its own."""
    if e.op.name != "while_adjoint" or e.params.get("checkpoint") is not None:
        return None
    try:
        run = Trajectory([_spec(x) for x in e.operands], e.params)
    except TypeError:
        return None
    return e._replace(op=Op(e.op.name, run, "primitive", "*xs", outputs=0))


def _bytes(v: Variable) -> int:
    return size_of(v.spec.shape) * v.spec.dtype.itemsize


def _last_used(graph: Graph, parts: Sequence[Graph]) -> list[list[Variable]]:
    """For each part the values that nothing after it needs; the caller keeps the inputs."""
    kept = {*graph.inputs, *[x for x in graph.outputs if isinstance(x, Variable)]}
    found: list[list[Variable]] = []
    for part in reversed(parts):
        over = [v for v in dict.fromkeys((*part.inputs, *part.outputs)) if v not in kept]
        kept.update(over)
        found.append(over)
    return found[::-1]


def _fits(graph: Graph) -> bool:
    """Whether all inputs and outputs are of types that native code knows."""
    return all([code_of(_spec(x).dtype) is not None for x in (*graph.inputs, *graph.outputs)])


def _parts(graph: Graph, cut: Sequence[Stage]) -> list[Graph]:
    """The stages as graphs: each gives what later ones, or the outputs, need of it."""
    needed = {x for x in graph.outputs if isinstance(x, Variable)}
    parts: list[Graph] = []
    for stage in reversed(cut):
        made = {v for e in stage.equations for v in e.results}
        used = dict.fromkeys(x for e in stage.equations for x in e.operands if isinstance(x, Variable))
        outputs = [v for e in stage.equations for v in e.results if v in needed]
        inputs = [v for v in used if v not in made]
        needed |= set(inputs)
        parts.append(Graph(inputs, stage.equations, outputs, graph.in_structure, graph.out_structure))
    return parts[::-1]
