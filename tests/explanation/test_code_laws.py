"""wg.code on every sample of the rule book: the source computes the value, its adjoint and its tangent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import wengert as wg
from tests.laws.common import Smooth, differentiable, like, over, plain, precision, same
from tests.samples import Case
from wengert import tree
from wengert.core.op import TABLE

FEW = 3  # cases of a row


def a_row(case: Case) -> bool:
    """Whether the case is one of the first that are about a row itself."""
    return case.name in TABLE and int(case.id.rpartition("-")[2]) < FEW and differentiable(case)


def first(case: Case) -> bool:
    """Whether the case stands for those of its name: functions are made of rows."""
    return case.id.endswith("-0") and differentiable(case)


def code(*args: Any, **kwargs: Any) -> Any:
    """wg.code; None where it refuses an op that is no row: solvers make theirs anew for each call."""
    try:
        return wg.code(*args, **kwargs)
    except wg.MissingRule as error:
        found = re.fullmatch(r"wg.code cannot write (\w+) as NumPy code.", str(error).splitlines()[0])
        if found is None or found[1] in TABLE:
            raise
        return None


def tuple_of(smooth: Smooth) -> Callable[..., Any]:
    """The floating results as a function of the floating operands."""
    return lambda *xs: tuple(smooth.f(*xs))


def written(source: Any, inputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Values and derivatives by the source, flat."""
    values, derivatives = plain(source.function(), *inputs)
    return tree.leaves(values), tree.leaves(derivatives)


@over(lambda case: a_row(case) or first(case))
def test_the_source_in_reverse_is_the_adjoint(case):
    smooth = Smooth(case)
    f = tuple_of(smooth)
    values, pull = plain(wg.vjp, f, *smooth.xs)
    seeds = [like(y, case.rng(3)) for y in values]
    source = code(f, *smooth.xs)
    if source is None:
        return
    if len(values) == 1 and not np.shape(values[0]):
        seeds = [np.ones_like(values[0])]
        found = written(source, smooth.xs)
    else:
        found = written(source, [*smooth.xs, *seeds])
    same(found[0], tree.leaves(values), precision(case))
    same(found[1], plain(pull, tuple(seeds)), precision(case))


@over(lambda case: a_row(case) and first(case))
def test_the_source_forward_is_the_tangent(case):
    smooth = Smooth(case)
    f, ts = tuple_of(smooth), smooth.random(4)
    source = code(f, *smooth.xs, mode="forward")
    if source is None:
        return
    found = written(source, [*smooth.xs, *ts])
    values, tangents = plain(wg.jvp, f, tuple(smooth.xs), tuple(ts))
    same(found[0], values, precision(case))
    same(found[1], tangents, precision(case))
