"""Every op of the rule book, explained: adjoints are those of wg.vjp, tangents those of wg.jvp."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, differentiable, over


def applies(case: Case) -> bool:
    """Cases with a derivative."""
    return differentiable(case)


def close(found: object, wanted: object) -> None:
    """Equal but for rounding; a None is a zero."""
    found = np.zeros_like(wanted) if found is None else found
    scale = np.max(np.abs(np.asarray(wanted)[np.isfinite(wanted)]), initial=1.0)
    precision = 1e-4 if np.asarray(wanted).dtype in (np.float32, np.complex64) else 1e-9
    np.testing.assert_allclose(found, wanted, rtol=precision, atol=precision * scale)


# Its constraints get numbers of the run, which are gone when the explanation asks for the slope of the solution.
GONE = "scipy.optimize.minimize-3"


@over(lambda case: applies(case) and case.id != GONE)
def test_explained(case: Case) -> None:
    p = Smooth(case)
    _, pullback = wg.vjp(p.f, *p.xs)
    gs = [np.ones(p.out[n].shape, p.out[n].dtype) for n in p.kept]
    wanted = pullback(gs)
    ts = tuple(p.random(1))
    _, moved = wg.jvp(p.f, tuple(p.xs), ts)
    with np.errstate(all="ignore"):
        e = wg.explain(p.f, *p.xs, wrt=range(len(p.xs)), along=ts, cotangent=gs)
    for number, g in zip(e.inputs, wanted, strict=True):
        close(e.trace[number].adjoint, g)
    pushed = {n: e.trace[n].tangents[0] for n in e.outputs}
    if len(e.outputs) == len(moved):
        for t, m in zip(pushed.values(), moved, strict=True):
            close(t, m)
    for shown in (e.text, e.latex, e.mermaid, e.dot):
        assert shown.endswith("\n")
    assert len(e.records()) == len(e.steps())
