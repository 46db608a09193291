"""``f(x, out=y)``: results in memory that the caller has.

A result is written there by the program itself if the array is contiguous, of its dtype, and no input's memory;
else it is copied, as NumPy's functions do with their `out`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert import tree
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.record import Variable
from wengert.spec import Spec, spec

if TYPE_CHECKING:
    from wengert.compiler.recipe import Recipe

__all__ = ["filled", "is_free", "places"]


def is_free(f: Callable[..., Any]) -> bool:
    """Whether a function has no argument of its own that is called `out`."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # a function written in C need not say
        return False
    return not any(p.name == "out" or p.kind is p.VAR_KEYWORD for p in parameters)


def places(recipe: Recipe, out: Any, name: str) -> dict[int, Any]:
    """Which results of the program can be written to which arrays at once; raises `InvalidArgument` if one is wrong."""
    targets = _targets(recipe.structure, out, name)
    found: dict[int, Any] = {}
    for (kind, what), target in zip(recipe.results, targets, strict=True):
        if kind not in ("array", "scalar", "number"):
            continue
        x = recipe.callee.graph.outputs[what]
        made = x.spec if isinstance(x, Variable) else spec(x)
        _check(target, made, name)
        if made.shape and target.dtype == made.dtype and target.flags.c_contiguous and target.flags.aligned:
            found[what] = target
    return found


def filled(result: Any, out: Any, name: str) -> Any:
    """`out`, with the result in it where it is not there already."""
    leaves, structure = tree.flatten(result)
    targets = _targets(structure, out, name)
    for x, target in zip(leaves, targets, strict=True):
        if x is not target:
            if not isinstance(x, np.ndarray | np.generic | int | float | complex):
                raise _not_numbers(x, name)
            _check(target, spec(x), name)
            np.copyto(target, x, casting="same_kind")
    return out


def _targets(structure: tree.Structure, out: Any, name: str) -> Sequence[Any]:
    found, given = tree.flatten(out)
    if given != structure:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got out={given!r}.",
                f"Its results are {structure!r}, and each needs an array.",
                "Give arrays that nest as the results do.",
            )
        )
    return found


def _check(target: Any, made: Spec, name: str) -> None:
    what = f"{made.dtype}{list(made.shape)}"
    if not isinstance(target, np.ndarray):
        problem = f"a {type(target).__name__}"
    elif not target.flags.writeable:
        problem = "an array that is read-only"
    elif target.shape != made.shape or not np.can_cast(made.dtype, target.dtype, "same_kind"):
        problem = f"{target.dtype}{list(target.shape)}"
    else:
        return
    raise InvalidArgument(
        explain(
            f"{name} at {user_line()} got {problem} in out=.",
            f"The result that is to be written there is {what}.",
            f"Give np.empty({made.shape}, np.{made.dtype}).",
        )
    )


def _not_numbers(x: Any, name: str) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{name} at {user_line()} got out=, but its result is a {type(x).__name__}.",
            "Only arrays can be written to memory that is given; a tape or another transform needs its own.",
            "Leave out= away, or call the function outside of the transform.",
        )
    )
