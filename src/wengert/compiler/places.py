"""Where a function finds what it uses: globals, closures, attributes, entries of lists and dicts.

A compiled function that works on tensors from outside has to notice when one of them is replaced, or when a number
beside them (a learning rate, a counter) is another one. The places are walked once, when the function is traced:

    step ─ closure ─ model ─ __dict__ ─ layers ─ [0] ─ tensor         the same tensor as then?
         └ closure ─ opt ─ __dict__ ─ param_groups ─ [0] ─ "lr" ─ 0.1     the same number as then?

A number that turns out to change becomes an input of the program, and a result if the function writes it.
"""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box

__all__ = ["NUMBERS", "PLAIN", "Place", "Watched", "places_of"]

NUMBERS = (int, float, complex)
PLAIN = (bool, int, float, complex, str, bytes, type(None))
_LIMIT = 3_000  # places, the nearest first; a function that can reach more is not walked to the end
_LONG = 256  # a list or dict with more entries holds data: its plain values are not looked at
_MISSING = object()


class Place(NamedTuple):
    """A cell, or an entry of a dict or list."""

    container: Any
    key: Any

    def get(self) -> Any:
        """What is there."""
        if type(self.container) is types.CellType:
            return self.container.cell_contents
        try:
            return self.container[self.key]
        except (KeyError, IndexError):
            return _MISSING

    def put(self, value: Any) -> None:
        """Replace what is there."""
        if type(self.container) is types.CellType:
            self.container.cell_contents = value
        else:
            self.container[self.key] = value

    @property
    def name(self) -> tuple[int, Any]:
        """What tells the place from others."""
        return id(self.container), self.key

    @property
    def is_writable(self) -> bool:
        """Whether something else can be put there."""
        return isinstance(self.container, dict | list | types.CellType)


class Watched:
    """What was at the places of a function, to be compared with what is there now."""

    def __init__(self, found: list[tuple[Place, Any]], tensors: set[int], moving: set[Any]) -> None:
        found = [(p, x) for p, x in found if p.name not in moving]
        self.plain = [(p, x) for p, x in found if type(x) in PLAIN]
        self.numbers = [(p.container.get, p.key, x) for p, x in self.plain if isinstance(p.container, dict)]
        self.elsewhere = len(self.plain) > len(self.numbers)
        # Tensors that the function does not use may come and go; what is in a tuple stays.
        kept = [(p, x) for p, x in found if type(x) not in PLAIN and (not isinstance(x, Box) or id(x) in tensors)]
        entries = [(p, x) for p, x in kept if isinstance(p.container, dict)]
        self.entries = [(p.container.get, p.key, x) for p, x in entries]
        self.others = [(p, x) for p, x in kept if isinstance(p.container, list | types.CellType)]
        self.lengths = [(x, len(x)) for _, x in found if type(x) in (dict, list)]

    def is_same(self) -> bool:
        """Whether everything but plain values is what it was."""
        return (
            all([get(key) is x for get, key, x in self.entries])
            and all([p.get() is x for p, x in self.others])
            and all([len(x) == n for x, n in self.lengths])
        )

    def changed(self) -> list[Place]:
        """The places whose plain values are others now."""
        if all([get(key) is x for get, key, x in self.numbers]) and not self.elsewhere:
            return []
        return [p for p, x in self.plain if (now := p.get()) is not x and (type(now) is not type(x) or now != x)]


def places_of(f: Any) -> list[tuple[Place, Any]]:
    """The places that a function can reach, with what is there."""
    found: list[tuple[Place, Any]] = []
    seen: set[int] = set()
    queue = deque([f])
    while queue and len(found) < _LIMIT:
        value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        is_long = isinstance(value, dict | list | tuple) and len(value) > _LONG
        for place in _inside(value):
            x = place.get()
            if x is _MISSING or (is_long and type(x) in PLAIN):
                continue
            found.append((place, x))
            if type(x) not in PLAIN and not isinstance(x, Box | np.ndarray | np.generic):
                queue.append(x)
    return found


def _inside(value: Any) -> Iterator[Place]:
    """The places that a value consists of."""
    if isinstance(value, dict):
        yield from [Place(value, key) for key in value]
    elif isinstance(value, list | tuple):
        yield from [Place(value, n) for n in range(len(value))]
    elif isinstance(value, functools.partial):
        yield from [Place((value.func, value.args, value.keywords), n) for n in range(3)]
    elif isinstance(value, types.MethodType):
        yield from [Place((value.__self__, value.__func__), n) for n in range(2)]
    elif isinstance(value, types.FunctionType):
        yield from _of_function(value)
    elif not isinstance(value, type | types.ModuleType | types.BuiltinFunctionType):
        yield from _of_object(value)


def _of_function(f: types.FunctionType) -> Iterator[Place]:
    if _is_library(f.__module__):
        wrapped = f.__dict__.get("__wrapped__")
        if wrapped is not None:  # wg.grad(f) and the like
            yield Place(f.__dict__, "__wrapped__")
        return
    for cell in f.__closure__ or ():
        if _is_filled(cell):
            yield Place(cell, None)
    names = set(_names(f.__code__))
    for name in sorted(names & f.__globals__.keys()):
        yield Place(f.__globals__, name)
        module = f.__globals__[name]
        if isinstance(module, types.ModuleType) and not _is_library(module.__name__):
            yield from [Place(module.__dict__, n) for n in sorted(names & module.__dict__.keys())]
    if f.__defaults__:
        yield from [Place(f.__defaults__, n) for n in range(len(f.__defaults__))]
    if f.__kwdefaults__:
        yield from [Place(f.__kwdefaults__, name) for name in f.__kwdefaults__]


def _of_object(x: Any) -> Iterator[Place]:
    """Attributes, and what the methods of the user's own classes refer to."""
    attributes = getattr(x, "__dict__", None)
    if type(attributes) is dict and "__wrapped__" in attributes and _is_library(type(x).__module__):
        yield Place(attributes, "__wrapped__")  # another compiled function
        return
    if type(attributes) is dict and not _is_foreign(type(x).__module__):
        yield from [Place(attributes, key) for key in list(attributes)]
    for cls in type(x).__mro__:
        if not _is_library(cls.__module__) and cls is not object:
            yield from [Place(dict(vars(cls)), key) for key, v in vars(cls).items() if _may_matter(v)]


def _may_matter(x: Any) -> bool:
    return isinstance(x, types.FunctionType | Box | dict | list | tuple)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not _MISSING
    except ValueError:
        return False


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that a function, and the functions in it, look up."""
    yield from code.co_names
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _names(const)


def _is_library(module: Any) -> bool:
    """Whether a module is ours or NumPy's: its own state is none of the function's."""
    return _is_foreign(module) or str(module).split(".")[0] == "wengert"


def _is_foreign(module: Any) -> bool:
    return str(module).split(".")[0] in _FOREIGN


# Modules whose objects hold no tensors of the user's.
_FOREIGN = frozenset("builtins numpy scipy threading logging re types functools collections contextlib weakref".split())
