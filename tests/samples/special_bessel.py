"""Bessel's functions and their kin, elliptic integrals, polynomials, waves."""

from __future__ import annotations

from typing import Any

from scipy import special

from tests.draws import A, C, F, G, I, P, R, S, U, V, row
from tests.samples.special_gamma import between, from_left, given

# fmt: off
# --- Bessel ---------------------------------------------------------------------------------------------------
for _name in ("jv", "yv", "iv", "kv", "kve"):
    S(_name, given(getattr(special, _name), 1.3), [P(3)], [from_left(0.3, 1.2, 2)])
for _name in ("hankel1", "hankel2", "hankel1e", "hankel2e"):
    S(_name, given(getattr(special, _name), 1.3), [P(2)], [from_left(0.3, 1.2, 2)])
for _name in ("jve", "yve", "ive"):
    S(_name, given(getattr(special, _name), 1.3), [P(3)], [from_left(0.3, 1.2, 2)])
    S(f"{_name}_scaled", given(row(f"{_name}_scaled"), 1.3), [P(2), P(2)])
S("jv", special.jv, [V(0, 1, 2), V(0.0, 0.0, -1.0)])
for _name in ("j0", "j1", "i0", "i1", "i0e", "i1e"):
    S(_name, getattr(special, _name), [R(3)], [F(2)])
for _name in ("y0", "y1", "k0", "k1", "k0e", "k1e"):
    S(_name, getattr(special, _name), [P(3)], [F(2)])
for _name in ("itj0y0", "iti0k0", "it2j0y0", "it2i0k0", "itstruve0", "it2struve0", "itmodstruve0"):
    S(_name, getattr(special, _name), [P(2)])
S("jn", special.jn, [I(2), R(2)])
S("yn", special.yn, [V(0, 1, 3), P(3)])
S("kn", special.kn, [V(0, 1, 3), P(3)])
S("besselpoly", lambda a: special.besselpoly(a, 1.2, 2.0), [P(2)])
S("struve", given(special.struve, 1.3), [P(3)])
S("modstruve", given(special.modstruve, 1.3), [P(3)])
for _name in ("ber", "bei", "berp", "beip", "ker", "kei", "kerp", "keip", "kelvin"):
    S(_name, getattr(special, _name), [P(2)])
for _name in ("spherical_jn", "spherical_yn", "spherical_in", "spherical_kn"):
    S(_name, row(_name), [V(0, 1, 3), P(3)], value=getattr(special, _name))
S("spherical_jn", lambda z: row("spherical_jn")(2, z), [C(2)], value=lambda z: special.spherical_jn(2, z), **A)

# --- Airy and parabolic cylinders -----------------------------------------------------------------------------
S("airy", special.airy, [R(3)], [C(2)], **A)
S("airye", special.airye, [P(2)], [C(2)])
S("airye_scaled", row("airye_scaled"), [P(2), P(2)])
S("itairy", special.itairy, [between(0.3, 1.2, 2)])
for _name in ("pbdv", "pbvv", "pbwa"):
    S(_name, given(getattr(special, _name), 1.3), [P(2)])

# --- elliptic -------------------------------------------------------------------------------------------------
for _name in ("ellipk", "ellipkm1", "ellipe"):
    S(_name, getattr(special, _name), [U(3)], [F(1)] if _name == "ellipkm1" else [V(0.0, -1.5)])
S("ellipkinc", special.ellipkinc, [between(-7, 7, 3), U(3)], [R(2), V(0.0, -2.0)])
S("ellipeinc", special.ellipeinc, [between(-7, 7, 3), U(3)])
S("ellipj", special.ellipj, [R(3), U(3)])
S("elliprf", special.elliprf, [P(2), P(2), P(2)], [V(0.7), V(0.7), V(0.7)],
  [from_left(0.3, 1.2, 2), P(2), P(2)], **A)
S("elliprd", special.elliprd, [P(2), P(2), P(2)], [from_left(0.3, 1.2, 2), P(2), P(2)], **A)
S("elliprj", special.elliprj, [P(2), P(2), P(2), P(2)])
S("elliprg", special.elliprg, [P(2), P(2), P(2)])
S("elliprc", special.elliprc, [P(2), P(2)], [P(2), between(-2, -0.5, 2)], [V(0.7), V(0.7)])
S("carlson_integral", lambda x, y: row("carlson_integral")(x, y, 1.0, 1.0, a=0, b=(0.5, 1.5, 0.5, 0)), [P(2), P(2)])
S("agm", special.agm, [P(3), P(3)], [V(1.0, -1.0), V(1.0, -2.0)])

# --- polynomials and Legendre functions -----------------------------------------------------------------------
for _name in ("eval_chebyt", "eval_chebyu", "eval_chebyc", "eval_chebys", "eval_legendre", "eval_laguerre",
              "eval_sh_chebyt", "eval_sh_chebyu", "eval_sh_legendre"):
    S(_name, getattr(special, _name), [V(0, 1, 4), U(3)])
S("eval_chebyt", given(special.eval_chebyt, 2.5), [U(2)], [C(2)], **A)
S("eval_hermite", special.eval_hermite, [V(0, 1, 4), R(3)])
S("eval_hermitenorm", special.eval_hermitenorm, [V(0, 1, 4), R(3)])
S("eval_gegenbauer", lambda n, x: special.eval_gegenbauer(n, 0.7, x), [V(0, 1, 4), U(3)])
S("eval_genlaguerre", lambda n, x: special.eval_genlaguerre(n, 0.7, x), [V(0, 1, 4), U(3)])
S("eval_jacobi", lambda n, x: special.eval_jacobi(n, 0.7, 0.3, x), [V(0, 1, 4), U(3)])
S("eval_sh_jacobi", lambda n, x: special.eval_sh_jacobi(n, 2.2, 1.3, x), [V(0, 1, 4), U(3)])
S("lpmv", lambda m, x: special.lpmv(m, 2, x), [V(0, 1, 2), U(3)])
S("sph_harm_y", row("sph_harm_y"), [V(0, 1, 3), V(0, -1, 2), U(3), R(3)], value=special.sph_harm_y)
S("sph_legendre_p", row("sph_legendre_p"), [V(0, 1, 3), V(0, -1, 2), U(3)],
  value=lambda *xs: special.sph_legendre_p(*xs)[0])
S("assoc_legendre_p", lambda n, m, z, **p: row("assoc_legendre_p")(n, m, z, cut=2, **p),
  [V(0, 1, 3), V(0, -1, 2), U(3), {"norm": False}], [V(0, 1, 3), V(0, -1, 2), U(3), {"norm": True}],
  value=lambda *xs, **p: special.assoc_legendre_p(*xs, **p)[0])

def with_parameter(name: str, q: float) -> Any:
    """The function of that name with its parameter, the operand before the last, fixed."""
    f = getattr(special, name)
    return lambda *xs: f(*xs[:-1], q, xs[-1])


def with_value(name: str, value: str, c: float) -> Any:
    """The function of that name with its parameter fixed, and with its characteristic value."""
    f, cv = getattr(special, name), getattr(special, value)
    return lambda m, n, x: f(m, n, c, cv(m, n, c), x)


# --- Mathieu and spheroidal functions -------------------------------------------------------------------------
for _name in ("mathieu_a", "mathieu_b", "pro_cv", "obl_cv"):
    S(_name, getattr(special, _name), [V(1, 2), V(2, 3)] + ([V(1, 2)] if "cv" in _name else []))
for _name in ("mathieu_cem", "mathieu_sem", "mathieu_modcem1", "mathieu_modcem2", "mathieu_modsem1", "mathieu_modsem2"):
    S(_name, with_parameter(_name, 1.2), [V(1, 2), P(2)])
for _name, _draw in (("pro_ang1", U(2)), ("pro_rad1", G(2)), ("pro_rad2", between(2, 3, 2)),
                     ("obl_ang1", U(2)), ("obl_rad1", P(2)), ("obl_rad2", between(2, 3, 2))):
    S(_name, with_parameter(_name, 3.0), [V(0, 1), V(1, 2), _draw])
    S(f"{_name}_cv", with_value(f"{_name}_cv", f"{_name[:3]}_cv", 3.0), [V(0, 1), V(1, 2), _draw])
