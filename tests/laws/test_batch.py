"""batch: vmap over each operand and over all of them together equals the stacked loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.draws import Case
from tests.laws.common import over, plain, same
from wengert import tree

SIZE = 3


def applies(case: Case) -> bool:
    """Every case, except of functions that show a batch as what it is."""
    return case.sample.batched


def batch(case: Case, which: set[int]) -> tuple[list[Any], Any]:
    """The operands, those in `which` with a batch axis in front, and the loop's result."""
    draws = [case.operands(n) for n in range(SIZE)]
    mapped = [np.stack([d[n] for d in draws]) if n in which else draws[0][n] for n in range(len(draws[0]))]
    rows = [plain(case.expected, *[d[n] if n in which else x for n, x in enumerate(draws[0])]) for d in draws]
    structure = tree.flatten(rows[0])[1]
    columns = [np.stack(column) for column in zip(*[tree.leaves(row) for row in rows], strict=True)]
    return mapped, structure.unflatten(columns)


@pytest.mark.parametrize("place", [0, 1])
@over(applies)
def test_batch(case: Case, place: int) -> None:
    count = len(case.draws)
    choices = [{n} for n in range(count)] + ([set(range(count))] if count > 1 else [])
    for which in choices:
        if case.by_first and 0 not in which:
            continue
        operands, expected = batch(case, which)
        axes = tuple((min(place, x.ndim - 1) if n in which else None) for n, x in enumerate(operands))
        moved = [x if a is None else np.moveaxis(x, 0, a) for x, a in zip(operands, axes, strict=True)]
        vmapped = wg.vmap(case.f, in_axes=axes)
        if case.concrete:
            with pytest.raises(wg.errors.BatchedValue):
                vmapped(*moved)
            continue
        same(plain(vmapped, *moved), expected, 2e-6 if case.single else 1e-12)
