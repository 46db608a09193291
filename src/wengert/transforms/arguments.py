"""What every transform does with its arguments: which are differentiated, and what may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, read, refuse_subclass, unbridge
from wengert.core.twins import annotate
from wengert.errors import InvalidArgument, NotDifferentiable, WengertError, explain, user_line
from wengert.interpreters.tensor import Tensor

__all__ = [
    "compiled_with",
    "differentiable",
    "evaluate",
    "holomorphic_arguments",
    "opened",
    "partial_in",
    "picked",
    "scalar_result",
]

Function = Callable[..., Any]


def compiled_with(f: Function, transform: Function, argnums: int | Sequence[int], has_aux: bool) -> Function | None:
    """Of a compiled function the transform, compiled as a whole; None for any other function."""
    make = getattr(type(f), "transformed", None)
    if make is None:
        return None
    argnums = argnums if isinstance(argnums, int | np.integer) else tuple(argnums)
    made: Function = make(f, transform, argnums, has_aux)
    return made


def differentiable(x: Any, what: str) -> Any:
    """A leaf as something that has a derivative; Python numbers become float64."""
    if isinstance(x, Box):
        current: Box = x if x.alias is None else _synced(x)
        kind = current.dtype.kind
        x = current.copied()
    elif isinstance(x, bool | str | bytes):
        kind = type(x).__name__
    elif isinstance(x, int | float | complex) and not isinstance(x, np.generic):
        return np.asarray(x, complex if isinstance(x, complex) else float)[()]
    else:
        refuse_subclass(x, what)
        x = unbridge(x if isinstance(x, np.ndarray | np.generic) else np.asarray(x))
        kind = x.dtype.kind
    if kind in ("f", "c"):
        return x
    raise NotDifferentiable(
        explain(
            f"{what} at {user_line()} got an argument of type {getattr(x, 'dtype', type(x).__name__)}.",
            "Integers, booleans and text have no derivative." if kind != "V" else _RECORDS,
            "Write x.astype(float), or leave the argument out of argnums." if kind != "V" else _FIELDS,
        )
    )


_RECORDS = "A structured array is several arrays in one, and NumPy's functions do not compute with it."
_FIELDS = 'Give its fields: x["name"], or {name: x[name] for name in x.dtype.names}.'


def _synced(x: Any) -> Any:
    x.alias.sync(x, None, {})
    return x


def evaluate(f: Function, *args: Any, **kwargs: Any) -> Any:
    """Call the user's function.

    Where a tracked value is put into a plain array (``y[0] = x[0]``, ``astype``), NumPy wraps our exception into
    a ValueError about sequences, which says nothing to the user; it is unwrapped here. Where
    code of SciPy's fails on a tensor without having asked it, or NumPy on an array of objects, a note is added to the
    error.
    """
    try:
        return f(*args, **kwargs)
    except WengertError:
        raise
    except Exception as error:
        if isinstance(error, ValueError) and isinstance(error.__cause__, WengertError):
            raise error.__cause__ from None
        annotate(error)
        _annotate_objects(error)
        raise


_OBJECT_LOOP = re.compile(r"loop of ufunc does not support argument \d+ of type (\w+) which has no callable (\w+)")


def _annotate_objects(error: BaseException) -> None:
    """Note at NumPy's error what a number beside tensors does to an array: ``np.sin(np.array([0.0, x[0]]))``.

    NumPy makes an array of Python objects of such a list and asks each for its method `sin`, which the tensor has and
    the number has not. It tells us neither of the array nor of the function.
    """
    if isinstance(error, TypeError) and (found := _OBJECT_LOOP.search(str(error))):
        kind, name = found.groups()
        note = explain(
            f"np.{name} got an array of Python objects, one of them a {kind}.",
            "np.array makes one of a list that has tensors beside plain numbers.",
            "Write np.array([...], like=x) or wg.array([...]) instead of np.array([...]), "
            "or wg.adopt(f) if others wrote the code.",
        )
        if note not in getattr(error, "__notes__", ()):  # which a transform inside this one has said
            error.add_note(note)


def picked(args: Sequence[Any], argnums: int | Sequence[int]) -> Any:
    """The arguments that `argnums` names: one, or a tuple."""
    if isinstance(argnums, int | np.integer):
        _in_range(argnums, args)
        return args[argnums]
    for n in argnums:
        _in_range(n, args)
    return tuple(args[n] for n in argnums)


def holomorphic_arguments(chosen: Any, what: str) -> None:
    """Raise unless all that is differentiated is complex, as holomorphic=True says."""
    for leaf in tree.leaves(chosen):
        dtype = np.result_type(leaf) if not isinstance(leaf, Box) else leaf.dtype
        if dtype.kind != "c":
            raise NotDifferentiable(
                explain(
                    f"{what} with holomorphic=True at {user_line()} got an argument of type {dtype}.",
                    "A holomorphic function is one of complex numbers, whose derivative is one complex number.",
                    "Write z.astype(complex), leave holomorphic=True out, or use wg.wirtinger.",
                )
            )


def _in_range(n: Any, args: Sequence[Any]) -> None:
    if not -len(args) <= n < len(args):
        raise InvalidArgument(
            explain(
                f"argnums={n} at {user_line()}, but the function was called with {len(args)} positional arguments.",
                "Only positional arguments are differentiated.",
                "Pass the argument by position, or give another argnums.",
            )
        )


def partial_in(f: Function, args: Sequence[Any], argnums: int | Sequence[int], kwargs: dict[str, Any]) -> Function:
    """`f` as a function of the picked arguments alone."""

    def function(chosen: Any) -> Any:
        full = list(args)
        if isinstance(argnums, int | np.integer):
            full[argnums] = chosen
        else:
            for n, x in zip(argnums, chosen, strict=True):
                full[n] = x
        return f(*full, **kwargs)

    return function


def scalar_result(out: Any, what: str, holomorphic: bool = False) -> Any:
    """The single real (of a holomorphic function complex) number that a gradient is taken of; raises otherwise."""
    leaves, _ = tree.flatten(out)
    if len(leaves) != 1:
        got = f"{len(leaves)} values"
    else:
        leaf = unbridge(leaves[0])
        leaf = leaf if isinstance(leaf, Box) else np.asarray(leaf)
        if leaf.size == 1 and (leaf.dtype.kind == "c") == holomorphic:
            return leaf
        got = f"a {leaf.dtype} array of shape {leaf.shape}"
    raise InvalidArgument(
        explain(
            f"{what} at {user_line()} wants a function with one {'complex' if holomorphic else 'real'} number as "
            f"result, but it returned {got}.",
            "A gradient belongs to a scalar function; the derivative of several results is a Jacobian.",
            "Sum the result (np.sum(y), y[0]), or use wg.jacobian, wg.vjp, wg.derivative or wg.wirtinger.",
        )
    )


def opened(x: Any, cls: type[Box], level: int) -> Any:
    """The value of a box of this level; anything else unchanged, but object arrays are stacked first.

    What was made of constants only (``np.zeros_like(x)``) is an untracked eager tensor; it leaves as its array.
    """
    x = unbridge(x)
    if isinstance(x, cls) and x.level == level:
        if x.alias is not None:
            x.alias.sync(x, None, {})
        if isinstance(x, cls) and x.level == level:
            return x.value
    if isinstance(x, Tensor) and x.level == 0 and not x.tracked:
        return read(x)
    return x
