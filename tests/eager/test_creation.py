"""Constructors: shapes, dtypes, writable memory, random numbers."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import DetachedCopyWarning, InvalidArgument, LostGradient, NotDifferentiable


@pytest.mark.parametrize(
    "made, expected",
    [
        (lambda: wg.zeros(2, 3), np.zeros((2, 3))),
        (lambda: wg.zeros((2, 3)), np.zeros((2, 3))),
        (lambda: wg.ones([2]), np.ones(2)),
        (lambda: wg.ones(()), np.ones(())),
        (lambda: wg.ones(size=(2,)), np.ones(2)),
        (lambda: wg.zeros(shape=(2,)), np.zeros(2)),
        (lambda: wg.full(shape=(2,), fill_value=1.0), np.ones(2)),
        (lambda: wg.linspace(0, stop=1, num=4, endpoint=False), np.linspace(0, 1, 4, endpoint=False)),
        (lambda: wg.eye(3, k=1), np.eye(3, k=1)),
        (lambda: wg.zeros_like(a=np.ones(2)), np.zeros(2)),
        (lambda: wg.zeros(2, dtype=wg.int64), np.zeros(2, int)),
        (lambda: wg.ones(2, dtype=wg.float32), np.ones(2, np.float32)),
        (lambda: wg.full((2,), 3.5), np.full(2, 3.5)),
        (lambda: wg.full((2,), 3), np.full(2, 3)),
        (lambda: wg.eye(2), np.eye(2)),
        (lambda: wg.eye(2, 3), np.eye(2, 3)),
        (lambda: wg.arange(4), np.arange(4)),
        (lambda: wg.arange(1, 2, 0.25), np.arange(1, 2, 0.25)),
        (lambda: wg.arange(3, dtype=wg.float64), np.arange(3.0)),
        (lambda: wg.linspace(0, 1, 5), np.linspace(0, 1, 5)),
        (lambda: wg.logspace(0, 2, 3), np.array([1.0, 10.0, 100.0])),
        (lambda: wg.zeros_like(wg.ones(2, dtype=wg.float32)), np.zeros(2, np.float32)),
        (lambda: wg.ones_like(np.arange(3)), np.ones(3, int)),
        (lambda: wg.full_like(wg.zeros(2), 7), np.full(2, 7.0)),
        (lambda: wg.tensor([[1, 2], [3, 4]]), np.array([[1, 2], [3, 4]])),
        (lambda: wg.tensor([wg.tensor(1.0), 2.0]), np.array([1.0, 2.0])),
        (lambda: wg.tensor(3), np.array(3)),
        (lambda: wg.tensor([True, False]), np.array([True, False])),
        (lambda: wg.tensor(1 + 2j), np.array(1 + 2j)),
        (lambda: wg.ones(2).new_zeros(3), np.zeros(3)),
        (lambda: wg.ones(2, dtype=wg.float32).new_tensor([1, 2]), np.array([1, 2], np.float32)),
    ],
)
def test_values_and_dtypes(made, expected):
    x = made()
    assert isinstance(x, wg.Tensor) and not x.requires_grad and x.is_leaf
    assert x.dtype == expected.dtype and x.shape == expected.shape
    np.testing.assert_array_equal(x.numpy(), expected)


MAKERS = [
    lambda **k: wg.tensor(2.0, **k),
    lambda **k: wg.zeros(2, **k),
    lambda **k: wg.ones(2, **k),
    lambda **k: wg.empty(2, **k),
    lambda **k: wg.full((2,), 1.5, **k),
    lambda **k: wg.eye(2, **k),
    lambda **k: wg.arange(0.0, 3.0, **k),
    lambda **k: wg.linspace(0, 1, 3, **k),
    lambda **k: wg.logspace(0, 1, 3, **k),
    lambda **k: wg.rand(2, **k),
    lambda **k: wg.randn(2, 2, **k),
    lambda **k: wg.normal(0.0, 1.0, (2,), **k),
    lambda **k: wg.zeros_like(wg.ones(2), **k),
    lambda **k: wg.ones_like(wg.ones(2), **k),
    lambda **k: wg.empty_like(wg.ones(2), **k),
    lambda **k: wg.full_like(wg.ones(2), 2.0, **k),
    lambda **k: wg.rand_like(wg.ones(2), **k),
    lambda **k: wg.randn_like(wg.ones(2), **k),
]


@pytest.mark.parametrize("make", MAKERS)
def test_leaves_require_grad_and_can_be_written_to(make):
    x = make(requires_grad=True, device="cpu")
    assert x.requires_grad and x.is_leaf
    x.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones(x.shape))
    y = make(dtype=wg.float32)
    assert y.dtype == np.float32
    held = y
    y += 1
    y[...] = 5.0
    assert held is y
    np.testing.assert_array_equal(held.numpy(), np.full(y.shape, 5.0))
    with pytest.raises(InvalidArgument, match="cuda"):
        make(device="cuda:0")


def test_integers_cannot_require_grad():
    for make in (lambda: wg.tensor([1], requires_grad=True), lambda: wg.arange(3, requires_grad=True)):
        with pytest.raises(NotDifferentiable):
            make()


def test_tensor_copies():
    array = np.ones(2)
    x, y, z = wg.tensor(array), wg.from_numpy(array), wg.as_tensor(array)
    array[0] = 5.0
    for t in (x, y, z):
        np.testing.assert_array_equal(t.numpy(), [1.0, 1.0])
    w = wg.tensor(x, requires_grad=True)
    x[0] = 7.0
    np.testing.assert_array_equal(w.detach().numpy(), [1.0, 1.0])
    with pytest.warns(DetachedCopyWarning, match="test_creation.py"):
        copy = wg.tensor(w)
    assert not copy.requires_grad
    with pytest.raises(InvalidArgument):
        wg.from_numpy([1.0])


def test_as_tensor_keeps_tensors():
    x = wg.ones(2, requires_grad=True)
    assert wg.as_tensor(x) is x
    y = wg.as_tensor(x, dtype=wg.float32)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_lists_of_tracked_tensors_are_refused():
    x = wg.ones(2, requires_grad=True)
    with pytest.raises(LostGradient, match=r"np\.stack"):
        wg.tensor([[x[0], x[1]]])
    with pytest.raises(LostGradient):
        wg.grad(lambda z: wg.tensor(z) * z)(2.0)


def test_linspace_is_differentiable_in_its_ends():
    assert wg.grad(lambda a: wg.linspace(0.0, a, 3).sum())(2.0) == 1.5
    assert wg.grad(lambda a: wg.logspace(0.0, a, 2).sum())(0.0) == pytest.approx(np.log(10))


def test_random_numbers_follow_the_seed():
    def draw():
        return [
            wg.rand(3), wg.randn(3), wg.randint(5, (3,)), wg.randint(2, 5, (3,)), wg.randperm(6),
            wg.normal(wg.zeros(3), wg.ones(3)), wg.randint_like(wg.zeros(3), 4),
        ]  # fmt: skip

    wg.manual_seed(3)
    first = draw()
    wg.manual_seed(3)
    for a, b in zip(first, draw(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(first, draw(), strict=True))
    g = wg.Generator().manual_seed(1)
    np.testing.assert_array_equal(wg.rand(3, generator=g), wg.rand(3, generator=np.random.default_rng(1)))


def test_random_numbers_have_their_range_and_dtype():
    wg.manual_seed(0)
    u, n, i = wg.rand(1000), wg.randn(1000), wg.randint(2, 5, (1000,))
    assert ((u >= 0) & (u < 1)).all() and abs(u.mean() - 0.5) < 0.05
    assert abs(n.mean()) < 0.15 and abs(n.std() - 1) < 0.1
    assert set(i.tolist()) == {2, 3, 4} and i.dtype == np.int64
    assert sorted(wg.randperm(5).tolist()) == list(range(5))
    z = wg.randn(1000, dtype=wg.complex128)
    assert z.dtype == np.complex128 and abs(np.mean(np.abs(z.numpy()) ** 2) - 1) < 0.2
    with pytest.raises(InvalidArgument, match="size"):
        wg.randint(5)


def test_shapes_are_whole_numbers():
    with pytest.raises(InvalidArgument, match="whole numbers"):
        wg.zeros(2.5)
    with pytest.raises(InvalidArgument, match="dtype=wg"):
        wg.zeros((2, 3), wg.float32)
