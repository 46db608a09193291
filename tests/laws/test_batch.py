"""batch: vmap over each operand and over all of them together equals the stacked loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, differentiable, over, plain, precision, same
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


def has_gradient(case: Case) -> bool:
    """Cases with a derivative that can be batched."""
    return applies(case) and not case.concrete and differentiable(case)


@over(has_gradient)
def test_batch_of_the_gradient(case: Case) -> None:
    """vmap(grad) over all operands, integers included, and grad of the sum of a vmap, equal the loop of gradients."""
    p = Smooth(case)
    draws = [case.operands(n) for n in range(SIZE)]
    stacked = [np.stack([d[n] for d in draws]) for n in range(len(draws[0]))]
    argnums = tuple(case.positions)

    def phi(*operands: Any) -> Any:
        return p.weighted([o for n, o in enumerate(tree.leaves(case.f(*operands))) if n in p.kept])

    loop = [plain(wg.grad(phi, argnums), *d) for d in draws]
    expected = [np.stack(column) for column in zip(*loop, strict=True)]
    close(plain(wg.vmap(wg.grad(phi, argnums)), *stacked), expected, precision(case), "vmap of grad")
    total = wg.grad(lambda *operands: np.sum(wg.vmap(phi)(*operands)), argnums)
    close(plain(total, *stacked), expected, precision(case), "grad of vmap")
