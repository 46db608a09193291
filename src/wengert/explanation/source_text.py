"""The rows of the rule book as NumPy text that runs, written as a formatter leaves it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.op import TABLE, Op
from wengert.errors import MissingRule, explain
from wengert.explanation.helpers import HELPERS, REAL
from wengert.spec import Spec

__all__ = [
    "Piece",
    "arguments",
    "array_text",
    "call",
    "dtype_text",
    "expression",
    "helper_of",
    "identifier",
    "in_library",
    "key_text",
    "name_of",
    "number",
    "sayable",
    "scipy_module",
]  # fmt: skip

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


def identifier(text: str) -> str:
    """A variable's name of any Python text that reaches a value: ``layers[0].w`` is layers_0_w."""
    made = re.sub(r"\W+_*", "_", text).strip("_") or "x"
    return f"_{made}" if made[0].isdigit() else made


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
    dtype = "" if x.dtype == np.float64 else f", dtype={dtype_text(x.dtype)}"
    shape = _shape(x.shape)
    if not x.size:
        return f"np.zeros({shape}{dtype})"
    if (x == x.flat[0]).all() and not np.signbit(np.real(x.flat[0])):
        first = x.flat[0]
        if first in (0, 1):
            return f"np.{'ones' if first else 'zeros'}({shape}{dtype})"
        return f"np.full({shape}, {number(first)}{dtype})"
    if x.size > 2 and x.ndim == 1 and x.dtype == np.int64 and (np.diff(x) == 1).all():
        return f"np.arange({x[0]}, {x[-1] + 1})" if x[0] else f"np.arange({x.size})"
    if x.size > 24:
        return None
    shown = f"np.array({_nested(x)}"
    shown += ")" if np.array(x.tolist()).dtype == x.dtype else f", dtype={dtype_text(x.dtype)})"
    return shown if len(shown) <= 60 else None


def _nested(x: Any) -> str:
    return f"[{', '.join([_nested(y) for y in x])}]" if np.ndim(x) else number(x)


def dtype_text(dtype: Any) -> str:
    """What follows ``dtype=``."""
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
    """One application of the row named `op`. Raises `MissingRule` where no function of NumPy or SciPy says it."""
    if op in _INFIX:
        (sign, strength), (x, y) = _INFIX[op], xs
        return _infix(sign, strength, x, y, spec)
    if op in _SPECIAL:
        return _SPECIAL[op](xs, params, spec)
    if helper_of(op, xs) is not None:
        return call(op, xs, params, spec)
    path = _numpy_path(op) or _scipy_path(op)
    if path is not None:
        return call(path, xs, params, spec)
    raise MissingRule(
        explain(
            f"wg.code cannot write {op} as NumPy code.",
            "Neither NumPy nor SciPy has such a function, and it is not made of others that they have."
            if op in TABLE
            else "It is an op that one call made for itself, with what that call closes over inside.",
            "Use wg.jit for fast derivatives, or wg.explain to see their steps.",
        )
    )


def sayable(op: Op) -> bool:
    """Whether this row can be written as it is."""
    return op.name in HELPERS or in_library(op.name)


def in_library(op: str) -> bool:
    """Whether NumPy or SciPy can say this row."""
    return op in _INFIX or op in _SPECIAL or bool(_numpy_path(op) or _scipy_path(op))


def helper_of(op: str, xs: Sequence[Piece]) -> str | None:
    """The helper that computes this row of these operands."""
    if op not in HELPERS or (op in REAL and any(x.spec.dtype.kind == "c" for x in xs)):
        return None
    return op


def _numpy_path(name: str) -> str | None:
    """NumPy's function behind a row: np.linalg.solve."""
    if name not in TABLE:
        return None
    impl, kind = TABLE[name].impl, TABLE[name].kind
    for module, path in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        if getattr(module, getattr(impl, "__name__", name), None) is impl:
            return f"{path}.{impl.__name__}"
    # A row may compute a ufunc in another way, or not yet know one of a later NumPy.
    return f"np.{name}" if kind == "elementwise" and isinstance(getattr(np, name, None), np.ufunc) else None


def scipy_module(op: str) -> str | None:
    """The module of SciPy that a row's function stands in: special."""
    module = getattr(TABLE[op].impl, "__module__", None) or "" if op in TABLE else ""
    return module.removeprefix("scipy.") if module.startswith("scipy.") else None


def _scipy_path(op: str) -> str | None:
    module = scipy_module(op)
    return None if module is None else f"{module}.{TABLE[op].impl.__name__}"


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


def call(name: str, xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    """A call with operands by position and params by keyword."""
    options = [f"{k}={_literal(v)}" for k, v in params.items()]
    return piece(f"{name}({', '.join([*xs, *options])})", spec)


def arguments(text: str) -> tuple[str, list[str]] | None:
    """The function and the arguments of a text that is one call, None of any other.

    >>> arguments("f(x[0, 1], axis=(1, 2))")
    ('f', ['x[0, 1]', 'axis=(1, 2)'])
    """
    function, _, rest = text.partition("(")
    if not rest.endswith(")") or not re.fullmatch(r"[\w.]+", function):
        return None
    parts, depth, quoted = [""], 0, False
    for sign in rest[:-1]:
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign in "([{") - (sign in ")]}")
        if depth < 0:
            return None
        if sign == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += sign
    return function, [part.strip() for part in parts]


def with_objects(params: Params, given: dict[str, Any], fresh: Callable[[str], str]) -> dict[str, Any]:
    """Params, where what has no text, such as a factorisation of a sparse matrix, is the name of a constant.

    given: the constants, by name, to which it is added. fresh: makes a name of them.
    """
    said = dict(params)
    for key, value in params.items():
        if not _is_source(_literal(value)):
            known = [name for name, other in given.items() if other is value]
            name = known[0] if known else fresh(key)
            given[name] = value
            said[key] = Piece(name)
    return said


def _is_source(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _literal(x: Any) -> str:
    """The text of a param."""
    if isinstance(x, Piece):
        return x
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return dtype_text(x)
    if isinstance(x, str):
        return f'"{x}"'
    if isinstance(x, np.ndarray):
        return array_text(x) or f"np.array({x.tolist()!r})"
    return number(x) if isinstance(x, np.generic) else repr(x)


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
        shown = {k: dtype_text(v) if k == "dtype" else v for k, v in params.items()}
        return piece(template.format(*xs, **shown), spec, strength)

    return write


def _unary(sign: str) -> Write:
    return lambda xs, params, spec: piece(f"{sign}{_inside(xs[0], _UNARY)}", spec, _UNARY)


def _gather(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    return piece(f"{_inside(xs[0], _ATOM)}[{', '.join(xs[1:])}]", spec)


def _fft(xs: Sequence[Piece], params: Params, spec: Spec) -> Piece:
    options = {"axes": params["axes"], "norm": params["norm"]}
    return call("np.fft.ifftn" if params["inverse"] else "np.fft.fftn", xs, options, spec)


_SPECIAL: dict[str, Write] = {
    "fft": _fft,
    "rfft": lambda xs, params, spec: call("np.fft.rfft", xs, params, spec),
    "lexsort": lambda xs, p, spec: piece(f"np.lexsort(({', '.join(xs)},), axis={p['axis']})", spec),
    "irfft": lambda xs, p, spec: call(
        "np.fft.irfft", xs, {"n": p["points"], "axis": p["axis"], "norm": p["norm"]}, spec
    ),
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
    "slogdet": _fixed("np.linalg.slogdet({0})"),
    "svd": _fixed("np.linalg.svd({0}, full_matrices=False)"),
    **{name: _reduced("np." + name) for name in ("sum", "mean", "max", "min", "prod", "all", "any")},
    "argmax": _reduced("np.argmax"),
    "argmin": _reduced("np.argmin"),
}
