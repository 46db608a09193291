"""The sweep: reverse accumulation over the nodes of a tape, from the youngest to the leaves.

    pending cotangents      ḡ(sum)        ḡ(mul)          ḡ(x), ḡ(y)
    youngest node           SumBackward → MulBackward →   leaves: found

A node is younger than everything it depends on, so the youngest pending node has all its contributions. It is
taken from a heap, hands a contribution to each of its edges, and lets go of what it saved.
"""

from __future__ import annotations

import functools
import heapq
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.formula import Formula
from wengert.errors import AnomalyDetected, FreedGraph, InvalidArgument, NotDifferentiable, explain, user_line
from wengert.interpreters.cotangents import Scattered, cast, place, unbroadcast
from wengert.interpreters.masked import has_nan, is_mask, jointly, name_inner, spared, strengthened, strong
from wengert.interpreters.parting import parted
from wengert.interpreters.tape import (
    SPECIAL,
    STEP,
    Hooks,
    Node,
    Parts,
    Wrap,
    map_saved,
    mode,
    next_order,
    port,
    unpack_saved,
)

__all__ = ["needed_for", "sweep"]


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
    nested: bool = False,
    again: int = 0,
    quiet: bool = False,
    masked: bool = False,
) -> dict[Node, Any]:
    """Walk from the roots, given with their cotangents, to the leaves; the cotangents of those reached.

    keep: leave saved values in place, for another sweep. wrap: turns a saved value and its node into a
    tracked tensor again, so that the sweep itself is recorded (``create_graph``). targets: collect these
    nodes, leaves or not, and visit only what leads to them. nested: the sweep is itself recorded.
    again: how often its result will be differentiated. quiet: no hook is to see it. masked: the cotangents come from
    behind a mask.

    A walk that ends with a NaN, or that a rule refuses, is repeated with care for zeros (`masked`); what was saved is
    let go of afterwards.
    """
    needed = None
    if targets is not None:
        needed = needed_for([node for node, _ in roots], targets)
        roots = [(node, g) for node, g in roots if node in needed]
    nested = nested or mode.traced or wrap is not None
    begun = next_order() if nested else 0
    again = again or (2 if wrap is not None and not quiet else 0)
    walk = _Pending(needed, roots, careful=mode.anomaly or mode.inspect is not None, nested=nested, again=again)
    walk.quiet, walk.strong = quiet, masked and nested
    try:
        found = _walk(roots, walk, wrap, targets)
    except (_NeedsCare, NotDifferentiable):
        if walk.careful:
            raise
        walk = _Pending(needed, roots, careful=True, nested=nested, again=again)
        walk.quiet, walk.strong = quiet, masked and nested
        found = _walk(roots, walk, wrap, targets)
    if walk.strong:
        name_inner(found.values(), begun)
    if not keep:
        free(walk.visited)
    return found


class _NeedsCare(BaseException):
    """A NaN came up in a walk that took no care; never seen by users."""


def _walk(
    roots: Sequence[tuple[Node, Any]], pending: _Pending, wrap: Wrap | None, targets: set[Node] | None
) -> dict[Node, Any]:
    found: dict[Node, Any] = {}
    for node, g in roots:
        pending.send(node, g)
    pending.general = wrap is not None or targets is not None or mode.anomaly or pending.careful or pending.strong
    entries, heap = pending.entries, pending.heap
    waiting, push, pop, done = entries.get, heapq.heappush, heapq.heappop, pending.visited.append
    # Partials of masked-out entries may be infinite; the interpreter drops them (singular rows).
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        while heap:
            node, g = entries.pop(pop(heap))
            if type(g) is Scattered:
                g = g.total(node)
            general = pending.general
            while node.kind == STEP and not general:
                # The hot path: `send`, written out.
                args = node.args
                if args is None:
                    raise _freed(node)
                rule, target = node.rule, node.target
                c = rule.function(g, *args)
                if c.shape != target.shape:
                    c = unbroadcast(c, target.shape)
                if c.dtype is not target.dtype and c.dtype != target.dtype:
                    c = cast(c, target.dtype)
                if rule.saves:
                    done(node)
                order = target.order
                if target.kind and (not heap or order < heap[0]):
                    node, g = target, c  # younger than all that is pending: it is next
                    continue
                entry = waiting(order)
                if entry is not None:
                    entry[1] = entry[1] + c
                else:
                    entries[order] = [target, c]
                    if target.kind:
                        push(heap, order)
                    else:
                        pending.leaves.append(order)
                break
            else:
                if node.kind == SPECIAL or general:
                    visited = _visit(node, g, pending, wrap, targets, found)
                else:
                    visited = _fork(node, g, pending)
                if visited and (node.kind != STEP or node.rule.saves):
                    done(node)
        # Leaves lead nowhere, so they need no turn of their own: they are done when everything else is.
        arrived = [entries[order] for order in pending.leaves]
        for entry in arrived:
            if type(entry[1]) is Scattered:
                entry[1] = entry[1].total(entry[0])
        if not pending.careful and any([has_nan(g) for g in (*[g for _, g in arrived], *found.values())]):
            raise _NeedsCare
    for node, g in arrived:
        if node.extra is not None and not pending.quiet:
            g = _before(node, g, wrap)
        if targets is None or node in targets:
            found[node] = g
    return found


def _fork(node: Node, g: Any, pending: _Pending) -> bool:
    """Hand on the cotangent of a node with several edges."""
    if node.saved is None:
        raise _freed(node)
    for target, rule, args in zip(node.edges, node.rules, node.saved, strict=True):
        pending.send(target, rule.function(g, *args))
    return True


def _take_care(pending: _Pending, g: Any) -> None:
    """From here on somebody watches, who is not to see the walk twice: if there is a NaN already, begin again now."""
    if not pending.careful:
        pending.careful = pending.general = True
        if has_nan(g) or any([has_nan(c) for _, c in pending.entries.values() if type(c) is not Scattered]):
            raise _NeedsCare


def _visit(
    node: Node, g: Any, pending: _Pending, wrap: Wrap | None, targets: set[Node] | None, found: dict[Node, Any]
) -> bool:
    """Hand on the cotangent of a node that is not of the plain kind; False if nobody wants it."""
    if node.extra is not None and node.extra.guards and not (pending.general or pending.nested or node.extra.watched):
        for guard in node.extra.guards:
            guard.check(node.name())
        return _fork(node, g, pending)
    if node.extra is not None and not pending.quiet:
        if node.extra.watched:
            _take_care(pending, g)
        g = _before(node, g, wrap)
    if targets is not None and node in targets:
        found[node] = g
    if pending.nested and not pending.strong and is_mask(node):
        pending.strong = pending.general = True
    if pending.needed is not None and pending.needed.isdisjoint(node.edges):
        return False
    saved = node.saved
    if saved is None:
        raise _freed(node)
    if wrap is None and node.extra is None and node.in_place:
        if isinstance(g, np.ndarray | np.generic):
            _pull_in_place(node, g, saved, pending)
            return True
        if node.op.into is not None and (where := place(saved[0])) is not None:
            pending.scatter(node.edges[0], where, node.rules[0], saved[0], g)
            return True
    for target, c in zip(node.edges, _pull(node, g, saved, wrap, pending), strict=True):
        pending.send(target, c)
    return True


def free(nodes: Iterable[Node]) -> None:
    """Let go of what the nodes saved, if they saved any value."""
    for node in nodes:
        if node.kind == STEP:  # it was passed on the hot path
            node.args = None  # type: ignore[attr-defined]
        elif any([rule.saves for rule in node.rules]):
            node.saved = None


class _Pending:
    """A walk: the cotangents that wait for their node's turn, by the node's order, and how it goes about."""

    def __init__(
        self, needed: set[Node] | None, roots: Sequence[tuple[Node, Any]], *, careful: bool, nested: bool, again: int
    ) -> None:
        self.needed = needed
        self.roots = roots
        self.again = again  # how often what it finds will be differentiated
        self.quiet = False  # no hook is to see it
        self.careful = careful  # NaNs are examined as they come
        self.nested = nested  # what it does is recorded
        self.strong = False  # behind a mask, and recorded
        self.general = False  # every node goes the long way
        self.visited: list[Node] = []
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
        if target.kind:
            heapq.heappush(self.heap, target.order)
        else:
            self.leaves.append(target.order)

    def plain(self, target: Node) -> bool:
        """Whether nothing but arrays has arrived for the target."""
        entry = self.entries.get(target.order)
        return entry is None or not isinstance(entry[1], Box | Scattered)

    def scatter(self, target: Node, place: Any, rule: Formula, args: Any, g: Any) -> None:
        """Add `rule(g, *args)`, which is zero but for a part of the target, to its cotangent."""
        if self.needed is not None and target not in self.needed:
            return
        entry = self.entries.get(target.order)
        if entry is None:
            self._enter(target, Scattered(None))
        elif type(entry[1]) is not Scattered:
            entry[1] = Scattered(entry[1])
        self.entries[target.order][1].put(place, rule, args, g)

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
        if pending.needed is not None and target not in pending.needed:
            return
        if pending.plain(target) and not any([isinstance(a, Box) for a in _flat(saved[0])]):
            op.into(pending.accumulator(target), cast(g, target.dtype), *saved[0])
        else:
            pending.send(target, node.rules[0].function(g, *saved[0]))
        return
    assert op.reuse is not None
    if not owned:
        g = np.array(g)
    for target, rule, args in zip(reversed(node.edges), reversed(node.rules), reversed(saved), strict=True):
        fresh = target.order not in pending.entries
        pending.send(target, op.reuse(g, rule.position, *args))
        if rule.position == 0 and fresh and g.dtype == target.dtype:
            pending.owned.add(target.order)


def _flat(args: Sequence[Any]) -> list[Any]:
    return [a for arg in args for a in (arg if isinstance(arg, tuple) else (arg,))]


def _pull(node: Node, g: Any, saved: Any, wrap: Wrap | None, pending: _Pending) -> list[Any]:
    """The contribution to each edge in full generality: packed values, hooks, joint rules, recording."""
    extra = node.extra
    if isinstance(g, Parts) and node.materialize:
        g = tuple(_zeros(*spec) if part is None else part for part, spec in zip(g, node.specs, strict=True))
    if extra is not None:
        for guard in extra.guards:
            guard.check(node.name())
    if extra is not None and extra.unpack is not None:
        saved = [unpack_saved(rule, args, extra.unpack) for rule, args in zip(node.rules, saved, strict=True)]
    if node.op.parting is not None:
        g = parted(node, g, saved[0], pending.roots, wrap, pending.again, functools.partial(_again, node))
    if wrap is not None:
        saved = [_rewrapped(node, rule, args, wrap) for rule, args in zip(node.rules, saved, strict=True)]
    pulled = list(zip(node.rules, saved, strict=True))
    if mode.inspect is not None and extra is not None:
        mode.line = extra.trace or ""
    try:
        if node.op.joint_vjp is not None:
            every = jointly(node, g, saved[0], pending.strong, pending.careful)
            out = [every[rule.position] for rule in node.rules]
        else:
            out = [_contribution(node, rule, g, args, pending) for rule, args in pulled]
            if pending.careful or pending.strong:  # what is recorded may hide a NaN that its derivatives have
                out = [
                    strengthened(node.op, rule, g, args, c, node.inner)
                    for (rule, args), c in zip(pulled, out, strict=True)
                ]
    except Exception as error:
        if extra is not None and extra.trace is not None:
            error.add_note(f"{node.name()} was recorded at {extra.trace}")
        raise
    finally:
        mode.line = ""
    if mode.inspect is not None and node.op.joint_vjp is None and not pending.quiet:
        for (rule, args), c in zip(pulled, out, strict=True):
            mode.inspect(node, rule, g, args, c)
    if mode.anomaly and mode.check_nan:
        _refuse_nan(node, out)
    if extra is not None and extra.post and not pending.quiet:
        out = _after(node, g, out, extra.post)
    return out


def _contribution(node: Node, rule: Formula, g: Any, args: Any, pending: _Pending) -> Any:
    """The contribution of one rule to its operand."""
    try:
        return strong(node.op, rule, g, args, node.inner) if pending.strong else rule.function(g, *args)
    except NotDifferentiable:
        if pending.strong or (pending.careful and not pending.nested):
            return spared(node.op, rule, g, args)
        raise


def _again(node: Node, roots: Sequence[tuple[Node, Any]], wrap: Wrap | None, again: int) -> Any:
    """The cotangents of a node's results by a sweep of their own, which leaves everything as it was."""
    return sweep(roots, keep=True, wrap=wrap, targets={node}, again=again, quiet=True).get(node)


def _zeros(shape: Any, dtype: Any) -> Any:
    return np.broadcast_to(np.zeros((), dtype), shape)


def _rewrapped(node: Node, rule: Formula, args: tuple[Any, ...], wrap: Wrap) -> tuple[Any, ...]:
    """Saved values as the tracked tensors that they were, so that rules differentiate through them."""
    edges = {r.position: edge for r, edge in zip(node.rules, node.edges, strict=True)}

    def change(a: Any, position: int) -> Any:
        if position == -1:
            if not isinstance(a, tuple):
                return wrap(a, node)
            # Integers have no derivative, and what no rule reads may not have been kept.
            smooth = [x is not None and x.dtype.kind in "fc" for x in a]
            return tuple(wrap(x, port(node, n, len(a), x)) if smooth[n] else x for n, x in enumerate(a))
        return wrap(a, edges[position]) if position in edges else a

    return map_saved(rule, args, change)


# --- hooks, errors ----------------------------------------------------------------------------------------


def _before(node: Node, g: Any, wrap: Wrap | None) -> Any:
    """Run the hooks that see a cotangent before its node does: tensor hooks, node pre-hooks, captures."""
    extra = node.extra
    assert extra is not None
    for hook in list(extra.tensor_hooks.values()):
        changed = hook(g)
        g = g if changed is None else _replacement(changed, node)
    for hook in list(extra.pre.values()):
        changed = hook(tuple(g) if isinstance(g, Parts) else (g,))
        if changed is not None:
            g = Parts(changed) if isinstance(g, Parts) else changed[0]
    for hook in list(extra.capture.values()):
        hook(g)
    return g


def _replacement(g: Any, node: Node) -> Any:
    """What a tensor hook returned, in the dtype of the gradient that it replaces; raises if the shape differs."""
    if g.shape != node.shape:
        raise InvalidArgument(
            explain(
                f"a hook returned a gradient of shape {g.shape} for a tensor of shape {node.shape}, at {user_line()}.",
                "What a hook returns replaces the gradient, which has the shape of its tensor.",
                "Return None to leave the gradient as it is, or a tensor of the same shape.",
            )
        )
    return cast(g, node.dtype)


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


def _refuse_nan(node: Node, out: list[Any]) -> None:
    for n, c in enumerate(out):
        if c is None or isinstance(c, Parts):
            continue
        if np.any(np.isnan(np.asarray(c, dtype=complex if c.dtype.kind == "c" else float))):
            where = node.extra.trace if node.extra is not None and node.extra.trace else "outside anomaly mode"
            raise AnomalyDetected(
                explain(
                    f"Function {node.name()} returned nan values in its {n}th output.",
                    f"The op was recorded at {where}.",
                    "Look at that line: 0/0, inf - inf, or the derivative of sqrt or log at 0.",
                )
            )
