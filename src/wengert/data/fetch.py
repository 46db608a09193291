"""Making a batch, the same way in the loader's own process and in a worker's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

from wengert.data.collate import default_collate
from wengert.data.dataset import IterableDataset, gatherer, picked
from wengert.data.randomness import BATCH, GLOBAL, STREAM, Source, seed_globals, using

__all__ = ["END", "End", "Fetcher", "Task", "WorkerInfo", "get_worker_info", "set_worker"]


class End:
    """What comes instead of a batch when a stream of samples has ended."""


END = End()


class Task(NamedTuple):
    """A batch to be made. run: which pass through the data of this process; indices: None of a stream."""

    run: int
    epoch: int
    number: int
    indices: Any


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker process this is: its number, of how many, the seed of the loader, and this process's dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any = None


_worker: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker process this is; None outside of one, and in an `IterableDataset` that is not sharded."""
    return _worker


def set_worker(info: WorkerInfo) -> None:
    """Say which worker process this is."""
    global _worker
    _worker = info


@contextmanager
def _unnoticed() -> Iterator[None]:
    """As if this were no worker: a stream that is to come whole from each must not yield a share of itself."""
    global _worker
    kept, _worker = _worker, None
    try:
        yield
    finally:
        _worker = kept


@dataclass
class Fetcher:
    """Turns tasks into batches: takes the samples, transforms each, and collates them.

    batch_size: None if samples are not to be put together; their indices are then single ones.
    """

    dataset: Any
    transform: Callable[[Any], Any] | None
    collate: Callable[[Any], Any] | None
    batch_size: int | None
    drop_last: bool
    seed: int

    def __post_init__(self) -> None:
        whole = self.transform is None and self.collate is None and self.batch_size is not None
        self._gather = gatherer(self.dataset) if whole else None
        self._stream: Stream | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def __call__(self, task: Task) -> Any:
        """The batch, or END when a stream has none left."""
        source = Source(self.seed, task.epoch, BATCH, task.number)
        if isinstance(self.dataset, IterableDataset):
            samples = self._next_samples(task)
            if not samples or (self.drop_last and len(samples) < (self.batch_size or 1)):
                return END
        else:
            if get_worker_info() is not None:
                seed_globals(Source(self.seed, task.epoch, GLOBAL, task.number))
            if self._gather is not None:
                return self._gather(task.indices)
            samples = None
        with using(source):
            if samples is None:
                samples = (
                    [self.dataset[task.indices]] if self.batch_size is None else picked(self.dataset, task.indices)
                )
            if self.transform is not None:
                samples = [self.transform(sample) for sample in samples]
            if self.batch_size is None:
                return samples[0] if self.collate is None else self.collate(samples[0])
            return (self.collate or default_collate)(samples)

    def _next_samples(self, task: Task) -> list[Any]:
        if self._stream is None or self._stream.run != task.run:
            self._stream = Stream(self.dataset, task, self.batch_size or 1, self.seed)
        return self._stream.batch(task.number)


class Stream:
    """One pass through an IterableDataset. What is another worker's is passed over without being transformed."""

    def __init__(self, dataset: IterableDataset, task: Task, size: int, seed: int) -> None:
        self.run, self._size = task.run, size
        self._source = Source(seed, task.epoch, STREAM)
        info = get_worker_info()
        # A sharded dataset yields this worker's batches only: the first of them is 0, the next one 1.
        self._turns = info.num_workers if info is not None and dataset.sharded else 1
        self._taken = 0
        if info is not None:
            seed_globals(Source(seed, task.epoch, GLOBAL, info.id if dataset.sharded else 0))
        self._as = nullcontext if dataset.sharded else _unnoticed
        with using(self._source), self._as():
            self._samples: Iterator[Any] = iter(dataset)

    def batch(self, number: int) -> list[Any]:
        """The samples of a batch; batches are asked for in order."""
        place = number // self._turns
        with using(self._source), self._as():
            skipped = (place - self._taken) * self._size
            next(itertools.islice(self._samples, skipped, skipped), None)
            self._taken = place + 1
            return list(itertools.islice(self._samples, self._size))
