"""Integrals of functions against their closed forms: mixed derivatives, closures of every level, limits, refusals."""

import numpy as np
import pytest

import wengert as wg
from wengert.scipy import integrate, optimize

FINE = {"epsabs": 1e-12, "epsrel": 1e-12}
# The rule of 21 points is exact for the polynomials below, whatever the tolerance.
LOOSE = {"epsabs": 1e-2, "epsrel": 1e-2}


def forward(f, argnum):
    """The partial derivative of a function of numbers, by forward accumulation."""
    return lambda *xs: wg.jvp(lambda x: f(*xs[:argnum], x, *xs[argnum + 1 :]), (xs[argnum],), (1.0,))[1]


def partial(f, argnums, modes):
    """The mixed derivative, one mode ("f" or "r") per variable, innermost first."""
    for argnum, mode in zip(argnums, modes, strict=True):
        f = forward(f, argnum) if mode == "f" else wg.grad(f, argnum)
    return f


def exponential(a, b, k):
    return (np.exp(k * b) - np.exp(k * a)) / k


QUADRATURES = {
    "quad": lambda a, b, k: integrate.quad(lambda x: np.exp(k * x), a, b, **FINE)[0],
    "quad args": lambda a, b, k: integrate.quad(lambda x, k: np.exp(k * x), a, b, (k,), **FINE)[0],
    "quad_vec": lambda a, b, k: np.sum(integrate.quad_vec(lambda x: np.stack([np.exp(k * x), 0 * x]), a, b)[0]),
    "quad_vec args": lambda a, b, k: integrate.quad_vec(lambda x, k: np.exp(k * x), a, b, args=(k,))[0],
    "fixed_quad": lambda a, b, k: integrate.fixed_quad(lambda x: np.exp(k * x), a, b, n=12)[0],
    "romb": lambda a, b, k: integrate.romb(np.exp(k * (a + (b - a) * np.linspace(0, 1, 33)))) * (b - a) / 32,
}


@pytest.mark.parametrize("modes", ["fff", "rrr", "frf", "rfr", "ffrr", "rrff"])
@pytest.mark.parametrize("quadrature", QUADRATURES.values(), ids=QUADRATURES)
def test_mixed_derivatives_in_limits_and_parameter(quadrature, modes):
    point = (0.2, 0.9, 1.3)
    for argnums in ([2, 1, 2, 1], [1, 2, 0, 2], [2, 2, 2, 2], [1, 1, 1, 2]):
        argnums = argnums[: len(modes)]
        expected = partial(exponential, argnums, "r" * len(modes))(*point)
        found = partial(quadrature, argnums, modes)(*point)
        assert isinstance(found, np.ndarray | np.floating)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def plane(a, k):
    """∫₀ᵃ ∫₀^{kx} k x y dy dx = k³ a⁴ / 8."""
    return k**3 * a**4 / 8


PLANES = {
    "dblquad": lambda a, k: integrate.dblquad(lambda y, x: k * x * y, 0, a, 0, lambda x: k * x, **LOOSE)[0],
    "nquad": lambda a, k: integrate.nquad(lambda y, x, k: k * x * y, [lambda x, k: (0, k * x), (0, a)], (k,), LOOSE)[0],
}


@pytest.mark.parametrize("modes", ["rfr", "frfr"])
@pytest.mark.parametrize("double", PLANES.values(), ids=PLANES)
def test_mixed_derivatives_of_integrals_of_integrals(double, modes):
    argnums = [1, 0, 1, 0][: len(modes)]
    expected = partial(plane, argnums, "r" * len(modes))(0.8, 1.1)
    np.testing.assert_allclose(partial(double, argnums, modes)(0.8, 1.1), expected, rtol=1e-8)


def test_a_mixed_derivative_of_a_triple_integral():
    solid = lambda a, k: integrate.tplquad(lambda z, y, x: x, 0, a, 0, lambda x: k * x, 0, lambda x, y: a * y, **LOOSE)[
        0
    ]
    exact = lambda a, k: k**2 * a**5 / 8
    expected = partial(exact, [1, 0], "rr")(0.8, 1.1)
    np.testing.assert_allclose(partial(solid, [1, 0], "ff")(0.8, 1.1), expected, rtol=1e-8)


def test_infinite_limits():
    bell = lambda k: integrate.quad(lambda x: np.exp(-k * x * x), -np.inf, np.inf, **FINE)[0]
    for modes in ("fff", "rrr"):
        found = partial(bell, [0, 0, 0], modes)(1.1)
        np.testing.assert_allclose(found, -15 / 8 * np.sqrt(np.pi) * 1.1**-3.5, rtol=1e-9)


def test_limits_of_a_batch_or_a_compiled_function_may_be_infinite_or_not():
    tail = lambda b: integrate.quad(lambda x: np.exp(-x), 0, b)[0]
    ends = np.array([1.0, np.inf, 2.0])
    slopes = np.exp(-ends)
    np.testing.assert_allclose(wg.vmap(tail)(ends), 1 - slopes)
    np.testing.assert_allclose(wg.vmap(wg.grad(tail))(ends), slopes)
    np.testing.assert_allclose(wg.vmap(forward(tail, 0))(ends), slopes)
    np.testing.assert_allclose(wg.grad(lambda b: np.sum(wg.vmap(tail)(b)))(ends), slopes)
    compiled = wg.jit(wg.grad(tail))
    np.testing.assert_allclose([compiled(b) for b in ends], slopes)


def test_second_derivatives_under_vmap_and_jit():
    f = lambda b, k: integrate.quad(lambda x: np.exp(k * x), k * 0.1, b, **FINE)[0]
    exact = lambda b, k: exponential(k * 0.1, b, k)
    ends = np.array([0.5, 0.9])
    curvatures = [wg.hessian(lambda k, b=b: exact(b, k))(1.3) for b in ends]
    np.testing.assert_allclose(wg.vmap(lambda b: wg.hessian(lambda k: f(b, k))(1.3))(ends), curvatures)
    whole = wg.hessian(lambda k: np.sum(wg.vmap(lambda b: f(b, k))(ends)))(1.3)
    np.testing.assert_allclose(whole, sum(curvatures))
    compiled = wg.jit(wg.hessian(lambda k: f(0.9, k)))
    assert compiled(0.7) != compiled(1.3)
    np.testing.assert_allclose(compiled(1.3), curvatures[1])


def test_the_integrand_may_be_the_parameter_itself():
    f = lambda k: integrate.quad(lambda x: k, 0, k)[0]
    np.testing.assert_allclose([partial(f, [0, 0], m)(3.0) for m in ("ff", "rr", "fr", "rf")], 2.0)


def test_an_integral_over_nothing_has_derivatives():
    f = lambda v: integrate.quad(lambda x: v[2] * np.exp(x), v[0], v[1])[0]
    exact = lambda v: v[2] * (np.exp(v[1]) - np.exp(v[0]))
    v = np.array([0.5, 0.5, 2.0])
    np.testing.assert_allclose(wg.hessian(f)(v), wg.hessian(exact)(v), atol=1e-12)


@pytest.mark.parametrize("modes", ["ff", "rr"])
def test_the_integrand_may_be_singular_at_a_limit_that_stays(modes):
    f = lambda k: integrate.quad(lambda x: np.exp(k * x) / np.sqrt(x), 0, 1)[0]
    expected = integrate.quad(lambda x: np.exp(0.7 * x) * x**1.5, 0, 1)[0]
    np.testing.assert_allclose(partial(f, [0, 0], modes)(0.7), expected)


@pytest.mark.parametrize("modes", ["ff", "rr", "fr"])
def test_the_integrand_may_differentiate_and_solve(modes):
    slope = lambda k: integrate.quad(lambda x: wg.grad(lambda z: np.sin(k * z))(x), 0.0, k)[0]
    np.testing.assert_allclose(
        partial(slope, [0, 0], modes)(1.1), partial(lambda k: np.sin(k * k), [0, 0], "rr")(1.1), rtol=1e-9
    )
    roots = lambda k: integrate.quad(lambda x: optimize.brentq(lambda y: y**3 - k * x - 1, 0, 9), 0, k)[0]
    exact = lambda k: 0.75 / k * ((1 + k * k) ** (4 / 3) - 1)
    np.testing.assert_allclose(partial(roots, [0, 0], modes)(1.1), partial(exact, [0, 0], "rr")(1.1), rtol=1e-7)


@pytest.mark.parametrize("modes", ["ff", "rr", "fr"])
def test_a_root_of_an_integral(modes):
    f = lambda k: optimize.brentq(lambda b: integrate.quad(lambda x: np.exp(k * x), 0.0, b, **FINE)[0] - 1, 0, 2)
    exact = lambda k: np.log(1 + k) / k
    np.testing.assert_allclose(partial(f, [0, 0], modes)(1.1), partial(exact, [0, 0], "rr")(1.1), rtol=1e-8)


def test_the_eager_tape_twice():
    k, b = (wg.tensor(x, requires_grad=True) for x in (1.3, 0.9))
    (slope,) = wg.autograd.grad(integrate.quad(lambda x: np.exp(k * x), 0.2, b, **FINE)[0], [k], create_graph=True)
    slope.backward()
    np.testing.assert_allclose(k.grad.numpy(), partial(exponential, [2, 2], "rr")(0.2, 0.9, 1.3))
    np.testing.assert_allclose(b.grad.numpy(), partial(exponential, [2, 1], "rr")(0.2, 0.9, 1.3))


def test_weights_and_points():
    with_jump = lambda k: integrate.quad(lambda x: np.where(x < 1, k * x, k * k), 0, 2, points=[1.0])[0]
    np.testing.assert_allclose(wg.grad(wg.grad(with_jump))(3.0), 2.0)
    principal = lambda b: integrate.quad(lambda x: x * b, -1.0, b, weight="cauchy", wvar=0.0)[0]
    np.testing.assert_allclose(wg.grad(principal)(2.0), 5.0)
    wave = lambda k: integrate.quad(lambda x: np.exp(-k * x), 0.0, np.inf, weight="cos", wvar=2.0)[0]
    np.testing.assert_allclose(wg.hessian(wave)(0.7), wg.hessian(lambda k: k / (k * k + 4))(0.7), rtol=1e-6)


@pytest.mark.parametrize(
    "f, match",
    [
        (lambda k: integrate.quad(lambda x: np.where(x < k, x, 0.0), 0, 2, points=[k]), "points"),
        (lambda k: integrate.quad(np.exp, 0, 2, weight="cos", wvar=k), "wvar"),
        (lambda k: integrate.quad(np.exp, 0, k, weight="alg", wvar=(0, 0)), "limit"),
    ],
)
def test_what_has_to_be_constant_is_refused(f, match):
    with pytest.raises(wg.errors.InvalidArgument, match=match):
        wg.grad(lambda k: f(k)[0])(1.0)


def test_a_tensor_that_only_the_derivative_meets_is_refused():
    def f(k):
        spy = []

        def integrand(x):
            spy.append(x)
            return k * x if len(spy) < 40 else c * x  # 21 points of the integral, and then those of its derivative

        c = k + 1
        return integrate.quad(integrand, 0, 1)[0]

    with pytest.raises(wg.errors.LostGradient, match="for the first time"):
        wg.grad(f)(1.0)
