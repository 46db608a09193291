"""Every op of the rule book on the tape: what wg.explain(tensor) finds is what backward() would deposit."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import Case
from tests.explanation.test_laws import applies, close
from tests.laws.common import Smooth, over


@over(applies)
def test_taped(case: Case) -> None:
    p = Smooth(case)
    xs = [wg.tensor(x, requires_grad=True) for x in p.xs]
    with np.errstate(all="ignore"):
        value = p.phi(*xs) + sum([np.real(np.sum(x)) for x in xs])  # what is locally constant has no tape of its own
        e = wg.explain(value)
    value.backward()
    assert e.text.endswith("\n")
    for number, x in zip(e.inputs, xs, strict=True):
        close(e.trace[number].adjoint, x.grad.numpy())
