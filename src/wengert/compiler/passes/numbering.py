"""A graph as arrays of integers, in which repetitions can be looked for fast.

    equation i     kind[i]: equal for equations that apply one op to operands of the same shapes and dtypes
    value          inputs are 0, 1, ...; results follow in the order of the equations; constants are -1, -2, ...
    operands       values[first_operand[i] : first_operand[i + 1]]
    key integers   of parts that are read or written: 3 of x[3], 2 and 1 of x[2:5, 1], in indices[first_index[i] : ...]

Integers in keys, and where ranges begin, are no part of the kind: x[0], x[1], x[2], ... are one kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wengert.compiler.passes.build import spec_of
from wengert.compiler.passes.keys import constant_key, frozen
from wengert.core.op import TABLE
from wengert.interpreters.record import Graph, Variable

__all__ = ["KEYED", "Numbering", "with_indices"]

Integers = np.ndarray[Any, np.dtype[np.int64]]

# Ops whose param `key` says where.
KEYED = frozenset(TABLE[name] for name in ("slice", "overwrite", "unslice"))
_FREE = ("donate", "copy")  # params that say how, not what


class Numbering:
    """The numbers of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.number: dict[Variable, int] = {v: n for n, v in enumerate(graph.inputs)}
        self.variables: list[Variable] = list(graph.inputs)
        self.constants: list[Any] = []
        self._constant_numbers: dict[Any, int] = {}
        kinds: dict[Any, int] = {}
        kind: list[int] = []
        values: list[int] = []
        indices: list[int] = []
        first_operand, first_index, first_result = [0], [0], []
        for op, operands, params, results in graph.equations:
            shape: list[Any] = [op, len(results)]
            for x in operands:
                if type(x) is Variable:
                    values.append(self.number[x])
                    shape.append(x.spec)
                else:
                    values.append(self.constant(x))
                    shape.append((type(x), spec_of(x)))
            if params:
                shape.append(_skeleton(op in KEYED, params, spec_of(operands[0]).shape if operands else (), indices))
            first_result.append(len(self.variables))
            for v in results:
                self.number[v] = len(self.variables)
                self.variables.append(v)
                shape.append(v.spec)
            kind.append(kinds.setdefault(tuple(shape), len(kinds)))
            first_operand.append(len(values))
            first_index.append(len(indices))
        self.kind, self.values, self.indices = _array(kind), _array(values), _array(indices)
        self.first_operand, self.first_index = _array(first_operand), _array(first_index)
        self.first_result = _array([*first_result, len(self.variables)])
        self.outputs = _array([self.number[x] for x in graph.outputs if isinstance(x, Variable)])

    def constant(self, x: Any) -> int:
        """The number of a constant; the same for constants of equal value, as far as that is cheap to see."""
        key = constant_key(x)
        number = self._constant_numbers.get(key)
        if number is None:
            self.constants.append(x)
            number = self._constant_numbers[key] = -len(self.constants)
        return number

    def value(self, number: int) -> Any:
        """The variable or constant of this number."""
        return self.variables[number] if number >= 0 else self.constants[-1 - number]


def _array(numbers: list[int]) -> Integers:
    return np.asarray(numbers, np.int64)


def _skeleton(keyed: bool, params: Mapping[str, Any], shape: tuple[int, ...], indices: list[int]) -> Any:
    """Params without what is free to differ; the integers of a key are put into `indices` instead."""
    if not keyed:
        return tuple([frozen(v) for v in params.values()])
    return (
        _key_skeleton(params["key"], params.get("shape", shape), indices),
        *[frozen(v) for k, v in params.items() if k != "key" and k not in _FREE],
    )


def _key_skeleton(key: Any, shape: tuple[int, ...], indices: list[int]) -> Any:
    if type(key) is int:
        indices.append(key % shape[0] if shape[0] else key)
        return int
    if any([type(k) is not int and type(k) is not slice for k in key]):
        return frozen(key)
    out: list[Any] = []
    for k, n in zip(key, shape, strict=False):
        if type(k) is int:
            indices.append(k % n if n else k)
            out.append(int)
        elif k.step is None or k.step > 0:
            start, stop, step = k.indices(n)
            indices.append(start)
            out.append((slice, stop - start, step))
        else:
            out.append(frozen(k))
    return tuple(out)


def with_indices(key: Any, shape: tuple[int, ...], indices: list[Any]) -> tuple[Any, ...]:
    """A key with its integers replaced, in the order in which they were taken out; ranges as (start, length, step)."""
    numbers = iter(indices)
    if type(key) is int:
        return (next(numbers),)
    if any([type(k) is not int and type(k) is not slice for k in key]):
        return key  # type: ignore[no-any-return]
    return tuple([_with_index(k, n, numbers) for k, n in zip(key, shape, strict=False)])


def _with_index(k: Any, n: int, numbers: Iterator[Any]) -> Any:
    if type(k) is int:
        return next(numbers)
    if k.step is not None and k.step < 0:
        return k
    start, stop, step = k.indices(n)
    return (next(numbers), stop - start, step)
