"""The rows of the rule book as readable NumPy text, in the names of their operands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.op import TABLE

__all__ = ["atom", "key_text", "literal", "written"]

Params = Mapping[str, Any]

# How strongly Python binds: a text of a weaker operator needs parentheses inside a stronger one.
_COMPARE, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(6)
_INFIX = {
    "add": ("+", _SUM), "subtract": ("-", _SUM), "multiply": ("*", _PRODUCT), "strong_multiply": ("*", _PRODUCT),
    "divide": ("/", _PRODUCT), "floor_divide": ("//", _PRODUCT), "remainder": ("%", _PRODUCT),
    "matmul": ("@", _PRODUCT), "matvec": ("@", _PRODUCT), "vecmat": ("@", _PRODUCT), "vecdot": ("@", _PRODUCT),
    "power": ("**", _POWER), "less": ("<", _COMPARE), "less_equal": ("<=", _COMPARE), "greater": (">", _COMPARE),
    "greater_equal": (">=", _COMPARE), "equal": ("==", _COMPARE), "not_equal": ("!=", _COMPARE),
}  # fmt: skip
_COMMUTE = frozenset({"add", "multiply", "strong_multiply"})


class Text(str):
    """A piece of code and how strongly its outermost operator binds."""

    __slots__ = ("strength",)
    strength: int


def _text(s: str, strength: int) -> Text:
    made = Text(s)
    made.strength = strength
    return made


def atom(name: str) -> Text:
    """A name, or anything else that needs no parentheses."""
    return _text(name, _ATOM)


def literal(x: Any) -> Text:
    """A constant: numbers as they are, small arrays written out, large ones by their shape."""
    x = np.asarray(x)
    if x.ndim == 0:
        shown = _number(x.item())
        return _text(shown, _UNARY if shown.startswith("-") else _ATOM)
    if x.size <= 6 and x.dtype.kind in "fiub":
        return atom(np.array2string(x, precision=4, separator=", ", max_line_width=10**6).replace("\n", ""))
    return atom(f"{x.dtype}[{', '.join(map(str, x.shape))}]")


def _number(x: Any) -> str:
    if isinstance(x, float) and x.is_integer() and abs(x) < 1e6:
        return str(int(x))
    return f"{x:.6g}" if isinstance(x, float) else repr(x)


def _inside(x: str, strength: int) -> str:
    return f"({x})" if getattr(x, "strength", _ATOM) < strength else x


def written(op: str, operands: Sequence[str], params: Params) -> Text:
    """One application of the row named `op`."""
    if op in _INFIX and len(operands) == 2:
        return _infix(op, operands)
    special = _SPECIAL.get(op)
    if special is not None:
        return special(operands, params)
    prefix = "np.linalg." if op in _LINALG else "np." if hasattr(np, op) else ""
    return atom(f"{prefix}{op}({', '.join([*operands, *_options(op, params)])})")


def _infix(op: str, operands: Sequence[str]) -> Text:
    sign, strength = _INFIX[op]
    left, right = operands
    if op == "power":
        return _text(f"{_inside(left, _ATOM)}**{_inside(right, _ATOM)}", strength)
    right = _inside(right, strength if op in _COMMUTE else strength + 1)
    return _text(f"{_inside(left, strength)} {sign} {right}", strength)


_LINALG = frozenset({"solve", "inv", "det", "slogdet", "cholesky", "svd"})
_TELLING = (int, float, complex, str, tuple, np.dtype, slice, type, type(None))
_HIDDEN = {"keepdims": False, "copy": None, "donate": None, "likes": None}


def _options(op: str, params: Params) -> list[str]:
    out = []
    for name, value in params.items():
        if name == "ndim" or not isinstance(value, _TELLING):
            continue
        if name in _HIDDEN and (_HIDDEN[name] is None or value == _HIDDEN[name]):
            continue
        if isinstance(value, tuple) and len(value) == 1 and name == "axis":
            value = value[0]
        shown = repr(value)
        if len(shown) <= 40:
            out.append(f"{name}={shown}")
    return out


def key_text(key: Any) -> str:
    """What stands between the brackets of x[key]."""
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join([_index(k) for k in parts])


def _index(k: Any) -> str:
    if isinstance(k, slice):
        start, stop, step = ["" if p is None else str(p) for p in (k.start, k.stop, k.step)]
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return "..." if k is Ellipsis else str(k)


def _negated(xs: Sequence[str], params: Params) -> Text:
    return _text(f"-{_inside(xs[0], _UNARY)}", _UNARY)


def _power_by(xs: Sequence[str], params: Params) -> Text:
    exponent = literal(params["exponent"])
    return _text(f"{_inside(xs[0], _ATOM)}**{_inside(exponent, _ATOM)}", _POWER)


def _method(name: str, *keys: str) -> Callable[[Sequence[str], Params], Text]:
    def text(xs: Sequence[str], params: Params) -> Text:
        return atom(f"{_inside(xs[0], _ATOM)}.{name}({', '.join([_shown(params[k]) for k in keys])})")

    return text


def _shown(x: Any) -> str:
    if isinstance(x, tuple):
        return ", ".join(map(str, x)) if len(x) != 1 else str(x[0])
    return str(x)


def _transposed(xs: Sequence[str], params: Params) -> Text:
    axes = params.get("axes")
    if axes is None or tuple(axes) == tuple(range(len(axes)))[::-1]:
        return atom(f"{_inside(xs[0], _ATOM)}.T")
    return atom(f"{_inside(xs[0], _ATOM)}.transpose({_shown(axes)})")


def _item(xs: Sequence[str], params: Params) -> Text:
    return atom(f"{_inside(xs[0], _ATOM)}[{key_text(params['key'])}]")


def _items(xs: Sequence[str], params: Params) -> Text:
    return atom(f"{_inside(xs[0], _ATOM)}[{', '.join(xs[1:])}]")


def _reduced(xs: Sequence[str], params: Params, name: str) -> Text:
    axis = params.get("axis")
    options = _options(name, params)
    if isinstance(axis, tuple) and axis == tuple(range(params.get("ndim", len(axis)))) and not params.get("keepdims"):
        options = [o for o in options if not o.startswith("axis=")]
    return atom(f"np.{name}({', '.join([xs[0], *options])})")


def _reduction(name: str) -> Callable[[Sequence[str], Params], Text]:
    return lambda xs, params: _reduced(xs, params, name)


_SPECIAL: dict[str, Callable[[Sequence[str], Params], Text]] = {
    "negative": _negated,
    "affine": lambda xs, _: _text(
        f"{_inside(xs[0], _PRODUCT)} @ {_inside(xs[1], _ATOM)}.T + {_inside(xs[2], _PRODUCT)}", _SUM
    ),
    "power_by": _power_by,
    "square": lambda xs, _: _text(f"{_inside(xs[0], _ATOM)}**2", _POWER),
    "absolute": lambda xs, _: atom(f"np.abs({xs[0]})"),
    "transpose": _transposed,
    "reshape": _method("reshape", "shape"),
    "astype": _method("astype", "dtype"),
    "copy": lambda xs, _: atom(f"{_inside(xs[0], _ATOM)}.copy()"),
    "slice": _item,
    "gather": _items,
    "unslice": lambda xs, p: atom(f"zeros({_shown(p['shape'])})[{key_text(p['key'])}] ← {xs[0]}"),
    "overwrite": lambda xs, p: atom(f"{xs[0]} with [{key_text(p['key'])}] = {xs[1]}"),
    "scatter": lambda xs, _: atom(f"{xs[0]} with [{', '.join(xs[2:])}] = {xs[1]}"),
    "scatter_add": lambda xs, _: atom(f"{xs[0]} with [{', '.join(xs[2:])}] += {xs[1]}"),
    "concatenate": lambda xs, p: atom(f"np.concatenate([{', '.join(xs)}], axis={p['axis']})"),
    "length": _reduction("linalg.norm"),
    "einsum": lambda xs, p: atom(f"np.einsum({', '.join([*_options('einsum', p), *xs])})"),
    "scan": lambda xs, p: atom(f"scan({', '.join(xs)}, length={p.get('length')})"),
    **{name: _reduction(name) for name in ("sum", "mean", "max", "min", "prod", "all", "any") if name in TABLE},
}
