"""Arrays without entries inside compiled functions."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.pad(np.tile(x, 2), 1),
        lambda x: np.concatenate([x, np.ones(3), np.repeat(x, 3)]),
        lambda x: np.sum(x) + np.prod(x) + np.sum(np.outer(x, np.ones(4)), axis=0),
        lambda x: np.stack([x, x]).reshape(0, 2).T @ np.ones((0, 5)),
        lambda x: np.cumsum(x)[::-1] * 2,
    ],
    ids=range(5),
)
def test_in_the_middle(f):
    x = np.empty(0)
    want, got = f(x), wg.jit(f)(x)
    assert np.shape(got) == np.shape(want)
    np.testing.assert_array_equal(got, want)
    assert wg.jit(wg.grad(lambda x: np.sum(f(x))))(x).shape == (0,)
