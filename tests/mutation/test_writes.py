"""Particular writes: filling, recurrences, out=, values that were recorded before a later write."""

import numpy as np
import pytest

import wengert as wg

X = np.array([0.3, -1.2, 0.7, 2.0])

TRANSFORMS = {
    "grad": lambda f: wg.grad(f)(X),
    "jacfwd": lambda f: wg.jacfwd(f)(X),
    "jacrev": lambda f: wg.jacrev(f)(X),
    "grad of trace": lambda f: wg.grad(wg.trace(f)(X))(X),
    "trace of grad": lambda f: wg.trace(wg.grad(f))(X)(X),
    "vmap of grad": lambda f: wg.vmap(wg.grad(f))(np.stack([X, X]))[1],
    "linearize": lambda f: np.array([wg.linearize(f, X)[1](e) for e in np.eye(4)]),
}
each_transform = pytest.mark.parametrize("derive", TRANSFORMS.values(), ids=TRANSFORMS)


@each_transform
def test_filling_element_by_element(derive):
    def f(x):
        y = np.zeros(4, like=x)
        for i in range(4):
            y[i] = np.sin(x[i]) * x[i - 1]
        return np.sum(y**2)

    g = lambda x: np.sum((np.sin(x) * np.roll(x, 1)) ** 2)
    np.testing.assert_allclose(derive(f), wg.grad(g)(X), rtol=1e-12)


@each_transform
def test_recurrence_through_the_array_itself(derive):
    def f(x):
        y = np.zeros(5, like=x)
        y[0] = 1.0
        for i in range(4):
            y[i + 1] = y[i] * x[i] + 0.5
        return y[4]

    def g(x):
        s = 1.0
        for i in range(4):
            s = s * x[i] + 0.5
        return s

    np.testing.assert_allclose(derive(f), wg.grad(g)(X), rtol=1e-12)


@each_transform
def test_a_matrix_filled_through_views_of_its_rows(derive):
    def f(x):
        a = np.ones((4, 4), like=x)
        for i, row in enumerate(a):
            row[i:] *= x[i]
        a.T[0] += x
        return np.linalg.norm(a)

    def g(x):
        a = np.where(np.triu(np.ones((4, 4))) > 0, x[:, None], 1.0)
        return np.linalg.norm(a + x[:, None] * np.array([1.0, 0, 0, 0]))

    np.testing.assert_allclose(derive(f), wg.grad(g)(X), rtol=1e-12)


@each_transform
def test_out_where_and_at(derive):
    def f(x):
        y = np.zeros(4, like=x)
        np.sin(x, out=y)
        np.multiply(y[:2], x[:2], out=y[:2])
        np.add.at(y, [0, 0, 3], x[:3])
        np.exp(x, out=y, where=np.array([False, False, True, False]))
        return np.sum(y * np.arange(1.0, 5.0))

    def g(x):
        s = np.sin(x)
        terms = [s[0] * x[0] + x[0] + x[1], 2 * s[1] * x[1], 3 * np.exp(x[2]), 4 * (s[3] + x[2])]
        return np.sum(np.stack(terms))

    np.testing.assert_allclose(derive(f), wg.grad(g)(X), rtol=1e-12)


@each_transform
def test_swaps_and_repeated_indices(derive):
    def f(x):
        y = x * 1.0
        y[[0, 1]] = y[[1, 0]]
        y[[2, 2]] = y[:2] * 3.0  # the last one wins
        y[np.array([False, False, False, True])] = 0.0
        return np.sum(y * x)

    def g(x):
        return x[1] * x[0] + x[0] * x[1] + 3.0 * x[0] * x[2]

    np.testing.assert_allclose(derive(f), wg.grad(g)(X), rtol=1e-12)


def test_in_place_operators_on_both_kinds_of_zero_dimensional_values():
    def f(x):
        s = x[0]  # a scalar in NumPy: += rebinds the name and leaves x alone
        s += 5.0
        t = x[1, ...]  # a 0-d array: += writes through
        t += 5.0
        return x[0] * 100 + x[1] * s

    x = np.array([1.0, 2.0])
    assert f(x.copy()) == f(wg.tensor(x)) == 142.0
    np.testing.assert_array_equal(wg.grad(lambda x: f(x * 1.0))(x), [107.0, 6.0])


def test_a_recorded_value_is_not_changed_by_a_later_write():
    def f(x):
        y = x * 2.0
        z = np.sin(y)  # reads y before it is overwritten
        y[:] = 7.0
        return np.sum(z) + np.sum(y * x)

    np.testing.assert_allclose(wg.grad(f)(X), 2 * np.cos(2 * X) + 7.0)
    np.testing.assert_allclose(wg.jacfwd(f)(X), 2 * np.cos(2 * X) + 7.0)


def test_a_filled_array_that_was_read_whole_keeps_what_was_recorded():
    def f(x):
        y = np.zeros(2, like=x)
        y[0] = x[0]
        before = y * y  # saves y
        y[0] = x[1]
        y[1] = x[0]
        return np.sum(before) + np.sum(y * y)

    np.testing.assert_allclose(wg.grad(f)(X), [4 * X[0], 2 * X[1], 0, 0])


def test_tensors_of_the_closure_can_be_written_inside_a_function():
    for derive in (wg.grad, wg.jacfwd, wg.jacrev):
        kept = wg.zeros(3)

        def f(x, kept=kept):
            kept[1] = x[0] * 3.0
            return np.sum(kept**2)

        np.testing.assert_allclose(derive(f)(X), [18 * X[0], 0, 0, 0])


def test_the_callers_arrays_are_never_written_to():
    x = X.copy()

    def f(x):
        x[0] = 5.0
        x *= 2.0
        return np.sum(x * x)

    np.testing.assert_allclose(wg.grad(f)(x), [0, *(8 * X[1:])])
    np.testing.assert_allclose(wg.jvp(f, (x,), (np.ones(4),))[1], np.sum(8 * X[1:]))
    wg.vmap(f)(x[None])
    np.testing.assert_array_equal(x, X)


def test_results_do_not_share_memory_with_what_is_written_later():
    def f(x):
        y = np.zeros(2, like=x)
        y[0] = x[0]
        first = y + 0.0
        y[1] = x[1]
        return first, y

    first, y = wg.jacobian(f)(X)
    np.testing.assert_array_equal(first, np.eye(4)[:2] * [[1], [0]])
    np.testing.assert_array_equal(y, np.eye(4)[:2])


def test_writes_through_the_parts_of_a_complex_array():
    def f(x):
        z = np.zeros(4, complex, like=x)
        z.real = x
        z.imag[1:] = x[:-1] * 2.0
        return np.sum(np.abs(z) ** 2)

    np.testing.assert_allclose(wg.grad(f)(X), 2 * X + 8 * np.array([*X[:-1], 0.0]))


@pytest.mark.parametrize("derive", [wg.grad, wg.jacfwd, wg.jacrev])
def test_a_mask_of_values_selects_what_is_written(derive):
    def f(x):
        y = x * x
        y[x > 0.5] = 0.0
        y[x < 0] *= 3.0
        return np.sum(y)

    np.testing.assert_allclose(derive(f)(X), np.where(X > 0.5, 0, np.where(X < 0, 6 * X, 2 * X)))


def test_read_only_views_refuse():
    x = wg.ones(3)
    with pytest.raises(wg.errors.ReadOnly, match="broadcast"):
        np.broadcast_to(x, (2, 3))[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.diagonal(wg.ones((2, 2)))[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        x.imag[0] = 1.0  # of a real array: there is nowhere to write to


def test_shapes_and_casts_are_numpys():
    x = wg.ones(3)
    with pytest.raises(ValueError, match="broadcast"):
        x[:] = np.ones(2)
    with pytest.raises(IndexError):
        x[3] = 1.0
    with pytest.raises(TypeError):
        wg.tensor([1, 2]).__iadd__(0.5)
    counts = wg.tensor([1, 2])
    counts[0] = 3.9  # assignment casts as NumPy's does
    assert counts.tolist() == [3, 2]


def test_fill_sort_put_and_flat():
    def f(x):
        y = x * 1.0
        y.sort()
        y.flat[0] = 10.0
        np.put(y, [1], x[3] ** 2)
        np.put_along_axis(y, np.array([2]), x[:1] * 4.0, 0)
        m = np.zeros((2, 2), like=x)
        m.fill(x[2])
        np.fill_diagonal(m, x[0])
        np.copyto(m[0], x[:2], where=[False, True])
        return np.sum(y * np.arange(1, 5)) + np.sum(m * [[1, 2], [3, 4]])

    expected = np.array([4 * 3 + 1 + 4, 2.0, 3.0, 4 * X[3] + 4])
    np.testing.assert_allclose(wg.grad(f)(X), expected)
    np.testing.assert_allclose(wg.jacfwd(f)(X), expected)


def test_torchs_in_place_methods_write_through_views():
    x = wg.tensor(X)
    y = x * 1.0
    assert y[0].add_(1) is not None
    y[1:3].mul_(2).neg_()
    y[3].clamp_(max=1.0)
    y.view(2, 2)[0].fill_(9.0)
    y[2:].masked_fill_(np.array([False, True]), -1.0)
    np.testing.assert_allclose(y.numpy(), [9.0, 9.0, -1.4, -1.0])
    z = wg.zeros(3).index_add_(0, np.array([0, 0, 2]), wg.tensor([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(z.numpy(), [3.0, 0.0, 3.0])
    np.testing.assert_array_equal(
        wg.zeros((2, 2)).scatter_(1, np.array([[1], [0]]), wg.ones((2, 1))).numpy(), [[0.0, 1.0], [1.0, 0.0]]
    )
    g = wg.grad(lambda x: np.sum((x * 1.0).exp_().pow_(2)))(X)
    np.testing.assert_allclose(g, 2 * np.exp(2 * X))


def test_who_shares_memory():
    x = wg.ones((2, 3)) * 2.0
    assert np.shares_memory(x, x.T)
    assert np.shares_memory(x[0], x[:, 1])
    assert not np.shares_memory(x[0], x[1])
    assert not np.shares_memory(x, x.copy())
    assert not np.shares_memory(x, np.ones(3))
    assert x.T.base is x
    assert x.base is None
    assert not x.T.flags.c_contiguous


def test_a_copy_lies_in_the_order_that_is_asked_for():
    def f(x, order):
        t = x.T + 0.25  # in Fortran order
        c = t.copy(order)
        r = c.ravel()
        r += 0.5  # a view in C order, else a copy
        k = np.copy(t)
        k.ravel()[...] = 0.0
        return np.sum(c * np.arange(6.0).reshape(3, 2)) + np.sum(k)

    x = np.arange(6.0).reshape(2, 3)
    for order in "CF":
        g = lambda x, order=order: f(x, order)
        expected = [g(x), g(2 * x)]
        np.testing.assert_allclose(wg.vmap(g)(np.stack([x, 2 * x])), expected)
        np.testing.assert_allclose(g(wg.tensor(x)).item(), expected[0])
        np.testing.assert_allclose(wg.jit(g)(x), expected[0])


def test_a_copy_does_not_follow_what_was_copied():
    a, b, c = wg.zeros(3), wg.zeros(3), wg.zeros(3)
    a[0] = 1.0  # from now on `a` may write into its own buffer
    b.copy_(a)
    wg.real(a, out=c)
    a[1] = 5.0
    assert b.tolist() == c.tolist() == [1, 0, 0]


def test_a_copy_of_a_leaf_is_none():
    leaf, copy = wg.ones(3, requires_grad=True), wg.zeros(3)
    copy.copy_(leaf)
    copy.mul_(2)
    copy.sum().backward()
    assert not copy.is_leaf and leaf.grad.tolist() == [2, 2, 2]


def test_a_result_that_is_a_view_written_to_has_the_derivative_of_what_was_written():
    def f(x):
        y = np.squeeze(2 * x[None])
        y *= 3.0
        return y

    np.testing.assert_array_equal(wg.jacobian(f)(np.ones(2)), 6 * np.eye(2))
    np.testing.assert_array_equal(wg.vjp(f, np.ones(2))[1](np.ones(2))[0], [6.0, 6.0])
