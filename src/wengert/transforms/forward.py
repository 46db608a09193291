"""Forward accumulation as functions of functions: jvp, linearize, derivative."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, fresh, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.forward import Dual, fit
from wengert.interpreters.tensor import Tensor
from wengert.transforms.arguments import differentiable, evaluate, opened
from wengert.transforms.trace import trace_leaves

__all__ = ["derivative", "jvp", "linearize"]

Function = Callable[..., Any]


def jvp(f: Function, primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """Evaluate `f` and its directional derivative, by forward accumulation.

    primals: tuple of arguments (pytrees of arrays). tangents: a tuple of the same structure and shapes (None
    for zero). Returns ``(out, tangent_out)``, with `has_aux` ``(out, tangent_out, aux)``. Integer primals are
    constants; their tangents must be None or zero.

    >>> import numpy as np, wengert as wg
    >>> wg.jvp(lambda x, y: x * np.sin(y), (2.0, 0.0), (1.0, 1.0))
    (np.float64(0.0), np.float64(2.0))
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise InvalidArgument(
            explain(
                f"jvp at {user_line()} got {type(primals).__name__} and {type(tangents).__name__}.",
                "Primals and tangents are tuples with one entry per argument of the function.",
                "Write wg.jvp(f, (x,), (t,)).",
            )
        )
    leaves, structure = tree.flatten(tuple(primals))
    ts = structure.flatten(tuple(tangents))
    level = fresh()
    boxes = [_dual(x, t, level) for x, t in zip(leaves, ts, strict=True)]
    out = evaluate(f, *structure.unflatten(boxes))
    aux = None
    if has_aux:
        out, aux = out
    outs, out_structure = tree.flatten(out)
    outs = [unbridge(o) for o in outs]
    values = [opened(o, Dual, level) for o in outs]
    moved = [_tangent(o, v, level) for o, v in zip(outs, values, strict=True)]
    result = out_structure.unflatten(values), out_structure.unflatten(moved)
    return (*result, tree.map(lambda a: opened(a, Dual, level), aux)) if has_aux else result


def _dual(x: Any, t: Any, level: int) -> Any:
    if t is None or (np.shape(t) == () and not isinstance(t, Box) and np.asarray(t).dtype.kind == "V"):
        return x if not isinstance(x, float | complex) else differentiable(x, "jvp")
    x = differentiable(x, "jvp")
    t = unbridge(t if isinstance(t, Box) else np.asarray(t))
    if t.shape != x.shape:
        raise InvalidArgument(
            explain(
                f"jvp at {user_line()} got a tangent of shape {t.shape} for a primal of shape {x.shape}.",
                "A tangent has one entry per entry of its primal.",
                "Give np.ones_like(x), or a direction of the shape of x.",
            )
        )
    return Dual(x, fit(t[()] if type(t) is np.ndarray else t, x), level)


def _tangent(o: Any, value: Any, level: int) -> Any:
    if isinstance(o, Dual) and o.level == level and o.mark is not None:
        # Tensors in, tensors out.
        return o.mark if isinstance(value, Tensor) else opened(o.mark, Dual, level)
    if isinstance(value, Tensor) or np.ndim(value):
        return np.zeros_like(value)
    return np.zeros((), np.result_type(value, np.float32))[()]


def linearize(f: Function, *primals: Any) -> Any:
    """Evaluate `f` once and return its result with the linear map of tangents, ready to be applied often.

    The tangent computation is recorded as a Graph with the primal values in it, so applying it again does not
    repeat the primal work. Returns ``(out, f_jvp)``; ``f_jvp(*tangents)`` gives the tangent of the result.

    >>> import numpy as np, wengert as wg
    >>> y, push = wg.linearize(np.sin, 0.0)
    >>> float(y), float(push(3.0))
    (0.0, 3.0)
    """
    leaves, structure = tree.flatten(primals)
    leaves = [differentiable(x, "linearize") for x in leaves]
    kept: list[Any] = []

    def tangent_program(*tangents: Any) -> Any:
        out, moved = jvp(f, structure.unflatten(leaves), structure.unflatten(tangents))
        kept.append(out)
        return moved

    graph = trace_leaves(tangent_program, [np.zeros_like(x) for x in leaves])

    def push(*tangents: Any) -> Any:
        ts = structure.flatten(tangents)
        return graph.out_structure.unflatten(graph.run(ts))

    return kept[0], push


def derivative(f: Function) -> Function:
    """The derivative of an elementwise function of one variable, elementwise; nests for higher orders.

    `f` maps an array to an array of the same shape, entry by entry (``np.tanh``, ``lambda x: x**2 + 1``).

    >>> import numpy as np, wengert as wg
    >>> wg.derivative(wg.derivative(np.sin))(np.array([0.0, np.pi / 2]))
    array([-0., -1.])
    """

    @functools.wraps(f, updated=())
    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        x = differentiable(x, "derivative")
        return jvp(lambda z: f(z, *args, **kwargs), (x,), (np.ones_like(x),))[1]

    return function
