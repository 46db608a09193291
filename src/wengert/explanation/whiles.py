"""A while_loop as one of Python, which puts aside what the way back reads; and the way back.

x = while_loop(x * x > 2, x / 2, x)          stored = []
                                             while x * x > 2:
                                                 x = x / 2
                                                 stored.append(0.5)
                                             for v1 in reversed(stored):
                                                 grad_x = grad_x * v1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.explanation.branches import enter, write_equations
from wengert.explanation.carries import advance, begin, following, prepare, take_over
from wengert.explanation.source_text import Piece, name_of
from wengert.interpreters.record import Equation, Graph, Variable

if TYPE_CHECKING:
    from wengert.explanation.statements import Lines

__all__ = ["walk_back", "while_loop"]


def while_loop(lines: Lines, equation: Equation) -> None:
    """The lines of a while loop; with a way back, the counter of the steps is not needed."""
    _, operands, params, results = equation
    a = params["cond_consts"]
    b = a + params["body_consts"]
    given = [lines.named(x) for x in operands]
    back = lines.walks.get(results[-1])
    if back is None or not _belongs(lines, back, equation):
        names = _start(lines, params["body"], operands[a:], given[a:], b - a, results)
        _header(lines, params["cond"], [*given[:a], *names])
        _body(lines, params["body"], b - a, names, None)
    else:
        forward, ends = back.params["forward"], results[:-1]
        names = _start(lines, forward, operands[a:-1], given[a:-1], b - a, ends)
        stored = _storage(lines, results[-1])
        _header(lines, params["cond"], [*given[:a], *names, name_of("steps", results[-1].spec)])
        _body(lines, forward, b - a, names, stored)
        results = ends
    for v, name in zip(results, names, strict=True):
        lines.bind(v, name)


def _belongs(lines: Lines, back: Equation, loop: Equation) -> bool:
    """Whether the way back starts from the same values, and nobody else reads how many steps there were."""
    steps, cond = loop.results[-1], loop.params["cond"]
    consts, carry = loop.params["cond_consts"], len(loop.results) - 1
    read = {x for e in cond.equations for x in e.operands if isinstance(x, Variable)}
    same = back.operands[1 : 1 + len(loop.operands) - consts - 1] == loop.operands[consts:-1]
    stores = len(back.params["forward"].outputs) > carry
    return same and stores and lines.is_read_once(steps) and cond.inputs[-1] not in read


def walk_back(lines: Lines, equation: Equation) -> None:
    """The lines of a while_adjoint: the steps again if the loop did not store them, and the way back."""
    (steps, *operands), params, results = equation.operands, equation.params, equation.results
    consts, end = params["consts"], len(operands) - len(params["seeds"])
    given = [lines.named(x) for x in operands]
    if steps not in lines.stored:
        forward = params["forward"]
        count = lines.named(steps)
        names = _start(lines, forward, operands[:end], given[:end], consts, [])
        stored = _storage(lines, steps)
        lines.write(f"for _ in range({count}):")
        _body(lines, forward, consts, names, stored)
    backward: Graph = params["backward"]
    sums = [i for i in params["wanted"] if i < consts]
    states = backward.inputs[consts : consts + len(results)]
    zeros = [np.zeros(v.spec.shape, v.spec.dtype)[()] for v in states[: len(sums)]]
    starts = [*zeros, *operands[end:]]
    texts = [*[lines.operand(x) for x in zeros], *given[end:]]
    names = _start(lines, backward, [*operands[:consts], *starts], [*given[:consts], *texts], consts, results)
    residuals = backward.inputs[consts + len(results) :]
    each = [lines.bind(v, lines.name(v)) for v in residuals]
    lines.write(f"for {', '.join(each)} in reversed({lines.stored[steps]}):")
    _body(lines, backward, consts, names, None)
    for v, name in zip(results, names, strict=True):
        lines.bind(v, name)


def _start(
    lines: Lines, body: Graph, operands: Sequence[Any], given: Sequence[Piece], consts: int, results: Sequence[Variable]
) -> list[Piece]:
    """The carries before the first step. operands, given: constants and carries, and their texts."""
    states = body.inputs[consts : len(operands)]
    for v, text in zip(body.inputs, given[:consts], strict=False):
        lines.pieces[v] = text
    prepare(lines, body, states, results)
    return [begin(lines, *each) for each in zip(states, operands[consts:], given[consts:], strict=True)]


def _storage(lines: Lines, steps: Any) -> str:
    """A list for what the way back reads."""
    lines.stored[steps] = lines.fresh("stored")
    lines.write(f"{lines.stored[steps]} = []")
    return lines.stored[steps]


def _header(lines: Lines, cond: Graph, given: Sequence[Piece]) -> None:
    """``while`` and the condition, which is computed in the loop if it takes several lines."""
    start = len(lines.lines)
    outer = enter(lines, cond, given, 1)
    lines.indent += 1
    write_equations(lines, cond)
    text = lines.operand(cond.outputs[0])
    if len(lines.lines) == start and lines.fits(f"while {text}:"):
        header = f"while {text}:"
    else:
        text = lines.named(cond.outputs[0])
        lines.write(f"if not {text}:")
        lines.write("    break")
        header = "while True:"
    lines.indent -= 1
    lines.lines.insert(start, "    " * lines.indent + header)
    lines.waiting = outer


def _body(lines: Lines, body: Graph, consts: int, names: Sequence[Piece], stored: str | None) -> None:
    """The lines of a step. stored: the list that it puts aside in what follows its carries."""
    states = body.inputs[consts : consts + len(names)]
    outer, lines.waiting = lines.waiting, {}
    lines.indent += 1
    take_over(lines, body, states, names)
    write_equations(lines, body)
    ends = [lines.operand(x) for x in body.outputs]
    if stored is not None:
        written = {name for v, name in zip(states, names, strict=True) if lines.is_written(v)}
        kept = [f"np.array({text})" if text in written else str(text) for text in ends[len(names) :]]
        together = kept[0] if len(kept) == 1 else f"({', '.join(kept)})"
        lines.write(f"{stored}.append({together})")
    advance(lines, names, [following(lines, *each) for each in zip(states, names, ends, strict=False)])
    lines.indent -= 1
    lines.waiting = outer
