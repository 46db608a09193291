"""Recurrences for the Taylor coefficients of elementary functions (Griewank and Walther 2008, table 13.2).

A rule gets y₀, the order K, the series [x₀, …, x_K] of each operand and the params, and gives [y₁, …, y_K]; None is a
zero coefficient. Most follow from a differential equation, whose coefficients are compared: y = eˣ has y' = y x', so
k y_k = Σ_{j=1..k} j x_j y_{k-j}. What is a program of other ops is in COMPOSITES instead, as a function of Jets that
may decline (NotImplemented).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.op import strong_multiply

__all__ = ["COMPOSITES", "RECURRENCES"]

Series = list[Any]
Rule = Callable[..., Any]


def _plus(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def _minus(a: Any, b: Any) -> Any:
    return a if b is None else -b if a is None else a - b


def _times(a: Any, b: Any) -> Any:
    """a · b, where a coefficient that is zero wins over an infinite value."""
    return None if a is None or b is None else strong_multiply(a, b)


def _scaled(series: Series, factor: Any) -> Series:
    return [None if c is None else c * factor for c in series]


def _cauchy(a: Series, b: Series, k: int, first: int = 0, last: int | None = None) -> Any:
    """Σ a_j b_{k-j} for j from `first` to `last` (k)."""
    total = None
    for j in range(first, (k if last is None else last) + 1):
        if a[j] is not None and b[k - j] is not None:
            total = _plus(total, strong_multiply(a[j], b[k - j]))
    return total


def _slope(x: Series) -> Series:
    """[0, x₁, 2 x₂, …]: the coefficients of t x'."""
    return [None, *[None if c is None else k * c for k, c in enumerate(x[1:], 1)]]


def _product(a: Series, b: Series) -> Series:
    """The first coefficients of a product, the constant one included."""
    return [_cauchy(a, b, k) for k in range(len(a))]


# --- arithmetic -----------------------------------------------------------------------------------------------


def _add(y0: Any, order: int, x: Series, y: Series) -> Series:
    return [_plus(a, b) for a, b in zip(x[1:], y[1:], strict=True)]


def _subtract(y0: Any, order: int, x: Series, y: Series) -> Series:
    return [_minus(a, b) for a, b in zip(x[1:], y[1:], strict=True)]


def _multiply(y0: Any, order: int, x: Series, y: Series) -> Series:
    return _product(x, y)[1:]


# y b = a:  y_k = (a_k - Σ_{j≥1} b_j y_{k-j}) / b₀.
def _divide(y0: Any, order: int, a: Series, b: Series) -> Series:
    y = [y0]
    for k in range(1, order + 1):
        y.append(_times(_minus(a[k], _cauchy(b, y, k, 1)), 1 / b[0]))
    return y[1:]


def _reciprocal(y0: Any, order: int, x: Series) -> Series:
    return _divide(y0, order, [1.0, *[None] * order], x)


# y² = x:  y_k = (x_k - Σ_{1≤j<k} y_j y_{k-j}) / 2 y₀.
def _sqrt(y0: Any, order: int, x: Series) -> Series:
    y = [y0]
    for k in range(1, order + 1):
        y.append(_times(_minus(x[k], _cauchy(y, y, k, 1, k - 1)), 0.5 / y0))
    return y[1:]


# --- powers ---------------------------------------------------------------------------------------------------


# x y' = a y x':  y_k = Σ_{j≥1} ((a + 1) j - k) x_j y_{k-j} / (k x₀). At x₀ = 0 the coefficients beyond a are infinite.
def _any_power(y0: Any, order: int, x: Series, a: Any) -> Series:
    y = [y0]
    for k in range(1, order + 1):
        total = None
        for j in range(1, k + 1):
            if y[k - j] is not None:
                total = _plus(total, _times(x[j], ((a + 1) * (j / k) - 1) * y[k - j]))
        y.append(_times(total, 1 / x[0]))
    return [None if c is None else np.where((x[0] == 0) & (k > np.real(a)), np.inf, c) for k, c in enumerate(y[1:], 1)]


# By squaring, so that zeros do no harm: x⁵ = x · (x²)². Every entry has its own exponent.
def _whole_power(x: Series, exponent: Any) -> Series:
    result: Series = [1.0, *[None] * (len(x) - 1)]
    square = x
    bits = np.asarray(exponent)
    while np.any(bits):
        odd = bits % 2 == 1
        product = _product(result, square)
        if np.all(odd):
            result = product
        else:
            result = [
                p if r is None and p is None else np.where(odd, 0.0 if p is None else p, 0.0 if r is None else r)
                for p, r in zip(product, result, strict=True)
            ]
        bits = bits // 2
        square = _product(square, square) if np.any(bits) else square
    return result


def _power_by(y0: Any, order: int, x: Series, exponent: Any) -> Series:
    if np.isreal(exponent) and exponent >= 0 and float(exponent).is_integer():
        return _whole_power(x, int(exponent))[1:]
    return _any_power(y0, order, x, exponent)


# xʸ = exp(y ln x), unless the exponent is a constant: then x may be 0 or negative.
def _power(y0: Any, order: int, x: Series, y: Series) -> Series:
    if any(c is not None for c in y[1:]):
        safe = [np.where(x[0] == 0, 1.0, x[0]), *x[1:]]
        found = _exp(y0, order, [None, *_multiply(None, order, y, [np.log(safe[0]), *_log(None, order, safe)])])
        return [None if c is None else np.where(x[0] == 0, 0.0, c) for c in found]
    general = _any_power(y0, order, x, y[0])
    if not isinstance(y[0], np.ndarray | np.generic | float | int) or np.iscomplexobj(y[0]):
        return general
    whole = (np.asarray(y[0]) >= 0) & (y[0] == np.floor(y[0]))
    if not np.any(whole):
        return general
    squared = _whole_power(x, np.where(whole, y[0], 0).astype(int))[1:]
    return [
        None if a is None and b is None else np.where(whole, 0.0 if a is None else a, 0.0 if b is None else b)
        for a, b in zip(squared, general, strict=True)
    ]


# --- exponentials and logarithms --------------------------------------------------------------------------------


# y' = y x'
def _exp(y0: Any, order: int, x: Series) -> Series:
    y, slope = [y0], _slope(x)
    for k in range(1, order + 1):
        total = _cauchy(slope, y, k, 1)
        y.append(None if total is None else total / k)
    return y[1:]


# (b + x) y' = x':  y_k = (x_k - Σ_{1≤j<k} (j/k) y_j x_{k-j}) / (b + x₀), here with b = 0 or 1.
def _log(y0: Any, order: int, x: Series, shift: float = 0.0) -> Series:
    slope: Series = [None]  # j y_j
    for k in range(1, order + 1):
        total = _cauchy(slope, x, k, 1, k - 1)
        c = _times(_minus(x[k], None if total is None else total / k), 1 / (x[0] + shift))
        slope.append(None if c is None else k * c)
    return [None if c is None else c / k for k, c in enumerate(slope[1:], 1)]


# --- circular and hyperbolic functions ---------------------------------------------------------------------------


# s' = c x' and c' = ∓s x'
def _pair(s0: Any, c0: Any, order: int, x: Series, sign: float) -> tuple[Series, Series]:
    s, c, slope = [s0], [c0], _slope(x)
    for k in range(1, order + 1):
        a, b = _cauchy(slope, c, k, 1), _cauchy(slope, s, k, 1)
        s.append(None if a is None else a / k)
        c.append(None if b is None else b * (sign / k))
    return s[1:], c[1:]


# y' = (p + q y + r y²) x', with the polynomial as a series that is kept beside y.
def _riccati(p: float, q: float, r: float) -> Rule:
    def rule(y0: Any, order: int, x: Series) -> Series:
        y, slope = [y0], _slope(x)
        v: Series = [p + q * y0 + r * y0 * y0]
        for k in range(1, order + 1):
            total = _cauchy(slope, v, k, 1)
            y.append(None if total is None else total / k)
            square = _cauchy(y, y, k)
            v.append(_plus(None if y[k] is None or not q else q * y[k], None if square is None else r * square))
        return y[1:]

    return rule


# sinc z = ∫₀¹ cos(π z u) du, so its k-th coefficient at z₀ is ∫₀¹ (π u)ᵏ cos(π z₀ u + kπ/2) du / k!, which Gauss's rule
# gives to the last digit while it has nodes enough for the waves. Beyond, π z y = sin π z is divided, which is stable
# where the divisor is large.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FAR = 12.0


def _sinc(y0: Any, order: int, x: Series) -> Series:
    near, far = np.abs(x[0]) < _FAR, np.where(np.abs(x[0]) < _FAR, 1.0, x[0])
    z = [math.pi * far, *_scaled(x[1:], math.pi)]
    sines, _ = _pair(np.sin(z[0]), np.cos(z[0]), order, z, -1.0)
    divided = _divide(np.sinc(far), order, [np.sin(z[0]), *sines], z)
    u = 0.5 * math.pi * (_NODES + 1)
    here = np.where(near, x[0], 0.0)
    waves = here[..., None] * u
    series = [np.sum(0.5 * _WEIGHTS * u**k / math.factorial(k) * _turned(waves, k), axis=-1) for k in range(order + 1)]
    composed = _composed(series, x)
    return [
        None if a is None and b is None else np.where(near, 0.0 if a is None else a, 0.0 if b is None else b)
        for a, b in zip(composed, divided, strict=True)
    ]


def _turned(z: Any, quarters: int) -> Any:
    """cos(z + k π/2), without rounding π."""
    wave = np.sin(z) if quarters % 2 else np.cos(z)
    return -wave if quarters % 4 in (1, 2) else wave


def _composed(outer: Series, x: Series) -> Series:
    """y₁ … y_K of Σ outer_k (x - x₀)ᵏ, by Horner's scheme."""
    inner = [None, *x[1:]]
    result: Series = [outer[-1], *[None] * (len(x) - 1)]
    for c in outer[-2::-1]:
        result = _product(result, inner)
        result[0] = c
    return result[1:]


# A switch chooses every coefficient.
def _where(y0: Any, order: int, condition: Series, x: Series, y: Series) -> Series:
    return [
        None
        if a is None and b is None
        else np.where(condition[0], np.zeros(()) if a is None else a, np.zeros(()) if b is None else b)
        for a, b in zip(x[1:], y[1:], strict=True)
    ]


# --- linear systems ---------------------------------------------------------------------------------------------


# a y = b:  a₀ y_k = b_k - Σ_{j≥1} a_j y_{k-j}.
def _solve(y0: Any, order: int, a: Series, b: Series) -> Series:
    y = [y0]
    for k in range(1, order + 1):
        rest = b[k]
        for j in range(1, k + 1):
            if a[j] is not None and y[k - j] is not None:
                rest = _minus(rest, np.matmul(a[j], y[k - j]))
        y.append(None if rest is None else np.linalg.solve(a[0], np.broadcast_to(rest, np.shape(y0))))
    return y[1:]


def _inv(y0: Any, order: int, a: Series) -> Series:
    y = [y0]
    for k in range(1, order + 1):
        rest = None
        for j in range(1, k + 1):
            if a[j] is not None and y[k - j] is not None:
                rest = _minus(rest, np.matmul(a[j], y[k - j]))
        y.append(None if rest is None else np.matmul(y0, rest))
    return y[1:]


RECURRENCES: dict[str, Rule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "strong_multiply": _multiply,
    "square": lambda y0, order, x: _multiply(y0, order, x, x),
    "divide": _divide,
    "reciprocal": _reciprocal,
    "sqrt": _sqrt,
    "cbrt": lambda y0, order, x: _any_power(y0, order, x, 1 / 3),
    "power_by": _power_by,
    "power": _power,
    "exp": _exp,
    "exp2": lambda y0, order, x: _exp(y0, order, _scaled(x, math.log(2.0))),
    "expm1": lambda y0, order, x: _exp(y0 + 1, order, x),
    "log": _log,
    "log2": lambda y0, order, x: _scaled(_log(y0, order, x), 1 / math.log(2.0)),
    "log10": lambda y0, order, x: _scaled(_log(y0, order, x), 1 / math.log(10.0)),
    "log1p": lambda y0, order, x: _log(y0, order, x, 1.0),
    "sin": lambda y0, order, x: _pair(y0, np.cos(x[0]), order, x, -1.0)[0],
    "cos": lambda y0, order, x: _pair(np.sin(x[0]), y0, order, x, -1.0)[1],
    "sinh": lambda y0, order, x: _pair(y0, np.cosh(x[0]), order, x, 1.0)[0],
    "cosh": lambda y0, order, x: _pair(np.sinh(x[0]), y0, order, x, 1.0)[1],
    "tan": _riccati(1.0, 0.0, 1.0),
    "tanh": _riccati(1.0, 0.0, -1.0),
    "expit": _riccati(0.0, 1.0, -1.0),
    "sinc": _sinc,
    "where": _where,
    "solve": _solve,
    "inv": _inv,
}


# --- programs of other ops ----------------------------------------------------------------------------------------


def _prod(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The product over axes, by halves."""
    kept = [n for n in range(x.ndim) if n not in axis]
    rows = np.reshape(np.transpose(x, (*axis, *kept)), (-1, *[x.shape[n] for n in kept]))
    if not len(rows):
        return np.prod(np.ones(x.shape, x.dtype), axis=axis, keepdims=keepdims)
    while len(rows) > 1:
        half = len(rows) // 2
        rows = np.concatenate([rows[:half] * rows[half : 2 * half], rows[2 * half :]])
    out = rows[0]
    return np.reshape(out, [1 if n in axis else m for n, m in enumerate(x.shape)]) if keepdims else out


def _cumprod(x: Any, axis: int) -> Any:
    """Products of 1, 2, 4, … entries up to each (W. D. Hillis and G. L. Steele, 1986)."""
    rows = np.moveaxis(x, axis, 0)
    step = 1
    while step < len(rows):
        rows = np.concatenate([rows[:step], rows[step:] * rows[:-step]])
        step *= 2
    return np.moveaxis(rows, 0, axis)


def _scan(
    *operands: Any, body: Any, length: int, consts: int, carry: int, reverse: bool = False, checkpoint: Any = None
) -> Any:
    """The steps of a loop, one after the other."""
    fixed, state, xs = operands[:consts], list(operands[consts : consts + carry]), operands[consts + carry :]
    rows = []
    for k in range(length - 1, -1, -1) if reverse else range(length):
        outs = body.run([*fixed, *state, *[x[k] for x in xs]])
        state = outs[:carry]
        rows.append(outs[carry:])
    if not length:
        return (*state, *[np.empty((0, *y.spec.shape), y.spec.dtype) for y in body.outputs[carry:]])
    columns = zip(*(rows[::-1] if reverse else rows), strict=True)
    return (*state, *[np.stack(column) for column in columns])


def _while_loop(
    *operands: Any, cond: Any, body: Any, cond_consts: int, body_consts: int, checkpoint: Any = None
) -> Any:
    fixed, given = operands[cond_consts : cond_consts + body_consts], operands[:cond_consts]
    state = operands[cond_consts + body_consts :]
    while bool(cond.run([*given, *state])[0]):
        state = body.run([*fixed, *state])
    return tuple(state)


def _cond(index: Any, *operands: Any, branches: Any) -> Any:
    chosen = branches[min(max(int(np.asarray(index)), 0), len(branches) - 1)]
    return tuple(chosen.run(list(operands)))


def _call(*operands: Any, program: Any, reverse: Any = None) -> Any:
    return tuple(program.graph.run(list(operands)))


# Where the matrix x₀ = u s vᴴ is singular, det x = det u · det vᴴ · det m of m = uᴴ x v = (m₁₁ m₁₂; m₂₁ m₂₂), with m₁₁
# regular and no constant term in the others: det m = det m₁₁ · det (m₂₂ - m₂₁ m₁₁⁻¹ m₁₂).
def _det(x: Any) -> Any:
    if not isinstance(x.value, np.ndarray) or not x.size:
        return NotImplemented
    s = np.linalg.svd(x.value, compute_uv=False)
    if np.all(s[..., -1] > s[..., 0] * (8 * s.shape[-1] * np.finfo(s.dtype).eps)):
        return NotImplemented
    dets = [_singular_det(a) for a in np.reshape(x, (-1, *x.shape[-2:]))]
    return np.reshape(np.stack(dets), x.shape[:-2])


def _singular_det(x: Any) -> Any:
    u, s, vh = np.linalg.svd(x.value)
    rank = int(np.sum(s > s[0] * (8 * len(s) * np.finfo(s.dtype).eps)))
    m = np.conj(u.T) @ x @ np.conj(vh.T)
    regular, small = m[:rank, :rank], m[rank:, rank:]
    scale = np.linalg.det(u) * np.linalg.det(vh)
    if rank == len(s):
        return scale * np.linalg.det(m)
    if rank:
        scale = scale * np.linalg.det(regular)
        small = small - m[rank:, :rank] @ np.linalg.solve(regular, m[:rank, rank:])
    return scale * _divisionless_det(small)


def _divisionless_det(x: Any) -> Any:
    """A determinant without division, for series that begin with zero (R. S. Bird, 2011)."""
    n = len(x)
    f = x
    for _ in range(n - 1):
        diagonal = np.diagonal(f)
        below = np.stack([-np.sum(diagonal[i + 1 :]) for i in range(n)])
        f = (np.triu(f, 1) + np.diag(below)) @ x
    return f[0, 0] * (-1) ** (n - 1)


COMPOSITES: dict[str, Rule] = {
    "det": _det,
    "prod": _prod,
    "cumprod": _cumprod,
    "scan": _scan,
    "while_loop": _while_loop,
    "cond": _cond,
    "call": _call,
}
