"""The search for the bottom of the V: which step sizes to try, for many derivatives at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
        reading, steps = self.reading(), self.ladder.steps
        found = {self._wish(steps, *row) for row in self._open_rows(reading)} - {None, *steps}
        return sorted([h for h in found if h is not None], reverse=True)[:2]

    def _open_rows(self, reading: Reading) -> list[tuple[int, float, float, float, bool]]:
        """The distinct situations of the rows: place, error, truncation, round-off, contradicted by the witness."""
        doubts = self.ladder.contradiction(reading.value) > 0
        still = np.all(np.stack(self.ladder.quotients) == 0, axis=0)
        rows = np.flatnonzero(self.rows & ~still)
        places, errors = reading.place[rows], reading.error[rows]
        chosen: list[tuple[int, float, float, float, bool]] = []
        for place in np.unique(places):
            # Of the rows with their best at one place, the one whose error is the largest speaks for all.
            at = rows[places == place]
            worst = at[np.argmax(np.nan_to_num(errors[places == place], nan=np.inf, posinf=np.inf))]
            chosen.append(
                (
                    int(place),
                    float(reading.error[worst]),
                    float(reading.truncation[worst]),
                    float(reading.roundoff[worst]),
                    bool(doubts[worst]),
                )
            )
        return chosen

    def _wish(self, steps: Sequence[float], place: int, error: float, truncation: float, roundoff: float, doubt: bool) -> float | None:
        largest, smallest = steps[0], steps[-1]
        if not np.isfinite(error):
            return self._smaller(smallest)
        last = len(steps) - 1
        if self.extrapolate:
            if truncation > BALANCE * roundoff and doubt:
                return self._smaller(smallest)
            if roundoff >= truncation and place <= 3 and roundoff > 1e3 * truncation and largest < self.ceiling:
                return self._larger(largest)
            return max(smallest / 2, self.floor) if place == last and truncation > roundoff else None
        if place <= 1 and roundoff > BALANCE * truncation and largest < self.ceiling:
            return self._larger(largest)
        if place == last and truncation > BALANCE * roundoff:
            return self._smaller(smallest)
        if roundoff > BALANCE * truncation and place > 0 and steps[place - 1] / steps[place] > GAP:
            return float(power_of_two(np.sqrt(steps[place - 1] * steps[place])))
        if truncation > BALANCE * roundoff and place < last and steps[place] / steps[place + 1] > GAP:
            return float(power_of_two(np.sqrt(steps[place] * steps[place + 1])))
        return None

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
