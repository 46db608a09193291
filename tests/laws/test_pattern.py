"""pattern: the sparsity pattern covers the non-zeros of the Jacobian, and is exactly these for linear rows."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, over, plain, regular
from wengert import tree


def applies(case: Case) -> bool:
    """Every case with a derivative, away from kinks."""
    return regular(case)


@over(applies)
def test_pattern(case: Case) -> None:
    p = Smooth(case)
    every = tuple(range(len(p.xs)))
    pattern = tree.leaves(plain(wg.sparsity(p.f, every), *p.xs))
    jacobian = tree.leaves(plain(wg.jacfwd(p.f, every), *p.xs))
    exact = not (case.concrete or case.complex) and only_linear(p)
    for found, matrix in zip(pattern, jacobian, strict=True):
        assert found.dtype == bool and found.shape == matrix.shape
        assert np.all(found | (matrix == 0)), "an entry depends on an input that the pattern leaves out"
        if exact:
            np.testing.assert_array_equal(found, matrix != 0)


def only_linear(p: Smooth) -> bool:
    """Whether all rows that the function uses are linear or multilinear."""
    graph = plain(wg.trace(p.f), *p.xs)
    return all(equation.op.kind in ("linear", "multilinear") for equation in graph.equations)


def test_a_constant_matrix_keeps_its_zeros() -> None:
    a = np.array([[1.0, 0.0, 0.0], [1.0, -1.0, 0.0]])
    np.testing.assert_array_equal(wg.sparsity(lambda x: a @ x)(np.zeros(3)), a != 0)


def test_stacked_matrices_stay_apart() -> None:
    a = np.stack([np.eye(2) * n for n in (1, 2, 3)])
    pattern = wg.sparsity(np.linalg.inv)(a)
    blocks = np.eye(3, dtype=bool)[:, None, None, :, None, None]
    np.testing.assert_array_equal(pattern, np.broadcast_to(blocks, pattern.shape))


def test_reductions_mix_their_axes_only() -> None:
    pattern = wg.sparsity(lambda x: np.max(x, axis=1))(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(pattern, np.broadcast_to(np.eye(2, dtype=bool)[:, :, None], (2, 2, 3)))


def test_pattern_of_a_hessian_is_that_of_the_gradient() -> None:
    pattern = wg.sparsity(wg.grad(lambda x: np.sum(x[1:] ** 2 * x[:-1])))(np.ones(4))
    expected = np.eye(4, k=1) + np.eye(4, k=-1) + np.diag([0, 1, 1, 1])
    np.testing.assert_array_equal(pattern, expected != 0)


def test_pattern_does_not_depend_on_accidental_zeros() -> None:
    pattern = wg.sparsity(lambda x, y: x * y, argnums=(0, 1))(np.zeros(2), np.zeros(2))
    for block in pattern:
        np.testing.assert_array_equal(block, np.eye(2, dtype=bool))
    np.testing.assert_array_equal(wg.sparsity(lambda x, y: x @ y, argnums=0)(np.zeros(2), np.ones(2)), [True, True])
