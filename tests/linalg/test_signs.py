"""What a decomposition leaves open, signs and phases, is as SciPy's own functions have it."""

from typing import Any

import numpy as np
import pytest
from scipy import linalg as theirs

import wengert as wg

RNG = np.random.default_rng(11)


def normal(n: int, m: int, dtype: Any) -> Any:
    return RNG.normal(size=(n, m)) + (1j * RNG.normal(size=(n, m)) if dtype is complex else 0)


def positive(n: int, dtype: Any) -> Any:
    a = normal(n, n, dtype)
    return a @ np.conj(a.T) + np.eye(n)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("mode", ["full", "economic"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_rq(shape, mode, dtype):
    a = normal(*shape, dtype)
    for mine, other in zip(wg.scipy.linalg.rq(wg.tensor(a), mode=mode), theirs.rq(a, mode=mode), strict=True):
        np.testing.assert_allclose(mine.numpy(), other, atol=1e-12)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("type", [1, 2, 3])
@pytest.mark.parametrize("driver", [None, "gv", "gvd", "gvx"])
def test_generalised_eigenvectors(driver, type, lower, dtype):
    a, b, more = normal(4, 4, dtype), positive(4, dtype), {"type": type, "lower": lower, "driver": driver}
    a = a + np.conj(a.T)
    found = wg.scipy.linalg.eigh(wg.tensor(a), wg.tensor(b), **more)
    for mine, other in zip(found, theirs.eigh(a, b, **more), strict=True):
        np.testing.assert_allclose(mine.numpy(), other, atol=1e-10)


@pytest.mark.parametrize("lower", [True, False])
def test_one_triangle_of_a_complex_matrix_has_a_real_diagonal(lower):
    a, b = normal(3, 3, complex) + 4 * np.eye(3), normal(3, 2, complex)
    found = wg.scipy.linalg.pinvh(wg.tensor(a), lower=lower)
    np.testing.assert_allclose(found.numpy(), theirs.pinvh(a, lower=lower), atol=1e-12)
    found = wg.scipy.linalg.solve(wg.tensor(a), b, assume_a="her", lower=lower)
    np.testing.assert_allclose(found.numpy(), theirs.solve(a, b, assume_a="her", lower=lower), atol=1e-12)
