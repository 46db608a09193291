"""The local derivative of an op with respect to one operand: as numbers, and as a formula in the operands' names.

The formula is no second table: the partial of the rule book is plain NumPy, so it is traced, and its graph is written
out in the names of the step at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.formula import Formula
from wengert.core.op import Op
from wengert.explanation.expression import atom, literal, written
from wengert.interpreters.record import Graph, Trace, Variable
from wengert.transforms.trace import trace_leaves

__all__ = ["formula_text", "is_piecewise", "linear_text", "numbers"]

_LONGEST = 64  # characters of a formula worth showing
_BREAKS = frozenset("greater less greater_equal less_equal equal not_equal sign signbit where floor trunc".split())


class _Key(NamedTuple):
    op: Op
    position: int
    kinds: str
    params: tuple[tuple[str, str], ...]


_graphs: dict[_Key, Graph] = {}


def numbers(op: Op, position: int, values: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
    """The partial of an elementwise op, in the shape of its result."""
    partial = op.partials[position]
    rule: Any = partial.function
    with np.errstate(all="ignore"):
        local = np.asarray(rule(*partial.gather((*values, out), params)) if callable(rule) else rule)
    if local.dtype.kind in "biu":
        local = local.astype(np.asarray(out).dtype)
    shape = np.shape(out)
    return local if local.shape == shape else np.broadcast_to(local, shape)


def _graph(op: Op, position: int, values: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Graph:
    """The graph of a partial as a function of the operands and the result, recorded with one entry of each."""
    kinds = "".join([_kind(x) for x in (*values, out)])
    key = _Key(op, position, kinds, tuple([(k, repr(v)) for k, v in params.items()]))
    if key not in _graphs:
        env = [_entry(x) for x in (*values, out)]
        partial: Formula = op.partials[position]
        record = Trace("wg.explain")
        record.told = _nothing
        with np.errstate(all="ignore"):
            _graphs[key] = trace_leaves(
                lambda *symbols: partial.function(*partial.gather(symbols, params)),
                env,
                record,
            )
    return _graphs[key]


def _nothing(x: Any, what: str) -> None:
    """A rule that looks at a value is recorded for that value."""


def _kind(x: Any) -> str:
    """The kind of dtype: it decides which rule is traced."""
    return str(x.dtype.kind) if isinstance(x, np.ndarray | np.generic) else np.asarray(x).dtype.kind


def _entry(x: Any) -> Any:
    if isinstance(x, np.generic):
        return x
    x = np.asarray(x)
    return x.flat[0] if x.size else np.zeros((), x.dtype)[()]


def is_piecewise(op: Op, position: int, values: Sequence[Any], out: Any, params: Mapping[str, Any]) -> bool:
    """Whether the partial compares: only then it can jump."""
    if not callable(op.partials[position].function):
        return False
    return any(e.op.name in _BREAKS for e in _graph(op, position, values, out, params).equations)


def formula_text(
    op: Op, position: int, values: Sequence[Any], out: Any, params: Mapping[str, Any], names: Sequence[str]
) -> str:
    """The partial in the names of the operands and, last, of the result; "" if it is too long to read."""
    rule: Any = op.partials[position].function
    if not callable(rule):
        return str(literal(rule))
    graph = _graph(op, position, values, out, params)
    texts: dict[Variable, str] = {v: atom(name) for v, name in zip(graph.inputs, names, strict=True)}

    def read(x: Any) -> str:
        return texts[x] if isinstance(x, Variable) else literal(x)

    for e in graph.equations:
        texts[e.results[0]] = written(e.op.name, [read(x) for x in e.operands], e.params)
        if len(texts[e.results[0]]) > _LONGEST:
            return ""
    return str(read(graph.outputs[0]))


_LINEAR = {
    "sum": "copied along the summed axes", "mean": "copied along the averaged axes, divided by their length",
    "broadcast_to": "summed along the copied axes", "slice": "put back in its place, zeros elsewhere",
    "gather": "added at the places it was read from", "concatenate": "its own part",
    "transpose": "axes moved back", "reshape": "shape restored", "copy": "1", "astype": "1",
    "cumsum": "summed from the end", "flip": "flipped back", "roll": "rolled back", "scatter_add": "1",
    "stop_gradient": "0",
}  # fmt: skip
_SIDES = {
    "matmul": ("upstream @ {1}.T", "{0}.T @ upstream"), "matvec": ("outer(upstream, {1})", "{0}.T @ upstream"),
    "vecmat": ("{1} @ upstream", "outer({0}, upstream)"), "vecdot": ("upstream * {1}", "upstream * {0}"),
    "affine": ("upstream @ {1}", "upstream.T @ {0}", "summed over the rows"),
    "overwrite": ("1 outside what was written, 0 inside", "the written part"),
    "scatter": ("1 outside what was written, 0 inside", "the written part"),
    "scatter_add": ("1", "read from the written places"),
}  # fmt: skip


def linear_text(op: Op, position: int, names: Sequence[str]) -> str:
    """The derivative of an op that is not elementwise, in words."""
    if op.name in _SIDES and position < len(_SIDES[op.name]):
        return _SIDES[op.name][position].format(*names)
    if op.name in _LINEAR:
        return _LINEAR[op.name]
    if op.kind == "linear":
        return "transpose"
    if op.kind == "multilinear":
        return " and ".join([name for n, name in enumerate(names) if n != position]) + " transposed"
    return "Jacobian"
