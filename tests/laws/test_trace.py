"""trace: a graph recorded at some operands and replayed on others equals the function there."""

from __future__ import annotations

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, differentiable, over, plain, precision, same


def applies(case: Case) -> bool:
    """Every case whose function needs no plain numbers."""
    return not case.concrete


@over(applies)
def test_trace(case: Case) -> None:
    graph = plain(wg.trace(case.f), *case.operands(0))
    fresh = case.operands(1)
    same(plain(graph, *fresh), plain(case.expected, *fresh), 2e-6 if case.single else 1e-12)


def has_gradient(case: Case) -> bool:
    """Cases with a derivative that can be traced."""
    return applies(case) and differentiable(case)


@over(has_gradient)
def test_trace_of_the_gradient(case: Case) -> None:
    p = Smooth(case)
    gradient = wg.grad(p.phi, argnums=tuple(range(len(p.xs))))
    graph = plain(wg.trace(gradient), *p.xs)
    fresh = [case.operands(1)[n] for n in case.positions]
    close(plain(graph, *fresh), plain(gradient, *fresh), precision(case))
