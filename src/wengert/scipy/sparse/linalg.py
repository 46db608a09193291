"""Twins of `scipy.sparse.linalg`: solutions, eigenvalues, norms, operators."""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.sparse import eigen, iterations, operators, systems
from wengert.scipy.sparse.eigen import *  # noqa: F403
from wengert.scipy.sparse.iterations import *  # noqa: F403
from wengert.scipy.sparse.operators import *  # noqa: F403
from wengert.scipy.sparse.systems import *  # noqa: F403

__all__ = sorted([*eigen.__all__, *iterations.__all__, *operators.__all__, *systems.__all__])  # noqa: PLE0605

__getattr__ = fall_through("scipy.sparse.linalg")
