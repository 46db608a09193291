"""Dead code: equations, and parts of loops and branches, that no output depends on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.compiler.passes.nested import trimmed
from wengert.interpreters.record import Equation, Variable

__all__ = ["live"]


def live(equations: Sequence[Equation], outputs: Sequence[Any]) -> list[Equation]:
    """The equations without what the outputs do not depend on."""
    used = {x for x in outputs if isinstance(x, Variable)}
    kept: list[Equation] = []
    for equation in reversed(equations):
        results = equation[3]
        if results[0] in used or (len(results) > 1 and any([v in used for v in results])):
            if equation[0].outputs != 1:
                equation = trimmed(equation, used)
            for x in equation[1]:
                if type(x) is Variable:
                    used.add(x)
            kept.append(equation)
    return kept[::-1]
