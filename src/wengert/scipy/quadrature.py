"""Integrals of functions, by Leibniz's rule: quadrature of the derivative, and the integrand at the limits.

    d ∫ₐᵇ f(x, θ) dx  =  ∫ₐᵇ f_θ dθ dx + f(b) db - f(a) da

Its adjoint integrates the cotangents of all parameters at once. Both are integrals again, so that derivatives of any
order are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as theirs

from wengert import tree
from wengert.core.apply import Box, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.closures import Closed, moves, plain, shown
from wengert.scipy.implicit import along
from wengert.scipy.opaque import solved
from wengert.scipy.roots import packed
from wengert.transforms.bodies import merged, undecided
from wengert.transforms.reverse import vjp

__all__ = ["dblquad", "fixed_quad", "nquad", "quad", "quad_vec", "tplquad"]

Function = Callable[..., Any]


class Quadrature:
    """A way to integrate: `engine(f, a, b) -> (integral, rest)` on plain numbers, of a vector-valued f if it must.

    weight: what the engine multiplies the integrand with, a function of x.
    """

    def __init__(self, name: str, engine: Function, vector: Function, weight: Function) -> None:
        self.name, self.engine, self.vector, self.weight = name, engine, vector, weight

    def of_vectors(self) -> Quadrature:
        """The same way for a vector-valued integrand."""
        return Quadrature(self.name, self.vector, self.vector, self.weight)

    def __call__(self, f: Function, a: Any, b: Any, args: Any = ()) -> tuple[Any, Any]:
        """The integral of ``f(x, *args)``, differentiable, and the rest of what the engine tells."""
        a, b = (x if isinstance(x, Box) else float(np.asarray(x)) for x in (unbridge(a), unbridge(b)))
        integral = _Integral(self, f, a, b, args)
        return solved(self.name, integral.value, (a, b, args), push=integral.push, pull=integral.pull)


class _Integral:
    """One integral and its rules; tracked are those limits and leaves of `args` that are boxes."""

    def __init__(self, quadrature: Quadrature, f: Function, a: Any, b: Any, args: Any) -> None:
        self.quadrature, self.f = quadrature, f
        self.tracked = [isinstance(end, Box) for end in (a, b)]
        self.tracked_args = [isinstance(unbridge(x), Box) for x in tree.leaves(args)]

    def value(self, a: Any, b: Any, args: Any) -> Any:
        """The integral of plain numbers, and the rest."""
        if a == b:  # engines need not call what they integrate over nothing, but the derivative is f(b)
            with np.errstate(all="ignore"):
                self.f(np.float64(a), *args)
        return self.quadrature.engine(lambda x: shown(self.f(x, *args)), a, b)

    def push(self, closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
        """∫ f_θ dθ dx + f(b) db - f(a) da."""
        (over, (a, b, args)), (moving, (ta, tb, targs)) = values, tangents
        g = closed.opened(self.f)
        moving, targs = tree.map(lambda t: t if moves(t) else None, (moving, targs))

        def integrand(x: Any) -> Any:
            return along(lambda over, x, *args: lift(g(over, x, *args)), x, None, (over, args), (moving, targs))

        still = not tree.leaves((moving, targs))
        total = np.zeros_like(found) if still else self.quadrature(integrand, a, b)[0]
        at_a, at_b = self._at_limits(lambda x: g(over, x, *args), a, b)
        if at_b is not None and moves(tb):
            total = total + at_b() * tb
        if at_a is not None and moves(ta):
            total = total - at_a() * ta
        return total

    def pull(self, closed: Closed, cotangent: Any, found: Any, values: Any) -> Any:
        """The cotangents of all parameters, as one integral of a vector, and those of the limits."""
        over, (a, b, args) = values
        g = closed.opened(self.f)
        leaves, structure = tree.flatten((over, args))
        wanted = [True] * len(over) + self.tracked_args
        live = [n for n, x in enumerate(leaves) if wanted[n] and lift(x).dtype.kind in "fc"]
        shapes = [np.shape(leaves[n]) for n in live]

        def integrand(x: Any) -> Any:
            def moved(*ys: Any) -> Any:
                over, args = structure.unflatten(merged(leaves, live, ys))
                return np.reshape(lift(g(over, x, *args)), np.shape(found))

            parts = vjp(moved, *[leaves[n] for n in live])[1](cotangent)
            return np.concatenate([np.reshape(part, (-1,)) for part in parts])

        found_parts: list[Any] = [None] * len(leaves)
        if live:
            ends = np.cumsum([0, *[int(np.prod(shape)) for shape in shapes]])
            flat = self.quadrature.of_vectors()(integrand, a, b)[0]
            for n, shape, start, end in zip(live, shapes, ends[:-1], ends[1:], strict=True):
                found_parts[n] = np.reshape(flat[start:end], shape)
        over_bar, args_bar = structure.unflatten(found_parts)
        at_limits = self._at_limits(lambda x: g(over, x, *args), a, b)
        a_bar, b_bar = (None if at is None else np.real(np.sum(np.conj(cotangent) * at())) for at in at_limits)
        return over_bar, (None if a_bar is None else -a_bar, b_bar, args_bar)

    def _at_limits(self, f: Function, a: Any, b: Any) -> list[Callable[[], Any] | None]:
        """What gives the integrand at each limit; None if the limit does not move, or not from infinity."""

        def at(end: Any, inside: Any) -> Any:
            if not undecided(end):
                return (lambda: self.quadrature.weight(end) * lift(f(end))) if np.isfinite(plain(end)) else None
            finite = np.isfinite(end)
            x = np.where(finite, end, np.where(np.isfinite(inside), inside, 0.0))
            return lambda: np.where(finite, self.quadrature.weight(x) * lift(f(x)), 0.0)

        return [
            at(end, other + step) if tracked else None
            for tracked, end, other, step in zip(self.tracked, (a, b), (b, a), (-1.0, 1.0), strict=True)
        ]


def quad(
    func: Function, a: Any, b: Any, args: Any = (), full_output: Any = 0, epsabs: float = 1.49e-08,
    epsrel: float = 1.49e-08, limit: int = 50, points: Any = None, weight: Any = None, wvar: Any = None,
    wopts: Any = None, maxp1: int = 50, limlst: int = 50, complex_func: bool = False,
) -> Any:  # fmt: skip
    """`scipy.integrate.quad`, differentiable in `a`, `b`, `args` and in what `func` closes over.

    Derivatives are integrals to the same tolerances; they see no jump of `func` whose place moves. `points`, `wvar` and
    the limits of an algebraic `weight`, which depends on them, are constants; raises `InvalidArgument` if they are
    tracked.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda k: wg.scipy.integrate.quad(lambda x: np.exp(-k * x), 0, np.inf)[0])(2.0).round(9)  # -1/k²
    np.float64(-0.25)
    """
    if complex_func:
        settings = {"limit": limit, "points": points, "weight": weight, "wvar": wvar, "wopts": wopts, "maxp1": maxp1}
        settings |= {"epsabs": epsabs, "epsrel": epsrel, "limlst": limlst, "full_output": full_output}
        real = quad(lambda x, *args: np.real(func(x, *args)), a, b, args, **settings)
        imag = quad(lambda x, *args: np.imag(func(x, *args)), a, b, args, **settings)
        joint = (real[0] + 1j * imag[0], real[1] + 1j * imag[1])
        return (*joint, {"real": real[2:], "imag": imag[2:]}) if full_output else joint
    _check_constants(a, b, points, weight, wvar)

    def engine(f: Function, a: Any, b: Any) -> Any:
        scalar = lambda x: np.reshape(f(x), ())[()]
        out = theirs.quad(
            scalar, a, b, (), full_output, epsabs, epsrel, limit, points, weight, wvar, wopts, maxp1, limlst
        )
        return out[0], out[1:]

    def vector(f: Function, a: Any, b: Any) -> Any:
        known: dict[float, Any] = {}

        def once(x: float) -> Any:
            if x not in known:
                known[x] = np.asarray(f(x))
            return known[x]

        size = once(_inside(a, b)).size
        rest = (epsabs, epsrel, limit, points, weight, wvar, wopts, maxp1, limlst)
        return np.array([theirs.quad(lambda x, k=k: once(x)[k], a, b, (), 0, *rest)[0] for k in range(size)]), None

    found, rest = Quadrature("quad", engine, vector, _weight(weight, wvar))(func, a, b, packed(args))
    return (found, *rest)


def _check_constants(a: Any, b: Any, points: Any, weight: Any, wvar: Any) -> None:
    """Raise `InvalidArgument` if something is tracked whose derivative would not be found."""
    if any([isinstance(p, Box) for p in tree.leaves(points)]):
        raise InvalidArgument(
            explain(
                f"quad at {user_line()} got a tracked number in points.",
                "The integral would depend on where the integrand jumps, and no value of the integrand tells that.",
                "Write one integral up to the point and another from it on, each of its own smooth function.",
            )
        )
    if weight is None:
        return
    if any([isinstance(w, Box) for w in tree.leaves(wvar)]):
        raise InvalidArgument(
            explain(
                f"quad at {user_line()} got a tracked wvar for weight={weight!r}.",
                "The rules of quadrature for this weight are made for numbers.",
                "Write the weight into the integrand, where it is differentiated.",
            )
        )
    if weight.startswith("alg") and (isinstance(a, Box) or isinstance(b, Box)):
        raise InvalidArgument(
            explain(
                f"quad at {user_line()} got a tracked limit and weight={weight!r}.",
                "The weight (x - a)^α (b - x)^β depends on the limits, and is singular there.",
                "Write the integral over x = a + (b - a) u with u from 0 to 1, and the factor in front.",
            )
        )


def _inside(a: float, b: float) -> float:
    """A point between the limits."""
    if np.isfinite(a) and np.isfinite(b):
        return 0.5 * (a + b)
    return a + 1.0 if np.isfinite(a) else b - 1.0 if np.isfinite(b) else 0.0


def _weight(weight: Any, wvar: Any) -> Function:
    """What quad's `weight` multiplies the integrand with at a finite limit."""
    known: dict[Any, Function] = {
        "cos": lambda x: np.cos(wvar * x),
        "sin": lambda x: np.sin(wvar * x),
        "cauchy": lambda x: 1 / (x - wvar),
    }
    return known.get(weight, lambda x: 1.0 if weight is None else 0.0)


def quad_vec(
    f: Function,
    a: Any,
    b: Any,
    epsabs: float = 1e-200,
    epsrel: float = 1e-08,
    norm: str = "2",
    cache_size: float = 100e6,
    limit: float = 10000,
    workers: Any = 1,
    points: Any = None,
    quadrature: Any = None,
    full_output: bool = False,
    *,
    args: Any = (),
) -> Any:
    """`scipy.integrate.quad_vec`, differentiable in `a`, `b`, `args` and in what `f` closes over.

    >>> import numpy as np, wengert as wg
    >>> powers = lambda k: wg.scipy.integrate.quad_vec(lambda x: np.stack([k * x, k**2 * x]), 0, 1)[0]
    >>> wg.jacobian(powers)(3.0).round(9)
    array([0.5, 3. ])
    """

    def engine(f: Function, a: Any, b: Any) -> Any:
        out = theirs.quad_vec(
            f, a, b, epsabs, epsrel, norm, cache_size, limit, workers, points, quadrature, full_output
        )
        return out[0], out[1:]

    found, rest = Quadrature("quad_vec", engine, engine, lambda x: 1.0)(f, a, b, packed(args))
    return (found, *rest)


def fixed_quad(func: Function, a: Any, b: Any, args: Any = (), n: int = 5) -> Any:
    """`scipy.integrate.fixed_quad`: Gauss-Legendre quadrature of order n of a function of arrays.

    Returns the integral and None. Differentiable in `a`, `b`, `args` and in what `func` closes over.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.integrate.fixed_quad(lambda x: x**4, 0.0, b)[0])(2.0).round(9)
    np.float64(16.0)
    """
    if np.isinf(plain(a)) or np.isinf(plain(b)):
        raise ValueError("Gaussian quadrature is only available for finite limits.")
    x, w = np.polynomial.legendre.leggauss(n)
    return (b - a) / 2.0 * np.sum(w * func((b - a) * (x + 1) / 2.0 + a, *args), axis=-1), None


def nquad(func: Function, ranges: Any, args: Any = None, opts: Any = None, full_output: bool = False) -> Any:
    """`scipy.integrate.nquad`, differentiable in `args`, in the ranges and in what the functions close over.

    >>> import numpy as np, wengert as wg
    >>> box = lambda k: wg.scipy.integrate.nquad(lambda x, y: k * x * y, [(0, 1), (0, k)])[0]  # k³/4
    >>> wg.grad(box)(2.0).round(6)
    np.float64(3.0)
    """
    args = () if args is None else packed(args)
    options = [opts] * len(ranges) if opts is None or isinstance(opts, dict) else list(opts)
    notes = {"abserr": 0.0, "neval": 0}

    def inner(level: int, *outer: Any) -> Any:
        """The integral over variables 0 … level, the others given."""
        limits, option = ranges[level], options[level]
        low, high = limits(*outer) if callable(limits) else limits
        settings = dict((option(*outer) if callable(option) else option) or {})
        if "points" in settings:
            settings["points"] = [p for p in settings["points"] if plain(low) <= p <= plain(high)]
        f = func if level == 0 else lambda x, *outer: inner(level - 1, x, *outer)
        value, error, *infos = quad(f, low, high, outer, full_output=full_output, **settings)
        notes["abserr"] = max(notes["abserr"], error)
        if full_output and level == 0:
            notes["neval"] += infos[0]["neval"]
        return value

    value = inner(len(ranges) - 1, *args)
    return (value, notes["abserr"], {"neval": notes["neval"]}) if full_output else (value, notes["abserr"])


def dblquad(
    func: Function, a: Any, b: Any, gfun: Any, hfun: Any, args: Any = (), epsabs: float = 1.49e-08,
    epsrel: float = 1.49e-08,
) -> Any:  # fmt: skip
    """`scipy.integrate.dblquad`: the integral of ``func(y, x)`` over x from a to b and y from gfun(x) to hfun(x).

    >>> import wengert as wg
    >>> wg.grad(lambda k: wg.scipy.integrate.dblquad(lambda y, x: x * y, 0, k, 0, 1)[0])(2.0).round(9)
    np.float64(1.0)
    """

    def inside(x: Any, *args: Any) -> Any:
        return [end(x) if callable(end) else end for end in (gfun, hfun)]

    return nquad(func, [inside, (a, b)], args, {"epsabs": epsabs, "epsrel": epsrel})


def tplquad(
    func: Function, a: Any, b: Any, gfun: Any, hfun: Any, qfun: Any, rfun: Any, args: Any = (),
    epsabs: float = 1.49e-08, epsrel: float = 1.49e-08,
) -> Any:  # fmt: skip
    """`scipy.integrate.tplquad`: the integral of ``func(z, y, x)``, z from qfun(x, y) to rfun(x, y).

    >>> import wengert as wg
    >>> wg.grad(lambda k: wg.scipy.integrate.tplquad(lambda z, y, x: k * x * y * z, 0, 1, 0, 1, 0, 1)[0])(2.0).round(9)
    np.float64(0.125)
    """

    def inmost(y: Any, x: Any, *args: Any) -> Any:
        return [end(x, y) if callable(end) else end for end in (qfun, rfun)]

    def inside(x: Any, *args: Any) -> Any:
        return [end(x) if callable(end) else end for end in (gfun, hfun)]

    return nquad(func, [inmost, inside, (a, b)], args, {"epsabs": epsabs, "epsrel": epsrel})
