"""Programs of strangers: elementwise functions, indexing and writing, reductions, shapes."""

from __future__ import annotations

import numpy as np

from tests.compiler.corpus import program

# --- elementwise ------------------------------------------------------------------------------------------


@program((7,))
def chain(x):
    y = np.exp(-x * x) + np.tanh(x) * 3 - x / (1 + x**2)
    return np.sqrt(y * y + 1.0) - np.log1p(np.abs(y))


@program((11,))
def every_smooth_ufunc(x):
    p = 0.5 + x * x
    parts = [np.sin(x), np.cos(x), np.tan(x), np.arctan(x), np.sinh(x), np.cosh(x), np.arcsinh(x), np.expm1(x)]
    parts += [np.log(p), np.log2(p), np.log10(p), np.cbrt(p), np.arcsin(0.9 * x), np.arccos(0.9 * x)]
    parts += [np.arctanh(0.9 * x), np.arccosh(1 + p), np.exp2(x), np.square(x), np.reciprocal(p), np.sinc(x)]
    return np.stack(parts)


@program((6,), (6,), smooth=(0, 1))
def every_binary_ufunc(x, y):
    p = 1 + x * x
    parts = [x + y, x - y, x * y, x / p, p**y, np.arctan2(x, y), np.hypot(x, y), np.maximum(x, y), np.minimum(x, y)]
    parts += [np.logaddexp(x, y), np.fmax(x, y), np.copysign(p, y), np.fmod(x, 0.7), np.remainder(x, 0.7)]
    return tuple(parts)


@program((4, 5), smooth=())
def rounding(x):
    y = 7 * x
    return np.floor(y), np.ceil(y), np.trunc(y), np.rint(y), np.round(y, 1), np.sign(y), y // 2, y % 3


@program((9,))
def nested_where(x):
    return np.where(x > 0.5, np.sqrt(np.where(x > 0.5, x, 1.0)), np.where(x < -0.5, x**3, 2 * x))


@program((9,))
def clipped(x):
    return np.clip(x, -0.4, 0.6) * np.heaviside(x, 0.5) + np.maximum(0, x)


@program((12,))
def horner(x):
    return (((0.3 * x - 1.2) * x + 0.7) * x + 2.0) / ((x * 2 - 1) * x + 3)


@program(np.array([0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]), smooth=())
def special_values(x):
    with np.errstate(all="ignore"):
        return np.exp(x), np.tanh(x), np.isnan(x), np.isfinite(x), np.nan_to_num(x), np.maximum(x, 0), np.arctan(x)


# --- slices, views, writes --------------------------------------------------------------------------------


@program((10,))
def neighbours(x):
    return x[1:] * x[:-1] + x[::-1][:9] - x[:9][::-1]


@program((6, 8))
def strides(x):
    return x[::2, 1::3] * x[-1::-2, :-5:-2][:, :1] + x[1:4, ..., 2:5][:, None, 0]


@program((8,))
def filled_in_place(x):
    y = np.zeros(8, like=x)
    y[1:] = np.sin(x[1:]) * x[:-1]
    y[0] = x[3]
    y[2:4] += 2 * y[4:6]
    y[::3] *= 0.5
    return y


@program((5, 5))
def written_through_views(x):
    y = x.copy()
    inner = y[1:-1, 1:-1]
    inner *= 2
    diagonal = y.reshape(25)[::6]
    diagonal -= 1
    y.T[0] = y[2] * 3
    return y, inner


@program((12,))
def one_by_one(x):
    y = np.empty(12, like=x)
    y[0] = x[0]
    for i in range(1, 12):
        y[i] = 0.9 * y[i - 1] + x[i] ** 2
    return y


@program((4, 4))
def swapped_rows(x):
    y = x.copy()
    y[0], y[2] = y[2].copy(), y[0].copy()
    y[:, [1, 3]] = y[:, [3, 1]]
    return y


# --- fancy indexing ---------------------------------------------------------------------------------------


@program((6, 3), np.array([0, 5, 5, 2, -1]))
def gathered(x, i):
    return x[i] * 2 + x[i, [0, 1, 2, 1, 0]][:, None] + np.take(x, i, axis=0)


@program((6, 3), np.array([[0, 2], [1, 1]]))
def gathered_by_matrix(x, i):
    return x[i], x[:, i], x[i[0], :][:, i[1]]


@program((4, 5), np.array([0, 3, 1, 4]))
def picked_per_row(x, labels):
    return x[np.arange(4), labels], np.take_along_axis(x, labels[:, None], axis=1)


@program((8,), np.array([1, 1, 3, 7, 3]), (5,), smooth=(0, 2))
def scattered(x, i, v):
    y = x.copy()
    np.add.at(y, i, v)
    y[[0, 2]] = v[:2] * 3
    return y


@program((10,), np.arange(10) % 3 == 0)
def masked_write(x, mask):
    y = x.copy()
    y[mask] = 0.25
    return np.where(mask, y, y**2), np.sum(x * mask)


@program((9,), np.array([0, 1, 2, 0, 1, 2, 2, 2, 0]))
def segment_sums(x, labels):
    sums = np.zeros(3, like=x)
    np.add.at(sums, labels, x)
    return sums / np.array([2.0, 3.0, 4.0]), np.sum(np.where(labels == 1, x, 0))


# --- reductions -------------------------------------------------------------------------------------------


@program((3, 4, 5))
def sums_over_axes(x):
    return np.sum(x), x.sum(0), x.sum(1), x.sum(-1), x.sum((0, 2)), x.sum((1, 2), keepdims=True), np.sum(x, axis=())


@program((4, 6))
def other_reductions(x):
    return x.mean(), x.mean(0), x.prod(1), x.max(1), x.min(0), x.var(0), x.std(1, ddof=1), np.ptp(x, axis=1)


@program((20, 1), (2, 17, 1), smooth=(0, 1))
def reductions_beside_axes_of_one(x, y):
    return x.max(0), x.min(0), x.prod(0), x.sum(0), y.max(1), y.prod(1, keepdims=True), y.min((0, 1)), np.cumprod(x, 0)


@program((40, 1), (3, 17, 1), smooth=())
def positions_beside_axes_of_one(x, y):
    return x.argmax(0), y.argmin(1), (x > 0).all(0), (y > 0.9).any(1)


@program((4, 6), smooth=())
def positions(x):
    return (
        x.argmax(),
        x.argmin(1),
        np.argsort(x, axis=1),
        np.any(x > 0.9),
        np.all(x < 2, axis=0),
        np.count_nonzero(x > 0),
    )


@program((5, 7))
def standardised(x):
    return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)


@program((6, 4))
def softmax_both_ways(x):
    def softmax(axis):
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    return softmax(0), softmax(1), softmax(None)


@program((3, 8))
def running(x):
    return np.cumsum(x), np.cumsum(x, axis=1), np.cumprod(1 + 0.1 * x, axis=0), np.maximum.accumulate(x, axis=1)


@program((4, 5))
def ordered(x):
    return np.sort(x, axis=0), np.sort(x, axis=None)[::-1], np.sort(x)[:, 2], np.partition(x, 2, axis=1)[:, 2]


@program((5, 9))
def covariances(x):
    centred = x - np.mean(x, axis=1, keepdims=True)
    spread = np.sqrt(np.sum(centred**2, axis=1))
    return (
        centred @ centred.T / 8,
        centred @ centred.T / np.outer(spread, spread),
        np.average(x, weights=np.arange(9), axis=1),
    )


# --- shapes -----------------------------------------------------------------------------------------------


@program((2, 3), (2, 3), smooth=(0, 1))
def joined(x, y):
    return np.concatenate([x, y]), np.stack([x, y], -1), np.hstack([x, y]), np.vstack([x, y]), np.column_stack([x, y])


@program((3, 4))
def padded(x):
    return (
        np.pad(x, 1),
        np.pad(x, ((0, 1), (2, 0)), mode="edge"),
        np.pad(x, 2, mode="reflect"),
        np.pad(x, 1, mode="wrap"),
    )


@program((4, 6))
def turned(x):
    return np.roll(x, 2), np.roll(x, (1, -1), axis=(0, 1)), np.flip(x), np.fliplr(x), np.rot90(x), np.swapaxes(x, 0, 1)


@program((2, 3, 4))
def reshaped(x):
    y = x.transpose(2, 0, 1).reshape(4, 6)
    return y, y.T.ravel(), np.moveaxis(x, 0, -1), x.reshape(-1, 2)[:, 0], np.squeeze(x[:, :1]), x[..., None, :]


@program((3, 2))
def repeated(x):
    return np.tile(x, (2, 2)), np.repeat(x, 3, axis=0), np.repeat(x, [1, 0, 2], axis=0), np.broadcast_to(x, (4, 3, 2))


@program((4, 4))
def triangles(x):
    return np.tril(x), np.triu(x, 1), np.diag(x), np.diag(x[0]), np.trace(x), x[np.triu_indices(4, 1)]


@program((6, 4))
def cut(x):
    a, b = np.split(x, 2)
    c, d, e = np.array_split(x, 3, axis=1)
    return a * b, c, d + e, np.diff(x, axis=0), np.append(x, x[:1], axis=0)
