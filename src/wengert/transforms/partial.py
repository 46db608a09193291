"""Partial evaluation of a body and its adjoint: what the forward sweep stores for the backward sweep.

The body and its pullback are recorded as one Graph. Equations that no cotangent reaches can run in the forward sweep,
the others run backwards and read some values of the former. Each such value is either stored or computed again, and
only cheap arithmetic is computed again. The choice that stores the fewest bytes is a minimal vertex cut:

    carry, exp(..) ──▶ · ──▶ · ──▶ read backwards        sources: carries and results of dear ops, which cannot be
         ╲             ╳           ╱                     had otherwise; sinks: what is read; capacity: bytes
          ──▶ · ──────▶ · ────────▶                      (Ford & Fulkerson, Flows in networks, 1962)
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from wengert.interpreters.mending import Mend
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["Split", "split"]

# What costs about as little as reading the result from memory would.
CHEAP = frozenset(
    "absolute add astype bitwise_and bitwise_or bitwise_xor broadcast_to ceil concatenate conjugate copy copysign "
    "diagonal equal flip floor fmax fmin gather greater greater_equal heaviside imag isfinite isinf isnan "
    "leaky_relu less less_equal logical_and logical_not logical_or logical_xor maximum minimum multiply negative "
    "not_equal overwrite pad positive real relu reshape rint roll sign signbit slice square stop_gradient "
    "strong_multiply subtract transpose trunc undiagonal unslice where".split()
)

Mends = Mapping[Variable, Mend]


class Split(NamedTuple):
    """forward: equations of the forward sweep. backward: those of the backward sweep, recomputations included.

    invariant: equations that depend on nothing but constants of the loop, and given: which of their results the
    backward sweep reads. stored: what it reads of each step of the forward sweep. mends: of what it computes.
    """

    forward: list[Equation]
    backward: list[Equation]
    invariant: list[Equation]
    given: list[Variable]
    stored: list[Variable]
    mends: dict[Variable, Mend]

    @property
    def read(self) -> set[Variable]:
        """What the backward sweep reads."""
        return {v for e in self.backward for v in _read(e, self.mends)}


def split(
    graph: Graph,
    consts: Iterable[Variable],
    slices: Iterable[Variable],
    cotangents: Iterable[Variable],
    outs: int,
    *,
    anew: bool = False,
) -> Split:
    """Split the equations of a body and its pullback.

    consts, slices: inputs that are there in both sweeps (the same in each step; one per step). cotangents: inputs of
    the pullback. outs: how many of the graph's outputs are the body's; the others are the pullback's. anew: compute
    everything again, however dear, and store the carry only.
    """
    late = set(cotangents)
    forward, backward = [], []
    for e in graph.equations:
        if late.isdisjoint(_read(e)):
            forward.append(e)
        else:
            late.update(e.results)
            backward.append(e)
    fixed = set(consts)
    invariant = []
    for e in forward:
        if fixed.issuperset(_read(e)):
            fixed.update(e.results)
            invariant.append(e)
    free = fixed | set(slices)
    made = {*graph.inputs, *[v for e in graph.equations for v in e.results]}
    late_results = {v for e in backward for v in e.results}
    possible = {v: mend for v, mend in graph.mends.items() if mend.needs <= made}
    mends = {v: mend for v, mend in possible.items() if v in late_results or late.isdisjoint(mend.needs)}
    reads = [v for e in backward for v in _read(e, mends)]
    reads += [v for v in graph.outputs[outs:] if isinstance(v, Variable)]
    wanted = list(dict.fromkeys(v for v in reads if v not in late))
    varying = [e for e in forward if not free.issuperset(e.results)]
    stored = _cut(varying, [v for v in wanted if v not in free], free, CHEAP if not anew else None, mends)
    again = _needed(varying, wanted, free.union(stored), mends)
    known = set(consts)
    given = list(dict.fromkeys(v for e in again for v in _read(e, mends)) | dict.fromkeys(wanted))
    given = [v for v in given if v in fixed and v not in known]
    mends = {v: mends[v] for e in (*again, *backward) for v in e.results if v in mends}
    return Split(forward, again + backward, invariant, given, stored, mends)


def _read(e: Equation, mends: Mends = MappingProxyType({})) -> list[Variable]:
    """What an equation reads, and what it takes to mend its results."""
    more = [sorted(mends[v].needs, key=lambda x: x.number) for v in e.results if v in mends]
    return [*[x for x in e.operands if isinstance(x, Variable)], *itertools.chain(*more)]


def _needed(
    equations: Sequence[Equation], wanted: Iterable[Variable], known: set[Variable], mends: Mends
) -> list[Equation]:
    """The equations that compute what is wanted from what is known."""
    missing = {v for v in wanted if v not in known}
    found = []
    for e in reversed(equations):
        if not missing.isdisjoint(e.results):
            found.append(e)
            missing.update(v for v in _read(e, mends) if v not in known)
    return found[::-1]


def _cut(
    equations: Sequence[Equation],
    wanted: Sequence[Variable],
    free: set[Variable],
    cheap: frozenset[str] | None,
    mends: Mends,
) -> list[Variable]:
    """The fewest bytes from which all that is wanted can be computed by cheap ops (None: by any).

    Each variable is an edge from its head to its tail, whose capacity is its size; a flow is augmented along
    shortest paths until none is left, and what separates the two sides then is the cut (Edmonds & Karp, 1972).
    """
    maker = {v: e for e in equations if cheap is None or e.op.name in cheap for v in e.results}
    needed = _upstream(wanted, maker, free, mends)
    capacity: dict[Any, dict[Any, float]] = {}

    def edge(a: Any, b: Any, c: float) -> None:
        capacity.setdefault(a, {})[b] = c
        capacity.setdefault(b, {}).setdefault(a, 0.0)

    for v in needed:
        edge((v, 0), (v, 1), max(v.spec.size * v.spec.dtype.itemsize, 1))
        if v not in maker:
            edge("source", (v, 0), float("inf"))
        else:
            for x in _read(maker[v], mends):
                if x not in free:
                    edge((x, 1), (v, 0), float("inf"))
    for v in wanted:
        edge((v, 1), "sink", float("inf"))
    while len(path := _path(capacity)) > 1:
        amount = min(capacity[a][b] for a, b in path)
        for a, b in path:
            capacity[a][b] -= amount
            capacity[b][a] += amount
    reached = _reached(capacity)
    return [v for v in needed if (v, 0) in reached and (v, 1) not in reached]


def _upstream(
    wanted: Iterable[Variable], maker: dict[Variable, Equation], free: set[Variable], mends: Mends
) -> list[Variable]:
    """What is wanted and what it is cheaply made from."""
    found = dict.fromkeys(wanted)
    stack = list(found)
    while stack:
        v = stack.pop()
        if v in maker:
            for x in _read(maker[v], mends):
                if x not in free and x not in found:
                    found[x] = None
                    stack.append(x)
    return list(found)


def _parents(capacity: dict[Any, dict[Any, float]]) -> dict[Any, Any]:
    parents: dict[Any, Any] = {"source": None}
    queue = deque(["source"])
    while queue and "sink" not in parents:
        a = queue.popleft()
        for b, c in capacity.get(a, {}).items():
            if c > 0 and b not in parents:
                parents[b] = a
                queue.append(b)
    return parents


def _path(capacity: dict[Any, dict[Any, float]]) -> list[tuple[Any, Any]]:
    """The edges of a shortest path from source to sink that still has capacity."""
    parents = _parents(capacity)
    path = []
    b: Any = "sink"
    while parents.get(b) is not None:
        path.append((parents[b], b))
        b = parents[b]
    return path


def _reached(capacity: dict[Any, dict[Any, float]]) -> set[Any]:
    return set(_parents(capacity))
