"""The search for the bottom of the V: which step sizes to try, for many derivatives at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.methods.ladder import Ladder, Reading
from wengert.methods.sampling import Sampler
from wengert.methods.stencils import Stencil

__all__ = ["Probe", "climb", "power_of_two"]

ROUNDS = 14
GAP = 16.0  # the largest ratio of neighbouring steps around the bottom
BALANCE = 4.0  # how unequal the two branches of the V may be where the search ends


def power_of_two(x: Any) -> Any:
    """The power of two just below: x + h is then exact, unless h is tiny."""
    return 2.0 ** np.floor(np.log2(x))


class Row(NamedTuple):
    """Where a result stands: its best place on the ladder, the parts of its error, and what is wrong with it.

    doubtful: it contradicts the witness. poor: fewer than half of the digits are known.
    """

    place: int
    error: float
    truncation: float
    roundoff: float
    doubtful: bool
    poor: bool


class Probe:
    """One derivative along given directions, or several whose results do not overlap.

    directions: one vector per number in the stencil's offsets, in which steps are counted. rows: the results that
    are looked at (a mask). ceiling: the largest step allowed. fixed: whether the user gave the step, which is 1
    then. start: what to begin with in the place of 1.
    """

    def __init__(
        self,
        rule: Stencil,
        directions: Sequence[Any],
        rows: Any,
        sampler: Sampler,
        ceiling: float,
        extrapolate: bool,
        fixed: bool,
        start: float,
    ) -> None:
        self.rule = rule
        self.directions = directions
        self.rows = rows
        self.ladder = Ladder(rule, extrapolate)
        moved = np.any([d != 0 for d in directions], axis=0)
        self.eps = float(np.max(sampler.eps, where=moved, initial=0.0))
        self.floor = min(8 * self.eps, ceiling)
        self.ceiling = ceiling
        self.extrapolate = extrapolate
        self.fixed = fixed
        self.start = start
        self.size = min([float(np.min(np.abs(d), where=d != 0, initial=np.inf)) for d in directions])
        self.grown = 0

    def first(self, accuracy: float) -> list[float]:
        """The steps to begin with; accuracy: the eps of the function."""
        if self.fixed:
            return [2.0**-k for k in range(6 if self.extrapolate else 2)]
        if self.extrapolate:
            top = min(0.25 * self.start, self.ceiling)
            return [top / 2**k for k in range(4)]
        top = max(min(8 * self.usual(accuracy), self.ceiling), 64 * self.floor)
        return [top, top / 8, top / 64]

    def usual(self, accuracy: float) -> float:
        """Where the bottom of the V is, if the function changes over distances of the size of x."""
        return float(self.start * power_of_two(max(accuracy, self.eps) ** (1 / (self.rule.order + self.rule.degree))))

    def points(self, x: Any, h: float) -> list[Any]:
        """Where the function is to be evaluated for a quotient of step h."""
        return [
            x + sum([c * h * d for c, d in zip(offset, self.directions, strict=True)]) for offset in self.rule.offsets
        ]

    def reading(self) -> Reading:
        """The best so far."""
        return self.ladder.read(0 if self.fixed else None)

    def wanted(self) -> list[float]:
        """Steps that would make the worst-known results better; none when the bottom of every V has been found."""
        if self.fixed:
            return []
        wishes = {self._wish(row) for row in self._open_rows(self.reading())} - {None, *self.ladder.steps}
        return sorted([h for h in wishes if h is not None], reverse=True)[:2]

    def _open_rows(self, reading: Reading) -> list[Row]:
        """The distinct situations of the results."""
        # Where no step of a usual size moves a result, it does not depend on these entries.
        usual = self.ladder.steps[0] * self.size >= self.eps**0.25
        rows = np.flatnonzero(self.rows & ~(usual & np.all(np.stack(self.ladder.quotients) == 0, axis=0)))
        doubts = self.ladder.contradiction(reading.value) > 0
        open_rows = []
        for place in np.unique(reading.place[rows]):
            # Of the results with their best at one place, the one whose error is the largest speaks for all.
            at = rows[reading.place[rows] == place]
            n = at[np.argmax(reading.error[at])]
            error, parts = float(reading.error[n]), (float(reading.truncation[n]), float(reading.roundoff[n]))
            poor = error > self.eps**0.5 * float(np.abs(reading.value[n]))
            open_rows.append(Row(int(place), error, *parts, bool(doubts[n]), poor))
        return open_rows

    def _wish(self, row: Row) -> float | None:
        """The step that the result wants tried next."""
        steps, place = self.ladder.steps, row.place
        last = len(steps) - 1
        if not np.isfinite(row.error):
            return self._smaller(steps[-1])
        if self.extrapolate:
            if row.poor and place <= 3 and row.truncation < GAP * row.roundoff and steps[0] < self.ceiling:
                return self._larger(steps[0])
            if row.doubtful and row.truncation > BALANCE * row.roundoff:
                return self._smaller(steps[-1])
            return max(steps[-1] / 2, self.floor) if place == last and row.truncation > row.roundoff else None
        if row.roundoff > BALANCE * row.truncation:
            if place <= 1 and steps[0] < self.ceiling:
                return self._larger(steps[0])
            return self._between(place - 1) if place > 0 else None
        if row.truncation > BALANCE * row.roundoff:
            return self._smaller(steps[-1]) if place == last else self._between(place)
        return None

    def _between(self, place: int) -> float | None:
        """The middle of a wide gap after a place on the ladder."""
        larger, smaller = self.ladder.steps[place], self.ladder.steps[place + 1]
        return float(power_of_two(np.sqrt(larger * smaller))) if larger / smaller > GAP else None

    def _larger(self, largest: float) -> float:
        self.grown += 1
        return float(min(largest * 8.0**self.grown, self.ceiling))

    def _smaller(self, smallest: float) -> float | None:
        self.grown += 1
        return float(max(smallest / 8.0**self.grown, self.floor)) if smallest > self.floor else None


def climb(sampler: Sampler, probes: Sequence[Probe], noise: Any) -> None:
    """Evaluate quotients until every probe is content, all probes together, so that a round is one batch."""
    accuracy = float(np.max(sampler.out_eps, initial=0.0))
    doubtful = [p for p in probes if p.extrapolate and not p.fixed]
    small = [max(min(p.usual(accuracy) / 16, p.ceiling), p.floor) for p in doubtful]
    for probe, h in zip(doubtful, small, strict=True):
        probe.ladder.add(h, sampler.at(probe.points(sampler.x, h)), noise, sampler.out_eps, witness=True)
    todo = [(probe, h) for probe in probes for h in probe.first(accuracy)]
    for _ in range(ROUNDS):
        if not todo:
            return
        points = [probe.points(sampler.x, h) for probe, h in todo]
        values = iter(sampler.at([p for group in points for p in group]))
        for (probe, h), group in zip(todo, points, strict=True):
            probe.ladder.add(h, [next(values) for _ in group], noise, sampler.out_eps)
        todo = [(probe, h) for probe in {id(p): p for p, _ in todo}.values() for h in probe.wanted()]
