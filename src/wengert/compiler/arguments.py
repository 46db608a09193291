"""What a compiled program depends on: the arguments of a call, taken apart.

The leaves of the arguments are of three kinds:

    arrays, NumPy scalars, tensors     traced: shape and dtype count, the numbers do not
    Python's int, float, complex       traced as weak numbers, whose dtype gives way (float32 array * 0.1 is float32)
    bool, str, functions, the rest     static: the value counts

A number that Python has to know (`range(n)`, a shape, a branch) makes its argument static when that turns out.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.core.apply import Box, unbridge
from wengert.core.view import Root
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tensor import Tensor

__all__ = ["ARRAY", "BOX", "NUMBER", "SCALAR", "STATIC", "TENSOR", "Arguments", "Call", "as_number"]

ARRAY, SCALAR, NUMBER, TENSOR, BOX, STATIC = "array", "scalar", "number", "tensor", "box", "static"

_INT64 = range(-(2**63), 2**63)
_NUMBERS: dict[type, Callable[[Any], Any]] = {int: np.int64, float: np.float64, complex: np.complex128}


def as_number(x: Any) -> Any:
    """One of Python's numbers as NumPy's scalar of the same width."""
    return _NUMBERS[type(x)](x)


class Call(NamedTuple):
    """The arguments of one call, taken apart."""

    key: Hashable
    leaves: list[Any]
    kinds: tuple[str, ...]
    same: tuple[int, ...]  # for every leaf the first leaf that is the same array
    structure: tree.Structure
    static: dict[Any, Any]  # arguments named static by the user, by position or name

    def arguments(self, leaves: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments with these leaves in the place of the original ones."""
        given, named = self.structure.unflatten(leaves)
        kwargs = {**named, **{k: v for k, v in self.static.items() if isinstance(k, str)}}
        args = list(given)
        for n in sorted(k for k in self.static if isinstance(k, int)):
            args.insert(n, self.static[n])
        return tuple(args), kwargs


class Arguments:
    """How calls of one function are told apart."""

    def __init__(self, f: Callable[..., Any], argnums: int | Iterable[int], argnames: str | Iterable[str]) -> None:
        self.name = getattr(f, "__name__", type(f).__name__)
        self.argnums: tuple[Any, ...] = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        self.argnames: tuple[Any, ...] = (argnames,) if isinstance(argnames, str) else tuple(argnames)
        self.given = argnums, argnames
        self.flat: dict[int, tree.Structure] = {}  # of so many arguments without containers
        self.positions, self.names = _parameters(f)
        # Leaves with numbers that Python turned out to need, by the structure of the arguments.
        self.needed: dict[tree.Structure, frozenset[int]] = {}
        if self.argnums or self.argnames:
            self._resolve(f)

    def _resolve(self, f: Callable[..., Any]) -> None:
        """Static arguments by position and by name alike, as far as the function says what it takes."""
        try:
            parameters = list(inspect.signature(f).parameters.values())
        except (TypeError, ValueError):  # a function written in C need not say
            return
        places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        more_places = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        more_names = any(p.kind is p.VAR_KEYWORD for p in parameters)
        names = {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
        for n in self.argnums:
            if not isinstance(n, int) or (not more_places and not -len(places) <= n < len(places)):
                raise _wrong(f"static_argnums={self.argnums}", self.name, places)
        for name in self.argnames:
            if not isinstance(name, str) or (not more_names and name not in names):
                raise _wrong(f"static_argnames={self.argnames}", self.name, places)
        nums = [n + len(places) if n < 0 else n for n in self.argnums]
        self.argnames = (*self.argnames, *[places[n] for n in nums if n < len(places)])
        self.argnums = tuple({*nums, *[n for n, name in enumerate(places) if name in self.argnames]})

    def spelt(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], dict[Any, Any]]:
        """The arguments as if by position where they can be, in one order by keyword, and those named static.

        So f(x, y), f(x, y=y) and f(y=y, x=x) are one call.
        """
        if kwargs and self.names:
            rest = {name: kwargs[name] for name in self.names if name in kwargs}
            if len(rest) == len(kwargs):
                for name in self.positions[len(args) :]:
                    if name not in rest:
                        break
                    args = (*args, rest.pop(name))
                kwargs = rest
        static: dict[Any, Any] = {}
        if self.argnums or self.argnames:
            static = {n: args[n] for n in self.argnums if n < len(args)}
            args = tuple([a for n, a in enumerate(args) if n not in static])
            static |= {name: kwargs[name] for name in self.argnames if name in kwargs}
            kwargs = {name: a for name, a in kwargs.items() if name not in static}
        return args, kwargs, static

    def places(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[int | None]:
        """For each argument as the caller wrote it which of a Call's arguments it is; None if it is named static."""
        count = len(args)
        tokens = dict(zip(kwargs, range(count, count + len(kwargs)), strict=True))
        by_position, by_keyword, _ = self.spelt(tuple(range(count)), tokens)
        found: list[int | None] = [None] * (count + len(kwargs))
        for n, token in enumerate([*by_position, *by_keyword.values()]):
            found[token] = n
        return found

    def taken_apart(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """The arguments of a call as leaves, and what a program for them depends on."""
        args, kwargs, static = self.spelt(args, kwargs)
        if kwargs or not _FLAT.issuperset(map(type, args)):
            leaves, structure = tree.flatten((args, kwargs))
        else:  # as most calls are
            leaves = list(args)
            if (known := self.flat.get(len(args))) is None:
                known = self.flat[len(args)] = tree.flatten((args, {}))[1]
            structure = known
        needed = self.needed.get(structure, frozenset())
        first: dict[int, int] = {}
        key: list[Any] = []
        kinds, same = [], []
        for n, x in enumerate(leaves):
            if type(x) is np.ndarray and x.dtype.kind in "fiubc":  # what most leaves are
                kinds.append(ARRAY)
                key.append((ARRAY, x.shape, x.dtype))
                same.append(first.setdefault(id(x), n))
                continue
            if isinstance(x, np.ndarray) and x.dtype.kind == "O":
                x = leaves[n] = unbridge(x)
            kind = _kind(x)
            kind = STATIC if kind == NUMBER and n in needed else kind
            kinds.append(kind)
            if kind == STATIC:
                key.append((type(x), self._hashable(x)))
            elif kind == NUMBER:
                key.append(type(x))
            else:
                like = x.value if kind == TENSOR and (x.alias is None or type(x.alias) is Root) else x
                key.append((kind, like.shape, like.dtype))
            same.append(first.setdefault(id(x), n) if kind in (ARRAY, TENSOR, BOX) else n)
        fixed = frozenset([(k, type(v), self._hashable(v)) for k, v in static.items()]) if static else _NOTHING
        return Call((structure, tuple(key), tuple(same), fixed), leaves, tuple(kinds), tuple(same), structure, static)

    def need(self, structure: tree.Structure, leaves: frozenset[int]) -> None:
        """From now on these leaves of arguments of this structure are static."""
        self.needed[structure] = self.needed.get(structure, frozenset()) | leaves

    def _hashable(self, x: Any) -> Any:
        try:
            hash(x)
        except TypeError as error:
            raise InvalidArgument(
                explain(
                    f"{self.name} at {user_line()} got a static {type(x).__name__}, which has no hash.",
                    "What is not an array or a number is part of the key by which compiled programs are found again.",
                    "Pass a tuple instead of a list, or give the class __hash__ and __eq__.",
                )
            ) from error
        return x


_FLAT = frozenset([np.ndarray, Tensor, np.float64, np.float32, float, int, bool, str])
_NOTHING: frozenset[Any] = frozenset()


def _parameters(f: Callable[..., Any]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The parameters that a function takes by position (None: not by keyword, too), and all that it takes by keyword.

    Nothing if it sees how its arguments are spelt, as with **kwargs, or does not say.
    """
    bound = isinstance(f, types.MethodType)
    function = f.__func__ if isinstance(f, types.MethodType) else f
    if not isinstance(function, types.FunctionType) or function.__code__.co_flags & inspect.CO_VARKEYWORDS:
        return (), ()
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    alone = code.co_posonlyargcount
    positions = (*[None] * alone, *names[alone : code.co_argcount])
    return positions[bound:], names[max(bound, alone) :]


def _kind(x: Any) -> str:
    if isinstance(x, np.ndarray):
        if type(x) is not np.ndarray and not isinstance(x, np.memmap):
            raise InvalidArgument(
                explain(
                    f"a compiled function got a {type(x).__name__} at {user_line()}.",
                    "Its operators mean something else than those of an ndarray, which is what is compiled.",
                    "Pass np.asarray(x), or call the function without jit.",
                )
            )
        if x.dtype.kind in "biufc":
            return ARRAY
        raise InvalidArgument(
            explain(
                f"a compiled function got an array of dtype {x.dtype} at {user_line()}.",
                "Only numbers and booleans are computed with.",
                "Convert it before the call, or take it out of the arguments.",
            )
        )
    if isinstance(x, Box):
        return TENSOR if x.level == 0 else BOX
    if isinstance(x, np.generic):
        return SCALAR if x.dtype.kind in "biufc" else STATIC
    return NUMBER if type(x) in _NUMBERS and (type(x) is not int or x in _INT64) else STATIC


def _wrong(what: str, name: str, places: Sequence[str]) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"jit({name}, {what}) at {user_line()}.",
            f"{name} takes the arguments ({', '.join(places)}).",
            "Give the positions or names of arguments that the function has.",
        )
    )
