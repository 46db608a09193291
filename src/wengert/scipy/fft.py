"""Twins of `scipy.fft`: Fourier, cosine, sine and Hankel transforms.

Those of tensors are computed by NumPy (the Fourier transforms) and SciPy in one thread; `overwrite_x` and `workers` are
accepted and say nothing there, as neither changes the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import fft as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.ops.fft import complex_transform, fitted_along, from_half, opposite, over_axes, to_half
from wengert.ops.spelling import inexact, lift
from wengert.scipy.choice import twin_of
from wengert.scipy.fallthrough import fall_through
from wengert.spec import normal_axis

__getattr__ = fall_through("scipy.fft")

# What a twin gets: the tensor, its lengths and axes, the norm.
Several = Callable[[Any, Sequence[int], Sequence[int], "str | None"], Any]


# --- Fourier ----------------------------------------------------------------------------------------------------


def _one_axis(name: str, transform: Callable[..., Any], what: str) -> Any:
    """A twin of SciPy's transform of that name, along one axis."""

    def function(
        x: Any, n: int | None = None, axis: int = -1, norm: str | None = None, overwrite_x: bool = False,
        workers: int | None = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        _check_plan(plan)
        return transform(lift(x), n, axis, norm)

    return _finished(function, name, what)


def _several_axes(name: str, transform: Several, what: str, last_two: bool, half: bool = False) -> Any:
    """A twin of SciPy's transform of that name, over several axes."""
    default = (-2, -1) if last_two else None

    def function(
        x: Any, s: Any = None, axes: Any = default, norm: str | None = None, overwrite_x: bool = False,
        workers: int | None = None, *, plan: Any = None,
    ) -> Any:  # fmt: skip
        _check_plan(plan)
        x = lift(x)
        return transform(x, *_sizes(x, s, axes, half), norm)

    return _finished(function, name, what)


def _finished(function: Any, name: str, what: str, more: str = "") -> Any:
    """A twin with its name, its docstring and an example."""
    function.__name__ = function.__qualname__ = name
    call = f"wg.scipy.fft.{name}(x{more})"
    function.__doc__ = f"""{what}

    Arguments are those of `scipy.fft.{name}`. Raises ValueError for lengths below 1 and for axes that do not fit.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda x: np.sum(np.abs({call}) ** 2))(np.ones((3, 4))).shape
    (3, 4)
    """
    return twin_of(getattr(theirs, name))(function)


def _check_plan(plan: Any) -> None:
    if plan is not None:
        raise NotImplementedError("Passing a precomputed plan is not yet supported by scipy.fft functions")


def _sizes(x: Any, s: Any, axes: Any, half: bool = False) -> tuple[list[int], list[int]]:
    """Lengths and axes as SciPy reads them; `half`: the last axis holds half a spectrum."""
    lengths = None if s is None else [int(n) for n in np.atleast_1d(s)]
    if axes is None:
        count = x.ndim if lengths is None else len(lengths)
        if count > x.ndim:
            raise ValueError("shape requires more axes than are present")
        places = list(range(x.ndim - count, x.ndim))
    else:
        places = [normal_axis(int(a), x.ndim) for a in np.atleast_1d(axes)]
    if len(set(places)) < len(places):
        raise ValueError("all axes must be unique")
    if lengths is None:
        lengths = [x.shape[a] for a in places]
        if half:
            lengths[-1] = 2 * (lengths[-1] - 1)
    if len(lengths) != len(places):
        raise ValueError("when given, axes and shape arguments have to be of the same length")
    lengths = [x.shape[a] if n == -1 else n for n, a in zip(lengths, places, strict=True)]
    if any([n < 1 for n in lengths]):
        raise ValueError(f"invalid number of data points ({lengths}) specified")
    return lengths, places


def _forward(x: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None) -> Any:
    return over_axes(x, lengths, axes, norm, inverse=False) if axes else x + 0j


def _back(x: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None) -> Any:
    return over_axes(x, lengths, axes, norm, inverse=True) if axes else x + 0j


def _halved(x: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None) -> Any:
    x = to_half(x, lengths[-1], axes[-1], norm)
    return over_axes(x, lengths[:-1], axes[:-1], norm, inverse=False)


def _halved_back(x: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None) -> Any:
    return np.conj(_halved(x, lengths, axes, opposite(norm)))


def _unhalved(y: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None) -> Any:
    y = over_axes(y, lengths[:-1], axes[:-1], norm, inverse=True)
    return from_half(y, lengths[-1], axes[-1], norm)


def _unhalved_forward(y: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None) -> Any:
    return _unhalved(np.conj(y), lengths, axes, opposite(norm))


def _complex(inverse: bool) -> Callable[..., Any]:
    return lambda x, n, axis, norm: complex_transform(x, n, axis, norm, inverse)


# fmt: off
fft = _one_axis("fft", _complex(False), "The Fourier transform y_k = Σ_j e^(-2πijk/n) x_j along an axis.")
ifft = _one_axis("ifft", _complex(True), "The inverse of fft.")
rfft = _one_axis("rfft", to_half, "The first half of the Fourier transform of real numbers.")
irfft = _one_axis("irfft", from_half, "The inverse of rfft.")
hfft = _one_axis("hfft", lambda x, n, axis, norm: from_half(np.conj(x), n, axis, opposite(norm)),
    "The real transform of numbers with x_-j = conj(x_j), given by their first half.")
ihfft = _one_axis("ihfft", lambda x, n, axis, norm: np.conj(to_half(x, n, axis, opposite(norm))),
    "The inverse of hfft.")

fft2 = _several_axes("fft2", _forward, "The Fourier transform along two axes.", True)
ifft2 = _several_axes("ifft2", _back, "The inverse of fft2.", True)
rfft2 = _several_axes("rfft2", _halved, "The Fourier transform of real numbers along two axes, half of it.", True)
irfft2 = _several_axes("irfft2", _unhalved, "The inverse of rfft2.", True, half=True)
hfft2 = _several_axes("hfft2", _unhalved_forward, "The real transform of half an Hermitian matrix.", True, half=True)
ihfft2 = _several_axes("ihfft2", _halved_back, "The inverse of hfft2.", True)
fftn = _several_axes("fftn", _forward, "The Fourier transform along several axes.", False)
ifftn = _several_axes("ifftn", _back, "The inverse of fftn.", False)
rfftn = _several_axes("rfftn", _halved, "The Fourier transform of real numbers along several axes, half of it.", False)
irfftn = _several_axes("irfftn", _unhalved, "The inverse of rfftn.", False, half=True)
hfftn = _several_axes("hfftn", _unhalved_forward, "The real transform of half an Hermitian array.", False, half=True)
ihfftn = _several_axes("ihfftn", _halved_back, "The inverse of hfftn.", False)
# fmt: on


# --- cosines and sines ------------------------------------------------------------------------------------------

_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def _cosines(x: Any, sine: bool, inverse: bool, type: int, axes: Sequence[int], norm: str | None, ortho: Any) -> Any:
    """Cosine or sine transforms along axes, by the row `cosine_transform`."""
    if type not in _INVERSE:
        raise ValueError("invalid transform type")
    params = {
        "sine": sine,
        "type": _INVERSE[type] if inverse else type,
        "axes": tuple(axes),
        "norm": opposite(norm) if inverse else opposite(opposite(norm)),
        # SciPy reads `orthogonalize` of real numbers only, and so do we.
        "orthogonalize": norm == "ortho" if ortho is None or x.dtype.kind == "c" else bool(ortho),
    }
    return apply(TABLE["cosine_transform"], (x,), params) if axes else x


def _cosine(name: str, sine: bool, inverse: bool, what: str) -> Any:
    """A twin of SciPy's cosine or sine transform of that name, along one axis."""

    def function(
        x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None,
        overwrite_x: bool = False, workers: int | None = None, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        x = inexact(lift(x))
        axis = normal_axis(axis, x.ndim)
        x = x if n is None else fitted_along(x, axis, _sizes(x, n, axis)[0][0])
        return _cosines(x, sine, inverse, type, (axis,), norm, orthogonalize)

    return _finished(function, name, what)


def _cosines_of_several(name: str, sine: bool, inverse: bool, what: str) -> Any:
    """A twin of SciPy's cosine or sine transform of that name, over several axes."""

    def function(
        x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: str | None = None,
        overwrite_x: bool = False, workers: int | None = None, *, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        x = inexact(lift(x))
        lengths, places = _sizes(x, s, axes)
        for n, axis in zip(lengths, places, strict=True):
            x = fitted_along(x, axis, n)
        return _cosines(x, sine, inverse, type, places, norm, orthogonalize)

    return _finished(function, name, what)


dct = _cosine("dct", False, False, "The cosine transform of type 1 to 4 along an axis.")
idct = _cosine("idct", False, True, "The inverse of dct.")
dst = _cosine("dst", True, False, "The sine transform of type 1 to 4 along an axis.")
idst = _cosine("idst", True, True, "The inverse of dst.")
dctn = _cosines_of_several("dctn", False, False, "The cosine transform of type 1 to 4 along several axes.")
idctn = _cosines_of_several("idctn", False, True, "The inverse of dctn.")
dstn = _cosines_of_several("dstn", True, False, "The sine transform of type 1 to 4 along several axes.")
idstn = _cosines_of_several("idstn", True, True, "The inverse of dstn.")


# --- Hankel -----------------------------------------------------------------------------------------------------


def _hankel(a: Any, dln: float, mu: float, offset: float, bias: float, inverse: bool) -> Any:
    params = {"dln": dln, "mu": mu, "offset": offset, "bias": bias, "inverse": inverse}
    return apply(TABLE["hankel_transform"], (inexact(lift(a)),), params)


def _fht(a: Any, dln: float, mu: float, offset: float = 0.0, bias: float = 0.0) -> Any:
    return _hankel(a, dln, mu, offset, bias, inverse=False)


def _ifht(A: Any, dln: float, mu: float, offset: float = 0.0, bias: float = 0.0) -> Any:
    return _hankel(A, dln, mu, offset, bias, inverse=True)


_STEP = ", dln=0.1, mu=0.5"
fht = _finished(_fht, "fht", "The Hankel transform of a sequence with logarithmic spacing along the last axis.", _STEP)
ifht = _finished(_ifht, "ifht", "The inverse of fht.", _STEP)

_OURS = """
dct dctn dst dstn fft fft2 fftn fht hfft hfft2 hfftn idct idctn idst idstn ifft ifft2 ifftn ifht ihfft ihfft2 ihfftn
irfft irfft2 irfftn rfft rfft2 rfftn
"""

__all__ = _OURS.split()  # noqa: PLE0605 (a list)
