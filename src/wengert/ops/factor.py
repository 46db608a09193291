"""Factorisations that are not spectral, and what is solved with them: QR, LU, triangular systems."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, primitive
from wengert.errors import InvalidArgument, NotDifferentiable, explain
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import H, matmul, solve
from wengert.ops.spectral import completed, diagonal, taken_up
from wengert.ops.stacks import over_stacks

__all__: list[str] = []


# --- triangular systems -------------------------------------------------------------------------------------------
# a x = b:  da x + a dx = db, where da has the triangle of a. Where there is a 0 on its diagonal, the solution is not
# finite; SciPy refuses that in `solve_triangular`, and gives it in `lu_solve` and `cho_solve`.


def _triangle(x: Any, lower: bool, unit: bool) -> Any:
    return np.tril(x, -int(unit)) if lower else np.triu(x, int(unit))


def _solve_triangular(a: Any, b: Any, lower: bool, unit: bool) -> Any:
    if not a.size or not b.size:
        return np.zeros(b.shape, np.result_type(a.dtype, b.dtype))
    (solve,) = scipy_function("scipy.linalg", "get_blas_funcs")(("trsm",), (a, b))
    if a.flags.f_contiguous:
        return solve(1, a, b, lower=lower, diag=unit)
    return solve(1, a.T, b, lower=not lower, trans_a=True, diag=unit)


def triangular(a: Any, b: Any, lower: bool = True, unit: bool = False) -> Any:
    """x with a x = b for a triangular a; `unit` takes its diagonal for ones."""
    return apply(solve_triangular, (a, b), {"lower": lower, "unit": unit})


solve_triangular: Op = primitive(over_stacks(_solve_triangular), "a b", name="solve_triangular",
    core="(n,n),(n,m)->(n,m)", torch="TriangularSolve",
    jvp={"a": lambda t, a, out, lower, unit: -triangular(a, matmul(_triangle(t, lower, unit), out), lower, unit),
         "b": lambda t, a, lower, unit: triangular(a, t, lower, unit)},
    vjp={"a": lambda g, a, out, lower, unit:
             -_triangle(matmul(triangular(H(a), g, not lower, unit), H(out)), lower, unit),
         "b": lambda g, a, lower, unit: triangular(H(a), g, not lower, unit)})  # fmt: skip


def _check_diagonal(a: Any) -> Any:
    zero = np.diagonal(a, 0, -2, -1) == 0
    if zero.any():
        raise np.linalg.LinAlgError(f"singular matrix: resolution failed at diagonal {np.argwhere(zero)[0, -1]}")
    return a


without_zeros: Op = primitive(_check_diagonal, "a", name="without_zeros", core="(n,n)->(n,n)",
    jvp={"a": lambda t: t}, vjp={"a": lambda g: g})  # fmt: skip

# --- QR -----------------------------------------------------------------------------------------------------------
# a = q r of at least as many rows as columns. With X = da r⁻¹ and W = qᴴX = Ω + dr r⁻¹, Ω is skew-Hermitian and dr r⁻¹
# upper triangular with a real diagonal, so that with L the part of W below the diagonal
#
#     Ω = L - Lᴴ + i Im diag W,     dq = q Ω + (1 - q qᴴ) X,     dr = (W - Ω) r.
#
# Back:  M = gr rᴴ - qᴴgq,  Y = the upper part of M, made Hermitian,  ga = (gq + q Y) r⁻ᴴ.
# (S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions", 2010.)


def _check_rank(r: Any) -> Any:
    d = np.abs(np.diagonal(r, 0, -2, -1))
    if d.size and np.any(np.min(d, -1) <= 8 * d.shape[-1] * np.finfo(d.dtype).eps * np.max(np.abs(r), axis=(-2, -1))):
        raise NotDifferentiable(
            explain(
                "the derivative of a QR decomposition was asked for at a matrix whose columns are dependent.",
                "The last columns of q are then any vectors, and jump.",
                "Use what does not need q or r, such as a.T @ a or np.linalg.lstsq, or move off the point.",
            )
        )
    return r


_regular: Op = primitive(_check_rank, "r", name="full_rank", core="(n,n)->(n,n)",
    jvp={"r": lambda t: t}, vjp={"r": lambda g: g})  # fmt: skip


def _check_independent(u: Any, s: Any) -> Any:
    rounding = np.finfo(s.dtype).eps * max(u.shape[-2:])
    if s.size and np.any(s[..., -1] <= rounding * s[..., 0]):
        raise InvalidArgument(
            explain(
                "a basis of the columns of a matrix was taken in a batch or a trace, and they are dependent.",
                "How many vectors it has depends on the numbers then, and with it the shape of the result.",
                "Leave the dependent columns out, or call the function for each matrix, without vmap and jit.",
            )
        )
    return np.broadcast_to(u, np.broadcast_shapes(u.shape[:-2], s.shape[:-1]) + u.shape[-2:])


# The left singular vectors as a basis, where that is one of the whole range.
independent: Op = primitive(_check_independent, "u s", name="independent", core="(n,k),(k)->(n,k)",
    jvp={"u": lambda t: t, "s": 0}, vjp={"u": lambda g: g, "s": 0})  # fmt: skip


def _over_r(x: Any, r: Any) -> Any:
    """x r⁻¹."""
    return H(solve(H(r), H(x)))


def _qr_jvp(t: Any, out: Any) -> Any:
    q, r = out[0], _regular(out[1])
    x = _over_r(t, r)
    w = matmul(H(q), x)
    below = np.tril(w, -1)
    turn = below - H(below)
    if w.dtype.kind == "c":
        turn = turn + diagonal(1j * np.imag(np.diagonal(w, 0, -2, -1)))
    return matmul(q, turn - w) + x, matmul(w - turn, r)


def _qr_vjp(g: Any, out: Any) -> Any:
    (gq, gr), (q, r) = g, (out[0], _regular(out[1]))
    m = matmul(gr, H(r)) - matmul(H(q), gq)
    upper = np.triu(m, 1)
    y = upper + H(upper) + diagonal(np.real(np.diagonal(m, 0, -2, -1)))
    return H(solve(r, H(gq + matmul(q, y))))


qr: Op = primitive(lambda a: tuple(np.linalg.qr(a)), "a", name="qr", core="(n,m)->(n,m),(m,m)", outputs=2,
    jvp={"a": _qr_jvp}, vjp={"a": _qr_vjp}, torch="LinalgQr")  # fmt: skip


def _thin(out: Any) -> Any:
    q, r = out
    k = r.shape[-1]
    return (q[..., :k], r[..., :k, :]), q[..., k:]


def _padded(r: Any, rows: int) -> Any:
    return np.concatenate([r, np.zeros((*r.shape[:-2], rows, r.shape[-1]), r.dtype)], axis=-2)


def _qr_full_jvp(t: Any, out: Any) -> Any:
    thin, rest = _thin(out)
    dq, dr = _qr_jvp(t, thin)
    return completed(dq, thin[0], rest), _padded(dr, rest.shape[-1])


def _qr_full_vjp(g: Any, out: Any) -> Any:
    thin, rest = _thin(out)
    return _qr_vjp((taken_up(g[0], thin[0], rest), g[1][..., : thin[1].shape[-1], :]), thin)


qr_full: Op = primitive(lambda a: tuple(np.linalg.qr(a, "complete")), "a", name="qr_full",
    core="(n,m)->(n,n),(n,m)", outputs=2, jvp={"a": _qr_full_jvp}, vjp={"a": _qr_full_vjp},
    torch="LinalgQr")  # fmt: skip

# --- LU -----------------------------------------------------------------------------------------------------------
# The permuted a is L U, the permutation constant. For at least as many columns as rows, with the first columns U₁ of U
# and M = L⁻¹ da, X = M₁ U₁⁻¹ has dL = L tril(X, -1), and dU = M - tril(X, -1) U; for more rows, the roles of L and U
# exchanged, X = L₁⁻¹ da₁ U⁻¹ has dU = triu(X) U and dL = (da - L dU) U⁻¹. Below the diagonal X has nothing of the last
# pivot of U, which may be 0 unless there are more rows; where another one is 0, L is not determined.


def _check_pivots(u: Any, last: bool) -> Any:
    d = np.abs(np.diagonal(u, 0, -2, -1))
    d = d if last else d[..., :-1]
    if d.size and np.any(d <= 8 * u.shape[-1] * np.finfo(d.dtype).eps * np.max(np.abs(u), axis=(-2, -1))[..., None]):
        raise NotDifferentiable(
            explain(
                "the derivative of an LU decomposition was asked for at a matrix with a pivot of 0, to rounding.",
                "What is below that pivot in L is any number, and jumps.",
                "Use what does not need L or U, such as np.linalg.det or np.linalg.pinv, or move off the point.",
            )
        )
    return u if last else _with_last(u, np.ones(u.shape[:-2], u.dtype))


def _with_last(u: Any, value: Any) -> Any:
    """With another last entry of the diagonal."""
    u = np.array(u)
    if u.size:
        u[..., -1, -1] = value
    return u


# U, to divide by; without its last pivot where that is not needed.
_pivoted: Op = primitive(_check_pivots, "u", name="pivoted", core="(n,n)->(n,n)",
    jvp={"u": lambda t, last: t if last else _but_last(t)},
    vjp={"u": lambda g, last: g if last else _but_last(g)})  # fmt: skip


def _but_last(t: Any) -> Any:
    n = t.shape[-1]
    return t * (np.arange(n * n).reshape(n, n) != n * n - 1)


def _lu_factor(a: Any) -> Any:
    if not a.size:
        return np.zeros(a.shape, a.dtype), np.zeros(min(a.shape), np.int32)
    return tuple(scipy_function("scipy.linalg", "lu_factor")(a))


def unpacked(lu: Any) -> tuple[Any, Any]:
    """L and U of a packed pair."""
    k = min(lu.shape[-2:])
    eye = np.eye(lu.shape[-2], k, dtype=lu.dtype)
    return np.tril(lu[..., :, :k], -1) + eye, np.triu(lu[..., :k, :])


def _lu_jvp(t: Any, out: Any) -> Any:
    (low, up), (rows, columns) = unpacked(out[0]), t.shape[-2:]
    t = np.take_along_axis(t, permutation(out[1], rows)[..., None], axis=-2)
    if rows > columns:
        up = _pivoted(up, last=True)
        first = triangular(low[..., :columns, :], t[..., :columns, :], unit=True)
        d_up = matmul(np.triu(_right(first, up)), up)
        d_low = _right(t - matmul(low, d_up), up)
    else:
        moved = triangular(low, t, unit=True)
        below = np.tril(_right(moved[..., :rows], _pivoted(up[..., :rows], last=False)), -1)
        d_low, d_up = matmul(low, below), moved - matmul(below, up)
    return _packed(d_low, d_up), np.zeros(out[1].shape)


def _packed(low: Any, up: Any) -> Any:
    n, m = low.shape[-2], up.shape[-1]
    k = min(n, m)
    low, up = np.tril(low, -1), np.triu(up)
    if n > k:
        up = _padded(up, n - k)
    if m > k:
        low = np.concatenate([low, np.zeros((*low.shape[:-1], m - k), low.dtype)], axis=-1)
    return low + up


def _right(x: Any, up: Any) -> Any:
    """x U⁻¹."""
    return H(triangular(H(up), H(x)))


def _right_h(x: Any, up: Any) -> Any:
    """x U⁻ᴴ."""
    return H(triangular(up, H(x), lower=False))


def _left_h(low: Any, x: Any) -> Any:
    """L⁻ᴴ x."""
    return triangular(H(low), x, lower=False, unit=True)


def _lu_vjp(g: Any, out: Any) -> Any:
    (low, up), (rows, columns) = unpacked(out[0]), g[0].shape[-2:]
    k = min(rows, columns)
    g_low, g_up = np.tril(g[0][..., :k], -1), np.triu(g[0][..., :k, :])
    if rows > columns:
        up = _pivoted(up, last=True)
        ga = _right_h(g_low, up)
        inner = np.triu(matmul(g_up - matmul(H(low), ga), H(up)))
        first = _left_h(low[..., :k, :], _right_h(inner, up))
        ga = np.concatenate([ga[..., :k, :] + first, ga[..., k:, :]], axis=-2)
    else:
        ga = _left_h(low, g_up)
        inner = np.tril(matmul(H(low), g_low - matmul(ga, H(up))), -1)
        first = _left_h(low, _right_h(inner, _pivoted(up[..., :k], last=False)))
        ga = np.concatenate([ga[..., :k] + first, ga[..., k:]], axis=-1)
    back = np.argsort(permutation(out[1], rows), axis=-1)
    return np.take_along_axis(ga, back[..., None], axis=-2)


def _permutation(piv: Any, n: int) -> Any:
    order = np.array(np.broadcast_to(np.arange(n), (*piv.shape[:-1], n)))
    for at in np.ndindex(piv.shape[:-1]):
        for i, p in enumerate(piv[at]):
            order[at][[i, p]] = order[at][[p, i]]
    return order


# Row exchanges one after the other as a permutation of the rows.
_permute: Op = primitive(_permutation, "piv", name="permutation", core="(k)->(n)", jvp={"piv": 0}, vjp={"piv": 0})


def permutation(piv: Any, n: int) -> Any:
    """The order in which the rows of an n-row matrix stand after LAPACK's row exchanges `piv`."""
    return apply(_permute, (piv,), {"n": n})


lu_factor: Op = primitive(over_stacks(_lu_factor), "a", name="lu_factor", core="(n,m)->(n,m),(k)", outputs=2,
    jvp={"a": _lu_jvp}, vjp={"a": _lu_vjp}, torch="LinalgLuFactorEx")  # fmt: skip
