"""Every kind of key, read and written, on tensors as on ndarrays; with the derivatives of both."""

import numpy as np
import pytest

import wengert as wg

X = np.sin(np.arange(24.0)).reshape(2, 3, 4)
MASK = np.cos(np.arange(24)).reshape(2, 3, 4) > 0.3
KEYS = {
    "int": 1,
    "numpy int": np.int64(-1),
    "0-d array": np.array(1),
    "ints": (1, -2, 3),
    "ellipsis": (..., 2),
    "none": (None, 1, None),
    "negative step": (slice(None, None, -1), slice(2, 0, -1)),
    "empty slice": slice(2, 2),
    "list": [1, 0, 1],
    "empty list": [],
    "array 2d": np.array([[0, 1], [1, 1]]),
    "two arrays": ([0, 1, 1], [2, 0, 2]),
    "broadcast arrays": (np.array([[0], [1]]), np.array([2, 1])),
    "slice and array": (slice(None), [0, 2]),
    "array and int": ([0, 1], 2),
    "arrays apart": ([0, 1], slice(None), [3, 3]),
    "int apart": (0, slice(None), [3, 1]),
    "arrays around none": ([0, 1], None, [2, 2]),
    "array after none": (None, slice(1, 3), [0, 1]),
    "array last": (..., [3, 0]),
    "array in the middle": (slice(None), [2, 0], slice(1, 3)),
    "mask": MASK,
    "mask of rows": np.array([False, True]),
    "mask in the middle": (slice(None), np.array([True, False, True])),
    "mask of two axes": MASK[:, :, 0],
    "mask of two axes, later": (0, MASK[0]),
    "mask and array": (np.array([True, True]), [1, 2]),
    "empty mask": np.zeros((2, 3, 4), bool),
    "true": True,
    "false": (False, ...),
    "ix": np.ix_([1, 0], [2, 0], [3]),
    "tensor": wg.tensor([1, 0]),
    "tensor mask": wg.tensor(MASK),
    "tuple of tensors": (slice(None), wg.tensor([2, 2])),
    "negative": ([-1, -2], [-1, 0]),
}
each_key = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


def plain(key):
    if isinstance(key, tuple):
        return tuple(plain(k) for k in key)
    return key.numpy() if isinstance(key, wg.Tensor) else key


@each_key
def test_reading(key):
    wanted = X[plain(key)]
    found = wg.tensor(X)[key]
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found.numpy(), wanted)
    v = np.cos(np.arange(wanted.size)).reshape(wanted.shape)
    f = lambda x: np.sum(x[key] ** 2 * v)
    g = np.zeros_like(X)
    np.add.at(g, plain(key), 2 * wanted * v)
    np.testing.assert_allclose(wg.grad(f)(X), g, rtol=1e-12)
    np.testing.assert_allclose(wg.jvp(f, (X,), (X,))[1], np.sum(g * X), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(wg.vmap(f)(np.stack([X, 2 * X])), [f(X), f(2 * X)])
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(np.stack([X, 2 * X])), [g, 2 * g], rtol=1e-12)
    np.testing.assert_allclose(wg.trace(f)(X)(2 * X), f(2 * X))


@each_key
@pytest.mark.parametrize("fill", ["number", "whole"])
def test_writing(key, fill):
    part = X[plain(key)]
    weights = np.cos(np.arange(24)).reshape(X.shape)
    value = np.arange(1.0, 1 + part.size).reshape(part.shape) if fill == "whole" else np.array(5.0)

    def write(x, value):
        y = x * 1.0
        y[key if isinstance(x, wg.core.apply.Box) else plain(key)] = value
        return y

    np.testing.assert_array_equal(write(wg.tensor(X), wg.tensor(value)).numpy(), write(X, value))
    np.testing.assert_array_equal(write(wg.tensor(X), value).numpy(), write(X, value))
    f = lambda x, value: np.sum(write(x, value) * weights)
    gx, gv = wg.grad(f, (0, 1))(X, value)
    untouched = write(np.ones_like(X), 0.0)
    np.testing.assert_allclose(gx, weights * untouched)
    np.testing.assert_allclose(np.sum(gv * value), f(0 * X, value), rtol=1e-12, atol=1e-12)  # f is linear
    np.testing.assert_allclose(wg.jvp(f, (X, value), (X, value))[1], f(X, value), rtol=1e-12, atol=1e-12)
    batch = wg.vmap(wg.grad(f, (0, 1)), in_axes=(0, None))(np.stack([X, 2 * X]), value)
    np.testing.assert_allclose(batch[0][1], gx)
    np.testing.assert_allclose(batch[1][0], gv)
    np.testing.assert_allclose(wg.vmap(f)(np.stack([X, X]), np.stack([value, 2 * value]))[1], f(X, 2 * value))
    np.testing.assert_allclose(wg.trace(f)(X, value)(2 * X, 3 * value), f(2 * X, 3 * value), atol=1e-12)


@pytest.mark.parametrize(
    "key", [5, (0, 0, 0, 0), [3], "a", 1.5, np.array([0.5]), np.ones((3, 3), bool), (..., ...)], ids=str
)
def test_keys_that_numpy_refuses(key):
    with pytest.raises(IndexError):
        X[key]
    with pytest.raises(IndexError):
        wg.tensor(X)[key]
    with pytest.raises(IndexError):
        wg.tensor(X)[key] = 0.0


def test_batched_indices():
    i = np.array([[2, 0], [1, 1]])
    np.testing.assert_array_equal(wg.vmap(lambda x, i: x[i])(X, i), [X[0][i[0]], X[1][i[1]]])

    def f(x, i):
        y = x * 1.0
        y[i] = 0.0
        return np.sum(y**2)

    np.testing.assert_allclose(wg.vmap(wg.grad(f))(X, i), [wg.grad(f)(X[n], i[n]) for n in range(2)])


def test_sparsity_of_a_program_that_writes():
    def f(x):
        y = np.zeros(4, like=x)
        for k in range(1, 4):
            y[k] = x[k] * x[k - 1]
        y[::2] += x[0]
        return y

    wanted = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]], bool)
    found = wg.sparsity(f)(np.ones(4))
    assert found.shape == (4, 4)
    assert not (wanted & ~np.asarray(found)).any()


def test_a_mask_must_have_the_shape_of_what_it_covers():
    x = wg.tensor(X)
    for mask in (np.ones((1, 3), bool), np.ones((2, 1), bool), np.ones(3, bool)):
        with pytest.raises(IndexError):
            x[mask] = 0.0
        with pytest.raises(IndexError):
            x[mask]
