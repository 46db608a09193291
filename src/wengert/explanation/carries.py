"""The carries of loops as variables of Python: what they are before a loop, and how they pass into the next step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wengert.explanation.source_text import Piece
from wengert.interpreters.record import Graph, Variable

if TYPE_CHECKING:
    from wengert.explanation.statements import Lines

__all__ = ["advance", "begin", "following", "prepare", "take_over"]


def prepare(lines: Lines, body: Graph, states: Sequence[Variable], results: Sequence[Variable]) -> None:
    """Look at the body of a loop; a carry is called what it is after the loop, if there are results."""
    lines.prepare(body)
    lines.carried.update(v for v in states if v.spec.shape)
    lines.find_sums(body)
    for v, end in zip(states, results, strict=False):
        lines.becomes(v, end)


def begin(lines: Lines, v: Variable, x: Any, text: Piece) -> Piece:
    """A carry before the first step, as an array of its own if it is written to; x: the operand of this text."""
    free = False
    if lines.is_written(v) and isinstance(x, Variable) and lines.is_free(x):
        lines.settle_waiting(text)
        lines.own(v)
        if not lines.is_wanted(v):
            return lines.bind(v, text)
        free = True
    name = lines.name(v)
    copied = lines.is_written(v) and not free and not text.startswith(("np.zeros(", "np.ones(", "np.full("))
    lines.write(f"{name} = np.array({text})" if copied else f"{name} = {text}")
    if lines.is_written(v):
        lines.own(v)
    return lines.bind(v, name)


def following(lines: Lines, v: Variable, name: str, text: Piece) -> str:
    """What a carry is in the next step; one that is written to stays an array of its own."""
    return f"np.array({text})" if lines.is_written(v) and text != name else text


def take_over(lines: Lines, body: Graph, states: Sequence[Variable], names: Sequence[str]) -> None:
    """Let the next value of a carry have its name, if nobody reads the old one after that."""
    last: dict[Any, int] = {}
    made: dict[Any, int] = {}
    for n, equation in enumerate(body.equations):
        last.update((x, n) for x in equation.operands if isinstance(x, Variable))
        made.update((v, n) for v in equation.results if len(equation.results) == 1)
    ends = [x for x in body.outputs if isinstance(x, Variable)]
    for v, new, name in zip(states, body.outputs[: len(states)], names, strict=True):
        alone = isinstance(new, Variable) and body.outputs[: len(states)].count(new) == 1
        # The name of an array that is written to belongs to its sum, which others may read.
        if alone and not lines.is_written(v) and new in made and made[new] >= last.get(v, -1) and v not in ends:
            lines.renamed[new] = name
            lines.taken_over.add(name)


def advance(lines: Lines, names: Sequence[str], ends: Sequence[str]) -> None:
    """The carries of the next step."""
    moves = [(name, text) for name, text in zip(names, ends, strict=True) if name != text]
    targets = [name for name, _ in moves]
    crossed = any(re.search(rf"\b{name}\b", text) for n, name in enumerate(targets) for _, text in moves[n + 1 :])
    if crossed:
        lines.write(f"{', '.join(targets)} = {', '.join([text for _, text in moves])}")
    else:
        for name, text in moves:
            lines.write(f"{name} = {text}")
