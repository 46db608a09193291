"""compare: every way to differentiate on one function, side by side.

Which accumulation wins is told by the shape: of n inputs and m results, forward accumulation sweeps n times and reverse
accumulation m times. The operations that they take, read from graphs, confirm it, and the clock shows what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert.compiler.api import Jitted
from wengert.methods import table
from wengert.methods.counting import Costs, costs
from wengert.methods.measuring import Measuring
from wengert.methods.table import Row
from wengert.methods.ways import FORWARD, JIT, QUOTIENTS, REVERSE, SYMBOLIC, Program

__all__ = ["Comparison", "compare"]

MOST = 2_000


@dataclass(frozen=True)
class Comparison:
    """What the ways to differentiate give and cost on one function at one point.

    rows: one `Row` per way. inputs, results: how many numbers the function takes and gives. winner: the accumulation
    that takes fewer operations. sentence: which one wins, why, and by how much. reference: the way from which the
    disagreements are measured.
    """

    rows: list[Row]
    inputs: int
    results: int
    winner: str
    sentence: str
    reference: str

    @property
    def text(self) -> str:
        """The table, and the sentence."""
        return f"{self.title}\n\n{table.as_text(self.rows)}\n\n{self.sentence}\n"

    @property
    def title(self) -> str:
        """What is compared, and with what."""
        inputs, results = _counted(self.inputs, "input"), _counted(self.results, "result")
        differences = f"; largest differences to {self.reference}" if self.reference else ""
        return f"{inputs}, {results}{differences}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.rows)} ways: {self.winner} wins>"

    def _repr_html_(self) -> str:
        return table.as_html(self.rows, self.title, self.sentence)

    def row(self, way: str) -> Row:
        """The row of a way, by its name. Raises `KeyError` for a name that is none."""
        return {r.way: r for r in self.rows}[way]

    def dataframe(self) -> Any:
        """The rows as a pandas DataFrame. Raises `MissingDependency` without pandas."""
        return table.dataframe(self.rows)


def compare(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    times: bool = True,
    most: int = MOST,
    **kwargs: Any,
) -> Comparison:
    """Differentiate `f` in every way there is, and show what each gives and costs.

    The ways are differences (forward, central, Richardson), the complex step, SymPy, forward and reverse accumulation,
    and the winner of these two, compiled. The derivative is the gradient of a function with one result, and else the
    Jacobian. Ways that cannot be taken here have a row that says why.

    f, args: a function of numbers, arrays and containers of them, with real numbers as results; of a compiled function,
    what was compiled. argnums: which arguments are differentiated; all, if left out. times: whether time (in seconds,
    the median of some runs) and memory (in bytes) are measured; everything else is the same in every run. What takes
    longer than 0.2 s runs once: its time is that of one run, and its memory is not known. most: ways that need more
    sweeps or columns than that are left out. kwargs: passed on to `f`. Raises `NotDifferentiable` for integer arrays
    and complex numbers, `InvalidArgument` where there are no inputs or no results.

    >>> import numpy as np, wengert as wg
    >>> c = wg.compare(lambda x: np.sum(np.sin(x) * x), np.linspace(0.1, 1.0, 50), times=False)
    >>> c.winner, c.row("central difference").relative < 1e-8
    ('reverse accumulation', True)
    >>> c.sentence.partition(";")[0]
    'Reverse accumulation wins: 1 result against 50 inputs, so 1 sweep instead of 50'
    """
    chosen = tuple(range(len(args))) if argnums is None else argnums
    program = Program(f.__wrapped__ if isinstance(f, Jitted) else f, args, chosen, kwargs)
    counts = costs(program, program.leaves)
    winner = _winner(program, counts)
    measuring = Measuring(program, counts, winner, times, most)
    rows = [measuring.row(way) for way in (*QUOTIENTS, SYMBOLIC, FORWARD, REVERSE, JIT)]
    found = {r.way: r for r in rows}
    reference = next((found[way] for way in (REVERSE, FORWARD, *QUOTIENTS) if not found[way].left_out), None)
    if reference is not None:
        rows = [_compared(row, reference.derivative) for row in rows]
    sentence = _sentence(program, counts, winner, found)
    return Comparison(
        rows, program.inputs, program.results, winner, sentence, "" if reference is None else reference.way
    )


def _compared(row: Row, reference: Any) -> Row:
    """The row with its largest differences to the reference."""
    if row.left_out:
        return row
    with np.errstate(invalid="ignore"):
        same = (row.derivative == reference) | (np.isnan(row.derivative) & np.isnan(reference))
        distance = float(np.max(np.where(same, 0.0, np.abs(row.derivative - reference))))
    return replace(row, absolute=distance, relative=distance / (float(np.max(np.abs(reference))) or 1.0))


def _winner(program: Program, counts: Costs | None) -> str:
    """The accumulation with fewer operations; by the number of sweeps, if they cannot be counted."""
    if counts is None:
        return REVERSE if program.results < program.inputs else FORWARD
    return REVERSE if counts.reverse(program.results) < counts.forward(program.inputs) else FORWARD


def _sentence(program: Program, counts: Costs | None, winner: str, rows: Mapping[str, Row]) -> str:
    n, m = program.inputs, program.results
    loser = FORWARD if winner == REVERSE else REVERSE
    sweeps, others = (m, n) if winner == REVERSE else (n, m)
    shape = f"{_counted(m, 'result')} against {_counted(n, 'input')}"
    if sweeps < others:
        why = f"{shape}, so {_counted(sweeps, 'sweep')} instead of {others:,}"
    else:
        taken = f"{_counted(sweeps, 'sweep')} " + ("either way" if sweeps == others else f"instead of {others:,}")
        why = f"{shape}, {taken}, but {_advantage(counts, n, m)}"
    head = f"{winner.capitalize()} {'would win' if rows[winner].left_out else 'wins'}: {why}"
    found = []
    if counts is not None:
        mine, theirs = sorted([counts.forward(n), counts.reverse(m)])
        found.append(_ratio(theirs, mine, "fewer operations", "more operations"))
    fast, slow = rows[winner].seconds, rows[loser].seconds
    if fast is not None and slow is not None:
        found.append(_ratio(slow, fast, "less time", "more time"))
    told = [text for text in found if text]
    if not told:
        return f"{head}."
    but = ", but " if len(told) > 1 and "more" in told[1] else ", "
    return f"{head}; {'counted' if fast is None or slow is None else 'measured'} {but.join(told)} than {loser}."


def _advantage(counts: Costs | None, n: int, m: int) -> str:
    """Why an accumulation wins that does not need fewer sweeps."""
    if counts is None or counts.forward(n) == counts.reverse(m):
        return "forward accumulation keeps no tape"
    return f"a sweep {'back' if counts.reverse(m) < counts.forward(n) else 'forward'} takes fewer operations"


def _ratio(theirs: float, mine: float, less: str, more: str) -> str:
    """How many times less, or more; "" where that is about the same."""
    if not (mine and theirs) or 0.95 < theirs / mine < 1.05:
        return ""
    ratio, word = (theirs / mine, less) if theirs > mine else (mine / theirs, more)
    return f"{ratio:,.0f} times {word}" if ratio >= 10 else f"{ratio:.1f} times {word}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
