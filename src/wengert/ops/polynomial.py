"""How NumPy's functions of polynomials, highest power first, are spelled with the rows.

Coefficients may be differentiated, and so may points and roots. An np.poly1d among the arguments gives one back.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.op import Op, primitive
from wengert.core.protocols import BY_PATH, astype, spell
from wengert.ops.linalg import conj
from wengert.ops.spelling import inexact, lift

__all__: list[str] = []


def _coefficients(p: Any) -> Any:
    """The coefficients of an array or a polynomial."""
    return np.atleast_1d(lift(p.coeffs if isinstance(p, np.poly1d) else p))


def _like(out: Any, *arguments: Any) -> Any:
    """`out` as a polynomial if one of the arguments is one."""
    return np.poly1d(out) if any(isinstance(p, np.poly1d) for p in arguments) else out


@spell(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The polynomial at x, by Horner's rule; x may be a polynomial."""
    p = _coefficients(p)
    if not isinstance(x, np.poly1d):
        x = lift(x)
        kind = np.result_type(p.dtype, x.dtype)
        out: Any = np.zeros(x.shape, kind)
    else:
        out = 0
    for n in range(p.shape[0]):
        out = out * x + p[n]
    return out


@spell(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of polynomials."""
    p, q = _coefficients(a1), _coefficients(a2)
    n = builtins.max(p.size, q.size)
    return _like(np.pad(p, (n - p.size, 0)) + np.pad(q, (n - q.size, 0)), a1, a2)


@spell(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of polynomials."""
    return _like(polyadd(_coefficients(a1), np.negative(_coefficients(a2))), a1, a2)


@spell(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of polynomials."""
    return _like(np.convolve(_coefficients(a1), _coefficients(a2)), a1, a2)


@spell(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    """Quotient and remainder; zeros in front of the remainder, which depend on values, are left out."""
    p, q = inexact(_coefficients(u) + 0.0), inexact(_coefficients(v) + 0.0)
    n, m = p.size - 1, q.size - 1
    kind = np.result_type(p.dtype, q.dtype)
    rest, quotient = astype(p, kind), []
    for k in range(builtins.max(n - m + 1, 0)):
        factor = rest[k] / q[0]
        quotient.append(factor)
        rest = np.concatenate([rest[:k], rest[k : k + m + 1] - factor * q, rest[k + m + 1 :]])
    out = np.stack(quotient) if quotient else np.zeros(1, kind)
    bare = np.asarray(rest.concrete("np.polydiv") if isinstance(rest, Box) else rest)
    start = 0
    while start < bare.size - 1 and np.allclose(bare[start], 0, rtol=1e-14):
        start += 1
    return _like(out, u, v), _like(rest[start:], u, v)


@spell(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The derivative of order m."""
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    c = _coefficients(p)
    for _ in range(m):
        c = c[:-1] * np.arange(c.size - 1, 0, -1)
    return _like(c, p)


@spell(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The integral of order m, with constants k."""
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    c = _coefficients(p)
    constants = np.atleast_1d(lift(0.0 if k is None else k))
    if constants.size == 1 and m > 1:
        constants = np.broadcast_to(np.ravel(constants), (m,))
    if constants.size < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for n in range(m):
        c = np.concatenate([c / np.arange(c.size, 0, -1), constants[n : n + 1]])
    return _like(c, p)


@spell(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The polynomial with these roots, or the characteristic polynomial of a matrix."""
    zeros = np.atleast_1d(lift(seq_of_zeros))
    if zeros.ndim == 2 and zeros.shape[0] == zeros.shape[1]:
        zeros = np.linalg.eigvals(zeros)
    elif zeros.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    out: Any = np.ones(1, zeros.dtype)
    for n in range(zeros.shape[0]):
        out = np.convolve(out, np.stack([np.ones((), zeros.dtype), -zeros[n]]))
    if zeros.dtype.kind == "c":
        bare = np.sort(np.asarray(zeros.concrete("np.poly") if isinstance(zeros, Box) else zeros))
        if np.array_equal(bare, np.sort(np.conj(bare))):  # in pairs: the coefficients are real
            out = np.real(out)
    return out


# p(r) = 0 with p_0 and p_n not zero. By the implicit function: dr = -dp(r) / p'(r), dp(r) = Σ dp_k r^(n-k).
def _slopes(p: Any, out: Any) -> Any:
    powers = np.power(out[:, None], np.arange(p.shape[0] - 1, -1, -1))
    return -powers / np.polyval(np.polyder(p), out)[:, None]


polynomial_roots: Op = primitive(np.roots, "p", name="polynomial_roots",
    jvp={"p": lambda t, p, out: np.matmul(_slopes(p, out), t)},
    vjp={"p": lambda g, p, out: np.matmul(g, conj(_slopes(p, out)))})  # fmt: skip


@spell(np.roots)
def roots(p: Any) -> Any:
    """The roots; as many as there are depends on which coefficients are zero, and whether they are complex, too."""
    p = _coefficients(p)
    if p.ndim != 1:
        raise ValueError("Input must be a rank-1 array.")
    places = np.flatnonzero(np.asarray(p.concrete("np.roots") if isinstance(p, Box) else p))
    if not places.size:
        return np.zeros(0)
    start, stop = int(places[0]), int(places[-1]) + 1
    inner = inexact(p)[start:stop]
    found = polynomial_roots(inner) if stop - start > 1 else np.zeros(0)
    return np.concatenate([found, np.zeros(p.size - stop, found.dtype)])


@spell(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """The polynomial of least squares through points, of this degree; differentiable in x, y and w."""
    x, y = lift(x) + 0.0, lift(y) + 0.0
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1 or y.ndim not in (1, 2) or x.shape[0] != y.shape[0] or not x.size:
        raise TypeError("expected 1D vector for x, 1D or 2D array for y, of the same length and not empty")
    left, right = np.vander(x, int(deg) + 1), y
    if w is not None:
        w = lift(w) + 0.0
        left, right = left * w[:, None], right * (w[:, None] if y.ndim == 2 else w)
    # Columns of length 1 keep the matrix well conditioned.
    scale = np.sqrt(np.sum(left * left, axis=0))
    left = left / scale
    if rcond is None:
        rcond = x.size * np.finfo(x.dtype).eps
    c, resids, rank, s = np.linalg.lstsq(left, right, rcond)
    c = c / (scale[:, None] if y.ndim == 2 else scale)
    if full:
        return c, resids, rank, s, rcond
    if not cov:
        return c
    inverse = np.linalg.inv(np.matmul(np.transpose(left), left)) / (scale[:, None] * scale)
    if isinstance(cov, str) and cov == "unscaled":
        return c, inverse
    free = x.size - int(deg) - 1
    if free <= 0:
        raise ValueError("the number of data points must exceed order to scale the covariance matrix")
    fact = resids / free
    return c, inverse * fact if y.ndim == 1 else inverse[:, :, None] * fact


# --- numpy.polynomial, lowest power first ---------------------------------------------------------------------------
# Of that package these two alone look for arrays of other kinds; the others go by Python's operators.


def _horner(c: Any, x: Any) -> Any:
    """The polynomials whose coefficients lie along the first axis of c."""
    out = c[-1] + x * 0
    for n in range(c.shape[0] - 2, -1, -1):
        out = out * x + c[n]
    return out


def _apart(c: Any, x: Any) -> Any:
    """Coefficients with axes for the points of x behind."""
    return np.reshape(c, (*c.shape, *(1,) * x.ndim))


def polyval2d(x: Any, y: Any, c: Any) -> Any:
    """The polynomial Σ c_ij xⁱ yʲ at the points (x, y)."""
    x, y, c = lift(x), lift(y), lift(c)
    if x.shape != y.shape:
        raise ValueError("x, y are incompatible")
    c = np.reshape(c, c.shape + (1,) * (2 - c.ndim))
    return _horner(_horner(_apart(c, x), x), y)


def polygrid2d(x: Any, y: Any, c: Any) -> Any:
    """The polynomial Σ c_ij xⁱ yʲ at all pairs of an x and a y."""
    x, y, c = lift(x), lift(y), lift(c)
    c = np.reshape(c, c.shape + (1,) * (2 - c.ndim))
    c = _horner(_apart(c, x), x)
    return _horner(_apart(c, y), y)


BY_PATH["numpy.polynomial.polynomial.polyval2d"] = polyval2d
BY_PATH["numpy.polynomial.polynomial.polygrid2d"] = polygrid2d
