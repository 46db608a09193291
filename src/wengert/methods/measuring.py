"""One way to differentiate, run and measured."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wengert.methods.counting import Costs
from wengert.methods.table import Row, short
from wengert.methods.ways import FORWARD, JIT, QUOTIENTS, SYMBOLIC, Prepared, Program

__all__ = ["Measuring"]

REPEATS = 5
LONG = 0.2  # seconds; what takes longer is not repeated, nor run again to watch its memory, which is many times slower


class Measuring:
    """Runs ways on a program. winner: the accumulation that is compiled; most: columns or sweeps of one way."""

    def __init__(
        self,
        program: Program,
        counts: Costs | None,
        winner: str,
        times: bool,
        most: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.program = program
        self.counts = counts
        self.winner = winner
        self.times = times
        self.most = most
        self.clock = clock

    def row(self, way: str) -> Row:
        """The row of a way, which says so if the way cannot be taken."""
        count, what = self._sweeps(way)
        known = Row(
            way,
            sweeps=None if way in QUOTIENTS or way == SYMBOLIC else count,
            multiple=self._multiple(way, None, None),
        )
        if count > self.most and way != SYMBOLIC:
            return replace(known, status=f"left out: {count:,} {what}, more than most={self.most:,}")
        try:
            return self._run(way, known)
        except Exception as error:  # the way's own limits, and what SymPy or a user's function makes of its values
            return replace(known, status=f"left out: {_reason(error)}")

    def _sweeps(self, way: str) -> tuple[int, str]:
        """How often f or a sweep runs at least, and what that is."""
        if way in QUOTIENTS:
            return self.program.inputs, "columns"
        forward = (self.winner if way == JIT else way) == FORWARD
        return (self.program.inputs if forward else self.program.results), "sweeps"

    def _run(self, way: str, known: Row) -> Row:
        start = self.clock()
        prepared = self.program.prepare(way, self.winner)
        preparation = self.clock() - start
        before, start = self.program.runs, self.clock()
        matrix = prepared.run()
        first = self.clock() - start
        evaluations = max(self.program.runs - before, int(way == JIT))
        remark = f"compiled {self.winner.split()[0]}" if way == JIT and not prepared.remark else prepared.remark
        row = replace(
            known,
            value=short(matrix),
            evaluations=evaluations,
            multiple=self._multiple(way, evaluations, prepared.operations),
            status=remark,
            derivative=matrix,
        )
        if not self.times:
            return row
        timed = replace(
            row,
            preparation=preparation if way in (SYMBOLIC, JIT) else None,
            seconds=self._seconds(prepared, first),
        )
        if first >= LONG:
            return replace(timed, memory=prepared.memory or None, status=remark or "long: memory not measured")
        return replace(timed, memory=max(prepared.memory, _peak(prepared.run)))

    def _multiple(self, way: str, evaluations: int | None, own: int | None) -> float | None:
        """Operations as a multiple of those of f."""
        if way in QUOTIENTS:
            return evaluations
        if self.counts is None or not self.counts.evaluation:
            return None
        if way == SYMBOLIC:
            return None if own is None else own / self.counts.evaluation
        forward = (self.winner if way == JIT else way) == FORWARD
        total = self.counts.forward(self.program.inputs) if forward else self.counts.reverse(self.program.results)
        return total / self.counts.evaluation

    def _seconds(self, prepared: Prepared, first: float) -> float:
        """The median time of a run; `first` is one."""
        found = [first]
        while len(found) < REPEATS and first < LONG:
            start = self.clock()
            prepared.run()
            found.append(self.clock() - start)
        return statistics.median(found)


def _peak(run: Callable[[], Any]) -> int:
    """The most memory in bytes that a run holds beyond what was there before."""
    started = not tracemalloc.is_tracing()
    if started:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        run()
        return max(0, tracemalloc.get_traced_memory()[1] - before)
    finally:
        if started:
            tracemalloc.stop()


def _reason(error: Exception) -> str:
    """The first line of what an error says."""
    said = str(error).splitlines()
    return said[0].rstrip(".") if said else type(error).__name__
