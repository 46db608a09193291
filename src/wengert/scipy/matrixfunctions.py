"""Twins of `scipy.linalg`: functions of matrices and matrix equations. Derivatives of every order: `ops.matrixfun`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg as theirs

from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops import matrixfun, spectral
from wengert.ops.linalg import H, conj, mT
from wengert.ops.matrices import matrices
from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.closures import Closed
from wengert.scipy.implicit import along
from wengert.scipy.opaque import solved
from wengert.scipy.solving import double

__all__ = [
    "coshm", "cosm", "expm", "expm_frechet", "fractional_matrix_power", "funm", "logm", "signm", "sinhm", "sinm",
    "solve_continuous_are", "solve_continuous_lyapunov", "solve_discrete_are", "solve_discrete_lyapunov",
    "solve_lyapunov", "solve_sylvester", "sqrtm", "tanhm", "tanm",
]  # fmt: skip


def _no_disp(disp: Any, name: str) -> None:
    """Raise `InvalidArgument` for disp=False."""
    if not disp:
        raise InvalidArgument(
            explain(
                f"{name}(disp=False) at {user_line()} was called on a tensor.",
                "The estimate of the error that it returns, too, has no derivative.",
                f"Call {name} without disp.",
            )
        )


@twin_of(theirs.expm)
def expm(A: Any) -> Any:
    """The exponential (A. H. Al-Mohy and N. J. Higham, 2009).

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.expm(t * np.eye(2))[0, 0])(0.0)
    np.float64(1.0)
    """
    return matrixfun.expm(matrices(A))


@twin_of(theirs.expm_frechet)
def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    """The derivative of the exponential in the direction E, after the exponential itself if `compute_expm`.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.expm_frechet(t * np.eye(1), np.eye(1))[1][0, 0])(0.0)
    np.float64(1.0)
    """
    a, e = double(matrices(A)), double(matrices(E))
    along = matrixfun.expm_frechet(a, e)
    return (matrixfun.expm(a), along) if compute_expm else along


@twin_of(theirs.logm)
def logm(A: Any, disp: Any = True) -> Any:
    """The principal logarithm.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.logm(t * np.eye(2))[0, 0])(2.0).round(9)
    np.float64(0.5)
    """
    _no_disp(disp, "scipy.linalg.logm")
    return matrixfun.logm(matrices(A))


@twin_of(theirs.sqrtm)
def sqrtm(A: Any, disp: Any = True, blocksize: Any = None) -> Any:
    """The principal square root.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.sqrtm(t * np.eye(2))[0, 0])(4.0).round(9)
    np.float64(0.25)
    """
    _no_disp(disp, "scipy.linalg.sqrtm")
    return matrixfun.sqrtm(matrices(A))


@twin_of(theirs.signm)
def signm(A: Any, disp: Any = True) -> Any:
    """The matrix sign: eigenvalues go to the sign of their real part.

    >>> import wengert as wg
    >>> a = np.diag([1.0, -1.0])
    >>> wg.grad(lambda t: wg.scipy.linalg.signm(a + t * np.eye(2)[::-1])[0, 1])(0.0).round(9)
    np.float64(1.0)
    """
    _no_disp(disp, "scipy.linalg.signm")
    return matrixfun.signm(matrices(A))


@twin_of(theirs.fractional_matrix_power)
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """The principal power: exp(t log A), with a derivative in t, too.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.fractional_matrix_power(np.diag([1.0, np.e]), t)[1, 1])(0.0).round(9)  # log e
    np.float64(1.0)
    """
    a = matrices(A)
    if isinstance(t, int | float | np.number) and t == int(t):
        return np.linalg.matrix_power(a, int(t))
    return matrixfun.expm(lift(t) * matrixfun.logm(a))


@twin_of(theirs.cosm)
def cosm(A: Any) -> Any:
    """The cosine.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.cosm(t * np.eye(2))[0, 0])(np.pi / 2).round(9)
    np.float64(-1.0)
    """
    a = matrices(A)
    if a.dtype.kind != "c":
        return np.real(matrixfun.expm(1j * a))
    return 0.5 * (matrixfun.expm(1j * a) + matrixfun.expm(-1j * a))


@twin_of(theirs.sinm)
def sinm(A: Any) -> Any:
    """The sine.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.sinm(t * np.eye(2))[0, 0])(0.0).round(9)
    np.float64(1.0)
    """
    a = matrices(A)
    if a.dtype.kind != "c":
        return np.imag(matrixfun.expm(1j * a))
    return -0.5j * (matrixfun.expm(1j * a) - matrixfun.expm(-1j * a))


@twin_of(theirs.tanm)
def tanm(A: Any) -> Any:
    """The tangent.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.tanm(t * np.eye(2))[0, 0])(0.0).round(9)
    np.float64(1.0)
    """
    return np.linalg.solve(cosm(A), sinm(A))


@twin_of(theirs.coshm)
def coshm(A: Any) -> Any:
    """The hyperbolic cosine.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.coshm(t * np.eye(2))[0, 0])(0.0).round(9)
    np.float64(0.0)
    """
    a = matrices(A)
    return 0.5 * (matrixfun.expm(a) + matrixfun.expm(-a))


@twin_of(theirs.sinhm)
def sinhm(A: Any) -> Any:
    """The hyperbolic sine.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.sinhm(t * np.eye(2))[0, 0])(0.0).round(9)
    np.float64(1.0)
    """
    a = matrices(A)
    return 0.5 * (matrixfun.expm(a) - matrixfun.expm(-a))


@twin_of(theirs.tanhm)
def tanhm(A: Any) -> Any:
    """The hyperbolic tangent.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.tanhm(t * np.eye(2))[0, 0])(0.0).round(9)
    np.float64(1.0)
    """
    return np.linalg.solve(coshm(A), sinhm(A))


@twin_of(theirs.funm)
def funm(A: Any, func: Callable[[Any], Any], disp: bool = True) -> Any:
    """A function of a diagonalisable matrix: V func(w) V⁻¹; `func` takes the vector of eigenvalues.

    Raises `NotDifferentiable` for a defective matrix, where SciPy warns of an inaccurate result. A real matrix gives
    real values, as for every function with f(z*) = f(z)*.

    >>> import wengert as wg
    >>> a = np.array([[1.0, 1.0], [0.0, 3.0]])
    >>> wg.grad(lambda a: wg.scipy.linalg.funm(a, np.square)[0, 1])(a)[0, 0].round(9)  # of a₀₀ + a₁₁
    np.float64(1.0)
    """
    _no_disp(disp, "scipy.linalg.funm")
    a = matrices(A)
    w, v = spectral.eig(a)
    out = np.matmul(v * func(w)[..., None, :], spectral.basis_inverse(v))
    return out if a.dtype.kind == "c" else np.real(out)


# --- equations --------------------------------------------------------------------------------------------------------


@twin_of(theirs.solve_sylvester)
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """x with a x + x b = q.

    >>> import wengert as wg
    >>> one = np.eye(1)
    >>> wg.grad(lambda t: wg.scipy.linalg.solve_sylvester(t * one, one, one)[0, 0])(1.0)  # of 1/(t + 1)
    np.float64(-0.25)
    """
    return matrixfun.solve_sylvester(matrices(a), matrices(b), matrices(q))


@twin_of(theirs.solve_continuous_lyapunov)
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """x with a x + x aᴴ = q.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.solve_continuous_lyapunov(t * np.eye(1), np.eye(1))[0, 0])(1.0)  # of 1/2t
    np.float64(-0.5)
    """
    a = matrices(a)
    return matrixfun.solve_sylvester(a, H(a), matrices(q))


@twin_of(theirs.solve_lyapunov)
def solve_lyapunov(a: Any, q: Any) -> Any:
    """x with a x + x aᴴ = q.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.linalg.solve_lyapunov(t * np.eye(1), np.eye(1))[0, 0])(1.0)  # of 1/2t
    np.float64(-0.5)
    """
    return solve_continuous_lyapunov(a, q)


@twin_of(theirs.solve_discrete_lyapunov)
def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    """x with a x aᴴ - x + q = 0, as one linear system or (method='bilinear') as a continuous equation.

    The latter by the bilinear transform: with b = (aᴴ + 1)⁻¹ (aᴴ - 1), bᴴ x + x b = -2 (a + 1)⁻¹ q (aᴴ + 1)⁻¹.

    >>> import wengert as wg
    >>> one = np.eye(1)
    >>> wg.grad(lambda q: wg.scipy.linalg.solve_discrete_lyapunov(0.5 * one, q * one)[0, 0])(1.0).round(9)  # of q/¾
    np.float64(1.333333333)
    """
    a, q = matrices(a), matrices(q)
    n = a.shape[-1]
    eye = np.eye(n)
    if method == "direct" or (method is None and n < 10):
        x = np.reshape(np.linalg.solve(np.eye(n * n) - np.kron(a, conj(a)), np.ravel(q)), (n, n))
        return matrixfun.discrete(x, a)
    inverse = np.linalg.inv(H(a) + eye)
    b = np.matmul(inverse, H(a) - eye)
    c = 2 * np.matmul(np.matmul(H(inverse), q), inverse)
    return matrixfun.discrete(matrixfun.solve_sylvester(H(b), b, -c), a)


# --- Riccati's --------------------------------------------------------------------------------------------------------
#
# At the solution x the equation F(x) = 0 is linear in dx with the matrix of the closed loop, c = (a - b k) e⁻¹, where k
# is the gain. With m = dF of the other operands, by e⁻ᴴ and e⁻¹ from both sides:
#
#     continuous   cᴴ dx + dx c = -e⁻ᴴ m e⁻¹          discrete   cᴴ dx c - dx = -e⁻ᴴ m e⁻¹
#
# The gain does not depend on dx to first order, because x is Hermitian.


@twin_of(theirs.solve_continuous_are)
def solve_continuous_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    """The stabilising x with aᴴ x e + eᴴ x a - (eᴴ x b + s) r⁻¹ (bᴴ x e + sᴴ) + q = 0; q, r are Hermitian.

    >>> import wengert as wg
    >>> one = np.eye(1)
    >>> wg.grad(lambda q: wg.scipy.linalg.solve_continuous_are(0 * one, one, q * one, one)[0, 0])(1.0).round(9)  # of √q
    np.float64(0.5)
    """

    def equation(x: Any, *operands: Any) -> Any:
        a, b, q, _, e, s = _completed(*operands)
        return H(a) @ x @ e + H(e) @ x @ a - (H(e) @ x @ b + s) @ _gain(x, *operands) + q

    def _gain(x: Any, *operands: Any) -> Any:
        _, b, _, r, e, s = _completed(*operands)
        return np.linalg.solve(r, H(b) @ x @ e + H(s))

    def moved(c: Any, right: Any) -> Any:
        return matrixfun.solve_sylvester(H(c), c, -right)

    return _riccati("solve_continuous_are", (a, b, q, r, e, s), balanced, equation, _gain, moved)


@twin_of(theirs.solve_discrete_are)
def solve_discrete_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    """The stabilising x with aᴴ x a - eᴴ x e - (aᴴ x b + s) (r + bᴴ x b)⁻¹ (bᴴ x a + sᴴ) + q = 0; q, r Hermitian.

    >>> import wengert as wg
    >>> one = np.eye(1)
    >>> wg.grad(lambda a: wg.scipy.linalg.solve_discrete_are(a * one, one, one, one)[0, 0])(0.0).round(9)
    np.float64(0.0)
    """

    def equation(x: Any, *operands: Any) -> Any:
        a, b, q, _, e, s = _completed(*operands)
        return H(a) @ x @ a - H(e) @ x @ e - (H(a) @ x @ b + s) @ _gain(x, *operands) + q

    def _gain(x: Any, *operands: Any) -> Any:
        a, b, _, r, _, s = _completed(*operands)
        return np.linalg.solve(r + H(b) @ x @ b, H(b) @ x @ a + H(s))

    def moved(c: Any, right: Any) -> Any:
        n = c.shape[0]
        system = np.eye(n * n) - np.kron(H(c), mT(c))
        return np.reshape(np.linalg.solve(system, np.ravel(right)), (n, n))

    return _riccati("solve_discrete_are", (a, b, q, r, e, s), balanced, equation, _gain, moved)


def _completed(a: Any, b: Any, q: Any, r: Any, e: Any, s: Any) -> Any:
    """The operands with e = 1 and s = 0 where they are missing."""
    return a, b, q, r, np.eye(a.shape[0]) if e is None else e, np.zeros(b.shape) if s is None else s


def _riccati(name: str, operands: Any, balanced: bool, equation: Any, gain: Any, moved: Any) -> Any:
    """What SciPy's function of that name solves; moved: dx for the matrix of the closed loop and e⁻ᴴ m e⁻¹."""

    def run(*given: Any) -> Any:
        return getattr(theirs, name)(*given, balanced), None

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        a, b, _, _, e, _ = _completed(*values[1])
        change = along(closed.opened(equation), x, None, values, tangents)
        inverse = np.linalg.inv(e)
        return moved((a - b @ gain(x, *values[1])) @ inverse, H(inverse) @ change @ inverse)

    given = tuple([None if x is None else matrices(x) for x in operands])
    return solved(name, run, given, push=push)[0]
