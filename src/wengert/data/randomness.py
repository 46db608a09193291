"""Randomness that depends on the seed, the epoch and the batch, and on nothing else.

Whatever a loader draws comes from a stream of its own, found by numbers instead of by drawing on:

    (epoch, ORDER)            the order of the samples
    (epoch, BATCH, number)    the transforms of a batch
    (epoch, STREAM)           what an IterableDataset draws itself
    (epoch, GLOBAL, number)   the global generators inside worker processes

So it does not matter which process makes a batch, nor whether the epoch began in this run or in one that was killed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from wengert.generator import default_generator, manual_seed

__all__ = ["BATCH", "GLOBAL", "ORDER", "STREAM", "Source", "generator", "seed_globals", "using"]

ORDER, BATCH, STREAM, GLOBAL = range(4)


class Source:
    """A stream of random numbers that is set up when the first one is drawn."""

    def __init__(self, seed: int, *place: int) -> None:
        self._seed, self._place = seed, place
        self._made: np.random.Generator | None = None

    @property
    def sequence(self) -> np.random.SeedSequence:
        """What seeds this stream."""
        return np.random.SeedSequence(self._seed, spawn_key=self._place)

    @property
    def generator(self) -> np.random.Generator:
        """The stream itself."""
        if self._made is None:
            self._made = np.random.Generator(np.random.PCG64(self.sequence))
        return self._made


_current: ContextVar[Source | None] = ContextVar("wengert_data_source", default=None)


def generator() -> np.random.Generator:
    """The random numbers that a dataset or a transform should use.

    While a `DataLoader` makes a batch they belong to its seed, its epoch and the batch, so that a batch is the same
    whoever makes it; otherwise they are those of ``wg.manual_seed``.

    >>> import wengert as wg
    >>> _ = wg.manual_seed(0)
    >>> 0 <= wg.data.generator().random() < 1
    True
    """
    source = _current.get()
    return default_generator().numpy if source is None else source.generator


@contextmanager
def using(source: Source) -> Iterator[None]:
    """Let `generator` return this stream."""
    token = _current.set(source)
    try:
        yield
    finally:
        _current.reset(token)


def seed_globals(source: Source) -> None:
    """Seed Python's, NumPy's and wengert's global generators; for worker processes, where nobody else uses them."""
    ours, numpys, pythons = (int(word) for word in source.sequence.generate_state(3))
    manual_seed(ours)
    np.random.seed(numpys)  # noqa: NPY002 (strangers' datasets draw from it)
    random.seed(pythons)
