"""Data: datasets, samplers, transforms, and a loader of batches with worker processes; files and generated data.

A loader's batches are a function of its seed, the epoch and the position, and so is what transforms draw from
`generator`; hence they do not depend on the number of workers, and a resumed run sees what it would have seen.
"""

from wengert.data import transforms
from wengert.data.bundled import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from wengert.data.collate import default_collate, default_convert
from wengert.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Mapped,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from wengert.data.fetch import WorkerInfo, get_worker_info
from wengert.data.files import read_csv, read_npz
from wengert.data.idx import load_mnist, read_idx, write_idx
from wengert.data.loader import DataLoader
from wengert.data.randomness import generator
from wengert.data.sampler import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from wengert.data.samples import Samples
from wengert.data.synthetic import blobs, circles, sine, sine_series, spiral, two_moons

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "Mapped",
    "RandomSampler",
    "Sampler",
    "Samples",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "blobs",
    "circles",
    "default_collate",
    "default_convert",
    "generator",
    "get_worker_info",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_mnist",
    "load_wine",
    "random_split",
    "read_csv",
    "read_idx",
    "read_npz",
    "sine",
    "sine_series",
    "spiral",
    "transforms",
    "two_moons",
    "write_idx",
]
