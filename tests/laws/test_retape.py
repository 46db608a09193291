"""re-tape: gradients of gradients on the eager tape (``create_graph=True``) equal nested `grad`."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, differentiable, inner, over, plain, precision


def applies(case: Case) -> bool:
    """Every case with a derivative, away from kinks or at them, that has a second one."""
    return differentiable(case) and case.sample.order >= 2


@over(applies)
def test_retape(case: Case) -> None:
    p = Smooth(case)
    ts = p.random(5)
    every = tuple(range(len(p.xs)))

    def slope(*xs: Any) -> Any:
        return inner(ts, wg.grad(p.phi, every)(*xs))

    leaves = [wg.tensor(x, requires_grad=True) for x in p.xs]
    value = plain(p.phi, *leaves)
    if not value.requires_grad:  # nothing that has a derivative leads to it
        assert all(not np.any(g) for g in wg.grad(p.phi, every)(*p.xs))
        return
    first = plain(lambda: wg.autograd.grad(value, leaves, create_graph=True, materialize_grads=True))
    close([g.detach().numpy() for g in first], plain(wg.grad(p.phi, every), *p.xs), precision(case), "first order")
    along = inner(ts, first)
    if along.requires_grad:
        plain(along.backward)
    second = [
        np.zeros_like(x) if leaf.grad is None else leaf.grad.numpy() for x, leaf in zip(p.xs, leaves, strict=True)
    ]
    close(second, plain(wg.grad(slope, every), *p.xs), precision(case), "second order")
    for x, leaf in zip(p.xs, leaves, strict=True):
        if leaf.grad is not None:
            assert (leaf.grad.shape, leaf.grad.dtype) == (x.shape, x.dtype)
