"""What loops and branches did: the carries of the first steps and the last one, and the branch that was taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from wengert.explanation.links import Applied, Link
from wengert.explanation.model import Remark, Step
from wengert.explanation.numbers import count_of, short

__all__ = ["iterations"]

FEW = 3  # steps that are told from the start; the last one is told, too

State = Sequence[Any]


def iterations(steps: Sequence[Step], links: Sequence[Link]) -> list[Remark]:
    """A remark per loop or branch of a traced function."""
    tellers = {"scan": _scan, "while_loop": _while, "cond": _cond}
    found = []
    for link in links:
        if isinstance(link, Applied) and link.op.name in tellers:
            names = ", ".join([steps[r].name for r in link.results])
            kind, text, details = tellers[link.op.name](names, link)
            found.append(Remark(kind, link.results[0], text, details))
    return found


def _scan(names: str, link: Applied) -> tuple[str, str, dict[str, Any]]:
    params, values = link.params, link.values
    consts, last = params["consts"], params["consts"] + params["carry"]
    order = range(params["length"])

    def states() -> Iterator[State]:
        state: State = values[consts:last]
        yield state
        for k in reversed(order) if params.get("reverse") else order:
            outs = params["body"].run([*values[:consts], *state, *[x[k] for x in values[last:]]])
            state = outs[: len(state)]
            # A loop without a carry is told by what it stacks.
            yield state or outs

    return _loop(names, "scan", states)


def _while(names: str, link: Applied) -> tuple[str, str, dict[str, Any]]:
    params, values = link.params, link.values
    first = params["cond_consts"]
    last = first + params["body_consts"]

    def states() -> Iterator[State]:
        state: State = values[last:]
        yield state
        while params["cond"].run([*values[:first], *state])[0]:
            state = params["body"].run([*values[first:last], *state])
            yield state

    return _loop(names, "while loop", states)


def _loop(names: str, kind: str, states: Callable[[], Iterator[State]]) -> tuple[str, str, dict[str, Any]]:
    """The steps of a loop, those in the middle left out."""
    told: list[str] = []
    before, count, line = "", -1, ""
    with np.errstate(all="ignore"):
        for state in states():
            shown = ", ".join([short(x) for x in state])
            count += 1
            line = f"{count}: {before} → {shown}" if before else f"{count}: {shown}"
            before = shown
            if 0 < count <= FEW:
                told.append(line)
    if count > FEW:
        told += ["…"] * (count > FEW + 1) + [line]
    text = f"{names}: a {kind} of {count_of(count, 'step')}" + (f"; {'; '.join(told)}." if told else ".")
    return "loop", text, {"steps": count}


def _cond(names: str, link: Applied) -> tuple[str, str, dict[str, Any]]:
    branches, index = link.params["branches"], link.values[0]
    number = min(max(int(index), 0), len(branches) - 1)
    ops = list(dict.fromkeys([e.op.name for e in branches[number].equations]))
    computes = f", which computes {', '.join(ops[:6])}{', …' if len(ops) > 6 else ''}" if ops else ""
    truth = np.asarray(index).dtype.kind == "b"
    which = f"the branch for {bool(index)}" if truth else f"branch {number} of {len(branches)}"
    text = f"{names} takes {which}{computes}. The derivative is that of the branch taken."
    return "branch", text, {"branch": number}
