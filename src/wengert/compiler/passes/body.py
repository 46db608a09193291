"""The body of a rolled loop: what each operand of a repetition is, seen from inside.

the same in all repetitions              a constant of the scan
made in this repetition                  a variable of the body
made in the one before, or two before    a carry; two before: a carry of the carry
rows of an array, different constants    one of the xs
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert import tree
from wengert.compiler.passes.build import spec_of
from wengert.compiler.passes.constants import is_constant
from wengert.compiler.passes.numbering import KEYED, Numbering, with_indices
from wengert.compiler.passes.repeats import LAGS, Loop
from wengert.compiler.passes.rows import Rows, Writer, stacked_constants
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.ops.control import scan
from wengert.spec import Spec

if TYPE_CHECKING:
    from wengert.compiler.passes.roll import Roller

__all__ = ["Body", "Done"]

# A value of a repetition, told by its place in it, and what the first repetitions take for it: one number for a value
# of the repetition before, two for one of two repetitions before (the older one first).
Carry = tuple[int, tuple[int, ...]]

FEW = 8  # values that may be stacked one by one, whatever they cost
BYTES = 1_000_000  # and how large they may be together if there are more

_SLICE, _UNSLICE = TABLE["slice"], TABLE["unslice"]


class Done:
    """What a rolled loop has left: rows of its values, and the values of its last repetitions."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.rows: dict[int, Rows] = {}
        self.last: dict[tuple[int, int], Variable] = {}  # by place and how long ago, 1 for the last repetition


class Body:
    """One loop on its way to a scan."""

    def __init__(self, roller: Roller, loop: Loop) -> None:
        self.roller, self.loop = roller, loop
        self.numbering: Numbering = roller.numbering
        self.writer = Writer(Trace())
        self.consts: dict[int, Variable] = {}
        self.carries: dict[Carry, Variable] = {}
        self.xs: dict[Any, Variable] = {}
        self.columns: dict[Any, Any] = {}  # what each of the xs is made of, from the first repetition to the last
        self.values: dict[int, Any] = {}  # by place in the repetition
        self.passed: dict[int, Rows] = {}  # places whose values are rows of an array outside

    # --- operands ---------------------------------------------------------------------------------------------

    def operand(self, column: int, equation: Equation) -> Any:
        """An operand as the body sees it."""
        numbers = self.loop.table[:, column]
        last, made = int(numbers[-1]), self.loop.first + self.loop.values * (self.loop.repeats - 1)
        if last >= made:
            return self.values[last - made]
        if last >= self.loop.first:
            lag = -((last - made) // self.loop.values)
            place = (last - self.loop.first) % self.loop.values
            return self.carry((place, tuple(numbers[:lag].tolist())))
        if (numbers == last).all():
            return self.invariant(last)
        if last < 0 and is_constant(self.numbering.value(last)):
            return self._constants(numbers.tolist(), equation)
        if last < 0:  # tensors that the function closes over
            return self._x(("rows", *numbers.tolist()), spec_of(self.numbering.value(last)), numbers.tolist())
        return self._x(("rows", *numbers[[0, 1, -1]].tolist()), spec_of(self.numbering.value(last)), numbers.tolist())

    def invariant(self, number: int) -> Any:
        """A value from outside; constants are written into the body."""
        value = self.numbering.value(number)
        if number < 0:
            return value
        if number not in self.consts:
            self.consts[number] = Variable(self.writer.trace, value.spec)
        return self.consts[number]

    def carry(self, key: Carry) -> Variable:
        """A value of an earlier repetition."""
        if key not in self.carries:
            if len(key[1]) > 1:
                self.carry((key[0], key[1][1:]))
            self.carries[key] = Variable(self.writer.trace, self.spec(key[0]))
        return self.carries[key]

    def spec(self, place: int) -> Spec:
        """The Spec of a value of a repetition."""
        return self.numbering.variables[self.loop.first + place].spec

    def _constants(self, numbers: list[int], equation: Equation) -> Variable:
        values = [self.numbering.value(n) for n in numbers]
        chosen = equation.operands[1:] if equation.op.name == "where" else equation.operands
        others = [x.spec.dtype if type(x) is Variable else x for x in chosen if type(x) is Variable or spec_of(x).ndim]
        array = stacked_constants(values, others)
        return self._x(("constant", *numbers), Spec(array.shape[1:], array.dtype), array)

    def _x(self, key: Any, spec: Spec, column: Any) -> Variable:
        if key not in self.xs:
            self.xs[key] = Variable(self.writer.trace, spec)
            self.columns[key] = column
        return self.xs[key]

    # --- equations --------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Write the equations of one repetition."""
        last = self.loop.stop - self.loop.period
        column = index = place = 0
        for n in range(last, self.loop.stop):
            equation = self.numbering.graph.equations[n]
            count = len(equation.operands)
            keys = int(self.numbering.first_index[n + 1] - self.numbering.first_index[n])
            moves = self.loop.indices[:, index : index + keys]
            if keys and (moves != moves[0]).any():
                results: Sequence[Any] = (self._keyed(equation, column, moves, place),)
            else:
                operands = [self.operand(column + m, equation) for m in range(count)]
                specs = [v.spec for v in equation.results]
                results = self.writer.write(equation.op, operands, _undonated(equation), specs)
            for value in results:
                self.values[place] = value
                place += 1
            column, index = column + count, index + keys

    def _keyed(self, equation: Equation, column: int, moves: Any, place: int) -> Any:
        """A part that is another one in each repetition is read or written."""
        op, operands, params, (result,) = equation
        numbers = self.loop.table[:, column]
        if op is _SLICE and numbers[0] == numbers[-1] < self.loop.first:
            rows = self._rows(int(numbers[0]), params["key"], moves)
            if rows is not None:
                self.passed[place] = rows
                return self._x(("passed", id(rows.array), rows.start, rows.step), result.spec, rows)
        first = [self.operand(column + m, equation) for m in range(len(operands))]
        if op is _UNSLICE:
            first.insert(0, np.broadcast_to(np.zeros((), result.spec.dtype), params["shape"]))
        shape = spec_of(first[0]).shape
        places = self._indices(params["key"], shape, moves)
        if op is _SLICE:
            return self.writer.one("gather", first[0], *places, spec=result.spec)
        return self.writer.one("scatter", *first, *places, spec=result.spec)

    def _rows(self, number: int, key: Any, moves: Any) -> Rows | None:
        """x[..., k, ...] of an array from outside with one evenly moving integer, as rows of the array."""
        moving = np.flatnonzero((moves != moves[0]).any(axis=0))
        steps = np.diff(moves[:, moving[0]])
        if len(moving) != 1 or (steps != steps[0]).any():
            return None
        source, start, step = self.roller.value(number), int(moves[0, moving[0]]), int(steps[0])
        shape = spec_of(source).shape
        if type(key) is int:
            return Rows(source, start, step, self.loop.repeats)
        names = with_indices(key, shape, list(range(moves.shape[1])))
        at = next((n for n, k in enumerate(names) if type(k) is int and k == moving[0]), None)
        if at is None:
            return None
        fixed = (*key[:at], slice(None), *key[at + 1 :])
        axis = sum([type(k) is not int for k in fixed[:at]])
        return Rows(self.roller.front(source, fixed, axis), start, step, self.loop.repeats)

    def _indices(self, key: Any, shape: tuple[int, ...], moves: Any) -> list[Any]:
        """The index arrays that stand for a key in one repetition."""
        names = with_indices(key, shape, list(range(moves.shape[1])))
        rank = len([k for k in names if type(k) is tuple])
        out: list[Any] = []
        seen = 0
        for k in names:
            if type(k) is int:
                out.append(self._index(moves[:, k]))
                continue
            seen += 1
            start, length, step = k
            offsets = np.arange(0, length, step).reshape((-1,) + (1,) * (rank - seen))
            base = self._index(moves[:, start])
            spec = Spec(offsets.shape, offsets.dtype)
            out.append(self.writer.one("add", base, offsets, spec=spec) if type(base) is Variable else base + offsets)
        return out

    def _index(self, numbers: Any) -> Any:
        """An integer of a key: a constant, or one of the xs."""
        if (numbers == numbers[0]).all():
            return np.asarray(numbers[0])
        return self._x(("index", numbers.tobytes()), Spec((), np.dtype(np.int64)), numbers)

    # --- the scan ---------------------------------------------------------------------------------------------

    def kept(self, used: Any) -> list[int]:
        """The places whose values of many repetitions are read outside; carries for those read of the last ones."""
        loop = self.loop
        inside = used[(used >= loop.first) & (used < loop.first + loop.values * loop.repeats)] - loop.first
        ago, places = loop.repeats - inside // loop.values, inside % loop.values
        kept = []
        for place in np.unique(places).tolist():
            lags = np.unique(ago[places == place]).tolist()
            if lags[-1] > LAGS - 1 or place in self.passed:
                kept.append(place)
                continue
            for lag in lags:
                if not any([key[0] == place and len(key[1]) == lag for key in self.carries]):
                    zero = np.broadcast_to(np.zeros((), self.spec(place).dtype), self.spec(place).shape)
                    self.carry((place, (self.numbering.constant(zero),) * lag))
        return [p for p in kept if p not in self.passed]

    def affordable(self) -> bool:
        """Whether not too much is stacked value by value."""
        single, size = 0, 0
        for key, column in self.columns.items():
            if key[0] == "rows":
                self.columns[key] = pieces = self.roller.pieces(column)
                alone = sum([type(x) is not Rows or x.length == 1 for x in pieces])
                single += alone
                size += alone * self.xs[key].spec.size * self.xs[key].spec.dtype.itemsize
        return single <= FEW or (single <= self.loop.saved // 2 and size <= BYTES)

    def finish(self, kept: list[int]) -> Done:
        """Write the scan into the outer graph."""
        loop, roller = self.loop, self.roller
        reverse = self._backwards()
        keys = sorted(self.carries, key=lambda key: (key[0], len(key[1]), key[1]))
        outputs = [self._next(key) for key in keys] + [self.values[p] for p in kept]
        inputs = [*self.consts.values(), *[self.carries[k] for k in keys], *self.xs.values()]
        structure = tree.flatten((tuple(inputs), {}))[1]
        body = Graph(inputs, self.writer.equations, outputs, structure, tree.flatten(tuple(outputs))[1])
        operands = [
            *[roller.value(n) for n in self.consts],
            *[roller.value(key[1][0]) for key in keys],
            *[self._column(key, reverse) for key in self.xs],
        ]
        specs = [self.spec(key[0]) for key in keys]
        specs += [Spec((loop.repeats, *self.spec(p).shape), self.spec(p).dtype) for p in kept]
        params = {
            "body": roller.nested(body),
            "length": loop.repeats,
            "consts": len(self.consts),
            "carry": len(keys),
            "reverse": reverse,
        }
        results = roller.writer.write(scan, operands, params, specs)
        self._tell_origins([*[key[0] for key in keys], *kept], results)
        done = Done(loop)
        done.last = {(key[0], len(key[1])): v for key, v in zip(keys, results, strict=False)}
        start, step = (loop.repeats - 1, -1) if reverse else (0, 1)
        done.rows = {p: Rows(v, start, step, loop.repeats) for p, v in zip(kept, results[len(keys) :], strict=True)}
        done.rows.update(self.passed)
        return done

    def _tell_origins(self, places: Sequence[int], results: Sequence[Variable]) -> None:
        """What the values of the body, and the results of the scan, were in the first repetition."""
        old, origins = self.numbering.variables, self.roller.origins
        made = [*self.values.items(), *[(key[0], v) for key, v in self.carries.items()]]
        for place, v in [*made, *zip(places, results, strict=True)]:
            if type(v) is Variable:
                origins.setdefault(v, old[self.loop.first + place])

    def _next(self, key: Carry) -> Any:
        """What a carry is in the next repetition."""
        place, first = key
        return self.values[place] if len(first) == 1 else self.carries[place, first[1:]]

    def _backwards(self) -> bool:
        """Whether most arrays are walked from their ends."""
        steps = [c[0].step if type(c) is list else c.step for c in self.columns.values() if _is_one(c)]
        return len([s for s in steps if s < 0]) > len([s for s in steps if s > 0])

    def _column(self, key: Any, reverse: bool) -> Any:
        column = self.columns[key]
        if isinstance(column, np.ndarray):
            return np.ascontiguousarray(column[::-1]) if reverse else column
        pieces = column if type(column) is list else [column]
        if reverse:
            pieces = [_turned(x) for x in pieces[::-1]]
        return self.roller.writer.stacked(pieces, self.xs[key].spec)


def _is_one(column: Any) -> bool:
    return type(column) is Rows or (type(column) is list and len(column) == 1 and type(column[0]) is Rows)


def _turned(x: Any) -> Any:
    return Rows(x.array, x.start + x.step * (x.length - 1), -x.step, x.length) if type(x) is Rows else x


def _undonated(equation: Equation) -> Any:
    params = equation.params
    if equation.op not in KEYED:
        return params
    new = {k: v for k, v in params.items() if k != "copy"}
    return {**new, "donate": False} if "donate" in new else new
