"""Roots and fixed points, with the derivatives of the implicit-function rule."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize as theirs

from wengert.errors import WengertError
from wengert.scipy.implicit import elementwise_root, root_of
from wengert.scipy.opaque import solved
from wengert.transforms.forward import jvp
from wengert.transforms.matrices import jacobian

__all__ = [
    "anderson", "bisect", "brenth", "brentq", "broyden1", "broyden2", "derived", "diagbroyden", "excitingmixing",
    "fixed_point", "fsolve", "linearmixing", "newton", "newton_krylov", "packed", "ridder", "root", "root_scalar",
    "toms748",
]  # fmt: skip

Function = Callable[..., Any]


def packed(args: Any) -> tuple[Any, ...]:
    """``args=`` as a tuple, like SciPy reads it."""
    return args if isinstance(args, tuple) else (args,)


def derived(make: Callable[[Function], Function], f: Function, *point: Any) -> Function | None:
    """A derivative of the user's function for SciPy to use; None if wengert cannot differentiate it here.

    point: where it is tried. Such a function (one that calls ``math.sin``) has values, and SciPy's differences.
    """
    df = make(f)
    try:
        df(*point)
    except (WengertError, TypeError):
        return None
    return df


def _jacobian(f: Function) -> Function:
    """The Jacobian of ``f(x, *args)`` by x, a matrix."""
    return lambda x, *args: np.reshape(jacobian(lambda x: f(x, *args))(x), (-1, np.size(x)))


def _slope(f: Function) -> Function:
    """The derivative of ``f(x, *args)`` by x, entry by entry."""
    return lambda x, *args: jvp(lambda x: f(x, *args), (x,), (np.ones_like(x),))[1]


def root(
    fun: Function, x0: Any, args: Any = (), method: str = "hybr", jac: Any = None, tol: Any = None,
    callback: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.root`, whose ``.x`` is differentiable in `args` and in what `fun` closes over.

    Without `jac` the methods "hybr" and "lm" get the exact Jacobian. Raises ``numpy.linalg.LinAlgError`` in the
    derivative if the Jacobian is singular at the root.

    >>> import numpy as np, wengert as wg
    >>> cube_root = lambda c: wg.scipy.optimize.root(lambda x: x**3 - c, 1.0).x[0]
    >>> wg.grad(cube_root)(8.0)  # 1 / (3 · 2²)
    np.float64(0.08333333333333333)
    """
    paired = jac is True  # fun gives its Jacobian, too

    def equation(x: Any, x0: Any, args: Any) -> Any:
        out = fun(x, *args)
        return out[0] if paired else out

    def run(x0: Any, args: Any) -> Any:
        start = np.asarray(x0, float)
        given = jac
        if not (given or callable(given)) and method in ("hybr", "lm"):
            given = derived(_jacobian, fun, start, *args)
        found = theirs.root(fun, x0, args, method, given, tol, callback, options)
        return found.x, found

    x, result = solved("root", run, (x0, packed(args)), push=root_of(equation))
    return type(result)(result, x=x)


def fsolve(
    func: Function, x0: Any, args: Any = (), fprime: Any = None, full_output: Any = 0, col_deriv: Any = 0,
    xtol: float = 1.49012e-08, maxfev: int = 0, band: Any = None, epsfcn: Any = None, factor: float = 100,
    diag: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.fsolve`, whose result is differentiable in `args` and in what `func` closes over.

    Without `fprime` and `band` it gets the exact Jacobian.

    >>> import wengert as wg
    >>> wg.jacobian(lambda c: wg.scipy.optimize.fsolve(lambda x: x**2 - c, 2.0))(9.0)
    array([0.16666667])
    """

    def run(x0: Any, args: Any) -> Any:
        given = fprime
        if given is None and band is None:
            exact = derived(_jacobian, func, np.asarray(x0, float), *args)
            given = exact if exact is None or not col_deriv else lambda x, *rest: exact(x, *rest).T
        found = theirs.fsolve(func, x0, args, given, 1, col_deriv, xtol, maxfev, band, epsfcn, factor, diag)
        if not full_output and found[2] != 1:  # the warning, as SciPy words it
            theirs.fsolve(func, x0, args, given, 0, col_deriv, xtol, maxfev, band, epsfcn, factor, diag)
        return found[0], found[1:]

    x, rest = solved("fsolve", run, (x0, packed(args)), push=root_of(lambda x, x0, args: func(x, *args)))
    return (x, *rest) if full_output else x


def fixed_point(
    func: Function, x0: Any, args: Any = (), xtol: float = 1e-08, maxiter: int = 500, method: str = "del2"
) -> Any:
    """`scipy.optimize.fixed_point`, differentiable in `args` and in what `func` closes over.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda c: wg.scipy.optimize.fixed_point(lambda x: np.sqrt(c * x), 1.0))(3.0).round(9)  # x = c
    np.float64(1.0)
    """

    def run(x0: Any, args: Any) -> Any:
        return theirs.fixed_point(func, x0, args, xtol, maxiter, method), None

    rule = root_of(lambda x, x0, args: x - func(x, *args))
    return solved("fixed_point", run, (x0, packed(args)), push=rule)[0]


def newton(
    func: Function, x0: Any, fprime: Any = None, args: Any = (), tol: float = 1.48e-08, maxiter: int = 50,
    fprime2: Any = None, x1: Any = None, rtol: float = 0.0, full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """`scipy.optimize.newton`, differentiable in `args` and in what `func` closes over.

    An array `x0` is a problem per entry. Without `fprime` the secant method runs, as in SciPy.

    >>> import wengert as wg
    >>> wg.grad(lambda c: wg.scipy.optimize.newton(lambda x: x**2 - c, 1.0))(4.0).round(9)
    np.float64(0.25)
    """

    def run(x0: Any, args: Any) -> Any:
        found = theirs.newton(func, x0, fprime, args, tol, maxiter, fprime2, x1, rtol, full_output, disp)
        if not full_output:
            return found, None
        return (found[0], found[1:]) if isinstance(found, tuple) else (found, ())

    rule = elementwise_root(lambda x, x0, args: func(x, *args))
    x, rest = solved("newton", run, (x0, packed(args)), push=rule)
    if not full_output:
        return x
    return type(rest)((x, *rest)) if type(rest) is not tuple else (x, *rest)


def root_scalar(
    f: Function, args: Any = (), method: Any = None, bracket: Any = None, fprime: Any = None, fprime2: Any = None,
    x0: Any = None, x1: Any = None, xtol: Any = None, rtol: Any = None, maxiter: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.root_scalar`, whose ``.root`` is differentiable in `args` and in what `f` closes over.

    Where the method "newton" or "halley" is asked for without derivatives, it gets the exact ones.

    >>> import wengert as wg
    >>> wg.grad(lambda c: wg.scipy.optimize.root_scalar(lambda x: x**3 - c, bracket=(0, 9)).root)(8.0).round(9)
    np.float64(0.083333333)
    """

    def value(x: Any, start: Any, args: Any) -> Any:
        out = f(x, *args)
        return out[0] if isinstance(out, tuple) else out

    def run(start: Any, args: Any) -> Any:
        bracket, x0, x1 = start
        first, second = fprime, fprime2
        if method in ("newton", "halley") and not first:
            first = _slope(f)
        if method == "halley" and not second:
            second = _slope(_slope(f))
        found = theirs.root_scalar(f, args, method, bracket, first, second, x0, x1, xtol, rtol, maxiter, options)
        return found.root, found

    start = (bracket, x0, x1)
    x, result = solved("root_scalar", run, (start, packed(args)), push=elementwise_root(value))
    result.root = x
    return result


# --- between two points ---------------------------------------------------------------------------------------

XTOL, RTOL = 2e-12, 4 * np.finfo(float).eps  # SciPy's defaults


def _between(name: str, f: Function, a: Any, b: Any, args: Any, full_output: bool, **settings: Any) -> Any:
    """The root of f between a and b by SciPy's function of that name."""

    def run(a: Any, b: Any, args: Any) -> Any:
        return getattr(theirs, name)(f, a, b, args=args, full_output=True, **settings)

    rule = elementwise_root(lambda x, a, b, args: f(x, *args))
    x, result = solved(name, run, (a, b, packed(args)), push=rule)
    if not full_output:
        return x
    result.root = x
    return x, result


_DOC = """`scipy.optimize.{name}`, differentiable in `args` and in what `f` closes over.

    >>> import wengert as wg
    >>> round(float(wg.grad(lambda c: wg.scipy.optimize.{name}(lambda x: x**2 - c, 0, 9))(4.0)), 9)
    0.25
    """


def _bracketing(name: str) -> Function:
    """A twin of ``scipy.optimize.<name>(f, a, b, …)``, with the arguments that all of these but one share."""

    def search(
        f: Function, a: Any, b: Any, args: Any = (), xtol: float = XTOL, rtol: float = RTOL, maxiter: int = 100,
        full_output: bool = False, disp: bool = True,
    ) -> Any:  # fmt: skip
        return _between(name, f, a, b, args, full_output, xtol=xtol, rtol=rtol, maxiter=maxiter, disp=disp)

    search.__name__ = search.__qualname__ = name
    search.__doc__ = _DOC.format(name=name)
    return search


bisect, brenth, brentq, ridder = map(_bracketing, ("bisect", "brenth", "brentq", "ridder"))


def toms748(
    f: Function, a: Any, b: Any, args: Any = (), k: int = 1, xtol: float = XTOL, rtol: float = RTOL, maxiter: int = 100,
    full_output: bool = False, disp: bool = True,
) -> Any:  # fmt: skip
    """`scipy.optimize.toms748`, differentiable in `args` and in what `f` closes over.

    >>> import wengert as wg
    >>> round(float(wg.grad(lambda c: wg.scipy.optimize.toms748(lambda x: x**2 - c, 0, 9))(4.0)), 9)
    0.25
    """
    return _between("toms748", f, a, b, args, full_output, k=k, xtol=xtol, rtol=rtol, maxiter=maxiter, disp=disp)


# --- systems of many unknowns ---------------------------------------------------------------------------------


def _large(name: str) -> Function:
    """A twin of ``scipy.optimize.<name>(F, xin, …)``, a solver of F(x) = 0 that needs no Jacobian."""
    solver = getattr(theirs, name)

    @functools.wraps(solver)
    def search(F: Function, xin: Any, *args: Any, **kwargs: Any) -> Any:
        def run(xin: Any) -> Any:
            return solver(F, xin, *args, **kwargs), None

        return solved(name, run, (xin,), push=root_of(lambda x, xin: F(x)))[0]

    search.__doc__ = f"""`scipy.optimize.{name}`, differentiable in what `F` closes over.

    >>> import numpy as np, wengert as wg
    >>> root = lambda c: wg.scipy.optimize.{name}(lambda x: np.tanh(x) - c, np.array([0.1]), f_tol=1e-9)[0]
    >>> wg.grad(root)(0.5).round(6)  # 1 / (1 - 0.5²)
    np.float64(1.333333)
    """
    return search


anderson, broyden1, broyden2, diagbroyden = map(_large, ("anderson", "broyden1", "broyden2", "diagbroyden"))
excitingmixing, linearmixing, newton_krylov = map(_large, ("excitingmixing", "linearmixing", "newton_krylov"))
