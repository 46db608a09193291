"""A replay that checks every variable of a graph, also inside of loops, against what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.nested import is_scan
from wengert.core.apply import apply
from wengert.interpreters.record import Graph, Variable
from wengert.spec import spec


def replay(graph: Graph, leaves: Sequence[Any]) -> list[Any]:
    """The outputs; every value has the shape and dtype that its variable claims, and is made before it is used."""
    values: dict[Variable, Any] = dict(zip(graph.inputs, map(np.asarray, leaves), strict=True))
    for equation in graph.equations:
        operands = [values[x] if isinstance(x, Variable) else x for x in equation.operands]
        out = apply(equation.op, operands, equation.params)
        outs = (out,) if equation.op.outputs == 1 else out
        for v, o in zip(equation.results, outs, strict=True):
            assert spec(o) == v.spec, f"{equation}: {spec(o)}"
            values[v] = o
        if is_scan(equation) and equation.params["length"]:
            consts, carry = equation.params["consts"], equation.params["carry"]
            body = equation.params["body"]
            first = -1 if equation.params["reverse"] else 0
            inner = replay(body, [*operands[: consts + carry], *[x[first] for x in operands[consts + carry :]]])
            assert [spec(o) for o in inner[:carry]] == [spec(x) for x in operands[consts : consts + carry]]
    return [values[x] if isinstance(x, Variable) else x for x in graph.outputs]
