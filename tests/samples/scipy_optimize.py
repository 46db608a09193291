"""Roots, minima and fits: what is found as a function of the parameters of the problem."""

from __future__ import annotations

import numpy as np
import scipy.optimize as theirs

from tests.draws import P, R, S, U, V
from wengert.scipy import optimize

# --- roots ------------------------------------------------------------------------------------------------------


def _coupled(x, a, b):
    """A system with one root near 1."""
    return np.stack([x[0] ** 3 + a[0] * x[1] - 2, x[1] ** 3 + x[0] * b - 2])


S("scipy.optimize.root", lambda a, b: optimize.root(_coupled, np.ones(2), (a, b), tol=1e-13).x, [P(2), P()])
S("scipy.optimize.root", lambda a: optimize.root(lambda x: x**3 + x - a, np.ones(2), method="lm", tol=1e-13).x, [P(2)])
S("scipy.optimize.fsolve", lambda a, b: optimize.fsolve(_coupled, np.ones(2), (a, b), xtol=1e-13), [P(2), P()])
S(
    "scipy.optimize.fixed_point",
    lambda a: optimize.fixed_point(lambda x, a: np.cos(a * x), np.full(2, 0.7), (a,), xtol=1e-13),
    [U(2)],
)
S("scipy.optimize.newton", lambda a: optimize.newton(lambda x: x**3 + x - a, np.ones(3), tol=1e-14, maxiter=99), [P(3)])
S("scipy.optimize.newton", lambda a: optimize.newton(lambda x, a: x**3 + x - a, 1.0, args=(a,), tol=1e-14), [P()])
S("scipy.optimize.root_scalar", lambda a: optimize.root_scalar(lambda x: x**3 + x - a, bracket=(0, 9)).root, [P()])
S(
    "scipy.optimize.root_scalar",
    lambda a: (
        optimize.root_scalar(
            lambda x, a: x**3 + x - a,
            (a,),
            "halley",
            x0=1.0,
            xtol=1e-13,
            fprime=lambda x, a: 3 * x**2 + 1,
            fprime2=lambda x, a: 6 * x,
        ).root
    ),
    [P()],
)
for _name in ("bisect", "brentq", "brenth", "ridder", "toms748"):
    S(
        f"scipy.optimize.{_name}",
        lambda a, _name=_name: getattr(optimize, _name)(lambda x, a: x**3 + x - a, 0.0, 9.0, (a,)),
        [P()],
    )
# Jacobians to begin with, of those methods that converge slowly from another one.
SETTINGS = {name: {"alpha": -0.5} for name in ("anderson", "diagbroyden", "excitingmixing", "linearmixing")}
SETTINGS["excitingmixing"]["alphamax"] = -0.5
SETTINGS["anderson"]["M"] = 1
for _name in ("anderson", "broyden1", "broyden2", "diagbroyden", "excitingmixing", "linearmixing", "newton_krylov"):
    S(
        f"scipy.optimize.{_name}",
        lambda a, _name=_name: getattr(optimize, _name)(
            lambda x: 2 * x + 0.2 * np.sin(x) - a, np.zeros(2), f_tol=1e-13, **SETTINGS.get(_name, {})
        ),
        [P(2)],
    )


# --- minima -----------------------------------------------------------------------------------------------------


def _bowl(x, a):
    """A convex function with a minimum of its own for every a."""
    return np.sum((x - a) ** 2 + 0.1 * x**4) + 0.3 * np.prod(x)


def _slope(x, a):
    return 2 * (x - a) + 0.4 * x**3 + 0.3 * x[::-1]


def _curvature(x, a):
    return np.diag(2 + 1.2 * x**2) + 0.3 * np.eye(2)[::-1]


def _budget(a):
    """A constraint that holds, one that does not, and a bound that holds."""
    total = {"type": "eq", "fun": lambda x, total: np.sum(x) - total, "args": (a[0],)}
    far = {"type": "ineq", "fun": lambda x: 50 - x[0]}
    bounds = [(None, 0.1), (None, None), (-9, 9)]
    return optimize.minimize(
        lambda x: np.sum((x - 3 * a) ** 2 + 0.1 * x**4),
        np.zeros(3),
        method="SLSQP",
        bounds=bounds,
        constraints=[total, far],
        tol=1e-14,
    ).fun


def _disc(a):
    """A curved constraint."""
    disc = theirs.NonlinearConstraint(lambda x: np.sum(x**2), -np.inf, 0.1)
    line = theirs.LinearConstraint([[1.0, -1.0]], -9, 9)
    return optimize.minimize(
        lambda x: np.sum((x - a) ** 2), np.zeros(2), method="SLSQP", constraints=[disc, line], tol=1e-14
    ).fun


S(
    "scipy.optimize.minimize",
    lambda a: optimize.minimize(_bowl, np.zeros(2), (a,), "trust-exact", _slope, _curvature, options={"gtol": 1e-13}).x,
    [R(2)],
    order=1,
)
S("scipy.optimize.minimize", lambda a: optimize.minimize(_bowl, np.zeros(2), (a,), tol=1e-12).fun, [R(2)])
S("scipy.optimize.minimize", _disc, [V(1.0, 0.8)], order=2)
S("scipy.optimize.minimize", _budget, [V(1.0, 0.6, 0.7)], order=2)
S(
    "scipy.optimize.minimize_scalar",
    lambda a: optimize.minimize_scalar(lambda x: (x - a) ** 2 + 0.1 * x**4, tol=1e-12).fun,
    [P()],
)
S(
    "scipy.optimize.minimize_scalar",
    lambda a: (
        optimize.minimize_scalar(
            lambda x, a: np.exp(x) * a, bounds=(a, 3.0), args=(a,), method="bounded", options={"xatol": 1e-12}
        ).fun
    ),
    [P()],
)
S("scipy.optimize.fmin", lambda a: optimize.fmin(_bowl, np.zeros(2), (a,), 1e-9, 1e-13, 999, 999, 1, 0)[1], [P(2)])
S(
    "scipy.optimize.fminbound",
    lambda a: optimize.fminbound(lambda x: (x - a) ** 2 + 0.1 * x**4, 0.0, 9.0, (), 1e-9, 500, 1)[1],
    [P()],
)
S(
    "scipy.optimize.linprog",
    lambda c, b, m: optimize.linprog(c, A_ub=m, b_ub=b, bounds=(0, None)).x,
    [V(-1.0, -2.0), V(4.0, 6.0), V([[1.0, 1.0], [1.0, 3.0]])],
)
S(
    "scipy.optimize.linprog",
    lambda c, b: optimize.linprog(c, A_eq=[[1.0, 1.0, 1.0]], b_eq=b, bounds=[(0, 1), (0, 2), (0, 9)]).fun,
    [V(1.0, 2.0, 3.0), V([4.0])],
)

for _name in ("brent", "golden"):
    S(
        f"scipy.optimize.{_name}",
        lambda a, _name=_name: getattr(optimize, _name)(
            lambda x, a: (x - a) ** 2 + 0.1 * x**4, (a,), tol=1e-9, full_output=True
        )[1],
        [P()],
    )

# --- fits -------------------------------------------------------------------------------------------------------

TIMES = np.linspace(0.0, 1.0, 6)


def _decay(t, a, b):
    return a * np.exp(-b * t)


def _decay_slopes(t, a, b):
    return np.stack([np.exp(-b * t), -a * t * np.exp(-b * t)], axis=1)


S(
    "scipy.optimize.least_squares",
    lambda a: (
        optimize.least_squares(
            lambda x, a: np.stack([x[0] - a[0], x[0] * x[1] - a[1], x[1] - 1]),
            np.ones(2),
            args=(a,),
            gtol=1e-14,
            xtol=1e-14,
            ftol=1e-14,
        ).x
    ),
    [P(2)],
)
S(
    "scipy.optimize.least_squares",
    lambda a: (
        optimize.least_squares(
            lambda x: np.stack([x[0] - a[0], x[0] - a[1], x[0] * x[1] - 1]),
            np.ones(2),
            loss="soft_l1",
            f_scale=0.5,
            gtol=1e-14,
            xtol=1e-14,
            ftol=1e-14,
        ).x
    ),
    [P(2)],
)
S(
    "scipy.optimize.curve_fit",
    lambda y: optimize.curve_fit(_decay, TIMES, y, (1.0, 1.0), jac=_decay_slopes, gtol=1e-14, xtol=1e-14, ftol=1e-14),
    [U(6)],
)
S(
    "scipy.optimize.curve_fit",
    lambda x, s: optimize.curve_fit(
        lambda t, a, b: a * t + b, x, np.exp(-TIMES), (1.0, 1.0), s, gtol=1e-14, xtol=1e-14, ftol=1e-14
    )[0],
    [V(TIMES), P(6)],
    order=2,
)
_TIGHT = {"xtol": 1e-14, "ftol": 1e-14}
S(
    "scipy.optimize.leastsq",
    lambda a: optimize.leastsq(
        lambda x, a: np.stack([x[0] - a[0], x[0] * x[1] - a[1], x[1] - 1]), np.ones(2), (a,), **_TIGHT
    )[0],
    [P(2)],
)
S(
    "scipy.optimize.leastsq",
    lambda y: optimize.leastsq(
        lambda p: _decay(TIMES, p[0], p[1]) - y,
        np.ones(2),
        Dfun=lambda p: _decay_slopes(TIMES, p[0], p[1]).T,
        full_output=True,
        col_deriv=True,
        gtol=1e-14,
        **_TIGHT,
    )[:2],
    [V(np.exp(-TIMES) + 0.01 * np.cos(9 * TIMES))],
    order=2,
)
S("scipy.optimize.nnls", optimize.nnls, [V([[1.0, 0.2], [0.3, 1.0], [0.1, 0.4]]), V(1.0, -2.0, 0.5)], order=2)
S("scipy.optimize.nnls", optimize.nnls, [V([[1.0, 0.2], [0.3, 1.0], [0.1, 0.4]]), V(1.0, 2.0, 0.5)])
