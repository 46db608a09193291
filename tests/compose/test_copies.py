"""Copying inside a transform keeps the derivative; pickling there would lose it, and says so."""

import copy
import pickle

import numpy as np
import pytest

import wengert as wg
from wengert.errors import WengertError

X = np.array([1.0, 2.0])


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: copy.deepcopy({"a": [x]})["a"][0]])
def test_copies_keep_the_derivative(copied):
    f = lambda x: np.sum(copied(x) ** 2)
    assert np.allclose(wg.grad(f)(X), 2 * X)
    assert np.allclose(wg.grad(lambda x: np.sum(copied(x * 1.0) ** 2))(X), 2 * X)
    assert np.isclose(wg.jvp(f, (X,), (X,))[1], 2 * X @ X)
    assert np.allclose(wg.hessian(f)(X), 2 * np.eye(2))
    assert np.allclose(wg.vmap(lambda x: copied(x) * x)(X), X**2)
    assert wg.trace(f)(X)(2 * X) == f(2 * X)


def test_a_copy_is_written_to_alone():
    def f(x):
        y = copy.deepcopy(x)
        y[0] = 0.0
        return np.sum(x * y)

    assert np.allclose(wg.grad(f)(X), [0.0, 4.0])


@pytest.mark.parametrize("transform", [wg.grad, wg.vmap, wg.derivative, wg.trace])
def test_pickling_is_refused(transform):
    with pytest.raises(WengertError, match="pickle"):
        transform(lambda x: pickle.loads(pickle.dumps(x * 1.0)))(np.ones(1))
