"""How arguments and results of a compiled function nest: as data, and as the small programs that trampoline.ll reads.

Signature(arguments, outputs, result)   tuples and lists of `Spec` or scalar type; Output; of output numbers
steps(arguments)                        1: a leaf, 2 n: a tuple of n, 3 n: a list of n, 4: back up, 0: end
recipe(result)                          1 k: output k, 2 n: a tuple of the last n, 3 n: a list, 4 k: object k, 0: end
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.spec import Spec

__all__ = ["Constant", "Memory", "Output", "Signature", "flatten", "levels", "nest", "recipe", "steps"]


class Output(NamedTuple):
    """One output of a kernel.

    `reuse` is the number of the input whose array is overwritten and returned. An output without axes becomes a NumPy
    scalar, or a 0-d array with `as_array`.
    """

    shape: tuple[int, ...]
    dtype: Any
    reuse: int | None = None
    as_array: bool = False


class Constant(NamedTuple):
    """A leaf of a result that is always the same object."""

    value: Any


class Signature:
    """What a kernel takes and gives.

    Args:
        arguments: one item for each positional argument: a `Spec` (an array), a type (`float`, `int`, `bool` or a NumPy
            scalar type), or a tuple or list of such items.
        outputs: the kernel's outputs in their order.
        result: an output's number, None, a `Constant`, or a tuple or list of such items.

    Raises:
        ValueError: an output is to be written into an input that is no array of its shape and dtype.
    """

    __slots__ = ("arguments", "inputs", "outputs", "result")

    def __init__(self, arguments: Sequence[Any], outputs: Sequence[Output], result: Any) -> None:
        self.arguments = tuple(arguments)
        self.inputs: tuple[Spec | type, ...] = tuple(_leaves(self.arguments))
        self.outputs = tuple(Output(*o) for o in outputs)
        self.result = result
        for output in self.outputs:
            if output.reuse is not None:
                _check_reuse(output, dict(enumerate(self.inputs)).get(output.reuse))


def _check_reuse(output: Output, into: Any) -> None:
    if not isinstance(into, Spec) or into.shape != output.shape or into.dtype != output.dtype:
        raise ValueError(f"{output} cannot be written into {into}")


def _is_leaf(argument: Any) -> bool:
    return isinstance(argument, (Spec, type))


def _leaves(arguments: Iterable[Any]) -> list[Any]:
    return [leaf for a in arguments for leaf in ([a] if _is_leaf(a) else _leaves(a))]


def levels(argument: Any) -> int:
    """How deep containers lie in each other."""
    return 0 if _is_leaf(argument) else 1 + max(map(levels, argument), default=0)


def steps(arguments: Sequence[Any]) -> list[int]:
    """The walk over nested arguments."""

    def walk(a: Any) -> list[int]:
        if _is_leaf(a):
            return [1]
        inside = [step for item in a for step in walk(item)]
        return [3 if isinstance(a, list) else 2, len(a), *inside, 4]

    return [*(step for a in arguments for step in walk(a)), 0]


def recipe(result: Any) -> tuple[list[int], list[Any], int]:
    """The program that nests the outputs, the objects it mentions, and the depth of the stack it needs."""
    objects: list[Any] = []

    def cook(item: Any) -> tuple[list[int], int]:
        if isinstance(item, int) and not isinstance(item, bool):
            return [1, item], 1
        if item is None or isinstance(item, Constant):
            objects.append(None if item is None else item.value)
            return [4, len(objects) - 1], 1
        if type(item) not in (tuple, list):
            raise TypeError(f"a result is made of tuples, lists, output numbers, None and Constant, not {type(item)}")
        program, depth = [], 1
        for k, part in enumerate(item):
            inside, needed = cook(part)
            program += inside
            depth = max(depth, k + needed)
        return [*program, 3 if isinstance(item, list) else 2, len(item)], depth

    program, depth = cook(result)
    return [*program, 0, 0], objects, depth


def nest(result: Any, values: Sequence[Any]) -> Any:
    """What the recipe makes of the outputs, in Python."""
    if isinstance(result, Constant):
        return result.value
    if isinstance(result, (tuple, list)):
        return type(result)(nest(part, values) for part in result)
    return None if result is None else values[result]


def flatten(values: Sequence[Any], arguments: Sequence[Any]) -> list[Any] | None:
    """The leaves of nested values; None if they do not nest like `arguments`."""
    if len(values) != len(arguments):
        return None
    leaves: list[Any] = []
    for value, a in zip(values, arguments, strict=True):
        if _is_leaf(a):
            leaves.append(value)
            continue
        inside = flatten(value, a) if type(value) is type(a) else None
        if inside is None:
            return None
        leaves += inside
    return leaves


class Memory:
    """Bytes and objects that native code holds addresses of; they live as long as this object."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: list[Any] = []

    def at(self, data: bytes) -> int:
        """The address of a copy of `data`."""
        block = ctypes.create_string_buffer(data, max(8, len(data)))
        self._kept.append(block)
        return ctypes.addressof(block)

    def integers(self, values: Iterable[int]) -> int:
        """The address of an array of int64."""
        return self.at(np.array(list(values), np.int64).tobytes())

    def keep(self, value: Any) -> int:
        """The address of a Python object."""
        self._kept.append(value)
        return id(value)
