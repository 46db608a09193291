"""forward: the jvp equals a central difference, and a complex step where the function is analytic."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, over, plain, regular

STEP = 1e-5


def applies(case: Case) -> bool:
    """Every case with a derivative, away from kinks."""
    return regular(case)


def analytic(case: Case) -> bool:
    """Real cases of functions that take complex numbers."""
    return regular(case) and case.analytic and not case.complex and not case.single


@over(applies)
def test_forward(case: Case) -> None:
    p = Smooth(case)
    ts = p.random(1)
    _, moved = wg.jvp(p.f, tuple(p.xs), tuple(ts))
    exact = Smooth(case, dtype=np.float64)
    ahead, behind = (plain(exact.f, *exact.moved(h, ts)) for h in (STEP, -STEP))
    quotient = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
    close(moved, quotient, 1e-4 if case.single else 1e-7, "jvp against a central difference")


@over(analytic)
def test_forward_by_complex_step(case: Case) -> None:
    p = Smooth(case)
    ts = p.random(1)
    _, moved = wg.jvp(p.f, tuple(p.xs), tuple(ts))
    step = 1e-30
    # An operand may have become complex that the function looks at in no other way: take what it returns.
    shifted = plain(p.f, *p.moved(1j * step, ts))
    close(moved, [np.imag(y) / step for y in shifted], 1e-12, "jvp against a complex step")


def integral(case: Case) -> bool:
    """Cases with a result that has no derivative, such as an index or a truth value."""
    return bool(case.positions) and len(Smooth(case).kept) < len(Smooth(case).out)


@over(integral)
def test_derivative_of_integers_is_zero(case: Case) -> None:
    p = Smooth(case)
    out, moved = plain(lambda *xs: wg.jvp(p.f_all, xs, tuple(p.random(1))), *p.xs)
    for n, (o, t) in enumerate(zip(out, moved, strict=True)):
        if n not in p.kept:
            assert np.shape(t) == np.shape(o)
            assert not np.any(t)
