"""The picture in Graphviz' language."""

from __future__ import annotations

from wengert.explanation.model import Account
from wengert.explanation.picture import picture

__all__ = ["dot"]

_STYLES = {
    "leaf": 'shape=box, style="rounded,filled", fillcolor="#dbeafe"',
    "constant": 'shape=box, style="rounded,dashed"',
    "step": "shape=box",
    "root": 'shape=box, style="filled", fillcolor="#dcfce7", penwidth=2',
    "block": "shape=box3d",
}


def dot(account: Account, depth: int | None = None) -> str:
    """A digraph: values on the nodes, on every edge the gradient that comes back along it."""
    drawn = picture(account, depth)
    lines = [f"digraph {_quoted(account.function)} {{", "  rankdir=LR;", '  node [fontname="monospace"];']
    for node in drawn.nodes:
        lines.append(f"  {node.key} [label={_quoted(*node.lines)}, {_STYLES[node.kind]}];")
    for edge in drawn.edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"  {edge.source} -> {edge.target}{label};")
    return "\n".join([*lines, "}", ""])


def _quoted(*lines: str) -> str:
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'
