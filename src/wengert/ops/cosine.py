"""Cosine and sine transforms of the types 1 to 4, over several axes: one linear row. The Hankel transform is another.

Their matrices over N entries, up to the factor of `norm`, which is the same for a type and its transpose:

    DCT-1   c_n cos(π k n / (N - 1)),  c = 1, 2, …, 2, 1    DST-1   2 sin(π (k + 1) (n + 1) / (N + 1))
    DCT-2   2 cos(π k (2n + 1) / 2N)                        DST-2   2 sin(π (k + 1) (2n + 1) / 2N)
    DCT-3   c_n cos(π (2k + 1) n / 2N),  c = 1, 2, …, 2     DST-3   c_n sin(π (2k + 1) (n + 1) / 2N),  c = 2, …, 2, 1
    DCT-4   2 cos(π (2k + 1) (2n + 1) / 4N)                 DST-4   2 sin(π (2k + 1) (2n + 1) / 4N)

Types 2 and 3 are transposes of each other, and the others of themselves, except for the entries with c = 1. The
transpose of a matrix with c on its columns has c on its rows: these entries are doubled before the transform, and where
the type that is used has c on its rows instead, halved after it. Orthogonalized matrices are multiples of orthogonal
ones, and there is no such exception. (S. A. Martucci, "Symmetric convolution and the discrete sine and cosine
transforms", 1994.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, linear
from wengert.ops.lazy import scipy_function
from wengert.spec import shift

__all__: list[str] = []

_TRANSFORMS = {sine: scipy_function("scipy.fft", name) for sine, name in ((False, "dctn"), (True, "dstn"))}
_TRANSPOSED = {1: 1, 2: 3, 3: 2, 4: 4}


def _transform(x: Any, sine: bool, type: int, axes: tuple[int, ...], norm: str, orthogonalize: bool) -> Any:
    if x.dtype.kind == "c":  # SciPy forgets `orthogonalize` of complex numbers
        parts = [_transform(part, sine, type, axes, norm, orthogonalize) for part in (x.real, x.imag)]
        return parts[0] + 1j * parts[1]
    return _TRANSFORMS[sine](x, type, axes=axes, norm=norm, orthogonalize=orthogonalize)


def _special_ends(sine: bool, type: int) -> list[int]:
    """The entries with c = 1 in the matrix or its transpose."""
    if type == 1:
        return [] if sine else [0, -1]
    return [] if type == 4 else [-1] if sine else [0]


def _scaled(x: Any, axes: tuple[int, ...], ends: list[int], by: float) -> Any:
    for axis in axes:
        scale = np.ones(x.shape[axis], np.zeros((), x.dtype).real.dtype)
        scale[ends] = by
        x = x * scale.reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    return x


def _adjoint(g: Any, sine: bool, type: int, axes: tuple[int, ...], norm: str, orthogonalize: bool) -> Any:
    ends = [] if orthogonalize else _special_ends(sine, type)
    if ends and type in (1, 2):
        g = _scaled(g, axes, ends, 2.0)
    g = cosine_transform(g, sine=sine, type=_TRANSPOSED[type], axes=axes, norm=norm, orthogonalize=orthogonalize)
    return _scaled(g, axes, ends, 0.5) if ends and type in (1, 3) else g


cosine_transform: Op = linear(
    _transform,
    "x",
    name="cosine_transform",
    x=_adjoint,
    batch=lambda axes, **rest: {"axes": shift(axes), **rest},
)

# The fast Hankel transform is D R C D up to a number: C a circulant matrix, R the reversal, D diagonal (A. J. S.
# Hamilton, "Uncorrelated modes of the non-linear power spectrum", 2000). R Cᵀ R = C for every circulant matrix, so R C
# is symmetric, and with it the transform and its inverse.

_HANKEL = {inverse: scipy_function("scipy.fft", name) for inverse, name in ((False, "fht"), (True, "ifht"))}


def _hankel(a: Any, inverse: bool, **params: Any) -> Any:
    return _HANKEL[inverse](a, **params) if a.size else a


hankel_transform: Op = linear(
    lambda a, dln, mu, offset, bias, inverse: _hankel(a, inverse, dln=dln, mu=mu, offset=offset, bias=bias),
    "a",
    name="hankel_transform",
    a=lambda g, dln, mu, offset, bias, inverse: hankel_transform(
        g, dln=dln, mu=mu, offset=offset, bias=bias, inverse=inverse
    ),
    batch=lambda **params: params,
)
