"""Twins of `scipy.sparse`: arrays whose entries may be tensors, and whose products with tensors differentiate."""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.sparse import formats, linalg as linalg, places
from wengert.scipy.sparse.formats import *  # noqa: F403
from wengert.scipy.sparse.places import *  # noqa: F403

__all__ = sorted([*formats.__all__, *places.__all__])  # noqa: PLE0605

__getattr__ = fall_through("scipy.sparse")
