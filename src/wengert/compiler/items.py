"""What has to be computed, each with the loops it needs: the scheduler's view of stored nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Index, Value, Var
from wengert.compiler.lower.evaluate import Evaluator
from wengert.compiler.lower.nodes import Node, Place, size_of
from wengert.compiler.strides import reachable

__all__ = ["Dim", "Item", "items_of"]

# A sum whose rows fit into the first-level cache may be kept in memory while the loop over what is summed runs outside.
_ROWS = 32768  # bytes
_FEW = 16  # sums that registers hold
_FAR = 1 << 60  # the step of a dim that an operand does not have: its loop is outside


@dataclass(frozen=True)
class Dim:
    """One loop of an item: "P" (entries of the result), "R" (what is combined) or "S" (in order)."""

    extent: int
    kind: str
    axis: int  # of the result, or of the inner dims


@dataclass(eq=False)
class Item:
    """Statements for one node: its dims from the outermost, and what it reads in terms of trial variables.

    role: "map", "reduce", "arg", "running", "copy" (what a write starts from), "write", "join" (one part: `part`),
    "row" (part of a larger array), "step".
    """

    node: Node
    role: str
    dims: list[Dim]
    part: int = 0
    trial: list[Var] = field(default_factory=list)
    reads: dict[Node, set[Place]] = field(default_factory=dict)

    def places(self, at: list[Index]) -> tuple[Place, Place]:
        """Places of the result and of the inner dims, from indices in the order of the dims."""
        node = self.node
        out: list[Any] = [None] * len(node.shape)
        inner: list[Any] = [None] * len(node.inner)
        for d, i in zip(self.dims, at, strict=True):
            if d.kind == "R":
                inner[d.axis] = i
            else:
                out[d.axis] = i
        return tuple(out), tuple(inner)

    def asking(self, b: Builder, at: list[Index]) -> Any:
        """The rule's generator for the entry at these indices."""
        node = self.node
        out, inner = self.places(at)
        if self.role == "map":
            return node.rule(b, out)
        if self.role in ("copy", "row", "join"):
            return _ask(node.args[self.part], out)
        if self.role == "running":
            return node.rule(b, (*[i for k, i in enumerate(out) if k != node.axis], out[node.axis]))
        if self.role == "write":
            return node.rule(b, inner)
        return node.rule(b, (*out, *inner))


def _ask(x: Node, place: Place) -> Any:
    v = yield x, place
    return v


def items_of(node: Node, b: Builder) -> list[Item]:
    """The items of a stored node, in the order in which they have to be done."""
    whole = [Dim(n, "P", k) for k, n in enumerate(node.shape)]
    match node.kind:
        case "map":
            found = [Item(node, "map", whole)]
        case "reduce" | "arg":
            found = [Item(node, node.kind, [*whole, *[Dim(n, "R", k) for k, n in enumerate(node.inner)]])]
        case "running":
            rest = [d for d in whole if d.axis != node.axis]
            found = [Item(node, "running", [*rest, Dim(node.shape[node.axis], "S", node.axis)])]
        case "write":
            found = [
                Item(node, "copy", whole),
                Item(node, "write", [Dim(n, "R", k) for k, n in enumerate(node.inner)]),
            ]
        case "row":
            found = [Item(node, "row", whole)]
        case "join":
            found = [
                Item(node, "join", [Dim(x.shape[d.axis], "P", d.axis) for d in whole], part=k)
                for k, x in enumerate(node.args)
            ]
        case _:
            found = [Item(node, "step", [])]
    for item in found:
        if item.role != "running":
            item.dims.sort(key=lambda d: d.extent == 1)  # a loop of one iteration is none
        _look(item, b)
    return found


def _look(item: Item, b: Builder) -> None:
    """Find out what an item reads, by a trial with variables of its own."""
    node = item.node
    item.trial = [Var(0, d.extent) for d in item.dims]
    if any(d.extent == 0 for d in item.dims):
        return
    if item.role == "step":
        item.reads = {x: {()} for x in _below(node)}
        return

    def seen(x: Node, place: Place) -> None:
        item.reads.setdefault(x, set()).add(tuple(place))

    value = Evaluator(b, seen).run(item.asking(b, [Index(0, ((v, 1),)) for v in item.trial]))
    if item.role == "write":
        item.reads.setdefault(node, set()).add(())
    elif item.role == "reduce":
        _as_in_memory(item, value)


def _as_in_memory(item: Item, value: Value) -> None:
    """Order the dims of a reduction as its largest operand lies in memory, if sums can be kept meanwhile.

    A loop over what is summed outside of loops over the result needs a buffer for the sums so far: it has to be small,
    and the loop longer than those inside.
    """
    loads = [x.attr for x in reachable(value, set()) if x.op == "load"]
    if not loads:
        return
    _, index = max(loads, key=lambda load: load[0].size * (not load[1].dynamic))
    steps = [abs(index.coefficient(v)) or _FAR for v in item.trial]
    order = sorted(range(len(steps)), key=lambda k: (item.dims[k].extent == 1, -steps[k]))
    ordered = [item.dims[k] for k in order]
    first = next((k for k, d in enumerate(ordered) if d.kind == "R"), len(ordered))
    kept = size_of([d.extent for d in ordered[first:] if d.kind == "P"])
    summed = size_of([d.extent for d in ordered[first:] if d.kind == "R"])
    results = [k for k in order if item.dims[k].kind == "P"]
    natural = results == sorted(results)
    if not natural or (kept > 1 and (item.node.op != "add" or kept * 8 > _ROWS or summed < kept)):
        order = sorted(results) + [k for k in order if item.dims[k].kind == "R"]
        order = _few_last(item, order)
    item.dims, item.trial = [item.dims[k] for k in order], [item.trial[k] for k in order]


def _few_last(item: Item, order: list[int]) -> list[int]:
    """Few trailing entries of the result come inside a long loop over what is summed: they fit into registers."""
    results = [k for k in order if item.dims[k].kind == "P" and item.dims[k].extent > 1]
    inner = [k for k in order if item.dims[k].kind == "R"]
    single = [k for k in order if k not in results and k not in inner]
    count, cut = 1, len(results)
    while cut and count * item.dims[results[cut - 1]].extent <= _FEW:
        cut -= 1
        count *= item.dims[results[cut]].extent
    long = size_of([item.dims[k].extent for k in inner]) >= 8 * count and item.node.op == "add"
    middle = [*inner, *results[cut:]] if long else [*results[cut:], *inner]
    return [*results[:cut], *middle, *single]


def _below(node: Node) -> set[Node]:
    """The stored nodes that a step reads, through maps or not."""
    found: set[Node] = set()
    stack = list(node.args)
    while stack:
        x = stack.pop()
        if x.stored is not None or x.kind == "step":
            found.add(x)
        else:
            stack.extend(x.args)
    return found
