"""Twins of `scipy.special`.

SciPy's ufuncs ask us themselves, so they need none; its Python functions have theirs in `wengert.special`.
"""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.special import FUNCTIONS

__all__: list[str] = list(FUNCTIONS)

globals().update(FUNCTIONS)

__getattr__ = fall_through("scipy.special")
