"""Collation: a list of samples becomes a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box
from wengert.errors import InvalidArgument, StructureMismatch, explain

__all__ = ["default_collate", "default_convert", "stack"]

_SINGLE = (np.generic, int, float, complex)
_NUMBERS = (np.ndarray, Box, *_SINGLE)


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples, tree by tree: arrays and numbers to arrays, tensors to tensors; of all else the list is kept.

    Raises `InvalidArgument` for no samples or differing shapes, and `StructureMismatch` for differing containers.

    >>> default_collate([(1.0, "a"), (2.0, "b")])
    (array([1., 2.]), ['a', 'b'])
    """
    if not batch:
        raise InvalidArgument(
            explain(
                "a batch of no samples was to be collated.",
                "Without a sample it is not known what a batch looks like.",
                "Let the batch sampler give at least one number, or write a collate_fn that makes an empty batch.",
            )
        )
    kinds = {type(sample) for sample in batch}
    if kinds in ({tuple}, {list}):  # as most samples are: one level at a time, without taking every sample apart
        if len({len(sample) for sample in batch}) > 1:
            raise _differ()
        return kinds.pop()([default_collate(column) for column in zip(*batch, strict=True)])
    first, structure = tree.flatten(batch[0])
    if structure == tree.LEAF:
        return stack(batch)
    columns = [structure.flatten(sample) for sample in batch]
    return structure.unflatten([stack(values) for values in zip(*columns, strict=True)] if first else [])


def default_convert(data: Any) -> Any:
    """A sample as a batch would have it, without the axis of the batch: NumPy's numbers become arrays, all else stays.

    >>> default_convert({"x": np.float64(1.0), "name": "a"})
    {'x': array(1.), 'name': 'a'}
    """
    return tree.map(lambda x: np.asarray(x) if isinstance(x, np.generic) else x, data)


def stack(values: Sequence[Any]) -> Any:
    """Values of one entry of the samples, as one entry of the batch."""
    kinds = {type(x) for x in values}
    if not all([issubclass(kind, _NUMBERS) for kind in kinds]):
        return list(values)
    single = all([issubclass(kind, _SINGLE) for kind in kinds])
    shapes = set() if single else {np.shape(x) for x in values}
    if len(shapes) > 1:
        raise InvalidArgument(
            explain(
                f"samples of shapes {', '.join(map(str, sorted(shapes)))} are in one batch.",
                "They are stacked to one array, which has one shape.",
                "Bring samples to one shape in a transform, or write a collate_fn that pads or lists them.",
            )
        )
    return np.stack(values) if any([issubclass(kind, Box) for kind in kinds]) else np.array(values)


def _differ() -> StructureMismatch:
    return StructureMismatch(
        explain(
            "samples of a batch nest in different ways.",
            "They are stacked entry by entry.",
            "Let the dataset return samples of one structure, or write a collate_fn.",
        )
    )
