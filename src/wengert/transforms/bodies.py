"""Bodies of loops and branches as Graphs: recorded once, closed, and the facts that rules ask of them.

A body is recorded at a level of its own, on sample values. Boxes of older levels that it closes over become inputs of
the Graph, in front, and operands of the loop, so that derivatives, batches and traces see them:

    c ↦ c * sin(w)      graph(v1, v0): v2 = sin(v1); v3 = multiply(v0, v2)      consts: Tensor(w)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from wengert import tree
from wengert.core.apply import Box, closing, fresh, read, refreshed, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.batch import Batched
from wengert.interpreters.mending import Mend
from wengert.interpreters.record import Constant, Equation, Graph, Symbol, Trace, Variable, Weak
from wengert.interpreters.tape import mode
from wengert.interpreters.tensor import Tensor
from wengert.spec import spec
from wengert.transforms.arguments import evaluate

__all__ = [
    "Closure",
    "active",
    "batched_run",
    "derived",
    "flat",
    "graph_of",
    "mapped",
    "merged",
    "places",
    "sample",
    "subgraph",
    "traced",
    "undecided",
    "zero",
]


def traced(x: Any) -> bool:
    """Whether a recorder would see what is done with `x`: it is a Symbol, or holds one."""
    return _holds(x, Symbol)


def undecided(x: Any) -> bool:
    """Whether Python cannot branch on `x`: it is recorded, or stands for many values."""
    return _holds(x, (Symbol, Batched))


def _holds(x: Any, cls: Any) -> bool:
    while isinstance(x, Box):
        if isinstance(x, cls) and type(x.mark) is not Constant:
            return True
        x = x.value if not refreshed(x) else x.copied()
    return False


def sample(x: Any) -> Any:
    """An ndarray like `x`: its own numbers, of a batch the first."""
    if not isinstance(x, Box):
        return np.asarray(x)
    bottom: Any = x
    while isinstance(bottom, Box):
        bottom = read(bottom)
    bottom = np.asarray(bottom)
    extra = bottom.ndim - len(x.shape)
    return bottom[(0,) * extra] if 0 not in bottom.shape[:extra] else np.zeros(x.shape, x.dtype)


def graph_of(f: Callable[..., Any], samples: Sequence[Any]) -> Graph:
    """The Graph of a function that closes over nothing: what rules make of other graphs."""
    closure = Closure()
    body = closure.record(f, samples)
    assert not closure.boxes
    return closure.graph(body)


def _benign(x: Any) -> Any:
    """An ndarray like `x` of other numbers: identity matrices where the last axes are equal, else ones."""
    value = sample(x)
    if value.dtype.kind not in "fc":
        return value
    square = value.ndim > 1 and value.shape[-1] == value.shape[-2]
    return np.ones(value.shape, value.dtype) * (np.eye(value.shape[-1], dtype=value.dtype) if square else 1)


def subgraph(
    inputs: Sequence[Any],
    equations: Sequence[Equation],
    outputs: Sequence[Any],
    mends: Mapping[Variable, Mend] = MappingProxyType({}),
) -> Graph:
    """A Graph from a tuple to a tuple."""
    return Graph(inputs, equations, outputs, flat(len(inputs)), flat(len(outputs), arguments=False), mends=mends)


def flat(count: int, *, arguments: bool = True) -> tree.Structure:
    """The structure of a tuple of leaves, or of a call with so many arguments."""
    leaves = (0,) * count
    return tree.flatten((leaves, {}) if arguments else leaves)[1]


class Closure:
    """What bodies close over: boxes older than their recording, each once, and what stands for them inside."""

    def __init__(self) -> None:
        self.boxes: list[Any] = []
        self.numbers: dict[Hashable, int] = {}

    def number(self, x: Any) -> int:
        """The position of a box, entered if it is new; snapshots of one box are the same."""
        key = (type(x), id(x.value), id(x.mark), x.level)
        if key not in self.numbers:
            self.numbers[key] = len(self.boxes)
            self.boxes.append(x.copied())
        return self.numbers[key]

    def record(self, f: Callable[..., Any], samples: Sequence[Any]) -> Body:
        """Record a function of leaves that returns a tuple.

        Warnings of the sample run would not be the program's: a branch is recorded whether or not it is taken. One that
        fails on the sample (a singular matrix) is recorded on numbers that suit every matrix function.
        """
        try:
            return self._recorded(f, samples, sample)
        except np.linalg.LinAlgError:
            return self._recorded(f, samples, _benign)

    def _recorded(self, f: Callable[..., Any], samples: Sequence[Any], like: Callable[[Any], Any]) -> Body:
        body = Body(self, like)
        before, mode.plain = mode.plain, False  # so that every op passes by `capture`
        try:
            with np.errstate(all="ignore"), closing(body.capture):
                body.record(f, [like(s) for s in samples])
        finally:
            mode.plain = before
        return body

    def graph(self, body: Body) -> Graph:
        """The Graph of a body, with inputs for all boxes of this closure in front."""
        inputs = [
            body.symbols[n].mark if n in body.symbols else Variable(body.trace, spec(x))
            for n, x in enumerate(self.boxes)
        ]
        return subgraph([*inputs, *body.inputs], body.equations, body.outputs, body.trace.mends)


class Body:
    """One body: its recording, and the Symbols that stand for what it closes over."""

    def __init__(self, closure: Closure, like: Callable[[Any], Any]) -> None:
        self.closure = closure
        self.like = like
        self.symbols: dict[int, Symbol] = {}
        self.level = fresh()
        self.trace = Trace()
        self.seen: list[Any] = []
        self.inputs: list[Variable] = []
        self.outputs: list[Any] = []
        self.equations: list[Equation] = []

    def record(self, f: Callable[..., Any], samples: Sequence[Any]) -> None:
        """Run the function on symbols."""
        self.inputs = [Variable(self.trace, spec(x)) for x in samples]
        outs = evaluate(f, *[Symbol(x, v, self.level) for x, v in zip(samples, self.inputs, strict=True)])
        outs = [self.inside(unbridge(x)) for x in outs]
        self.outputs = [self._output(x) for x in outs]
        self.equations = self.trace.equations
        self.trace.close()
        if any(x.level == self.level for x in self.seen):
            raise InvalidArgument(
                explain(
                    f"the body of a loop or branch at {user_line()} writes to an array that it closes over.",
                    "It is recorded once and run many times, so only what it carries changes from step to step.",
                    "Put the array into the carry (init), write to it there, and return it.",
                )
            )

    def inside(self, x: Any) -> Any:
        """The Symbol of this body for an older box, up to date; anything else unchanged."""
        if not isinstance(x, Box):
            return x
        if refreshed(x):
            return self.inside(x)
        if x.level >= self.level:
            return x
        if isinstance(x, Tensor) and not x.tracked:
            value = read(x)
            return self.inside(value) if isinstance(value, Box) else np.array(value)[()]
        n = self.closure.number(x)
        self.seen.append(x)
        if n not in self.symbols:
            number, variable = self.like(x), Variable(self.trace, spec(x))
            self.symbols[n] = (
                Weak(number, variable, self.level).rooted(x.roots)
                if isinstance(x, Weak)
                else Symbol(number, variable, self.level)
            )
        return self.symbols[n]

    def _output(self, x: Any) -> Any:
        if not isinstance(x, Symbol) or x.level != self.level:
            return x
        return x.mark.value if type(x.mark) is Constant else x.mark

    def capture(self, operands: Sequence[Any]) -> Sequence[Any] | None:
        """The operands with Symbols for older boxes; None if there are none."""
        if not any([isinstance(x, Box) and x.level < self.level for x in operands]):
            return None
        return [self.inside(x) for x in operands]


def active(graph: Graph, moving: Sequence[bool]) -> list[bool]:
    """Which outputs may depend differentiably on the inputs that are moving."""
    live = {v for v, m in zip(graph.inputs, moving, strict=True) if m and v.spec.dtype.kind in "fc"}
    for op, operands, _, results in graph.equations:
        if op.vjps is not None and any(
            isinstance(x, Variable) and x in live and min(n, len(op.names) - 1) not in op.nondiff
            for n, x in enumerate(operands)
        ):
            live.update(v for v in results if v.spec.dtype.kind in "fc")
    return [isinstance(x, Variable) and x in live for x in graph.outputs]


def batched_run(graph: Graph, n: int, values: Sequence[Any], batched: Sequence[bool]) -> tuple[list[Any], list[bool]]:
    """Run a graph on values, some of which have a batch axis in front; the results, and which of them have one."""
    level = fresh()
    outs = graph.run([Batched(x, None, level) if b else x for x, b in zip(values, batched, strict=True)])
    mapped = [isinstance(o, Batched) and o.level == level for o in outs]
    return [o.value if m else o for o, m in zip(outs, mapped, strict=True)], mapped


def mapped(graph: Graph, n: int, like: Sequence[Any], batched: Sequence[bool]) -> list[bool]:
    """Which results of a graph differ between the entries of a batch; found out on samples."""

    def run() -> list[bool]:
        with np.errstate(all="ignore"):
            try:
                return batched_run(graph, n, like, batched)[1]
            except np.linalg.LinAlgError:
                return batched_run(graph, n, [_benign(x) for x in like], batched)[1]

    return derived(graph, ("mapped", n, tuple(batched)), run)  # type: ignore[no-any-return]


def merged(values: Sequence[Any], at: Sequence[int], new: Sequence[Any]) -> list[Any]:
    """The values with new ones at these places."""
    out = list(values)
    for n, x in zip(at, new, strict=True):
        out[n] = x
    return out


def places(flags: Iterable[Any]) -> list[int]:
    """Where the flags are set."""
    return [n for n, flag in enumerate(flags) if flag]


def zero(spec: Any) -> Any:
    """A zero of a Spec, or like an array, that costs no memory."""
    return np.broadcast_to(np.zeros((), spec.dtype), spec.shape)


_derived: WeakKeyDictionary[Graph, dict[Hashable, Any]] = WeakKeyDictionary()


def derived(graph: Graph, key: Hashable, make: Callable[[], Any]) -> Any:
    """What `make` derives from a graph, made once."""
    known = _derived.setdefault(graph, {})
    if key not in known:
        known[key] = make()
    return known[key]
