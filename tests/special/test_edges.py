"""Second derivatives of special functions at the ends of their domains, in all four orders of the two modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert as wg

F = Callable[..., Any]
MODES: dict[str, Callable[[F], F]] = {
    "forward over reverse": lambda f: wg.jacfwd(wg.grad(f)),
    "reverse over reverse": lambda f: wg.jacrev(wg.grad(f)),
    "forward over forward": lambda f: wg.jacfwd(wg.jacfwd(f)),
    "reverse over forward": lambda f: wg.jacrev(wg.jacfwd(f)),
}

# Student's f(0) at v = 2 is 1/√8, and d ln f(0)/dv = (ψ(3/2) - ψ(1) - ½) / 2.
STUDENT = (special.psi(1.5) - special.psi(1.0) - 0.5) / 2 / np.sqrt(8)
# Of Cauchy's density γ / (π (x² + γ²)) at x = 1, γ = ½.
BEND = 0.5 / np.pi * (6 - 2 * 0.25) / 1.25**3
MIXED = -2 * (1 - 3 * 0.25) / np.pi / 1.25**3
# fmt: off
HESSIANS: list[tuple[F, list[float], Any]] = [
    (special.stdtr, [2.0, 0.0], [[0, STUDENT], [STUDENT, 0]]),
    (special.stdtrit, [2.0, 0.5], [[0, -8 * STUDENT], [-8 * STUDENT, 0]]),
    (special.gammainc, [2.0, 0.0], [[0, 0], [0, 1]]),
    (special.gammaincc, [3.0, 0.0], [[0, 0], [0, 0]]),
    (special.gammainc, [1.0, 0.0], [[0, -np.inf], [-np.inf, -1]]),
    (special.betainc, [2.0, 2.0, 0.0], np.diag([0, 0, 6])),
    (special.betainc, [2.0, 2.0, 1.0], np.diag([0, 0, -6])),
    (special.betaincc, [3.0, 2.0, 0.0], np.zeros((3, 3))),
    (special.gdtr, [3.0, 2.0, 0.0], np.diag([0, 0, 9])),
    (special.fdtr, [4.0, 2.0, 0.0], np.diag([0, 0, 8])),
    (special.nbdtr, [1.0, 2.0, 0.0], np.diag([0, 0, 6])),
    (special.betaincinv, [1.0, 1.0, 0.0], [[0, 0, np.inf], [0, 0, -1], [np.inf, -1, 0]]),
    # u = (p / c)² (1 + …): the second derivative is 2 / c², with c = 2 / B(½, b) or 1 / Γ(3/2).
    (special.betaincinv, [0.5, 2.0, 0.0], np.diag([0, 0, 8 / 9])),
    (special.betaincinv, [2.0, 0.5, 1.0], np.diag([0, 0, -8 / 9])),
    (special.betainccinv, [0.5, 2.0, 1.0], np.diag([0, 0, 8 / 9])),
    (special.betainccinv, [2.0, 0.5, 0.0], np.diag([0, 0, -8 / 9])),
    (special.gammaincinv, [0.5, 0.0], np.diag([0, np.pi / 2])),
    (special.gammainccinv, [0.5, 1.0], np.diag([0, np.pi / 2])),
    (special.gammaincinv, [1.0, 0.0], [[0, np.inf], [np.inf, 1]]),
    (special.chdtri, [1.0, 1.0], np.diag([0, np.pi])),
    (special.gdtrix, [2.0, 0.5, 0.0], np.diag([0, 0, np.pi / 4])),
    (special.fdtri, [1.0, 3.0, 0.0], np.diag([0, 0, 3 * special.beta(0.5, 1.5) ** 2 / 2])),
    (lambda c, p: special.ncfdtri(1.0, 3.0, c, p), [0.5, 0.0],
     np.diag([0, 3 * special.beta(0.5, 1.5) ** 2 / 2 * np.exp(0.5)])),
    (lambda p, c: special.chndtrix(p, 1.0, c), [0.0, 0.5], np.diag([np.pi * np.exp(0.5), 0])),
    (lambda p, c: special.chndtrix(p, 2.0, c), [0.0, 1.0], [[np.e, np.exp(0.5)], [np.exp(0.5), 0]]),
    (lambda x: special.ncfdtr(4.0, 3.0, 1.0, x), [0.0], [[20 / 3 * np.exp(-0.5)]]),
    (lambda x: special.lpmv(0.0, 2.0, x), [-1.0], [[3]]),
    (lambda x: special.lpmv(2.0, 3.0, x), [1.0], [[-90]]),  # 15 x (1 - x²)
    (special.boxcox, [0.0, 2.0], np.diag([1, -0.25])),
    (special.voigt_profile, [1.0, 0.0, 0.5], [[BEND, 0, MIXED], [0, BEND, 0], [MIXED, 0, -BEND]]),
    (special.tklmbda, [0.75, 2.0], np.zeros((2, 2))),
]
# With E₁(x) = ∫_x^∞ e^(-t)/t dt and ∫_x^1 (1-t)/t dt = -ln x - 1 + x. At m = 1, F(φ) = artanh sin φ.
SLOPES: list[tuple[F, list[float], list[float]]] = [
    (special.gammainc, [0.0, 0.7], [-special.exp1(0.7), 0]),
    (special.gammaincc, [0.0, 0.7], [special.exp1(0.7), 0]),
    (special.betainc, [0.0, 2.0, 0.3], [np.log(0.3) + 0.7, 0, 0]),
    (special.betainc, [2.0, 0.0, 0.3], [0, -np.log(0.7) - 0.3, 0]),
    (lambda x: special.lpmv(-1.0, 1.0, x), [0.5], [-0.25 / np.sqrt(0.75)]),  # √(1 - x²) / 2
    # No parameter has this probability: SciPy returns the end of its search.
    (special.fdtridfd, [0.5, 0.5, 0.0], [0, 0, 0]),
    (lambda p: special.chndtrinc(0.5, 2.0, p), [0.5], [0]),
    (lambda k, p: special.nctdtrinc(2.0, p, k), [1.0, 0.0], [0, 0]),
    (lambda p: special.ncfdtrinc(0.5, 0.5, p, 0.5), [0.5], [0]),
    (lambda x: special.lpmv(2.0, 2.0, x), [-1.0], [6]),
    (lambda x: special.lpmv(-2.0, 2.0, x), [1.0], [-0.25]),
    (lambda x: special.lpmv(1.0, 1.0, x), [1.0], [np.inf]),  # -√(1 - x²)
    (lambda x: special.mathieu_sem(0.0, 0.5, x)[1], [20.0], [0]),
    (special.agm, [0.0, 1.0], [np.inf, 0]),
    (special.agm, [1.0, 0.0], [0, np.inf]),
    (special.ellipkinc, [0.7, 1.0], [1 / np.cos(0.7), (np.tan(0.7) / np.cos(0.7) - np.arctanh(np.sin(0.7))) / 4]),
    (special.ellipeinc, [0.7, 1.0], [np.cos(0.7), (np.sin(0.7) - np.arctanh(np.sin(0.7))) / 2]),
    (lambda u, m: special.ellipj(u, m)[0], [0.7, 1.0],
     [np.cosh(0.7) ** -2, (0.7 - np.sinh(0.7) * np.cosh(0.7)) / 4 / np.cosh(0.7) ** 2]),  # DLMF 22.10.7
]
# fmt: on


@pytest.mark.parametrize("mode", [wg.grad, wg.jacfwd])
@pytest.mark.parametrize(("f", "x", "want"), SLOPES)
def test_the_slope_holds_at_the_ends(f: F, x: list[float], want: Any, mode: Any) -> None:
    with np.errstate(all="ignore"):
        found = mode(lambda v: f(*v))(np.array(x))
    np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "x", "want"), HESSIANS, ids=lambda v: getattr(v, "__name__", None) or "")
def test_the_slope_of_the_slope_holds_at_the_ends(f: F, x: list[float], want: Any, mode: str) -> None:
    with np.errstate(all="ignore"):
        found = MODES[mode](lambda v: f(*v))(np.array(x))
    np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-12)
