"""Constants: what is known of them, and equations that have nothing else as operands."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.op import TABLE, Op
from wengert.interpreters.record import Variable
from wengert.spec import Spec

__all__ = ["UNKNOWN", "fold", "is_constant", "is_filled", "uniform"]

# A folded result may have this many bytes, unless it is a view of its operand.
LIMIT = 1_000_000
VIEWS = frozenset(TABLE[name] for name in "broadcast_to reshape transpose slice flip diagonal real imag".split())
UNKNOWN: Any = object()


def is_constant(x: Any) -> bool:
    """Whether an operand is a plain number or array."""
    return type(x) is not Variable and not isinstance(x, Box)


def fold(op: Op, operands: Sequence[Any], params: Mapping[str, Any], spec: Spec) -> Any:
    """The result of an op on constants, UNKNOWN if it is left to be computed at run time.

    An op that fails on its constants fails when the program runs, as it does in eager mode.
    """
    if TABLE.get(op.name) is not op or op.outputs != 1:
        return UNKNOWN
    if op in VIEWS:
        return _folded(op, operands, params)
    if spec.size * spec.dtype.itemsize > LIMIT:
        return UNKNOWN
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _folded(op, operands, params)


def _folded(op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    try:
        return op.impl(*operands, **params)
    except Exception:
        return UNKNOWN


def uniform(x: Any) -> Any:
    """The value that all entries of a constant share, UNKNOWN if they differ (or it is empty, or no number)."""
    if isinstance(x, float | int | np.generic):
        return x
    if type(x) is not np.ndarray or not x.size or x.dtype.kind not in "biufc":
        return UNKNOWN
    first = x[(0,) * x.ndim]
    if x.strides == (0,) * x.ndim or x.size == 1:
        return first
    if x[(-1,) * x.ndim] != first:
        return UNKNOWN
    same = bool(np.all(x == first)) and (
        first != 0 or x.dtype.kind != "f" or not np.any(np.signbit(x) != np.signbit(first))
    )
    return first if same else UNKNOWN


def is_filled(x: Any, value: float) -> bool:
    """Whether a constant is this number everywhere; +0 and -0 are told apart by the caller if it must."""
    if type(x) is float or type(x) is int:
        return x == value
    found = uniform(x)
    return found is not UNKNOWN and bool(found == value)
