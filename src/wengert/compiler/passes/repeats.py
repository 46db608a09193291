"""Repetitions: the loops that were unrolled when a graph was recorded.

    kinds        a b c d e c d e c d e c d e f          d at distance 3, and e, and c, ...: candidate period 3
    run          . . [c d e c d e c d e c d e] .        kind[i] == kind[i + 3] without a gap
    operands     from one repetition to the next, the number of every operand either stays (an invariant), or moves
                 by the same amount: a value of this repetition or one before it, a row of what an earlier loop left,
                 a different constant each time

Finding the runs is comparing the array of kinds with itself, shifted by each candidate; checking the operands is a
table with a row per repetition and a column per operand, whose differences must be constant from row to row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from wengert.compiler.passes.numbering import Integers, Numbering
from wengert.core.op import TABLE

__all__ = ["LAGS", "Loop", "loops"]

FEWEST = 4  # repetitions that make a loop
LAGS = 4  # how many repetitions back a value may come from
CANDIDATES = 12  # periods that are tried, by each of two scores
GRAM = 4  # equations in a row that are looked for again, to find candidates
LARGE = 4096  # entries of arrays that straight elementwise code keeps in registers and a loop sends through memory,
FUSED = 10  # and how much longer such code must be for a loop to be better all the same

_MOVING = frozenset(
    TABLE[name] for name in "slice reshape transpose broadcast_to flip stop_gradient overwrite concatenate".split()
)


class Loop(NamedTuple):
    """Repetitions of `period` equations from equation `start` on.

    table: the operands of a repetition, a row for each; indices: the same of the integers in keys.
    first: the number of the first value that the loop makes; values: how many a repetition makes.
    """

    start: int
    period: int
    repeats: int
    table: Integers
    indices: Integers
    first: int
    values: int

    @property
    def stop(self) -> int:
        """The equation after the last one."""
        return self.start + self.period * self.repeats

    @property
    def saved(self) -> int:
        """How many equations there are less when the loop is rolled."""
        return self.period * (self.repeats - 1)


def loops(numbering: Numbering, worth: int) -> list[Loop]:
    """Loops of at least `worth` equations, in order, none of which overlap: the longest first."""
    found: list[Loop] = []
    gaps = [(0, len(numbering.kind))]
    while gaps:
        low, high = gaps.pop()
        if high - low < worth:
            continue
        chosen = _disjoint(_all(numbering, low, high, worth))
        found.extend(chosen)
        if chosen:
            edges = [low, *[e for loop in chosen for e in (loop.start, loop.stop)], high]
            gaps.extend(zip(edges[::2], edges[1::2], strict=True))
    return sorted(found)


def _disjoint(found: Iterable[Loop]) -> list[Loop]:
    chosen: list[Loop] = []
    for loop in sorted(found, key=lambda r: (-r.saved, r.period)):
        if all([loop.stop <= other.start or other.stop <= loop.start for other in chosen]):
            chosen.append(loop)
    return sorted(chosen)


def _all(numbering: Numbering, low: int, high: int, worth: int) -> Iterator[Loop]:
    kind = numbering.kind[low:high]
    for period in _candidates(kind):
        runs = [(low + start, low + stop) for start, stop in _runs(kind, period)]
        while runs:
            start, stop = runs.pop()
            if stop - start < worth:
                continue
            loop = _checked(numbering, start, stop, period)
            if loop is not None:
                runs.extend([(start, loop.start), (loop.stop, stop)])
                if _pays(numbering, loop, worth):
                    yield loop


def _pays(numbering: Numbering, loop: Loop, worth: int) -> bool:
    """Whether a loop is long enough; elementwise code on large arrays, which fuses to one kernel, must be longer."""
    equations = numbering.graph.equations[loop.start : loop.start + loop.period]
    fuses = all([e.op.kind == "elementwise" for e in equations])
    large = any([v.spec.size > LARGE for e in equations for v in e.results])
    return loop.period * loop.repeats >= (FUSED * worth if fuses and large else worth)


def _candidates(kind: Integers) -> list[int]:
    """The distances at which the same few equations come again: the most frequent, and the ones that cover most."""
    if len(kind) < 2 * GRAM:
        return []
    mixed = (kind.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    count = len(kind) - GRAM + 1
    gram = np.zeros(count, np.uint64)
    for n in range(GRAM):
        gram = gram * np.uint64(0x100000001B3) + mixed[n : n + count]
    order = np.argsort(gram, kind="stable")
    same = gram[order[1:]] == gram[order[:-1]]
    distances, frequency = np.unique((order[1:] - order[:-1])[same], return_counts=True)
    best: list[int] = []
    for score in (frequency, frequency * distances):
        best.extend(distances[np.argsort(-score, kind="stable")[:CANDIDATES]].tolist())
    return sorted(set(best))


def _runs(kind: Integers, period: int) -> list[tuple[int, int]]:
    """The ranges in which every equation is of the kind of the one a period later."""
    same = np.concatenate([[False], kind[:-period] == kind[period:], [False]])
    edges = np.flatnonzero(same[1:] != same[:-1])
    starts, stops = edges[::2], edges[1::2]
    long = stops - starts >= (FEWEST - 1) * period
    return [(int(a), int(b) + period) for a, b in zip(starts[long], stops[long], strict=True)]


def _checked(numbering: Numbering, start: int, stop: int, period: int) -> Loop | None:
    """The longest loop in a run whose operands are regular, too."""
    start += _phase(numbering, start, stop, period)
    repeats = (stop - start) // period
    ops = [e.op for e in numbering.graph.equations[start : start + period]]
    if repeats < FEWEST or all([op in _MOVING for op in ops]):
        return None
    loop = _cut(numbering, start, period, repeats)
    low, high = _regular(loop)
    for first in (low, low + 1):  # the first one may be different
        loop = _cut(numbering, start + first * period, period, high - first)
        if loop.repeats >= FEWEST and _expressible(loop):
            return loop
    return None


def _cut(numbering: Numbering, start: int, period: int, repeats: int) -> Loop:
    def table(values: Integers, first: Integers) -> Integers:
        return (
            values[first[start] : first[start + period * repeats]].reshape(repeats, -1) if repeats > 0 else values[:0]
        )

    first = int(numbering.first_result[start])
    return Loop(
        start,
        period,
        repeats,
        table(numbering.values, numbering.first_operand),
        table(numbering.indices, numbering.first_index),
        first,
        int(numbering.first_result[start + period]) - first if repeats > 0 else 0,
    )


def _phase(numbering: Numbering, start: int, stop: int, period: int) -> int:
    """Where in the period to cut, so that the fewest values are carried across: at the user's own loop, mostly."""
    middle = start + (stop - start) // (2 * period) * period
    if middle - period < start:
        return 0
    low, high = middle - period, min(middle + 2 * period, stop)
    first_value, last_value = int(numbering.first_result[low]), int(numbering.first_result[high])
    used = np.full(last_value - first_value, -1)
    users = np.repeat(np.arange(low, high), np.diff(numbering.first_operand[low : high + 1]))
    values = numbering.values[numbering.first_operand[low] : numbering.first_operand[high]]
    makers = np.repeat(np.arange(low, high), np.diff(numbering.first_result[low : high + 1]))
    inside = values >= first_value
    values, users = values[inside] - first_value, users[inside]
    near = users - makers[values] <= period
    np.maximum.at(used, values[near], users[near])
    crossings = np.zeros(high - low + 1, np.int64)
    kept = used >= 0
    np.add.at(crossings, makers[kept] - low + 1, 1)
    np.add.at(crossings, used[kept] - low + 1, -1)
    # Cuts before the equations from middle on: all values that are made in the period before are counted there.
    per_cut = np.cumsum(crossings)[period : min(2 * period, high - low)]
    return int(np.argmin(per_cut))


def _regular(loop: Loop) -> tuple[int, int]:
    """The longest range of repetitions in which all operands stay or move evenly."""
    table = loop.table
    columns = table[:, table[loop.repeats // 2] >= 0]  # constants may be any
    steps = np.diff(columns, axis=0)
    even = (steps[1:] == steps[:-1]).all(axis=1)
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], even, [False]])))
    if not len(bounds):
        return 0, 0
    best = int(np.argmax(bounds[1::2] - bounds[::2]))
    low, high = int(bounds[2 * best]), int(bounds[2 * best + 1]) + 2
    usual = steps[low]
    # What a repetition takes from the one before it may be anything at first.
    made = loop.first + loop.values * np.arange(loop.repeats)
    carried = (columns[high - 1] >= made[low]) & (columns[high - 1] < made[high - 1])
    if low > 0 and (steps[low - 1] == usual)[~carried].all():
        low -= 1
    # An invariant that an early repetition makes is one for those after it.
    stays = columns[high - 1][(usual == 0) & carried]
    if stays.size:
        low = max(low, int((stays.max() - loop.first) // loop.values) + 1)
    return low, high


def _expressible(loop: Loop) -> bool:
    """Whether every operand is of this repetition, of one at most `LAGS` before, or from outside, in all of them."""
    made = loop.first + loop.values * np.arange(loop.repeats)[:, None]
    relative = loop.table - made
    outside = loop.table < loop.first
    lag = -(relative[-1] // loop.values)  # 0 or less: made in this repetition
    steady = (relative == relative[-1]) | (np.arange(loop.repeats)[:, None] < lag)
    first = outside | (np.arange(loop.repeats)[:, None] >= lag)
    inside = (steady & first).all(axis=0) & (lag <= LAGS)
    return bool(np.where(outside[-1], outside.all(axis=0), inside).all())
