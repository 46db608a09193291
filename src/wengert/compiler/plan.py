"""From a graph to a program: which equations have a native form, which arrays are stored, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.contract import contract
from wengert.compiler.loops import Block, Buffer, Program, code_of
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, size_of
from wengert.compiler.lower.products import large_products, needs_copy
from wengert.compiler.lower.table import LOWERINGS, STRUCTURED
from wengert.compiler.schedule import Scheduler
from wengert.interpreters.record import Equation, Variable
from wengert.spec import spec

__all__ = ["Plan", "lowered", "same"]

EXPENSIVE = 12.0  # operations per entry above which an entry is not computed twice
MANY, CHEAP = 8, 3.0  # where an entry is asked for that often, fewer operations are enough
DEEP = 500.0  # and above which it is stored in any case, so that expressions stay short


class Plan(Scheduler):
    """What a program being written has so far: its constants and its temporaries."""

    def __init__(self, name: str) -> None:
        super().__init__(Builder())
        self.name = name
        self._serial = 0
        self.temps: list[Buffer] = []
        self.alive: list[Any] = []  # constants known by their id must not die
        self.done: set[Node] = set()  # nodes whose statements are written, or about to be
        self._constants: dict[int, Node] = {}

    # --- leaves -------------------------------------------------------------------------------------------------

    def constant(self, x: Any) -> Node | None:
        """The node of an array or a number that the graph holds; None if native code does not know its type."""
        if id(x) in self._constants:
            return self._constants[id(x)]
        array = np.asarray(x)
        code = code_of(array.dtype)
        if code is None:
            return None
        flat = array.ravel() if array.dtype.isnative else array.ravel().astype(array.dtype.newbyteorder("="))
        if flat.size and _uniform(flat):
            node = number(array.shape, code, flat[0])
        else:
            self._serial += 1
            buffer = Buffer(f"c{self._serial}", code, flat.size, "const", np.ascontiguousarray(flat))
            node = Node("leaf", array.shape, code, stored=buffer)
        self.alive.append(x)
        self._constants[id(x)] = node
        return node

    def temp(self, node: Node) -> Buffer:
        """A new temporary for a node."""
        buffer = Buffer(f"t{len(self.temps)}", node.code, node.size, "temp")
        self.temps.append(buffer)
        return buffer

    # --- the whole ----------------------------------------------------------------------------------------------

    def statements(self, results: Sequence[Node]) -> Block:
        """The statements that compute these nodes, which have their buffers."""
        order = topological(results, self.done)
        self.done.update(order)
        large_products(order)
        for node in list(_stored(order)):
            if node.stored is None and node.kind != "step":
                node.stored = self.temp(node)
        for node in order:
            for x in needs_copy(node, self.b) if node.kind == "gemm" else ():
                x.stored = self.temp(x)
        return self.program([x for x in order if x.kind == "step" or (x.stored and x.kind not in ("leaf", "part"))])

    def finish(self, inputs: list[Buffer], outputs: list[Buffer], body: Block) -> Program:
        """The program, without what nobody reads."""
        program = Program(self.name, inputs, outputs, [], self.temps, body, list(self.notes))
        contract(program)
        return program


def number(shape: tuple[int, ...], code: str, x: Any) -> Node:
    """An array of one number."""

    def rule(b: Builder, place: Place) -> Access:
        yield from ()
        return b.const(x, code)

    return as_map(shape, code, (), rule)


def _uniform(flat: Any) -> bool:
    """Whether all entries have the same bits."""
    return flat.size == 1 or bool((flat.view(np.uint8).reshape(flat.size, -1) == flat[:1].view(np.uint8)).all())


def same(x: Node) -> Node:
    """A copy of a node, for a result that has to lie in a buffer of its own."""

    def rule(b: Builder, place: Place) -> Access:
        v = yield x, place
        return v

    return as_map(x.shape, x.code, (x,), rule)


def lowered(plan: Plan, equations: Iterable[Equation], known: dict[Variable, Node]) -> list[Equation]:
    """Enter the nodes of the equations' results into `known`; the equations that have no native form are returned."""
    refused = []
    for e in equations:
        args = [known.get(x) if isinstance(x, Variable) else plan.constant(x) for x in e.operands]
        if None in args or not _lower(plan, e, args, known):
            refused.append(e)
    return refused


def _lower(plan: Plan, e: Equation, args: Sequence[Any], known: dict[Variable, Node]) -> bool:
    specs = [v.spec for v in e.results]
    if any(code_of(s.dtype) is None for s in specs):
        return False
    if e.op.name in STRUCTURED:
        out = STRUCTURED[e.op.name](plan, args, e.params)
    elif e.op.name in LOWERINGS:
        dtypes = [x.spec.dtype if isinstance(x, Variable) else x if _is_weak(x) else spec(x).dtype for x in e.operands]
        out = LOWERINGS[e.op.name](args, e.params, specs, dtypes)
    else:
        return False
    if out is None:
        return False
    for variable, node in zip(e.results, out if isinstance(out, tuple) else (out,), strict=True):
        node.source = node.source or f"{variable!r} = {e.op.name}"
        known[variable] = node
    return True


def _is_weak(x: Any) -> bool:
    return type(x) in (int, float, bool)


def topological(results: Sequence[Node], before: Iterable[Node] = ()) -> list[Node]:
    """The nodes that the results need, each after those it needs, without those that were there before."""
    order: list[Node] = []
    done: set[Node] = set(before)
    stack = [(x, False) for x in reversed(results)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in done:
            done.add(node)
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args) if a not in done)
    return order


def _stored(order: Sequence[Node]) -> Iterable[Node]:
    """The nodes to be stored: what is no map, what must be, and maps that would be computed more than once."""
    uses, repeats = _uses(order)
    cost: dict[Node, float] = {}
    for node in order:
        if node.kind in ("leaf", "part") or node.stored is not None:
            cost[node] = 0.0
            continue
        total = node.cost + sum([cost.get(a, 0.0) for a in node.args])
        costly = total >= (EXPENSIVE if repeats[node] < MANY else CHEAP) and uses[node] > 1
        if node.kind != "map" or node.forced or costly or total > DEEP:
            yield node
            total = 0.0
        cost[node] = total


def _uses(order: Sequence[Node]) -> tuple[Mapping[Node, int], Mapping[Node, float]]:
    """By how many an entry of a node is asked for (one that repeats it counts twice), and how often at most by one."""
    uses, repeats = dict.fromkeys(order, 0), dict.fromkeys(order, 1.0)
    for node in order:
        total = node.size * max(1, size_of(node.inner)) if node.kind != "step" else 0
        for a in [a for a in node.args if a in uses]:
            uses[a] += 2 if 0 < a.size < total else 1
            repeats[a] = max(repeats[a], total / max(a.size, 1))
    return uses, repeats
