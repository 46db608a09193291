"""Functions of matrices, and the Sylvester equation.

The derivative of an analytic f at A in the direction E is the Fréchet derivative L(A, E), and (R. Mathias, "A chain
rule for matrix functions and applications", 1996)

    f [A E] = [f(A) L(A, E)]
      [0 A]   [ 0    f(A)  ]

holds for every A, repeated eigenvalues included. So L is a row like f; its own derivative is that of f at the block
matrix, and so on to any order. Since f(Aᵀ) = f(A)ᵀ, the transpose of E ↦ L(A, E) is L(Aᵀ, ·), and its adjoint
G ↦ L(Aᵀ, G*)*. (That is L(Aᴴ, G) where f(z*) = f(z)*, which roots and logarithms break on their branch cut.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.op import Op, primitive
from wengert.core.protocols import astype
from wengert.errors import NotDifferentiable, explain
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import H, conj, matmul, mT
from wengert.ops.stacks import over_stacks

__all__ = ["matrix_function"]


def _blocks(a: Any, b: Any, c: Any, d: Any) -> Any:
    return np.concatenate([np.concatenate([a, b], axis=-1), np.concatenate([c, d], axis=-1)], axis=-2)


def _upper(a: Any, e: Any) -> Any:
    """[A E; 0 A]."""
    dtype = np.result_type(a.dtype, e.dtype)
    a, e = (x if x.dtype == dtype else x.astype(dtype) for x in (a, e))
    shape = np.broadcast_shapes(a.shape, e.shape)
    a, e = np.broadcast_to(a, shape), np.broadcast_to(e, shape)
    return _blocks(a, e, np.zeros(shape, dtype), a)


def frechet_derivative(name: str, impl: Callable[..., Any], frechet: Callable[..., Any] | None = None) -> Op:
    """The row of the Fréchet derivative of an analytic function of one matrix, with its own derivatives.

    impl: the function, from a matrix to one of the same shape. frechet: (matrix, direction) to the derivative; by
    default that of the block matrix.
    """

    def by_blocks(a: Any, e: Any) -> Any:
        n = a.shape[-1]
        return impl(_upper(a, e))[:n, n:]

    def second(t: Any, a: Any, e: Any) -> Any:
        n = a.shape[-1]
        zero = np.zeros(t.shape, t.dtype)
        return along(_upper(a, e), _blocks(t, zero, zero, t))[..., :n, n:]

    def second_back(g: Any, a: Any, e: Any) -> Any:
        n = a.shape[-1]
        zero = np.zeros(g.shape, g.dtype)
        both = _adjoint(along, _blocks(zero, g, zero, zero), _upper(a, e))
        return both[..., :n, :n] + both[..., n:, n:]

    along: Op = primitive(_safe(frechet or by_blocks), "a e", name=f"{name}_frechet", core="(n,n),(n,n)->(n,n)",
        jvp={"a": second, "e": lambda t, a: along(a, t)},
        vjp={"a": second_back, "e": lambda g, a: _adjoint(along, g, a)})  # fmt: skip
    return along


def matrix_function(name: str, impl: Callable[..., Any], frechet: Callable[..., Any] | None = None) -> tuple[Op, Op]:
    """The rows of an analytic function of one matrix and of its Fréchet derivative."""
    along = frechet_derivative(name, impl, frechet)
    f = primitive(_safe(impl), "a", name=name, core="(n,n)->(n,n)",
        jvp={"a": lambda t, a, out: _fitting(along(a, t), out)},
        vjp={"a": lambda g, a: _adjoint(along, g, a)})  # fmt: skip
    return f, along


def _adjoint(along: Op, g: Any, a: Any) -> Any:
    return conj(along(mT(a), conj(g)))


def _fitting(x: Any, out: Any) -> Any:
    """A tangent in the dtype of the result: SciPy's logm of single precision may be of double precision."""
    return x if x.dtype == out.dtype else astype(x, out.dtype)


def _safe(impl: Callable[..., Any]) -> Callable[..., Any]:
    """Over stacks, and for matrices of no size too."""

    def function(*xs: Any) -> Any:
        return np.asarray(impl(*xs)) if xs[0].size else np.zeros(xs[0].shape, np.result_type(*xs))

    return over_stacks(function)


def _expm_frechet(a: Any, e: Any) -> Any:
    return scipy_function("scipy.linalg", "expm_frechet")(a, e, compute_expm=False)


def _logm(a: Any) -> Any:
    """SciPy's logarithm, whose estimates of norms draw random numbers, with NumPy's generator as it was."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        return scipy_function("scipy.linalg", "logm")(a)
    finally:
        np.random.set_state(state)  # noqa: NPY002


# A. H. Al-Mohy and N. J. Higham, "Computing the Fréchet derivative of the matrix exponential", 2009.
expm, expm_frechet = matrix_function("expm", scipy_function("scipy.linalg", "expm"), _expm_frechet)
signm, signm_frechet = matrix_function("signm", scipy_function("scipy.linalg", "signm"))


# a x + x b = q:  a dx + dx b = dq - da x - x db, and back with aᴴ and bᴴ.
def _solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    return scipy_function("scipy.linalg", "solve_sylvester")(a, b, q)


def _back(g: Any, a: Any, b: Any) -> Any:
    return solve_sylvester(H(a), H(b), g)


solve_sylvester: Op = primitive(over_stacks(_solve_sylvester), "a b q", name="solve_sylvester",
    core="(n,n),(m,m),(n,m)->(n,m)",
    jvp={"a": lambda t, a, b, out: -solve_sylvester(a, b, matmul(t, out)),
         "b": lambda t, a, b, out: -solve_sylvester(a, b, matmul(out, t)),
         "q": lambda t, a, b: solve_sylvester(a, b, t)},
    vjp={"a": lambda g, a, b, out: -matmul(_back(g, a, b), H(out)),
         "b": lambda g, a, b, out: -matmul(H(out), _back(g, a, b)),
         "q": _back})  # fmt: skip


# At negative eigenvalues, on the branch cut, rounding would put the two A of a block matrix on different sides of it.
# There  x x = a  gives  dx x + x dx = da, and  log a = 2 log x  has an x away from the cut.
# The equation has a solution if no two eigenvalues of x, or one twice, add up to 0. Rounding hides an eigenvalue of a,
# which is the square of one of x, below ε times the largest.
def _check_root(x: Any) -> Any:
    for at in np.ndindex(x.shape[:-2]):
        if x.size and not _moves(x[at]):
            which = f"matrix [{', '.join(map(str, at))}] of a stack, which" if at else "a matrix that"
            raise NotDifferentiable(
                explain(
                    f"the derivative of a square root or logarithm was asked for at {which} is singular, to rounding.",
                    "The slope of the root, and of the logarithm, is infinite at an eigenvalue of 0.",
                    "Add a multiple of the unit matrix, or use a function that is smooth there, such as a @ a.",
                )
            )
    return x


def _moves(x: Any) -> bool:
    if not np.all(np.isfinite(x)):
        return False
    w = np.linalg.eigvals(x)
    sums = np.abs(w[:, None] + w)
    return bool(np.min(sums) ** 2 > 8 * len(w) * np.finfo(x.dtype).eps * np.max(np.abs(w)) ** 2)


_regular_root: Op = primitive(_check_root, "x", name="regular_root", core="(n,n)->(n,n)",
    jvp={"x": lambda t: t}, vjp={"x": lambda g: g})  # fmt: skip


def _root_moved(t: Any, x: Any) -> Any:
    """dx of x x = a along t = da."""
    x = _regular_root(x)
    return solve_sylvester(x, x, t)


sqrtm: Op = primitive(_safe(scipy_function("scipy.linalg", "sqrtm")), "a", name="sqrtm", core="(n,n)->(n,n)",
    jvp={"a": lambda t, a, out: _root_moved(t, out)},
    vjp={"a": lambda g, a, out: _root_moved(g, H(out))})  # fmt: skip

logm_frechet = frechet_derivative("logm", _logm)


def _logm_forward(t: Any, a: Any, out: Any) -> Any:
    root = sqrtm(a)
    return _fitting(2 * logm_frechet(root, _root_moved(t, root)), out)


def _logm_back(g: Any, a: Any) -> Any:
    root = sqrtm(a)
    root = _regular_root(root)
    return _root_moved(2 * _adjoint(logm_frechet, g, root), H(root))


logm = primitive(_safe(_logm), "a", name="logm", core="(n,n)->(n,n)",
    jvp={"a": _logm_forward}, vjp={"a": _logm_back})  # fmt: skip
