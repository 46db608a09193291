"""The polynomial through samples, in the forms of Lagrange and Newton, and rational and Taylor approximations."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from scipy import interpolate as theirs

from wengert.scipy.choice import twin_of
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import PchipInterpolator, floats
from wengert.scipy.solving import double
from wengert.transforms.bodies import undecided

__all__ = [
    "BarycentricInterpolator", "KroghInterpolator", "approximate_taylor_polynomial", "barycentric_interpolate",
    "krogh_interpolate", "pade", "pchip_interpolate",
]  # fmt: skip


def _multiplicities(x: Any) -> list[int]:
    """How often the place of each sample was named right before it; places that are not known yet are different."""
    if undecided(x):
        return [0] * np.shape(x)[0]
    counts: list[int] = []
    for n, place in enumerate(plain(x)):
        counts.append(counts[-1] + 1 if n and place == plain(x)[n - 1] else 0)
    return counts


def _newton(x: Any, y: Any) -> Any:
    """The divided differences of y (n, ...) at x, samples at a repeated place being derivatives of rising order.

    f[x_i, …, x_{i+k}] = (f[x_{i+1}, …] - f[x_i, …])/(x_{i+k} - x_i), or f^(k)(x_i)/k! where all these places are one.
    (F. T. Krogh, "Efficient algorithms for polynomial interpolation and numerical differentiation", 1970.)
    """
    n, before = np.shape(x)[0], _multiplicities(x)
    first = [i - before[i] for i in range(n)]  # where the run of samples at this place starts
    column = [y[first[i]] for i in range(n)]
    found = [column[0]]
    for k in range(1, n):
        column = [
            y[first[i] + k] / math.factorial(k)
            if first[i + k] == first[i]
            else (column[i + 1] - column[i]) / (x[i + k] - x[i])
            for i in range(n - k)
        ]
        found.append(column[0])
    return np.stack(found)


class _Polynomial:
    """The polynomial through samples y along an axis, at places x."""

    def __init__(self, xi: Any, yi: Any, axis: int) -> None:
        self.xi = floats(xi)
        self.n = np.shape(self.xi)[0]
        self._fill(yi, axis)

    def _fill(self, yi: Any, axis: int) -> None:
        y = floats(yi)
        self.axis = axis % y.ndim
        self.yi = np.moveaxis(y, axis, 0)

    def _turned(self, out: Any, x: Any, lead: int = 0) -> Any:
        """The axes of the points x, which stand after `lead` others, moved to where the samples had theirs."""
        if not self.axis:
            return out
        places = np.arange(x.ndim) + lead
        return np.moveaxis(out, places, places + self.axis)

    def derivatives(self, x: Any, der: Any = None) -> Any:
        """The values of the polynomial and its derivatives of orders below `der`, by default all, in front."""
        x = floats(x)
        taylor = self._taylor(x, self.n if der is None else int(der))
        return self._turned(np.stack([math.factorial(k) * q for k, q in enumerate(taylor)]), x, 1)

    def derivative(self, x: Any, der: int = 1) -> Any:
        """The values of the derivative of an order at x."""
        x = floats(x)
        return self._turned(math.factorial(der) * self._taylor(x, der + 1)[der], x)

    def _taylor(self, x: Any, count: int) -> list[Any]:
        """The coefficients p^(j)(x)/j! by Horner's rule for p and, at once, for its derivatives."""
        c = _newton(self.xi, self.yi)
        at = np.reshape(x, x.shape + (1,) * (c.ndim - 1))
        zero = np.zeros(c.shape[1:]) + 0 * at
        found = [zero] * count
        for k in range(self.n - 1, -1, -1):
            u = at - self.xi[k]
            found = [found[0] * u + c[k], *[q * u + before for before, q in itertools.pairwise(found)]]
        return found


class KroghInterpolator(_Polynomial):
    """`scipy.interpolate.KroghInterpolator`: the polynomial of given values and derivatives.

    xi: places (n,); a place that is repeated names derivatives. yi: samples along `axis`. Differentiable in xi, yi and
    the argument.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda y: wg.scipy.interpolate.KroghInterpolator([0.0, 0.0, 1.0], y)(0.5))(np.zeros(3))
    array([0.75, 0.25, 0.25])
    """

    def __init__(self, xi: Any, yi: Any, axis: int = 0) -> None:
        super().__init__(xi, yi, axis)

    def __call__(self, x: Any) -> Any:
        """The values at x."""
        return self.derivative(x, 0)


class BarycentricInterpolator(_Polynomial):
    """`scipy.interpolate.BarycentricInterpolator`: the polynomial through samples, as a sum of Lagrange's.

    xi: places (n,), different. yi: samples along `axis`, or None until `set_yi`. wi, rng: of no account here.
    Differentiable in xi, yi and the argument.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda y: wg.scipy.interpolate.BarycentricInterpolator([0.0, 1.0, 2.0], y)(0.5))(np.zeros(3))
    array([ 0.375,  0.75 , -0.125])
    """

    def __init__(
        self, xi: Any, yi: Any = None, axis: int = 0, *, wi: Any = None, rng: Any = None, random_state: Any = None
    ) -> None:
        # In double precision, as in SciPy.
        super().__init__(double(floats(xi)), np.zeros(np.shape(xi)[0]) if yi is None else yi, axis)

    def set_yi(self, yi: Any, axis: Any = None) -> None:
        """Take other samples."""
        self._fill(yi, self.axis if axis is None else axis)

    def add_xi(self, xi: Any, yi: Any = None) -> None:
        """Take more places, with their samples."""
        self.xi = np.concatenate([self.xi, floats(xi)])
        self.n = np.shape(self.xi)[0]
        if yi is not None:
            self.yi = np.concatenate([self.yi, np.moveaxis(floats(yi), self.axis, 0)])

    def __call__(self, x: Any) -> Any:
        """The values at x."""
        x = floats(x)
        same = np.eye(self.n, dtype=bool)
        # Π_{j≠i} (x - x_j)/(x_i - x_j): no quotient is 0/0, so that it is smooth at the samples, too.
        above = np.where(same, 1.0, x[..., None, None] - self.xi)
        below = np.where(same, 1.0, self.xi[:, None] - self.xi)
        shares = np.prod(above / below, axis=-1)
        return self._turned(np.tensordot(shares, self.yi, 1), x)


def _by_order(made: Any, x: Any, der: Any) -> Any:
    if np.ndim(der):
        return made.derivatives(x, int(np.max(der)) + 1)[np.asarray(der)]
    return made.derivative(x, int(der)) if der else made(x)


@twin_of(theirs.krogh_interpolate)
def krogh_interpolate(xi: Any, yi: Any, x: Any, der: Any = 0, axis: int = 0) -> Any:
    """`KroghInterpolator` called at once; der: the order of a derivative, or several.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.interpolate.krogh_interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], x))(3.0)
    np.float64(6.0)
    """
    return _by_order(KroghInterpolator(xi, yi, axis), x, der)


@twin_of(theirs.barycentric_interpolate)
def barycentric_interpolate(xi: Any, yi: Any, x: Any, axis: int = 0, *, der: Any = 0, rng: Any = None) -> Any:
    """`BarycentricInterpolator` called at once; der: the order of a derivative, or several.

    >>> import wengert as wg
    >>> square = lambda x: wg.scipy.interpolate.barycentric_interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], x)
    >>> float(wg.grad(square)(1.0))
    2.0
    """
    return _by_order(BarycentricInterpolator(xi, yi, axis), x, der)


@twin_of(theirs.pchip_interpolate)
def pchip_interpolate(xi: Any, yi: Any, x: Any, der: Any = 0, axis: int = 0) -> Any:
    """`PchipInterpolator` called at once; der: the order of a derivative, or a list of several.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.interpolate.pchip_interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], x))(1.0)
    np.float64(1.5)
    """
    made = PchipInterpolator(xi, yi, axis)
    return [made(x, order) for order in der] if np.ndim(der) else made(x, der)


@twin_of(theirs.pade)
def pade(an: Any, m: int, n: Any = None) -> tuple[Any, Any]:
    """The rational function p/q, of orders n and m, whose Taylor coefficients are `an`, the lowest first.

    With q_0 = 1 these are Σ_{i+j=k} a_i q_j = p_k, linear equations in p and q. Raises ValueError for orders that need
    more coefficients.

    >>> import wengert as wg
    >>> wg.jacobian(lambda a: wg.scipy.interpolate.pade(a, 1)[1].coeffs)(np.array([1.0, 1.0, 0.5])).round(4)
    array([[ 0. ,  0.5, -1. ],
           [ 0. ,  0. ,  0. ]])
    """
    a = floats(np.stack(an) if isinstance(an, list | tuple) else an)
    n = len(a) - 1 - m if n is None else n
    if n < 0 or m + n > len(a) - 1:
        raise ValueError("Order of q+p <m+n> must be smaller than len(an).")
    size = m + n + 1
    a = a[:size]
    padded = np.concatenate([np.zeros(m, a.dtype), a])
    columns = [-padded[m - j : m - j + size] for j in range(1, m + 1)]
    matrix = np.concatenate([np.eye(size, n + 1, dtype=a.dtype), *[column[:, None] for column in columns]], axis=1)
    found = np.linalg.solve(matrix, a)
    q = np.concatenate([np.ones(1, a.dtype), found[n + 1 :]])
    return np.poly1d(found[n::-1]), np.poly1d(q[::-1])


def approximate_taylor_polynomial(f: Any, x: Any, degree: int, scale: Any, order: Any = None) -> Any:
    """`scipy.interpolate.approximate_taylor_polynomial`: of f about x, by a polynomial through samples nearby.

    scale: half the width of where f is sampled; order: of that polynomial, `degree` by default. Differentiable in what
    f closes over, in x and in the scale.

    >>> import numpy as np, wengert as wg
    >>> slope = lambda a: wg.scipy.interpolate.approximate_taylor_polynomial(lambda x: a * x**2, 1.0, 2, 0.5).coeffs[1]
    >>> wg.grad(slope)(3.0).round(6)
    np.float64(2.0)
    """
    n = (degree if order is None else order) + 1
    places = scale * np.cos(np.linspace(0, np.pi, n, endpoint=False)) + x
    d = KroghInterpolator(places, f(places)).derivatives(x, degree + 1)
    factorials = np.array([float(math.factorial(k)) for k in range(degree + 1)])
    return np.poly1d((d / factorials)[::-1])
