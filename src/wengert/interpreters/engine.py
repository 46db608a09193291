"""From a loss to the `.grad` of its leaves: the sweep, with everything that users attach to it.

    run      seeds → sweep → cotangents of the leaves (or of chosen tensors)      nothing is written
    deposit  cotangents → .grad, under a lock, hooks around it                    only after the whole sweep

While a sweep runs without `create_graph`, the eager tape is at rest, so hooks and rules record nothing.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import WATCH, Box, read, unbridge, watcher
from wengert.core.array import Array
from wengert.core.view import write
from wengert.errors import InvalidArgument, TapeError, explain, user_line
from wengert.interpreters.parting import Layer
from wengert.interpreters.sweep import needed_for, sweep
from wengert.interpreters.tape import (
    AccumulateGrad,
    Node,
    as_value,
    mode,
)

__all__ = ["Run", "backward", "current_run", "listed", "node_of", "retain", "run", "seeds"]

_depositing = threading.Lock()


class Run:
    """One walk backwards: its roots, what it aims at, and what retained gradients it has met so far."""

    def __init__(self, roots: Sequence[tuple[Node, Any]], targets: set[Node] | None) -> None:
        self.roots = [node for node, _ in roots]
        self.targets = targets
        self.retained: list[tuple[Any, Any]] = []

    def visits(self, nodes: set[Node]) -> set[Node]:
        """Which of the nodes this run passes."""
        if self.targets is None:
            return needed_for(self.roots, nodes) & nodes
        return needed_for(self.roots, self.targets) & nodes


class _Running(threading.local):
    run: Run | None = None


_running = _Running()


def current_run() -> Run:
    """The walk that this thread is in."""
    assert _running.run is not None
    return _running.run


def node_of(x: Any) -> Any:
    """The node that made a tensor, up to date with writes to the array that it may be a view of."""
    read(x)
    return x.mark


def listed(x: Any) -> list[Any]:
    """One tensor, or a sequence of them, as a list."""
    return [x] if x is None or isinstance(x, Box | np.ndarray | np.generic | float | int) else list(x)


def seeds(tensors: Sequence[Any], gradients: Sequence[Any]) -> list[tuple[Node, Any]]:
    """The roots of a sweep: the node of each tensor with the cotangent that it starts from."""
    if len(tensors) != len(gradients):
        raise InvalidArgument(
            explain(
                f"backward at {user_line()} got {len(tensors)} tensors and {len(gradients)} gradients.",
                "Each tensor starts the sweep with its own gradient.",
                "Give one gradient per tensor; None for a scalar means 1.",
            )
        )
    return [_seed(x, g, n) for n, (x, g) in enumerate(zip(tensors, gradients, strict=True))]


def _seed(x: Any, g: Any, n: int) -> tuple[Node, Any]:
    node = node_of(x) if isinstance(x, Array) else None
    if not isinstance(node, Node):
        raise TapeError(
            explain(
                f"backward at {user_line()}: tensor {n} does not require grad and does not have a grad_fn.",
                "It was computed from constants, inside no_grad, or detached, so there is no graph behind it.",
                "Create its inputs with requires_grad=True, and compute it outside `with wg.no_grad():`.",
            )
        )
    if g is None:
        if x.size != 1:
            raise TapeError(
                explain(
                    f"backward at {user_line()} on a tensor of shape {x.shape} without a gradient.",
                    "grad can be implicitly created only for scalar outputs.",
                    "Write y.sum().backward(), or y.backward(gradient=wg.ones_like(y)).",
                )
            )
        return node, np.ones(x.shape, x.dtype)
    g = unbridge(g)
    g = g if isinstance(g, Box) else np.array(g)
    if g.shape != x.shape:
        raise InvalidArgument(
            explain(
                f"backward at {user_line()} got a gradient of shape {g.shape} for a tensor of shape {x.shape}.",
                "A gradient has one entry per entry of its tensor.",
                "Give wg.ones_like(y) for the sum of all entries.",
            )
        )
    return node, g


class _AsCurrent:
    """Make `run` this thread's walk; hooks and rules record on the eager tape only with `create_graph`."""

    def __init__(self, run: Run, create_graph: bool, level: int) -> None:
        self.run, self.create_graph, self.level = run, create_graph, level

    def __enter__(self) -> None:
        self.outer = _running.run, mode.floor
        _running.run = self.run
        if self.create_graph:
            mode.floor = 0
        elif self.level == 0:
            mode.floor = max(self.outer[1], 1)

    def __exit__(self, *exc: object) -> None:
        _running.run, mode.floor = self.outer


def run(
    roots: Sequence[tuple[Node, Any]], *, keep: bool, create_graph: bool, targets: set[Node] | None = None
) -> dict[Node, Any]:
    """Sweep from the roots; deposits what `retain_grad` asks for and returns the cotangents found."""
    levels = {node.level for node, _ in roots} | {node.level for node in targets or ()}
    if len(levels) > 1:
        raise TapeError(
            explain(
                f"backward at {user_line()} mixes tensors of different transforms.",
                "A tensor inside wg.grad, wg.vmap and the like belongs to that transform's own tape.",
                "Nest transforms instead: wg.grad(lambda x: ...)(x) inside the function.",
            )
        )
    walk = Run(roots, targets)
    with _AsCurrent(walk, create_graph, max(levels, default=0)):
        given = [(node, g if create_graph else as_value(g)) for node, g in roots]
        found = sweep(given, keep=keep, wrap=Layer(max(levels, default=0)) if create_graph else None, targets=targets)
        for reference, g in walk.retained:
            tensor = reference()
            if tensor is not None:
                _accumulate(tensor, g, create_graph)
    return found


def backward(
    tensors: Sequence[Any],
    gradients: Sequence[Any],
    *,
    keep: bool,
    create_graph: bool,
    inputs: Sequence[Any] | None = None,
) -> None:
    """Add the gradients of the tensors to the `.grad` of the leaves, or of `inputs` only."""
    roots = seeds(tensors, gradients)
    if any(node.level for node, _ in roots):
        raise TapeError(
            explain(
                f"backward() at {user_line()} on a tensor inside a transform.",
                "Its graph belongs to wg.grad, wg.vmap or the like, whose inputs have no .grad to add to.",
                "Nest wg.grad(f)(x), or call backward() outside of the transform.",
            )
        )
    if inputs is not None:
        wanted = {node_of(x): x for x in _checked_inputs(inputs)}
        found = run(roots, keep=keep, create_graph=create_graph, targets=set(wanted))
        arrived = [(wanted[node], node, g) for node, g in found.items()]
    else:
        found = run(roots, keep=keep, create_graph=create_graph)
        arrived = [(node.owner(), node, g) for node, g in found.items() if isinstance(node, AccumulateGrad)]
    with _AsCurrent(Run(roots, None), create_graph, 0):
        for tensor, node, g in arrived:
            if tensor is not None:
                _deposit(tensor, node, g, create_graph)


def _checked_inputs(inputs: Sequence[Any]) -> Iterable[Any]:
    if not inputs or any(not isinstance(x, Array) or node_of(x) is None for x in inputs):
        raise TapeError(
            explain(
                f"backward(inputs=...) at {user_line()} got no input, or one that does not require grad.",
                "Gradients are added to the .grad of the inputs only.",
                "Leave inputs out for all leaves, or give tensors with requires_grad=True.",
            )
        )
    return inputs


def _deposit(tensor: Any, node: Node, g: Any, create_graph: bool) -> None:
    """Add an arrived gradient to a leaf's `.grad`; then the hooks that see it done."""
    _accumulate(tensor, g, create_graph)
    if node.extra is not None:
        for hook in list(node.extra.post.values()):
            hook((), (g,))
    for hook in list(tensor.__dict__.get("_post_accumulate", {}).values()):
        hook(tensor)


def _accumulate(tensor: Any, g: Any, create_graph: bool) -> None:
    with _depositing:
        if WATCH.on and (trace := watcher()) is not None:
            trace.see_grad(tensor)
        have = tensor.__dict__.get("_grad")
        if have is None:
            fresh = Array.constant(read(g) if isinstance(g, Box) and g.level >= 0 else g)
            fresh.mark = g.mark if create_graph and isinstance(g, Box) else None
            tensor.__dict__["_grad"] = fresh
        elif create_graph:
            tensor.__dict__["_grad"] = have + g
        else:
            # The tape is at rest, so the numbers change and the object that users may hold stays.
            write(have, Array.constant(read(have) + g))


def retain(tensor: Any) -> None:
    """Let every walk that passes the tensor's node add to its `.grad`."""
    reference = weakref.ref(tensor)
    node_of(tensor).more().capture[-1 - id(tensor)] = lambda g: current_run().retained.append((reference, g))
