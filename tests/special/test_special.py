"""scipy.special on tensors: nothing is left out, errors say why, and the series behind some rules are right."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import special

import wengert as wg
import wengert.scipy.special as twins
from wengert.core.op import TABLE
from wengert.core.protocols import BY_NAME

# Python functions of integers, zeros and counts, of polynomials as objects, and of settings: nothing to differentiate.
WITHOUT = """
ai_zeros assoc_laguerre bei_zeros beip_zeros ber_zeros bernoulli berp_zeros bi_zeros erf_zeros errstate euler
fresnel_zeros fresnelc_zeros fresnels_zeros geterr jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros
kelvin_zeros ker_zeros kerp_zeros seterr stirling2 y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros
c_roots cg_roots h_roots he_roots j_roots js_roots l_roots la_roots p_roots ps_roots s_roots t_roots ts_roots u_roots
us_roots roots_chebyc roots_chebys roots_chebyt roots_chebyu roots_gegenbauer roots_genlaguerre roots_hermite
roots_hermitenorm roots_jacobi roots_laguerre roots_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi
roots_sh_legendre
chebyc chebys chebyt chebyu gegenbauer genlaguerre hermite hermitenorm jacobi laguerre legendre sh_chebyt sh_chebyu
sh_jacobi sh_legendre
SpecialFunctionError SpecialFunctionWarning
""".split()

# Functions of plain numbers that refuse tensors, for there is no rule.
REFUSED = """
ellip_harm ellip_harm_2 ellip_normal lmbda lqmn lqn mathieu_even_coef mathieu_odd_coef obl_cv_seq pbdn_seq pbdv_seq
pbvv_seq pro_cv_seq
""".split()


@pytest.mark.parametrize("name", sorted(set(special.__all__) - set(WITHOUT) - set(REFUSED)))
def test_every_function_is_known(name: str) -> None:
    function = getattr(special, name)
    if isinstance(function, np.ufunc):
        assert function.__name__ in BY_NAME
    else:
        assert name in twins.__all__


def test_the_lists_name_functions() -> None:
    assert set(WITHOUT) | set(REFUSED) <= set(special.__all__)


def test_functions_of_plain_numbers_refuse_tensors() -> None:
    for f in (lambda x: special.lmbda(1, x)[0], lambda x: special.ellip_harm(5, 8, 1, 1, x)):
        with pytest.raises((wg.errors.WengertError, TypeError, ValueError)):
            wg.grad(f)(0.5)


def test_an_operand_without_a_rule_says_why() -> None:
    with pytest.raises(wg.MissingRule, match="jv has no derivative rule for its operand `v`") as error:
        wg.grad(lambda v: special.jv(v, 1.0))(1.5)
    assert len(str(error.value).splitlines()) == 3 and "DLMF 10.15" in str(error.value)
    with pytest.raises(wg.MissingRule, match="pbdv has no derivative rule for its operand `v`"):
        wg.jvp(lambda v: special.pbdv(v, 1.0), (1.5,), (1.0,))


@pytest.mark.parametrize("a", [0.05, 0.9, 3.0, 40.0, 1000.0])
def test_moments_of_the_gamma_distribution(a: float) -> None:
    for ratio in (0.5, 1.0, 1.2):
        x = ratio * a
        with mpmath.workdps(40):
            want = mpmath.diff(lambda s, x=x: mpmath.gammainc(s, 0, x, regularized=True), a)
        np.testing.assert_allclose(wg.grad(special.gammainc)(a, x), float(want), rtol=1e-9)


@pytest.mark.parametrize(("a", "b", "x"), [(0.5, 0.7, 0.3), (5.0, 0.1, 0.99), (30.0, 50.0, 0.3), (30.0, 50.0, 0.5)])
def test_moments_of_the_beta_distribution(a: float, b: float, x: float) -> None:
    with mpmath.workdps(40):
        wants = [
            mpmath.diff(lambda s: mpmath.betainc(s, b, 0, x, regularized=True), a),
            mpmath.diff(lambda s: mpmath.betainc(a, s, 0, x, regularized=True), b),
        ]
    found = wg.grad(special.betainc, (0, 1))(a, b, x)
    np.testing.assert_allclose(found, [float(w) for w in wants], rtol=1e-9)


def test_carlson_against_mpmath() -> None:
    for args in ((0.3, 0.3, 0.3), (0.0, 1e-3, 50.0), (0.5 + 1j, 1.0, 2.0)):
        with mpmath.workdps(30):
            want = mpmath.quad(
                lambda t, args=args: (t + args[0]) ** -0.5 * (t + args[1]) ** -1.5 * (t + args[2]) ** -1.5,
                [0, 1e-4, 1e-2, 1, 100, mpmath.inf],
            )
        found = TABLE["carlson_integral"](*map(np.asarray, args), 1.0, a=0, b=(0.5, 1.5, 1.5, 0))
        np.testing.assert_allclose(found, complex(want), rtol=1e-9)


@pytest.mark.parametrize("s", [-2.5, 0.5, 1.3, 4.0])
def test_riemann(s: float) -> None:
    np.testing.assert_allclose(wg.grad(twins.zeta)(s), float(mpmath.zeta(s, 1, 1)), rtol=1e-11)


def test_polygamma_of_complex_numbers() -> None:
    z = np.array([0.3 + 0.4j, -2.5 + 1j, 30 - 5j])
    for n in (1, 2, 5):
        want = [complex(mpmath.polygamma(n, w)) for w in z]
        np.testing.assert_allclose(TABLE["polygamma"](n, z), want, rtol=1e-12)


def test_far_tails_keep_their_digits() -> None:
    np.testing.assert_allclose(
        wg.grad(special.erfcx)(1e4), float(-1 / mpmath.sqrt(mpmath.pi) / mpmath.mpf(10) ** 8), rtol=1e-7
    )
    np.testing.assert_allclose(wg.grad(special.dawsn)(1e4), -0.5e-8, rtol=1e-7)
    np.testing.assert_allclose(wg.grad(special.log_ndtr)(-1e3), 1e3, rtol=1e-5)
    assert wg.grad(special.log_ndtr)(60.0) == 0


def test_masked_singularities_stay_out() -> None:
    def f(x):
        return sum(np.sum(np.where(x > 0, y, 0.0)) for y in (special.xlogy(x, x), special.k0(x), special.sici(x)[1]))

    gradient = wg.grad(f)(np.array([0.0, 1.0]))
    assert gradient[0] == 0 and np.isfinite(gradient[1])


def test_polynomial_objects_evaluate_tensors() -> None:
    np.testing.assert_allclose(wg.grad(lambda x: special.legendre(3)(x))(0.5), (15 * 0.25 - 3) / 2)
