"""A Graph as a straight-line list of NumPy calls: what runs without llvmlite, and while native code is being made.

    v2 = multiply(v0, v1)          values[2] = np.multiply(values[0], values[1])
    v3 = sin(v2)                   values[3] = np.sin(values[2]); values[2] = None      (its last use)
    return v3

It is also the reference that native code is compared with: every op runs by the very function that eager code calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["Interpreted", "owned"]


class _Step(NamedTuple):
    """One call: where its operands lie, where its results go, and which values nobody needs after it."""

    run: Callable[..., Any]
    operands: tuple[int, ...]
    params: Mapping[str, Any]
    results: tuple[int, ...]
    several: bool
    last: tuple[int, ...]


class Interpreted:
    """A Graph that runs by NumPy, on arrays of the recorded shapes and dtypes; its results are fresh arrays."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._places: dict[Variable, int] = {}
        self._blank: list[Any] = []
        for v in graph.inputs:
            self._place(v)
        self._inputs = len(graph.inputs)
        uses = _uses(graph)
        calls = [step for e in graph.everything for step in (self._call(e, uses), *self._mended(e))]
        self._outputs = tuple(self._place(x) for x in graph.outputs)
        self._steps = _with_last_uses(calls, {*self._outputs, *self._constants()})

    def _place(self, x: Any) -> int:
        """Where a value lies; constants are there from the beginning."""
        if isinstance(x, Variable):
            if x not in self._places:
                self._places[x] = len(self._blank)
                self._blank.append(None)
            return self._places[x]
        self._blank.append(x)
        return len(self._blank) - 1

    def _constants(self) -> set[int]:
        return set(range(len(self._blank))) - set(self._places.values())

    def _call(self, e: Equation, uses: Mapping[Variable, int]) -> _Step:
        operands = tuple(self._place(x) for x in e.operands)
        params = e.params
        if "donate" in params:
            base = e.operands[0]
            alone = isinstance(base, Variable) and uses.get(base) == 1 and base not in self.graph.inputs
            params = {**params, "donate": bool(params["donate"] and alone)}
        results = tuple(self._place(v) for v in e.results)
        return _Step(e.op.impl, operands, params, results, e.op.outputs != 1, ())

    def _mended(self, e: Equation) -> Iterator[_Step]:
        """The steps after an equation whose results may be NaN where they should be 0."""
        for v in e.results:
            mend = self.graph.mends.get(v)
            if mend is not None and mend.needs <= self._places.keys():
                place, needs = self._place(v), list(mend.needs)
                operands = (place, *[self._place(x) for x in needs])
                yield _Step(mend.contribution(needs), operands, {}, (place,), False, ())

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """The results for these inputs."""
        with np.errstate(all="ignore"):
            outs = self.values(*arrays)
        return owned(outs, [*arrays, *self._blank[self._inputs :]])

    run = __call__

    def values(self, *arrays: Any) -> list[Any]:
        """The results as NumPy gives them, which may be views; warnings included."""
        values = [*arrays, *self._blank[self._inputs :]]
        for run, operands, params, results, several, last in self._steps:
            out = run(*[values[n] for n in operands], **params)
            if several:
                for n, o in zip(results, out, strict=True):
                    values[n] = o
            else:
                values[results[0]] = out
            for n in last:
                values[n] = None
        return [values[n] for n in self._outputs]


def owned(outs: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    """The results in memory that nobody else refers to. others: the objects that somebody refers to."""
    seen = {id(x) for x in others}
    found = []
    for o in outs:
        if not isinstance(o, np.ndarray | np.generic):
            o = np.asarray(o)
        if isinstance(o, np.ndarray) and (id(o) in seen or o.base is not None or not o.flags.owndata):
            o = o.copy()
        seen.add(id(o))
        found.append(o)
    return tuple(found)


def _uses(graph: Graph) -> dict[Variable, int]:
    """How often each variable is read, a result of the graph included."""
    count: dict[Variable, int] = {}
    mends = [x for e in graph.everything for v in e.results if v in graph.mends for x in graph.mends[v].needs]
    for x in [*graph.outputs, *mends, *[x for e in graph.everything for x in e.operands]]:
        if isinstance(x, Variable):
            count[x] = count.get(x, 0) + 1
    return count


def _with_last_uses(steps: Sequence[_Step], kept: set[int]) -> list[_Step]:
    """The steps, each with the values to let go of after it."""
    found = []
    for step in reversed(steps):
        last = {*step.operands, *step.results} - kept
        kept |= last
        found.append(step._replace(last=tuple(last)))
    return found[::-1]
