"""What every function that draws does with its arguments."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import Box, read
from wengert.errors import refuse

__all__ = ["cast", "demand", "floating", "known", "lengths", "result_shape"]


def known(x: Any) -> Any:
    """The numbers of a parameter; None while a transform does not tell them."""
    x = read(x) if isinstance(x, Box) and x.level == 0 else x
    return None if isinstance(x, Box) else np.asarray(x)


def demand(who: str, fits: Callable[[Any], Any], wanted: str, **parameters: Any) -> None:
    """Raise `InvalidArgument` for parameters whose numbers are known and do not fit."""
    for name, given in parameters.items():
        numbers = known(given)
        if numbers is not None and not np.all(fits(numbers)):
            raise refuse(f"{who} got {name}={given}", "There is no such distribution.", f"Give {name} {wanted}.")


def floating(dtype: Any, *parameters: Any) -> np.dtype[Any]:
    """The dtype to draw in: the one asked for, else that of the parameters, else float64."""
    if dtype is None:
        found = [x.dtype for x in parameters if getattr(x, "dtype", np.dtype(int)).kind in "fc"]
        return np.dtype(np.result_type(*found)) if found else np.dtype(np.float64)
    wanted: np.dtype[Any] = np.dtype(dtype)
    if wanted.kind != "f":
        raise refuse(f"dtype={wanted} was asked for", "These are real numbers.", "Give np.float64 or np.float32.")
    return wanted


def lengths(shape: Any) -> tuple[int, ...]:
    """A shape given as a number or as a sequence."""
    items = shape if isinstance(shape, tuple | list) else (shape,)
    try:
        found = tuple([operator.index(n) for n in items])
    except TypeError as error:
        raise refuse(f"shape={shape!r} was asked for", "A shape is made of whole numbers.", "Write (2, 3).") from error
    if min(found, default=0) < 0:
        raise refuse(f"shape={shape!r} was asked for", "No length is negative.", "Write (2, 3).")
    return found


def result_shape(shape: Any, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape asked for, which parameters of these shapes have to fit into; None: that of the parameters."""
    wanted = () if shape is None else lengths(shape)
    try:
        common = np.broadcast_shapes(*shapes)
        if shape is None:
            return common
        fits = np.broadcast_shapes(wanted, common) == wanted
    except ValueError:
        fits = False
    if not fits:
        raise refuse(
            f"shape={wanted} was asked for, with parameters of shapes {', '.join(map(str, shapes))}",
            "The parameters are broadcast to the shape of the result.",
            "Put new axes in front: shape=(n, *parameter.shape).",
        )
    return wanted


def cast(x: Any, dtype: Any) -> Any:
    """A parameter in that dtype."""
    if isinstance(x, Box):
        return x if x.dtype == dtype else x.astype(dtype)
    return np.asarray(x, dtype)
