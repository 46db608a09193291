"""Programs of strangers: compiled, they give what NumPy gives, and the gradients of the eager tape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.compiler import corpus_arrays, corpus_models  # noqa: F401 (they fill the list)
from tests.compiler.corpus import PROGRAMS, Corpus
from wengert import tree

over_programs = pytest.mark.parametrize("corpus", PROGRAMS, ids=[p.name for p in PROGRAMS])
over_smooth = pytest.mark.parametrize("corpus", [p for p in PROGRAMS if p.smooth], ids=lambda p: p.name)


def arrays(results: Any) -> list[Any]:
    return [np.asarray(x) for x in tree.leaves(results)]


def same(actual: Any, expected: Any) -> None:
    """Equal up to rounding, of the same structure, shapes and dtypes."""
    assert tree.flatten(actual)[1] == tree.flatten(expected)[1]
    for k, (a, e) in enumerate(zip(arrays(actual), arrays(expected), strict=True)):
        assert (a.shape, a.dtype) == (e.shape, e.dtype), f"result {k}"
        tolerance = 2e-5 if e.dtype in (np.float32, np.complex64) else 1e-9
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance, err_msg=f"result {k}")


def moved(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Other arguments of the same shapes and dtypes."""
    leaves, structure = tree.flatten(args)
    return structure.unflatten(
        [x * x.dtype.type(0.9) if np.asarray(x).dtype.kind in "fc" and np.ndim(x) else x for x in leaves]
    )


def loss(corpus: Corpus) -> Any:
    """A number that depends on every floating result, and not linearly."""

    def f(*args: Any) -> Any:
        total = 0.0
        for k, y in enumerate(tree.leaves(corpus.function(*args))):
            if getattr(y, "dtype", np.dtype(type(y))).kind == "f":
                total = total + np.sum(np.cos(y + 0.1 * k))
        return total

    return f


@over_programs
def test_values_are_numpys(corpus):
    compiled = wg.jit(corpus.function)
    for args in (corpus.args(), moved(corpus.args()), corpus.args()):
        same(compiled(*args), corpus.function(*args))


@over_programs
def test_arguments_stay_as_they_are(corpus):
    args = corpus.args()
    wg.jit(corpus.function)(*args)
    same(args, corpus.args())


@over_smooth
def test_compiled_gradients_are_those_of_the_tape(corpus):
    gradient = wg.grad(loss(corpus), argnums=corpus.smooth)
    compiled = wg.jit(gradient)
    for args in (corpus.args(), moved(corpus.args())):
        same(compiled(*args), gradient(*args))


@over_smooth
def test_gradients_of_compiled_programs_are_those_of_the_tape(corpus):
    args = corpus.args()
    compiled = loss(corpus._replace(function=wg.jit(corpus.function)))
    same(wg.grad(compiled, argnums=corpus.smooth)(*args), wg.grad(loss(corpus), argnums=corpus.smooth)(*args))
