"""PyTorch's questions about arrays: kinds of numbers, sizes, and what its tensors have beyond NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box

__all__ = [
    "get_default_dtype", "is_complex", "is_conj", "is_floating_point", "is_neg", "is_nonzero", "is_same_size",
    "is_signed", "is_tensor", "numel", "typename",
]  # fmt: skip


def numel(input: Any) -> int:
    """The number of entries."""
    return int(np.size(input))


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Box)


def is_floating_point(input: Any) -> bool:
    """Whether the numbers are real floats."""
    return bool(input.dtype.kind == "f")


def is_complex(input: Any) -> bool:
    """Whether the numbers are complex."""
    return bool(input.dtype.kind == "c")


def is_signed(input: Any) -> bool:
    """Whether the numbers may be negative."""
    return input.dtype.kind in "ifc"


def is_conj(input: Any) -> bool:
    """False: a conjugate is always computed here, never postponed."""
    return False


def is_neg(input: Any) -> bool:
    """False: a negative is always computed here, never postponed."""
    return False


def is_nonzero(input: Any) -> bool:
    """Whether the only entry differs from 0."""
    return bool(np.reshape(input, ()) != 0)


def is_same_size(input: Any, other: Any) -> bool:
    """Whether two arrays have one shape."""
    return bool(np.shape(input) == np.shape(other))


def get_default_dtype() -> Any:
    """float64, which numbers without a dtype have here."""
    return np.dtype(np.float64)


def typename(obj: Any) -> str:
    """The name of an object's type, with its module."""
    kind = type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
