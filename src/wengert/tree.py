"""Nested containers (pytrees): tuples, lists, dicts, namedtuples, dataclasses and registered classes.

A tree is taken apart into its leaves, in order, and a `Structure` that puts leaves together again.
`None` is a container with nothing in it. Anything unknown is a leaf.
"""

from __future__ import annotations

import builtins
import dataclasses
import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from wengert.errors import InvalidArgument, StructureMismatch, explain

__all__ = [
    "LEAF",
    "Structure",
    "all",
    "children",
    "flatten",
    "leaves",
    "map",
    "reduce",
    "register",
    "structure",
    "unflatten",
]

Flatten = Callable[[Any], tuple[Sequence[Any], Hashable]]
Unflatten = Callable[[Hashable, Sequence[Any]], Any]

_REGISTRY: dict[type, tuple[Flatten, Unflatten]] = {}


def register(cls: type, flatten: Flatten, unflatten: Unflatten) -> type:
    """Make instances of `cls` containers for every transform.

    `flatten(obj)` returns `(children, static)`, where `static` is hashable and says everything that is not a
    child; `unflatten(static, children)` builds the object again. Returns `cls`.

    >>> import wengert as wg, numpy as np
    >>> class Pair:
    ...     def __init__(self, a, b): self.a, self.b = a, b
    >>> _ = wg.tree.register(Pair, lambda p: ((p.a, p.b), None), lambda _, c: Pair(*c))
    >>> wg.grad(lambda p: p.a * p.b)(Pair(2.0, 3.0)).a
    np.float64(3.0)
    """
    if not isinstance(cls, type):
        raise InvalidArgument(
            explain(
                f"tree.register got {cls!r}.",
                "Only a class can be registered as a container.",
                "Write tree.register(TheClass, flatten, unflatten).",
            )
        )
    _REGISTRY[cls] = (flatten, unflatten)
    _LEAVES.discard(cls)
    return cls


class Structure:
    """What remains of a tree when its leaves are taken out; compares by value."""

    __slots__ = ("children", "cls", "count", "hash", "static")

    def __init__(self, cls: type | None, static: Any, children: tuple[Structure, ...]) -> None:
        self.cls = cls
        self.static = static
        self.children = children
        self.count: int = 1 if cls is None else sum([c.count for c in children])
        self.hash = hash((cls, self.count, children))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Structure)
            and self.cls is other.cls
            and self.static == other.static
            and self.children == other.children
        )

    def __hash__(self) -> int:
        return self.hash

    def __repr__(self) -> str:
        if self.cls is None:
            return "*"
        inner = ", ".join(map_repr(self))
        return f"{self.cls.__name__}({inner})"

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """Put `count` leaves together to a tree of this structure."""
        return _build(self, iter(leaves))

    def flatten(self, tree: Any) -> list[Any]:
        """The subtrees of `tree` at the places of this structure's leaves; raises `StructureMismatch`."""
        out: list[Any] = []
        _match(self, tree, out, "the tree")
        return out


def map_repr(structure: Structure) -> list[str]:
    """How each child of a structure is written: ``key: child`` in a dict, else the child alone."""
    if structure.cls in (dict, OrderedDict):
        return [f"{k!r}: {c!r}" for k, c in zip(structure.static, structure.children, strict=True)]
    return [repr(c) for c in structure.children]


LEAF = Structure(None, None, ())
_NONE = Structure(type(None), None, ())


def _take_apart(tree: Any) -> tuple[Sequence[Any], Any] | None:
    """The children and static part of a container, or None when `tree` is a leaf."""
    cls = type(tree)
    if cls in (tuple, list):
        return tree, None
    if cls in (dict, OrderedDict):
        return list(tree.values()), tuple(tree)
    if tree is None:
        return (), None
    if cls is defaultdict:
        return list(tree.values()), (tree.default_factory, tuple(tree))
    if cls in _REGISTRY:
        return _REGISTRY[cls][0](tree)
    if isinstance(tree, tuple) and hasattr(cls, "_fields"):
        return tree, None
    if dataclasses.is_dataclass(cls):
        names = [field.name for field in dataclasses.fields(tree)]
        return [getattr(tree, name) for name in names], tuple(names)
    return None


def children(tree: Any) -> dict[Any, Any] | None:
    """What a container holds, by key or position; None when `tree` is a leaf."""
    parts = _take_apart(tree)
    if parts is None:
        return None
    keys = tree.keys() if isinstance(tree, dict) else range(len(parts[0]))
    return dict(zip(keys, parts[0], strict=True))


def is_namedtuple(cls: type) -> bool:
    """Whether instances of a class are containers because it is a namedtuple."""
    return cls not in _REGISTRY and issubclass(cls, tuple) and hasattr(cls, "_fields")


def is_fields(cls: type) -> bool:
    """Whether instances of a class are containers because it is a dataclass."""
    return cls not in _REGISTRY and not is_namedtuple(cls) and dataclasses.is_dataclass(cls)


def _put_together(cls: Any, static: Any, children: list[Any]) -> Any:
    if cls in (tuple, list):
        return cls(children)
    if cls in (dict, OrderedDict):
        return cls(zip(static, children, strict=True))
    if cls is type(None):
        return None
    if cls is defaultdict:
        return defaultdict(static[0], zip(static[1], children, strict=True))
    if cls in _REGISTRY:
        return _REGISTRY[cls][1](static, children)
    if hasattr(cls, "_fields"):
        return cls(*children)
    # A dataclass is built without its __init__, whose conversions and checks are for users' values.
    obj = object.__new__(cls)
    for name, child in zip(static, children, strict=True):
        object.__setattr__(obj, name, child)
    return obj


# Classes whose instances turned out to be leaves; as many as a program has that does not make classes all the time.
_LEAVES: set[type] = set()
_MANY = 1000


def _walk(tree: Any, out: list[Any]) -> Structure:
    cls = type(tree)
    if cls in _LEAVES:
        out.append(tree)
        return LEAF
    parts = _take_apart(tree)
    if parts is None:
        if len(_LEAVES) < _MANY:
            _LEAVES.add(cls)
        out.append(tree)
        return LEAF
    children, static = parts
    return Structure(cls, static, tuple([_walk(child, out) for child in children]))


def _build(structure: Structure, leaves: Any) -> Any:
    if structure.cls is None:
        return next(leaves)
    return _put_together(structure.cls, structure.static, [_build(c, leaves) for c in structure.children])


def _match(structure: Structure, tree: Any, out: list[Any], where: str) -> None:
    if structure.cls is None:
        out.append(tree)
        return
    parts = _take_apart(tree)
    children, static = parts if parts is not None else ((), ())
    same = parts is not None and structure.cls is type(tree) and len(children) == len(structure.children)
    if same and structure.cls in (dict, OrderedDict) and set(static) == set(structure.static):
        children, static = [tree[key] for key in structure.static], structure.static
    if not same or static != structure.static:
        raise StructureMismatch(
            explain(
                f"{where} is a {type(tree).__name__} where {structure!r} is wanted.",
                "The two trees are used leaf by leaf, so they must nest in the same way.",
                "Give it the same containers, lengths and keys.",
            )
        )
    for n, (child, part) in enumerate(zip(structure.children, children, strict=True)):
        _match(child, part, out, f"{where}[{n}]")


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a tree, in order, and its structure."""
    out: list[Any] = []
    return out, _walk(tree, out)


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The tree of this structure with these leaves."""
    return structure.unflatten(leaves)


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order.

    >>> leaves({"a": 1, "b": [2, (3, None)]})
    [1, 2, 3]
    """
    return flatten(tree)[0]


def structure(tree: Any) -> Structure:
    """What remains of a tree when its leaves are taken out.

    >>> structure({"a": 1}) == structure({"a": 2})
    True
    """
    return flatten(tree)[1]


def reduce(function: Callable[[Any, Any], Any], tree: Any, *initializer: Any) -> Any:
    """The leaves of a tree, put together two by two from the first to the last, as by `functools.reduce`.

    >>> reduce(lambda a, b: a + b, {"x": 1, "y": [2, 3]})
    6
    """
    return functools.reduce(function, leaves(tree), *initializer)


def all(tree: Any) -> bool:
    """Whether every leaf is true.

    >>> all({"x": True, "y": [1, 0]})
    False
    """
    return builtins.all(leaves(tree))


def map(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """Apply a function to every leaf (and to the subtrees of `rest` at the same place).

    >>> map(lambda a, b: a + b, {"x": 1, "y": (2,)}, {"x": 10, "y": (20,)})
    {'x': 11, 'y': (22,)}
    """
    first, structure = flatten(tree)
    others = [structure.flatten(other) for other in rest]
    return structure.unflatten([function(*args) for args in zip(first, *others, strict=True)])
