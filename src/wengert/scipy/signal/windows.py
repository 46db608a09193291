"""Twins of `scipy.signal.windows`: windows as functions of what shapes them, SciPy's own formulas (`rereading`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy.signal import windows as theirs

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.rereading import reread_twin

_REREAD: dict[str, Callable[..., Any]] = {
    name: reread_twin(getattr(theirs, name))
    for name in """
    chebwin dpss exponential gaussian general_cosine general_gaussian general_hamming get_window kaiser
    kaiser_bessel_derived taylor tukey
    """.split()
}

__all__ = list(_REREAD)
globals().update(_REREAD)

__getattr__ = fall_through("scipy.signal.windows")
