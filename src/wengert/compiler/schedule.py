"""From nodes to loops: what is computed together, in which loops, and which of them are vectors.

Items that need loops over the same range share them, one level at a time from the outermost:

    m[i] = max_j x[i,j]                      for i:
    s[i] = Σ_j exp(x[i,j] - m[i])              for j: m = max(m, x[i,j])
    y[i,j] = exp(x[i,j] - m[i]) / s[i]         for j: s += exp(x[i,j] - m)
                                               for j: y[i,j] = exp(x[i,j] - m) / s

An item may join a loop if what it reads from that loop's other items is what this very iteration computes. Where only
short loops would be left inside, they are written out, and the entries become scalars.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.items import Item, items_of
from wengert.compiler.loops import Acc, Block, Check, For, Index, Store, Update, Value, Var
from wengert.compiler.lower.evaluate import Evaluator
from wengert.compiler.lower.nodes import Node, Place, linear, size_of
from wengert.compiler.lower.reduce import neutral
from wengert.compiler.strides import vectorise

__all__ = ["Scheduler"]

SCALARS = 64  # entries of an item that are written out inside a loop, at most
MATRICES = 256  # and if its rows make no vectors
STRAIGHT = 8  # and outside of any loop
WRITTEN = 1500  # entries that one loop body may have in all
LONG, NEARLY = 64, 4  # loops of at least that length are shared by ranges that differ by no more than that
CROWDED = 200  # items of one loop, at most: LLVM's time grows faster than its body
SHORT = 8  # entries that make no vector
SEGMENTS = 6  # parts into which a range is cut so that conditions are decided


class Total:
    """Where the terms of a reduction go: into a Value as they come, or into the accumulator of a loop."""

    def __init__(self, node: Node, acc: Acc | None = None) -> None:
        self.node = node
        self.acc = acc
        self.value: Value | None = None

    @staticmethod
    def of(node: Node, b: Builder) -> Any:
        """The total that a node needs."""
        return Best(node, b) if node.kind == "arg" else Total(node)

    def add(self, b: Builder, block: Block, term: Value, number: Index | None = None) -> None:
        """One more term."""
        if self.acc is not None:
            block.append(Update(self.acc, term))
        else:
            self.value = term if self.value is None else b(self.node.op, self.value, term)

    def inside(self, b: Builder, loop: For) -> Total:
        """The total that the terms inside a loop go to."""
        init = b.const(self.node.init, self.node.code) if self.acc is not None or self.value is None else self.value
        acc = Acc(self.node.op, self.node.code, init)
        loop.accs.append(acc)
        return Total(self.node, acc)

    def after(self, b: Builder, block: Block, inner: Total) -> None:
        """Take over what a loop has summed up."""
        assert inner.acc is not None
        total = b.acc(inner.acc)
        if self.acc is not None:
            block.append(Update(self.acc, total))
        else:
            self.value = total

    def result(self, b: Builder) -> Value:
        """The sum of all terms so far."""
        if self.acc is not None:
            return b.acc(self.acc)
        return self.value if self.value is not None else b.const(self.node.init, self.node.code)


class Best:
    """Where the candidates of an argmax go: the best so far and its number."""

    def __init__(self, node: Node, b: Builder, accs: tuple[Acc, Acc] | None = None) -> None:
        code = node.args[0].code
        self.node = node
        self.accs = accs
        self.best = b.const(neutral("maximum" if node.op == "gt" else "minimum", code), code)
        self.number = b.const(0, "i64")

    def add(self, b: Builder, block: Block, value: Value, number: Index) -> None:
        """One more candidate. The first NaN is better than any number."""
        best, before = map(b.acc, self.accs) if self.accs else (self.best, self.number)
        better = b(self.node.op, value, best)
        if value.code[0] == "f":
            better = b("or", better, b("and", b("isnan", value), b("not", b("isnan", best))))
        after, value = b.select(better, b.index(number), before), b.select(better, value, best)
        if self.accs:
            block.append(Update(self.accs[1], after))
            block.append(Update(self.accs[0], value))
        else:
            self.best, self.number = value, after

    def inside(self, b: Builder, loop: For) -> Best:
        """The same accumulators serve all inner loops."""
        if self.accs:
            return self
        accs = Acc("set", self.best.code, self.best), Acc("set", "i64", self.number)
        loop.accs += accs
        return Best(self.node, b, accs)

    def after(self, b: Builder, block: Block, inner: Best) -> None:
        """Take over what a loop has found."""
        if inner is not self and inner.accs:
            self.best, self.number = map(b.acc, inner.accs)

    def result(self, b: Builder) -> Value:
        """The number of the best."""
        return b.acc(self.accs[1]) if self.accs else self.number


@dataclass(eq=False)
class Active:
    """An item inside some loops: the indices of its outer dims, and where its terms go.

    totals: one per place of the result that is still open (inside the loops of a reduction); in_memory: the result's
    buffer holds the sums.
    """

    item: Item
    at: list[Index] = field(default_factory=list)
    totals: dict[Place, Any] | None = None
    in_memory: bool = False

    @property
    def rest(self) -> Sequence[Any]:
        """The dims that have no loop yet."""
        return self.item.dims[len(self.at) :]

    def bound(self, i: Index) -> Active:
        """Inside one more loop."""
        return replace(self, at=[*self.at, i])


@dataclass(eq=False)
class Group:
    """Items that share a loop, or one that needs none. alone: nothing may join."""

    extent: int | None
    actives: list[Active]
    scalar: bool = False
    alone: bool = False


class Scheduler:
    """Writes the statements that compute stored nodes."""

    def __init__(self, b: Builder) -> None:
        self.b = b
        self.ev = Evaluator(b)
        self.notes: list[tuple[For, list[str]]] = []  # per outermost loop the equations that it computes

    def program(self, nodes: Sequence[Node]) -> Block:
        """The statements for stored nodes, given in an order in which they can be computed."""
        out: Block = []
        actives = [Active(item) for node in nodes for item in items_of(node, self.b)]
        for a in actives:
            if a.item.role == "reduce" and a.item.node.size and not size_of(a.item.node.inner):
                self._fill(a, [d for d in a.rest if d.kind == "P"], out)
        return out + self.block([a for a in actives if all([d.extent for d in a.rest])], outermost=True)

    # --- grouping ---------------------------------------------------------------------------------------------

    def block(self, actives: list[Active], outermost: bool = False) -> Block:
        """Statements for items inside the same loops."""
        out: Block = []
        for group in self._groups(actives, outermost):
            if group.scalar:
                for a in group.actives:
                    self._scalars(a, out)
            elif group.extent is None:
                for a in group.actives:
                    self._entry(a, out)
            else:
                for part in _parted(group):
                    before = len(out)
                    self._loop(part, out)
                    if outermost:
                        names = _names([a.item.node for a in part.actives])
                        self.notes.extend((s, names) for s in out[before:] if isinstance(s, For))
        return out

    def _groups(self, actives: list[Active], outermost: bool) -> list[Group]:
        groups: list[Group] = []
        home: dict[Node, list[tuple[int, Active]]] = {}
        for a in actives:
            first = 0
            for x, places in a.item.reads.items():
                for n, producer in home.get(_made(x), ()):
                    first = max(first, n if _follows(producer, a, places, groups[n]) else n + 1)
            small = outermost and _is_small(a, STRAIGHT)
            extent = None if small or not a.rest else a.rest[0].extent
            first = len(groups) if a.item.node.late else first
            place = next((n for n in range(first, len(groups)) if _joins(groups[n], a, extent, small)), len(groups))
            if place == len(groups):
                groups.append(Group(extent, [], small))
            groups[place].actives.append(a)
            groups[place].alone = groups[place].alone or _is_alone(a, small)
            if extent is not None:
                groups[place].extent = max(extent, groups[place].extent or 0)
            home.setdefault(a.item.node, []).append((place, a))
        return groups

    # --- loops ------------------------------------------------------------------------------------------------

    def _loop(self, group: Group, out: Block) -> None:
        """One loop, or one per segment of its range, around the items of a group."""
        scalar = _writes_out(group)
        started = [a for a in group.actives if a.rest[0].kind != "P" and a.totals is None and not a.in_memory]
        for a in started:
            self._start(a, scalar, out)
        for low, high in self._segments(group):
            actives = [a for a in group.actives if a.rest[0].extent > low]
            if high - low == 1:
                self._body([a.bound(Index(low)) for a in actives], scalar, out)
            else:
                self._piece(For(Var(low, high), []), actives, scalar, out)
        for a in started:
            self._finish(a, out)
            a.totals, a.in_memory = None, False

    def _piece(self, loop: For, actives: list[Active], scalar: bool, out: Block) -> None:
        """The loop over one segment."""
        inner = [a.bound(Index(0, ((loop.var, 1),))) for a in actives]
        for a, mine in zip(actives, inner, strict=True):
            if a.totals is not None:
                mine.totals = {p: t.inside(self.b, loop) for p, t in a.totals.items()}
        self._body(inner, scalar, loop.body)
        out.append(loop)
        for a, mine in zip(actives, inner, strict=True):
            for p, t in (a.totals or {}).items():
                t.after(self.b, out, (mine.totals or {})[p])
        loop.parallel = all([_free(a) for a in actives])
        vectorise(loop)

    def _body(self, actives: list[Active], scalar: bool, out: Block) -> None:
        if scalar:
            for a in actives:
                self._scalars(a, out)
        else:
            out.extend(self.block(actives))

    def _segments(self, group: Group) -> list[tuple[int, int]]:
        """The range cut where conditions change, if that makes few pieces."""
        ends = {0, *[a.rest[0].extent for a in group.actives]}
        cuts = set(ends)
        for a in group.actives:
            var = a.item.trial[len(a.at)]
            cuts |= {c for c in self.b.splits.get(var, ()) if 0 < c < (group.extent or 0)}
        ordered = sorted(cuts if len(cuts) <= SEGMENTS + len(ends) - 1 else ends)
        return list(itertools.pairwise(ordered))

    # --- reductions -------------------------------------------------------------------------------------------

    def _start(self, a: Active, scalar: bool, out: Block) -> None:
        """Make place for the terms of a reduction whose first inner loop comes now."""
        if a.item.role == "write":
            a.in_memory = True
            return
        open_dims = [d for d in a.rest if d.kind == "P"]
        if scalar or all([d.extent == 1 for d in open_dims]):
            a.totals = self._open_totals(a)
            return
        a.in_memory = True
        self._fill(a, open_dims, out)

    def _fill(self, a: Active, dims: Sequence[Any], out: Block) -> None:
        """Write the neutral element into the places of the result that the loops to come will add to."""
        block, at = out, []
        for d in dims:
            loop = For(Var(0, d.extent), [], parallel=True, vector=d is dims[-1])
            at.append(Index(0, ((loop.var, 1),)))
            block.append(loop)
            block = loop.body
        node = a.item.node
        place = self._result_place(a, at)
        block.append(Store(_buffer(node), linear(place, node.shape), self.b.const(node.init, node.code)))

    def _result_place(self, a: Active, open_indices: Sequence[Index]) -> Place:
        """The place of the result, from the loops so far and indices for the dims of it that are still open."""
        out: list[Any] = [None] * len(a.item.node.shape)
        rest = iter(open_indices)
        for n, d in enumerate(a.item.dims):
            if d.kind != "R":
                out[d.axis] = a.at[n] if n < len(a.at) else next(rest)
        return tuple(out)

    def _finish(self, a: Active, out: Block) -> None:
        """Write down the results of a reduction whose loops have ended."""
        if a.item.role in ("reduce", "arg") and a.totals is not None:
            for p, total in a.totals.items():
                self._keep(a.item.node, self._result_place(a, p), total.result(self.b), out)

    def _keep(self, node: Node, place: Place, value: Value, out: Block) -> None:
        """Store an entry of a node, and remember it."""
        out.append(Store(_buffer(node), linear(place, node.shape), value))
        self.ev.known[node, place] = value

    # --- entries ----------------------------------------------------------------------------------------------

    def _scalars(self, a: Active, out: Block) -> None:
        """All entries that the loops so far leave open, written out."""
        started = a.item.role in ("reduce", "running", "arg") and a.totals is None and not a.in_memory
        if started:
            a.totals = self._open_totals(a)
        for numbers in itertools.product(*[range(d.extent) for d in a.rest]):
            self._entry(replace(a, at=[*a.at, *[Index(k) for k in numbers]]), out)
        if started:
            self._finish(a, out)
            a.totals = None

    def _open_totals(self, a: Active) -> dict[Place, Total]:
        """One total per place of the result that no loop has chosen yet."""
        places = itertools.product(*[range(d.extent) for d in a.rest if d.kind == "P"])
        return {tuple([Index(k) for k in p]): Total.of(a.item.node, self.b) for p in places}

    def _entry(self, a: Active, out: Block) -> None:
        """The statements for one entry, or one term, of an item."""
        item, node, b = a.item, a.item.node, self.b
        if item.role == "step":
            node.emit(self, node, out)
            return
        value: Any = self.ev.run(item.asking(b, a.at))
        out.extend(Check(c) for c in self.ev.checks)
        self.ev.checks.clear()
        place, _ = item.places(a.at)
        match item.role:
            case "map":
                self._keep(node, place, value, out)
            case "copy":
                out.append(Store(_buffer(node), linear(place, node.shape), value))
            case "join":
                lead = list(place)
                lead[node.axis] = lead[node.axis] + node.parts[item.part]
                out.append(Store(_buffer(node), linear(tuple(lead), node.shape), b.cast(value, node.code)))
            case "row":
                out.append(Store(_buffer(node), linear(place, node.shape) + node.axis, b.cast(value, node.code)))
            case "write":
                where, what = value
                out.append(Store(_buffer(node), linear(where, node.shape), what, mode=node.op, clash=node.op == "add"))
            case _:
                self._term(a, place, value, out)

    def _term(self, a: Active, place: Place, value: Value, out: Block) -> None:
        """One term of a reduction, or one step of a running one."""
        item, node = a.item, a.item.node
        if a.in_memory:
            out.append(Store(_buffer(node), linear(place, node.shape), value, mode="add"))
        elif a.totals is None:
            self._keep(node, place, value, out)  # over no axes
        else:
            open_axes = [d.axis for d in item.dims if d.kind == "P"]
            open_axes = open_axes[len(open_axes) - len(next(iter(a.totals))) :]
            total = a.totals[tuple([place[k] for k in open_axes])]
            number = linear(item.places(a.at)[1], node.inner) if item.role == "arg" else None
            total.add(self.b, out, value, number)
            if item.role == "running":
                self._keep(node, place, total.result(self.b), out)


def _buffer(node: Node) -> Any:
    assert node.stored is not None
    return node.stored


def _names(nodes: Sequence[Node]) -> list[str]:
    """The equations behind nodes, and behind what is computed for them on the way."""
    found: dict[str, None] = {}
    seen: set[Node] = set()
    stack = list(nodes)[::-1]
    while stack:
        x = stack.pop()
        if x in seen or (x.stored is not None and x not in nodes):
            continue
        seen.add(x)
        if x.source:
            found[x.source] = None
        stack.extend(x.args[::-1])
    return list(found)


def _free(a: Active) -> bool:
    """Whether the iterations of the loop over its next dim are independent but for sums."""
    d = a.rest[0]
    if a.item.role == "write":
        return bool(d.axis >= a.item.node.axis)
    return d.kind == "P" or (d.kind == "R" and a.item.role == "reduce" and not a.in_memory)


def _writes_out(group: Group) -> bool:
    """Whether what is left inside the loop is written out, so that the loop itself makes the vectors.

    That is for rows too short to fill a vector, and for few entries in a long loop, of which some make others: what
    does not go through memory then is worth more than walking it in single steps.
    """
    extent = group.extent or 0
    inside = [[d.extent for d in a.rest[1:] if d.extent > 1] for a in group.actives]
    written = [size_of(dims) for dims in inside]
    if max(written) == 1 or sum(written) > WRITTEN:
        return False
    if all([not dims or dims[-1] < SHORT for dims in inside]):
        return extent >= SHORT and max(written) <= MATRICES
    if extent < max(LONG, max(written)) or max(written) > SCALARS:
        return False
    return not all([_is_lone(a, group) for a in group.actives])


def _is_lone(a: Active, group: Group) -> bool:
    """Whether loops over the item's rows lose nothing: it reads the same entries of others, if any, as it makes."""
    return a.item.role in _COPIES and all([
        x is a or (x.item.role in _COPIES and _same_entry(a, x) and _same_entry(x, a)) or not _are_linked(a, x)
        for x in group.actives
    ])  # fmt: skip


def _made(x: Node) -> Node:
    """The stored node behind a node that is read."""
    return x.args[0] if x.kind == "part" else x


def _are_linked(a: Active, b: Active) -> bool:
    """Whether one of two items reads the other's entries."""
    return a.item.node in map(_made, b.item.reads) or b.item.node in map(_made, a.item.reads)


def _same_entry(reader: Active, made: Active) -> bool:
    """Whether an item reads no other entry of what another makes than its own."""
    own, _ = reader.item.places([Index(0, ((v, 1),)) for v in reader.item.trial])
    return all([places == {own} for x, places in reader.item.reads.items() if _made(x) is made.item.node])


def _parted(group: Group) -> list[Group]:
    """The group; if its loop would be written out, without items that lose nothing in loops over their rows."""
    if not _writes_out(group):
        return [group]
    apart = [a for a in group.actives if a.rest[1:] and a.rest[-1].extent >= SHORT and _is_lone(a, group)]
    rest: list[Active] = []
    while len(rest) + len(apart) != len(group.actives) or any(_are_linked(a, x) for a in apart for x in rest):
        rest = [a for a in group.actives if a not in apart]
        apart = [a for a in apart if not any([_are_linked(a, x) for x in rest])]
    return [replace(group, actives=part) for part in (rest, apart) if part]


def _is_small(a: Active, limit: int) -> bool:
    return a.item.role not in ("step", "write") and bool(a.rest) and size_of([d.extent for d in a.rest]) <= limit


# Roles that make one entry by itself.
_COPIES = ("map", "copy", "row", "join")
# Roles whose entries are known where they were computed.
_ENTRIES = ("map", "reduce", "running", "arg")


def _follows(producer: Active, a: Active, places: set[Place], group: Group) -> bool:
    """Whether the item may run in the same loop as a producer of what it reads."""
    if group.scalar or group.extent is None:
        return producer.item.role in _ENTRIES and (not a.rest or (group.scalar and _is_small(a, STRAIGHT)))
    if producer.item.role not in _ENTRIES or not a.rest:
        return False
    d = producer.rest[0]
    if d.kind != "P":
        return False
    mine = Index(0, ((a.item.trial[len(a.at)], 1),))
    return all([place and place[d.axis] == mine for place in places])


def _is_alone(a: Active, small: bool) -> bool:
    """Whether no other item may be in the same loop."""
    ordered = bool(a.rest) and not small and (a.rest[0].kind == "S" or a.item.role == "arg")
    return a.item.role == "step" or ordered


def _joins(group: Group, a: Active, extent: int | None, small: bool) -> bool:
    if group.alone or _is_alone(a, small) or len(group.actives) >= CROWDED:
        return False
    if small or group.scalar:
        return small and group.scalar
    if extent is None or group.extent is None:
        return extent is None and group.extent is None
    return extent == group.extent or (min(extent, group.extent) >= LONG and abs(extent - group.extent) <= NEARLY)
