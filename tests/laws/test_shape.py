"""shape: tangents have the shape and dtype of the result, gradients those of the input."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, differentiable, like, over, plain


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


HALVED = {np.dtype(np.float64): np.float32, np.dtype(np.complex128): np.complex64}


def castable(case: Case) -> bool:
    """Those with an operand in double precision."""
    return applies(case) and any(x.dtype in HALVED for x in case.operands())


@over(castable)
def test_single_precision_stays(case: Case) -> None:
    """Results have the dtype that NumPy gives them, and so have tangents; gradients have that of the inputs."""
    p = Smooth(case)
    p.operands = [x.astype(HALVED.get(x.dtype, x.dtype)) for x in p.operands]
    p.xs = [p.operands[n] for n in case.positions]
    expected = plain(p.f, *p.xs)
    out, moved = plain(lambda *xs: wg.jvp(p.f, xs, tuple(p.random(1))), *p.xs)
    for e, o, t in zip(expected, out, moved, strict=True):
        assert o.dtype == t.dtype == np.asarray(e).dtype
    out, pullback = plain(lambda *xs: wg.vjp(p.f, *xs), *p.xs)
    for e, o in zip(expected, out, strict=True):
        assert o.dtype == np.asarray(e).dtype
    for x, g in zip(p.xs, plain(pullback, [like(np.asarray(o), case.rng(2)) for o in out]), strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
