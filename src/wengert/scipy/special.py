"""Twins of `scipy.special`.

SciPy's ufuncs ask us themselves, so they need none; its Python functions have theirs in `wengert.special`.
"""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.special import FUNCTIONS, pytorch

TWINS = {name: f for name, f in FUNCTIONS.items() if name not in pytorch.__all__}
__all__: list[str] = list(TWINS)

globals().update(TWINS)

__getattr__ = fall_through("scipy.special")
