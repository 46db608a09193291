"""Bags of vectors: rows of a table that are looked up, and reduced to one vector per bag: for `nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import refuse
from wengert.nn.functional.activation import embedding
from wengert.nn.functional.arguments import class_numbers, unknown
from wengert.ops.extremes import scatter_max
from wengert.ops.index import scatter_add
from wengert.ops.spelling import lift

__all__ = ["embedding_bag"]


def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """The mean, sum or max of the rows of a table whose numbers are in a bag: result (bags, d).

    input: numbers of rows, (bags, n), or one after the other (n) with the `offsets` where bags begin. weight: the table
    (rows, d). include_last_offset: the last offset is the end of the last bag. per_sample_weights: factors of the
    shape of `input`, for the mode "sum". padding_idx: a number that does not count. max_norm, norm_type: see
    `embedding`, as for scale_grad_by_freq and sparse. A bag of nothing gives 0. Raises
    `InvalidArgument` for numbers out of range and bags that are not given.

    >>> import numpy as np, wengert as wg
    >>> table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
    >>> wg.nn.functional.embedding_bag(np.array([0, 1, 2]), table, np.array([0, 2]))
    array([[2., 3.],
           [5., 0.]])
    """
    if mode not in ("mean", "sum", "max"):
        raise unknown("mode", mode, ("mean", "sum", "max"))
    numbers = class_numbers(input, "embedding_bag")
    bag, count = _bags(numbers, offsets, include_last_offset)
    flat = np.reshape(numbers, (-1,))
    rows = embedding(flat, weight, None, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        factors = lift(per_sample_weights)
        if mode != "sum" or factors.shape != numbers.shape:
            raise refuse(
                f"embedding_bag got per_sample_weights of shape {factors.shape} and mode={mode!r}",
                f"Weighted rows are summed, and each of the numbers {numbers.shape} has its weight.",
                'Give mode="sum" and weights of the shape of the input.',
            )
        rows = rows * np.reshape(factors, (-1, 1)).astype(rows.dtype)
    counted = flat != (-1 if padding_idx is None else padding_idx % weight.shape[0])
    return _reduced(mode, rows, np.expand_dims(counted, -1), bag, count)


def _bags(numbers: Any, offsets: Any, include_last: bool) -> tuple[Any, int]:
    """The number of the bag of every entry, and how many bags there are."""
    if numbers.ndim == 2 and offsets is None:
        return np.repeat(np.arange(numbers.shape[0]), numbers.shape[1]), numbers.shape[0]
    if numbers.ndim != 1 or offsets is None:
        raise refuse(
            f"embedding_bag got numbers of shape {numbers.shape} and {'no ' if offsets is None else ''}offsets",
            "Bags are the rows of a matrix, or parts of a vector that begin at offsets.",
            "Give numbers (bags, n) without offsets, or numbers (n) with them.",
        )
    begins = offsets.concrete("embedding_bag's offsets") if isinstance(offsets, Box) else np.asarray(offsets)
    begins = begins[:-1] if include_last else begins
    return np.searchsorted(begins, np.arange(numbers.shape[0]), side="right") - 1, begins.shape[0]


def _reduced(mode: str, rows: Any, counted: Any, bag: Any, count: int) -> Any:
    members = scatter_add(np.zeros((count, 1), rows.dtype), counted.astype(rows.dtype), bag)
    if mode == "max":
        least = np.full((count, rows.shape[1]), -np.inf, rows.dtype)
        best = scatter_max(least, np.where(counted, rows, rows.dtype.type(-np.inf)), bag)
        return np.where(members == 0, rows.dtype.type(0), best)
    total = scatter_add(np.zeros((count, rows.shape[1]), rows.dtype), np.where(counted, rows, rows.dtype.type(0)), bag)
    return total if mode == "sum" else total / np.maximum(members, 1)
