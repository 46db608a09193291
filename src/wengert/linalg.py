"""NumPy's linear algebra under wg: every function is NumPy's own and understands ``dim=`` and ``keepdim=`` too."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.names import adapted

NAMES = """
LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm matrix_power
matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals tensordot tensorinv tensorsolve
trace vecdot vector_norm
"""

__all__ = NAMES.split()  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(np.linalg, name)
    globals()[name] = found = found if isinstance(found, type) else adapted(found)
    return found


def __dir__() -> list[str]:
    return __all__
