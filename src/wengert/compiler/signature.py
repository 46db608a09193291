"""How arguments and results of a compiled function nest: as data, and as the small programs that trampoline.ll reads.

Signature(arguments, outputs, result, names)   tuples, lists, dicts, Fields of `Spec`, type, Placed, Constant; Output
steps(arguments)                               what `match` in trampoline.ll walks by
recipe(result)                                 what `result` in results.ll builds by
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.spec import Spec

__all__ = [
    "Constant",
    "Fields",
    "Memory",
    "Output",
    "Placed",
    "Signature",
    "attributes",
    "is_mutable",
    "levels",
    "nest",
    "recipe",
    "steps",
]


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
    """A leaf of a result that is always the same object; a leaf of the arguments that is no input of the kernel.

    There it has to be this very object; a str, bytes, int or float may also be an equal one.
    """

    value: Any


class Placed(NamedTuple):
    """An array or number among the arguments that says which input it is.

    Where a number comes again, it has to be the same object. Instead of an array without axes, a `loose` one may be a
    NumPy scalar.
    """

    spec: Any
    number: int
    loose: bool = False


class Fields(NamedTuple):
    """An object of a class, for some of its attributes."""

    cls: type
    items: dict[str, Any]


class Signature:
    """What a kernel takes and gives.

    Args:
        arguments: one item for each argument: a `Spec` (an array), a type (`float`, `int`, `bool` or a NumPy scalar
            type), one of these that is `Placed`, a `Constant`, or a tuple (of a class, if it is a namedtuple), list,
            dict (by strings, in this order) or `Fields` of such items. What is not placed is numbered in its order.
        outputs: the kernel's outputs in their order.
        result: an output's number, None, a `Constant`, or a tuple, list or dict of such items.
        names: the keywords by which the last arguments are given, in this order.

    Raises:
        TypeError: a dict among the arguments has keys that are no strings.
        ValueError: an output is to be written into an input that is no array of its shape and dtype, or an input is
            missing among those that are placed.
    """

    __slots__ = ("arguments", "inputs", "loose", "names", "outputs", "result")

    def __init__(
        self, arguments: Sequence[Any], outputs: Sequence[Output], result: Any, names: Sequence[str] = ()
    ) -> None:
        numbers = itertools.count()
        self.arguments = tuple([_placed(a, numbers) for a in arguments])
        self.names = tuple(names)
        leaves = [leaf for a in self.arguments for leaf in _leaves(a)]
        found = {leaf.number: leaf.spec for leaf in leaves}
        self.loose = frozenset([leaf.number for leaf in leaves if leaf.loose])
        if sorted(found) != list(range(len(found))):
            raise ValueError(f"inputs are numbered {sorted(found)}")
        self.inputs: tuple[Spec | type, ...] = tuple([found[n] for n in range(len(found))])
        self.outputs = tuple(Output(*o) for o in outputs)
        self.result = result
        for output in self.outputs:
            if output.reuse is not None:
                _check_reuse(output, dict(enumerate(self.inputs)).get(output.reuse))

    def giving(self, outputs: Sequence[Output]) -> Signature:
        """The same with other outputs."""
        return Signature(self.arguments, outputs, self.result, self.names)

    def match(self, args: Sequence[Any], named: dict[str, Any] | None = None) -> list[Any] | None:
        """The inputs in these arguments; None if they do not nest like this."""
        named = named or {}
        if len(args) + len(named) != len(self.arguments) or tuple(named) != self.names:
            return None
        found: dict[int, Any] = {}
        if not all([_match(x, a, found) for x, a in zip((*args, *named.values()), self.arguments, strict=True)]):
            return None
        return [found[n] for n in range(len(found))]


def _check_reuse(output: Output, into: Any) -> None:
    if not isinstance(into, Spec) or into.shape != output.shape or into.dtype != output.dtype:
        raise ValueError(f"{output} cannot be written into {into}")


def _placed(a: Any, numbers: Iterator[int]) -> Any:
    """An argument with a number at each leaf."""
    if isinstance(a, (Spec, type)):
        return Placed(a, next(numbers))
    if isinstance(a, (Constant, Placed)):
        return a
    if isinstance(a, Fields):
        return Fields(a.cls, {name: _placed(part, numbers) for name, part in a.items.items()})
    if isinstance(a, dict):
        if not all(type(key) is str for key in a):
            raise TypeError(f"a dict among the arguments is keyed by strings, not {list(a)}")
        return {key: _placed(part, numbers) for key, part in a.items()}
    parts = [_placed(part, numbers) for part in a]
    return type(a)(*parts) if hasattr(a, "_fields") else type(a)(parts)


def _parts(group: Any) -> list[Any]:
    """What a container holds; a leaf holds nothing."""
    if isinstance(group, (Constant, Placed)):
        return []
    if isinstance(group, Fields):
        return list(group.items.values())
    return list(group.values()) if isinstance(group, dict) else list(group)


def _leaves(group: Any) -> list[Placed]:
    return [group] if isinstance(group, Placed) else [leaf for part in _parts(group) for leaf in _leaves(part)]


def levels(argument: Any) -> int:
    """How deep containers lie in each other."""
    return 0 if isinstance(argument, (Placed, Constant)) else 1 + max(map(levels, _parts(argument)), default=0)


def is_mutable(argument: Any) -> bool:
    """Whether a list or dict is among the arguments, which another thread may change during the call."""
    return isinstance(argument, (list, dict)) or any(map(is_mutable, _parts(argument)))


def attributes(argument: Any) -> int:
    """How many attributes of objects are looked up."""
    return (len(argument.items) if isinstance(argument, Fields) else 0) + sum(map(attributes, _parts(argument)))


def steps(arguments: Sequence[Any]) -> list[int]:
    """The walk over nested arguments."""
    seen: set[int] = set()

    def walk(a: Any) -> list[int]:
        if isinstance(a, Placed):
            code = 7 if a.number in seen else 1
            seen.add(a.number)
            return [code, a.number]
        if isinstance(a, Constant):
            return [8 if type(a.value) in _COMPARED else 6, id(a.value)]
        inside = [step for part in _parts(a) for step in walk(part)]
        if isinstance(a, Fields):
            return [9, id(a.cls), len(a.items), *map(id, a.items), *inside, 4]
        if isinstance(a, dict):
            return [5, len(a), *map(id, a), *inside, 4]
        return [3 if isinstance(a, list) else 2, id(type(a)), len(a), *inside, 4]

    return [*(step for a in arguments for step in walk(a)), 0]


# Types whose == runs nobody's code.
_COMPARED = (str, bytes, int, float)


def _match(value: Any, a: Any, found: dict[int, Any]) -> bool:
    """What `match` in trampoline.ll does, as far as nesting goes."""
    if isinstance(a, Placed):
        return found.setdefault(a.number, value) is value
    if isinstance(a, Constant):
        equal = type(value) is type(a.value) and type(value) in _COMPARED and value == a.value
        return value is a.value or equal
    if isinstance(a, Fields):
        if type(value) is not a.cls or not all([hasattr(value, name) for name in a.items]):
            return False
        value = [getattr(value, name) for name in a.items]
    elif type(value) is not type(a) or len(value) != len(a):
        return False
    elif isinstance(a, dict):
        if list(value) != list(a):
            return False
        value = value.values()
    return all([_match(v, part, found) for v, part in zip(value, _parts(a), strict=True)])


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
