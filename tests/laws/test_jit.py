"""jit: compiled, the op equals NumPy and its gradient the eager gradient, dtypes and shapes included.

Compiled once, at some operands; called with others of the same shapes and dtypes.
"""

from __future__ import annotations

from typing import Any

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, arrays, close, differentiable, over, plain, precision, same


def applies(case: Case) -> bool:
    """Every case whose function needs no plain numbers."""
    return not case.concrete


@over(applies)
def test_jit(case: Case) -> None:
    compiled = wg.jit(case.f)
    for draw in (0, 1):
        operands = case.operands(draw)
        got, want = plain(compiled, *operands), plain(case.expected, *operands)
        same(got, want, 1e-5 if case.single else 1e-11)
        assert _types(got) == _types(want)
    assert compiled.traces == 1


def _types(out: Any) -> list[Any]:
    return [(x.dtype, x.shape) for x in arrays(out)]


def has_gradient(case: Case) -> bool:
    """Cases with a derivative that can be traced."""
    return applies(case) and differentiable(case)


@over(has_gradient)
def test_jit_of_the_gradient(case: Case) -> None:
    p = Smooth(case)
    gradient = wg.grad(p.phi, argnums=tuple(range(len(p.xs))))
    compiled = wg.jit(gradient)
    plain(compiled, *p.xs)
    fresh = [case.operands(1)[n] for n in case.positions]
    close(plain(compiled, *fresh), plain(gradient, *fresh), precision(case))
