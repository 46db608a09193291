"""DataLoader: batches of a dataset, in an order that a seed decides, made here or by worker processes.

What a loader yields is a function of (seed, epoch, position) and of nothing else: not of the number of workers, not of
what was iterated before. Its state is therefore three numbers, and a run that is resumed goes on bit by bit like one
that was never interrupted.
"""

from __future__ import annotations

import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wengert.data.dataset import IterableDataset, numpy_generator
from wengert.data.fetch import End, Fetcher, Task
from wengert.data.pool import Pool
from wengert.data.randomness import ORDER, Source
from wengert.data.sampler import BatchSampler, RandomSampler, SequentialSampler, ordered, restore, state_of
from wengert.errors import InvalidArgument, StructureMismatch, explain, user_line

__all__ = ["DataLoader"]


@dataclass
class _Place:
    """How far a pass through the data has come: in batches that were handed out."""

    epoch: int = 0
    position: int = 0
    done: bool = False
    sampler: dict[str, Any] | None = None  # its state when the epoch began


class DataLoader:
    """Batches of a dataset; every ``for`` over a loader is an epoch.

    dataset: has ``__len__`` and ``__getitem__``, or is an `IterableDataset`.
    batch_size: samples per batch; None for single samples, uncollated.
    shuffle: take the samples in an order that the seed and the epoch decide.
    sampler, batch_sampler: an order of your own, as numbers or lists of numbers of samples.
    num_workers: processes that prepare batches; 0 to do it here. The batches do not depend on it.
    collate_fn: makes a batch of a list of samples, instead of stacking their arrays tree by tree.
    pin_memory, pin_memory_device, in_order: accepted for PyTorch's sake; there is one kind of memory, and batches come
        in order always.
    drop_last: leave out a last batch that is smaller.
    timeout: how many seconds a worker may take for a batch; 0 for as long as it needs.
    worker_init_fn: called with its number in each worker before its first batch.
    multiprocessing_context: how workers start: "fork", "spawn", "forkserver", or a context.
    generator: what to draw the seed from, by default the generator of ``wg.manual_seed``.
    prefetch_factor: batches that each worker prepares ahead (2).
    persistent_workers: keep the workers from epoch to epoch; `close` ends them.
    seed: decides the order and what transforms draw from ``data.generator()``.
    transform: applied to every sample before collation.

    Raises `InvalidArgument` for arguments that contradict each other, and `WorkerError` if a worker raises or dies.

    >>> import numpy as np, wengert as wg
    >>> samples = wg.data.TensorDataset(np.arange(5.0), np.arange(5) % 2)
    >>> for x, y in wg.data.DataLoader(samples, batch_size=2):
    ...     print(x, y)
    [0. 1.] [0 1]
    [2. 3.] [0 1]
    [4.] [0]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        seed: int | None = None,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.num_workers, self.timeout, self.worker_init_fn = num_workers, timeout, worker_init_fn
        self.collate_fn, self.transform = collate_fn, transform
        self.generator, self.multiprocessing_context = generator, multiprocessing_context
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory, self.pin_memory_device, self.in_order = pin_memory, pin_memory_device, in_order
        self._streaming = isinstance(dataset, IterableDataset)
        self._check(shuffle, sampler, batch_sampler, seed, prefetch_factor)
        if not self._streaming and sampler is None:
            sampler = RandomSampler(dataset) if shuffle else SequentialSampler(dataset)
        if not self._streaming and batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler or (), batch_size, drop_last)
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self._seed = seed
        self._place = _Place()
        self._runs = 0
        self._resumed = False
        self._kept: Pool | None = None

    def _check(self, shuffle: Any, sampler: Any, batch_sampler: Any, seed: Any, prefetch: int | None) -> None:
        orders = [
            name for name, x in [("shuffle", shuffle), ("sampler", sampler), ("batch_sampler", batch_sampler)] if x
        ]
        if self._streaming and orders:
            raise _contradiction(
                f"{orders[0]} for an IterableDataset", "Its samples come in the order in which it yields them."
            )
        if sampler is not None and shuffle:
            raise _contradiction("shuffle and a sampler", "Both decide the order of the samples.")
        if batch_sampler is not None and (self.batch_size != 1 or shuffle or sampler is not None or self.drop_last):
            raise _contradiction(
                "a batch_sampler beside batch_size, shuffle, sampler or drop_last", "It decides all of them."
            )
        if self.batch_size is None and self.drop_last:
            raise _contradiction("drop_last without a batch_size", "There are no batches to drop.")
        if self.batch_size is not None and self.batch_size < 1:
            raise _contradiction(f"a batch_size of {self.batch_size}", "A batch has at least one sample.")
        if self.num_workers < 0 or self.timeout < 0 or self.prefetch_factor < 1 or (seed is not None and seed < 0):
            raise _contradiction(
                f"num_workers={self.num_workers}, timeout={self.timeout}, prefetch_factor={self.prefetch_factor}, "
                f"seed={seed}",
                "One of these numbers is too small.",
            )
        if not self.num_workers and (self.persistent_workers or self.timeout or prefetch is not None):
            raise _contradiction(
                "persistent_workers, timeout or prefetch_factor without num_workers",
                "There are no workers to have them.",
            )

    # --- what and where ---------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Batches per epoch."""
        if self._streaming:
            count = len(self.dataset)
            size = self.batch_size or 1
            return count // size if self.drop_last else -(-count // size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]

    @property
    def seed(self) -> int:
        """What decides everything random; drawn from the generator when it is first needed, unless it was given."""
        if self._seed is None:
            self._seed = int(numpy_generator(self.generator).integers(2**63))
        return self._seed

    @property
    def epoch(self) -> int:
        """The number of the epoch that is under way, or comes next."""
        return self._place.epoch + self._place.done

    @property
    def position(self) -> int:
        """How many batches of this epoch have been handed out."""
        return 0 if self._place.done else self._place.position

    @property
    def resumes_at(self) -> int:
        """At which batch the next ``for`` begins: 0, but after resuming in the middle of an epoch."""
        return self._place.position if self._resumed else 0

    def state_dict(self) -> dict[str, Any]:
        """Where the loader stands; to be taken between two batches, and after the step on the last of them."""
        began = None if self._place.done else self._place.sampler
        sampler = self._sampler_state() if began is None else began
        return {"seed": self.seed, "epoch": self.epoch, "position": self.position, "sampler": sampler}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Stand there: the next ``for`` goes on with the batch after the last one that was handed out.

        Raises `StructureMismatch` for what is no state of a loader.
        """
        if set(state) != {"seed", "epoch", "position", "sampler"}:
            raise StructureMismatch(
                explain(
                    f"DataLoader.load_state_dict at {user_line()} got the keys {sorted(map(str, state))}.",
                    "The state of a loader is its seed, epoch, position, and the state of its sampler.",
                    "Give what state_dict() of a loader returned.",
                )
            )
        self._seed = state["seed"]
        self._place = _Place(state["epoch"], state["position"], sampler=dict(state["sampler"]))
        restore(self._source_of_order, state["sampler"])
        self._resumed = True
        self.close()

    @property
    def _source_of_order(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _sampler_state(self) -> dict[str, Any]:
        return state_of(self._source_of_order)

    # --- an epoch -----------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        old = self._place
        if not self._resumed:
            self._place = _Place(old.epoch + bool(old.done or old.position))
            self._place.sampler = self._sampler_state()
        self._resumed = False
        self._runs += 1
        return self._epoch(self._place, self._runs)

    def _epoch(self, place: _Place, run: int) -> Iterator[Any]:
        # The workers of a sharded dataset take turns as long as they have samples: whoever was there must be heard.
        replayed = place.position if getattr(self.dataset, "sharded", False) else 0
        tasks = self._tasks(run, place.epoch, place.position - replayed)
        batches = self._by_workers(tasks) if self.num_workers else self._here(tasks)
        try:
            for batch in itertools.islice(batches, replayed, None):
                place.position += 1
                yield batch
            place.done = True
        finally:
            batches.close()

    def _tasks(self, run: int, epoch: int, start: int) -> Iterator[Task]:
        """What is to be made in an epoch from a batch on."""
        if self._streaming:
            return (Task(run, epoch, number, None) for number in itertools.count(start))
        random = Source(self.seed, epoch, ORDER).generator
        batches = ordered(self._source_of_order, random)
        return itertools.islice((Task(run, epoch, n, batch) for n, batch in enumerate(batches)), start, None)

    def _fetcher(self) -> Fetcher:
        size = 1 if self.batch_size is None and self.batch_sampler is not None else self.batch_size
        return Fetcher(self.dataset, self.transform, self.collate_fn, size, self.drop_last, self.seed)

    def _here(self, tasks: Iterator[Task]) -> Any:
        fetch = self._fetcher()
        for task in tasks:
            batch = fetch(task)
            if isinstance(batch, End):
                return
            yield batch

    def _by_workers(self, tasks: Iterator[Task]) -> Any:
        """Batches in order: the n-th is made by worker n modulo their number, which is asked again at once."""
        pool, self._kept = self._kept or self._pool(), None
        healthy = False
        try:
            pool.drain()
            pending: deque[int] = deque()
            for worker, task in zip(list(range(len(pool))) * pool.depth, tasks, strict=False):
                pool.ask(worker, task)
                pending.append(worker)
            while pending:
                worker = pending.popleft()
                batch = pool.collect(worker)
                if isinstance(batch, End):
                    if getattr(self.dataset, "sharded", False):
                        continue
                    break
                following = next(tasks, None)
                if following is not None:
                    pool.ask(worker, following)
                    pending.append(worker)
                healthy = True
                yield batch
                healthy = False
            healthy = True
        finally:
            if healthy and self.persistent_workers and self._kept is None:
                self._kept = pool
            else:
                pool.close()

    def _pool(self) -> Pool:
        context = self.multiprocessing_context
        if context is None or isinstance(context, str):
            context = multiprocessing.get_context(context)
        return Pool(self._fetcher(), self.num_workers, self.prefetch_factor, context, self.timeout, self.worker_init_fn)

    def close(self) -> None:
        """End persistent workers; the next epoch starts new ones."""
        pool, self._kept = self._kept, None
        if pool is not None:
            pool.close()


def _contradiction(what: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        explain(f"a DataLoader at {user_line()} got {what}.", why, "Leave one of them out, or give another value.")
    )
