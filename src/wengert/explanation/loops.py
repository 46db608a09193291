"""A scan as a loop of Python: carries are variables, what is stacked are arrays that are filled row by row.

h, hs = scan(body, w, h, x)          hs = np.empty((20, 3))
                                     for k in range(20):
                                         h = np.tanh(w @ h + x[k])
                                         hs[k] = h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.explanation.carries import advance, begin, following, prepare, take_over
from wengert.explanation.source_text import Piece, dtype_text, name_of, piece
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
    given = [lines.named(x) for x in operands]
    index = lines.fresh("k")
    fixed, states, rows = body.inputs[:consts], body.inputs[consts : consts + carry], body.inputs[consts + carry :]
    for v, text in zip(fixed, given[:consts], strict=True):
        lines.pieces[v] = text
    prepare(lines, body, states, results[:carry])
    names = [
        begin(lines, v, x, text)
        for v, x, text in zip(states, operands[consts : consts + carry], given[consts : consts + carry], strict=True)
    ]
    for v, x, text in zip(rows, operands[consts + carry :], given[consts + carry :], strict=True):
        lines.pieces[v] = _row(x, text, index, v.spec)
    columns = []
    for v, out in zip(results[carry:], body.outputs[carry:], strict=True):
        columns.append(lines.fresh(f"{lines.names.get(v) or lines.names.get(out) or 'v'}s"))
        dtype = "" if v.spec.dtype == np.float64 else f", dtype={dtype_text(v.spec.dtype)}"
        lines.write(f"{columns[-1]} = np.empty({v.spec.shape if len(v.spec.shape) > 1 else length}{dtype})")
    steps = f"reversed(range({length}))" if params.get("reverse") else f"range({length})"
    lines.write(f"for {index} in {steps}:")
    _inside(lines, body, states, names, columns, index)
    for v, name in zip(results, [*names, *columns], strict=True):
        lines.bind(v, name)
    for v, state in zip(results, states, strict=False):
        if lines.is_written(state):
            lines.own(v)


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
    take_over(lines, body, states, names)
    for equation in body.equations:
        lines.equation(equation)
    ends = [lines.operand(x) for x in body.outputs]
    for name, text in zip(columns, ends[len(states) :], strict=True):
        lines.write(f"{name}[{index}] = {text}")
    advance(lines, names, [following(lines, *each) for each in zip(states, names, ends, strict=False)])
    lines.indent -= 1
    lines.waiting = outer
