"""Sparse matrices with tensors as entries, against dense ones: operators, places, gradients at zero entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse as theirs

import wengert as wg

linalg, sparse = wg.scipy.sparse.linalg, wg.scipy.sparse
D, B = np.array([0.3, 0.5, 0.9]), np.array([1.0, 2.0, -1.0])


def by_operator(name: str, d: Any, b: Any) -> Any:
    """The solution for an operator that closes over d."""
    product = lambda v: (d + 3) * v + 0.5 * v[::-1]
    operator = linalg.LinearOperator((3, 3), product, product, dtype=float)
    return np.sum(getattr(linalg, name)(operator, b, rtol=1e-14)[0] ** 2)


def densely(d: Any, b: Any) -> Any:
    """The same by a dense matrix."""
    return np.sum(np.linalg.solve(np.diag(d + 3) + 0.5 * np.eye(3)[::-1], b) ** 2)


@pytest.mark.parametrize("name", ["cg", "gmres", "bicgstab", "minres"])
def test_an_operator_differentiates_in_what_it_closes_over(name: str) -> None:
    found, expected = (wg.grad(f, (0, 1))(D, B) for f in (lambda d, b: by_operator(name, d, b), densely))
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    second, dense = (wg.hessian(f)(D) for f in (lambda d: by_operator(name, d, B), lambda d: densely(d, B)))
    np.testing.assert_allclose(second, dense, rtol=1e-6, atol=1e-9)


def test_eigenvalues_of_an_operator_that_closes_over_tensors() -> None:
    def top(d: Any) -> Any:
        operator = linalg.LinearOperator((3, 3), lambda v: d * v, lambda v: d * v, dtype=float)
        return linalg.eigsh(operator, 1, v0=np.ones(3), return_eigenvectors=False)[0]

    np.testing.assert_allclose(wg.grad(top)(D), [0.0, 0.0, 1.0], atol=1e-9)


def test_an_entry_that_is_zero_has_a_derivative() -> None:
    a = np.diag([2.0, 4.0])
    for f, dense in (
        (lambda a: sparse.csr_array(a) @ B[:2], lambda a: a @ B[:2]),
        (lambda a: linalg.cg(a, B[:2], rtol=1e-14)[0], lambda a: np.linalg.solve(a, B[:2])),
    ):
        np.testing.assert_allclose(wg.jacobian(f)(a), wg.jacobian(dense)(a), rtol=1e-9)


def test_entries_at_one_place_are_added_before_they_move() -> None:
    at = (np.array([0, 0, 1]), np.array([1, 1, 0]))

    def f(d: Any) -> Any:
        both = sparse.hstack([sparse.csr_array((d, at), shape=(2, 2)), theirs.eye_array(2)])
        assert both.shape == (2, 4)
        return both.toarray()

    np.testing.assert_allclose(wg.jacobian(f)(D)[0, 1], [1.0, 1.0, 0.0])


def test_arithmetic_is_that_of_dense_arrays() -> None:
    at = (np.array([0, 1, 1]), np.array([1, 0, 1]))

    def f(d: Any, a: Any) -> Any:
        b = (2 * a - a.T) / 4
        return np.sum((a @ b).toarray() ** 2) + np.sum(b.diagonal()) + np.sum(a.sum(axis=0) * b.sum(axis=1)) + b.trace()

    def of_sparse(d: Any) -> Any:
        return f(d, sparse.csr_array((d, at), shape=(2, 2)))

    def of_dense(d: Any) -> Any:
        a = np.zeros((2, 2), like=d)
        a[at] = d
        b = (2 * a - a.T) / 4
        return np.sum((a @ b) ** 2) + np.sum(np.diag(b)) + np.sum(np.sum(a, 0) * np.sum(b, 1)) + np.trace(b)

    np.testing.assert_allclose(wg.grad(of_sparse)(D), wg.grad(of_dense)(D))


def test_the_star_of_a_matrix_is_the_product_of_matrices() -> None:
    def f(d: Any) -> Any:
        a = sparse.csr_matrix((d, (np.array([0, 1, 1]), np.array([1, 0, 1]))), shape=(2, 2))
        return np.sum((a * a * B[:2]) * 2 + (3 * a) * B[:2])

    def dense(d: Any) -> Any:
        a = np.zeros((2, 2), like=d)
        a[[0, 1, 1], [1, 0, 1]] = d
        return np.sum((a @ a @ B[:2]) * 2 + (3 * a) @ B[:2])

    np.testing.assert_allclose(wg.grad(f)(D), wg.grad(dense)(D))
