"""SciPy's own sparse matrices in products with tensors: right in every mode, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

import wengert as wg
from wengert.errors import NotDifferentiable

A = sparse.random(3, 4, 0.6, random_state=0, format="csr")
D = A.toarray()
X = np.arange(1.0, 5.0)
FORMATS = [kind(A) for kind in (sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix)]
FORMATS += [A.asformat(name) for name in ("dia", "lil", "dok", "bsr")]


@pytest.mark.parametrize("a", FORMATS, ids=lambda a: type(a).__name__)
def test_products_differentiate(a: Any) -> None:
    def f(x: Any) -> Any:
        return np.sum((a @ x) ** 2) + np.sum((a @ np.outer(x, x[:2])) ** 2) + np.sum(x[:3] @ a)

    def dense(x: Any) -> Any:
        return np.sum((D @ x) ** 2) + np.sum((D @ np.outer(x, x[:2])) ** 2) + np.sum(x[:3] @ D)

    for transformed in (wg.grad, wg.hessian, lambda g: wg.jit(wg.grad(g)), wg.jacfwd):
        np.testing.assert_allclose(transformed(f)(X), transformed(dense)(X))
    np.testing.assert_allclose(wg.vmap(lambda x: a @ x)(np.stack([X, 2 * X])), np.stack([D @ X, 2 * D @ X]))
    t = wg.tensor(X, requires_grad=True)
    f(t).backward()
    np.testing.assert_allclose(t.grad, wg.grad(dense)(X))


@pytest.mark.parametrize("a", FORMATS[2:4], ids=lambda a: type(a).__name__)
def test_entrywise_products_are_refused(a: Any) -> None:
    with pytest.raises(NotDifferentiable, match="A @ x"):
        wg.grad(lambda x: np.sum(x * a))(D)
    with pytest.raises(ValueError, match="as many rows"):
        wg.grad(lambda x: np.sum(a @ x))(np.ones(3))
