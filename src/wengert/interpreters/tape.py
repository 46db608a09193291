"""Reverse accumulation: nodes of the tape, and the sweep backwards over them.

    forward                             the tape                         backward
    z = x * y    ── MulBackward0 ── edges (x's node, y's node)     ḡx += ḡz · y      saved: y
                                    saved ((y,), (x,))             ḡy += ḡz · x      saved: x

A node holds data only (op, params, edges, saved values), so it can be printed, drawn, differentiated again
and replayed. Nodes are numbered as they are created; a node is younger than everything it depends on. The
sweep therefore takes the youngest pending node from a heap: by then every contribution to it has arrived.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from wengert.core.apply import NO_PARAMS, Box, read
from wengert.core.array import Array
from wengert.core.op import Formula, Op
from wengert.errors import FreedGraph, WengertError, explain, user_line

__all__ = ["AccumulateGrad", "Extra", "Handle", "Mode", "Node", "Port", "leaf", "mode", "sweep"]

# Counting down, because heapq takes the smallest: the youngest node has the smallest order.
next_order = itertools.count(0, -1).__next__

Wrap = Callable[[Any, "Node"], Any]


class Mode(threading.local):
    """What this thread records. A tape born before `floor` is at rest: `no_grad` raises it to now."""

    _floor: int = 0
    _noting: bool = False
    plain: bool = True  # floor is 0 and noting is off: the eager tape may take its shortest way
    pack: tuple[Callable[[Any], Any], Callable[[Any], Any]] | None = None
    anomaly: bool = False
    check_nan: bool = True
    inference: bool = False

    @property
    def floor(self) -> int:
        """Tapes with a smaller level do not record."""
        return self._floor

    @floor.setter
    def floor(self, level: int) -> None:
        self._floor = level
        self.plain = level == 0 and not self._noting

    @property
    def noting(self) -> bool:
        """Whether new nodes are to be annotated: anomaly or pack is set."""
        return self._noting

    @noting.setter
    def noting(self, noting: bool) -> None:
        self._noting = noting
        self.plain = self._floor == 0 and not noting


mode = Mode()


class Hooks(dict[int, Any]):
    """Hooks by the id of their handle, in order of registration."""

    __slots__ = ("__weakref__",)


class Handle:
    """What a registration of a hook returns: `remove()` takes the hook back; usable with ``with``."""

    def __init__(self, hooks: Hooks, hook: Any) -> None:
        self.id = next(_hook_ids)
        self._hooks = weakref.ref(hooks)
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook back; does nothing the second time."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


_hook_ids = itertools.count()


def as_tensor(x: Any) -> Any:
    """A value of the sweep as users see it: a tensor."""
    if isinstance(x, tuple):
        return tuple(as_tensor(y) for y in x)
    return x if x is None or isinstance(x, Box) else Array.constant(x)


def as_value(x: Any) -> Any:
    """What users gave as the sweep computes with it: the bare array of a tensor whose tape does not record."""
    if isinstance(x, tuple | list):
        return tuple(as_value(y) for y in x)
    if isinstance(x, Array):
        return as_value(read(x)) if not x.tracked or x.level < mode.floor else x
    return x if x is None or isinstance(x, Box) else np.asarray(x)[()]


def on_tensors(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook of the sweep from one that takes and gives tensors."""
    return lambda *args: as_value(hook(*[as_tensor(a) for a in args]))


class Extra:
    """What few nodes have: hooks, the unpacking of saved values, the stack of their creation, notes."""

    __slots__ = ("capture", "metadata", "post", "pre", "tensor_hooks", "trace", "unpack")

    def __init__(self) -> None:
        self.tensor_hooks = Hooks()
        self.capture = Hooks()
        self.pre = Hooks()
        self.post = Hooks()
        self.unpack: Callable[[Any], Any] | None = None
        self.trace: str | None = None
        self.metadata: dict[str, Any] = {}


class Node:
    """One recorded op. Its class is made for its op and carries the name PyTorch users know it by."""

    __slots__ = ("__dict__", "__weakref__", "dtype", "edges", "order", "rules", "saved", "shape")
    op: ClassVar[Op]
    special: ClassVar[bool] = False  # its adjoints are more than one call per edge
    in_place: ClassVar[bool] = False  # it has adjoints that work in place
    specs: Any = ()  # shapes and dtypes of several results
    shape: Any
    dtype: Any
    order: int
    edges: tuple[Node, ...]  # of the tracked operands, in order
    rules: tuple[Formula, ...]  # one per edge
    saved: tuple[tuple[Any, ...], ...] | None  # what each rule reads; None once freed

    # What most nodes of the eager tape leave as it is lives in the instance's dict only where it differs.
    level: int = 0
    params: Mapping[str, Any] = NO_PARAMS
    extra: Extra | None = None

    def __init__(self, edges: Any, rules: Any, saved: Any, shape: Any, dtype: Any) -> None:
        self.edges = edges
        self.rules = rules
        self.saved = saved
        self.shape = shape
        self.dtype = dtype
        self.order = next_order()

    def name(self) -> str:
        """The node's name, such as ``MulBackward0``."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Per operand the node that made it and which of its outputs it is; ``(None, 0)`` if untracked."""
        if not self.edges:
            return ()
        found: dict[int, tuple[Node | None, int]] = {
            rule.position: edge.as_next() for rule, edge in zip(self.rules, self.edges, strict=True)
        }
        count = max(len(self.op.names) if not self.op.variadic else 0, 1 + max(found))
        return tuple(found.get(i, (None, 0)) for i in range(count))

    def as_next(self) -> tuple[Node, int]:
        """This node as an entry of `next_functions`."""
        return self, 0

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """Every array that this node keeps for the sweep, once."""
        args = {id(a): a for some in self.saved or () for a in some if isinstance(a, np.ndarray)}
        return tuple(args.values())

    def more(self) -> Extra:
        """The node's extra notes, made when first asked for."""
        if self.extra is None:
            self.extra = Extra()
        return self.extra

    @property
    def metadata(self) -> dict[str, Any]:
        """A dict for the user's notes about this node."""
        return self.more().metadata

    def register_hook(self, hook: Callable[[tuple[Any, ...], tuple[Any, ...]], Any]) -> Handle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node's adjoints; it may return new grad_inputs."""
        return Handle(self.more().post, on_tensors(hook))

    def register_prehook(self, hook: Callable[[tuple[Any, ...]], Any]) -> Handle:
        """Call ``hook(grad_outputs)`` before this node's adjoints; it may return new grad_outputs."""
        return Handle(self.more().pre, on_tensors(hook))


class AccumulateGrad(Node):
    """The node of a leaf: here a gradient arrives."""

    __slots__ = ("owner",)
    owner: Any  # a weak reference to the tensor, or a function without result

    @property
    def variable(self) -> Any:
        """The leaf tensor whose gradient accumulates here (None when it is gone)."""
        return self.owner()


class Parts(tuple[Any, ...]):
    """The cotangents of an op with several results; None where none arrived yet."""

    __slots__ = ()
    shape = dtype = None

    def __add__(self, other: Any) -> Parts:
        return Parts(a if b is None else b if a is None else a + b for a, b in zip(self, other, strict=True))


class SeveralResults(Node):
    """A node of an op with several results."""

    __slots__ = ()


class Port(Node):
    """One result of an op with several: it hands its cotangent to the node as one of the Parts."""

    __slots__ = ("number",)
    number: int

    def as_next(self) -> tuple[Node, int]:
        """The parent and which of its results this is."""
        return self.edges[0], self.number


def _to_parts(g: Any, number: int, count: int) -> Parts:
    return Parts(g if n == number else None for n in range(count))


_TO_PARTS = Formula(_to_parts, ("number", "count"), 0)
_IDENTITY_OP = Op("result", lambda x: x, "linear", "x", torch="Result")
Port.op = AccumulateGrad.op = _IDENTITY_OP
Port.special = True


def leaf(shape: Any, dtype: Any, level: int, owner: Any) -> AccumulateGrad:
    """A node for a new leaf."""
    node = AccumulateGrad((), (), (), shape, dtype)
    node.level, node.owner = level, owner
    return node


def port(parent: Node, number: int, count: int, value: Any) -> Port:
    """The node of result `number` of `parent`."""
    node = Port((parent,), (_TO_PARTS,), ((number, count),), value.shape, value.dtype)
    node.level, node.number = parent.level, number
    return node


def node_type(op: Op, name: str) -> type[Node]:
    """The class of the nodes of an op under that name."""
    in_place = op.into is not None or op.reuse is not None
    special = in_place or op.joint_vjp is not None or op.outputs != 1
    base = SeveralResults if op.outputs != 1 else Node
    columns = {"__slots__": (), "op": op, "special": special, "in_place": in_place}
    made = type(f"{name}Backward0", (base,), columns)
    made.__module__ = __name__
    return made


# --- the sweep --------------------------------------------------------------------------------------------


def needed_for(roots: Iterable[Node], targets: set[Node]) -> set[Node]:
    """The nodes reachable from the roots that lead to one of the targets, these included."""
    oldest = max((t.order for t in targets), default=0)
    parents: dict[Node, list[Node]] = {}
    seen = set(roots)
    stack = list(seen)
    while stack:
        node = stack.pop()
        for target in node.edges:
            if target.order > oldest:
                continue  # older than every target: nothing below leads to one
            parents.setdefault(target, []).append(node)
            if target not in seen:
                seen.add(target)
                stack.append(target)
    needed = targets & seen
    stack = list(needed)
    while stack:
        for node in parents.get(stack.pop(), ()):
            if node not in needed:
                needed.add(node)
                stack.append(node)
    return needed


def sweep(
    roots: Sequence[tuple[Node, Any]],
    *,
    keep: bool,
    wrap: Wrap | None = None,
    targets: set[Node] | None = None,
) -> dict[Node, Any]:
    """Walk from the roots, given with their cotangents, to the leaves; the cotangents of those reached.

    keep: leave saved values in place, for another sweep. wrap: turns a saved value and its node into a
    tracked tensor again, so that the sweep itself is recorded (``create_graph``). targets: collect these
    nodes, leaves or not, and visit only what leads to them.
    """
    if targets is not None:
        needed = needed_for([node for node, _ in roots], targets)
        roots = [(node, g) for node, g in roots if node in needed]
        pending = _Pending(needed)
    else:
        pending = _Pending(None)
    found: dict[Node, Any] = {}
    for node, g in roots:
        pending.send(node, g)
    general = wrap is not None or targets is not None or mode.anomaly
    entries, heap = pending.entries, pending.heap
    waiting, push, pop = entries.get, heapq.heappush, heapq.heappop
    # Partials of masked-out entries may be infinite; the interpreter drops them (singular rows).
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        while heap:
            node, g = entries.pop(pop(heap))
            saved = node.saved
            if general or node.special or node.extra is not None or saved is None:
                _visit(node, g, pending, wrap, targets, found)
                if not keep:
                    free(node)
                continue
            # The hot path: `send`, written out.
            saves = False
            for target, rule, args in zip(node.edges, node.rules, saved):  # noqa: B905
                c = rule.function(g, *args)
                if c.shape != target.shape:
                    c = unbroadcast(c, target.shape)
                if c.dtype is not target.dtype and c.dtype != target.dtype:
                    c = cast(c, target.dtype)
                order = target.order
                entry = waiting(order)
                if entry is not None:
                    entry[1] = entry[1] + c
                else:
                    entries[order] = [target, c]
                    if target.edges:
                        push(heap, order)
                    else:
                        pending.leaves.append(order)
                if rule.saves:
                    saves = True
            if saves and not keep:
                node.saved = None
    # Leaves lead nowhere, so they need no turn of their own: they are done when everything else is.
    for order in pending.leaves:
        node, g = entries[order]
        if node.extra is not None:
            g = _before(node, g, wrap)
        if targets is None or node in targets:
            found[node] = g
    return found


def _visit(
    node: Node, g: Any, pending: _Pending, wrap: Wrap | None, targets: set[Node] | None, found: dict[Node, Any]
) -> None:
    """Hand on the cotangent of a node that is not of the plain kind."""
    if node.extra is not None:
        g = _before(node, g, wrap)
    if targets is not None and node in targets:
        found[node] = g
    saved = node.saved
    if saved is None:
        raise _freed(node)
    if wrap is None and node.extra is None and node.in_place and type(g) is np.ndarray:
        _pull_in_place(node, g, saved, pending)
        return
    for target, c in zip(node.edges, _pull(node, g, saved, wrap), strict=True):
        pending.send(target, c)


def free(node: Node) -> None:
    """Let go of what a node saved, if it saved any value."""
    if any([rule.saves for rule in node.rules]):
        node.saved = None


class _Pending:
    """The cotangents that wait for their node's turn, by the node's order."""

    def __init__(self, needed: set[Node] | None) -> None:
        self.needed = needed
        self.entries: dict[int, list[Any]] = {}
        self.heap: list[int] = []
        self.leaves: list[int] = []
        self.owned: set[int] = set()  # orders whose cotangent is a buffer that nobody else refers to

    def send(self, target: Node, c: Any) -> None:
        """Add a contribution to the cotangent of a node; None is the zero."""
        if c is None or (self.needed is not None and target not in self.needed):
            return
        if c.shape != target.shape:
            c = unbroadcast(c, target.shape)
        if c.dtype is not target.dtype and c.dtype != target.dtype:
            c = cast(c, target.dtype)
        entry = self.entries.get(target.order)
        if entry is None:
            self._enter(target, c)
        else:
            entry[1] = entry[1] + c

    def _enter(self, target: Node, c: Any) -> None:
        self.entries[target.order] = [target, c]
        if target.edges:
            heapq.heappush(self.heap, target.order)
        else:
            self.leaves.append(target.order)

    def accumulator(self, target: Node) -> Any:
        """The target's cotangent as a buffer that may be added to in place."""
        order = target.order
        entry = self.entries.get(order)
        if entry is None:
            self._enter(target, np.zeros(target.shape, target.dtype))
        elif order not in self.owned:
            entry[1] = np.array(entry[1])
        self.owned.add(order)
        return self.entries[order][1]


def _pull_in_place(node: Node, g: Any, saved: Any, pending: _Pending) -> None:
    """Adjoints that touch a small part of a large array: reading x[i] and writing y[i] = v.

    Their plain rules make a whole array of zeros, or copy one, per entry; here the entry is added to the
    target's accumulator, and the cotangent of a written array goes on to the array before the write.
    """
    op = node.op
    owned = node.order in pending.owned
    pending.owned.discard(node.order)
    if op.into is not None:
        (target,) = node.edges
        if pending.needed is None or target in pending.needed:
            op.into(pending.accumulator(target), cast(g, target.dtype), *saved[0])
        return
    assert op.reuse is not None
    if not owned:
        g = g.copy()
    for target, rule, args in zip(reversed(node.edges), reversed(node.rules), reversed(saved), strict=True):
        fresh = target.order not in pending.entries
        pending.send(target, op.reuse(g, rule.position, *args))
        if rule.position == 0 and fresh and g.dtype == target.dtype:
            pending.owned.add(target.order)


def _pull(node: Node, g: Any, saved: Any, wrap: Wrap | None) -> list[Any]:
    """The contribution to each edge in full generality: packed values, hooks, joint rules, recording."""
    extra = node.extra
    if isinstance(g, Parts):
        g = tuple(_zeros(*spec) if part is None else part for part, spec in zip(g, node.specs, strict=True))
    if extra is not None and extra.unpack is not None:
        saved = [_unpacked(rule, args, extra.unpack) for rule, args in zip(node.rules, saved, strict=True)]
    if wrap is not None:
        saved = [_rewrapped(node, rule, args, wrap) for rule, args in zip(node.rules, saved, strict=True)]
    if node.op.joint_vjp is not None:
        every = node.op.joint_vjp(g, node, saved[0])
        out = [every[rule.position] for rule in node.rules]
    else:
        out = [rule.function(g, *args) for rule, args in zip(node.rules, saved, strict=True)]
    if mode.anomaly and mode.check_nan:
        _refuse_nan(node, g, out)
    if extra is not None and extra.post:
        out = _after(node, g, out, extra.post)
    return out


def _zeros(shape: Any, dtype: Any) -> Any:
    return np.broadcast_to(np.zeros((), dtype), shape)


def _map_saved(rule: Formula, args: tuple[Any, ...], change: Callable[[Any, int], Any]) -> tuple[Any, ...]:
    """The arguments of a rule with every saved value, and the operand (-1: result) it was, sent through `change`."""
    out = []
    for source, arg in zip(rule.sources, args, strict=True):
        if source in ("others", "values"):
            skip = rule.position if source == "others" else len(arg)
            positions = [n if n < skip else n + 1 for n in range(len(arg))]
            out.append(tuple(change(a, n) for a, n in zip(arg, positions, strict=True)))
        elif source == "value" or isinstance(source, int):
            out.append(change(arg, rule.position if source == "value" else source))
        else:
            out.append(arg)
    return tuple(out)


def _unpacked(rule: Formula, args: tuple[Any, ...], unpack: Callable[[Any], Any]) -> tuple[Any, ...]:
    def change(a: Any, position: int) -> Any:
        if isinstance(a, tuple):
            return tuple(change(x, position) for x in a)
        return unpack(a.content) if isinstance(a, Packed) else a

    return _map_saved(rule, args, change)


class Packed:
    """What a saved-tensor hook made of a saved value."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        self.content = content


def pack_saved(rule: Formula, args: tuple[Any, ...], pack: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The arguments of a rule with every saved array packed."""

    def change(a: Any, position: int) -> Any:
        if isinstance(a, tuple):
            return tuple(change(x, position) for x in a)
        return Packed(pack(a)) if isinstance(a, np.ndarray | np.generic) else a

    return _map_saved(rule, args, change)


def _rewrapped(node: Node, rule: Formula, args: tuple[Any, ...], wrap: Wrap) -> tuple[Any, ...]:
    """Saved values as the tracked tensors that they were, so that rules differentiate through them."""
    edges = {r.position: edge for r, edge in zip(node.rules, node.edges, strict=True)}

    def change(a: Any, position: int) -> Any:
        if position == -1:
            if isinstance(a, tuple):
                return tuple(wrap(x, port(node, n, len(a), x)) for n, x in enumerate(a))
            return wrap(a, node)
        return wrap(a, edges[position]) if position in edges else a

    return _map_saved(rule, args, change)


def unbroadcast(c: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which an operand of this shape was broadcast; a smaller `c` is spread out."""
    extra = len(c.shape) - len(shape)
    if extra > 0:
        c = c.sum(axis=tuple(range(extra)))
    axes = tuple([n for n, (have, want) in enumerate(zip(c.shape, shape, strict=False)) if want == 1 != have])
    if axes and extra >= 0:
        c = c.sum(axis=axes, keepdims=True)
    return c if c.shape == shape else np.broadcast_to(c, shape)


def cast(c: Any, dtype: Any) -> Any:
    """`c` in the dtype of the value it belongs to; a real value takes the real part."""
    if c.dtype.kind == "c" and dtype.kind != "c":
        c = c.real
    return c.astype(dtype, copy=False)


# --- hooks, errors ----------------------------------------------------------------------------------------


def _before(node: Node, g: Any, wrap: Wrap | None) -> Any:
    """Run the hooks that see a cotangent before its node does: tensor hooks, node pre-hooks, captures."""
    extra = node.extra
    assert extra is not None
    for hook in list(extra.tensor_hooks.values()):
        changed = hook(g)
        g = g if changed is None else changed
    for hook in list(extra.pre.values()):
        changed = hook(tuple(g) if isinstance(g, Parts) else (g,))
        if changed is not None:
            g = Parts(changed) if isinstance(g, Parts) else changed[0]
    for hook in list(extra.capture.values()):
        hook(g)
    return g


def _after(node: Node, g: Any, out: list[Any], hooks: Hooks) -> list[Any]:
    """Run the node's hooks on (grad_inputs, grad_outputs); grad_inputs has one entry per operand."""
    positions = [rule.position for rule in node.rules]
    for hook in list(hooks.values()):
        count = len(node.next_functions)
        full: list[Any] = [None] * count
        for position, c in zip(positions, out, strict=True):
            full[position] = c
        changed = hook(tuple(full), g if isinstance(g, tuple) else (g,))
        if changed is not None:
            out = [changed[position] for position in positions]
    return out


def _freed(node: Node) -> FreedGraph:
    return FreedGraph(
        explain(
            f"{node.name()} was walked backwards a second time, at {user_line()}; its saved values are freed.",
            "A backward pass frees what the forward pass saved, so that memory is returned as early as possible.",
            "Write backward(retain_graph=True) the first time, or compute the loss again.",
        )
    )


def _refuse_nan(node: Node, g: Any, out: list[Any]) -> None:
    for n, c in enumerate(out):
        if c is not None and np.any(np.isnan(np.asarray(c, dtype=complex if c.dtype.kind == "c" else float))):
            where = node.extra.trace if node.extra is not None and node.extra.trace else "outside anomaly mode"
            raise AnomalyDetected(
                explain(
                    f"Function {node.name()} returned nan values in its {n}th output.",
                    f"The op was recorded at {where}.",
                    "Look at that line: 0/0, inf - inf, or the derivative of sqrt or log at 0.",
                )
            )


class AnomalyDetected(WengertError, RuntimeError):
    """A NaN was born in a backward pass under anomaly mode."""
