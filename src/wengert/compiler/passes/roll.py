"""Rolling: a Python loop that was unrolled while the graph was recorded becomes one `scan` again.

    x1 = f(x0, w, c[0])
    x2 = f(x1, w, c[1])          x, xs = scan(body, consts=(w,), carry=(x0,), xs=(c,), length=n)
    ...
    xn = f(x(n-1), w, c[n-1])

Where the repetitions are is found in `repeats`, what becomes of their operands is decided in `body`; here the graph
is written anew around the scans. Values of a loop that are read afterwards are its last carries, or rows of what it
stacked: the sweep back through a time loop reads the rows of the forward loop from the end, and is a reverse scan.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.collector import waiting
from wengert.compiler.passes import simplify
from wengert.compiler.passes.body import Body, Done
from wengert.compiler.passes.build import spec_of
from wengert.compiler.passes.keys import frozen, operand_key
from wengert.compiler.passes.numbering import Numbering
from wengert.compiler.passes.repeats import FEWEST, Loop, loops
from wengert.compiler.passes.rows import Row, Rows, Writer, grouped
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.spec import Spec
from wengert.transforms import control as _rules  # noqa: F401 (gives the scan its derivatives)

__all__ = ["WORTH", "Rolled", "roll", "rolled"]

# Loops of fewer equations stay unrolled: straight code is faster, and fuses with what is around it.
WORTH = 200

_SLICE, _RESHAPE, _CONCATENATE = TABLE["slice"], TABLE["reshape"], TABLE["concatenate"]


class Rolled(NamedTuple):
    """A graph with its loops rolled, a sentence about each of them, and what the values of the bodies were before."""

    graph: Graph
    notes: tuple[str, ...]
    origins: dict[Variable, Variable]


def roll(graph: Graph, worth: int = WORTH) -> Graph:
    """The graph with repetitions of at least `worth` equations in all as scans; simplify it before.

    >>> import numpy as np, wengert as wg
    >>> def f(x):
    ...     for _ in range(1000):
    ...         x = x + 0.001 * np.sin(x)
    ...     return x
    >>> roll(wg.trace(f)(1.0))
    <Graph of 1 equations>
    """
    return rolled(graph, worth).graph


def rolled(graph: Graph, worth: int = WORTH, clean: Callable[[Graph], Graph] = simplify) -> Rolled:
    """The graph with its loops rolled, and what was found in words. clean: what is done to it after that."""
    notes: list[str] = []
    origins: dict[Variable, Variable] = {}
    with waiting():
        new = _rolled(graph, worth, notes, origins, 0)
    return Rolled(clean(new) if notes else graph, tuple(notes), origins)


def _rolled(graph: Graph, worth: int, notes: list[str], origins: dict[Variable, Variable], depth: int) -> Graph:
    if len(graph.equations) < worth:
        return graph
    numbering = Numbering(graph)
    found = loops(numbering, worth)
    return Roller(numbering, found, worth, notes, origins, depth).run() if found else graph


class Roller:
    """A graph written anew around its loops."""

    def __init__(
        self, numbering: Numbering, found: list[Loop], worth: int, notes: list[str],
        origins: dict[Variable, Variable], depth: int,
    ) -> None:  # fmt: skip
        self.numbering, self.found, self.worth, self.notes, self.depth = numbering, found, worth, notes, depth
        self.origins = origins
        self.writer = Writer(Trace())
        self.writer.trace.count = 1 + max([v.number for v in numbering.variables], default=-1)
        self.done: list[Done] = []
        self._starts: list[int] = []
        self._read: dict[Row, Any] = {}
        self._moved: dict[Any, Any] = {}

    def run(self) -> Graph:
        """The new graph."""
        graph, end = self.numbering.graph, 0
        for loop in self.found:
            for equation in graph.equations[end : loop.start]:
                self._plain(equation)
            self._loop(loop)
            end = loop.stop
        for equation in graph.equations[end:]:
            self._plain(equation)
        outputs = [self._operand(x) for x in graph.outputs]
        return Graph(graph.inputs, self.writer.equations, outputs, graph.in_structure, graph.out_structure)

    def nested(self, body: Graph) -> Graph:
        """A body with the loops inside of it rolled."""
        return _rolled(body, self.worth, self.notes, self.origins, self.depth + 1)

    def _loop(self, loop: Loop) -> None:
        body = Body(self, loop)
        body.build()
        if not body.affordable():
            for equation in self.numbering.graph.equations[loop.start : loop.stop]:
                self._plain(equation)
            return
        first = self.numbering.first_operand
        used = np.concatenate(
            [
                self.numbering.values[: first[loop.start]],
                self.numbering.values[first[loop.stop] :],
                self.numbering.outputs,
            ]
        )
        inside = " inside of another" if self.depth else ""
        self.notes.append(f"{loop.repeats:,} repetitions of {loop.period:,} equations became one scan{inside}")
        self.done.append(body.finish(body.kept(used)))
        self._starts.append(loop.first)

    # --- values -----------------------------------------------------------------------------------------------

    def value(self, number: int) -> Any:
        """A value of the old graph in the new one."""
        at = self._place(number)
        if at is None:
            return self.numbering.value(number)
        done, place, k = at
        last = done.last.get((place, done.loop.repeats - k))
        if last is not None:
            return last
        row = done.rows[place].at(k)
        if row not in self._read:
            self._read[row] = self.writer.row(row)
        return self._read[row]

    def _place(self, number: int) -> tuple[Done, int, int] | None:
        """The rolled loop that makes a value, its place in the repetition and which repetition that is."""
        n = bisect_right(self._starts, number) - 1
        if number < 0 or n < 0:
            return None
        done = self.done[n]
        k, place = divmod(number - done.loop.first, done.loop.values)
        return (done, place, k) if k < done.loop.repeats else None

    def _operand(self, x: Any) -> Any:
        return self.value(self.numbering.number[x]) if type(x) is Variable else x

    def front(self, x: Any, key: Any, axis: int) -> Any:
        """x[key] with this axis first, written once."""
        name = (operand_key(x), frozen(key), axis)
        if name not in self._moved:
            spec = spec_of(x)
            shape = np.broadcast_to(np.zeros((), bool), spec.shape)[key].shape
            part = self.writer.one("slice", x, spec=Spec(shape, spec.dtype), key=key)
            self._moved[name] = self.writer.to_front(part, axis)
        return self._moved[name]

    def item(self, number: int) -> Any:
        """A value as a Row of an array if it is one, else as it is."""
        at = self._place(number)
        if at is not None:
            done, place, k = at
            return done.rows[place].at(k) if place in done.rows else self.value(number)
        made = self._made(number)
        source = made.operands[0] if made is not None else None
        if made is None or type(source) is not Variable:
            return self.numbering.value(number)
        if made.op is _SLICE and type(made.params["key"]) is int:
            return Row(self._operand(source), made.params["key"] % source.spec.shape[0])
        if made.op is _RESHAPE and type(row := self.item(self.numbering.number[source])) is Row:
            return Row(self._all_reshaped(row.array, made.results[0].spec.shape), row.place)
        return self.numbering.value(number)

    def _all_reshaped(self, array: Any, shape: tuple[int, ...]) -> Any:
        """An array whose rows have another shape, written once."""
        name = (operand_key(array), shape)
        if name not in self._moved:
            self._moved[name] = self.writer.reshaped(array, (spec_of(array).shape[0], *shape))
        return self._moved[name]

    def _made(self, number: int) -> Equation | None:
        """The equation of a value; None for inputs and constants."""
        if number < len(self.numbering.graph.inputs):
            return None
        n = int(np.searchsorted(self.numbering.first_result, number, "right")) - 1
        return self.numbering.graph.equations[n]

    def pieces(self, numbers: Sequence[int]) -> list[Any]:
        """Values as few Rows, and what is left of them."""
        low, high = self._place(numbers[0]), self._place(numbers[-1])
        if low is not None and high is not None and low[0] is high[0] and low[1] == high[1] and low[1] in low[0].rows:
            steps = np.diff(numbers)
            if (steps == steps[0]).all() and steps[0] % low[0].loop.values == 0:
                rows, step = low[0].rows[low[1]], int(steps[0]) // low[0].loop.values
                return [Rows(rows.array, rows.at(low[2]).place, rows.step * step, len(numbers))]
        return grouped([self.item(n) for n in numbers])

    # --- equations outside of loops ---------------------------------------------------------------------------

    def _plain(self, equation: Equation) -> None:
        op, operands, params, results = equation
        if op is _CONCATENATE and len(operands) >= FEWEST:
            operands = tuple(self._joined(equation))
        else:
            operands = tuple([self._operand(x) for x in operands])
        self.writer.equations.append(Equation(op, operands, params, results))

    def _joined(self, equation: Equation) -> list[Any]:
        """The operands of a concatenation, with rows of what loops have left taken together."""
        axis = equation.params["axis"]
        groups: list[tuple[bool, Any, Any]] = []  # whether an axis of length 1 was put in, item, operand
        for x in equation.operands:
            number = self.numbering.number[x] if type(x) is Variable else self.numbering.constant(x)
            made = self._made(number) if number >= 0 and self._place(number) is None else None
            if made is not None and made.op is _RESHAPE and type(made.operands[0]) is Variable:
                (inner,) = made.operands
                shape = inner.spec.shape
                if x.spec.shape == (*shape[:axis], 1, *shape[axis:]):
                    groups.append((True, self.item(self.numbering.number[inner]), x))
                    continue
            groups.append((False, self.item(number) if number >= 0 else x, x))
        out: list[Any] = []
        start = 0
        while start < len(groups):
            unit = groups[start][0]
            stop = start
            while stop < len(groups) and groups[stop][0] == unit:
                stop += 1
            taken = start
            for piece in grouped([item for _, item, _ in groups[start:stop]]):
                count = piece.length if type(piece) is Rows else 1
                out.append(self._part(piece, unit, axis) if count > 1 else self._operand(groups[taken][2]))
                taken += count
            start = stop
        return out

    def _part(self, rows: Rows, unit: bool, axis: int) -> Any:
        """Rows behind each other along an axis: a new one (unit), or one that they have."""
        part = self.writer.from_front(self.writer.rows(rows), axis)
        if unit:
            return part
        shape = spec_of(part).shape
        return self.writer.reshaped(part, (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :]))
