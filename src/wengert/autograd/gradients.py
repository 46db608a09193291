"""autograd.grad and autograd.backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.autograd.graph import GradientEdge
from wengert.core.array import Array
from wengert.errors import TapeError, explain, user_line
from wengert.interpreters import engine
from wengert.interpreters.tape import as_tensor
from wengert.transforms.vmap import vmap

__all__ = ["backward", "grad"]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of one or several tensors to the `.grad` of the leaves; see `Tensor.backward`.

    tensors: a tensor or a sequence. grad_tensors: the cotangents to start from, None for scalars.

    >>> import wengert as wg
    >>> x = wg.tensor(3.0, requires_grad=True)
    >>> wg.autograd.backward([x * x, 2 * x])
    >>> x.grad
    tensor(8.)
    """
    roots = engine.listed(tensors)
    gradients = [None] * len(roots) if grad_tensors is None else engine.listed(grad_tensors)
    engine.backward(
        roots,
        gradients,
        keep=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        inputs=None if inputs is None else engine.listed(inputs),
    )


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the (sum of the) outputs with respect to the inputs, as a tuple; no `.grad` is touched.

    outputs, inputs: a tensor or a sequence; inputs may be results of ops, or edges of the graph. grad_outputs:
    cotangents of the outputs' shapes, None for scalars; with `is_grads_batched` each has one more axis in front, and so
    have the results. create_graph: record the computation, for derivatives of it. An input that the outputs do not
    depend on raises, or gives None with `allow_unused`, zeros with `materialize_grads`.

    >>> import wengert as wg
    >>> x = wg.tensor(3.0, requires_grad=True)
    >>> (slope,) = wg.autograd.grad(x**3, x, create_graph=True)
    >>> wg.autograd.grad(slope, x)
    (tensor(18.),)
    """
    roots, wanted = engine.listed(outputs), [inputs] if isinstance(inputs, GradientEdge) else engine.listed(inputs)
    gradients = [None] * len(roots) if grad_outputs is None else engine.listed(grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    nodes = [_node(x, n) for n, x in enumerate(wanted)]
    allowed = materialize_grads if allow_unused is None else allow_unused

    def pull(*gs: Any) -> list[Any]:
        full = iter(gs)
        starts = engine.seeds(roots, [None if g is None else next(full) for g in gradients])
        found = engine.run(starts, keep=keep, create_graph=create_graph, targets=set(nodes))
        return [found.get(node) for node in nodes]

    given = [g for g in gradients if g is not None]
    results = vmap(lambda *gs: tuple(pull(*gs)))(*given) if is_grads_batched else pull(*given)
    return tuple(
        _result(g, x, n, allowed, materialize_grads) for n, (g, x) in enumerate(zip(results, wanted, strict=True))
    )


def _node(x: Any, n: int) -> Any:
    if isinstance(x, GradientEdge):
        return x._entry
    node = engine.node_of(x) if isinstance(x, Array) else None
    if node is None:
        raise TapeError(
            explain(
                f"autograd.grad at {user_line()}: input {n} does not require grad.",
                "Nothing that was recorded depends on it.",
                "Create it with requires_grad=True, before the outputs are computed.",
            )
        )
    return node


def _result(g: Any, x: Any, n: int, allowed: bool, materialize: bool) -> Any:
    if g is not None:
        return as_tensor(g)
    if materialize:
        return as_tensor(np.zeros(x.shape, x.dtype)[()])
    if allowed:
        return None
    raise TapeError(
        explain(
            f"autograd.grad at {user_line()}: input {n} appears to not have been used in the graph.",
            "The outputs do not depend on it, so its gradient would be zero, which is rarely meant.",
            "Set allow_unused=True for None, or materialize_grads=True for zeros.",
        )
    )
