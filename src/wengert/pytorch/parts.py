"""PyTorch's names for parts of arrays, read and written, each a line over NumPy's indexing."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.pytorch.spelled import writable
from wengert.spec import normal_axis

__all__ = [
    "chunk", "diagonal_scatter", "narrow", "select", "select_scatter", "slice_scatter", "split",
    "split_with_sizes", "tensor_split", "unbind", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes",
]  # fmt: skip


def at(input: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """The key of what stands at `index` along an axis."""
    return (slice(None),) * normal_axis(dim, np.ndim(input)) + (index,)


def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """The entries from `start` on along an axis, as a view."""
    n = np.shape(input)[dim]
    first = start + n if start < 0 else start
    if not 0 <= first <= first + length <= n:
        raise InvalidArgument(
            explain(
                f"narrow at {user_line()} got start={start} and length={length} for an axis of length {n}.",
                "The entries must be there.",
                "For as many as there are, write input[start:stop].",
            )
        )
    start = first
    return input[at(input, dim, slice(start, start + length))]


def select(input: Any, dim: Any = None, index: Any = None, **kwargs: Any) -> Any:
    """One entry along an axis, as a view; of lists of conditions and choices NumPy's select."""
    if isinstance(input, list | tuple) or "condlist" in kwargs:
        return np.select(input, dim, *([] if index is None else [index]), **kwargs)
    return input[at(input, dim, index)]


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """The entries along an axis, as views."""
    return tuple(np.moveaxis(input, dim, 0))


def split(input: Any, split_size_or_sections: Any = None, dim: int = 0, **kwargs: Any) -> Any:
    """Views of parts: of one size (the last may be shorter) or of the given sizes. ``axis=`` makes it NumPy's.

    >>> import wengert as wg
    >>> wg.split(wg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    sections = kwargs.pop("indices_or_sections", split_size_or_sections)
    if "axis" in kwargs or sections is not split_size_or_sections:
        return np.split(input, sections, **kwargs)
    n = np.shape(input)[dim]
    if isinstance(sections, int | np.integer):
        return tuple(np.split(input, range(sections, n, sections), axis=dim))
    if builtins.sum(sections) != n:
        raise InvalidArgument(
            explain(
                f"split at {user_line()} got sizes {list(sections)} for an axis of length {n}.",
                "The sizes must add up to the length.",
                "For the places to cut at, as in NumPy, write np.split(input, places, axis).",
            )
        )
    return tuple(np.split(input, np.cumsum(sections)[:-1], axis=dim))


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Views of at most `chunks` parts of one size (the last may be shorter)."""
    return split(input, builtins.max(1, -(-np.shape(input)[dim] // chunks)), dim)  # type: ignore[no-any-return]


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> Any:
    """Views of parts of the given sizes."""
    return split(input, split_sizes, dim)


unsafe_chunk, unsafe_split, unsafe_split_with_sizes = chunk, split, split_with_sizes


def tensor_split(input: Any, indices_or_sections: Any = None, dim: int = 0, **kwargs: Any) -> tuple[Any, ...]:
    """Views of parts: their number (the first may be longer), or the places to cut at."""
    places = kwargs.get("indices", kwargs.get("sections", indices_or_sections))
    places = places.tolist() if isinstance(places, Box | np.ndarray) else places
    return tuple(np.array_split(input, places, axis=dim))


# --- a copy with one part written ---------------------------------------------------------------------------------


def select_scatter(input: Any, src: Any, dim: int, index: int | slice) -> Any:
    """A copy with `src` at one index of an axis."""
    out = writable(input)
    out[at(input, dim, index)] = src
    return out


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy with `src` in a slice of an axis."""
    return select_scatter(input, src, dim, slice(start, end, step))


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy with `src` on a diagonal."""
    out = writable(input)
    i = np.arange(np.shape(src)[-1])
    rows, columns = i + builtins.max(0, -offset), i + builtins.max(0, offset)
    np.moveaxis(out, (dim1, dim2), (0, 1))[rows, columns] = np.moveaxis(src, -1, 0)
    return out
