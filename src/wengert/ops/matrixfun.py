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


# --- Sylvester's equation -----------------------------------------------------------------------------------------
# a x + x b = q:  a dx + dx b = dq - da x - x db, and back with aᴴ and bᴴ. The equation has one solution for every q if
# no eigenvalue of a and one of b add up to 0. SciPy solves what is near to one that has not; its derivatives would be
# the squares of what rounding left there, so that they are asked for what is solvable only.
def _solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    return scipy_function("scipy.linalg", "solve_sylvester")(a, b, q)


def _check_sums(q: Any, a: Any, b: Any) -> Any:
    def singular(a: Any, b: Any) -> bool:
        (v, w), eps = (np.linalg.eigvals(x) for x in (a, b)), np.finfo(np.result_type(a, b)).eps
        largest = np.max(np.abs(v)) + np.max(np.abs(w))
        return bool(np.min(np.abs(v[:, None] + w)) <= 8 * max(len(v), len(w)) * eps * largest)

    _refuse_any(
        singular, (a, b),
        "the derivative of the solution of a x + x b = q was asked for at {}, which is singular, to rounding.",
        "An eigenvalue of a and one of b (Lyapunov's: aᴴ) add up to 0, so that no x solves it, or many do.",
        "Move off the point, such as by a multiple of the unit matrix on a, or solve the least-squares problem.",
    )  # fmt: skip
    return _as_wide(q, a, b)


def _check_products(x: Any, a: Any) -> Any:
    def singular(a: Any) -> bool:
        w = np.linalg.eigvals(a)
        products = w[:, None] * np.conj(w)
        largest = 1 + np.max(np.abs(products))
        return bool(np.min(np.abs(products - 1)) <= 8 * len(w) * np.finfo(a.dtype).eps * largest)

    _refuse_any(
        singular, (a,),
        "the derivative of the solution of a x aᴴ - x + q = 0 was asked for at {}, which is singular, to rounding.",
        "The product of an eigenvalue of a and the conjugate of another is 1, so that no x solves it, or many do.",
        "Move off the point, such as to 0.999 a; a stable system has eigenvalues within the unit circle.",
    )  # fmt: skip
    return _as_wide(x, a)


def _as_wide(x: Any, *others: Any) -> Any:
    """x over the stacks of the others."""
    return np.broadcast_to(x, np.broadcast_shapes(*[y.shape[:-2] for y in (x, *others)]) + x.shape[-2:])


def _refuse_any(singular: Callable[..., bool], operands: Any, what: str, why: str, instead: str) -> None:
    """Raise for the first singular member of stacks that broadcast; `what` has a place for its name."""
    lead = np.broadcast_shapes(*[x.shape[:-2] for x in operands])
    wide = [np.broadcast_to(x, lead + x.shape[-2:]) for x in operands]
    for at in np.ndindex(lead):
        one = [x[at] for x in wide]
        if all(x.size and np.all(np.isfinite(x)) for x in one) and singular(*one):
            which = f"equation [{', '.join(map(str, at))}] of a stack" if at else "an equation"
            raise NotDifferentiable(explain(what.format(which), why, instead))


# A change of the right-hand side or of the solution as it is, where the equation is solvable.
_solvable: Op = primitive(_check_sums, "q a b", name="solvable", core="(n,m),(n,n),(m,m)->(n,m)",
    jvp={"q": lambda t: t, "a": 0, "b": 0}, vjp={"q": lambda g: g, "a": 0, "b": 0})  # fmt: skip
_off_circle: Op = primitive(_check_products, "x a", name="off_circle", core="(n,n),(n,n)->(n,n)",
    jvp={"x": lambda t: t, "a": 0}, vjp={"x": lambda g: g, "a": 0})  # fmt: skip

# The solution of a discrete equation, whose derivatives are refused where that is singular.
discrete: Op = primitive(_as_wide, "x a", name="discrete", core="(n,n),(n,n)->(n,n)",
    jvp={"x": lambda t, a: _off_circle(t, a), "a": 0}, vjp={"x": lambda g, a: _off_circle(g, a), "a": 0})  # fmt: skip


def _along(q: Any, a: Any, b: Any) -> Any:
    return solve_sylvester(a, b, _solvable(q, a, b))


def _back(g: Any, a: Any, b: Any) -> Any:
    return _along(g, H(a), H(b))


solve_sylvester: Op = primitive(over_stacks(_solve_sylvester), "a b q", name="solve_sylvester",
    core="(n,n),(m,m),(n,m)->(n,m)",
    jvp={"a": lambda t, a, b, out: -_along(matmul(t, out), a, b),
         "b": lambda t, a, b, out: -_along(matmul(out, t), a, b),
         "q": lambda t, a, b: _along(t, a, b)},
    vjp={"a": lambda g, a, b, out: -matmul(_back(g, a, b), H(out)),
         "b": lambda g, a, b, out: -matmul(H(out), _back(g, a, b)),
         "q": _back})  # fmt: skip


# --- roots and logarithms -----------------------------------------------------------------------------------------
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
