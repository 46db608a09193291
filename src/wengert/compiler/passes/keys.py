"""Keys: what two equations must have in common to be the same equation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.op import TABLE, Op
from wengert.interpreters.record import Graph, Variable

__all__ = ["constant_key", "equation_key", "frozen", "graph_key", "operand_key"]

# Constants up to this many bytes are compared by value, larger ones by identity.
SMALL = 512

COMMUTATIVE = frozenset(
    TABLE[name]
    for name in "add multiply maximum minimum equal not_equal logical_and logical_or logical_xor hypot".split()
)


def equation_key(op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The key of an application: equal keys give equal results."""
    if not params and len(operands) == 2:
        a, b = operands
        if type(a) is Variable:
            if type(b) is Variable:
                return (op, b, a) if a.number > b.number and op in COMMUTATIVE else (op, a, b)
            return (op, a, constant_key(b))
    keys = [x if type(x) is Variable else constant_key(x) for x in operands]
    if not params:
        return (op, *keys)
    return (op, *keys, *[frozen(v) for v in params.values()])


def operand_key(x: Any) -> Any:
    """The key of a variable or constant."""
    return x if type(x) is Variable else constant_key(x)


def constant_key(x: Any) -> Any:
    """Equal for constants of one type, dtype, shape and value, as far as that is cheap to see."""
    kind = type(x)
    if kind is float:
        return (float, x) if x else (float, x, math.copysign(1.0, x))
    if kind is int or kind is bool:
        return (kind, x)
    if isinstance(x, np.generic):
        return (kind, x.dtype, x.tobytes())
    if kind is np.ndarray and x.dtype.kind != "O":
        if x.nbytes <= SMALL:
            return (x.dtype, x.shape, x.tobytes())
        if x.strides == (0,) * x.ndim:
            return (x.dtype, x.shape, "broadcast", x[(0,) * x.ndim].tobytes())
    return ("object", id(x))


def frozen(value: Any) -> Any:
    """A param as something hashable; params of unknown types are equal when they are the same object."""
    kind = type(value)
    if kind is int or kind is str or value is None or value is ...:
        return value
    if kind is tuple:
        return tuple([frozen(v) for v in value])
    if kind is slice:
        return (slice, value.start, value.stop, value.step)
    if kind is bool or kind is float or kind is complex:
        return constant_key(value) if kind is not complex else (complex, repr(value))
    if isinstance(value, np.dtype | type):
        return value
    if kind is Graph:
        return graph_key(value)
    return ("object", id(value))


def graph_key(graph: Graph) -> Any:
    """Equal for graphs that compute the same by the same equations."""
    number = {v: n for n, v in enumerate(graph.inputs)}

    def known(x: Any) -> Any:
        return number[x] if type(x) is Variable else constant_key(x)

    out: list[Any] = [v.spec for v in graph.inputs]
    for op, operands, params, results in graph.equations:
        out.append((op, *map(known, operands), *[frozen(v) for v in params.values()], *[v.spec for v in results]))
        for v in results:
            number[v] = len(number)
    return (Graph, *out, *map(known, graph.outputs))
