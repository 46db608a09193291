"""The tape of reverse accumulation: its nodes, what they save, and what this thread records.

    forward                             the tape                         backward
    z = x * y    ── MulBackward0 ── edges (x's node, y's node)     ḡx += ḡz · y      saved: y
                                    saved ((y,), (x,))             ḡy += ḡz · x      saved: x

A node holds data only (op, params, edges, saved values), so it can be printed, drawn, differentiated again
and replayed. Nodes are numbered as they are created; a node is younger than everything it depends on.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wengert.core.apply import NO_PARAMS, Box, read
from wengert.core.array import Array
from wengert.core.formula import Formula
from wengert.core.op import Op
from wengert.interpreters.guards import Guard

__all__ = [
    "FORK",
    "LEAF",
    "STEP",
    "AccumulateGrad",
    "Extra",
    "Fork",
    "Handle",
    "Hooks",
    "Mode",
    "Node",
    "Packed",
    "Parts",
    "Port",
    "Special",
    "SpecialStep",
    "Step",
    "Wrap",
    "as_tensor",
    "as_value",
    "leaf",
    "map_saved",
    "mode",
    "next_order",
    "node_types",
    "on_tensors",
    "pack_saved",
    "port",
    "unpack_saved",
]

# Counting down, because heapq takes the smallest: the youngest node has the smallest order.
next_order = itertools.count(0, -1).__next__

Wrap = Callable[[Any, "Node"], Any]


class Mode(threading.local):
    """What this thread records. A tape born before `floor` is at rest: `no_grad` raises it to now."""

    _floor: int = 0
    _noting: bool = False
    _traced: bool = False
    plain: bool = True  # floor is 0, nothing is noted or traced: the eager tape may take its shortest way
    # Saved-tensor hooks, and when they were set: a tape that is born and swept inside is none of their business.
    pack: tuple[Callable[[Any], Any], Callable[[Any], Any], int] | None = None
    anomaly: bool = False
    check_nan: bool = True
    inspect: Callable[..., None] | None = None  # sees (node, rule, g, args, contribution) of every rule in a sweep
    line: str = ""  # of the op whose rule runs: what a sweep records for inspect comes of that line
    inference: bool = False

    @property
    def floor(self) -> int:
        """Tapes with a smaller level do not record."""
        return self._floor

    @floor.setter
    def floor(self, level: int) -> None:
        self._floor = level
        self.plain = level == 0 and not self._noting and not self._traced

    @property
    def noting(self) -> bool:
        """Whether new nodes are to be annotated: anomaly, pack or inspect is set."""
        return self._noting

    @noting.setter
    def noting(self, noting: bool) -> None:
        self._noting = noting
        self.plain = self._floor == 0 and not noting and not self._traced

    @property
    def traced(self) -> bool:
        """Whether the eager tape's values may be symbols, because a function is traced whole."""
        return self._traced

    @traced.setter
    def traced(self, traced: bool) -> None:
        self._traced = traced
        self.plain = self._floor == 0 and not self._noting and not traced


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
    return x if x is None or (isinstance(x, Box) and x.level >= 0) else Array.constant(x)


def as_value(x: Any) -> Any:
    """What users gave as the sweep computes with it: the bare array of a tensor whose tape does not record."""
    if isinstance(x, tuple | list):
        return tuple(as_value(y) for y in x)
    if isinstance(x, Array) and x.level >= 0:
        return as_value(read(x)) if not x.tracked or x.level < mode.floor else x
    return x if x is None or isinstance(x, Box) else np.asarray(x)[()]


def on_tensors(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook of the sweep from one that takes and gives tensors."""
    return lambda *args: as_value(hook(*[as_tensor(a) for a in args]))


class Extra:
    """What few nodes have: hooks, the unpacking of saved values, the stack of their creation, notes."""

    __slots__ = ("capture", "guards", "metadata", "post", "pre", "tensor_hooks", "trace", "unpack")

    def __init__(self) -> None:
        self.tensor_hooks = Hooks()
        self.capture = Hooks()
        self.pre = Hooks()
        self.post = Hooks()
        self.unpack: Callable[[Any], Any] | None = None
        self.trace: str | None = None
        self.guards: list[Guard] = []
        self.metadata: dict[str, Any] = {}

    @property
    def watched(self) -> bool:
        """Whether somebody sees what passes here, and is to see it once."""
        return bool(self.unpack or self.tensor_hooks or self.capture or self.pre or self.post)


# What the sweep has to do at a node.
LEAF, STEP, FORK, SPECIAL = range(4)


class Node:
    """One recorded op. Its class is made for its op and carries the name PyTorch users know it by.

    Most nodes have one edge: a Step. It keeps its edge, rule and saved values in attributes of its own, without
    tuples around them, which is faster and leaves less to Python's garbage collector. The others are Forks.
    """

    __slots__ = ("__dict__", "__weakref__", "dtype", "kind", "level", "order", "params", "shape")
    op: ClassVar[Op]
    in_place: ClassVar[bool] = False  # it has adjoints that work in place
    materialize: bool = True  # of several results: rules see zeros, not None, where nothing arrived
    specs: Any = ()  # shapes and dtypes of several results
    extra: Extra | None = None  # rare, so it lives in the instance's dict
    inner = False  # part of a recorded sweep behind a mask; as rare
    shape: Any
    dtype: Any
    kind: int
    level: int
    order: int
    params: Mapping[str, Any]

    if TYPE_CHECKING:
        edges: tuple[Node, ...]  # to the nodes of the tracked operands, in order
        rules: tuple[Formula, ...]  # one per edge
        saved: tuple[tuple[Any, ...], ...] | None  # what each rule reads; None once freed

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
            self.kind = self.kind and SPECIAL
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


class Step(Node):
    """A node with one edge."""

    __slots__ = ("args", "rule", "target")

    def __init__(
        self,
        target: Node,
        rule: Formula,
        args: tuple[Any, ...] | None,
        shape: Any,
        dtype: Any,
        params: Mapping[str, Any] = NO_PARAMS,
        level: int = 0,
    ) -> None:
        self.target = target
        self.rule = rule
        self.args = args
        self.shape = shape
        self.dtype = dtype
        self.params = params
        self.level = level
        self.order = next_order()
        self.kind = STEP

    if not TYPE_CHECKING:

        @property
        def edges(self):
            """The edge, as a tuple."""
            return (self.target,)

        @property
        def rules(self):
            """The rule, as a tuple."""
            return (self.rule,)

        @property
        def saved(self):
            """What the rule reads, as a tuple; None once freed."""
            return None if self.args is None else (self.args,)

        @saved.setter
        def saved(self, saved):
            self.args = None if saved is None else saved[0]


class SpecialStep(Step):
    """A Step whose adjoint is not just a call of its rule."""

    __slots__ = ()

    def __init__(self, *args: Any) -> None:
        Step.__init__(self, *args)
        self.kind = SPECIAL


class Fork(Node):
    """A node with any number of edges."""

    __slots__ = ("edges", "rules", "saved")

    def __init__(
        self,
        edges: tuple[Node, ...],
        rules: tuple[Formula, ...],
        saved: tuple[tuple[Any, ...], ...] | None,
        shape: Any,
        dtype: Any,
        params: Mapping[str, Any] = NO_PARAMS,
        level: int = 0,
    ) -> None:
        self.edges = edges
        self.rules = rules
        self.saved = saved
        self.shape = shape
        self.dtype = dtype
        self.params = params
        self.level = level
        self.order = next_order()
        self.kind = FORK


class AccumulateGrad(Fork):
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


class Special(Fork):
    """A Fork whose adjoints are not just one call of a rule per edge."""

    __slots__ = ()

    def __init__(self, *args: Any) -> None:
        Fork.__init__(self, *args)
        self.kind = SPECIAL


class Port(Special):
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


def leaf(shape: Any, dtype: Any, level: int, owner: Any) -> AccumulateGrad:
    """A node for a new leaf."""
    node = AccumulateGrad((), (), (), shape, dtype)
    node.level, node.owner, node.kind = level, owner, LEAF
    return node


def port(parent: Node, number: int, count: int, value: Any) -> Port:
    """The node of result `number` of `parent`."""
    node = Port((parent,), (_TO_PARTS,), ((number, count),), value.shape, value.dtype)
    node.level, node.number = parent.level, number
    return node


def node_types(op: Op, name: str) -> tuple[type[Step], type[Fork]]:
    """The classes of the nodes of an op under that name: with one edge, and with several."""
    in_place = op.into is not None or op.reuse is not None
    special = in_place or op.masks or op.joint_vjp is not None or op.outputs != 1
    columns = {"__slots__": (), "op": op, "in_place": in_place, "__module__": __name__}
    bases = (SpecialStep, Special) if special else (Step, Fork)
    step, fork = (type(f"{name}Backward0", (base,), columns) for base in bases)
    return step, fork


# --- saved values -----------------------------------------------------------------------------------------


def map_saved(rule: Formula, args: tuple[Any, ...], change: Callable[[Any, int], Any]) -> tuple[Any, ...]:
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


class Packed:
    """What a saved-tensor hook made of a saved value."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        self.content = content


def pack_saved(rule: Formula, args: tuple[Any, ...], pack: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The arguments of a rule with every saved array packed."""
    return map_saved(rule, args, lambda a, _: _packed(a, pack))


# A function of the module: one that called itself from within `pack_saved` would be a reference cycle, which keeps
# what it packs alive until Python's garbage collector comes by.
def _packed(a: Any, pack: Callable[[Any], Any]) -> Any:
    if isinstance(a, tuple):
        return tuple([_packed(x, pack) for x in a])
    return Packed(pack(a)) if isinstance(a, np.ndarray | np.generic) else a


def unpack_saved(rule: Formula, args: tuple[Any, ...], unpack: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The arguments of a rule with what was packed as it was."""
    return map_saved(rule, args, lambda a, _: _unpacked(a, unpack))


def _unpacked(a: Any, unpack: Callable[[Any], Any]) -> Any:
    if isinstance(a, tuple):
        return tuple([_unpacked(x, unpack) for x in a])
    return unpack(a.content) if isinstance(a, Packed) else a
