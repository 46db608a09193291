"""value: the op on boxes, of every interpreter, equals NumPy on arrays, dtype and shape included."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.draws import Case
from tests.laws.common import over, plain, same
from wengert import tree
from wengert.interpreters.tape import leaf
from wengert.interpreters.tensor import Tensor


def applies(case: Case) -> bool:
    """Every case."""
    return True


def on_the_tape(case: Case) -> Any:
    boxes = []
    for n, x in enumerate(case.operands()):
        box = Tensor(x, None, 0)
        if n in case.positions:
            box.mark = leaf(x.shape, x.dtype, 0, weakref.ref(box))
        boxes.append(box)
    return tree.map(lambda o: o.value if isinstance(o, Tensor) else o, case.f(*boxes))


def as_constants(case: Case) -> Any:
    boxes = [Tensor(x, None, 0) for x in case.operands()]
    return tree.map(lambda o: o.value if isinstance(o, Tensor) else o, case.f(*boxes))


def reverse(case: Case) -> Any:
    return wg.vjp(floating(case), *[case.operands()[n] for n in case.positions])[0]


def forward(case: Case) -> Any:
    xs = [case.operands()[n] for n in case.positions]
    return wg.jvp(floating(case), tuple(xs), tuple(np.ones_like(x) for x in xs))[0]


def recorded(case: Case) -> Any:
    return wg.trace(case.f)(*case.operands())(*case.operands())


def floating(case: Case) -> Any:
    """The case as a function of its floating operands."""

    def function(*xs: Any) -> Any:
        operands = case.operands()
        for n, x in zip(case.positions, xs, strict=True):
            operands[n] = x
        return case.f(*operands)

    return function


@pytest.mark.parametrize("interpreter", [on_the_tape, as_constants, reverse, forward, recorded])
@over(applies)
def test_value(case: Case, interpreter: Any) -> None:
    if interpreter is recorded and case.concrete:
        with pytest.raises(wg.errors.TracedValue):
            recorded(case)
        return
    expected = plain(case.expected, *case.operands())
    same(plain(interpreter, case), expected, 2e-6 if case.single else 1e-12)
