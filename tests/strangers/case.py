"""A case: a function of somebody else's, and the arguments to call it with."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree

__all__ = ["Case", "F", "calls", "parts", "resolve"]

Function = Callable[..., Any]


class Case(NamedTuple):
    """A function by its full name; it is differentiated in the floats and arrays of floats among the positions `wrt`.

    prepare: makes what is called out of what the name stands for, where that is a class or a maker of functions.
    """

    path: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    wrt: tuple[int, ...]
    prepare: Callable[[Any], Function] | None

    @property
    def package(self) -> str:
        """The first part of the name."""
        return self.path.partition(".")[0]

    def function(self) -> Function:
        """What is called: a function of the arguments `wrt`."""
        found = resolve(self.path)
        called = found if self.prepare is None else self.prepare(found)

        def run(*chosen: Any) -> Any:
            args = list(self.args)
            for n, x in zip(self.wrt, chosen, strict=True):
                args[n] = x
            return called(*args, **self.kwargs)

        return run

    def point(self) -> tuple[Any, ...]:
        """Fresh copies of the arguments that the function is differentiated in."""
        return tuple([np.array(self.args[n], float)[()] for n in self.wrt])


def resolve(path: str) -> Any:
    """What a dotted name stands for: a module's attribute, or an attribute of that."""
    names = path.split(".")
    for n in range(len(names) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(names[:n]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, names[n:], found)
    raise ModuleNotFoundError(path)


def F(
    path: str,
    *args: Any,
    wrt: int | Sequence[int] | None = None,
    prepare: Callable[[Any], Function] | None = None,
    **kwargs: Any,
) -> Case:
    """The function `path` of these arguments, differentiated in all arrays of floats among them and all floats."""
    if wrt is None:
        wrt = [
            n for n, x in enumerate(args) if isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype == float)
        ]
    return Case(path, args, kwargs, (wrt,) if isinstance(wrt, int) else tuple(wrt), prepare)


def calls(module: str, names: str, *args: Any, **options: Any) -> list[Case]:
    """Several functions of one module, of the same arguments."""
    return [F(f"{module}.{name}", *args, **options) for name in names.split()]


def parts(result: Any) -> Iterable[Any]:
    """The floating-point arrays in a function's result, object arrays of tensors among them."""
    for leaf in tree.leaves(result):
        dtype = getattr(leaf, "dtype", None)
        if isinstance(leaf, float) or (dtype is not None and dtype.kind in "fcO"):
            yield leaf
