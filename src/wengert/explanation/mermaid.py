"""The picture in Mermaid's language, which wikis and notebooks draw."""

from __future__ import annotations

from wengert.explanation.model import Account
from wengert.explanation.picture import picture

__all__ = ["mermaid"]

_SHAPES = {
    "leaf": ("([", "])"),
    "constant": ("([", "])"),
    "step": ("[", "]"),
    "root": ("[[", "]]"),
    "block": ("[/", "/]"),
}


def mermaid(account: Account, depth: int | None = None) -> str:
    """A flowchart: values on the nodes, on every edge the gradient that comes back along it."""
    drawn = picture(account, depth)
    lines = ["flowchart LR"]
    for node in drawn.nodes:
        left, right = _SHAPES[node.kind]
        lines.append(
            f'  {node.key}{left}"{"<br/>".join([_escaped(line) for line in node.lines])}"{right}:::{node.kind}'
        )
    for edge in drawn.edges:
        label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
        lines.append(f"  {edge.source} -->{label} {edge.target}")
    lines += ["  classDef leaf fill:#dbeafe", "  classDef root fill:#dcfce7,stroke-width:2px"]
    lines += ["  classDef constant stroke-dasharray:4", ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Mermaid reads #…; as an entity, and quotation marks as the end; the rest of HTML is HTML."""
    return "".join([_ENTITIES.get(sign, sign) for sign in text])


_ENTITIES = {"#": "#35;", "&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;"}
