"""The walk through a view: first forwards from the inputs to the result, then backwards, one box at a time.

The figure is drawn once; an event says which numbers are known from then on, and a sentence tells what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wengert.explanation.drafts import barred
from wengert.explanation.gates import meaning
from wengert.explanation.model import Account, Contribution, Step
from wengert.explanation.numbers import short
from wengert.explanation.rows import reverse_rows
from wengert.explanation.views import Item, View

__all__ = ["Event", "Walk", "arithmetic"]

MOST_ALONE = 8  # inputs that come one by one; more come together


@dataclass(frozen=True, slots=True)
class Event:
    """phase: "forward" or "backward". keys: the boxes at work. title, lines: what happened.

    sums: by key of a box the adjoint it has from then on. wires: those along which something flowed back.
    """

    phase: str
    keys: tuple[str, ...]
    title: str
    lines: tuple[str, ...] = ()
    sums: dict[str, str] = field(default_factory=dict)
    wires: tuple[str, ...] = ()


class Walk:
    """Makes the events of every view of an account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.sums = {
            (row.contribution.consumer, row.contribution.position): row.sum
            for row in reverse_rows(account)
            if row.contribution is not None
        }
        self.back: dict[int, list[tuple[Step, Contribution]]] = {}
        for step in account.trace:
            for c in step.contributions:
                self.back.setdefault(c.consumer, []).append((step, c))
        for found in self.back.values():
            found.sort(key=lambda pair: pair[1].position)

    def events(self, view: View) -> list[Event]:
        """All events of a view, in order."""
        return [*self._forward(view), *self._backward(view)]

    def _forward(self, view: View) -> list[Event]:
        given = [item for item in view.items if item.kind in ("leaf", "constant", "enters")]
        events = []
        if len(given) > MOST_ALONE:
            events = [Event("forward", tuple([item.key for item in given]), f"{len(given)} values are given.")]
        for item in view.items:
            if item not in given or len(given) <= MOST_ALONE:
                events.append(Event("forward", (item.key,), self._computed(item)))
        return events

    def _computed(self, item: Item) -> str:
        if item.kind in ("block", "gap"):
            return f"{item.name}: {item.value}, {item.operation}." if item.value else f"{item.name}."
        if item.kind in ("leaf", "constant", "enters"):
            return f"{item.name} {item.value} {'comes from outside' if item.kind == 'enters' else 'is given'}."
        step = self.account.trace[int(item.key[1:])]
        read = {o.shown: o for o in step.operands if o.step is not None}
        known = [f"{name} = {short(o.value)}" for name, o in read.items()]
        value = "" if step.value is None else f" = {short(step.value)}"
        return f"{step.name} = {step.expression}{value}" + (f", with {', '.join(known)}." if known else ".")

    def _backward(self, view: View) -> list[Event]:
        drawn = {w.key for w in view.wires if w.downstream and w.key}
        reached = {view.items[w.source].key for w in view.wires if w.key in drawn}
        first = [item for item in view.items if item.adjoint and item.key not in reached and item.kind != "block"]
        events = []
        if first:
            title = "Back from the result: " + ", ".join([item.adjoint for item in first[:4]])
            seeds = {f"s{n}" for n in self.account.outputs}
            why = "its derivative with respect to itself" if first[0].key in seeds else "what later steps sent back"
            sums = {item.key: item.adjoint for item in first}
            events.append(Event("backward", tuple(sums), f"{title}, {why}.", sums=sums))
        own = {item.key[1:]: item.key for item in view.items if item.key[0] in "se"}
        for item in reversed(view.items):
            if item.kind == "block" and item.adjoint:
                title = f"Back through {item.name}: {item.adjoint}."
                events.append(Event("backward", (item.key,), title, sums={item.key: item.adjoint}))
            elif item.key[0] == "s":
                events += self._through(int(item.key[1:]), drawn, own)
        return events

    def _through(self, number: int, drawn: set[str], own: dict[str, str]) -> list[Event]:
        """What a step sends to its operands."""
        step = self.account.trace[number]
        lines, sums, wires = [], {}, []
        for operand, c in self.back.get(number, []):
            key = f"{number}.{c.position}"
            if key not in drawn:
                continue
            total = f"{barred(operand.label)} = {short(self.sums[number, c.position])}"
            lines.append(f"to {operand.name}: {arithmetic(c)}; now {total}")
            sums[own[str(operand.number)]] = total
            wires.append(key)
        if not wires:
            return []
        told = meaning(step.gate)
        title = f"{step.name} = {step.expression}: the {step.gate} {told}." if told else f"{step.name}: {step.gate}."
        return [Event("backward", (f"s{number}",), title, tuple(lines), sums, tuple(wires))]


def arithmetic(c: Contribution) -> str:
    """upstream × local = downstream."""
    if c.local is None:
        return short(c.downstream)
    local = f"({c.local})" if isinstance(c.local, str) else short(c.local)
    return f"{short(c.upstream)} × {local} = {short(c.downstream)}" + (f", {c.note}" if c.note else "")
