"""Twins of `scipy.sparse`: arrays whose entries may be tensors, and whose products with tensors differentiate."""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.sparse import linalg as linalg
from wengert.scipy.sparse.entries import coo_array, csc_array, csr_array

__all__ = ["coo_array", "csc_array", "csr_array"]

__getattr__ = fall_through("scipy.sparse")
