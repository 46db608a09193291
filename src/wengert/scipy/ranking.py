"""Rank filters: twins of `scipy.ndimage`. Every result is a choice of entries.

At ties `maximum_filter` and `minimum_filter` share the derivative, the others take the entry that a stable sort puts
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import ndimage as theirs

from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import continued
from wengert.scipy.choice import twin_of
from wengert.scipy.ndfilters import finished, origin_list, per_axis
from wengert.spec import normal_axis

__all__ = [
    "footprint_of",
    "maximum_filter",
    "maximum_filter1d",
    "median_filter",
    "minimum_filter",
    "minimum_filter1d",
    "neighbours",
    "percentile_filter",
    "places_of",
    "rank_filter",
]


def neighbours(x: Any, footprint: Any, axes: tuple[int, ...], mode: Any, cval: Any, origin: Any) -> Any:
    """The entries under a footprint (an array of booleans over axes) around every entry, on a new axis at the end."""
    modes, origins = per_axis(mode, len(axes)), per_axis(origin_list(origin), len(axes))
    y = x
    for axis, m, border, o in zip(axes, footprint.shape, modes, origins, strict=True):
        before = m // 2 + o
        if not 0 <= before < m:
            raise ValueError("invalid origin")
        y = continued(y, axis, before, m - 1 - before, border, cval)
    parts = []
    for offset in np.argwhere(footprint):
        key = [slice(None)] * x.ndim
        for axis, k in zip(axes, offset.tolist(), strict=True):
            key[axis] = slice(k, k + x.shape[axis])
        parts.append(y[tuple(key)])
    return np.stack(parts, axis=-1)


def footprint_of(size: Any, footprint: Any, structure: Any, axes: tuple[int, ...]) -> Any:
    """Which entries count, as booleans over axes: of a size, a footprint, or what a structure covers."""
    if footprint is None and structure is None:
        if size is None:
            raise RuntimeError("no footprint provided")
        return np.ones(per_axis(size, len(axes)), bool)
    found = np.asarray(footprint if footprint is not None else np.ones(np.shape(structure)), bool)
    if found.ndim != len(axes):
        raise RuntimeError(f"footprint.ndim ({found.ndim}) must match len(axes) ({len(axes)})")
    if not found.any():
        raise ValueError("All-zero footprint is not supported.")
    return found


def places_of(axes: Any, ndim: int) -> tuple[int, ...]:
    """The axes, from the first to the last; all if None."""
    if axes is None:
        return tuple(range(ndim))
    return tuple(sorted([normal_axis(a, ndim) for a in (axes if isinstance(axes, Iterable) else [axes])]))


def _extremum(name: str, reduction: Any) -> Any:
    """A twin of SciPy's filter of that name: a reduction over a footprint."""

    def function(
        input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
        cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
    ) -> Any:  # fmt: skip
        x = inexact(lift(input))
        places = places_of(axes, x.ndim)
        found = neighbours(x, footprint_of(size, footprint, None, places), places, mode, cval, origin)
        return finished(reduction(found, axis=-1), output, x.dtype)

    word = name.partition("_")[0]
    return _named(function, name, f"The {word} of the entries under a footprint around every entry.", "3")


def _named(function: Any, name: str, text: str, more: str) -> Any:
    """A twin with its name, its docstring and an example; more: its arguments after the first."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{text}

    Arguments are those of `scipy.ndimage.{name}`; modes are those of `wengert.scipy.borders`. Raises RuntimeError
    without a size or footprint, ValueError for an origin outside of it.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.{name}(x, {more})[1])(np.array([1.0, 3.0, 2.0])).sum()
    np.float64(1.0)
    """
    return twin_of(getattr(theirs, name))(function)


maximum_filter = _extremum("maximum_filter", np.max)
minimum_filter = _extremum("minimum_filter", np.min)


def _extremum1d(name: str, reduction: Any) -> Any:
    """A twin of SciPy's filter of that name: a reduction over neighbours along an axis."""

    def function(
        input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: float = 0.0,
        origin: int = 0,
    ) -> Any:  # fmt: skip
        x = inexact(lift(input))
        found = neighbours(x, np.ones(size, bool), (normal_axis(axis, x.ndim),), mode, cval, origin)
        return finished(reduction(found, axis=-1), output, x.dtype)

    word = name.partition("_")[0]
    return _named(function, name, f"The {word} of `size` entries around every entry along an axis.", "3")


maximum_filter1d = _extremum1d("maximum_filter1d", np.max)
minimum_filter1d = _extremum1d("minimum_filter1d", np.min)


def _ranked(
    input: Any, rank: Any, size: Any, footprint: Any, output: Any, mode: Any, cval: Any, origin: Any, axes: Any
) -> Any:
    """`rank` gives the place in order from the number of entries under the footprint."""
    x = inexact(lift(input))
    places = places_of(axes, x.ndim)
    found = neighbours(x, footprint_of(size, footprint, None, places), places, mode, cval, origin)
    count = found.shape[-1]
    place = rank(count)
    if not 0 <= place < count:
        raise RuntimeError("rank not within filter footprint size")
    return finished(np.sort(found, axis=-1)[..., place], output, x.dtype)


def _rank_filter(
    input: Any, rank: int, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    def place(count: int) -> int:
        return rank + count if rank < 0 else rank

    return _ranked(input, place, size, footprint, output, mode, cval, origin, axes)


def _percentile_filter(
    input: Any, percentile: float, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    part = percentile + 100 if percentile < 0 else percentile
    if not 0 <= part <= 100:
        raise RuntimeError("invalid percentile")

    def place(count: int) -> int:
        return count - 1 if part == 100 else int(count * part / 100)

    return _ranked(input, place, size, footprint, output, mode, cval, origin, axes)


def _median_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    return _ranked(input, lambda count: count // 2, size, footprint, output, mode, cval, origin, axes)


rank_filter = _named(_rank_filter, "rank_filter", "The entry of a rank under a footprint around every entry.", "1, 3")
percentile_filter = _named(_percentile_filter, "percentile_filter",
    "The entry at a percentage of the order under a footprint around every entry.", "40, 3")  # fmt: skip
median_filter = _named(_median_filter, "median_filter", "The median of the entries under a footprint.", "3")
