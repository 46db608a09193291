"""NumPy's linear algebra under wg, and what PyTorch has besides; functions understand ``dim=`` and ``keepdim=`` too."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.names import adapted
from wengert.pytorch import algebra
from wengert.pytorch.spelled import spelled

NAMES = """
LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm matrix_power
matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals tensordot tensorinv tensorsolve
trace vecdot vector_norm
"""

__all__ = sorted({*NAMES.split(), *algebra.LINALG})  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in algebra.LINALG:
        found: Any = spelled(algebra.LINALG[name])
    else:
        found = getattr(np.linalg, name)
        found = found if isinstance(found, type) else adapted(found)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
