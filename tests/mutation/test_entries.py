"""x[i] is a number under transforms, as in NumPy: later writes do not reach it. On the eager tape it is a view."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

X = np.array([1.0, 2.0, 3.0])


def swapped(x):
    y = x * 1.0
    kept = y[0]
    y[0] = y[2]
    y[2] = kept
    return y @ np.array([1.0, 10.0, 100.0])


def rotated(x):
    y = np.outer(x, x)
    kept = y[0, 1]
    y[0, :] = 0.0
    return kept * 2 + y.sum()


def shown(x):
    y = x * 1.0
    kept = y[1, ...]  # an array of no axes is a view
    y[1] = 5.0
    return kept * x[0]


@pytest.mark.parametrize("f", [swapped, rotated, shown])
def test_in_every_interpreter(f):
    want, slope = f(X), [(f(X + d) - f(X - d)) / 2e-6 for d in 1e-6 * np.eye(3)]
    value, gradient = wg.value_and_grad(f)(X)
    assert value == want
    np.testing.assert_allclose(gradient, slope, rtol=1e-7)
    assert wg.jvp(f, (X,), (np.eye(3)[0],))[0] == want
    assert wg.jit(f)(X) == want
    np.testing.assert_allclose(wg.vmap(f)(np.stack([X, 2 * X])), [want, f(2 * X)])


def test_an_entry_of_an_eager_tensor_is_a_view_as_in_pytorch():
    x = wg.tensor(X, requires_grad=True) * 1.0
    entry = x[0]
    entry.add_(1.0)
    x[2] = 7.0
    assert x.detach().numpy().tolist() == [2.0, 2.0, 7.0]


def test_a_view_of_an_entry_writes_through():
    x = wg.ones(3, requires_grad=True)
    y = x * 2
    y[1].unsqueeze(0).mul_(3)
    y.select(0, 2).view(-1)[0] += 1
    assert y.tolist() == [2, 6, 3]
    y.sum().backward()
    assert x.grad.tolist() == [2, 6, 2]
