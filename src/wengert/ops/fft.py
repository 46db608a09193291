"""Fourier transforms: three linear rows (complex, real to complex, complex to real), the rest composites.

With w = e^(-2πi/n) the transform is  y_k = s Σ_j w^(jk) x_j,  s the factor that `norm` chooses. Adjoints are taken
with the real scalar product ⟨a, b⟩ = Re Σ conj(a) b. That of the matrix s w^(jk) is its conjugate, as it is symmetric:
the transform in the other direction with the same factor, which NumPy knows by the opposite norm.

A real x has y_(n-k) = conj(y_k), so that the m = n//2 + 1 first entries say all: each but those of k = 0 and k = n/2
stands for two. With c_k = 2 for these, 1 for the others,

    rfft:   y_k = s Σ_j w^(jk) x_j              its adjoint  x_j = s Re Σ_k w^(-jk) g_k       = irfft(g / c)
    irfft:  x_j = s Σ_k c_k Re(w^(-jk) y_k)     its adjoint  y_k = s c_k Σ_j w^(jk) g_j       = c rfft(g)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, linear
from wengert.core.protocols import spell
from wengert.errors import user_stacklevel
from wengert.ops.spelling import lift
from wengert.spec import normal_axis, shift

__all__ = ["complex_transform", "fitted_along", "from_half", "opposite", "to_half"]

_OPPOSITE = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def opposite(norm: str | None) -> str:
    """The norm under which the other direction has the same factor."""
    if norm not in _OPPOSITE:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return _OPPOSITE[norm]


# --- rows -------------------------------------------------------------------------------------------------


def _fft(x: Any, axes: tuple[int, ...], norm: str, inverse: bool) -> Any:
    return (np.fft.ifftn if inverse else np.fft.fftn)(x, axes=axes, norm=norm)  # type: ignore[arg-type]


def _weights(g: Any, axis: int, n: int, inner: float) -> Any:
    """1 for the entries of a half spectrum that stand for themselves, `inner` for those that stand for two."""
    c = np.full(n // 2 + 1, inner, np.zeros((), g.dtype).real.dtype)
    c[0] = 1
    if n % 2 == 0:
        c[-1] = 1
    return c.reshape((-1,) + (1,) * (g.ndim - 1 - axis))


fft: Op = linear(
    _fft,
    "x",
    name="fft",
    x=lambda g, axes, norm, inverse: fft(g, axes=axes, norm=opposite(norm), inverse=not inverse),
    batch=lambda axes, norm, inverse: {"axes": shift(axes), "norm": norm, "inverse": inverse},
    torch="FftC2C",
)
rfft: Op = linear(
    lambda x, axis, norm: np.fft.rfft(x, axis=axis, norm=norm),
    "x",
    name="rfft",
    x=lambda g, like_shape, axis, norm: irfft(
        g * _weights(g, axis, like_shape[axis], 0.5), points=like_shape[axis], axis=axis, norm=opposite(norm)
    ),
    batch=lambda axis, norm: {"axis": axis + 1, "norm": norm},
    torch="FftR2C",
)
irfft: Op = linear(
    lambda y, points, axis, norm: np.fft.irfft(y, points, axis=axis, norm=norm),
    "y",
    name="irfft",
    y=lambda g, axis, norm: (out := rfft(g, axis=axis, norm=opposite(norm))) * _weights(out, axis, g.shape[axis], 2.0),
    batch=lambda points, axis, norm: {"points": points, "axis": axis + 1, "norm": norm},
    torch="FftC2R",
)

# --- along one axis -----------------------------------------------------------------------------------------


def fitted_along(x: Any, axis: int, n: int) -> Any:
    """`x` cropped, or padded by zeros, at its end to the length n along an axis."""
    have = x.shape[axis]
    if n < have:
        return x[(slice(None),) * axis + (slice(n),)]
    if n > have:
        return np.pad(x, [(0, n - have if a == axis else 0) for a in range(x.ndim)])
    return x


def complex_transform(x: Any, n: int | None, axis: int, norm: str | None, inverse: bool) -> Any:
    """The transform of complex or real numbers along one axis, cropped or padded to the length n."""
    x = lift(x)
    axis = normal_axis(axis, x.ndim)
    x = x if n is None else fitted_along(x, axis, _positive(n))
    return apply(fft, (x,), {"axes": (axis,), "norm": _checked(norm), "inverse": inverse})


def to_half(x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """The first half of the spectrum of real numbers along one axis."""
    x = lift(x)
    axis = normal_axis(axis, x.ndim)
    x = x if n is None else fitted_along(x, axis, _positive(n))
    return apply(rfft, (x,), {"axis": axis, "norm": _checked(norm)})


def from_half(y: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """The n real numbers of a half spectrum along one axis."""
    y = lift(y)
    axis = normal_axis(axis, y.ndim)
    n = _positive(2 * (y.shape[axis] - 1) if n is None else n)
    return apply(irfft, (fitted_along(y, axis, n // 2 + 1),), {"points": n, "axis": axis, "norm": _checked(norm)})


def _checked(norm: str | None) -> str:
    return opposite(opposite(norm))


def _positive(n: int) -> int:
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    return int(n)


@spell(np.fft.fft)
def _(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """y_k = Σ_j e^(-2πijk/n) x_j."""
    return complex_transform(a, n, axis, norm, inverse=False)


@spell(np.fft.ifft)
def _(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of fft."""
    return complex_transform(a, n, axis, norm, inverse=True)


@spell(np.fft.rfft)
def _(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The first half of the transform of real numbers."""
    return to_half(a, n, axis, norm)


@spell(np.fft.irfft)
def _(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of rfft."""
    return from_half(a, n, axis, norm)


@spell(np.fft.hfft)
def _(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The real transform of numbers with x_-j = conj(x_j), given by their first half."""
    return from_half(np.conj(lift(a)), n, axis, opposite(norm))


@spell(np.fft.ihfft)
def _(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of hfft."""
    return np.conj(to_half(a, n, axis, opposite(norm)))


# --- along several axes ---------------------------------------------------------------------------------------


def _sizes(a: Any, s: Any, axes: Any, half: bool = False) -> tuple[list[int], list[int]]:
    """Lengths and axes as NumPy reads them; `half`: the last axis holds half a spectrum."""
    given = s is not None
    if not given:
        lengths = list(a.shape) if axes is None else [a.shape[axis] for axis in axes]
    else:
        lengths = list(s)
    if axes is None:
        if given:
            _deprecated("`axes` should not be `None` if `s` is not `None`")
        axes = range(-len(lengths), 0)
    if len(lengths) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    if half and not given:
        lengths[-1] = (a.shape[axes[-1]] - 1) * 2
    if None in lengths:
        _deprecated("Passing an array containing `None` values to `s` is deprecated")
    places = [normal_axis(axis, a.ndim) for axis in axes]
    return [a.shape[p] if n is None or n == -1 else int(n) for n, p in zip(lengths, places, strict=True)], places


def _deprecated(what: str) -> None:
    warnings.warn(f"{what} (deprecated in NumPy 2.0).", DeprecationWarning, stacklevel=user_stacklevel())


def over_axes(x: Any, lengths: Sequence[int], axes: Sequence[int], norm: str | None, inverse: bool) -> Any:
    """The complex transform along several axes; along an axis that is named twice, twice."""
    if len(set(axes)) < len(axes):
        for n, axis in zip(reversed(lengths), reversed(axes), strict=True):
            x = complex_transform(x, n, axis, norm, inverse)
        return x
    for n, axis in zip(lengths, axes, strict=True):
        x = fitted_along(x, axis, _positive(n))
    return apply(fft, (x,), {"axes": tuple(axes), "norm": _checked(norm), "inverse": inverse}) if axes else x


def _several(inverse: bool, default: Any) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: str | None = None) -> Any:
        a = lift(a)
        return over_axes(a, *_sizes(a, s, axes), norm, inverse)

    return transform


def _half_of_several(default: Any) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: str | None = None) -> Any:
        a = lift(a)
        lengths, axes = _sizes(a, s, axes)
        a = to_half(a, lengths[-1], axes[-1], norm)
        return over_axes(a, lengths[:-1], axes[:-1], norm, inverse=False)

    return transform


def _several_from_half(default: Any) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: str | None = None) -> Any:
        a = lift(a)
        lengths, axes = _sizes(a, s, axes, half=True)
        a = over_axes(a, lengths[:-1], axes[:-1], norm, inverse=True)
        return from_half(a, lengths[-1], axes[-1], norm)

    return transform


_MADE: list[tuple[Any, Any, Callable[[Any], Callable[..., Any]]]] = [
    (np.fft.fft2, np.fft.fftn, lambda axes: _several(False, axes)),
    (np.fft.ifft2, np.fft.ifftn, lambda axes: _several(True, axes)),
    (np.fft.rfft2, np.fft.rfftn, _half_of_several),
    (np.fft.irfft2, np.fft.irfftn, _several_from_half),
]
for _last_two, _every, _make in _MADE:
    spell(_last_two)(_make((-2, -1)))
    spell(_every)(_make(None))


# --- order of the frequencies ---------------------------------------------------------------------------------


def _shifted(x: Any, axes: Any, up: bool) -> Any:
    x = lift(x)
    axes = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int | np.integer) else axes
    halves = [x.shape[axis] // 2 for axis in axes]
    return np.roll(x, tuple(halves if up else [-n for n in halves]), tuple(axes))


@spell(np.fft.fftshift)
def _(x: Any, axes: Any = None) -> Any:
    """The zero frequency moved to the middle."""
    return _shifted(x, axes, up=True)


@spell(np.fft.ifftshift)
def _(x: Any, axes: Any = None) -> Any:
    """The inverse of fftshift."""
    return _shifted(x, axes, up=False)
