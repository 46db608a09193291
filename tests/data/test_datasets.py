"""Datasets, samplers, transforms, and generated data."""

import pickle

import numpy as np
import pytest

import wengert as wg
from wengert import data
from wengert.data import transforms
from wengert.errors import InvalidArgument, StructureMismatch


def test_subsets_of_joined_datasets():
    joined = data.ConcatDataset([range(3), range(10, 12), range(0), range(20, 21)])
    assert list(joined) == [0, 1, 2, 10, 11, 20] and joined[-1] == 20 and joined[-6] == 0
    for outside in (6, -7):
        with pytest.raises(IndexError):
            joined[outside]
    samples = data.TensorDataset(np.arange(10) * 2)
    inner = data.Subset(data.Subset(samples, [9, 8, 7, 6]), np.array([3, 0]))
    assert [x.tolist() for (x,) in data.DataLoader(inner, 2)] == [[12, 18]]
    assert [int(x) for (x,) in inner] == [12, 18]


def test_random_splits():
    for lengths, expected in [([0.5, 0.5], [6, 5]), ([0.3, 0.3, 0.4], [4, 3, 4]), ([4, 7], [4, 7]), ([0, 11], [0, 11])]:
        parts = data.random_split(range(11), lengths, seed=1)
        assert [len(p) for p in parts] == expected
        assert sorted(x for p in parts for x in p) == list(range(11))
    same = [list(data.random_split(range(11), [5, 6], np.random.default_rng(2))[0]) for _ in range(2)]
    assert same[0] == same[1] != list(range(5))
    for wrong in ([5, 5], [12, -1], [0.5, 0.6]):
        with pytest.raises(InvalidArgument, match="random_split"):
            data.random_split(range(11), wrong)
    with pytest.raises(InvalidArgument, match=r"shapes \[\(2,\), \(3,\)\]"):
        data.TensorDataset(np.zeros(2), np.zeros(3))
    for nothing in ((), (np.float64(1),)):
        with pytest.raises(InvalidArgument, match="TensorDataset"):
            data.TensorDataset(*nothing)
    with pytest.raises(InvalidArgument, match="no datasets"):
        data.ConcatDataset([])


def test_samplers():
    rng = np.random.default_rng
    assert sorted(data.RandomSampler(range(5), num_samples=10, generator=rng(0))) == sorted([*range(5), *range(5)])
    drawn = list(data.RandomSampler(range(5), replacement=True, num_samples=200, generator=rng(0)))
    assert len(drawn) == 200 and set(drawn) == set(range(5))
    assert list(data.RandomSampler([])) == [] == list(data.RandomSampler([], True))
    assert sorted(data.SubsetRandomSampler([3, 5, 7], generator=rng(0))) == [3, 5, 7]
    counts = np.bincount(list(data.WeightedRandomSampler([1, 0, 3], 4000, generator=rng(0))), minlength=3)
    assert counts[1] == 0 and abs(counts[2] / counts[0] - 3) < 0.3
    assert sorted(data.WeightedRandomSampler([1, 0, 3], 2, replacement=False, generator=rng(0))) == [0, 2]
    assert list(data.BatchSampler(data.SequentialSampler(range(5)), 2, True)) == [[0, 1], [2, 3]]
    wg.manual_seed(1)
    first = list(data.RandomSampler(range(20)))
    wg.manual_seed(1)
    assert list(data.RandomSampler(range(20))) == first


@pytest.mark.parametrize(
    "make",
    [
        lambda: data.RandomSampler(range(3), num_samples=-1),
        lambda: data.WeightedRandomSampler([0, 0], 1),
        lambda: data.WeightedRandomSampler([1, -1], 1),
        lambda: data.WeightedRandomSampler([1, np.nan], 1),
        lambda: data.WeightedRandomSampler([1, 0], 2, replacement=False),
        lambda: data.WeightedRandomSampler([1], -1),
        lambda: data.BatchSampler([1], 0),
        lambda: transforms.Normalize(0, [1, 0]),
    ],
)
def test_refusals(make):
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 3


def test_collation():
    batch = data.default_collate([{"x": np.float32(1), "n": 1, "s": "a", "t": (wg.ones(2), [True])} for _ in range(3)])
    assert batch["x"].dtype == np.float32 and batch["n"].tolist() == [1, 1, 1] and batch["s"] == ["a"] * 3
    assert isinstance(batch["t"][0], wg.Tensor) and batch["t"][0].shape == (3, 2) and batch["t"][1][0].dtype == bool
    with pytest.raises(InvalidArgument, match=r"shapes \(2,\), \(3,\)"):
        data.default_collate([np.zeros(2), np.zeros(3)])
    with pytest.raises(InvalidArgument, match="no samples"):
        data.default_collate([])
    with pytest.raises(StructureMismatch):
        data.default_collate([(1, 2), (1,)])


def test_transforms():
    image = np.arange(12.0, dtype=np.float32).reshape(1, 3, 4)
    seen = {tuple(transforms.RandomFlip()(image).ravel()) for _ in range(30)}
    assert seen == {tuple(image.ravel()), tuple(image[..., ::-1].ravel())}
    assert np.array_equal(transforms.RandomFlip(1.0, axis=1)(image), image[:, ::-1])
    moved = {transforms.RandomShift((0, 1), fill=-1)(image)[0, 0].tobytes() for _ in range(50)}
    rows = ([0, 1, 2, 3], [-1, 0, 1, 2], [1, 2, 3, -1])
    assert moved == {np.array(row, np.float32).tobytes() for row in rows}
    normal = transforms.Normalize([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], axis=1)(image)
    assert normal.dtype == np.float32
    assert np.allclose(normal[0, 1], (image[0, 1] - 2) / 2)
    assert transforms.RandomNoise(0.1)(image).dtype == np.float32
    assert transforms.ToFloat("f8")(np.array([1])).dtype == np.float64 and transforms.ToFloat()(3) == 3
    both = transforms.Compose(
        [transforms.OnEntry(1, transforms.Lambda(abs)), transforms.OnEntry(0, transforms.ToFloat())]
    )
    assert pickle.loads(pickle.dumps(both))((1, -2)) == (1.0, 2)
    assert transforms.OnEntry("a", abs)({"a": -1, "b": -1}) == {"a": 1, "b": -1}


@pytest.mark.parametrize("make", [data.two_moons, data.circles, data.blobs, data.spiral, data.sine, data.sine_series])
def test_generated_data(make):
    for n in (101, 60):
        one, again, other = make(n, seed=3), make(n, seed=3), make(n, seed=4)
        assert np.array_equal(one.x, again.x) and np.array_equal(one.y, again.y)
        assert not np.array_equal(one.x, other.x)
        assert len(one) == (n - 30 if make is data.sine_series else n)
        assert np.all(np.isfinite(one.x)) and make(n, seed=0, dtype=np.float32).x.dtype == np.float32
        if one.classes:
            assert np.ptp(np.bincount(one.y, minlength=len(one.classes))) <= 1


def test_shapes_of_generated_data():
    assert np.allclose(np.linalg.norm(data.circles(50, noise=0, factor=0.3).x, axis=1), [1.0] * 25 + [0.3] * 25)
    moons = data.two_moons(40, noise=0)
    assert np.allclose(np.linalg.norm(moons.x - np.where(moons.y[:, None], [1, 0.5], [0, 0]), axis=1), 1)
    series = data.sine_series(50, window=5, noise=0, period=20)
    assert np.allclose(series.y[:, 0], np.sin(2 * np.pi * np.arange(5, 50) / 20))
    assert np.array_equal(series.x[1:, -1], series.y[:-1])


def test_datasets_side_by_side_and_streams_in_a_row():
    pairs = wg.data.StackDataset(range(10, 15), "abcde")
    assert len(pairs) == 5 and pairs[4] == (14, "e")
    batch = next(iter(wg.data.DataLoader(wg.data.StackDataset(x=np.arange(6.0), n=range(6)), batch_size=4)))
    np.testing.assert_array_equal(batch["x"], batch["n"])
    for args, kwargs in [((), {}), (([1],), {"x": [1]}), (([1], [1, 2]), {})]:
        with pytest.raises(wg.InvalidArgument, match="one sample of each"):
            wg.data.StackDataset(*args, **kwargs)

    class Count(wg.data.IterableDataset):
        def __init__(self, n):
            self.n = n

        def __iter__(self):
            return iter(range(self.n))

        def __len__(self):
            return self.n

    both = Count(3) + Count(2)
    assert list(both) == [0, 1, 2, 0, 1] and len(both) == 5
    loader = wg.data.DataLoader(both, batch_size=2)
    assert len(loader) == 3 and [x.tolist() for x in loader] == [[0, 1], [2, 0], [1]]
