"""Linear algebra. Adjoints of complex matrices are Hermitian: H(x) is the conjugate transpose.

Forward and reverse rules of matrix functions: M. B. Giles, "Collected matrix derivative results for forward
and reverse mode algorithmic differentiation" (2008). All rules accept leading batch axes.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, multilinear, primitive
from wengert.errors import NotDifferentiable, explain

__all__: list[str] = []


def conj(x: Any) -> Any:
    """The complex conjugate; a real array as it is."""
    return np.conj(x) if x.dtype.kind == "c" else x


def mT(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


def H(x: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    return conj(mT(x))


def _matvec(a: Any, x: Any) -> Any:
    return np.matmul(a, x) if x.ndim == 1 else np.matmul(a, x[..., None])[..., 0]


def _vecmat(x: Any, a: Any) -> Any:
    return np.matmul(x, a) if x.ndim == 1 else np.matmul(x[..., None, :], a)[..., 0, :]


def _vecdot(x: Any, y: Any) -> Any:
    return np.matmul(x, y) if x.ndim == y.ndim == 1 else np.matmul(x[..., None, :], y[..., None])[..., 0, 0]


matmul: Op = multilinear(np.matmul, "x y", name="matmul", core="(n,k),(k,m)->(n,m)",
    x=lambda g, y: matmul(g, H(y)),
    y=lambda g, x: matmul(H(x), g),
    torch=lambda x, y: "Mm" if x.ndim == y.ndim == 2 else "Bmm")  # fmt: skip
matvec: Op = multilinear(_matvec, "a x", name="matvec", core="(n,k),(k)->(n)",
    a=lambda g, x: g[..., :, None] * conj(x)[..., None, :],
    x=lambda g, a: matvec(H(a), g),
    torch="Mv")  # fmt: skip
vecmat: Op = multilinear(_vecmat, "x a", name="vecmat", core="(k),(k,m)->(m)",
    x=lambda g, a: vecmat(g, H(a)),
    a=lambda g, x: conj(x)[..., :, None] * g[..., None, :],
    torch="Mm")  # fmt: skip
vecdot: Op = multilinear(_vecdot, "x y", name="vecdot", core="(k),(k)->()",
    x=lambda g, y: g[..., None] * conj(y),
    y=lambda g, x: g[..., None] * conj(x),
    torch="Dot")  # fmt: skip


# --- einsum -------------------------------------------------------------------------------------------------
# Every operand's labels are distinct (`spelling` takes diagonals first). The adjoint in operand i is the
# einsum of g and the others onto the labels of i; labels that only operand i has were summed, and are spread.


def _einsum(*xs: Any, subscripts: tuple[str, ...]) -> Any:
    *left, right = subscripts
    big = len(xs) > 2 or sum(x.size for x in xs) > 4096
    return np.einsum(f"{','.join(left)}->{right}", *xs, optimize=big)


def _einsum_adjoint(g: Any, others: Any, likes: Any, i: int, subscripts: tuple[str, ...]) -> Any:
    *left, right = subscripts
    mine = left[i]
    known = "".join([right, *left[:i], *left[i + 1 :]])
    kept = "".join(c for c in mine if c in known)
    out = apply(einsum, (g, *[conj(x) for x in others]), {"subscripts": (right, *left[:i], *left[i + 1 :], kept)})
    if kept == mine:
        return out
    shape = tuple(out.shape[kept.index(c)] if c in kept else 1 for c in mine)
    full = tuple(n if c in kept else m for c, n, m in zip(mine, shape, likes[i].shape, strict=True))
    return np.broadcast_to(np.reshape(out, shape), full)


def _einsum_batched(n: int, operands: Any, batched: Any, params: Any) -> Any:
    *left, right = params["subscripts"]
    new = next(c for c in string.ascii_letters if c not in "".join(left))
    marked = [new + labels if b else labels for labels, b in zip(left, batched, strict=True)]
    return apply(einsum, operands, {"subscripts": (*marked, new + right)})


einsum: Op = multilinear(_einsum, "*xs", name="einsum", xs=_einsum_adjoint, vmap=_einsum_batched)

# --- solving and factorising -----------------------------------------------------------------------------------


# a out = b:  da out + a dout = db. The factors of aᴴ are others than those of a, so that rounding may hide a pivot of 0
# in one and not in the other.
def _back_solved(a: Any, g: Any) -> Any:
    try:
        return solve(H(a), g)
    except np.linalg.LinAlgError as error:
        raise NotDifferentiable(
            explain(
                "the derivative of the solution of a linear system was asked for at a matrix that is singular.",
                "Rounding hid that from the solution itself, which is as large as the inverse of rounding.",
                "Use np.linalg.lstsq or np.linalg.pinv, which keep the rank, or move off the point.",
            )
        ) from error


solve: Op = primitive(np.linalg.solve, "a b", core="(n,n),(n,m)->(n,m)",
    jvp={"a": lambda t, a, out: -solve(a, matmul(t, out)), "b": lambda t, a: solve(a, t)},
    vjp={"a": lambda g, a, out: -matmul(_back_solved(a, g), H(out)), "b": lambda g, a: _back_solved(a, g)},
    torch="LinalgSolveEx")  # fmt: skip

# out a = 1:  dout = -out da out.
inv: Op = primitive(np.linalg.inv, "a", core="(n,n)->(n,n)",
    jvp={"a": lambda t, out: -matmul(out, matmul(t, out))},
    vjp={"a": lambda g, out: -matmul(H(out), matmul(g, H(out)))},
    torch="LinalgInvEx")  # fmt: skip


# LAPACK reads one triangle of a Hermitian matrix, so that there is no derivative in the other one. For a matrix that is
# Hermitian the convention is to share: its direction is made Hermitian, and so is its gradient (I. Murray,
# "Differentiation of the Cholesky decomposition", 2016), as a step along the gradient needs it. For one that is not,
# only the triangle that is read counts:  S(t) = s + sᴴ + Re diag t,  s the strict triangle of t, and its adjoint
# S*(g) = 2 strict(ĝ) + diag ĝ,  ĝ = ½(g + gᴴ).
def _is_hermitian(a: Any) -> Any:
    return np.all(a == H(a), axis=(-2, -1), keepdims=True)


def _triangle(x: Any, uplo: str, beyond: float, diagonal: float) -> Any:
    """Weights for x: on the strict triangle, and on the diagonal."""
    n = x.shape[-1]
    ones = np.ones((n, n), np.finfo(x.dtype).dtype)
    return beyond * (np.tril(ones, -1) if uplo in "Ll" else np.triu(ones, 1)) + diagonal * np.eye(n, dtype=ones.dtype)


def mirrored(t: Any, a: Any, uplo: str = "L") -> Any:
    """The direction in which the Hermitian matrix that is read out of `a` moves, when `a` moves along t."""
    s = t * _triangle(t, uplo, 1, 0.5)
    return np.where(_is_hermitian(a), 0.5 * (t + H(t)), s + H(s))


def unmirrored(g: Any, a: Any, uplo: str = "L") -> Any:
    """The adjoint of `mirrored`."""
    shared = 0.5 * (g + H(g))
    return np.where(_is_hermitian(a), shared, shared * _triangle(g, uplo, 2, 1))


def _one_triangle(a: Any, uplo: str) -> Any:
    strict, diagonal = (np.tril(a, -1) if uplo in "Ll" else np.triu(a, 1)), np.diagonal(a, 0, -2, -1)
    return strict + H(strict) + np.real(diagonal)[..., None, :] * np.eye(a.shape[-1], dtype=a.dtype)


# The Hermitian matrix of which one triangle is read, as a row: for functions of it that are not LAPACK's.
one_triangle: Op = primitive(_one_triangle, "a", name="one_triangle", core="(n,n)->(n,n)",
    jvp={"a": lambda t, a, uplo: mirrored(t, a, uplo)},
    vjp={"a": lambda g, a, uplo: unmirrored(g, a, uplo)})  # fmt: skip


# a = L Lᴴ:  dL = L Φ(L⁻¹ da L⁻ᴴ), where Φ takes the lower triangle and half of the diagonal.
def _phi(x: Any) -> Any:
    n = x.shape[-1]
    return x * (np.tril(np.ones((n, n))) - 0.5 * np.eye(n))


def _cholesky_jvp(t: Any, a: Any, out: Any) -> Any:
    inner = solve(out, H(solve(out, mirrored(t, a))))
    return matmul(out, _phi(H(inner)))


def _cholesky_vjp(g: Any, a: Any, out: Any) -> Any:
    inner = _phi(matmul(H(out), g))
    left = solve(H(out), inner)
    return unmirrored(H(solve(H(out), H(left))), a)


cholesky = primitive(np.linalg.cholesky, "a", core="(n,n)->(n,n)", jvp={"a": _cholesky_jvp}, vjp={"a": _cholesky_vjp},
    torch="LinalgCholeskyEx")  # fmt: skip
