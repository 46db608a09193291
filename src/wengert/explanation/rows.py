"""The reverse trace as the literature writes it: one row per contribution, in the order of the sweep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from wengert.explanation.drafts import barred
from wengert.explanation.model import Account, Contribution, Step
from wengert.explanation.numbers import short

__all__ = ["Row", "reverse_rows"]

_ATOM = re.compile(r"[\w.₀-₉\[\]]+(\([^()]*\))?")  # a name, a number, or one call


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the reverse trace, that gives `step` something.

    contribution: None where a result gets its seed. sum: the adjoint of the step so far. last: whether it is complete.
    formula: the row in symbols ("v̄₀ = v̄₀ + v̄₂ · x1").
    """

    step: int
    contribution: Contribution | None
    sum: Any
    last: bool
    formula: str


def reverse_rows(account: Account) -> list[Row]:
    """All rows, from the result down to the inputs."""
    sums: dict[int, Any] = {}
    rows = []
    for number, g in zip(account.outputs, account.cotangents, strict=True):
        if g is not None:
            sums[number] = g
            step = account.trace[number]
            rows.append(Row(number, None, g, not step.contributions, f"{barred(step.label)} = {short(g)}"))
    arrivals: dict[int, list[tuple[Step, Contribution, bool]]] = {}
    for step in account.trace:
        for n, c in enumerate(step.contributions):
            arrivals.setdefault(c.consumer, []).append((step, c, n == len(step.contributions) - 1))
    for consumer in sorted(arrivals, reverse=True):
        for step, c, last in sorted(arrivals[consumer], key=lambda a: a[1].position):
            begun = step.number in sums
            sums[step.number] = sums[step.number] + c.downstream if begun else c.downstream
            own = barred(step.label)
            formula = f"{own} = {own + ' + ' if begun else ''}{_product(account.trace[consumer], c)}"
            rows.append(Row(step.number, c, sums[step.number], last, formula))
    return rows


def _product(consumer: Step, c: Contribution) -> str:
    upstream = barred(consumer.label)
    formula = consumer.operands[c.position].formula
    if formula in ("1", "-1"):
        return upstream if formula == "1" else f"-{upstream}"
    if formula:
        return f"{upstream} · {formula if _ATOM.fullmatch(formula) else f'({formula})'}"
    if isinstance(c.local, str) and "upstream" in c.local:
        return c.local.replace("upstream", upstream)
    return f"∂{consumer.label}ᵀ · {upstream}"
