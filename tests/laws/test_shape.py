"""shape: tangents have the shape and dtype of the result, gradients those of the input."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, differentiable, like, over


def applies(case: Case) -> bool:
    """Every case with a derivative."""
    return differentiable(case)


@over(applies)
def test_shape(case: Case) -> None:
    p = Smooth(case)
    out, moved = wg.jvp(p.f, tuple(p.xs), tuple(p.random(1)))
    for o, t in zip(out, moved, strict=True):
        assert (t.shape, t.dtype) == (o.shape, o.dtype)
        assert isinstance(t, np.ndarray | np.generic)
    out, pullback = wg.vjp(p.f, *p.xs)
    for x, g in zip(p.xs, pullback([like(np.asarray(o), case.rng(2)) for o in out]), strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
        assert isinstance(g, np.ndarray | np.generic)
