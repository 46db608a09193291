"""The rows of the rule book as NumPy text that runs, written as a formatter leaves it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.op import TABLE
from wengert.errors import MissingRule, explain
from wengert.spec import Spec

__all__ = ["HELPERS", "Piece", "array_text", "expression", "key_text", "name_of", "number"]

Params = Mapping[str, Any]
Write = Callable[[Sequence["Piece"], Params, Spec], "Piece"]

# How strongly Python binds; a weaker operator needs parentheses inside a stronger one.
_BITS, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(6)
_COMPARE = -1
_SIMPLE = re.compile(r"-?(?:[\w.]+|[\d.]+e[-+]\d+)")


class Piece(str):
    """A piece of code. strength, sign: of its outermost operator. spec: of its value."""

    __slots__ = ("sign", "spec", "strength")
    strength: int
    spec: Spec
    sign: str


def piece(text: str, spec: Spec, strength: int = _ATOM) -> Piece:
    """A piece of code with its strength."""
    made = Piece(text)
    made.strength, made.spec, made.sign = strength, spec, ""
    return made


def name_of(text: str, spec: Spec) -> Piece:
    """A name, or a call, or anything else that needs no parentheses."""
    return piece(text, spec)


def _inside(x: Piece, strength: int) -> str:
    return f"({x})" if x.strength < strength else str(x)


# --- constants ------------------------------------------------------------------------------------------------


def number(x: Any, plain: bool = True) -> str:
    """A number with all of its digits; plain: as Python's, else in its dtype."""
    shown = _digits(x.item() if isinstance(x, np.ndarray | np.generic) else x)
    return shown if plain else f"np.{np.asarray(x).dtype.name}({shown})"


def _digits(x: Any) -> str:
    if isinstance(x, complex):
        return f"complex({_digits(x.real)}, {_digits(x.imag)})"
    if isinstance(x, float) and not np.isfinite(x):
        return "np.nan" if x != x else "np.inf" if x > 0 else "-np.inf"
    return repr(x)


def array_text(x: Any) -> str | None:
    """A constant array written out: by its rule if it has one, else by its entries; None if that takes much room."""
    dtype = "" if x.dtype == np.float64 else f", dtype={_dtype(x.dtype)}"
    shape = _shape(x.shape)
    if x.size and (x == x.flat[0]).all() and not np.signbit(np.real(x.flat[0])):
        first = x.flat[0]
        if first in (0, 1):
            return f"np.{'ones' if first else 'zeros'}({shape}{dtype})"
        return f"np.full({shape}, {number(first)}{dtype})"
    if x.size > 2 and x.ndim == 1 and x.dtype == np.int64 and (np.diff(x) == 1).all():
        return f"np.arange({x[0]}, {x[-1] + 1})" if x[0] else f"np.arange({x.size})"
    if x.size > 24:
        return None
    shown = f"np.array({_nested(x)}"
    shown += ")" if x.size and np.array(x.tolist()).dtype == x.dtype else f", dtype={_dtype(x.dtype)})"
    return shown if len(shown) <= 60 else None


def _nested(x: Any) -> str:
    return f"[{', '.join([_nested(y) for y in x])}]" if np.ndim(x) else number(x)


def _dtype(dtype: Any) -> str:
    return {"bool": "bool", "int64": "int", "float64": "float", "complex128": "complex"}.get(
        np.dtype(dtype).name, f"np.{np.dtype(dtype).name}"
    )


def _shape(shape: Sequence[int]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(tuple(shape))


def key_text(key: Any) -> str:
    """What stands between the brackets of x[key]."""
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join([_index(k) for k in parts]) or "()"


def _index(k: Any) -> str:
    if isinstance(k, slice):
        start, stop, step = ["" if p is None else str(p) for p in (k.start, k.stop, k.step)]
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return "..." if k is Ellipsis else str(k)


# --- expressions ----------------------------------------------------------------------------------------------

_INFIX = {
    "add": ("+", _SUM), "subtract": ("-", _SUM), "multiply": ("*", _PRODUCT), "divide": ("/", _PRODUCT),
    "floor_divide": ("//", _PRODUCT), "remainder": ("%", _PRODUCT), "matmul": ("@", _PRODUCT),
    "less": ("<", _COMPARE), "less_equal": ("<=", _COMPARE), "greater": (">", _COMPARE),
    "bitwise_and": ("&", _BITS), "bitwise_or": ("|", _BITS), "bitwise_xor": ("^", _BITS),
    "greater_equal": (">=", _COMPARE), "equal": ("==", _COMPARE), "not_equal": ("!=", _COMPARE),
}  # fmt: skip
# What loses its parentheses on the right: a + (b - c) and a * (b * c), the same up to rounding.
_ASSOCIATE = {"+": "+-", "*": "*", "&": "&", "|": "|", "^": "^"}


def expression(op: str, xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    """One application of the row named `op`. Raises `MissingRule` where NumPy alone cannot say it."""
    if op in _INFIX:
        (sign, strength), (x, y) = _INFIX[op], xs
        return _infix(sign, strength, x, y, spec)
    if op in _SPECIAL:
        return _SPECIAL[op](xs, params, spec)
    if op in HELPERS or (op in TABLE and TABLE[op].kind == "elementwise" and hasattr(np, op)):
        prefix = "" if op in HELPERS else "np."
        return _call(prefix + op, xs, params, spec)
    if op in _LINALG:
        return _call("np.linalg." + op, xs, params, spec)
    raise MissingRule(
        explain(
            f"wg.code cannot write {op} as NumPy code.",
            "The source must run with NumPy alone, which has no such function.",
            "Use wg.jit for fast derivatives, or wg.explain to see their steps.",
        )
    )


def _infix(sign: str, strength: int, x: Piece, y: Piece, spec: Spec) -> Piece:
    if sign == "*" and y.sign == "/" and y.startswith("1 / "):
        sign, right = "/", y[4:]
    elif sign == "+" and y.startswith("-") and _is_negated(y):
        sign, right = "-", y[1:]
    else:
        same = y.sign and y.sign in _ASSOCIATE.get(sign, "")
        right = str(y) if same else _inside(y, strength + 1)
    left = _inside(x, strength + (strength < _SUM and x.sign != sign))
    made = piece(f"{left} {sign} {right}", spec, strength)
    made.sign = sign
    return made


def _is_negated(x: Piece) -> bool:
    """Whether the minus in front is that of the whole."""
    return x.strength == _UNARY or (x.sign in ("*", "/") and "//" not in x and "%" not in x)


_LINALG = frozenset({"solve", "inv", "det", "slogdet", "cholesky", "svd"})


def _call(name: str, xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    options = [f"{k}={v!r}" for k, v in params.items()]
    return piece(f"{name}({', '.join([*xs, *options])})", spec)


def _power(base: Piece, exponent: Piece, spec: Spec) -> Piece:
    left, right = _inside(base, _ATOM), _inside(exponent, _UNARY)
    tight = _SIMPLE.fullmatch(left) and _SIMPLE.fullmatch(right)
    return piece(f"{left}**{right}" if tight else f"{left} ** {right}", spec, _POWER)


def _power_by(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    shown = number(params["exponent"])
    return _power(xs[0], piece(shown, spec, _UNARY if shown.startswith("-") else _ATOM), spec)


def _reduced(name: str, default: bool = False) -> Write:
    def write(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
        axis, keepdims = params["axis"], params.get("keepdims", False)
        if not axis and isinstance(axis, tuple):
            options = ["axis=()"]
        elif isinstance(axis, tuple) and len(axis) == len(xs[0].spec.shape):
            options = []
        else:
            options = [f"axis={axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis}"]
        options += ["keepdims=True"] if keepdims else []
        return piece(f"{name}({', '.join([xs[0], *options])})", spec)

    return write


def _length(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    x = xs[0]
    squares = f"{x} * np.conj({x})" if x.spec.dtype.kind == "c" else _power(x, piece("2", spec), x.spec)
    inner = piece(f"({squares}).real" if x.spec.dtype.kind == "c" else squares, x.spec)
    return piece(f"np.sqrt({_reduced('np.sum')([inner], params, spec)})", spec)


def _reshape(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    if xs[0].spec.shape:
        return piece(f"{_inside(xs[0], _ATOM)}.reshape({_arguments(params['shape'])})", spec)
    return piece(f"np.reshape({xs[0]}, {_shape(params['shape'])})", spec)


def _arguments(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape)) or "()"


def _transpose(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    axes = tuple(params["axes"])
    tail = "T" if axes == tuple(range(len(axes)))[::-1] else f"transpose({_arguments(axes)})"
    return piece(f"{_inside(xs[0], _ATOM)}.{tail}", spec)


def _slice(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    if not xs[0].spec.shape:
        return piece(f"np.reshape({xs[0]}, {spec.shape})", spec)
    return piece(f"{_inside(xs[0], _ATOM)}[{key_text(params['key'])}]", spec)


def _matvec(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    a, x = xs
    if len(x.spec.shape) == 1:
        return piece(f"{_inside(a, _PRODUCT)} @ {_inside(x, _UNARY)}", spec, _PRODUCT)
    return piece(f"({_inside(a, _PRODUCT)} @ {_inside(x, _ATOM)}[..., None])[..., 0]", spec)


def _vecmat(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    x, a = xs
    if len(x.spec.shape) == 1:
        return piece(f"{_inside(x, _PRODUCT)} @ {_inside(a, _UNARY)}", spec, _PRODUCT)
    return piece(f"({_inside(x, _ATOM)}[..., None, :] @ {_inside(a, _UNARY)})[..., 0, :]", spec)


def _vecdot(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    x, y = xs
    if len(x.spec.shape) == len(y.spec.shape) == 1:
        return piece(f"{_inside(x, _PRODUCT)} @ {_inside(y, _UNARY)}", spec, _PRODUCT)
    return piece(f"({_inside(x, _ATOM)}[..., None, :] @ {_inside(y, _ATOM)}[..., None])[..., 0, 0]", spec)


def _einsum(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    *left, right = params["subscripts"]
    return piece(f'np.einsum("{",".join(left)}->{right}", {", ".join(xs)})', spec)


def _fixed(template: str, strength: int = _ATOM) -> Write:
    """A template of {0}, {1} (operands) and params by name."""

    def write(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
        shown = {k: _dtype(v) if k == "dtype" else v for k, v in params.items()}
        return piece(template.format(*xs, **shown), spec, strength)

    return write


def _unary(sign: str) -> Write:
    return lambda xs, params, spec: piece(f"{sign}{_inside(xs[0], _UNARY)}", spec, _UNARY)


def _gather(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    return piece(f"{_inside(xs[0], _ATOM)}[{', '.join(xs[1:])}]", spec)


_SPECIAL: dict[str, Write] = {
    "strong_multiply": lambda xs, params, spec: expression("multiply", xs, params, spec),
    "negative": _unary("-"),
    "power": lambda xs, _, spec: _power(xs[0], xs[1], spec),
    "power_by": _power_by,
    "square": lambda xs, _, spec: _power(xs[0], piece("2", spec), spec),
    "absolute": _fixed("np.abs({0})"),
    "conjugate": _fixed("np.conj({0})"),
    "relu": _fixed("np.maximum({0}, 0)"),
    "leaky_relu": _fixed("np.where({0} > 0, {0}, {slope} * {0})"),
    "exponent": _fixed("np.frexp({0})[1]"),
    "transpose": _transpose,
    "reshape": _reshape,
    "slice": _slice,
    "gather": _gather,
    "matvec": _matvec,
    "vecmat": _vecmat,
    "vecdot": _vecdot,
    "einsum": _einsum,
    "astype": _fixed("np.asarray({0}).astype({dtype})"),
    "copy": _fixed("np.array({0})"),
    "stop_gradient": lambda xs, _, spec: piece(xs[0], spec, xs[0].strength),
    "real": _fixed("np.real({0})"),
    "imag": _fixed("np.imag({0})"),
    "broadcast_to": _fixed("np.broadcast_to({0}, {shape})"),
    "diagonal": _fixed("np.diagonal({0}, {offset}, -2, -1)"),
    "pad": _fixed("np.pad({0}, {widths})"),
    "flip": _reduced("np.flip"),
    "roll": _fixed("np.roll({0}, {shift}, {axis})"),
    "concatenate": lambda xs, p, spec: piece(
        f"np.concatenate([{', '.join(xs)}]" + (f", axis={p['axis']})" if p["axis"] else ")"), spec
    ),
    "argsort": _fixed('np.argsort({0}, axis={axis}, kind="stable")'),
    "argpartition": _fixed("np.argpartition({0}, {kth}, axis={axis})"),
    "cumsum": _fixed("np.cumsum({0}, axis={axis})"),
    "cumprod": _fixed("np.cumprod({0}, axis={axis})"),
    "length": _length,
    **{name: _reduced("np." + name) for name in ("sum", "mean", "max", "min", "prod", "all", "any")},
    "argmax": _reduced("np.argmax"),
    "argmin": _reduced("np.argmin"),
}

# What NumPy has no function for, as functions that are put in front of the derivative.
HELPERS = {
    "strong": '''\
def strong(g, partial):
    """The product, where a zero of g wins over an infinite partial."""
    return np.where(g == 0, 0, g * np.where(g == 0, 1, partial))[()]
''',
    "expit": '''\
def expit(x):
    """The logistic function, without overflow."""
    e = np.exp(-np.abs(x))
    return (np.where(x >= 0, 1, e) / (1 + e))[()]
''',
    "softplus": '''\
def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
''',
    "log_expit": '''\
def log_expit(x):
    """The logarithm of the logistic function, without overflow."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
''',
    "softmax": '''\
def softmax(x, axis):
    """Exponentials divided by their sum, without overflow."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
''',
    "log_softmax": '''\
def log_softmax(x, axis):
    """The logarithm of softmax, without overflow."""
    z = x - np.max(x, axis=axis, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=axis, keepdims=True))
''',
    "logsumexp": '''\
def logsumexp(x, axis, keepdims):
    """The logarithm of the sum of exponentials, without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    out = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)[()]
''',
    "cofactors": '''\
def cofactors(a):
    """The derivative of the determinant, also of a singular matrix."""
    u, s, vh = np.linalg.svd(a)
    rest = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :])
    turn = np.conj(np.linalg.det(u) * np.linalg.det(vh))
    return turn[..., None, None] * ((u * np.prod(rest, axis=-1)[..., None, :]) @ vh)
''',
    "survivors": '''\
def survivors(*indices, shape):
    """Which of the values written at these indices remain: of equal ones the last."""
    count = np.broadcast_shapes(*[np.shape(i) for i in indices])
    serial = np.arange(1, 1 + np.prod(count, dtype=int)).reshape(count)
    last = np.zeros(shape[: len(indices)], int)
    last[indices] = serial
    return last[indices] == serial
''',
}
