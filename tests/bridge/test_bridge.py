"""Strangers' code that calls np.asarray and its kin on tensors: right, slow, and said once per line."""

import warnings

import numpy as np
import pytest

import wengert as wg

X = np.array([0.3, 1.2, -0.7])
W = np.array([1.0, 2.0, 3.0])

# function, and what it means
CASES = {
    "asarray": (lambda x: np.sum(np.sin(np.asarray(x)) * W), lambda x: np.sum(np.sin(x) * W)),
    "atleast_1d": (lambda x: np.sum(np.atleast_1d(x) ** 2), lambda x: np.sum(x**2)),
    "atleast_1d of a number": (lambda x: np.sum(np.atleast_1d(x[0]) ** 2), lambda x: x[0] ** 2),
    "array of scalars": (
        lambda x: np.sum(np.array([x[0], x[1] * x[0]]) ** 2),
        lambda x: x[0] ** 2 + (x[1] * x[0]) ** 2,
    ),
    "array of arrays": (
        lambda x: np.sum(np.array([x, x * x[0]]) ** 2),
        lambda x: np.sum(x**2) + np.sum((x * x[0]) ** 2),
    ),
    "nested lists": (
        lambda x: np.sum(np.array([[x[0], 1.0], [2.0, x[1]]]) @ np.array([3.0, x[0]])),
        lambda x: 3 * x[0] + x[0] + 6.0 + x[1] * x[0],
    ),
    "linear algebra": (
        lambda x: np.linalg.det(np.array([[x[0], 1.0], [2.0, x[1]]], like=x)),
        lambda x: x[0] * x[1] - 2.0,
    ),
    "object ufuncs": (
        lambda x: np.sum(np.exp(np.asarray(x)) + np.sqrt(np.abs(np.asarray(x)))),
        lambda x: np.sum(np.exp(x) + np.sqrt(np.abs(x))),
    ),
    "matmul": (lambda x: np.asarray(x) @ W + np.dot(W, np.asarray(x)), lambda x: 2 * np.sum(x * W)),
    "mixed with boxes": (lambda x: np.sum(x * np.asarray(x) + np.asarray(x) * x), lambda x: 2 * np.sum(x * x)),
    "solve": (
        lambda x: np.sum(np.linalg.solve(np.array([[x[0], 1.0], [2.0, x[1]]]), np.array([1.0, 2.0], like=x))),
        lambda x: (x[1] - 2 + 2 * x[0] - 2) / (x[0] * x[1] - 2),
    ),
    "reductions": (
        lambda x: np.asarray(x).sum() + np.prod(np.asarray(x)) + np.asarray([x, x]).mean(axis=0)[0],
        lambda x: np.sum(x) + np.prod(x) + x[0],
    ),
    "slices and reshapes": (
        lambda x: np.sum(np.asarray(x)[1:].reshape(2, 1) * np.ones((2, 2))),
        lambda x: 2 * (x[1] + x[2]),
    ),
    "powers": (lambda x: np.sum(np.asarray(x) ** 2 / 3.0 - np.asarray(x)), lambda x: np.sum(x**2 / 3.0 - x)),
}
each_case = pytest.mark.parametrize("bridged, plain", CASES.values(), ids=CASES)
quietly = pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")


@quietly
@each_case
def test_the_gradient_is_right(bridged, plain):
    expected = wg.grad(plain)(X)
    np.testing.assert_allclose(wg.grad(bridged)(X), expected, rtol=1e-12)
    np.testing.assert_allclose(wg.jacfwd(bridged)(X), expected, rtol=1e-12)
    np.testing.assert_allclose(wg.jvp(bridged, (X,), (W,))[1], expected @ W, rtol=1e-12)
    np.testing.assert_allclose(wg.grad(wg.trace(bridged)(X))(X + 1), wg.grad(plain)(X + 1), rtol=1e-12)
    np.testing.assert_allclose(wg.hessian(bridged)(X), wg.hessian(plain)(X), rtol=1e-9, atol=1e-12)


@quietly
@each_case
def test_a_batch_crosses_too(bridged, plain):
    xs = np.stack([X, X + 2.0, 2 * X])
    np.testing.assert_allclose(wg.vmap(bridged)(xs), [plain(x) for x in xs], rtol=1e-12)
    np.testing.assert_allclose(wg.vmap(wg.grad(bridged))(xs), [wg.grad(plain)(x) for x in xs], rtol=1e-10)


@quietly
@each_case
def test_the_eager_tape_crosses_too(bridged, plain):
    x = wg.tensor(X, requires_grad=True)
    out = bridged(x)
    out.backward()
    np.testing.assert_allclose(x.grad.numpy(), wg.grad(plain)(X), rtol=1e-12)


@quietly
def test_the_order_of_an_object_array_is_that_of_its_values():
    assert wg.grad(lambda x: np.asarray(x).max() - np.sort(np.asarray(x))[0])(X).tolist() == [0.0, 1.0, -1.0]
    with pytest.raises(wg.errors.BatchedValue):  # NumPy decides by bool()
        wg.vmap(lambda x: np.asarray(x).max())(X[None])


@quietly
def test_object_arrays_may_leave_a_transform():
    f = lambda x: np.array([x[0] * x[1], np.sin(x[2])])
    expected = [[X[1], X[0], 0.0], [0.0, 0.0, np.cos(X[2])]]
    for derive in (wg.jacobian, wg.jacfwd, wg.jacrev):
        found = derive(f)(X)
        assert found.dtype == float
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(wg.vmap(f)(np.stack([X, X])), [f(X), f(X)])
    np.testing.assert_allclose(wg.trace(f)(X)(X + 1), f(X + 1))


def test_untracked_tensors_become_plain_arrays():
    x = wg.tensor(X)
    assert np.asarray(x).dtype == float
    assert np.array([x[0], x[1]]).dtype == float
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.asarray(x), X)


def test_the_warning_names_the_users_line_and_comes_once_per_line():
    def f(x):
        total = 0.0
        for _ in range(3):
            total = total + np.sum(np.asarray(x))
        return total + np.sum(np.asarray(x))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        wg.grad(f)(X)
    bridge = [w for w in caught if issubclass(w.category, wg.errors.ObjectBridgeWarning)]
    first = f.__code__.co_firstlineno
    assert [w.lineno - first for w in bridge] == [3, 4]
    assert all(w.filename == __file__ for w in bridge)
    assert all("test_bridge.py:" in str(w.message) for w in bridge)


def test_no_warning_when_nothing_is_tracked(recwarn):
    np.asarray(wg.tensor(X)) + 1
    assert not recwarn.list


@quietly
@pytest.mark.parametrize("transform", [wg.grad, wg.jacfwd, wg.trace])
def test_a_number_beside_tensors_has_no_methods_and_the_error_says_what_to_write(transform):
    with pytest.raises(TypeError, match="no callable sin method") as caught:
        transform(lambda x: np.sum(np.sin(np.array([0.0, x[0]]))))(X)
    (note,) = caught.value.__notes__
    assert len(note.splitlines()) == 3
    assert note.startswith("np.sin got an array of Python objects, one of them a float.")
    for advised in (lambda x: np.array([0.0, x[0]], like=x), lambda x: wg.array([0.0, x[0]])):
        f = lambda x, advised=advised: np.sum(np.sin(advised(x)))
        np.testing.assert_allclose(wg.grad(f)(X), [np.cos(X[0]), 0.0, 0.0])


@quietly
def test_nothing_is_lost_on_the_way_to_floats():
    with pytest.raises(wg.errors.LostGradient, match=r"test_bridge\.py:"):
        wg.grad(lambda x: np.sum(np.asarray(x).astype(float)))(X)
    with pytest.raises(wg.errors.LostGradient):
        wg.grad(lambda x: np.sum(np.array([x[0], x[1]], dtype=float)))(X)
    with pytest.raises(TypeError):  # NumPy's own LAPACK calls see an object array and no tensor
        wg.grad(lambda x: np.linalg.det(np.array([[x[0], 1.0], [2.0, x[1]]])))(X)
    with pytest.raises(wg.errors.LostGradient):  # np.mean makes a float64 of the sum
        wg.grad(lambda x: np.asarray(x).mean())(X)


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
def test_strides_in_bytes_hold_for_entries_of_eight_bytes_only() -> None:
    pairs = lambda x: np.lib.stride_tricks.as_strided(x, (3, 2), (x.dtype.itemsize,) * 2)
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(pairs(x) ** 2))(np.arange(4.0)), [0.0, 4.0, 8.0, 6.0])
    for x in (np.arange(4.0, dtype=np.float32), np.arange(4) * 1j):
        with pytest.raises(wg.InvalidArgument, match="sliding_window_view"):
            wg.grad(lambda x: np.sum(np.abs(pairs(x)) ** 2))(x)
    with pytest.raises(wg.InvalidArgument, match="sliding_window_view"):
        wg.grad(lambda x: np.sum(pairs(x.T)))(np.ones((2, 3)))


@pytest.mark.parametrize("f", [np.mean, np.std, np.median, np.average])
def test_numpys_statistics_of_a_list_of_tensors_name_what_to_write(f):
    x = wg.tensor(1.0, requires_grad=True)
    with pytest.raises(wg.LostGradient, match=rf"np\.{f.__name__} at .*got a list with a tensor in it"):
        f([x, x + 2])
    f(np.stack([x, x + 2])).backward()
    assert x.grad is not None
