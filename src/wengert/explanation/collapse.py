"""Large traces in few blocks: by module or function, and by line of code where there are none.

50,000 steps of a loop        x = np.sin(x) * w          line 12: 40,000 steps    multiply, sin
                              s += x[i]                  line 13: 10,000 steps    slice, add
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wengert.explanation.model import Account, Contribution, Step

__all__ = ["LARGE", "Block", "blocks", "edges", "strongest"]

LARGE = 200  # steps; more than these are shown in blocks
MOST = 40  # blocks


@dataclass(frozen=True, slots=True)
class Block:
    """Steps of one place. title: the module, function or line. ops: how often each occurs, the most frequent first."""

    number: int
    title: str
    steps: tuple[int, ...]
    ops: tuple[tuple[str, int], ...]
    saved_bytes: int
    roundoff: float
    largest_adjoint: float


def blocks(account: Account, depth: int | None = None, most: int = MOST) -> list[Block]:
    """The blocks of a trace, in the order of their first steps; inputs are not in any.

    depth: levels of modules or functions to tell apart. most: how many at most; the smallest go into the last one.
    """
    places: dict[str, list[Step]] = {}
    computed = [s for s in account.trace if s.role != "input"]
    levels = [depth] if depth is not None else [None, 3, 2, 1]
    for level in levels:
        places = {}
        for step in computed:
            places.setdefault(_place(step, level), []).append(step)
        if len(places) <= most:
            break
    kept = sorted(places, key=lambda title: -len(places[title]))
    if len(kept) > most:
        rest = kept[most - 1 :]
        places["elsewhere"] = [s for title in rest for s in places.pop(title)]
    return [_block(n, title, steps) for n, (title, steps) in enumerate(places.items())]


def _place(step: Step, depth: int | None) -> str:
    path = step.group.split(".")[:depth] if step.group else []
    group = ".".join(path)
    if depth is not None and group:
        return group
    line = f"{step.source.file}:{step.source.line}  {step.source.text}" if step.source is not None else ""
    return f"{group}  {line}".strip() if group and line else group or line or step.grad_fn or step.op


def _block(number: int, title: str, steps: Sequence[Step]) -> Block:
    ops = Counter([s.op for s in steps])
    adjoints = [float(np.max(np.abs(s.adjoint), initial=0)) for s in steps if _is_array(s.adjoint)]
    return Block(
        number=number,
        title=title,
        steps=tuple([s.number for s in steps]),
        ops=tuple(sorted(ops.items(), key=lambda item: (-item[1], item[0]))),
        saved_bytes=sum([s.saved_bytes for s in steps]),
        roundoff=float(sum([s.roundoff for s in steps])),
        largest_adjoint=max(adjoints, default=0.0),
    )


def _is_array(x: object) -> bool:
    return isinstance(x, np.ndarray | np.generic)


def edges(account: Account, found: Sequence[Block]) -> Counter[tuple[int, int]]:
    """How many values go from one block to another; an input's number is -1 - its step."""
    home = {n: block.number for block in found for n in block.steps}
    count: Counter[tuple[int, int]] = Counter()
    for step in account.trace:
        for operand in step.operands:
            if operand.step is not None:
                source = home.get(operand.step, -1 - operand.step)
                if source != home[step.number]:
                    count[source, home[step.number]] += 1
    return count


def strongest(account: Account, most: int = 10) -> list[tuple[Step, Contribution]]:
    """The contributions with the largest entries, the largest first; of equals the earlier step."""
    found = [
        (-float(np.max(np.abs(c.downstream), initial=0)), step.number, n, step, c)
        for step in account.trace
        for n, c in enumerate(step.contributions)
    ]
    found = [entry for entry in found if np.isfinite(entry[0])]
    return [(step, c) for _, _, _, step, c in sorted(found, key=lambda entry: entry[:3])[:most]]
