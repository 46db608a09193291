"""A cond as if and else of Python: every branch gives the results the same names.

y = cond(x > 0, f, g)                if x > 0:
                                         y = x**3
                                     else:
                                         y = np.cos(x)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wengert.explanation.source_text import Piece
from wengert.interpreters.record import Equation, Graph, Variable

if TYPE_CHECKING:
    from wengert.explanation.statements import Lines

__all__ = ["branch", "enter", "write_equations"]


def branch(lines: Lines, equation: Equation) -> None:
    """The lines of a cond."""
    _, (index, *operands), params, results = equation
    branches: Sequence[Graph] = params["branches"]
    given = [lines.named(x) for x in operands]
    read = [n for n, v in enumerate(results) if lines.is_read(v)]
    names = {n: lines.name(results[n]) for n in read}
    for test, graph in _choices(lines, index, branches):
        lines.write(test)
        lines.indent += 1
        _block(lines, graph, given, names)
        lines.indent -= 1
    lines.consume([index])
    for n in read:
        lines.bind(results[n], names[n])


def _choices(lines: Lines, index: object, branches: Sequence[Graph]) -> list[tuple[str, Graph]]:
    """What stands above each branch."""
    if len(branches) == 2 and isinstance(index, Variable) and index.spec.dtype.kind == "b":
        return [(f"if {lines.operand(index)}:", branches[1]), ("else:", branches[0])]
    text = lines.named(index)
    last = len(branches) - 1
    middle = [(f"elif {text} == {n}:", branches[n]) for n in range(1, last)]
    return [(f"if {text} <= 0:", branches[0]), *middle, ("else:", branches[last])]


def _block(lines: Lines, graph: Graph, given: Sequence[Piece], names: dict[int, str]) -> None:
    outer = enter(lines, graph, given)
    before = len(lines.lines)
    made = {v for e in graph.equations if len(e.results) == 1 for v in e.results}
    for n, name in names.items():
        x = graph.outputs[n]
        if isinstance(x, Variable) and x in made and x not in lines.renamed:
            lines.renamed[x] = name
    write_equations(lines, graph)
    for n, name in names.items():
        text = lines.operand(graph.outputs[n])
        if text != name:
            lines.write(f"{name} = {text}")
    if len(lines.lines) == before:
        lines.write("pass")
    lines.waiting = outer


def enter(lines: Lines, graph: Graph, given: Sequence[Piece], returned: int = 2) -> dict[Variable, Equation]:
    """Begin with the equations of a graph, whose inputs have these texts; returns what waits outside."""
    lines.prepare(graph, returned)
    lines.find_sums(graph)
    for v, text in zip(graph.inputs, given, strict=True):
        lines.pieces[v] = text
    outer, lines.waiting = lines.waiting, {}
    return outer


def write_equations(lines: Lines, graph: Graph) -> None:
    """The lines of a graph, as far as they are not part of its results' texts."""
    for equation in graph.equations:
        lines.equation(equation)
