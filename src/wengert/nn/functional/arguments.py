"""What the functions of `nn.functional` make of their arguments, and what they refuse."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from wengert.core.apply import Box, read
from wengert.errors import InvalidArgument, NotDifferentiable, explain, user_line, user_stacklevel
from wengert.interpreters.tape import mode
from wengert.interpreters.tensor import Tensor
from wengert.nn.functional.geometry import inexact
from wengert.ops.spelling import lift
from wengert.spec import normal_axis

__all__ = [
    "TargetOutOfRange",
    "axis_of",
    "check_range",
    "class_axis",
    "class_numbers",
    "classified",
    "entry_weight",
    "floats",
    "on_tape",
    "out_of",
    "pair",
    "reduction_meant",
    "reduction_of",
    "same_shape",
    "targets",
    "unknown",
]


def classified(input: Any, target: Any, ignore_index: int | None, name: str) -> tuple[Any, Any, int, bool]:
    """Scores, class numbers of the matching shape and within range, the axis of the classes, and if all count."""
    x = floats(input)
    axis = class_axis(x, name)
    classes = class_numbers(target, name)
    wanted = x.shape[:axis] + x.shape[axis + 1 :]
    if classes.shape != wanted:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got input of shape {x.shape} and target of shape {classes.shape}.",
                f"With the classes on axis {axis} there is one class number for each of the other places: {wanted}.",
                f"Give class numbers of shape {wanted}"
                + (", or floats of the input's shape as probabilities." if name == "cross_entropy" else "."),
            )
        )
    return x, classes, axis, check_range(classes, x.shape[axis], name, ignore_index)


def class_axis(x: Any, name: str) -> int:
    """The axis of the classes: 1, or 0 where there is only one."""
    if not x.ndim:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got one number as input.",
                "There must be one score per class.",
                "Give an array of shape (C), (N, C) or (N, C, …).",
            )
        )
    return 0 if x.ndim == 1 else 1


def class_numbers(target: Any, name: str) -> Any:
    """An array or box of integers."""
    classes = lift(target)
    if classes.dtype.kind not in "iu":
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got class numbers of dtype {classes.dtype}.",
                "A class is named by an integer from 0 on.",
                "Write target.astype(int).",
            )
        )
    return classes


class TargetOutOfRange(InvalidArgument, IndexError):
    """A class number that there is no score for."""


def check_range(classes: Any, count: int, name: str, ignore_index: int | None = None) -> bool:
    """Raise `TargetOutOfRange` unless all class numbers are from 0 to count - 1, or to be ignored; whether none is."""
    numbers = classes
    while isinstance(numbers, Box):  # the numbers of this run, of every entry of a batch
        numbers = read(numbers)
    # Read as unsigned, negative numbers are large.
    if not numbers.size or numbers.view(f"u{numbers.itemsize}").max() < count:
        return ignore_index is None or not 0 <= ignore_index < count
    wrong = ((numbers < 0) | (numbers >= count)) & (numbers != ignore_index)
    if np.any(wrong):
        raise TargetOutOfRange(
            explain(
                f"{name} at {user_line()} got the class number {np.asarray(numbers)[wrong].flat[0]}.",
                f"There are {count} classes, numbered from 0 to {count - 1}.",
                "Check the targets, or the number of classes.",
            )
        )
    return False


def on_tape(x: Any) -> bool:
    """Whether nothing but the eager tape looks at what is done with a tensor, so that ops may be taken together."""
    return type(x) is Tensor and mode.plain and not x.level


def pair(input: Any, target: Any, name: str, *, complex_too: bool = False) -> tuple[Any, Any]:
    """Both as floats, or as complex numbers where these are let in; warns if they will be broadcast."""
    x = inexact(input) if complex_too else floats(input)
    y = targets(target, x, complex_too=complex_too)
    if x.shape != y.shape:
        warnings.warn(
            f"{name}: input of shape {x.shape} and target of shape {y.shape} are broadcast, which is seldom meant.",
            UserWarning,
            stacklevel=user_stacklevel(),
        )
    return x, y


def targets(target: Any, like: Any, *, complex_too: bool = False) -> Any:
    """Targets as floats; integers take the dtype of the numbers they belong to."""
    y = lift(target)
    if y.dtype.kind in "iub":
        return y.astype(like.dtype)
    return inexact(y) if complex_too else floats(y)


def same_shape(input: Any, target: Any, name: str) -> tuple[Any, Any]:
    """Both as floats; raises if their shapes differ."""
    x = floats(input)
    y = targets(target, x)
    if x.shape != y.shape:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got input of shape {x.shape} and target of shape {y.shape}.",
                "Every entry of the input has its own target.",
                "Reshape one of them: target.reshape(input.shape).",
            )
        )
    return x, y


def entry_weight(weight: Any, like: Any, name: str) -> Any:
    """A weight per entry, or the number 1."""
    if weight is None:
        return 1.0
    weight = floats(weight)
    rank = len(weight.shape)
    fits = rank <= like.ndim and all(
        n in (1, m) for n, m in zip(weight.shape, like.shape[like.ndim - rank :], strict=True)
    )
    if not fits:
        raise InvalidArgument(
            explain(
                f"{name} of shape {weight.shape} was given at {user_line()} for a target of shape {like.shape}.",
                "Weights are broadcast to the shape of the target.",
                "Give one weight per entry, or along the last axes.",
            )
        )
    return weight.astype(like.dtype)


def floats(x: Any, dtype: Any = None) -> Any:
    """An array or box of a real floating dtype."""
    x = lift(x)
    if dtype is not None:
        return x.astype(dtype)
    if x.dtype.kind == "f":
        return x
    if x.dtype.kind in "iub":
        return x.astype(np.float64)
    raise NotDifferentiable(
        explain(
            f"an activation or loss at {user_line()} got an array of dtype {x.dtype}.",
            "They are functions of real numbers.",
            "Take np.real(x) or np.abs(x) first.",
        )
    )


def axis_of(dim: int | None, axis: int | None, ndim: int) -> int:
    """The axis that was given under either name, by default the last."""
    if dim is not None and axis is not None:
        raise InvalidArgument(
            explain(f"dim={dim} and axis={axis} at {user_line()}.", "They are two names of one argument.", "Give one.")
        )
    return normal_axis(-1 if dim is None and axis is None else axis if dim is None else dim, ndim)


def reduction_of(reduction: str, ndim: int) -> dict[str, Any]:
    """The params of a loss row."""
    if reduction not in ("mean", "sum", "none"):
        raise unknown("reduction", reduction, ("mean", "sum", "none"))
    axis = () if reduction == "none" else tuple(range(ndim))
    return {"axis": axis, "mean": reduction == "mean"}


class OldArgument(InvalidArgument, TypeError):
    """An argument of PyTorch's older kind that is neither a bool nor None."""


def reduction_meant(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that PyTorch's older arguments mean, with a `DeprecationWarning`, if one of them is given."""
    if size_average is None and reduce is None:
        return reduction
    for name, given in (("size_average", size_average), ("reduce", reduce)):
        if not isinstance(given, bool | np.bool_ | None):
            raise OldArgument(
                explain(
                    f"a loss got {name}={given!r} at {user_line()}.",
                    "It stands where PyTorch has it: a bool that came before the argument reduction.",
                    f"Write reduction={given!r}." if isinstance(given, str) else "Write reduction=, by its name.",
                )
            )
    meant = "none" if reduce is not None and not reduce else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce are older ways to say reduction={meant!r}.",
        DeprecationWarning,
        stacklevel=user_stacklevel(),
    )
    return meant


def unknown(name: str, got: Any, known: tuple[Any, ...]) -> InvalidArgument:
    """The error for an argument that is none of those known."""
    return out_of(f"{name}={got!r} at {user_line()}.", "one of " + ", ".join(repr(k) for k in known))


def out_of(what: str, known: str) -> InvalidArgument:
    """The error for an argument outside its range."""
    return InvalidArgument(explain(what, f"The argument is {known}.", "Change it to that."))
