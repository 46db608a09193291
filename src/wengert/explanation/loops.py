"""A scan as a loop of Python: carries are variables, what is stacked are arrays that are filled row by row.

h, hs = scan(body, w, h, x)          hs = np.empty((20, 3))
                                     for k in range(20):
                                         h = np.tanh(w @ h + x[k])
                                         hs[k] = h
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.explanation.source_text import Piece, name_of, piece
from wengert.interpreters.record import Equation, Graph, Variable
from wengert.spec import Spec

if TYPE_CHECKING:
    from wengert.explanation.statements import Lines

__all__ = ["loop"]

_SUM = 1  # how strongly k + 1 binds


def loop(lines: Lines, equation: Equation) -> None:
    """The lines of a scan."""
    _, operands, params, results = equation
    body, consts, carry, length = params["body"], params["consts"], params["carry"], params["length"]
    lines.prepare(body)
    given = [lines.named(x) for x in operands]
    index = lines.fresh("k")
    fixed, states, rows = body.inputs[:consts], body.inputs[consts : consts + carry], body.inputs[consts + carry :]
    for v, text in zip(fixed, given[:consts], strict=True):
        lines.pieces[v] = text
    lines.carried.update(v for v in states if v.spec.shape)
    lines.find_sums(body)
    for v, end in zip(states, results, strict=False):
        lines.becomes(v, end)
    names = [_begin(lines, v, text) for v, text in zip(states, given[consts : consts + carry], strict=True)]
    for v, x, text in zip(rows, operands[consts + carry :], given[consts + carry :], strict=True):
        lines.pieces[v] = _row(x, text, index, v.spec)
    columns = []
    for v, out in zip(results[carry:], body.outputs[carry:], strict=True):
        columns.append(lines.fresh(f"{lines.names.get(v) or lines.names.get(out) or 'v'}s"))
        dtype = "" if v.spec.dtype == np.float64 else f", dtype=np.{v.spec.dtype.name}"
        lines.write(f"{columns[-1]} = np.empty({v.spec.shape if len(v.spec.shape) > 1 else length}{dtype})")
    steps = f"reversed(range({length}))" if params.get("reverse") else f"range({length})"
    lines.write(f"for {index} in {steps}:")
    _inside(lines, body, states, names, columns, index)
    for v, name in zip(results, [*names, *columns], strict=True):
        lines.bind(v, name)
    for v, state in zip(results, states, strict=False):
        if lines.is_written(state):
            lines.own(v)


def _begin(lines: Lines, v: Variable, text: Piece) -> str:
    """A carry before the first step, as an array of its own if it is written to."""
    name = lines.name(v)
    copied = lines.is_written(v) and not text.startswith(("np.zeros(", "np.ones(", "np.full("))
    lines.write(f"{name} = np.array({text})" if copied else f"{name} = {text}")
    lines.bind(v, name)
    if lines.is_written(v):
        lines.own(v)
    return name


def _row(x: Any, text: Piece, index: str, row: Spec) -> Piece:
    """What step k reads of an array; of evenly spaced integers it is computed."""
    if not isinstance(x, Variable) and np.ndim(x) == 1 and x.dtype.kind == "i" and len(x) > 1:
        if (np.diff(x) == 1).all():
            return piece(f"{index} + {x[0]}", row, _SUM) if x[0] else name_of(index, row)
        if (np.diff(x) == -1).all():
            return piece(f"{x[0]} - {index}", row, _SUM)
    return name_of(f"{text}[{index}]", row)


def _inside(
    lines: Lines, body: Graph, states: Sequence[Variable], names: Sequence[str], columns: Sequence[str], index: str
) -> None:
    outer, lines.waiting = lines.waiting, {}
    lines.indent += 1
    _take_over(lines, body, states, names)
    for equation in body.equations:
        lines.equation(equation)
    ends = [lines.operand(x) for x in body.outputs]
    for name, text in zip(columns, ends[len(states) :], strict=True):
        lines.write(f"{name}[{index}] = {text}")
    _advance(lines, names, [_next(lines, *each) for each in zip(states, names, ends, strict=False)])
    lines.indent -= 1
    lines.waiting = outer


def _next(lines: Lines, v: Variable, name: str, text: Piece) -> str:
    """What a carry is in the next step; one that is written to stays an array of its own."""
    return f"np.array({text})" if lines.is_written(v) and text != name else text


def _take_over(lines: Lines, body: Graph, states: Sequence[Variable], names: Sequence[str]) -> None:
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


def _advance(lines: Lines, names: Sequence[str], ends: Sequence[str]) -> None:
    """The carries of the next step."""
    moves = [(name, text) for name, text in zip(names, ends, strict=True) if name != text]
    targets = [name for name, _ in moves]
    crossed = any(re.search(rf"\b{name}\b", text) for n, name in enumerate(targets) for _, text in moves[n + 1 :])
    if crossed:
        lines.write(f"{', '.join(targets)} = {', '.join([text for _, text in moves])}")
    else:
        for name, text in moves:
            lines.write(f"{name} = {text}")
