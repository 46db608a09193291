"""Samplers: in which order a loader takes the samples of a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any

import numpy as np

from wengert.data.dataset import numpy_generator
from wengert.errors import InvalidArgument, explain, user_line

__all__ = [
    "BatchSampler",
    "DistributedSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]


class Sampler:
    """The base of samplers: a subclass says in which order the samples come, given random numbers, and how many.

    A loader gives `order` the random numbers that belong to its seed and the epoch; whoever iterates over a sampler
    directly gets those of its `generator`, by default of ``wg.manual_seed``. A sampler with a generator of its own uses
    that one always.
    """

    def __init__(self, generator: Any = None) -> None:
        self.generator = generator

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    def order(self, random: np.random.Generator) -> Iterator[Any]:
        """The numbers of the samples, one after another."""
        raise NotImplementedError(f"{type(self).__name__} has no order")

    def __iter__(self) -> Iterator[Any]:
        return self.order(numpy_generator(self.generator))

    def state_dict(self) -> dict[str, Any]:
        """Where its own generator stands, if it has one."""
        return {} if self.generator is None else {"generator": numpy_generator(self.generator).bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from there."""
        if self.generator is not None:
            numpy_generator(self.generator).bit_generator.state = state["generator"]


class SequentialSampler(Sampler):
    """Every sample, in order.

    >>> import wengert as wg
    >>> list(wg.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        super().__init__()
        self.data_source = data_source

    def __len__(self) -> int:
        return len(self.data_source)

    def order(self, random: np.random.Generator) -> Iterator[int]:
        """The numbers from 0 up."""
        return iter(range(len(self)))


class RandomSampler(Sampler):
    """Samples at random: every one once, or with replacement.

    num_samples: how many in all; by default as many as there are. Without replacement, more than there are begin a new
    permutation. Raises `InvalidArgument` if that is negative.

    >>> import numpy as np, wengert as wg
    >>> sorted(wg.data.RandomSampler("abc", generator=np.random.default_rng(0)))
    [0, 1, 2]
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        super().__init__(generator)
        self.data_source, self.replacement = data_source, replacement
        self._count = num_samples
        if num_samples is not None and num_samples < 0:
            raise _negative("RandomSampler", num_samples)

    def __len__(self) -> int:
        return len(self.data_source) if self._count is None else self._count

    num_samples = property(__len__)

    def order(self, random: np.random.Generator) -> Iterator[int]:
        """Random numbers of samples."""
        own = random if self.generator is None else numpy_generator(self.generator)
        n, count = len(self.data_source), len(self)
        if self.replacement:
            return iter(own.integers(n, size=count).tolist()) if count else iter(())
        whole = [own.permutation(n) for _ in range(-(-count // n) if n else 0)]
        return iter(np.concatenate(whole)[:count].tolist()) if whole else iter(())


class SubsetRandomSampler(Sampler):
    """The given numbers, or other keys of a dataset, every one once, in random order.

    >>> import numpy as np, wengert as wg
    >>> sorted(wg.data.SubsetRandomSampler([7, 3, 5], generator=np.random.default_rng(0)))
    [3, 5, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        super().__init__(generator)
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def order(self, random: np.random.Generator) -> Iterator[int]:
        """These numbers, permuted."""
        own = random if self.generator is None else numpy_generator(self.generator)
        chosen = [self.indices[n] for n in own.permutation(len(self)).tolist()]
        return iter([x.item() if hasattr(x, "item") else x for x in chosen])


class WeightedRandomSampler(Sampler):
    """Samples with probabilities proportional to weights, which need not add up to 1.

    Raises `InvalidArgument` for weights that are negative, not finite or all zero, and, without replacement, for more
    samples than there are positive weights.

    >>> import numpy as np, wengert as wg
    >>> list(wg.data.WeightedRandomSampler([0.0, 1.0], 3, generator=np.random.default_rng(0)))
    [1, 1, 1]
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        super().__init__(generator)
        self.weights = np.asarray(weights, np.float64)
        self.num_samples, self.replacement = num_samples, replacement
        if num_samples < 0:
            raise _negative("WeightedRandomSampler", num_samples)
        good = self.weights.ndim == 1 and bool(np.all(np.isfinite(self.weights) & (self.weights >= 0)))
        positive = int(np.sum(self.weights > 0)) if good else 0
        if not positive or (not replacement and num_samples > positive):
            raise InvalidArgument(
                explain(
                    f"WeightedRandomSampler at {user_line()} is to draw {num_samples} samples from weights of shape "
                    f"{self.weights.shape}, of which {positive} can be used.",
                    "Weights are finite, not negative, and not all zero; without replacement each is drawn once.",
                    "Give one weight per sample, and draw at most as many as are positive, or with replacement.",
                )
            )

    def __len__(self) -> int:
        return self.num_samples

    def order(self, random: np.random.Generator) -> Iterator[int]:
        """Random numbers of samples."""
        own = random if self.generator is None else numpy_generator(self.generator)
        chances = self.weights / self.weights.sum()
        return iter(own.choice(len(chances), self.num_samples, self.replacement, chances).tolist())


class BatchSampler(Sampler):
    """Groups of `batch_size` numbers of another sampler; a last, smaller group is left out if `drop_last` is set.

    >>> import wengert as wg
    >>> list(wg.data.BatchSampler(wg.data.SequentialSampler(range(5)), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool = False) -> None:
        super().__init__()
        if batch_size < 1:
            raise InvalidArgument(
                explain(
                    f"a batch size of {batch_size} was given at {user_line()}.",
                    "A batch has at least one sample.",
                    "Give a positive number.",
                )
            )
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[list[Any]]:
        return self._grouped(iter(self.sampler))

    def order(self, random: np.random.Generator) -> Iterator[list[Any]]:
        """Lists of numbers of samples."""
        return self._grouped(ordered(self.sampler, random))

    def _grouped(self, numbers: Iterator[Any]) -> Iterator[list[Any]]:
        while batch := list(itertools.islice(numbers, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def state_dict(self) -> dict[str, Any]:
        """The state of the sampler within."""
        return state_of(self.sampler)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from there."""
        restore(self.sampler, state)


class DistributedSampler(Sampler):
    """The share of one of several processes that train together: every `num_replicas`-th sample from the `rank`-th on.

    All shares are equally long: some samples come twice, or with `drop_last` some are left out. shuffle: permute all
    samples first, as `seed` and the epoch decide, which has to be told by `set_epoch`; every process finds the same
    permutation, whatever else it draws. Raises `InvalidArgument` if it is not known who of how many this process is.

    >>> import wengert as wg
    >>> [list(wg.data.DistributedSampler("abcde", 2, rank, shuffle=False)) for rank in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        super().__init__()
        if num_replicas is None or rank is None or not 0 <= rank < num_replicas:
            raise InvalidArgument(
                explain(
                    f"DistributedSampler at {user_line()} got num_replicas={num_replicas} and rank={rank}.",
                    "A process takes the share that belongs to its number, from 0 on and below that of all processes.",
                    "Give both, as whoever starts the processes knows them.",
                )
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0

    def __len__(self) -> int:
        count = len(self.dataset)
        return count // self.num_replicas if self.drop_last else -(-count // self.num_replicas)

    num_samples = property(__len__)

    @property
    def total_size(self) -> int:
        """How many samples all processes take together."""
        return len(self) * self.num_replicas

    def set_epoch(self, epoch: int) -> None:
        """Let the next permutation be that of an epoch."""
        self.epoch = epoch

    def order(self, random: np.random.Generator) -> Iterator[int]:
        """The numbers of this process."""
        n = len(self.dataset)
        every = np.random.default_rng((self.seed, self.epoch)).permutation(n) if self.shuffle else np.arange(n)
        return iter(np.resize(every, self.total_size)[self.rank :: self.num_replicas].tolist())

    def state_dict(self) -> dict[str, Any]:
        """The epoch."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue with it."""
        self.epoch = state["epoch"]


def ordered(sampler: Iterable[Any], random: np.random.Generator) -> Iterator[Any]:
    """The numbers of any sampler; one of ours gets these random numbers."""
    return sampler.order(random) if isinstance(sampler, Sampler) else iter(sampler)


def state_of(sampler: Any) -> dict[str, Any]:
    """The state of a sampler that has one."""
    return sampler.state_dict() if hasattr(sampler, "state_dict") else {}


def restore(sampler: Any, state: Mapping[str, Any]) -> None:
    """Set the state of a sampler that has one."""
    if hasattr(sampler, "load_state_dict"):
        sampler.load_state_dict(state)


def _negative(name: str, count: int) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{name} at {user_line()} is to draw {count} samples.",
            "That is a negative number.",
            "Give num_samples of 0 or more.",
        )
    )
