"""What can be attached to the graph: saved-tensor hooks, hooks of several gradients, its nodes and edges."""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.core.apply import fresh
from wengert.core.array import Array
from wengert.errors import InvalidArgument, TapeError, explain, user_line
from wengert.interpreters.engine import Run, current_run, node_of
from wengert.interpreters.tape import Handle, Node, as_tensor, as_value, mode
from wengert.spec import Spec, spec

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]

Hook = Callable[..., Any]


class saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Let `pack_hook(tensor)` decide what is kept of every value saved for backward inside the ``with`` block.

    What it returns is kept; `unpack_hook` makes a tensor of the same values of it when backward needs it. Use it to
    store saved values compressed or on disk.

    >>> import wengert as wg
    >>> x = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> with wg.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), wg.tensor):
    ...     y = (x * x).sum()
    >>> y.backward(); x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Hook, unpack_hook: Hook) -> None:
        self._hooks = (lambda a: pack_hook(as_tensor(a)), lambda packed: as_value(unpack_hook(packed)))
        self._before: list[Any] = []

    def __enter__(self) -> None:
        if _refusal.why is not None:
            raise TapeError(_refusal.why)
        self._before.append(mode.pack)
        mode.pack, mode.noting = (*self._hooks, fresh()), True

    def __exit__(self, *exc: object) -> None:
        mode.pack = self._before.pop()
        mode.noting = mode.anomaly or mode.pack is not None or mode.inspect is not None


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 - PyTorch's name
    """PyTorch's hooks that move what is saved off the GPU; here it is on the CPU already, and stays as it is."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda t: t, lambda t: t)


class _Refusal(threading.local):
    why: str | None = None


_refusal = _Refusal()


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Raise `TapeError` with this message where `saved_tensors_hooks` would begin inside the ``with`` block."""
    before, _refusal.why = _refusal.why, error_message
    try:
        yield
    finally:
        _refusal.why = before


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[None]:
    """PyTorch's leave to write in place what an op saved, which is given here always: what was saved stays."""
    yield


@dataclass(frozen=True)
class GradientEdge:
    """Where the gradient of a tensor arrives: result `output_nr` of `node`. Stands for the tensor in `autograd.grad`.

    It keeps the graph alive, but not the tensor.
    """

    node: Node
    output_nr: int
    _entry: Node
    _like: Spec

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the tensor."""
        return self._like.shape

    @property
    def dtype(self) -> Any:
        """That of the tensor."""
        return self._like.dtype


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge of the graph that the gradient of a tensor arrives on. Raises `TapeError` if it requires none.

    >>> import wengert as wg
    >>> x = wg.ones(2, requires_grad=True)
    >>> y = x * 3
    >>> edge, z = wg.autograd.graph.get_gradient_edge(y), (y * y).sum()
    >>> wg.autograd.grad(z, edge)
    (tensor([6., 6.]),)
    """
    entry = node_of(tensor) if isinstance(tensor, Array) else None
    if entry is None:
        raise TapeError(
            explain(
                f"get_gradient_edge at {user_line()} got a {type(tensor).__name__} that does not require grad.",
                "No gradient will ever arrive at it.",
                "Make it with requires_grad=True, or from one that is.",
            )
        )
    node, number = entry.as_next()
    return GradientEdge(node, number, entry, spec(tensor))


class _Group:
    """The gradients of several tensors as they arrive in one walk backwards."""

    def __init__(self, nodes: Sequence[Node], fn: Hook, any_mode: bool) -> None:
        self.nodes = nodes
        self.fn = fn
        self.any_mode = any_mode
        # Several threads may walk at once; what has arrived belongs to the walk and goes away with it.
        self.walks: weakref.WeakKeyDictionary[Run, tuple[dict[int, Any], int]] = weakref.WeakKeyDictionary()

    def arrive(self, number: int, g: Any) -> None:
        walk = current_run()
        if self.any_mode:
            if walk not in self.walks:
                self.walks[walk] = ({}, 0)
                self.fn(as_tensor(g))
            return
        if walk not in self.walks:
            visited = walk.visits(set(self.nodes))
            self.walks[walk] = ({}, sum(node in visited for node in self.nodes))
        arrived, expected = self.walks[walk]
        arrived[number] = g
        if len(arrived) == expected:
            self.fn([as_tensor(arrived.get(n)) for n in range(len(self.nodes))])


def register_multi_grad_hook(tensors: Sequence[Any], fn: Hook, *, mode: str = "all") -> MultiHandle:
    """Call `fn` when the gradients of several tensors are known; returns a handle with `remove()`.

    mode "all": ``fn(grads)`` once per backward when all gradients that this backward computes are there; grads is a
    list like `tensors`, with None for those that it does not reach. mode "any": ``fn(grad)`` with the first of them.

    >>> import wengert as wg
    >>> a, b = wg.ones(2, requires_grad=True), wg.ones(2, requires_grad=True)
    >>> handle = wg.autograd.graph.register_multi_grad_hook((a, b), print)
    >>> (a * b).sum().backward()
    [tensor([1., 1.]), tensor([1., 1.])]
    """
    if mode not in ("all", "any"):
        raise InvalidArgument(
            explain(
                f"register_multi_grad_hook at {user_line()} got mode={mode!r}.",
                "The hook runs after all gradients or with the first one.",
                'Write mode="all" or mode="any".',
            )
        )
    nodes = [node_of(x) for x in tensors]
    if any(node is None for node in nodes):
        raise TapeError(
            explain(
                f"register_multi_grad_hook at {user_line()} got a tensor that doesn't require gradient.",
                "No gradient will ever arrive at it.",
                "Leave it out, or make it with requires_grad=True.",
            )
        )
    group = _Group(nodes, fn, mode == "any")
    return MultiHandle(
        [Handle(node.more().tensor_hooks, _arrival(group, n)) for node, n in zip(nodes, itertools.count())]
    )


def _arrival(group: _Group, number: int) -> Hook:
    return lambda g: group.arrive(number, g)


class MultiHandle:
    """Several handles as one: `remove()` takes all hooks back; usable with ``with``."""

    def __init__(self, handles: Sequence[Handle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Take the hooks back; does nothing the second time."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> MultiHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
