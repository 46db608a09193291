"""Spherical Bessel functions, which SciPy's Python functions give for arrays only.

With the derivatives of DLMF 10.51.2, at every point and without a division by the argument:

    (2n+1) f' = n fₙ₋₁ - (n+1) fₙ₊₁ for j and y,    n iₙ₋₁ + (n+1) iₙ₊₁ for i,    -n kₙ₋₁ - (n+1) kₙ₊₁ for k
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise
from wengert.ops.special.source import scipy_special

__all__ = ["slope", "spherical_in", "spherical_jn", "spherical_kn", "spherical_yn"]


def slope(f: Any, n: Any, z: Any, below: int, above: int) -> Any:
    """The derivative of one of them, from its neighbours with these signs. At n = 0 there is none below."""
    lower = f(np.maximum(n - 1, 0), z) * np.where(n == 0, 0, below)
    return (n * lower + above * (n + 1) * f(n + 1, z)) / (2 * n + 1)


spherical_jn: Op = elementwise(
    scipy_special("spherical_jn"), "n z", name="spherical_jn", dn=0, dz=lambda n, z: slope(spherical_jn, n, z, 1, -1)
)
spherical_yn: Op = elementwise(
    scipy_special("spherical_yn"), "n z", name="spherical_yn", dn=0, dz=lambda n, z: slope(spherical_yn, n, z, 1, -1),
    singular=True,
)  # fmt: skip
spherical_in: Op = elementwise(
    scipy_special("spherical_in"), "n z", name="spherical_in", dn=0, dz=lambda n, z: slope(spherical_in, n, z, 1, 1)
)
spherical_kn: Op = elementwise(
    scipy_special("spherical_kn"), "n z", name="spherical_kn", dn=0, dz=lambda n, z: slope(spherical_kn, n, z, -1, -1),
    singular=True,
)  # fmt: skip
