"""Convolution and correlation: twins of `scipy.signal`, over the row `linear_convolution`.

Of tensors they are computed directly or by Fourier transforms, whichever SciPy's `choose_conv_method` expects to be
faster, except where `method` says which.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.ops.linalg import conj
from wengert.ops.spelling import lift
from wengert.scipy.borders import continued, on_axis
from wengert.scipy.choice import twin_of
from wengert.spec import normal_axes

__all__ = [
    "convolve",
    "convolve2d",
    "convolved",
    "correlate",
    "correlate2d",
    "fftconvolve",
    "full_along",
    "oaconvolve",
]


def convolved(x: Any, y: Any, axes: tuple[int, ...], full: bool, fft: bool = False) -> Any:
    """All of the convolution over axes, or where y (no longer than x) overlaps wholly; other axes broadcast."""
    return apply(TABLE["linear_convolution"], (x, y), {"axes": axes, "full": full, "fft": fft})


def full_along(x: Any, taps: Any, axis: int) -> Any:
    """All of the convolution with 1-d `taps` along one axis."""
    return convolved(x, on_axis(taps, axis, x.ndim), (axis,), full=True)


def _faster_by_fft(x: Any, y: Any, axes: tuple[int, ...], mode: str) -> bool:
    sizes = [np.broadcast_to(0.0, [z.shape[a] for a in axes]) for z in (x, y)]
    return bool(theirs.choose_conv_method(*sizes, mode=mode) == "fft")


def _exchange(x: Any, y: Any, axes: tuple[int, ...], mode: str) -> tuple[Any, Any]:
    """For mode "valid" the longer one first."""
    if mode == "valid" and not all([x.shape[a] >= y.shape[a] for a in axes]):
        if not all([y.shape[a] >= x.shape[a] for a in axes]):
            raise ValueError("For 'valid' mode, one must be at least as large as the other in every dimension")
        return y, x
    return x, y


def _check_mode(mode: str) -> None:
    if mode not in ("full", "same", "valid"):
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")


def _centred(out: Any, shape: tuple[int, ...]) -> Any:
    """The middle of an array."""
    starts = [(n - m) // 2 for n, m in zip(out.shape, shape, strict=True)]
    return out[tuple([slice(a, a + m) for a, m in zip(starts, shape, strict=True)])]


def _over(x: Any, y: Any, mode: str, axes: tuple[int, ...], method: str) -> Any:
    """The convolution over axes, of the extent that the mode says."""
    _check_mode(mode)
    if x.size == 0 or y.size == 0:
        return np.array([])
    like, (x, y) = x.shape, _exchange(x, y, axes, mode)
    if not axes:
        return x * y
    fft = method == "fft" or (method == "auto" and _faster_by_fft(x, y, axes, mode))
    out = convolved(x, y, axes, full=mode != "valid", fft=fft)
    return _centred(out, like) if mode == "same" else out


def _check_ranks(x: Any, y: Any) -> None:
    if x.ndim != y.ndim:
        raise ValueError(f"in1 and in2 should have the same dimensionality, but have {x.ndim} and {y.ndim}")


@twin_of(theirs.convolve)
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The convolution of two arrays of the same number of axes.

    mode: "full", "same" (as in1, the middle) or "valid" (where they overlap wholly); method: "auto", "direct", "fft".
    Raises ValueError for ranks that differ and unknown modes.

    >>> import wengert as wg
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.convolve(x, [1.0, 1.0], "valid")))(x)
    array([1., 2., 1.])
    """
    x, y = lift(in1), lift(in2)
    if method not in ("auto", "direct", "fft"):
        raise ValueError("Acceptable method flags are 'auto', 'direct', or 'fft'.")
    if x.ndim == y.ndim == 0:
        return x * y
    _check_ranks(x, y)
    return _over(x, y, mode, tuple(range(x.ndim)), method)


@twin_of(theirs.correlate)
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The correlation z_k = Σ_l x_l conj(y_(l-k+N-1)) of two arrays of the same number of axes.

    Arguments are those of `convolve`. Raises ValueError as that does.

    >>> import wengert as wg
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> wg.grad(lambda x: wg.scipy.signal.correlate(x, [1.0, 5.0], "valid")[0])(x)
    array([1., 5., 0.])
    """
    y = lift(in2)
    return convolve(in1, conj(np.flip(y)) if y.ndim else conj(y), mode, method)


def _freely(in1: Any, in2: Any, mode: str, axes: Any) -> Any:
    """The convolution over axes, where axes of one entry broadcast."""
    x, y = lift(in1), lift(in2)
    if x.ndim == y.ndim == 0:
        return x * y
    _check_ranks(x, y)
    places = normal_axes(axes, x.ndim)
    if not places:
        raise ValueError("when provided, axes cannot be empty")
    # Along an axis where one of them has a single entry, convolution is a product that broadcasts.
    places = tuple([a for a in places if x.shape[a] != 1 and y.shape[a] != 1])
    if not all(
        [n == m or 1 in (n, m) for a, (n, m) in enumerate(zip(x.shape, y.shape, strict=True)) if a not in places]
    ):
        raise ValueError(f"incompatible shapes for in1 and in2: {x.shape} and {y.shape}")
    return _over(x, y, mode, places, "auto")


@twin_of(theirs.fftconvolve)
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution of two arrays over axes; the others broadcast.

    mode: as of `convolve`; axes: one, several or all (None). Raises ValueError for shapes that do not fit.

    >>> import wengert as wg
    >>> x = np.ones((2, 3))
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.fftconvolve(x, np.ones((1, 2)), "valid", axes=1)))(x)
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """
    return _freely(in1, in2, mode, axes)


@twin_of(theirs.oaconvolve)
def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution of two arrays over axes, by SciPy piecewise; of tensors it is `fftconvolve`.

    Arguments and errors are those of `fftconvolve`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.oaconvolve(x, np.array([1.0, 2.0]))))(np.ones(3))
    array([3., 3., 3.])
    """
    return _freely(in1, in2, mode, axes)


@twin_of(theirs.convolve2d)
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The convolution of two matrices.

    mode: as of `convolve`; boundary: what lies beyond in1, "fill" (fillvalue), "wrap" (periodic) or "symm" (reflected).
    Raises ValueError for other modes, boundaries and ranks.

    >>> import wengert as wg
    >>> x = np.ones((2, 2))
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.convolve2d(x, np.ones((2, 2)), "same", "wrap")))(x)
    array([[4., 4.],
           [4., 4.]])
    """
    x, y = lift(in1), lift(in2)
    if not x.ndim == y.ndim == 2:
        raise ValueError("convolve2d inputs must both be 2-D arrays")
    _check_mode(mode)
    if boundary not in ("fill", "pad", "wrap", "circular", "symm", "symmetric"):
        raise ValueError("Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm').")
    like, (x, y) = x.shape, _exchange(x, y, (0, 1), mode)
    if mode == "valid":
        return convolved(x, y, (0, 1), full=False)
    if boundary in ("fill", "pad") and np.ndim(fillvalue) == 0 and isinstance(fillvalue, int | float) and not fillvalue:
        out = convolved(x, y, (0, 1), full=True)
    else:
        mode_of_border = {"f": "constant", "p": "constant", "w": "wrap", "c": "wrap", "s": "reflect"}[boundary[0]]
        for axis in (0, 1):
            x = continued(x, axis, y.shape[axis] - 1, y.shape[axis] - 1, mode_of_border, fillvalue)
        out = convolved(x, y, (0, 1), full=False)
    return _centred(out, like) if mode == "same" else out


@twin_of(theirs.correlate2d)
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The correlation of two matrices.

    Arguments and errors are those of `convolve2d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.correlate2d(x, [[1.0, 5.0]], "valid")[0, 0])(np.ones((1, 3)))
    array([[1., 5., 0.]])
    """
    x, y = lift(in1), lift(in2)
    if not x.ndim == y.ndim == 2:
        raise ValueError("correlate2d inputs must both be 2-D arrays")
    taps = conj(np.flip(y))
    if mode == "same":  # its middle lies elsewhere than that of a convolution, if the kernel has an even length
        out = convolve2d(x, taps, "full", boundary, fillvalue)
        return out[tuple([slice(m // 2, m // 2 + n) for n, m in zip(x.shape, y.shape, strict=True)])]
    out = convolve2d(x, taps, mode, boundary, fillvalue)
    # SciPy exchanges the two where the second one is longer, and conjugates the first one then.
    return conj(out) if mode == "valid" and _exchange(x, y, (0, 1), mode)[0] is not x else out
