"""Rows: values that are the parts of one array along its first axis, and arrays put together from values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.compiler.passes.build import spec_of
from wengert.core.op import TABLE, Op
from wengert.interpreters.record import Equation, Trace, Variable
from wengert.spec import Spec

__all__ = ["Row", "Rows", "Writer", "grouped", "stacked_constants"]


class Row(NamedTuple):
    """array[place]."""

    array: Any
    place: int


class Rows(NamedTuple):
    """array[start], array[start + step], ...: `length` of them."""

    array: Any
    start: int
    step: int
    length: int

    def at(self, k: int) -> Row:
        """The kth of them."""
        return Row(self.array, self.start + self.step * k)


class Writer:
    """Equations written one after the other."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.equations: list[Equation] = []

    def write(self, op: Op, operands: Sequence[Any], params: Any, specs: Sequence[Spec]) -> tuple[Variable, ...]:
        """The results of a new equation."""
        results = tuple([Variable(self.trace, s) for s in specs])
        self.equations.append(Equation(op, tuple(operands), params, results))
        return results

    def one(self, name: str, *operands: Any, spec: Spec, **params: Any) -> Variable:
        """The result of a new equation of a row of the table."""
        return self.write(TABLE[name], operands, params, (spec,))[0]

    def reshaped(self, x: Any, shape: tuple[int, ...]) -> Any:
        """x in another shape."""
        spec = spec_of(x)
        return x if spec.shape == shape else self.one("reshape", x, spec=Spec(shape, spec.dtype), shape=shape)

    def to_front(self, x: Any, axis: int) -> Any:
        """x with this axis first."""
        return self._moved(x, (axis, *[a for a in range(spec_of(x).ndim) if a != axis]))

    def from_front(self, x: Any, axis: int) -> Any:
        """x with its first axis at this place."""
        rest = list(range(1, spec_of(x).ndim))
        return self._moved(x, (*rest[:axis], 0, *rest[axis:]))

    def _moved(self, x: Any, axes: tuple[int, ...]) -> Any:
        spec = spec_of(x)
        if axes == tuple(range(spec.ndim)):
            return x
        return self.one("transpose", x, spec=Spec(tuple([spec.shape[a] for a in axes]), spec.dtype), axes=axes)

    def row(self, row: Row) -> Any:
        """One row."""
        spec = spec_of(row.array)
        return self.one("slice", row.array, spec=Spec(spec.shape[1:], spec.dtype), key=row.place)

    def rows(self, rows: Rows) -> Any:
        """Several rows as an array."""
        array, start, step, count = rows
        spec = spec_of(array)
        if (start, step, count) == (0, 1, spec.shape[0]):
            return array
        stop = start + step * count
        key = (slice(start, stop if stop >= 0 else None, step),) if step != 1 else (slice(start, stop),)
        return self.one("slice", array, spec=Spec((count, *spec.shape[1:]), spec.dtype), key=key)

    def stacked(self, pieces: Sequence[Any], spec: Spec) -> Any:
        """Rows and single values of this Spec as one array, along a new first axis."""
        parts = [self.rows(x) if type(x) is Rows else self.reshaped(x, (1, *spec.shape)) for x in pieces]
        if len(parts) == 1:
            return parts[0]
        count = sum([spec_of(x).shape[0] for x in parts])
        return self.one("concatenate", *parts, spec=Spec((count, *spec.shape), spec.dtype), axis=0)


def grouped(items: Sequence[Any]) -> list[Any]:
    """Items of which some are a Row, with rows of one array in even steps joined to Rows."""
    out: list[Any] = []
    for x in items:
        last = out[-1] if out else None
        if type(x) is not Row:
            out.append(x)
        elif (
            type(last) is Rows
            and last.array is x.array
            and (last.length == 1 or x.place == last.start + last.step * last.length)
            and (last.length > 1 or x.place != last.start)
        ):
            step = last.step if last.length > 1 else x.place - last.start
            out[-1] = Rows(last.array, last.start, step, last.length + 1)
        else:
            out.append(Rows(x.array, x.place, 1, 1))
    return out


def stacked_constants(values: Sequence[Any], others: Sequence[Any]) -> Any:
    """Constants of one type and shape as one array; Python numbers in the dtype they take beside the other operands."""
    if isinstance(values[0], np.ndarray | np.generic):
        return np.stack([np.asarray(x) for x in values])
    return np.asarray(values, np.result_type(*others, values[0]) if others else None)
