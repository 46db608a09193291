"""Recursive filters: twins of `scipy.signal`, over the rows `linear_convolution` and `recursion`.

A filter b, a with initial state z is  Σ_k a_k y_(n-k) = Σ_k b_k x_(n-k) + a_0 z_n,  z_n = 0 beyond the state: first a
convolution, then a recursion. What both would add after the last entry, divided by a_0, is the state in the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal as theirs

from wengert.core.apply import Box, apply
from wengert.core.op import TABLE
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import on_axis, part_along
from wengert.scipy.choice import twin_of
from wengert.scipy.convolving import full_along
from wengert.spec import normal_axis

__all__ = ["extended_by", "filtfilt", "lfilter", "lfilter_zi", "lfiltic", "sosfilt", "sosfilt_zi", "sosfiltfilt"]


@twin_of(theirs.lfilter)
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A signal through the filter with numerator b and denominator a, along an axis.

    b, a: 1-d; zi: initial state, max(len(a), len(b)) - 1 entries along the axis; with it the result is (y, final
    state).
    Raises ValueError for b and a that are not 1-d and for a state of another shape.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.lfilter([1.0], [1.0, -0.5], x)[-1])(np.ones(3))
    array([0.25, 0.5 , 1.  ])
    """
    b, a, x = [inexact(np.atleast_1d(lift(z))) for z in (b, a, x)]
    if b.ndim != 1 or a.ndim != 1:
        raise ValueError("object of too small depth for desired array: b and a are to be 1-d")
    if not a.size or not b.size:
        raise ValueError("the filter has no coefficients")
    axis = normal_axis(axis, x.ndim)
    n, memory = x.shape[axis], max(a.shape[0], b.shape[0]) - 1
    moved = full_along(x, b, axis) if b.shape[0] > 1 else b * x
    state = None if zi is None else _state(zi, x, axis, memory)
    driven = part_along(moved, axis, 0, n)
    if state is not None:
        driven = driven + a[0] * _stretched(state, axis, 0, n)
    y = apply(TABLE["recursion"], (a, driven), {"along": axis}) if a.shape[0] > 1 else driven / a[0]
    if state is None:
        return y
    left = _stretched(moved, axis, n, memory)
    if a.shape[0] > 1:
        left = left - _stretched(full_along(y, a, axis), axis, n, memory)
    return y, left / a[0] + _stretched(state, axis, n, memory)


def _state(zi: Any, x: Any, axis: int, memory: int) -> Any:
    """The initial state of a filter, of `memory` entries along an axis; the others broadcast to the signal."""
    zi = inexact(lift(zi))
    shape = tuple([memory if k == axis else n for k, n in enumerate(x.shape)])
    fits = [n == m or (n == 1 and k != axis) for k, (n, m) in enumerate(zip(zi.shape, shape, strict=False))]
    if zi.ndim != x.ndim or not all(fits):
        raise ValueError(f"Unexpected shape for zi: expected {shape}, found {zi.shape}.")
    return np.broadcast_to(zi, shape)


def _stretched(x: Any, axis: int, start: int, count: int) -> Any:
    """`count` entries from `start` on; zeros where there are none."""
    x = part_along(x, axis, start, start + count)
    missing = count - x.shape[axis]
    return np.pad(x, [(0, missing if k == axis else 0) for k in range(x.ndim)]) if missing else x


@twin_of(theirs.lfilter_zi)
def lfilter_zi(b: Any, a: Any) -> Any:
    """The state of a filter in which a constant input of 1 keeps it.

    b, a: 1-d numerator and denominator. Raises ValueError for other ranks.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.signal.lfilter_zi(b, [1.0, -0.5])[0])(np.array([1.0, 2.0]))
    array([1., 2.])
    """
    b, a = [inexact(np.atleast_1d(lift(z))) for z in (b, a)]
    if b.ndim != 1:
        raise ValueError("Numerator b must be 1-D.")
    if a.ndim != 1:
        raise ValueError("Denominator a must be 1-D.")
    if not isinstance(a, Box):
        a = np.trim_zeros(a, "f")
    if a.size < 1:
        raise ValueError("There must be at least one nonzero `a` coefficient.")
    n = max(a.shape[0], b.shape[0])
    b, a = b / a[0], a / a[0]
    b, a = _stretched(b, 0, 0, n), _stretched(a, 0, 0, n)
    # z_k = b_k+1 + z_k+1 - a_k+1 y,  y = b_0 + z_0 = Σb / Σa;  summed up from k = 0.
    rest = b[1:] - a[1:] * b[0]
    first = np.sum(rest) / np.sum(a)
    return np.cumsum(a)[: n - 1] * first - (np.cumsum(rest) - rest)


@twin_of(theirs.sosfilt_zi)
def sosfilt_zi(sos: Any) -> Any:
    """The states of second-order sections in which a constant input of 1 keeps them.

    sos: (sections, 6). Raises ValueError for another shape.

    >>> import wengert as wg
    >>> sos = np.array([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]])
    >>> wg.jvp(wg.scipy.signal.sosfilt_zi, (sos,), (sos,))[0]
    array([[1., 0.]])
    """
    sos = _sections(sos)
    scale: Any = 1.0
    states = []
    for section in sos:
        b, a = section[:3], section[3:]
        states.append(scale * lfilter_zi(b, a))
        scale = scale * np.sum(b) / np.sum(a)
    return np.stack(states)


def _sections(sos: Any) -> Any:
    """Second-order sections (n, 6), of floats."""
    sos = inexact(np.atleast_2d(lift(sos)))
    if sos.ndim != 2:
        raise ValueError("sos array must be 2D")
    if sos.shape[1] != 6:
        raise ValueError("sos array must be shape (n_sections, 6)")
    return sos


@twin_of(theirs.lfiltic)
def lfiltic(b: Any, a: Any, y: Any, x: Any = None) -> Any:
    """The state of a filter that had the outputs y and inputs x, the latest first.

    b, a: 1-d numerator and denominator; y, x: 1-d, missing entries are 0.

    >>> import wengert as wg
    >>> wg.grad(lambda y: wg.scipy.signal.lfiltic([1.0], [1.0, -0.5], y)[0])(np.array([3.0]))
    array([0.5])
    """
    b, a, y = [inexact(np.atleast_1d(lift(z))) for z in (b, a, y)]
    x = np.zeros(0, y.dtype) if x is None else inexact(np.atleast_1d(lift(x)))
    m, n = b.shape[0] - 1, a.shape[0] - 1
    memory = max(m, n)
    b, a = b / a[0], a / a[0]
    x, y = _stretched(x, 0, 0, m), _stretched(y, 0, 0, n)
    terms = [np.sum(b[k + 1 :] * x[: max(m - k, 0)]) - np.sum(a[k + 1 :] * y[: max(n - k, 0)]) for k in range(memory)]
    return np.stack(terms) if terms else np.zeros(0)


@twin_of(theirs.sosfilt)
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A signal through second-order sections, one after the other, along an axis.

    sos: (sections, 6); zi: initial states, (sections, …, 2, …) with the 2 along the axis; with it the result is
    (y, final states). Raises ValueError for other shapes.

    >>> import wengert as wg
    >>> sos = np.array([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]])
    >>> wg.grad(lambda x: wg.scipy.signal.sosfilt(sos, x)[-1])(np.ones(3))
    array([0.25, 0.5 , 1.  ])
    """
    sos, x = _sections(sos), inexact(lift(x))
    axis = normal_axis(axis, x.ndim)
    expected = (sos.shape[0], *[2 if k == axis else n for k, n in enumerate(x.shape)])
    states: Any = [None] * sos.shape[0] if zi is None else lift(zi)
    if zi is not None and states.shape != expected:
        raise ValueError(f"Invalid zi shape: with this axis, x and sos it must be {expected!r}, got {states.shape!r}.")
    final = []
    for section, state in zip(sos, states, strict=True):
        if state is None:
            x = lfilter(section[:3], section[3:], x, axis)
        else:
            x, state = lfilter(section[:3], section[3:], x, axis, state)
            final.append(state)
    return x if zi is None else (x, np.stack(final))


# --- forwards and backwards -------------------------------------------------------------------------------------


def _extended(x: Any, axis: int, padtype: str | None, padlen: int | None, taps: int) -> tuple[Any, int]:
    """A signal continued at both ends, and by how much."""
    if padtype not in ("even", "odd", "constant", None):
        raise ValueError(f"Unknown value '{padtype}' given to padtype. padtype must be 'even', 'odd', 'constant', or "
                         "None.")  # fmt: skip
    edge = 0 if padtype is None else taps * 3 if padlen is None else padlen
    n = x.shape[axis]
    if n <= edge:
        raise ValueError(f"The length of the input vector x must be greater than padlen, which is {edge}.")
    if not edge:
        return x, 0
    return extended_by(x, axis, padtype or "odd", edge), edge


def extended_by(x: Any, axis: int, kind: str, edge: int) -> Any:
    """A signal continued by `edge` entries at both ends: "even" or "odd" around the last one, or "constant"."""
    n = x.shape[axis]
    if edge > n - 1 and kind != "constant":
        raise ValueError(
            f"The extension length n ({edge}) is too big. It must not exceed x.shape[axis]-1, which is {n - 1}."
        )
    first, last = part_along(x, axis, 0, 1), part_along(x, axis, n - 1, n)
    if kind == "constant":
        shape = tuple([edge if k == axis else m for k, m in enumerate(x.shape)])
        return np.concatenate([np.broadcast_to(first, shape), x, np.broadcast_to(last, shape)], axis=axis)
    left = np.flip(part_along(x, axis, 1, edge + 1), axis)
    right = np.flip(part_along(x, axis, n - 1 - edge, n - 1), axis)
    if kind == "odd":
        left, right = 2 * first - left, 2 * last - right
    return np.concatenate([left, x, right], axis=axis)


def _there_and_back(through: Any, x: Any, axis: int, edge: int) -> Any:
    """A signal through a filter ``through(x, first entry)`` and, reversed, again, less `edge` entries at its ends."""
    y = through(x, part_along(x, axis, 0, 1))
    y = np.flip(y, axis)
    y = np.flip(through(y, part_along(y, axis, 0, 1)), axis)
    return part_along(y, axis, edge, y.shape[axis] - edge)


@twin_of(theirs.filtfilt)
def filtfilt(
    b: Any, a: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None,
    method: str = "pad", irlen: int | None = None,
) -> Any:  # fmt: skip
    """A signal through a filter forwards and backwards, which leaves phases alone.

    b, a: 1-d numerator and denominator; padtype: how the signal is continued at its ends by padlen entries, "odd",
    "even", "constant" or None; method: "pad", or "gust" (F. Gustafsson 1996; irlen: the length of the filter's
    response). Raises ValueError for a signal that is too short and for other methods.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.filtfilt([0.5, 0.5], [1.0], x, padtype=None)))(np.ones(3))
    array([1.  , 1.25, 0.75])
    """
    b, a, x = [inexact(np.atleast_1d(lift(z))) for z in (b, a, x)]
    if method not in ("pad", "gust"):
        raise ValueError("method must be 'pad' or 'gust'.")
    axis = normal_axis(axis, x.ndim)
    if method == "gust":
        return _two_sided(b, a, x, axis, irlen)
    extended, edge = _extended(x, axis, padtype, padlen, max(a.shape[0], b.shape[0]))
    state = on_axis(lfilter_zi(b, a), axis, x.ndim)
    return _there_and_back(lambda y, first: lfilter(b, a, y, axis, state * first)[0], extended, axis, edge)


# Filtering forwards and then backwards from rest, and the other way round, differ by transients of the unknown states
# u, v at the two ends. With O the responses to initial states, S these reversed and filtered, and ' the reversal of
# time, the states that make both ways as equal as possible solve  (S' - O, O' - S) (u, v) = y_bf - y_fb  in least
# squares, and the result is  y_fb + (S', O') (u, v).  (F. Gustafsson, "Determining the initial states in
# forward-backward filtering", 1996, equations 5 to 7; section IV: only the ends matter if the response is shorter than
# half of the signal.)
def _two_sided(b: Any, a: Any, x: Any, axis: int, irlen: int | None) -> Any:
    order = max(a.shape[0], b.shape[0]) - 1
    if order == 0:
        return (b[0] / a[0]) ** 2 * x
    x = np.moveaxis(x, axis, -1)
    n = x.shape[-1]
    m = n if irlen is None or n <= 2 * irlen else irlen
    first = lfilter(b, a, np.zeros(m), zi=np.eye(1, order)[0])[0]
    responses = np.stack([np.pad(first[: m - k], (min(k, m), 0)) for k in range(order)], axis=-1)
    filtered = lfilter(b, a, np.flip(responses, 0), axis=0)
    back, turned = np.flip(filtered, 0), np.flip(responses, 0)
    there = np.flip(lfilter(b, a, np.flip(lfilter(b, a, x), -1)), -1)
    other = lfilter(b, a, np.flip(lfilter(b, a, np.flip(x, -1)), -1))
    difference = other - there
    if m == n:
        matrix, effect = (
            np.concatenate(pair, axis=1) for pair in ((back - responses, turned - filtered), (back, turned))
        )
    else:
        difference = np.concatenate([difference[..., :m], difference[..., n - m :]], axis=-1)
        matrix, effect = _blocks(back - responses, turned - filtered), _blocks(back, turned)
    states = np.matmul(np.linalg.pinv(matrix), difference[..., None])
    change = np.matmul(effect, states)[..., 0]
    if m < n:
        middle = np.zeros((*x.shape[:-1], n - 2 * m))
        change = np.concatenate([change[..., :m], middle, change[..., m:]], axis=-1)
    return np.moveaxis(there + change, -1, axis)


def _blocks(a: Any, b: Any) -> Any:
    """A block diagonal matrix."""
    a, b = np.pad(a, ((0, 0), (0, b.shape[1]))), np.pad(b, ((0, 0), (a.shape[1], 0)))
    return np.concatenate([a, b], axis=0)


@twin_of(theirs.sosfiltfilt)
def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None) -> Any:
    """A signal through second-order sections forwards and backwards.

    sos: (sections, 6); the others as of `filtfilt`. Raises ValueError as that does.

    >>> import wengert as wg
    >>> sos = np.array([[0.5, 0.5, 0.0, 1.0, 0.0, 0.0]])
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.sosfiltfilt(sos, x, padtype=None)))(np.ones(3))
    array([1.  , 1.25, 0.75])
    """
    sos, x = _sections(sos), inexact(lift(x))
    axis = normal_axis(axis, x.ndim)
    plain = np.asarray(sos.concrete("scipy.signal.sosfiltfilt") if isinstance(sos, Box) else sos)
    taps = 2 * sos.shape[0] + 1 - min(int((plain[:, 2] == 0).sum()), int((plain[:, 5] == 0).sum()))
    extended, edge = _extended(x, axis, padtype, padlen, taps)
    state = np.reshape(sosfilt_zi(sos), (sos.shape[0], *[2 if k == axis else 1 for k in range(x.ndim)]))
    return _there_and_back(lambda y, first: sosfilt(sos, y, axis, state * first)[0], extended, axis, edge)
