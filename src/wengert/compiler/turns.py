"""Kernels and NumPy calls by turns: what hands values from one stage of a program to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.compiler.interpret import owned
from wengert.interpreters.record import Graph, Variable

__all__ = ["Turns"]


class Turns:
    """Stages by turns, their values at numbered places: inputs, constants among the results, what the stages make."""

    def __init__(
        self, graph: Graph, runs: Sequence[Callable[..., Any]], steps: Sequence[tuple[Graph, Sequence[Variable]]]
    ) -> None:
        constants = [x for x in graph.outputs if not isinstance(x, Variable)]
        made = [v for part, _ in steps for v in part.outputs]
        place: dict[Variable, int] = {v: n for n, v in enumerate(graph.inputs)}
        place |= {v: len(graph.inputs) + len(constants) + n for n, v in enumerate(made)}
        self._blank = [*constants, *[None] * len(made)]
        self._steps = [
            (run, [place[v] for v in part.inputs], [place[v] for v in part.outputs], [place[v] for v in over])
            for run, (part, over) in zip(runs, steps, strict=True)
        ]
        numbers = iter(range(len(graph.inputs), len(graph.inputs) + len(constants)))
        self._outputs = [place[x] if isinstance(x, Variable) else next(numbers) for x in graph.outputs]
        self._given = len(graph.inputs) + len(constants)

    def __call__(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """The results for these inputs; what is needed no more is let go of."""
        values = [*arrays, *self._blank]
        given = values[: self._given]
        with np.errstate(all="ignore"):
            for run, needs, gives, over in self._steps:
                out = run(*[values[n] for n in needs])
                for n, o in zip(gives, out, strict=True):
                    values[n] = o
                for n in over:
                    values[n] = None
        return owned([values[n] for n in self._outputs], given)
