"""Datasets and samplers that were written for PyTorch's loaders."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data import stock
from wengert import data
from wengert.errors import InvalidArgument


@pytest.mark.parametrize("workers", [0, 1])
def test_many_samples_at_once(workers):
    load = lambda dataset, **how: [x.tolist() for x in data.DataLoader(dataset, num_workers=workers, **how)]
    assert load(stock.AtOnce(5), batch_size=3) == [[100, 101, 102], [103, 104]]
    assert load(data.Subset(stock.AtOnce(5), [4, 0, 2]), batch_size=2) == [[104, 100], [102]]
    assert load(stock.AtOnce(5), batch_size=2, transform=lambda n: -n)[0] == [-100, -101]
    assert list(data.DataLoader(stock.AtOnce(2), batch_size=None)) == [0, 1]


def test_a_subset_of_what_takes_many():
    part = data.Subset(data.TensorDataset(np.arange(5) * 10), [4, 1, 3])
    assert part[[0, 2]][0].tolist() == [40, 30]
    assert part[1:][0].tolist() == [10, 30]


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_a_stream_that_shares_itself_among_workers_is_seen_whole(workers):
    loader = data.DataLoader(stock.Sharing(), batch_size=2, num_workers=workers)
    assert [x.tolist() for x in loader] == [[0, 1], [2, 3], [4, 5], [6]]


def test_a_sharded_stream_knows_its_worker_as_transforms_do():
    told = list(data.DataLoader(stock.Shards(), batch_size=None, num_workers=2, transform=stock.with_worker))
    assert told == [(n, n % 2, 2, "Shards") for n in range(10)]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_initialisation_of_a_worker_may_change_its_dataset(method):
    loader = data.DataLoader(
        stock.AtOnce(2), batch_size=2, num_workers=1, worker_init_fn=stock.shift, multiprocessing_context=method
    )
    assert [x.tolist() for x in loader] == [[1100, 1101]]
    assert loader.dataset.first == 100


def test_what_makes_no_difference_here():
    assert len(list(data.DataLoader(range(3), pin_memory=True, pin_memory_device="", in_order=False))) == 3


def test_a_subset_of_keys():
    sampler = data.SubsetRandomSampler(["b", "a"], generator=np.random.default_rng(0))
    assert sorted(sampler) == ["a", "b"]
    assert sorted(data.SubsetRandomSampler(np.array([5, 3]), generator=np.random.default_rng(0))) == [3, 5]


@pytest.mark.parametrize(
    ("n", "replicas", "drop_last", "shares"),
    [
        (5, 2, False, [[0, 2, 4], [1, 3, 0]]),
        (5, 2, True, [[0, 2], [1, 3]]),
        (2, 5, False, [[0], [1], [0], [1], [0]]),
        (2, 5, True, [[]] * 5),
        (6, 3, False, [[0, 3], [1, 4], [2, 5]]),
    ],
)
def test_shares_of_processes(n, replicas, drop_last, shares):
    samplers = [
        data.DistributedSampler(range(n), replicas, r, shuffle=False, drop_last=drop_last) for r in range(replicas)
    ]
    assert [list(s) for s in samplers] == shares
    assert [len(s) for s in samplers] == [len(share) for share in shares]


def test_processes_share_one_permutation_of_each_epoch():
    samplers = [data.DistributedSampler(range(10), 3, rank, seed=1) for rank in range(3)]
    loaders = [data.DataLoader(range(10), sampler=s, batch_size=None, seed=n) for n, s in enumerate(samplers)]
    first = [list(loader) for loader in loaders]
    assert {n for share in first for n in share} == set(range(10))
    assert [list(loader) for loader in loaders] == first
    for sampler in samplers:
        sampler.set_epoch(1)
    second = [list(loader) for loader in loaders]
    assert second != first
    resumed = data.DataLoader(range(10), sampler=data.DistributedSampler(range(10), 3, 0, seed=1), batch_size=None)
    resumed.load_state_dict(loaders[0].state_dict())
    assert list(resumed) == second[0]


@pytest.mark.parametrize(("replicas", "rank"), [(None, None), (2, 2), (2, -1), (2, None)])
def test_a_process_has_to_know_its_number(replicas, rank):
    with pytest.raises(InvalidArgument, match="DistributedSampler"):
        data.DistributedSampler(range(3), replicas, rank)


def test_streams_are_not_put_together_by_number():
    with pytest.raises(InvalidArgument, match="ChainDataset"):
        data.ConcatDataset([stock.Counting()])


def test_samples_that_are_not_batched_are_converted():
    loader = data.DataLoader([(np.float32(2.0), "a")], batch_size=None, collate_fn=data.default_convert)
    ((x, name),) = loader
    assert x.dtype == np.float32 and x.shape == () and name == "a"
