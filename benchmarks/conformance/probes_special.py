"""`scipy.special`."""

from __future__ import annotations

from benchmarks.conformance.probe import each, probe
from tests.draws import Draw, G, P, R, U, V, spaced


def B(low: float, high: float, *shape: int) -> Draw:
    """Numbers of an interval."""
    return Draw(shape, spaced(low, high))


# fmt: off
# --- of one operand -------------------------------------------------------------------------------------------------

each("sp.special.{}(x)", "cosm1 erf erfc erfcx erfi dawsn exp10 exp2 expi expit expm1 exprel fresnel gammasgn i0 "
     "i0e i1 "
     "i1e j0 j1 log_expit log_ndtr ndtr round sinc softplus wofz wrightomega softmax log_softmax logsumexp airy "
     "cbrt", R(3))
each("sp.special.{}(x)", "bei beip ber berp digamma entr exp1 factorial gamma gammaln it2i0k0 it2j0y0 it2struve0 "
     "iti0k0 "
     "itj0y0 itmodstruve0 itstruve0 k0 k0e k1 k1e kei keip kelvin ker kerp kolmogorov lambertw log1p loggamma "
     "modfresnelm modfresnelp psi rgamma shichi sici spence y0 y1 airye zetac", P(3))
each("sp.special.{}(x)", "ellipe ellipk ellipkm1 erfcinv erfinv kolmogi logit ndtri", U(3))
each("sp.special.{}(x)", "cosdg sindg tandg cotdg", B(10, 80, 3))
probe("sp.special.ndtri_exp(x)", B(-3, -0.2, 3))
probe("sp.special.itairy(x)", B(0.3, 1.2, 2))
probe("sp.special.factorial2(x, extend='complex')", P(3))
probe("sp.special.factorialk(x, 3, extend='complex')", P(3))
probe("sp.special.multigammaln(x, 3)", G(3))

# --- of two ---------------------------------------------------------------------------------------------------------

each("sp.special.{}(x, y)", "agm beta betaln chdtr chdtrc gammainc gammaincc kl_div poch pseudo_huber rel_entr elliprc",
     P(3), P(3))
each("sp.special.{}(x, y)", "boxcox boxcox1p powm1 xlogy xlog1py", P(3), P(3))
each("sp.special.{}(x, y)", "inv_boxcox inv_boxcox1p", P(3), U(3))
each("sp.special.{}(x, y)", "ellipeinc ellipkinc ellipj", R(3), U(3))
each("sp.special.{}(x, y)", "gammaincinv gammainccinv chdtri", P(2), U(2))
probe("sp.special.chdtriv(x, y)", U(2), P(2))
probe("sp.special.huber(x, y)", V(1.0, 1.5, 0.4), V(0.5, -2.0, 1.5))
probe("sp.special.owens_t(x, y)", R(3), R(3))
probe("sp.special.binom(x, y)", B(4, 6, 3), P(3))
each("sp.special.{}(x, y)", "comb perm", B(4, 6, 3), P(3))
probe("sp.special.stdtr(x, y)", G(3), R(3))
probe("sp.special.stdtrit(x, y)", G(2), U(2))
probe("sp.special.stdtridf(x, y)", B(0.75, 0.85, 2), B(1.0, 1.3, 2))
probe("sp.special.tklmbda(x, y)", B(-1, 1, 3), B(0.2, 0.8, 3))
probe("sp.special.zeta(x, y)", G(3), P(3))
probe("sp.special.pdtrik(x, y)", B(0.4, 0.6, 2), B(4, 6, 2))
each("sp.special.{}(1.3, x)", "jv jve yv yve iv ive kv kve hankel1 hankel1e hankel2 hankel2e struve modstruve pbdv "
     "pbvv "
     "pbwa hyp0f1", P(3))
each("sp.special.{}(2, x)", "jn yn kn expn polygamma pdtr pdtrc spherical_jn spherical_yn spherical_in "
     "spherical_kn", P(3))
each("sp.special.{}(2, x)", "pdtri eval_chebyc eval_chebys eval_chebyt eval_chebyu eval_hermite eval_hermitenorm "
     "eval_laguerre eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_legendre legendre_p", U(3))
each("sp.special.{}(1.3, x)", "jvp yvp ivp kvp h1vp h2vp", P(2))
each("sp.special.{}(2, x)", "riccati_jn riccati_yn", P())
probe("sp.special.legendre_p_all(2, x)", U(2))
probe("sp.special.diric(x, 4)", R(3))
each("sp.special.{}(x, y)", "smirnov smirnovi", V(2, 3), U(2))
each("sp.special.{}(1, x)", "mathieu_a mathieu_b", P(2))

# --- of three and more ----------------------------------------------------------------------------------------------

each("sp.special.{}(x, y, z)", "elliprd elliprf elliprg gdtr gdtrc fdtr fdtrc", P(2), P(2), P(2))
probe("sp.special.elliprj(x, y, z, w)", P(2), P(2), P(2), P(2))
each("sp.special.{}(x, y, z)", "betainc betaincc betaincinv betainccinv", G(2), G(2), U(2))
probe("sp.special.btdtria(x, y, z)", U(2), P(2), U(2))
probe("sp.special.btdtrib(x, y, z)", P(2), U(2), U(2))
probe("sp.special.gdtria(x, y, z)", U(2), P(2), P(2))
probe("sp.special.gdtrib(x, y, z)", P(2), U(2), P(2))
probe("sp.special.gdtrix(x, y, z)", P(2), P(2), U(2))
probe("sp.special.fdtri(x, y, z)", G(2), G(2), U(2))
probe("sp.special.fdtridfd(x, y, z)", B(3, 4, 2), B(0.4, 0.5, 2), B(0.8, 0.9, 2))
probe("sp.special.nrdtrimn(x, y, z)", U(2), P(2), R(2))
probe("sp.special.nrdtrisd(x, y, z)", R(2), B(0.6, 0.9, 2), R(2))
probe("sp.special.radian(x, y, z)", R(3), R(3), R(3))
probe("sp.special.voigt_profile(x, y, z)", R(3), P(3), P(3))
each("sp.special.{}(1, 3, x)", "bdtr bdtrc bdtri nbdtr nbdtrc nbdtri", U(3))
probe("sp.special.bdtrik(x, y, z)", B(0.4, 0.6, 2), B(9, 11, 2), B(0.3, 0.5, 2))
probe("sp.special.bdtrin(x, y, z)", B(3, 5, 2), B(0.4, 0.6, 2), B(0.3, 0.5, 2))
probe("sp.special.nbdtrik(x, y, z)", B(0.4, 0.6, 2), B(4, 6, 2), B(0.3, 0.5, 2))
probe("sp.special.nbdtrin(x, y, z)", B(3, 5, 2), B(0.4, 0.6, 2), B(0.3, 0.5, 2))
probe("sp.special.chndtr(x, 2.5, y)", P(2), P(2))
probe("sp.special.chndtrix(x, 2.5, y)", U(2), P(2))
probe("sp.special.chndtrinc(x, 2.5, y)", B(4, 6, 2), B(0.5, 0.6, 2))
probe("sp.special.chndtridf(x, 0.5, 1.0)", B(2, 3, 2))
probe("sp.special.nctdtr(3.5, x, y)", P(2), R(2))
probe("sp.special.nctdtrit(3.5, x, y)", P(2), U(2))
probe("sp.special.nctdtrinc(3.5, x, y)", B(0.3, 0.5, 2), B(1, 2, 2))
probe("sp.special.nctdtridf(0.7, 0.5, x)", B(2, 3, 2))
probe("sp.special.ncfdtr(3.5, 4.5, x, y)", P(2), P(2))
probe("sp.special.ncfdtri(3.5, 4.5, x, y)", P(2), U(2))
probe("sp.special.ncfdtrinc(3.5, 4.5, x, y)", B(0.3, 0.5, 2), B(1.5, 2, 2))
probe("sp.special.ncfdtridfn(x, 4.0, 1.0, 1.2)", B(0.4, 0.6, 2))
probe("sp.special.ncfdtridfd(3.0, x, 1.0, 1.2)", B(0.4, 0.6, 2))
probe("sp.special.hyp1f1(0.7, 1.3, x)", R(3))
probe("sp.special.hyperu(0.7, 1.3, x)", P(3))
probe("sp.special.hyp2f1(0.7, 1.3, 2.1, x)", B(-2, 0.8, 3))
each("sp.special.{}(0.7, 1.3, x)", "wright_bessel log_wright_bessel", P(3))
probe("sp.special.besselpoly(x, 1.2, 2.0)", P(2))
probe("sp.special.lpmv(1, 2, x)", U(3))
each("sp.special.{}(3, 0.7, x)", "eval_gegenbauer eval_genlaguerre", U(3))
probe("sp.special.eval_jacobi(3, 0.7, 0.3, x)", U(3))
probe("sp.special.eval_sh_jacobi(3, 2.2, 1.3, x)", U(3))
each("sp.special.{}(2, 1.2, x)", "mathieu_cem mathieu_sem mathieu_modcem1 mathieu_modcem2 mathieu_modsem1 "
     "mathieu_modsem2",
     P(2))
each("sp.special.{}(1, 2, 3.0, x)", "pro_ang1 obl_ang1", U(2))
each("sp.special.{}(1, 2, 3.0, x)", "pro_rad1 pro_rad2 obl_rad1 obl_rad2", B(2, 3, 2))
for _kind in ("pro", "obl"):
    for _name in ("ang1", "rad1", "rad2"):
        probe(f"sp.special.{_kind}_{_name}_cv(1, 2, 3.0, sp.special.{_kind}_cv(1, 2, 3.0), x)",
              U(2) if _name == "ang1" else B(2, 3, 2))
    probe(f"sp.special.{_kind}_cv(1, 2, x)", P(2))
each("sp.special.{}(3, 1, x)", "assoc_legendre_p sph_legendre_p", U(2))
each("sp.special.{}(2, 1, x)", "assoc_legendre_p_all sph_legendre_p_all", U())
probe("sp.special.sph_harm_y(3, 1, x, y)", U(2), R(2))
probe("sp.special.sph_harm_y_all(2, 1, x, y)", U(), R())

# --- of plain numbers -----------------------------------------------------------------------------------------------

probe("sp.special.ellip_harm(5.0, 8.0, 1, 1, x)", P())
probe("sp.special.ellip_harm_2(5.0, 8.0, 2, 1, x)", G())
probe("sp.special.ellip_normal(x, 8.0, 2, 1)", B(4, 5))
each("sp.special.{}(1.5, x)", "lmbda pbdv_seq pbvv_seq", P())
probe("sp.special.pbdn_seq(2, x + 1j)", P())
probe("sp.special.lqmn(1, 2, x)", U())
probe("sp.special.lqn(2, x)", U())
each("sp.special.{}(1, x)", "mathieu_even_coef mathieu_odd_coef", P())
each("sp.special.{}(1, 3, x)", "obl_cv_seq pro_cv_seq", P())
probe("sp.special.stirling2(4, 2) * x", R(2))
each("sp.special.{}(2)(x)", "legendre chebyt chebyu chebyc chebys laguerre hermite hermitenorm sh_legendre sh_chebyt "
     "sh_chebyu", U(2))
each("sp.special.{}(2, 0.7)(x)", "genlaguerre gegenbauer", U(2))
each("sp.special.{}(2, 2.7, 1.3)(x)", "jacobi sh_jacobi", U(2))
probe("sp.special.assoc_laguerre(x, 2, 0.5)", U(2))
each("sp.special.{}(2, x)[0]", "roots_genlaguerre roots_gegenbauer", P())
each("sp.special.{}(2, x, y)[0]", "roots_jacobi", P(), P())
probe("sp.special.roots_sh_jacobi(2, x, y)[0]", B(3, 4), B(1, 2))
