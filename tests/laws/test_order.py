"""order: second derivatives in the four mixes of the accumulations, and a third one.

With φ a real number made of the results, H its matrix of second derivatives and t, s directions:

    reverse over reverse    ∇ ⟨∇φ, t⟩       forward over reverse    d/dε ∇φ(x + ε t)
    reverse over forward    ∇ (dφ t)        forward over forward    d²φ (t, s) = ⟨s, H t⟩
"""

from __future__ import annotations

from typing import Any

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, inner, over, precision, regular

STEP = 1e-5


def applies(case: Case) -> bool:
    """Every case with a derivative, away from kinks, in double precision."""
    return regular(case) and not case.single and case.sample.order >= 2


def thrice(case: Case) -> bool:
    """Those that have a third derivative."""
    return applies(case) and case.sample.order >= 3


class Mixes:
    """φ of a case, and its derivatives along t."""

    def __init__(self, p: Smooth, ts: list[Any]) -> None:
        self.p, self.ts = p, ts
        self.every = tuple(range(len(p.xs)))

    def gradient(self, *xs: Any) -> Any:
        return wg.grad(self.p.phi, self.every)(*xs)

    def along(self, f: Any, *xs: Any) -> Any:
        """The forward derivative of f in direction t."""
        return wg.jvp(f, xs, tuple(self.ts))[1]

    def slope(self, *xs: Any) -> Any:
        return self.along(self.p.phi, *xs)

    def reverse_reverse(self, *xs: Any) -> Any:
        return wg.grad(lambda *ys: inner(self.ts, self.gradient(*ys)), self.every)(*xs)

    def forward_reverse(self, *xs: Any) -> Any:
        return self.along(self.gradient, *xs)

    def reverse_forward(self, *xs: Any) -> Any:
        return wg.grad(self.slope, self.every)(*xs)

    def forward_forward(self, *xs: Any) -> Any:
        return self.along(self.slope, *xs)


@over(applies)
def test_second_order(case: Case) -> None:
    p = Smooth(case)
    m = Mixes(p, p.random(3))
    product = m.forward_reverse(*p.xs)
    ahead, behind = (m.gradient(*p.moved(h, m.ts)) for h in (STEP, -STEP))
    quotient = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
    close(product, quotient, 2e-6, "forward over reverse against a central difference of the gradient")
    close(m.reverse_reverse(*p.xs), product, precision(case), "reverse over reverse")
    close(m.reverse_forward(*p.xs), product, precision(case), "reverse over forward")
    close(m.forward_forward(*p.xs), inner(m.ts, product), precision(case), "forward over forward")


@over(thrice)
def test_third_order(case: Case) -> None:
    p = Smooth(case)
    m = Mixes(p, p.random(4))
    third = m.along(m.forward_forward, *p.xs)
    ahead, behind = (m.forward_forward(*p.moved(h, m.ts)) for h in (STEP, -STEP))
    close(third, (ahead - behind) / (2 * STEP), 1e-5, "a third derivative against a central difference of a second")
    rising = inner(m.ts, wg.grad(m.forward_forward, m.every)(*p.xs))
    close(rising, third, 1e-8, "reverse over forward over forward")
    nested = wg.grad(lambda *xs: inner(m.ts, m.reverse_reverse(*xs)), m.every)(*p.xs)
    close(inner(m.ts, nested), third, 1e-8, "reverse over reverse over reverse")
