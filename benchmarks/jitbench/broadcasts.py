"""Held out: sums of other functions and lengths, broadcasting, reductions over either axis, distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of, value_of, vector

# --- sums -------------------------------------------------------------------------------------------------


def logcosh(x: Any, y: Any, xp: Any = np) -> Any:
    r = xp.abs(x - y)
    return xp.sum(r + xp.log1p(xp.exp(-2 * r)))


def logcosh_c(x: Any, y: Any) -> Run:
    return peers.Hand("logcosh", "heldout", [x.size], [x, y], [x[0], x])


def pseudo_huber(x: Any, w: Any, xp: Any = np) -> Any:
    return xp.mean(w * (xp.sqrt(1 + x * x) - 1)) + xp.sum(xp.sin(x) * xp.cos(x) ** 2)


# --- broadcasting -----------------------------------------------------------------------------------------


def outer_rows(a: Any, b: Any, xp: Any = np) -> Any:
    """(m, 1) with (1, n), summed along the rows, then a function of the sums."""
    return xp.sum(xp.sqrt(1 + xp.sum(xp.exp(-((a[:, None] - b[None, :]) ** 2)), axis=1)))


def outer_columns(a: Any, b: Any, xp: Any = np) -> Any:
    """The same along the columns."""
    return xp.sum(xp.log(1 + xp.sum(1 / (1 + (a[:, None] * b[None, :]) ** 2), axis=0)))


def softmax_columns(x: Any, t: Any, xp: Any = np) -> Any:
    """A softmax along the first axis, against targets."""
    e = xp.exp(x - xp.max(x, axis=0, keepdims=True))
    return xp.sum((e / xp.sum(e, axis=0, keepdims=True) - t) ** 2)


def softmax_columns_torch(x: Any, t: Any, xp: Any) -> Any:
    return xp.sum((xp.softmax(x, 0) - t) ** 2)


def normalised_rows(x: Any, scale: Any, shift: Any, xp: Any = np) -> Any:
    """Layer normalisation, and a function of it."""
    centred = x - xp.mean(x, axis=1, keepdims=True)
    spread = xp.sqrt(xp.mean(centred**2, axis=1, keepdims=True) + 1e-5)
    return xp.sum(xp.tanh(centred / spread * scale + shift))


def normalised_rows_torch(x: Any, scale: Any, shift: Any, xp: Any) -> Any:
    return xp.sum(xp.tanh(xp.nn.functional.layer_norm(x, x.shape[1:], scale, shift)))


def row_norms(x: Any, xp: Any = np) -> Any:
    return xp.sum(xp.sqrt(xp.sum(x**2, axis=1)))


def distances(x: Any, y: Any, xp: Any = np) -> Any:
    """The sum of all distances between two sets of points."""
    return xp.sum(xp.sqrt(xp.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1)))


def distances_c(x: Any, y: Any) -> Run:
    return peers.Hand("distances", "heldout", [*x.shape, len(y)], [x, y], [x[0, 0], x, y])


def masked(x: Any, seen: Any, mean: Any, log_scale: Any, xp: Any = np) -> Any:
    """A log-likelihood of what was seen; the rest is known to lie above."""
    z = (x - mean) * xp.exp(-log_scale)
    return xp.sum(xp.where(seen, -0.5 * z**2 - log_scale, -xp.log1p(xp.exp(1.702 * z))))


def square(n: int, m: int, dtype: Any = float) -> Any:
    return vector(n * m, dtype, 5).reshape(n, m)


def two_vectors(n: int, m: int) -> Args:
    return vector(n, seed=1), vector(m, seed=2)


def held_out(name: str, args: Any, f: Any, argnums: Any = 0, **options: Any) -> Work:
    """A row with its gradient, to be no slower than any peer."""
    fields = {"bar": 1.0, "c_bar": 2.0, "tolerance": options.pop("tolerance", 1e-6)}
    return Work(name, args, **fields, **gradient_of(f, argnums, **options))


WORKS = [
    held_out("log-cosh, n = 3e5", lambda: two_vectors(300_000, 300_000), logcosh, c=logcosh_c),
    held_out("log-cosh, n = 300", lambda: two_vectors(300, 300), logcosh),
    held_out("pseudo-Huber with sines, n = 50,000", lambda: two_vectors(50_000, 50_000), pseudo_huber, (0, 1)),
    held_out("(700, 1) - (1, 900), by rows", lambda: two_vectors(700, 900), outer_rows, (0, 1)),
    held_out("(700, 1) x (1, 900), by columns", lambda: two_vectors(700, 900), outer_columns, (0, 1)),
    held_out(
        "softmax along axis 0, 400 x 600",
        lambda: (square(400, 600), square(400, 600)[::-1].copy()),
        softmax_columns,
        torch=softmax_columns_torch,
    ),
    held_out(
        "layer normalisation, 512 x 96, float32",
        lambda: (square(512, 96, np.float32), vector(96, np.float32, 8), vector(96, np.float32, 9)),
        normalised_rows,
        (0, 1, 2),
        torch=normalised_rows_torch,
        tolerance=2e-4,
    ),
    held_out("norms of 20,000 rows of 7", lambda: (square(20_000, 7),), row_norms),
    held_out(
        "distances 500 x 500 x 3", lambda: (square(500, 3), square(500, 3) + 0.5), distances, (0, 1), c=distances_c
    ),
    held_out(
        "censored log-likelihood, n = 100,000",
        lambda: (vector(100_000, seed=1), vector(100_000, seed=2) > 0, np.array(0.3), np.array(-0.2)),
        masked,
        (2, 3),
    ),
    Work(
        "polynomial of 1e6 numbers, value only",
        lambda: (vector(1_000_000),),
        **value_of(lambda x, xp=np: ((x * 0.3 - 1.2) * x + 0.7) * x - 2.0),
        bar=1.0,
    ),
]
