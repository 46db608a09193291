"""Random programs of views and writes, as lists of steps that run on ndarrays and on tensors alike.

A program works on a pool of arrays. A step either appends a view (or copy) of one of them or writes to one; it is
a function of the pool, drawn with the shapes of a plain NumPy run at hand, so that it is always valid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

Pool = list[Any]
Step = Callable[[Pool], None]


def basic_key(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key of slices (steps of both signs), integers, None and Ellipsis that keeps at least 0-d an array."""
    key: list[Any] = []
    for n in shape[: draw(st.integers(0, len(shape)))]:
        kind = draw(st.sampled_from(["slice", "slice", "reverse", "int", "none"] if n else ["slice", "none"]))
        if kind == "none":
            key.append(None)
        if kind == "int":
            key.append(draw(st.integers(-n, n - 1)))
        elif kind == "reverse":
            key.append(slice(None, None, -draw(st.integers(1, 2))))
        else:
            start = draw(st.integers(0, n))
            key.append(slice(start, draw(st.integers(start, n)), draw(st.sampled_from([None, 1, 2]))))
    return (*key, ...)


def draw_view(draw: Any, pool: Pool, smooth: bool) -> Step:
    """A step that appends a view or a copy of an array of the pool."""
    i = draw(st.integers(0, len(pool) - 1))
    a = pool[i]
    ndim, shape = a.ndim, a.shape
    kinds = ["key", "key", "ravel", "T", "copy", "reshape", "broadcast", "real", "expression", "expand"]
    if ndim:
        kinds += ["transpose", "swapaxes", "split", "flip", "advanced"]
    if ndim >= 2:
        kinds += ["diagonal", "moveaxis"]
    kind = draw(st.sampled_from(kinds))
    if kind == "key":
        key = basic_key(draw, shape)
        return lambda p: p.append(p[i][key])
    if kind == "ravel":
        return lambda p: p.append(p[i].ravel())
    if kind == "T":
        return lambda p: p.append(p[i].T)
    if kind == "copy":
        return lambda p: p.append(p[i].copy())
    if kind == "real":
        return lambda p: p.append(p[i].real)
    if kind == "expression":
        return lambda p: p.append(np.sin(p[i]) * 0.9)
    if kind == "expand":
        return lambda p: p.append(np.expand_dims(p[i], 0))
    if kind == "reshape":
        new = draw(st.sampled_from([(-1,), (1, -1), (-1, 1), (2, -1) if a.size % 2 == 0 and a.size else (-1,)]))
        new = new if a.size else (0,)
        return lambda p: p.append(p[i].reshape(new))
    if kind == "broadcast":
        return lambda p: p.append(np.broadcast_to(p[i], (2, *shape)))
    if kind == "transpose":
        axes = draw(st.permutations(range(ndim)))
        return lambda p: p.append(np.transpose(p[i], axes))
    if kind == "swapaxes":
        one, other = draw(st.integers(0, ndim - 1)), draw(st.integers(-ndim, ndim - 1))
        return lambda p: p.append(p[i].swapaxes(one, other))
    if kind == "moveaxis":
        source, target = draw(st.integers(0, ndim - 1)), draw(st.integers(0, ndim - 1))
        return lambda p: p.append(np.moveaxis(p[i], source, target))
    if kind == "split":
        at, axis = draw(st.integers(0, shape[0])), 0
        return lambda p: p.extend(np.split(p[i], [at], axis=axis))
    if kind == "flip":
        axis = draw(st.integers(0, ndim - 1))
        return lambda p: p.append(np.flip(p[i], axis))
    if kind == "diagonal":
        offset = draw(st.integers(-1, 1))
        return lambda p: p.append(np.diagonal(p[i], offset))
    index = draw_index(draw, shape[0])
    return lambda p: p.append(p[i][index])


def draw_index(draw: Any, n: int) -> Any:
    """An index array (with repetitions) or a mask for an axis of length n."""
    if draw(st.booleans()):
        return np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    return np.array(draw(st.lists(st.integers(-n, n - 1), max_size=4)) if n else [], int)


def draw_value(draw: Any, pool: Pool, shape: tuple[int, ...]) -> Callable[[Pool], Any]:
    """A value that can be written into an array of this shape: a number, or something of the pool."""
    fits = [k for k, a in enumerate(pool) if a.shape == shape or a.ndim == 0]
    if fits and draw(st.booleans()):
        k = draw(st.sampled_from(fits))
        return lambda p: np.cos(p[k]) if k % 2 else p[k]
    c = draw(st.sampled_from([0.5, -1.25, 2.0]))
    return lambda p: c


def draw_write(draw: Any, pool: Pool, smooth: bool) -> Step | None:
    """A step that writes to an array of the pool; None if there is nothing to write to."""
    writable = [k for k, a in enumerate(pool) if a.flags.writeable]
    i = draw(st.sampled_from(writable))
    a = pool[i]
    kinds = ["key", "key", "iadd", "imul", "isub", "idiv", "fill", "out", "copyto", "flat", "where"]
    if a.ndim:
        kinds += ["advanced", "advanced", "add_at", "along"]
        kinds += [] if smooth else ["sort"]
    kind = draw(st.sampled_from(kinds))
    if kind in ("key", "advanced", "add_at"):
        key = basic_key(draw, a.shape) if kind == "key" else draw_index(draw, a.shape[0])
        value = draw_value(draw, pool, a[key].shape)
        if kind == "add_at":
            return lambda p: np.add.at(p[i], key, value(p))
        return lambda p: p[i].__setitem__(key, value(p))
    value = draw_value(draw, pool, a.shape)
    if kind in ("iadd", "imul", "isub", "idiv"):
        name = {"iadd": "__iadd__", "imul": "__imul__", "isub": "__isub__", "idiv": "__itruediv__"}[kind]
        if kind == "idiv":
            return lambda p: p.__setitem__(i, getattr(p[i], name)(np.exp(-0.1 * value(p) ** 2)))
        return lambda p: p.__setitem__(i, getattr(p[i], name)(value(p)))
    if kind == "fill":
        return lambda p: p[i].fill(0.75)
    if kind == "out":
        return lambda p: keep(np.multiply(p[i], value(p), out=p[i]))
    if kind == "copyto":
        return lambda p: np.copyto(p[i], value(p))
    if kind == "where":
        mask = np.array(draw(st.lists(st.booleans(), min_size=a.size, max_size=a.size)), bool).reshape(a.shape)
        return lambda p: keep(np.sin(p[i], out=p[i], where=mask))
    if kind == "flat":
        if not a.size:
            return None
        place = draw(st.integers(0, a.size - 1))
        return lambda p: p[i].flat.__setitem__(place, 0.3)
    if kind == "sort":
        return lambda p: p[i].sort()
    if not a.shape[-1]:
        return None
    places = np.argsort(np.cos(np.arange(a.size).reshape(a.shape)), axis=-1)[..., :1]
    return lambda p: np.put_along_axis(p[i], places, 0.2, axis=-1)


def keep(_: Any) -> None:
    """The result of a step is what it left in the pool."""


def draw_program(draw: Any, start: Callable[[], Pool], length: int, smooth: bool) -> list[Step]:
    """A program that is valid on the pool that `start` gives."""
    pool, steps = start(), []
    for _ in range(length):
        step = (draw_view if draw(st.booleans()) else draw_write)(draw, pool, smooth)
        if step is not None:
            step(pool)
            steps.append(step)
    return steps
