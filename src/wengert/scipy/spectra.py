"""Twins of `scipy.linalg`: eigenvalues, singular values and QR. Where values coincide, see `wengert.ops.clusters`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg as theirs

from wengert.core.apply import apply
from wengert.errors import BatchedValue, InvalidArgument, TracedValue, explain, user_line
from wengert.ops import factor, spectral
from wengert.ops.linalg import H
from wengert.ops.matrices import matrices, real_if_known, thin_qr
from wengert.ops.spelling import inexact, lift
from wengert.scipy.choice import known, twin_of
from wengert.scipy.solving import whole

__all__ = [
    "diagsvd", "eig", "eig_banded", "eigh", "eigh_tridiagonal", "eigvals", "eigvals_banded", "eigvalsh",
    "eigvalsh_tridiagonal", "null_space", "orth", "orthogonal_procrustes", "polar", "qr", "rq", "subspace_angles",
    "svd", "svdvals",
]  # fmt: skip


def _unsupported(what: str, why: str, instead: str) -> InvalidArgument:
    return InvalidArgument(explain(f"{what} at {user_line()} was called on a tensor.", why, instead))


# --- Hermitian ------------------------------------------------------------------------------------------------------


def _reduced(a: Any, b: Any, lower: bool, kind: int) -> Any:
    """The standard problem that a generalised one is, and how its vectors go back, through b = L Lᴴ."""
    low = np.linalg.cholesky(b if lower else H(b))
    if kind == 1:  # a v = w b v
        half = factor.triangular(low, a)
        return H(factor.triangular(low, H(half))), lambda y: factor.triangular(H(low), y, lower=False)
    inner = np.matmul(H(low), np.matmul(a, low))
    if kind == 2:  # a b v = w v
        return inner, lambda y: factor.triangular(H(low), y, lower=False)
    return inner, lambda y: np.matmul(low, y)  # b a v = w v


def _chosen(w: Any, by_index: Any, by_value: Any, what: str) -> slice:
    """Which of the eigenvalues, in order, are wanted."""
    if by_index is not None:
        return slice(int(by_index[0]), int(by_index[1]) + 1)
    if by_value is not None:
        inside = known(w, what)
        return slice(int(np.sum(inside <= by_value[0])), int(np.sum(inside <= by_value[1])))
    return slice(None)


@twin_of(theirs.eigh)
def eigh(
    a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, overwrite_a: bool = False,
    overwrite_b: bool = False, type: int = 1, check_finite: bool = True, subset_by_index: Any = None,
    subset_by_value: Any = None, driver: Any = None,
) -> Any:  # fmt: skip
    """Eigenvalues, the smallest first, and eigenvectors of a Hermitian problem, a generalised one if b is given.

    Only one triangle of a and b is read; the gradients are Hermitian.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.eigh(a)[0][0])(np.diag([3.0, 1.0]))
    array([[0., 0.],
           [0., 1.]])
    """
    a, back, driver = matrices(a), None, driver or "evr"
    if b is not None:
        a, back = _reduced(whole(a, lower), matrices(b), lower, type)
        # SciPy's drivers gv, gvd and gvx are ev, evd and evx after that; what they compute decides the vectors' signs.
        generalised = "gvd" if subset_by_index is None and subset_by_value is None else "gvx"
        driver = (generalised if driver == "evr" else driver).replace("g", "e", 1)
    params = {"uplo": "L" if lower else "U", "driver": driver, "vectors": not eigvals_only}
    w, v = apply(spectral.eigh, (a,), params)
    part = _chosen(w, subset_by_index, subset_by_value, "scipy.linalg.eigh")
    w = w[..., part]
    if eigvals_only:
        return w
    return w, v[..., part] if back is None else back(v[..., part])


@twin_of(theirs.eigvalsh)
def eigvalsh(
    a: Any, b: Any = None, *, lower: bool = True, overwrite_a: bool = False, overwrite_b: bool = False, type: int = 1,
    check_finite: bool = True, subset_by_index: Any = None, subset_by_value: Any = None, driver: Any = None,
) -> Any:  # fmt: skip
    """The eigenvalues of a Hermitian problem, the smallest first.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.eigvalsh(a)[1])(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    return eigh(
        a, b, lower=lower, eigvals_only=True, type=type, subset_by_index=subset_by_index,
        subset_by_value=subset_by_value, driver=driver,
    )  # fmt: skip


def _select(select: Any, select_range: Any) -> dict[str, Any]:
    if select in ("i", 2):
        return {"subset_by_index": select_range}
    if select in ("v", 1):
        return {"subset_by_value": select_range}
    return {}


@twin_of(theirs.eigh_tridiagonal)
def eigh_tridiagonal(
    d: Any, e: Any, eigvals_only: bool = False, select: Any = "a", select_range: Any = None, check_finite: bool = True,
    tol: float = 0.0, lapack_driver: str = "auto",
) -> Any:  # fmt: skip
    """Eigenvalues and eigenvectors of a real symmetric tridiagonal matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda d: wg.scipy.linalg.eigh_tridiagonal(d, np.zeros(1))[0][0])(np.array([3.0, 1.0]))
    array([0., 1.])
    """
    d, e = inexact(lift(d)), inexact(lift(e))
    a = np.diag(d) + np.diag(e, 1) + np.diag(e, -1)
    return eigh(a, eigvals_only=eigvals_only, **_select(select, select_range))


@twin_of(theirs.eigvalsh_tridiagonal)
def eigvalsh_tridiagonal(
    d: Any, e: Any, select: Any = "a", select_range: Any = None, check_finite: bool = True, tol: float = 0.0,
    lapack_driver: str = "auto",
) -> Any:  # fmt: skip
    """The eigenvalues of a real symmetric tridiagonal matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda d: wg.scipy.linalg.eigvalsh_tridiagonal(d, np.zeros(1))[1])(np.array([3.0, 1.0]))
    array([1., 0.])
    """
    return eigh_tridiagonal(d, e, True, select, select_range)


def from_bands(band: Any, lower: bool) -> Any:
    """The Hermitian matrix of which `band` holds the diagonals of one triangle."""
    band = inexact(lift(band))
    count, n = band.shape[-2:]
    one = np.zeros((n, n), band.dtype)
    for k in range(1, count):
        row = band[k, : n - k] if lower else band[count - 1 - k, k:]
        one = one + np.diag(row, -k if lower else k)
    return one + H(one) + np.diag(np.real(band[0 if lower else count - 1]).astype(band.dtype))


@twin_of(theirs.eig_banded)
def eig_banded(
    a_band: Any, lower: bool = False, eigvals_only: bool = False, overwrite_a_band: bool = False, select: Any = "a",
    select_range: Any = None, max_ev: int = 0, check_finite: bool = True,
) -> Any:  # fmt: skip
    """Eigenvalues and eigenvectors of a Hermitian banded matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.eig_banded(a)[0][0])(np.array([[3.0, 1.0]]))
    array([[0., 1.]])
    """
    return eigh(from_bands(a_band, lower), eigvals_only=eigvals_only, **_select(select, select_range))


@twin_of(theirs.eigvals_banded)
def eigvals_banded(
    a_band: Any, lower: bool = False, overwrite_a_band: bool = False, select: Any = "a", select_range: Any = None,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """The eigenvalues of a Hermitian banded matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.eigvals_banded(a)[1])(np.array([[3.0, 1.0]]))
    array([[1., 0.]])
    """
    return eig_banded(a_band, lower, True, select=select, select_range=select_range)


# --- general --------------------------------------------------------------------------------------------------------


@twin_of(theirs.eig)
def eig(
    a: Any, b: Any = None, left: bool = False, right: bool = True, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, homogeneous_eigvals: bool = False,
) -> Any:  # fmt: skip
    """Eigenvalues and right eigenvectors, each of length 1 and with its largest component real.

    Raises `InvalidArgument` for left eigenvectors and for generalised or homogeneous problems.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.real(wg.scipy.linalg.eig(a)[0][0]))(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    if b is not None or left or homogeneous_eigvals:
        raise _unsupported(
            "scipy.linalg.eig(b=, left=True or homogeneous_eigvals=True)",
            "Scale and sign of these vectors, and the order of such values, follow no rule with a derivative.",
            "Use eig(solve(b, a)); the rows of inv(v) are left eigenvectors.",
        )
    a = matrices(a)
    w, v = spectral.eig(a)
    if not right:
        return w
    return w, v if a.dtype.kind == "c" else real_if_known(w, v)[1]


@twin_of(theirs.eigvals)
def eigvals(
    a: Any, b: Any = None, overwrite_a: bool = False, check_finite: bool = True, homogeneous_eigvals: bool = False
) -> Any:
    """The eigenvalues, complex always.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.real(np.sum(wg.scipy.linalg.eigvals(a))))(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 1.]])
    """
    return eig(a, b, right=False, homogeneous_eigvals=homogeneous_eigvals)


# --- singular values --------------------------------------------------------------------------------------------------


@twin_of(theirs.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, overwrite_a: bool = False, check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:  # fmt: skip
    """The singular value decomposition a = u s vh, the largest singular value first.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.svd(a)[1][0])(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    if not compute_uv:
        return np.linalg.svdvals(matrices(a))
    return tuple(np.linalg.svd(matrices(a), full_matrices))


@twin_of(theirs.svdvals)
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The singular values, the largest first.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.svdvals(a)[1])(np.diag([3.0, 1.0]))
    array([[0., 0.],
           [0., 1.]])
    """
    return np.linalg.svdvals(matrices(a))


@twin_of(theirs.diagsvd)
def diagsvd(s: Any, M: int, N: int) -> Any:
    """Singular values as an M by N matrix with this diagonal.

    >>> import wengert as wg
    >>> wg.grad(lambda s: np.sum(wg.scipy.linalg.diagsvd(s, 2, 3)))(np.ones(2))
    array([1., 1.])
    """
    part, full = np.diag(lift(s)), lift(s).shape[-1]
    if full == M:
        return np.hstack([part, np.zeros((M, N - M), part.dtype)])
    if full == N:
        return np.concatenate([part, np.zeros((M - N, N), part.dtype)])
    raise ValueError("Length of s must be M or N.")


@twin_of(theirs.polar)
def polar(a: Any, side: str = "right") -> Any:
    """a = u p with orthonormal columns (or rows) of u and positive semidefinite p, or a = p u for side='left'.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.trace(wg.scipy.linalg.polar(a)[1]))(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 1.]])
    """
    a = matrices(a)
    w, _, vh = np.linalg.svd(a, full_matrices=False)
    u = np.matmul(w, vh)
    # Not from the singular values, so that equal ones need no care.
    p = np.matmul(H(u), a) if side == "right" else np.matmul(a, H(u))
    return u, 0.5 * (p + H(p))


def _rank(s: Any, shape: Any, rcond: Any, what: str) -> int:
    values = known(s, what)
    if rcond is None:
        rcond = np.finfo(values.dtype).eps * max(shape)
    return int(np.sum(values > np.max(values, initial=0.0) * rcond))


@twin_of(theirs.orth)
def orth(A: Any, rcond: Any = None) -> Any:
    """An orthonormal basis of the range; what does not depend on its choice has a derivative.

    >>> import wengert as wg
    >>> onto = lambda a: wg.scipy.linalg.orth(a) @ wg.scipy.linalg.orth(a).T
    >>> wg.grad(lambda a: onto(a)[0, 1])(np.array([[2.0], [0.0]])).round(9) + 0.0
    array([[0. ],
           [0.5]])
    """
    a = matrices(A)
    u, s, _ = np.linalg.svd(a, full_matrices=False)
    return u[:, : _rank(s, a.shape, rcond, "scipy.linalg.orth")]


@twin_of(theirs.null_space)
def null_space(
    A: Any, rcond: Any = None, *, overwrite_a: bool = False, check_finite: bool = True, lapack_driver: str = "gesdd"
) -> Any:
    """An orthonormal basis of the null space; what does not depend on its choice has a derivative.

    >>> import wengert as wg
    >>> onto = lambda a: wg.scipy.linalg.null_space(a) @ wg.scipy.linalg.null_space(a).T
    >>> wg.grad(lambda a: onto(a)[0, 1])(np.array([[2.0, 0.0]])).round(9) + 0.0
    array([[ 0. , -0.5]])
    """
    a = matrices(A)
    _, s, vh = np.linalg.svd(a)
    return H(vh[_rank(s, a.shape, rcond, "scipy.linalg.null_space") :])


@twin_of(theirs.orthogonal_procrustes)
def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """The orthogonal R for which |A R - B| is smallest, and the sum of the singular values of Aᴴ B.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.orthogonal_procrustes(a, np.eye(2))[1])(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 1.]])
    """
    u, s, vh = np.linalg.svd(np.swapaxes(np.matmul(np.swapaxes(lift(B), -1, -2), np.conj(lift(A))), -1, -2))
    return np.matmul(u, vh), np.sum(s, axis=-1)


def _spanning(A: Any) -> Any:
    """An orthonormal basis of the range. In a batch or a trace, which may not look at the rank, it has to be full."""
    a = matrices(A)
    u, s, _ = np.linalg.svd(a, full_matrices=False)
    try:
        return u[:, : _rank(s, a.shape, None, "scipy.linalg.subspace_angles")]
    except (TracedValue, BatchedValue):
        return factor.independent(u, s)


@twin_of(theirs.subspace_angles)
def subspace_angles(A: Any, B: Any) -> Any:
    """The angles between two column spaces, the largest first (A. V. Knyazev and M. E. Argentati, 2002).

    Raises `InvalidArgument` for columns that are dependent in a batch or a trace, where their number has to be known.

    >>> import wengert as wg
    >>> x, b = np.array([[1.0], [0.0]]), np.array([[1.0], [0.5]])
    >>> wg.grad(lambda b: wg.scipy.linalg.subspace_angles(x, b)[0])(b).round(9)  # of arctan b₁/b₀
    array([[-0.4],
           [ 0.8]])
    """
    qa, qb = _spanning(A), _spanning(B)
    inner = np.matmul(H(qa), qb)
    cosines = np.linalg.svdvals(inner)
    rest = qb - np.matmul(qa, inner) if qa.shape[1] >= qb.shape[1] else qa - np.matmul(qb, H(inner))
    sines = np.linalg.svdvals(rest)[::-1]
    by_sine = cosines[: sines.shape[0]] ** 2 >= 0.5
    safe_sine, safe_cosine = np.where(by_sine, sines, 0.0), np.where(by_sine, 0.0, cosines[: sines.shape[0]])
    return np.where(by_sine, np.arcsin(safe_sine), np.arccos(safe_cosine))[::-1]


# --- QR -------------------------------------------------------------------------------------------------------------


@twin_of(theirs.qr)
def qr(
    a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", pivoting: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """a = q r, or a[:, p] = q r with the order p that pivoting finds; raises `InvalidArgument` for mode='raw'.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.abs(wg.scipy.linalg.qr(a)[1][0, 0]))(np.array([[3.0, 1.0], [4.0, 1.0]])).round(9)  # |a₁|
    array([[ 0.6, -0. ],
           [ 0.8, -0. ]])
    """
    a = matrices(a)
    if mode == "raw":
        raise _unsupported(
            "scipy.linalg.qr(mode='raw')",
            "Householder vectors have no derivative here.",
            "Use mode='full', 'r' or 'economic'.",
        )
    extra: tuple[Any, ...] = ()
    if pivoting:
        order = theirs.qr(known(a, "scipy.linalg.qr"), mode="r", pivoting=True)[1]
        a, extra = a[:, order], (order,)
    n, m = a.shape[-2:]
    q, r = thin_qr(a) if mode == "economic" or n <= m else factor.qr_full(a)
    return (r, *extra) if mode == "r" and extra else (r,) if mode == "r" else (q, r, *extra)


@twin_of(theirs.rq)
def rq(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", check_finite: bool = True) -> Any:
    """a = r q with orthonormal rows of q: the QR decomposition of the matrix turned by half a turn.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.abs(wg.scipy.linalg.rq(a)[0][1, 1]))(np.array([[1.0, 1.0], [3.0, 4.0]])).round(9)  # |a₂|
    array([[0. , 0. ],
           [0.6, 0.8]])
    """
    a = matrices(a)
    n, m = a.shape[-2:]
    turned = H(a[..., ::-1, ::-1])
    q, r = factor.qr_full(turned) if mode != "economic" and m > n else thin_qr(turned)
    r, q = H(r)[..., ::-1, ::-1], H(q)[..., ::-1, ::-1]
    return r if mode == "r" else (r, q)
