"""Morphology of grey images, and filters that call a function: twins of `scipy.ndimage`.

An erosion is the minimum of x_(i+k) - s_k over a footprint with the heights s (the structure), a dilation the maximum
of x_(i-k) + s_k. The others are made of these two. Ties share the derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage as theirs

from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import continued
from wengert.scipy.choice import twin_of
from wengert.scipy.ndfilters import finished, origin_list, per_axis
from wengert.scipy.ranking import footprint_of, neighbours, places_of
from wengert.spec import normal_axis

__all__ = [
    "black_tophat",
    "generic_filter",
    "generic_filter1d",
    "grey_closing",
    "grey_dilation",
    "grey_erosion",
    "grey_opening",
    "morphological_gradient",
    "morphological_laplace",
    "white_tophat",
]

_Step = Callable[[Any], Any]


def _steps(
    x: Any, size: Any, footprint: Any, structure: Any, mode: Any, cval: Any, origin: Any, axes: Any
) -> tuple[_Step, _Step]:
    """The erosion and the dilation with these arguments."""
    if size is None and footprint is None and structure is None:
        raise ValueError("size, footprint, or structure must be specified")
    places = places_of(axes, x.ndim)
    under = footprint_of(size, footprint, structure, places)
    heights: Any = 0 if structure is None else lift(structure)[under]
    turned: Any = 0 if structure is None else np.flip(lift(structure))[np.flip(under)]
    origins = per_axis(origin_list(origin), len(places))
    opposite = [-o - (1 - m % 2) for o, m in zip(origins, under.shape, strict=True)]

    def erosion(x: Any) -> Any:
        return np.min(neighbours(x, under, places, mode, cval, origins) - heights, axis=-1)

    def dilation(x: Any) -> Any:
        return np.max(neighbours(x, np.flip(under), places, mode, cval, opposite) + turned, axis=-1)

    return erosion, dilation


def _morphology(name: str, text: str, combined: Callable[[Any, _Step, _Step], Any]) -> Any:
    """A twin of SciPy's function of that name, combined of an erosion and a dilation."""

    def function(
        input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
        mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
    ) -> Any:  # fmt: skip
        x = inexact(lift(input))
        erosion, dilation = _steps(x, size, footprint, structure, mode, cval, origin, axes)
        return finished(combined(x, erosion, dilation), output, x.dtype)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{text}

    size: of a flat footprint, for all axes or each; footprint: which entries count; structure: their heights, may be a
    tensor; mode, cval: what lies beyond the ends (`wengert.scipy.borders`); origin: shifts the footprint; axes: along
    which. Raises ValueError without a size, footprint or structure, and for an origin outside of it.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.{name}(x, 3)))(np.array([1.0, 4.0, 2.0, 3.0])).shape
    (4,)
    """
    return twin_of(getattr(theirs, name))(function)


grey_erosion = _morphology("grey_erosion", "The lowest of the entries around every entry, over a structure.",
    lambda x, erosion, dilation: erosion(x))  # fmt: skip
grey_dilation = _morphology("grey_dilation", "The highest of the entries around every entry, with a structure.",
    lambda x, erosion, dilation: dilation(x))  # fmt: skip
grey_opening = _morphology("grey_opening", "An erosion, and a dilation of it: without narrow peaks.",
    lambda x, erosion, dilation: dilation(erosion(x)))  # fmt: skip
grey_closing = _morphology("grey_closing", "A dilation, and an erosion of it: without narrow gaps.",
    lambda x, erosion, dilation: erosion(dilation(x)))  # fmt: skip
morphological_gradient = _morphology("morphological_gradient", "The dilation less the erosion.",
    lambda x, erosion, dilation: dilation(x) - erosion(x))  # fmt: skip
morphological_laplace = _morphology("morphological_laplace", "The dilation and the erosion, less the input twice.",
    lambda x, erosion, dilation: dilation(x) + erosion(x) - 2 * x)  # fmt: skip
white_tophat = _morphology("white_tophat", "The input less its opening: the narrow peaks.",
    lambda x, erosion, dilation: x - dilation(erosion(x)))  # fmt: skip
black_tophat = _morphology("black_tophat", "The closing less the input: the narrow gaps.",
    lambda x, erosion, dilation: erosion(dilation(x)) - x)  # fmt: skip


# --- functions of the user's --------------------------------------------------------------------------------------


@twin_of(theirs.generic_filter)
def generic_filter(
    input: Any, function: Callable[..., Any], size: Any = None, footprint: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, extra_arguments: Any = (), extra_keywords: Any = None,
    *, axes: Any = None,
) -> Any:  # fmt: skip
    """``function(entries)`` of the entries under a footprint around every entry, as a 1-d array.

    Further arguments are those of `rank_filter`; extra_arguments and extra_keywords go to the function. Raises
    RuntimeError without a size or footprint.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.generic_filter(x, np.prod, 3)[1])(np.array([2.0, 3.0, 5.0]))
    array([15., 10.,  6.])
    """
    x = inexact(lift(input))
    places = places_of(axes, x.ndim)
    found = neighbours(x, footprint_of(size, footprint, None, places), places, mode, cval, origin)
    named = extra_keywords or {}
    return finished(np.apply_along_axis(function, -1, found, *extra_arguments, **named), output, x.dtype)


@twin_of(theirs.generic_filter1d)
def generic_filter1d(
    input: Any, function: Callable[..., Any], filter_size: int, axis: int = -1, output: Any = None,
    mode: str = "reflect", cval: float = 0.0, origin: int = 0, extra_arguments: Any = (), extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """What ``function(line, out)`` writes into `out` for every line along an axis, to which its border is added.

    filter_size: the line is longer than `out` by one less than that; further arguments are those of `generic_filter`.
    Raises RuntimeError for a size below 1 and ValueError for an origin outside of it.

    >>> import wengert as wg
    >>> def means(line, out):
    ...     out[:] = (line[:-2] + line[1:-1] + line[2:]) / 3
    >>> wg.grad(lambda x: wg.scipy.ndimage.generic_filter1d(x, means, 3)[0])(np.array([2.0, 3.0, 5.0])).round(3)
    array([0.667, 0.333, 0.   ])
    """
    if filter_size < 1:
        raise RuntimeError("invalid filter size")
    x = inexact(lift(input))
    axis, before = normal_axis(axis, x.ndim), filter_size // 2 + origin
    if not 0 <= before < filter_size:
        raise ValueError("invalid origin")
    lines = np.moveaxis(continued(x, axis, before, filter_size - 1 - before, mode, cval), axis, -1)
    lead, found = lines.shape[:-1], []
    for line in np.reshape(lines, (-1, lines.shape[-1])):
        out = np.zeros(x.shape[axis], x.dtype, like=x)
        function(line, out, *extra_arguments, **(extra_keywords or {}))
        found.append(out)
    whole = np.reshape(np.stack(found), (*lead, x.shape[axis])) if found else np.moveaxis(x, axis, -1)
    return finished(np.moveaxis(whole, -1, axis), output, x.dtype)
