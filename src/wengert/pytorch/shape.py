"""PyTorch's names for what changes the shape of an array, each a line over NumPy's."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import numpy_keywords
from wengert.errors import InvalidArgument, explain, user_line
from wengert.pytorch.spelled import reduced_axes
from wengert.spec import normal_axis

__all__ = [
    "adjoint", "block_diag", "broadcast_tensors", "cartesian_prod", "cat", "combinations", "constant_pad_nd",
    "diag_embed", "expand", "expand_as", "flatten", "flip", "meshgrid", "movedim", "permute", "repeat",
    "repeat_interleave", "roll", "row_stack", "squeeze", "swapdims", "t", "tile", "transpose", "tril", "tril_indices",
    "triu", "triu_indices", "unflatten", "unsqueeze", "view", "view_as",
]  # fmt: skip


def sizes(given: Sequence[Any]) -> tuple[Any, ...]:
    """``f(2, 3)``, ``f((2, 3))`` and ``f([2, 3])`` alike."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], tuple | list) else tuple(given)


def cat(tensors: Any, dim: int = 0, **kwargs: Any) -> Any:
    """Arrays joined along an axis they have.

    >>> import wengert as wg
    >>> wg.cat([wg.ones(2), wg.zeros(1)])
    tensor([1., 1., 0.])
    """
    # As in PyTorch, the vector of no entries joins with arrays of any shape.
    joined = [x for x in tensors if np.shape(x) != (0,)]
    if builtins.all(np.ndim(x) == 1 for x in joined):
        joined = tensors
    return np.concatenate(joined, **{"axis": dim} | numpy_keywords(kwargs))


def view(input: Any, *shape: Any) -> Any:
    """The entries in another shape (integers), or the values in another dtype."""
    if not shape:
        return input[...]
    lengths = sizes(shape)
    if builtins.all(isinstance(n, int | np.integer) for n in lengths):
        return np.reshape(input, lengths)
    if np.dtype(lengths[0]) == input.dtype:
        return input[...]
    raise InvalidArgument(
        explain(
            f"view({lengths[0]!r}) at {user_line()} of a {input.dtype} tensor.",
            "Reading the bytes of a number as another type has no derivative.",
            "Write input.astype(dtype) for the values, or input.view(*shape) for another shape.",
        )
    )


def view_as(input: Any, other: Any) -> Any:
    """The entries in the shape of `other`."""
    return np.reshape(input, np.shape(other))


def permute(input: Any, *dims: Any) -> Any:
    """The axes in another order."""
    return np.transpose(input, sizes(dims))


def transpose(input: Any, *axes: Any, dim0: Any = None, dim1: Any = None, **kwargs: Any) -> Any:
    """NumPy's (all axes in a new order); PyTorch's, two axes exchanged, when the call is its."""
    if dim0 is not None:
        return _exchanged(input, dim0, dim1)
    if len(axes) == 2:
        return _exchanged(input, *axes)
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int | np.integer) else axes or None
    return np.transpose(input, order, **kwargs)


def _exchanged(input: Any, dim0: int, dim1: int) -> Any:
    if np.ndim(input):
        return np.swapaxes(input, dim0, dim1)
    reduced_axes(input, (dim0, dim1), False)
    return input[...]


def t(input: Any) -> Any:
    """The transpose of a matrix; a vector itself."""
    if np.ndim(input) > 2:
        raise InvalidArgument(
            explain(
                f"t() at {user_line()} of an array of shape {np.shape(input)}.",
                "It is the transpose of one matrix.",
                "Write x.mT to transpose each of several matrices, or x.permute(...).",
            )
        )
    return np.transpose(input)


def unsqueeze(input: Any, dim: int) -> Any:
    """An axis of length 1 put in."""
    return np.expand_dims(input, dim)


def squeeze(input: Any, axis: Any = None, **kwargs: Any) -> Any:
    """Axes of length 1 taken out; with ``dim=`` other axes are left in place, as in PyTorch."""
    if "dim" not in kwargs:
        return np.squeeze(input, axis)
    dims, _ = reduced_axes(input, sizes((kwargs["dim"],)), False)
    return np.squeeze(input, dims and tuple(d for d in dims if np.shape(input)[d] == 1))


def flatten(input: Any, *args: Any, start_dim: int = 0, end_dim: int = -1, order: Any = "C") -> Any:
    """All entries along one axis (a copy, as NumPy's); with integers the axes from `start_dim` to `end_dim`."""
    if args and isinstance(args[0], str):
        order, args = args[0], ()
    if not np.ndim(input):
        return np.copy(np.ravel(input))
    first, last = [normal_axis(n, np.ndim(input)) for n in (*args, *(start_dim, end_dim)[len(args) :])]
    if first == 0 and last == np.ndim(input) - 1:
        return np.copy(np.ravel(input, order=order))
    lengths = np.shape(input)
    return np.reshape(input, (*lengths[:first], -1, *lengths[last + 1 :]))


def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One axis as several."""
    lengths = np.shape(input)
    dim = normal_axis(dim, len(lengths))
    return np.reshape(input, (*lengths[:dim], *sizes, *lengths[dim + 1 :]))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places."""
    return np.moveaxis(input, source, destination)


def swapdims(input: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged."""
    return _exchanged(input, dim0, dim1)


def expand(input: Any, *size: Any) -> Any:
    """Axes of length 1 repeated without a copy; -1 keeps a length."""
    lengths = sizes(size)
    have = (1,) * (len(lengths) - np.ndim(input)) + np.shape(input)
    return np.broadcast_to(input, tuple(m if n == -1 else n for n, m in zip(lengths, have, strict=True)))


def expand_as(input: Any, other: Any) -> Any:
    """Repeated to the shape of `other`."""
    return np.broadcast_to(input, np.shape(other))


def tile(input: Any, *reps: Any) -> Any:
    """The array repeated as a whole, `reps` times along each axis."""
    return np.tile(input, sizes(reps))


def repeat(input: Any, *repeats: Any, **kwargs: Any) -> Any:
    """NumPy's (every entry repeated); three or more integers are PyTorch's, the array tiled."""
    return np.tile(input, repeats) if len(repeats) > 2 else np.repeat(input, *repeats, **numpy_keywords(kwargs))


def repeat_interleave(input: Any, repeats: Any = None, dim: int | None = None, *, output_size: Any = None) -> Any:
    """Every entry repeated; of one argument, its n-th index n-th times: ``[2, 1]`` gives ``[0, 0, 1]``."""
    if repeats is None:
        return np.repeat(np.arange(np.size(input)), input)
    return np.repeat(input, repeats, axis=dim)


def flip(input: Any, *dims: Any, **kwargs: Any) -> Any:
    """The entries in reverse order along axes."""
    axis = kwargs.get("axis", kwargs.get("dims", sizes(dims) or None))
    return np.flip(input, axis)


def roll(input: Any, shifts: Any = None, dims: Any = None, **kwargs: Any) -> Any:
    """Entries moved along axes, those that leave coming back at the other end."""
    return np.roll(input, kwargs.get("shift", shifts), kwargs.get("axis", dims))


def tril(input: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """The part below a diagonal and on it."""
    return np.tril(input, k + diagonal)


def triu(input: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """The part above a diagonal and on it."""
    return np.triu(input, k + diagonal)


def tril_indices(n: Any = None, k: int = 0, m: int | None = None, **kwargs: Any) -> Any:
    """NumPy's pair of index arrays; with ``row=`` and ``col=`` PyTorch's, one array of two rows."""
    return _half_indices(np.tril_indices, n, k, m, **kwargs)


def triu_indices(n: Any = None, k: int = 0, m: int | None = None, **kwargs: Any) -> Any:
    """NumPy's pair of index arrays; with ``row=`` and ``col=`` PyTorch's, one array of two rows."""
    return _half_indices(np.triu_indices, n, k, m, **kwargs)


def _half_indices(indices: Any, n: Any, k: int, m: int | None, **kwargs: Any) -> Any:
    if not kwargs:
        return indices(n, k, m)
    # ``f(rows, columns, dtype=...)`` is PyTorch's as well.
    rows, columns = (kwargs.get("row", n), kwargs["col"]) if "col" in kwargs else (n, k)
    offset = kwargs.get("offset", k if "col" in kwargs else m or 0)
    return np.stack(indices(rows, offset, columns)).astype(kwargs.get("dtype") or np.int64, copy=False)


def adjoint(input: Any) -> Any:
    """The conjugate with its last two axes exchanged."""
    return np.conj(np.matrix_transpose(input))


def row_stack(tensors: Any) -> Any:
    """Arrays one above the other."""
    return np.vstack(tensors)


def broadcast_tensors(*tensors: Any) -> Any:
    """All arrays in the shape that they have together."""
    return tuple(np.broadcast_arrays(*sizes(tensors)))


def block_diag(*tensors: Any) -> Any:
    """The matrices along the diagonal of one, zeros elsewhere.

    >>> import wengert as wg
    >>> wg.block_diag(wg.ones(1, 2), wg.tensor(3.0))
    tensor([[1., 1., 0.],
            [0., 0., 3.]])
    """
    blocks = [np.atleast_2d(x) for x in tensors]
    ends = list(itertools.accumulate([x.shape[1] for x in blocks], initial=0))
    sides = [((0, 0), (start, ends[-1] - end)) for start, end in itertools.pairwise(ends)]
    return np.concatenate([np.pad(x, side) for x, side in zip(blocks, sides, strict=True)])


def constant_pad_nd(input: Any, pad: Sequence[int], value: Any = 0) -> Any:
    """Numbers put around the array: how many before and after, from the last axis on."""
    pairs = [(0, 0)] * (np.ndim(input) - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    # A negative number takes entries away.
    lengths = zip(pairs, np.shape(input), strict=True)
    kept = input[tuple([slice(builtins.max(-low, 0), n + builtins.min(high, 0)) for (low, high), n in lengths])]
    return np.pad(kept, [(builtins.max(low, 0), builtins.max(high, 0)) for low, high in pairs], constant_values=value)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The entries along the last axis on a diagonal of matrices, whose rows are `dim1` and columns `dim2`.

    >>> import wengert as wg
    >>> wg.diag_embed(wg.ones(1), offset=1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    widths = [(0, 0)] * (np.ndim(input) - 1)
    longer = np.pad(input, [*widths, (0, abs(offset))])
    on = np.eye(longer.shape[-1], k=offset, dtype=bool)
    # The n-th entry stands in row n, or below the main diagonal in column n.
    rows = longer[..., :, None] if offset >= 0 else longer[..., None, :]
    return np.moveaxis(np.where(on, rows, np.zeros((), input.dtype)), (-2, -1), (dim1, dim2))


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of one entry of each vector, as rows; one vector itself."""
    if len(tensors) == 1:
        return tensors[0]
    return np.stack([np.ravel(x) for x in np.meshgrid(*tensors, indexing="ij")], axis=-1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of r entries of a vector, as rows."""
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = list(choose(range(np.shape(input)[0]), r))
    return input[np.array(chosen, int).reshape(len(chosen), r)]


def meshgrid(*tensors: Any, **kwargs: Any) -> Any:
    """NumPy's; the vectors may also be given as one list of tensors."""
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple) and isinstance(tensors[0][0], Box | np.ndarray):
        tensors = tuple(tensors[0])
    return np.meshgrid(*tensors, **kwargs)
