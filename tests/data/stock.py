"""Datasets that worker processes can import."""

import os
import signal
import time

import numpy as np

from wengert import data


class Noisy(data.Dataset):
    """Samples with the random numbers that a loader gives them."""

    def __init__(self, n=11, size=3):
        self.n, self.size = n, size

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return {"index": index, "x": np.full(self.size, float(index)) + data.generator().random(), "name": f"s{index}"}


class Counting(data.IterableDataset):
    """A stream of numbers, each with a random one."""

    def __init__(self, n=10):
        self.n = n

    def __iter__(self):
        for k in range(self.n):
            yield k, data.generator().random()


class Shards(data.IterableDataset):
    """A stream of which each worker yields its own share."""

    sharded = True

    def __iter__(self):
        info = data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        yield from range(first, 10, step)


class Troubled(data.Dataset):
    """Samples of which one cannot be had."""

    def __init__(self, trouble, at=5):
        self.trouble, self.at = trouble, at

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == self.at:
            if self.trouble == "raise":
                raise KeyError("no such sample")
            if self.trouble == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.trouble == "leave":
                os._exit(3)
            if self.trouble == "hang":
                time.sleep(60)
            if self.trouble == "unpicklable":
                return lambda: 0
        return index


def jitter(sample):
    return sample + data.generator().random()


def global_random(sample):
    return sample + np.random.random()


def refuse(number):
    raise RuntimeError(f"worker {number} is not wanted")


class AtOnce(data.Dataset):
    """Samples that are cheaper many at a time, and others than single ones."""

    def __init__(self, n):
        self.n, self.first = n, 100

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return index

    def __getitems__(self, indices):
        return [self.first + n for n in indices]


class Sharing(data.IterableDataset):
    """A stream that takes its share if there are workers, as PyTorch's must."""

    def __iter__(self):
        info = data.get_worker_info()
        yield from range(7) if info is None else range(info.id, 7, info.num_workers)


def with_worker(sample):
    info = data.get_worker_info()
    return sample, info.id, info.num_workers, type(info.dataset).__name__


def shift(number):
    data.get_worker_info().dataset.first = 1100 + number
