"""The graph of an explanation as nodes and edges to draw; large ones by blocks. What every picture is made from."""

from __future__ import annotations

from dataclasses import dataclass

from wengert.explanation.collapse import LARGE, blocks, edges
from wengert.explanation.model import Account, Step
from wengert.explanation.numbers import count_of, shape_text, short

__all__ = ["Edge", "Node", "Picture", "picture"]


@dataclass(frozen=True, slots=True)
class Node:
    """kind: "leaf", "constant", "step", "root" or "block". lines: what is written in it, the name first."""

    key: str
    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """From a value to its reader, with what goes back along it ("" if no gradient does)."""

    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and edges, in the order of evaluation."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def picture(account: Account, depth: int | None = None) -> Picture:
    """A node per step, or per block of a large trace."""
    if depth is not None or len(account.trace) > LARGE:
        return _of_blocks(account, depth)
    nodes = [Node(f"s{s.number}", _kind(s), _lines(s)) for s in account.trace]
    labels = {
        (s.number, c.consumer, c.position): short(c.downstream, 3) for s in account.trace for c in s.contributions
    }
    drawn = []
    for s in account.trace:
        for position, operand in enumerate(s.operands):
            if operand.step is not None:
                label = labels.get((operand.step, s.number, position), "")
                drawn.append(Edge(f"s{operand.step}", f"s{s.number}", label))
    return Picture(tuple(nodes), tuple(drawn))


def _kind(s: Step) -> str:
    if s.role == "input":
        return "leaf" if s.differentiable else "constant"
    return "root" if s.role == "output" else "step"


def _lines(s: Step) -> tuple[str, ...]:
    title = s.name + (f" = {s.expression}" if s.expression else "")
    size = f" {shape_text(s.shape)}" if s.shape else ""
    value = f"value{size} {short(s.value, 3)}"
    gradient = f"grad {short(s.adjoint, 3)}" if s.adjoint is not None else ""
    return tuple([line for line in (title, value, gradient, s.grad_fn) if line])


def _of_blocks(account: Account, depth: int | None) -> Picture:
    found = blocks(account, depth)
    outputs = set(account.outputs)
    inputs = [account.trace[n] for n in account.inputs]
    nodes = [Node(f"s{s.number}", _kind(s), _lines(s)) for s in inputs[:LARGE]]
    for b in found:
        ops = ", ".join([f"{op} ×{n}" for op, n in b.ops[:3]])
        kind = "root" if outputs.intersection(b.steps) else "block"
        nodes.append(Node(f"b{b.number}", kind, (b.title, count_of(len(b.steps), "step"), ops)))
    known = {node.key for node in nodes}
    drawn = []
    for (source, target), count in sorted(edges(account, found).items()):
        start = f"s{-1 - source}" if source < 0 else f"b{source}"
        if start in known:
            drawn.append(Edge(start, f"b{target}", f"×{count}" if count > 1 else ""))
    return Picture(tuple(nodes), tuple(drawn))
