"""adjoint: ⟨g, jvp t⟩ = ⟨vjp g, t⟩ for all g and t, in the real scalar product Re Σ conj(a) b."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, differentiable, inner, like, over, precision


def applies(case: Case) -> bool:
    """Every case with a derivative; at ties and kinks the two accumulations must agree, too."""
    return differentiable(case)


@over(applies)
def test_adjoint(case: Case) -> None:
    p = Smooth(case)
    ts = p.random(1)
    out, moved = wg.jvp(p.f, tuple(p.xs), tuple(ts))
    gs = [like(np.asarray(y), case.rng(2)) for y in out]
    _, pullback = wg.vjp(p.f, *p.xs)
    pulled = pullback(gs)
    left, right = inner(gs, moved), inner(pulled, ts)
    scale = max(1.0, abs(left))
    assert np.isfinite(left) and abs(left - right) <= precision(case) * scale, (
        f"⟨g, jvp t⟩ = {left}, ⟨vjp g, t⟩ = {right}"
    )
