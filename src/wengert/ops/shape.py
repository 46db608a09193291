"""Rows that move entries around: all linear, most of them views."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, linear
from wengert.errors import ReadOnly, explain, user_line

__all__: list[str] = []


def _unchanged() -> dict[str, Any]:
    return {}


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(np.argsort(axes).tolist())


reshape = linear(
    lambda x, shape: np.reshape(x, shape),  # by position: the keyword is newshape before NumPy 2.1
    "x",
    name="reshape",
    x=lambda g, like: np.reshape(g, like.shape),
    batch=lambda n, shape: {"shape": (n, *shape)},
    put=lambda base, value, donate, shape: np.reshape(value, base.shape),
    torch="View",
)
transpose = linear(
    np.transpose,
    "x",
    name="transpose",
    x=lambda g, axes: np.transpose(g, _inverse(axes)),
    batch=lambda axes: {"axes": (0, *[a + 1 for a in axes])},
    put=lambda base, value, donate, axes: np.transpose(value, _inverse(axes)),
    torch="Permute",
)


def _sum_to(g: Any, like: Any) -> Any:
    extra = g.ndim - len(like.shape)
    g = np.sum(g, axis=tuple(range(extra))) if extra else g
    axes = tuple([a for a, n in enumerate(like.shape) if n == 1 and g.shape[a] != 1])
    return np.sum(g, axis=axes, keepdims=True) if axes else g


def _read_only(base: Any, value: Any, donate: bool, **params: Any) -> Any:
    raise ReadOnly(
        explain(
            f"a write at {user_line()} into a broadcast array or a diagonal.",
            "NumPy makes these views read-only.",
            "Write into a .copy() of it, or x[i, i] = ... for a diagonal.",
        )
    )


broadcast_to = linear(
    np.broadcast_to,
    "x",
    name="broadcast_to",
    x=_sum_to,
    batch=lambda n, shape: {"shape": (n, *shape)},
    put=_read_only,
    torch="Expand",
)


def _undiagonal(part: Any, shape: tuple[int, ...], offset: int) -> Any:
    out = np.zeros(shape, part.dtype)
    i = np.arange(part.shape[-1])
    out[..., i - min(offset, 0), i + max(offset, 0)] = part
    return out


# A diagonal of the last two axes, and its transpose: zeros with g on the diagonal.
diagonal: Op = linear(
    lambda x, offset: np.diagonal(x, offset, -2, -1),
    "x",
    name="diagonal",
    x=lambda g, like, offset: undiagonal(g, shape=like.shape, offset=offset),
    batch=lambda offset: {"offset": offset},
    put=_read_only,
)
undiagonal: Op = linear(
    _undiagonal,
    "part",
    name="undiagonal",
    part=lambda g, offset: diagonal(g, offset=offset),
    batch=lambda n, shape, offset: {"shape": (n, *shape), "offset": offset},
)


def _split(g: Any, likes: Any, i: int, axis: int) -> Any:
    starts = likes.starts(axis)
    return g[(slice(None),) * axis + (slice(starts[i], starts[i + 1]),)]


concatenate = linear(
    lambda *xs, axis: np.concatenate(xs, axis=axis),
    "*xs",
    name="concatenate",
    xs=_split,
    batch=lambda axis: {"axis": axis + 1},
    torch="Cat",
)
pad = linear(
    lambda x, widths: np.pad(x, widths),
    "x",
    name="pad",
    x=lambda g, widths: g[tuple([slice(a, n - b) for (a, b), n in zip(widths, g.shape, strict=True)])],
    batch=lambda widths: {"widths": ((0, 0), *widths)},
)
flip = linear(
    np.flip,
    "x",
    name="flip",
    x=lambda g, axis: np.flip(g, axis),
    batch=lambda axis: {"axis": tuple([a + 1 for a in axis])},
    put=lambda base, value, donate, axis: np.flip(value, axis),
)
roll = linear(
    np.roll,
    "x",
    name="roll",
    x=lambda g, shift, axis: np.roll(g, tuple([-s for s in shift]), axis),
    batch=lambda shift, axis: {"shift": shift, "axis": tuple([a + 1 for a in axis])},
)
astype = linear(
    lambda x, dtype: np.asarray(x).astype(dtype)[()],
    "x",
    name="astype",
    x=lambda g: g,
    batch=lambda dtype: {"dtype": dtype},
    torch="ToCopy",
)
copy = linear(lambda x: np.array(x)[()], "x", name="copy", x=lambda g: g, batch=_unchanged, torch="Clone")

# Complex parts are linear over the reals; adjoints are taken with ⟨a, b⟩ = Re(conj(a) b), so that of the real
# part embeds, that of the imaginary part multiplies by i, and conjugation is its own.
real = linear(
    np.real,
    "x",
    name="real",
    x=lambda g: g + 0j,
    batch=_unchanged,
    put=lambda base, value, donate: value + 1j * np.imag(base),
)
imag = linear(
    np.imag,
    "x",
    name="imag",
    x=lambda g: g * 1j,
    batch=_unchanged,
    put=lambda base, value, donate: np.real(base) + 1j * value,
)
conjugate = linear(np.conjugate, "x", name="conjugate", x=lambda g: np.conj(g), batch=_unchanged, torch="Conj")


# The derivative stops here; a write through it changes the numbers and leaves the graph alone.
stop_gradient = linear(
    lambda x: x,
    "x",
    name="stop_gradient",
    x=0,
    batch=_unchanged,
    put=lambda base, value, donate: value,
    opaque=True,
    torch="Detach",
)
stop_gradient.vjps = stop_gradient.conj_vjps = None
