"""What convolutions, poolings and resizings make of their arguments: numbers per axis, shapes, and what they refuse."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.ops.spelling import lift
from wengert.ops.windows import Sizes

__all__ = ["check_positive", "images", "inexact", "per_axis", "same_size"]


def inexact(x: Any) -> Any:
    """An array or box of a real or complex floating dtype; integers become float64."""
    x = lift(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def per_axis(value: Any, d: int, name: str, least: int = 0) -> Sizes:
    """One integer for each of d axes: the same for all, or as given."""
    try:
        found = (operator.index(value),) * d
    except TypeError:
        found = tuple([operator.index(v) for v in value])
        found = found * d if len(found) == 1 else found
    if len(found) != d or min(found, default=least) < least:
        raise refuse(
            f"{name}={value!r}",
            f"It is one integer of at least {least}, or one for each of the {d} spatial axes.",
            f"Give {name}={(max(least, 1),) * d if d > 1 else max(least, 1)}, for example.",
        )
    return found


def images(input: Any, d: int, name: str) -> tuple[Any, bool]:
    """The input with axes (N, C, and d spatial ones), and whether the first was added."""
    x = lift(input)
    if x.ndim == d + 2:
        return x, False
    if x.ndim == d + 1:
        return x[None], True
    raise refuse(
        f"{name} got an input of shape {x.shape}",
        f"It is (N, C, …) or (C, …) with {d} spatial axes.",
        f"Reshape it to {d + 2} axes.",
    )


def same_size(kernel: Sizes, dilation: Sizes) -> Sizes:
    """The padding in front that, with as much or one more behind, gives as many windows as there are entries."""
    return tuple([d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True)])


def check_positive(size: Sequence[int], name: str, shape: Sequence[int]) -> None:
    """Raise unless the result has entries."""
    if any(n < 1 for n in size):
        raise refuse(
            f"{name} of an input of shape {tuple(shape)} would have the spatial shape {tuple(size)}",
            "A window does not fit into the padded input.",
            "Use a smaller kernel or dilation, or more padding.",
        )
