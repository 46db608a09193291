"""checkpoint keeps inputs only, and computes the rest again: on every tape, to every order."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument
from wengert.interpreters.tape import Packed

X = np.array([0.3, -1.2, 2.0])


def deep(x):
    for _ in range(4):
        x = np.sin(x) * x
    return x


def test_same_derivatives_as_without():
    plain = lambda x: np.sum(deep(x))
    kept = lambda x: np.sum(wg.checkpoint(deep)(x))
    assert np.allclose(wg.grad(kept)(X), wg.grad(plain)(X))
    assert np.allclose(wg.hessian(kept)(X), wg.hessian(plain)(X))
    assert np.allclose(wg.jacrev(wg.jacrev(kept))(X), wg.jacrev(wg.jacrev(plain))(X))
    assert np.allclose(wg.jvp(kept, (X,), (X,))[1], wg.jvp(plain, (X,), (X,))[1])
    assert np.allclose(wg.vmap(wg.checkpoint(deep))(X), wg.vmap(deep)(X))


def test_the_tape_keeps_no_intermediate_array():
    x = wg.tensor(X, requires_grad=True)
    y = wg.checkpoint(deep)(x)
    node, seen = y.grad_fn, []
    while node is not None and node.edges:
        seen += [a for args in node.saved for a in args]
        node = node.edges[0]
    assert seen
    assert all(isinstance(a, Packed) for a in seen)


def test_tensors_that_it_closes_over_receive_gradients():
    w = wg.tensor(2.0 * np.ones(3), requires_grad=True)
    x = wg.tensor(X, requires_grad=True)
    wg.checkpoint(lambda x: np.sum(np.sin(w * x)))(x).backward()
    assert np.allclose(w.grad, X * np.cos(2 * X))
    assert np.allclose(x.grad, 2 * np.cos(2 * X))


def test_it_runs_once_forward_and_once_per_backward():
    runs = []

    def f(x):
        runs.append(1)
        return np.sum(np.exp(np.sin(x)))

    x = wg.tensor(X, requires_grad=True)
    y = wg.checkpoint(f)(x)
    assert len(runs) == 1
    y.backward()
    assert len(runs) == 2


def test_random_numbers_are_drawn_alike():
    def f(x):
        return np.sum(np.sin(x * np.random.rand(3)))

    np.random.seed(7)
    expected = wg.grad(f)(X)
    np.random.seed(7)
    assert np.allclose(wg.grad(wg.checkpoint(f))(X), expected)


def test_a_function_that_changes_is_refused():
    counter = []

    def f(x):
        counter.append(1)
        for _ in counter:
            x = np.sin(x)
        return x

    with pytest.raises(InvalidArgument, match="saved 1 values, then 2"):
        wg.grad(wg.checkpoint(f))(1.0)


@pytest.mark.parametrize("compiled", [False, True])
def test_random_tensors_are_drawn_alike(compiled):
    """The value is the sum of a mask and the slope twice that, so a mask that was drawn anew would show."""
    both = wg.value_and_grad(wg.checkpoint(lambda x: np.sum(x * (wg.rand(100) > 0.5) * x)))
    wg.manual_seed(0)
    if compiled:
        both = wg.jit(both)
    values = [both(np.ones(100)) for _ in range(3)]
    assert len({value for value, _ in values}) > 1
    for value, slope in values:
        assert np.sum(slope) == 2 * value


def test_what_is_drawn_afterwards_is_not_what_was_drawn_within():
    x = wg.ones(3, requires_grad=True)
    wg.manual_seed(0)
    y = wg.checkpoint(lambda x: np.sum(wg.rand(3) * x))(x)
    between = wg.rand(3)
    y.backward()
    wg.manual_seed(0)
    assert np.array_equal(wg.rand(3), x.grad)
    assert np.array_equal(wg.rand(3), between)
