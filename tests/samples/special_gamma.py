"""Gamma, beta, zeta, the error functions, elementary functions and hypergeometric ones."""

from __future__ import annotations

from typing import Any

from scipy import special

from tests.draws import A, C, Draw, F, G, P, R, S, U, V, row, spaced

# fmt: off


def given(f: Any, *first: Any) -> Any:
    """The function with its first operands fixed, for which there is no rule."""
    return lambda *xs, **params: f(*first, *xs, **params)


def between(low: float, high: float, *shape: int) -> Draw:
    """Numbers of an interval."""
    return Draw(shape, spaced(low, high))


def from_left(low: float, high: float, *shape: int) -> Draw:
    """Complex numbers with real and imaginary parts in an interval."""
    make = spaced(low, high)
    return Draw(shape, lambda rng, shape: make(rng, shape) + 1j * make(rng, shape))


# --- gamma and beta -------------------------------------------------------------------------------------------
S("gamma", special.gamma, [C(3)], **A)
S("psi", special.psi, [C(3)], **A)
S("polygamma", lambda x: row("polygamma")(2, x), [C(2)], value=lambda x: row("polygamma").impl(2, x), **A)
S("loggamma", special.loggamma, [P(3)], [C(3)], **A)
S("rgamma", special.rgamma, [P(3)], [C(3)], **A)
S("rgamma", special.rgamma, [V(-2.0, 0.0, -0.5)])
S("digamma", special.digamma, [P(2)])
S("gammasgn", special.gammasgn, [R(3)])
S("poch", special.poch, [P(3), P(3)], [V(0.0, -2.0), between(2.2, 2.7, 2)])
S("beta", special.beta, [P(3), P(3)], [F(2), F(2)])
S("betaln", special.betaln, [P(3), P(2, 1)])
S("binom", special.binom, [between(4, 6, 3), P(3)], [between(2.2, 2.8, 2), between(5.2, 5.8, 2)])
S("gammainc", special.gammainc, [P(3), P(3)], [between(6, 9, 2), P(2)], [F(2), F(2)])
S("gammaincc", special.gammaincc, [P(3), P(2, 1)])
S("gammaincinv", special.gammaincinv, [P(2), U(2)])
S("gammainccinv", special.gammainccinv, [P(2), U(2)])
S("power_log", lambda x, p, c: row("power_log")(x, p, c, r=2), [P(2), P(2), F(2)])
S("gamma_moment", lambda a, x: row("gamma_moment")(a, x, r=1), [P(2), P(2)], [between(40, 60, 2), P(2)])
S("betainc", special.betainc, [P(2), P(2), U(2)], [between(9, 12, 2), P(2), U(2)],
  [F(2), F(2), V(0.3, 0.6, dtype="f4")])
S("betaincc", special.betaincc, [P(2), P(2), U(2)])
S("betaincinv", special.betaincinv, [G(2), G(2), U(2)])
S("betainccinv", special.betainccinv, [G(2), G(2), U(2)])
S("beta_moment", lambda a, b, x: row("beta_moment")(a, b, x, r=1, s=1), [P(2), P(2), U(2)])

# --- error functions ------------------------------------------------------------------------------------------
S("erf", special.erf, [C(2)], **A)
S("ndtr", special.ndtr, [C(2)], **A)
for _name in ("erfcx", "erfi", "dawsn"):
    S(_name, getattr(special, _name), [R(3)], [C(2)], [F(2)], **A)
S("erfcx", special.erfcx, [between(12, 30, 3)])
S("dawsn", special.dawsn, [between(12, 30, 3)])
S("wofz", special.wofz, [C(3)], [from_left(9, 12, 3)], **A)
S("erfcinv", special.erfcinv, [U(3)], [F(2)])
S("log_ndtr", special.log_ndtr, [R(3)], [between(-30, -20, 2)], [F(2)], [C(2)], **A)
S("ndtri", special.ndtri, [U(3)])
S("ndtri_exp", special.ndtri_exp, [between(-3, -0.2, 3)], [between(-400, -300, 2)])
S("owens_t", special.owens_t, [R(3), R(3)])
S("voigt_profile", special.voigt_profile, [R(3), P(3), P(3)])
S("voigt_profile", lambda x, g: special.voigt_profile(x, 0.0, g), [R(3), P(3)])
S("fresnel", special.fresnel, [R(3)], [C(2)], **A)
S("modfresnelp", special.modfresnelp, [P(3)])
S("modfresnelm", special.modfresnelm, [P(3)])

# --- exponentials, logarithms, powers -------------------------------------------------------------------------
for _name in ("exp10", "exprel", "cosm1"):
    S(_name, getattr(special, _name), [R(3)], [F(2)])
for _name in ("exp2", "expm1", "log1p", "cbrt", "round"):
    S(_name, getattr(special, _name), [P(2)])
S("powm1", special.powm1, [P(3), R(3)])
S("boxcox", special.boxcox, [P(3), R(3)], [P(2), V(0.0, 0.0)])
S("boxcox1p", special.boxcox1p, [P(3), R(3)], [P(2), V(0.0, 0.0)])
S("inv_boxcox", special.inv_boxcox, [P(3), U(3)], [R(2), V(0.0, 0.0)])
S("inv_boxcox1p", special.inv_boxcox1p, [P(3), U(3)], [R(2), V(0.0, 0.0)])
S("expi", special.expi, [R(3)], [C(2)])
S("exp1", special.exp1, [P(3)], [C(2)], **A)
S("expn", special.expn, [V(0, 1, 4), P(3)])
S("spence", special.spence, [P(3)], [V(1.0, 1.2)], [C(2)], **A)
S("sici", special.sici, [P(3)], [C(2)])
S("shichi", special.shichi, [P(3)], [C(2)])
S("wrightomega", special.wrightomega, [R(3)], [C(2)], **A)
for _name in ("sindg", "cosdg", "tandg", "cotdg"):
    S(_name, getattr(special, _name), [between(10, 80, 3)])
S("radian", special.radian, [R(3), R(3), R(1)])
S("kl_div", special.kl_div, [P(3), P(3)])
S("rel_entr", special.rel_entr, [P(3), P(3)])
S("huber", special.huber, [V(1.0, 1.5, 0.4), V(0.5, -2.0, 1.5)])
S("pseudo_huber", special.pseudo_huber, [P(3), R(3)])

# --- zeta and hypergeometric functions ------------------------------------------------------------------------
S("zeta", row("zeta"), [G(3), P(3)], value=special.zeta)
S("riemann_zeta", row("riemann_zeta"), [G(3)], [between(-3, 0.6, 3)], [between(1.5, 2.5, 2)], value=special.zeta)
S("zetac", special.zetac, [G(2)])
S("lambertw", lambda z: row("lambertw")(z, k=0, tol=1e-8), [P(3)], [C(2)], value=special.lambertw, **A)
S("hyp0f1", given(special.hyp0f1, 1.3), [R(3)], [C(2)])
S("hyp1f1", given(special.hyp1f1, 0.7, 1.3), [R(3)], [C(2)], **A)
S("hyp2f1", given(special.hyp2f1, 0.7, 1.3, 2.1), [between(-2, 0.8, 3)], [from_left(0.1, 0.5, 2)], **A)
S("hyperu", given(special.hyperu, 0.7, 1.3), [P(3)])
S("wright_bessel", given(special.wright_bessel, 0.7, 1.3), [P(3)])
S("log_wright_bessel", given(special.log_wright_bessel, 0.7, 1.3), [P(3)])
