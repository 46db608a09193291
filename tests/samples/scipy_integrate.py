"""Integrals of samples and of functions, and differential equations, as functions of their data."""

from __future__ import annotations

import numpy as np

from tests.draws import C, F, P, R, S, U, V
from wengert.scipy import integrate

# --- samples ----------------------------------------------------------------------------------------------------


def _rising(x):
    """Places in increasing order."""
    return np.cumsum(np.abs(x) + 0.2, axis=-1)


S(
    "scipy.integrate.trapezoid",
    integrate.trapezoid,
    [R(5)],
    [R(2, 3), {"axis": 0, "dx": 0.5}],
    [C(4)],
    [F(4)],
    [R(5), R(5)],
    [R(2, 4), R(4)],
    [R(1)],
    [R(3, 0)],
    analytic=True,
)
for _name in ("simpson", "cumulative_simpson"):
    _single = [[F(5)]] if _name == "simpson" else []  # SciPy's cumulative_simpson gives float64
    S(
        f"scipy.integrate.{_name}",
        getattr(integrate, _name),
        [R(5)],
        [R(6)],
        [R(4, 3), {"axis": 0, "dx": 0.5}],
        [R(2)],
        [R(3)],
        [C(6)],
        *_single,
        analytic=True,
    )
    for _shapes in ([R(5), R(5)], [R(6), R(6)], [R(2, 4), R(4)], [R(2, 4), R(2, 4)]):
        S(f"scipy.integrate.{_name}", lambda y, x, _name=_name: getattr(integrate, _name)(y, x=_rising(x)), _shapes)
S("scipy.integrate.simpson", lambda y, h: integrate.simpson(y, dx=h), [R(5), P()], [R(4), P()])
S(
    "scipy.integrate.cumulative_simpson",
    lambda y, h, i: integrate.cumulative_simpson(y, dx=h, initial=i, axis=0),
    [R(5, 2), P(), R()],
)
S(
    "scipy.integrate.cumulative_trapezoid",
    integrate.cumulative_trapezoid,
    [R(5)],
    [R(2, 3), {"axis": 0, "dx": 0.5, "initial": 0}],
    [C(4)],
    [F(4)],
    [R(5), R(5)],
    [R(1)],
    analytic=True,
)
S("scipy.integrate.romb", integrate.romb, [R(5)], [R(3, 2), {"axis": 0}], [R(2)], [R(9), P()], [C(5)])

# --- functions --------------------------------------------------------------------------------------------------

FINE = {"epsabs": 1e-13, "epsrel": 1e-13}
# The rule of 21 points is exact for these already; single precision would never reach FINE.
LOOSE = {"epsabs": 1e-3, "epsrel": 1e-3}

S(
    "scipy.integrate.quad",
    lambda a, b, k: integrate.quad(lambda x, k: np.sin(k[0] * x) + k[1] * x**2, a, b, (k,), **FINE)[0],
    [U(), P(), R(2)],
)
S("scipy.integrate.quad", lambda k: integrate.quad(lambda x: np.exp(-k * x * x), 0.0, np.inf, **FINE)[0], [P()])
S(
    "scipy.integrate.quad",
    lambda k: integrate.quad(lambda x: np.exp(-k * x), 0.0, 1.0, weight="cos", wvar=3.0, **FINE)[0],
    [P()],
)
S(
    "scipy.integrate.quad",
    lambda b, k: integrate.quad(lambda x: k * x**2, 0.0, b, weight="sin", wvar=2.0, **FINE)[0],
    [P(), P()],
)
S(
    "scipy.integrate.quad",
    lambda k: np.multiply(1.0, integrate.quad(lambda x: np.exp(1j * k * x), 0.0, 1.0, complex_func=True, **FINE)[0]),
    [P()],
)
S(
    "scipy.integrate.quad_vec",
    lambda b, k: integrate.quad_vec(lambda x: np.stack([np.exp(-k * x), k * x * x]), 0.0, b, 1e-13, 1e-13, limit=20)[0],
    [P(), P()],
)
S(
    "scipy.integrate.fixed_quad",
    lambda a, b, k: integrate.fixed_quad(lambda x, k: np.cos(k * x), a, b, (k,), 4)[0],
    [U(), P(), P()],
)
S(
    "scipy.integrate.nquad",
    lambda k: integrate.nquad(lambda x, y, k: x * y, [lambda y, k: (0, y * np.sin(k)), (0, 1)], (k,), LOOSE)[0],
    [U()],
)
S(
    "scipy.integrate.dblquad",
    lambda k: integrate.dblquad(lambda y, x: x * y * k, 0.0, k, lambda x: x, lambda x: 2.0, (), **LOOSE)[0],
    [U()],
    order=2,  # higher ones, of parameters in the integrand and in limits: tests/scipy_/test_quadrature.py
)
S(
    "scipy.integrate.tplquad",
    lambda k: integrate.tplquad(lambda z, y, x: x * y + z, 0, k, 0, 1, 0, 1, (), **LOOSE)[0],
    [U()],
)

# --- differential equations ---------------------------------------------------------------------------------------

TIGHT = {"rtol": 1e-12, "atol": 1e-13}
TIMES = np.array([0.0, 0.3, 0.5])


def _hunt(t, y, k):
    """Lotka and Volterra's hunters and hunted, the seasons included."""
    return np.stack([k[0] * y[0] - y[0] * y[1], y[0] * y[1] - k[1] * y[1] * (1 + 0.1 * t)])


S(
    "scipy.integrate.solve_ivp",
    lambda y, k: integrate.solve_ivp(_hunt, (0.0, 0.5), y, "DOP853", TIMES, args=(k,), **TIGHT).y,
    [P(2), P(2)],
    order=2,
)
S(
    "scipy.integrate.solve_ivp",
    lambda a, b, k: (
        integrate.solve_ivp(lambda t, y: -k * y * np.cos(t), (a, b), [1.0], t_eval=np.stack([b]), **TIGHT).y
    ),
    [U(), V(1.2), P()],
    order=2,
)
S(
    "scipy.integrate.solve_ivp",
    lambda t, k: integrate.solve_ivp(lambda t, y: -k * y**2 + t, (0.0, 1.0), [1.0], "RK45", t, **TIGHT).y,
    [V(0.2, 0.7), P()],
    order=2,
)
S(
    "scipy.integrate.odeint",
    lambda y, k: integrate.odeint(_hunt, y, TIMES, (k,), rtol=1e-12, atol=1e-12, tfirst=True),
    [P(2), P(2)],
    order=2,
)
