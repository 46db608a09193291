"""How arguments and results of a compiled function nest: as data, and as the small programs that trampoline.ll reads.

Signature(arguments, outputs, result)   tuples, lists and dicts of `Spec`, scalar type or Constant; Output; of numbers
steps(arguments)                        what `match` in trampoline.ll walks by
recipe(result)                          what `result` in results.ll builds by
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.spec import Spec

__all__ = ["Constant", "Memory", "Output", "Signature", "flatten", "is_mutable", "levels", "nest", "recipe", "steps"]


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
    """A leaf of a result that is always the same object; a leaf of the arguments that has to be this very object."""

    value: Any


class Signature:
    """What a kernel takes and gives.

    Args:
        arguments: one item for each positional argument: a `Spec` (an array), a type (`float`, `int`, `bool` or a NumPy
            scalar type), a `Constant`, or a tuple, list or dict (by strings) of such items.
        outputs: the kernel's outputs in their order.
        result: an output's number, None, a `Constant`, or a tuple, list or dict of such items.

    Raises:
        TypeError: a dict among the arguments has keys that are no strings.
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


def _parts(group: Any) -> list[Any]:
    """What a container holds; a Constant holds nothing."""
    if isinstance(group, Constant):
        return []
    if isinstance(group, dict):
        if not all(type(key) is str for key in group):
            raise TypeError(f"a dict among the arguments is keyed by strings, not {list(group)}")
        return list(group.values())
    return list(group)


def _leaves(group: Any) -> list[Any]:
    return [leaf for part in _parts(group) for leaf in ([part] if _is_leaf(part) else _leaves(part))]


def levels(argument: Any) -> int:
    """How deep containers lie in each other."""
    return 0 if _is_leaf(argument) else 1 + max(map(levels, _parts(argument)), default=0)


def is_mutable(argument: Any) -> bool:
    """Whether a list or dict is among the arguments, which another thread may change during the call."""
    return not _is_leaf(argument) and (isinstance(argument, (list, dict)) or any(map(is_mutable, _parts(argument))))


def steps(arguments: Sequence[Any]) -> list[int]:
    """The walk over nested arguments."""

    def walk(a: Any) -> list[int]:
        if _is_leaf(a):
            return [1]
        if isinstance(a, Constant):
            return [6, id(a.value)]
        inside = [step for part in _parts(a) for step in walk(part)]
        if isinstance(a, dict):
            return [5, len(a), *map(id, a), *inside, 4]
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
        if type(item) not in (tuple, list, dict):
            raise TypeError(
                f"a result is made of tuples, lists, dicts, output numbers, None and Constant, not {type(item)}"
            )
        parts = [x for pair in item.items() for x in (Constant(pair[0]), pair[1])] if type(item) is dict else item
        program, depth = [], 1
        for k, part in enumerate(parts):
            inside, needed = cook(part)
            program += inside
            depth = max(depth, k + needed)
        code = 2 if type(item) is tuple else 3 if type(item) is list else 5
        return [*program, code, len(item)], depth

    program, depth = cook(result)
    return [*program, 0, 0], objects, depth


def nest(result: Any, values: Sequence[Any]) -> Any:
    """What the recipe makes of the outputs, in Python."""
    if isinstance(result, Constant):
        return result.value
    if isinstance(result, dict):
        return {key: nest(part, values) for key, part in result.items()}
    if isinstance(result, (tuple, list)):
        return type(result)(nest(part, values) for part in result)
    return None if result is None else values[result]


def flatten(value: Any, argument: Any) -> list[Any] | None:
    """The leaves of a nested value; None if it does not nest like `argument`."""
    if _is_leaf(argument):
        return [value]
    if isinstance(argument, Constant):
        return [] if value is argument.value else None
    if type(value) is not type(argument) or len(value) != len(argument):
        return None
    if isinstance(argument, dict):
        if value.keys() != argument.keys():
            return None
        value = [value[key] for key in argument]
    inside = [flatten(v, a) for v, a in zip(value, _parts(argument), strict=True)]
    return None if None in inside else [leaf for leaves in inside for leaf in leaves or ()]


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
