"""Datasets: collections of samples, by number (`Dataset`) or in the order of their coming (`IterableDataset`).

A sample is any tree of arrays, tensors, numbers and strings. A dataset that can take many samples at once may have a
method ``gather(indices)``, which returns the batch, or as in PyTorch ``__getitems__(indices)``, which returns the list
of them; loaders then use it instead of picking samples one by one.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.generator import Generator, default_generator

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "Mapped",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

Gather = Callable[[Any], Any]


class Dataset:
    """Samples by number: a subclass has ``__len__`` and ``__getitem__``.

    >>> import wengert as wg
    >>> class Squares(wg.data.Dataset):
    ...     def __len__(self): return 4
    ...     def __getitem__(self, n): return n * n
    >>> [sample for sample in Squares() + Squares()]
    [0, 1, 4, 9, 0, 1, 4, 9]
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __iter__(self) -> Iterator[Any]:
        return (self[n] for n in range(len(self)))

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset:
    """Samples in the order of their coming: a subclass has ``__iter__``, which starts anew at every call.

    With several workers each runs through all samples and makes every n-th batch, so that the batches do not depend on
    the number of workers: in ``__iter__`` ``data.get_worker_info()`` is None then. Keep ``__iter__`` cheap, and put
    work into the loader's `transform`. What is random in ``__iter__`` should draw from ``data.generator()``. If
    `sharded` is true, ``__iter__`` yields the share of the worker that ``data.get_worker_info()`` tells, and the
    workers' batches are taken in turns.
    """

    sharded = False

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")

    def __add__(self, other: IterableDataset) -> ChainDataset:
        return ChainDataset([self, other])


class TensorDataset(Dataset):
    """Arrays or tensors of equal length; a sample is the tuple of their n-th rows.

    Raises `InvalidArgument` if their lengths differ.

    >>> import numpy as np, wengert as wg
    >>> samples = wg.data.TensorDataset(np.arange(6.0).reshape(3, 2), np.array([0, 1, 0]))
    >>> len(samples), samples[1]
    (3, (array([2., 3.]), np.int64(1)))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors: tuple[Any, ...] = tuple([x if isinstance(x, Box) else np.asarray(x) for x in tensors])
        lengths = [x.shape[0] if x.ndim else None for x in self.tensors]
        if not lengths or None in lengths or len(set(lengths)) > 1:
            raise InvalidArgument(
                explain(
                    f"TensorDataset at {user_line()} got shapes {[x.shape for x in self.tensors]}.",
                    "A sample is made of the n-th row of each, so all need the same number of rows.",
                    "Give arrays of equal length along their first axis.",
                )
            )

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([x[index] for x in self.tensors])

    def gather(self, indices: Any) -> tuple[Any, ...]:
        """The batch of these samples."""
        places = np.asarray(indices, np.intp)
        return tuple([x[places] for x in self.tensors])


class Subset(Dataset):
    """Some samples of a dataset, by their numbers, in the order given.

    >>> import wengert as wg
    >>> part = wg.data.Subset("abcdef", [4, 1, 3])
    >>> len(part), part[0]
    (3, 'e')
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        """A sample; or, if the dataset takes such, a list or slice of them."""
        if isinstance(index, list):
            return self.dataset[[int(self.indices[n]) for n in index]]
        if isinstance(index, slice):
            return self.dataset[[int(n) for n in self.indices[index]]]
        return self.dataset[int(self.indices[index])]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Many samples, at once if the dataset can."""
        return picked(self.dataset, [int(self.indices[n]) for n in indices])


class ConcatDataset(Dataset):
    """Datasets one after another. Raises `InvalidArgument` if there are none, and for streams."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise InvalidArgument(
                explain(
                    f"ConcatDataset at {user_line()} got an IterableDataset.",
                    "A stream has no samples by number.",
                    "Use ChainDataset for streams.",
                )
            )
        self.cumulative_sizes = list(itertools.accumulate([len(d) for d in self.datasets]))
        if not self.datasets:
            raise InvalidArgument(
                explain(
                    f"ConcatDataset at {user_line()} got no datasets.",
                    "There is nothing to put together.",
                    "Give a list of datasets.",
                )
            )

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        length = len(self)
        if not -length <= index < length:
            raise IndexError(f"sample {index} of {length}")
        index %= length
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset):
    """Streams one after another.

    >>> import wengert as wg
    >>> list(wg.data.ChainDataset([range(2), range(3)]))
    [0, 1, 0, 1, 2]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum([len(d) for d in self.datasets])


class StackDataset(Dataset):
    """Datasets side by side: a sample is a tuple with one of each, or a dict of them.

    args: the datasets, or by name as keywords. Raises `InvalidArgument` for none, for both, and for different lengths.

    >>> import wengert as wg
    >>> wg.data.StackDataset(image=range(10, 13), label="abc")[1]
    {'image': 11, 'label': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.datasets: Any = kwargs or args
        lengths = {len(d) for d in (*args, *kwargs.values())}
        if bool(args) == bool(kwargs) or len(lengths) > 1:
            raise InvalidArgument(
                explain(
                    f"StackDataset at {user_line()} got {len(args)} datasets and {len(kwargs)} by name, of lengths "
                    f"{sorted(lengths)}.",
                    "A sample has one sample of each, in a tuple or in a dict.",
                    "Give datasets of one length, either all by name or none.",
                )
            )

    def __len__(self) -> int:
        return len(next(iter(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)))

    def __getitem__(self, index: int) -> Any:
        if isinstance(self.datasets, dict):
            return {name: d[index] for name, d in self.datasets.items()}
        return tuple([d[index] for d in self.datasets])


class Mapped(Dataset):
    """A dataset whose samples go through a function.

    >>> import wengert as wg
    >>> list(wg.data.Mapped(range(3), lambda n: n + 10))
    [10, 11, 12]
    """

    def __init__(self, dataset: Any, function: Callable[[Any], Any]) -> None:
        self.dataset = dataset
        self.function = function

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        return self.function(self.dataset[index])


def gatherer(dataset: Any) -> Gather | None:
    """How to take a whole batch from a dataset at once, if it can; a subset can if what it is part of can."""
    if type(dataset) is Subset:
        inner, places = gatherer(dataset.dataset), np.asarray(dataset.indices, np.intp)
        return None if inner is None else lambda indices: inner(places[np.asarray(indices, np.intp)])
    found: Gather | None = getattr(dataset, "gather", None)
    return found


def picked(dataset: Any, indices: Sequence[int]) -> list[Any]:
    """The samples of these numbers."""
    many = getattr(dataset, "__getitems__", None)
    found: list[Any] = [dataset[n] for n in indices] if many is None else many(indices)
    return found


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Any = None, *, seed: int | None = None
) -> list[Subset]:
    """Divide a dataset at random.

    lengths: numbers of samples that add up to all, or fractions that add up to 1 (what rounding leaves over goes to the
    first parts, one each). generator: a `wg.Generator` or NumPy's; by default that of ``wg.manual_seed``, or one of
    `seed`. Raises `InvalidArgument` for lengths that do not add up.

    >>> import wengert as wg
    >>> train, test = wg.data.random_split(range(10), [0.8, 0.2], seed=0)
    >>> len(train), len(test), sorted([*train, *test]) == list(range(10))
    (8, 2, True)
    """
    total = len(dataset)
    if np.isclose(sum(lengths), 1) and not (total == 1 and all(isinstance(n, int) for n in lengths)):
        counts = [int(total * fraction) for fraction in lengths]
        for n in range(total - sum(counts)):
            counts[n % len(counts)] += 1
    else:
        counts = [int(n) for n in lengths]
    if sum(counts) != total or min(counts, default=0) < 0:
        raise InvalidArgument(
            explain(
                f"random_split at {user_line()} into {list(lengths)} of {total} samples.",
                "The parts must add up to all samples, or as fractions to 1.",
                f"Write random_split(dataset, [0.8, 0.2]), or numbers whose sum is {total}.",
            )
        )
    order = numpy_generator(generator, seed).permutation(total)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def numpy_generator(generator: Any, seed: int | None = None) -> np.random.Generator:
    """The NumPy generator meant by what users may give: a generator of either kind, a seed, or nothing."""
    if generator is None:
        return default_generator().numpy if seed is None else np.random.default_rng(seed)
    return generator.numpy if isinstance(generator, Generator) else generator
