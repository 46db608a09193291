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
