"""Filters of Fourier transforms: twins of `scipy.ndimage`. Each multiplies with the transform of a kernel.

With k the frequency along an axis, in cycles per entry, and s the size or shift there:

    gaussian    exp(-2 π² Σ (s k)²)              shift       exp(-2πi Σ s k)
    uniform     Π sin(π s k) / (π s k)           ellipsoid   of r = π √Σ (s k)²:  sin r / r,  2 J₁(r) / r,
                                                             3 (sin r - r cos r) / r³  for 1, 2, 3 axes
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp
from scipy import ndimage as theirs

from wengert.core.protocols import astype
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import on_axis
from wengert.scipy.choice import twin_of
from wengert.scipy.ndfilters import finished, per_axis
from wengert.spec import normal_axis

__all__ = ["fourier_ellipsoid", "fourier_gaussian", "fourier_shift", "fourier_uniform"]


def _frequencies(shape: tuple[int, ...], n: int, axis: int) -> list[Any]:
    """Along every axis the frequencies of `fft`, or along `axis` those of `rfft` of n entries if n is not negative."""
    found = []
    for h, count in enumerate(shape):
        k = np.arange(count) / n if n >= 0 and h == axis else np.fft.fftfreq(count)
        found.append(on_axis(k, h, len(shape)))
    return found


def _summed(parts: list[Any]) -> Any:
    return sum(parts[1:], parts[0])


def _gaussian(scaled: list[Any]) -> Any:
    return np.exp(-2 * np.pi**2 * _summed([x * x for x in scaled]))


def _uniform(scaled: list[Any]) -> Any:
    out: Any = 1.0
    for x in scaled:
        out = out * np.sinc(x)
    return out


def _shift(scaled: list[Any]) -> Any:
    return np.exp(-2j * np.pi * _summed(scaled))


def _ellipsoid(scaled: list[Any]) -> Any:
    """The transform of a ball of the dimension that is the number of axes."""
    if len(scaled) == 1:
        return np.sinc(scaled[0])
    square = _summed([x * x for x in scaled])
    # At r = 0 the value is 1, and so it stays, because the frequencies there are 0.
    origin = square == 0
    r = np.pi * np.sqrt(np.where(origin, 1, square))
    ball = 2 * sp.j1(r) / r if len(scaled) == 2 else 3 * (np.sin(r) - r * np.cos(r)) / r**3
    return np.where(origin, 1, ball)


def _filtered(input: Any, size: Any, n: int, axis: int, output: Any, transform: Callable[[list[Any]], Any]) -> Any:
    """The input times a kernel's transform, a function of the frequencies times sizes along every axis."""
    x = inexact(lift(input))
    frequencies = _frequencies(x.shape, n, normal_axis(axis, x.ndim))
    scaled = [k * lift(s) for k, s in zip(frequencies, per_axis(size, x.ndim), strict=True)]
    return finished(x * transform(scaled), output, x.dtype)


@twin_of(theirs.fourier_gaussian)
def fourier_gaussian(input: Any, sigma: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """A Fourier transform times that of Gauss's bell.

    sigma: standard deviation in entries, for all axes or each, may be a tensor; n: the length before the transform
    along `axis`, if that was `rfft`, and negative if it was `fft`.

    >>> import wengert as wg
    >>> wg.grad(lambda s: wg.scipy.ndimage.fourier_gaussian(np.ones(4), s)[1])(0.5).round(4)
    np.float64(-0.9063)
    """
    return _filtered(input, sigma, n, axis, output, _gaussian)


@twin_of(theirs.fourier_uniform)
def fourier_uniform(input: Any, size: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """A Fourier transform times that of a box; arguments are those of `fourier_gaussian`, with the width for sigma.

    >>> import wengert as wg
    >>> wg.grad(lambda s: wg.scipy.ndimage.fourier_uniform(np.ones(4), s)[1])(1.0).round(4)
    np.float64(-0.1932)
    """
    return _filtered(input, size, n, axis, output, _uniform)


@twin_of(theirs.fourier_ellipsoid)
def fourier_ellipsoid(input: Any, size: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """A Fourier transform times that of an ellipsoid; arguments are those of `fourier_gaussian`, with its width.

    Raises NotImplementedError for more than 3 axes.

    >>> import wengert as wg
    >>> wg.grad(lambda s: wg.scipy.ndimage.fourier_ellipsoid(np.ones(4), s)[1])(1.0).round(4)
    np.float64(-0.1932)
    """
    if np.ndim(input) > 3:
        raise NotImplementedError("Only 1d, 2d and 3d inputs are supported")
    return _filtered(input, size, n, axis, output, _ellipsoid)


@twin_of(theirs.fourier_shift)
def fourier_shift(input: Any, shift: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """A Fourier transform times that of a shift, complex; arguments are those of `fourier_gaussian`, with the shift.

    >>> import wengert as wg
    >>> wg.grad(lambda s: np.imag(wg.scipy.ndimage.fourier_shift(np.ones(4), s)[1]))(0.0).round(4)  # -2π/4
    np.float64(-1.5708)
    """
    x = inexact(lift(input))
    return _filtered(x if x.dtype.kind == "c" else astype(x, np.complex128), shift, n, axis, output, _shift)
