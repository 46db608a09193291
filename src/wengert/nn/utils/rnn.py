"""Sequences of different lengths in one array: padded to the longest, or packed step by step.

    a b c        padded: (T, N)  a d f      packed: a d f │ b e │ c      batch_sizes: 3 2 1
    d e                          b e 0
    f                            c 0 0

Packed sequences are sorted, the longest first; how is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, read
from wengert.errors import refuse
from wengert.nn.functional.arguments import unknown
from wengert.ops.spelling import lift

__all__ = [
    "PackedSequence",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence(NamedTuple):
    """Sequences packed step by step: what `pack_padded_sequence` makes and recurrent layers take and return.

    data: the entries, (all steps of all sequences, …). batch_sizes: how many sequences have a first, second … step.
    sorted_indices: the order in which the sequences stand, or None; unsorted_indices: the way back.
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None


def lengths_of(packed: PackedSequence) -> Any:
    """How long the sequences are, in their own order."""
    steps = np.asarray(packed.batch_sizes)
    sorted_lengths = np.sum(np.arange(steps[0]) < steps[:, None], axis=0)
    return sorted_lengths if packed.unsorted_indices is None else sorted_lengths[packed.unsorted_indices]


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:  # fmt: skip
    """Padded sequences, (T, N, …) or with `batch_first` (N, T, …), packed; the gradient of padding is 0.

    lengths: (N), all at least 1. enforce_sorted: raise `InvalidArgument` unless they are in falling order.

    >>> import numpy as np, wengert as wg
    >>> padded = np.array([[1, 4, 6], [2, 5, 0], [3, 0, 0]])
    >>> packed = wg.nn.utils.rnn.pack_padded_sequence(padded, [3, 2, 1])
    >>> packed.data, packed.batch_sizes
    (array([1, 4, 6, 2, 5, 3]), array([3, 2, 1]))
    """
    x = lift(input)
    x = np.swapaxes(x, 0, 1) if batch_first else x
    known = _plain(lengths)
    if known.shape != (x.shape[1],) or np.any((known < 1) | (known > x.shape[0])):
        raise refuse(
            f"pack_padded_sequence got an input of shape {x.shape} (time first) and lengths={known.tolist()}",
            f"There are {x.shape[1]} sequences of 1 to {x.shape[0]} steps.",
            "Give one length for each.",
        )
    order = np.argsort(-known, kind="stable")
    if enforce_sorted and np.any(np.diff(known) > 0):
        raise refuse(
            f"pack_padded_sequence got lengths={known.tolist()}",
            "With enforce_sorted=True the longest sequence comes first.",
            "Sort the sequences, or write enforce_sorted=False.",
        )
    batch_sizes = np.sum(known[order] > np.arange(known.max())[:, None], axis=1)
    flat = np.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))
    places = np.concatenate([t * x.shape[1] + order[:n] for t, n in enumerate(batch_sizes)])
    data = np.take(flat, places, axis=0)
    return PackedSequence(data, batch_sizes, *((None, None) if enforce_sorted else (order, np.argsort(order))))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """Packed sequences padded to one length, and their lengths; the inverse of `pack_padded_sequence`.

    total_length: to what length, by default that of the longest.

    >>> import numpy as np, wengert as wg
    >>> rnn = wg.nn.utils.rnn
    >>> rnn.pad_packed_sequence(rnn.pack_sequence([np.array([1, 2]), np.array([3])]), batch_first=True)
    (array([[1, 2],
           [3, 0]]), array([2, 1]))
    """
    steps, lengths = np.asarray(sequence.batch_sizes), lengths_of(sequence)
    total = len(steps) if total_length is None else total_length
    if total < len(steps):
        raise refuse(
            f"pad_packed_sequence got total_length={total}",
            f"The longest sequence has {len(steps)} steps.",
            "Give at least that.",
        )
    count = int(steps[0])
    column = np.arange(count) if sequence.unsorted_indices is None else np.asarray(sequence.unsorted_indices)
    first = np.concatenate([np.cumsum(steps) - steps, np.zeros(total - len(steps), np.int64)])
    there = np.arange(total)[:, None] < lengths
    padded = np.take(sequence.data, np.where(there, first[:, None] + column, 0), axis=0)
    mask = np.reshape(there, (*there.shape, *(1,) * (padded.ndim - 2)))
    padded = np.where(mask, padded, padded.dtype.type(padding_value))
    return (np.swapaxes(padded, 0, 1) if batch_first else padded), lengths


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:  # fmt: skip
    """Sequences (L, …) of different lengths in one array (T, N, …), or with `batch_first` (N, T, …).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.utils.rnn.pad_sequence([np.array([1, 2]), np.array([3])], batch_first=True)
    array([[1, 2],
           [3, 0]])
    """
    if padding_side not in ("right", "left"):
        raise unknown("padding_side", padding_side, ("right", "left"))
    xs = [lift(x) for x in sequences]
    total = max(x.shape[0] for x in xs)

    def widths(x: Any) -> Any:
        more = (0, total - x.shape[0]) if padding_side == "right" else (total - x.shape[0], 0)
        return [more] + [(0, 0)] * (x.ndim - 1)

    return np.stack([np.pad(x, widths(x), constant_values=padding_value) for x in xs], axis=0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of a padded array, each in its length.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.utils.rnn.unpad_sequence(np.array([[1, 2], [3, 0]]), [2, 1], batch_first=True)
    [array([1, 2]), array([3])]
    """
    x = lift(padded_sequences)
    return [x[n, :k] if batch_first else x[:k, n] for n, k in enumerate(_plain(lengths).tolist())]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (L, …) of different lengths, packed.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.utils.rnn.pack_sequence([np.array([1, 2]), np.array([3])]).data
    array([1, 3, 2])
    """
    lengths = np.array([lift(x).shape[0] for x in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences of a packed one, each in its length.

    >>> import numpy as np, wengert as wg
    >>> rnn = wg.nn.utils.rnn
    >>> rnn.unpack_sequence(rnn.pack_sequence([np.array([1, 2]), np.array([3])]))
    [array([1, 2]), array([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences)
    return unpad_sequence(padded, lengths)


def _plain(lengths: Any) -> Any:
    """Lengths as plain integers: they say what shapes there are."""
    if isinstance(lengths, Box):
        lengths = lengths.concrete("the length of a sequence") if not hasattr(lengths, "detach") else read(
            lengths.detach()
        )  # fmt: skip
    return np.asarray(lengths, dtype=np.int64)
