"""np.emath: functions that become complex where their values would not be real.

Whether they do depends on the values, so that real arguments have to be plain numbers (`concrete`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import astype, spell
from wengert.ops.spelling import lift

__all__: list[str] = []


def _wide(x: Any, leaves: Any) -> Any:
    """`x`, as complex numbers if some of its entries leave the interval where the function is real."""
    x = lift(x)
    if x.dtype.kind == "c" or not np.any(leaves(x.concrete("np.emath") if isinstance(x, Box) else x)):
        return x
    return astype(x, np.complex64 if x.dtype.itemsize <= (4 if x.dtype.kind == "f" else 2) else np.complex128)


def _negative(x: Any) -> Any:
    return _wide(x, lambda bare: bare < 0)


def _beyond_one(x: Any) -> Any:
    return _wide(x, lambda bare: np.abs(bare) > 1)


_function: Any
for _function, _domain in [
    (np.sqrt, _negative), (np.log, _negative), (np.log2, _negative), (np.log10, _negative),
    (np.arccos, _beyond_one), (np.arcsin, _beyond_one), (np.arctanh, _beyond_one),
]:  # fmt: skip
    _theirs: Any = getattr(np.emath, _function.__name__)
    spell(_theirs)(lambda x, _f=_function, _domain=_domain: _f(_domain(x)))


@spell(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    """The logarithm of x to the base n."""
    return np.log(_negative(x)) / np.log(_negative(n))


@spell(np.emath.power)
def power(x: Any, p: Any) -> Any:
    """x to the power p; negative integers as exponents count as floats."""
    p = lift(p)
    if p.dtype.kind in "iu" and np.any((p.concrete("np.emath.power") if isinstance(p, Box) else p) < 0):
        p = p * 1.0
    return np.power(_negative(x), p)
