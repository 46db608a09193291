"""Functions of vectors and values together, where values coincide: reverse accumulation takes limits there.

What is compared with knows of no vectors: the divided differences of Daleckii and Krein at matrices whose values are
given, closed forms, and differences of exact first derivatives.
"""

from typing import Any

import numpy as np
import pytest

import wengert as wg

RNG = np.random.default_rng(7)


def H(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def hermitian(x: Any) -> Any:
    return (x + H(x)) / 2


def unitary(n: int, dtype: Any) -> Any:
    imaginary = 1j * RNG.normal(size=(n, n)) if dtype is complex else 0
    return np.linalg.qr(RNG.normal(size=(n, n)) + imaginary)[0]


TURN, TURNED = unitary(4, float), unitary(4, complex)
WEIGHT = RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4))
POINTS = {
    "identity": np.eye(4),
    "exact": np.diag([2.0, 1.0, 1.0, 5.0]),
    "projector": hermitian(TURN @ np.diag([1.0, 1.0, 0.5, 0.5]) @ TURN.T),
    "three": hermitian(TURN @ np.diag([2.0, 2.0, 2.0, 1.0]) @ TURN.T),
    "pairs": hermitian(TURN @ np.diag([3.0, 3.0, 1.0, 1.0]) @ TURN.T),
    "complex": hermitian(TURNED @ np.diag([2.0, 2.0, 2.0, 1.0]) @ H(TURNED)),
}
FUNCTIONS = {
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "inverse": (lambda x: 1 / x, lambda x: -1 / x**2),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "power": (lambda x: x**0.3, lambda x: 0.3 * x**-0.7),
}


def weight(a: Any) -> Any:
    return WEIGHT if np.asarray(a).dtype.kind == "c" else np.real(WEIGHT)


def matrix(a: Any, h: Any) -> Any:
    """h(a) by eigenvectors."""
    w, v = np.linalg.eigh(hermitian(a))
    return (v * h(w)[..., None, :]) @ H(v)


def scalar(h: Any, like: Any) -> Any:
    m = np.conj(weight(like))
    return lambda a: np.real(np.sum(m * matrix(a, h)))


def gradient(h: Any, dh: Any, a: Any) -> Any:
    """Daleckii and Krein: in the basis of a, the weights times h[w_i, w_j], which is h' where the two are equal."""
    w, v = np.linalg.eigh(a)
    gap, mean = w[:, None] - w, (w[:, None] + w) / 2
    same = np.abs(gap) < 1e-9
    divided = np.where(same, dh(mean), (h(w)[:, None] - h(w)) / np.where(same, 1, gap))
    return v @ (divided * (H(v) @ hermitian(weight(a)) @ v)) @ H(v)


ALL = [pytest.param(h, a, id=f"{f}-{p}") for f, h in FUNCTIONS.items() for p, a in POINTS.items()]
SOME = [pytest.param(FUNCTIONS[f], POINTS[p], id=f"{f}-{p}") for f in ("sqrt", "log") for p in ("three", "complex")]


@pytest.mark.parametrize("h, a", ALL)
def test_gradients_of_functions_of_matrices(h, a):
    np.testing.assert_allclose(wg.grad(scalar(h[0], a))(a), gradient(*h, a), atol=1e-12)


@pytest.mark.parametrize("h, a", SOME)
def test_on_the_eager_tape(h, a):
    t = wg.tensor(a, requires_grad=True)
    seen = []
    w, v = np.linalg.eigh(hermitian(t))
    w.register_hook(lambda g: seen.append(g))
    np.real(np.sum(np.conj(weight(a)) * ((v * h[0](w)) @ H(v)))).backward()
    np.testing.assert_allclose(t.grad.numpy(), gradient(*h, a), atol=1e-12)
    assert len(seen) == 1  # the further sweeps are nobody's business


def test_an_entry_off_the_diagonal_of_a_logarithm():
    """Neither the values nor the vectors have a cotangent here: all of the derivative is in the limit."""
    found = wg.grad(lambda a: matrix(a, np.log)[0, 1])(np.eye(2))
    np.testing.assert_allclose(found, [[0, 0.5], [0.5, 0]], atol=1e-15)


@pytest.mark.parametrize("h, a", SOME)
def test_batches_inside_and_outside(h, a):
    stack = np.stack([a, hermitian(a @ a) + hermitian(weight(a)) / 10])
    expected = [gradient(*h, x) for x in stack]
    f = scalar(h[0], a)
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(stack), expected, atol=1e-10)
    np.testing.assert_allclose(wg.grad(lambda s: np.sum(wg.vmap(f)(s)))(stack), expected, atol=1e-10)
    np.testing.assert_allclose(wg.grad(lambda s: np.sum(f(s)))(stack), expected, atol=1e-10)


def test_jacobians_of_a_square_root():
    """Cotangents may be a batch: d√a at the identity is da / 2."""
    half = 0.25 * (np.einsum("ik,jl->ijkl", np.eye(4), np.eye(4)) + np.einsum("il,jk->ijkl", np.eye(4), np.eye(4)))
    for jacobian in (wg.jacrev, wg.jacfwd):
        np.testing.assert_allclose(jacobian(lambda a: matrix(a, np.sqrt))(np.eye(4)), half, atol=1e-15)


def test_directions_of_a_batch():
    """vmap of forward accumulation turns the basis per entry."""
    stack = np.stack([POINTS["three"], POINTS["pairs"]])
    f, h = scalar(np.exp, stack), FUNCTIONS["exp"]
    found = wg.vmap(wg.jacfwd(f))(stack)
    np.testing.assert_allclose(found, [gradient(*h, a) for a in stack], atol=1e-12)
    compiled = wg.jit(lambda a, t: wg.jvp(f, (a,), (t,))[1])
    expected = np.sum(np.real(WEIGHT) * gradient(*h, stack[0]))
    np.testing.assert_allclose(compiled(stack[0], np.real(WEIGHT)), expected, rtol=1e-12)


def second(h: Any, a: Any, d: Any, e: float = 1e-3) -> Any:
    """The derivative of the exact gradient along d, by differences of fourth order."""
    at = lambda s: gradient(*h, a + s * e * d)
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * e)


@pytest.mark.parametrize("h, a", SOME)
def test_second_derivatives(h, a):
    f, d = scalar(h[0], a), hermitian(weight(a) @ weight(a)) / 4
    expected = second(h, a, d)
    along = lambda g: np.sum(np.real(np.conj(d) * g))
    np.testing.assert_allclose(wg.jvp(wg.grad(f), (a,), (d,))[1], expected, atol=1e-7)
    np.testing.assert_allclose(wg.grad(lambda a: along(wg.grad(f)(a)))(a), expected, atol=1e-7)
    t = wg.tensor(a, requires_grad=True)
    (g,) = wg.autograd.grad(f(t), t, create_graph=True)
    along(g).backward()
    np.testing.assert_allclose(t.grad.numpy(), expected, atol=1e-7)


def test_hessians():
    f, d = scalar(np.sqrt, np.eye(4)), hermitian(np.real(WEIGHT))
    expected = second(FUNCTIONS["sqrt"], np.eye(4), d)
    np.testing.assert_allclose(np.tensordot(wg.hessian(f)(np.eye(4)), d), expected, atol=1e-7)


def test_third_derivatives():
    a, d = np.eye(3), hermitian(RNG.normal(size=(3, 3)))
    f = lambda a: np.sum(np.real(WEIGHT[:3, :3]) * matrix(a, lambda x: x**4))
    fourth = lambda a: np.sum(np.real(WEIGHT[:3, :3]) * (hermitian(a) @ hermitian(a) @ hermitian(a) @ hermitian(a)))

    def twice(f: Any) -> Any:
        return wg.grad(lambda a: np.sum(d * wg.grad(f)(a)))

    np.testing.assert_allclose(wg.jvp(twice(f), (a,), (d,))[1], wg.jvp(twice(fourth), (a,), (d,))[1], atol=1e-12)


def test_chains():
    """(a^½ b a^½)^½ with a = b = 1: the second decomposition lies within the limit of the first."""

    def root(a: Any, b: Any) -> Any:
        half = matrix(a, np.sqrt)
        return np.sum(np.real(WEIGHT) * matrix(half @ b @ half, np.sqrt))

    ga, gb = wg.grad(root, argnums=(0, 1))(np.eye(4), np.eye(4))
    expected = hermitian(np.real(WEIGHT)) / 2
    np.testing.assert_allclose(ga, expected, atol=1e-14)
    np.testing.assert_allclose(gb, expected, atol=1e-14)


def test_long_chains_are_refused():
    def f(a: Any) -> Any:
        for _ in range(4):
            a = matrix(a, np.sqrt)
        return np.sum(np.real(WEIGHT) * a)

    with pytest.raises(wg.NotDifferentiable, match="further derivatives") as caught:
        wg.grad(f)(np.eye(4))
    assert str(caught.value).count("\n") == 2


def test_a_recorded_second_derivative_is_refused():
    """The first of `create_graph` is prepared for one more."""
    t, m = wg.tensor(np.eye(3), requires_grad=True), WEIGHT[:3, :3].real
    once = lambda y: wg.autograd.grad(np.sum(m * y), t, create_graph=True)[0]
    first = once(matrix(t, np.exp))
    with pytest.raises(wg.NotDifferentiable, match="more often"):
        once(first)


def test_single_precision():
    a = POINTS["three"].astype(np.float32)
    found = wg.grad(scalar(np.sqrt, a))(a)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, gradient(*FUNCTIONS["sqrt"], POINTS["three"]), atol=1e-5)


def test_compiled_reverse_accumulation_is_refused_where_values_coincide():
    f = wg.jit(wg.grad(scalar(np.log, np.eye(4))))
    a = hermitian(np.real(WEIGHT)) + 9 * np.eye(4)
    np.testing.assert_allclose(f(a), gradient(*FUNCTIONS["log"], a), atol=1e-12)
    with pytest.raises(wg.NotDifferentiable, match="compiled"):
        f(np.eye(4))


@pytest.mark.parametrize("entry", [lambda w, v: v[0, 1], lambda w, v: w[0] * v[0, 1], lambda w, v: np.sum(v[0] * w)])
def test_what_depends_on_the_basis_is_refused(entry):
    with pytest.raises(wg.NotDifferentiable, match="basis"):
        wg.grad(lambda a: entry(*np.linalg.eigh(a)))(POINTS["three"])


def test_two_directions_of_forward_accumulation_are_refused():
    """A function of the values alone has a derivative there; of the vectors, one basis cannot suit both."""
    d = hermitian(np.real(WEIGHT))
    inner = lambda f: lambda a: wg.jvp(f, (a,), (d @ d,))[1]
    values = lambda a: np.sum(np.linalg.eigvalsh(a) ** 3)
    cubes = lambda a: np.sum((a @ a) * a)
    for a in (np.eye(4), POINTS["pairs"]):
        with pytest.raises(wg.NotDifferentiable, match="forward over forward"):
            wg.jvp(inner(scalar(np.exp, a)), (a,), (d,))
        np.testing.assert_allclose(
            wg.jvp(inner(values), (a,), (d,))[1], wg.jvp(inner(cubes), (a,), (d,))[1], rtol=1e-12
        )


def test_reverse_over_forward_has_the_value_and_no_derivative():
    d = hermitian(np.real(WEIGHT))
    f = scalar(np.exp, d)
    value, pull = wg.vjp(lambda a: wg.jvp(f, (a,), (d,))[1], POINTS["pairs"])
    np.testing.assert_allclose(value, np.sum(d * gradient(*FUNCTIONS["exp"], POINTS["pairs"])), rtol=1e-12)
    with pytest.raises(wg.NotDifferentiable, match="forward over reverse"):
        pull(1.0)


# --- singular values ------------------------------------------------------------------------------------------------


def with_values(n: int, m: int, s: Any, dtype: Any) -> Any:
    k = min(n, m)
    return unitary(n, dtype)[:, :k] @ np.diag(s) @ unitary(m, dtype)[:k]


SHAPES = {
    "twice": (3, 3, [2.0, 2.0, 1.0]),
    "tall": (4, 3, [2.0, 2.0, 1.0]),
    "wide": (3, 4, [2.0, 2.0, 0.0]),
    "nothing": (3, 3, [0.0, 0.0, 0.0]),
    "tall nothing": (4, 2, [0.0, 0.0]),
    "deficient": (4, 3, [2.0, 0.0, 0.0]),
    "one zero": (3, 3, [2.0, 1.0, 0.0]),
    "identity": (3, 3, [1.0, 1.0, 1.0]),
}
MATRICES = [
    pytest.param(with_values(*shape, dtype), id=f"{name}-{dtype.__name__}")
    for name, shape in SHAPES.items()
    for dtype in (float, complex)
]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("a", MATRICES)
def test_odd_powers_of_singular_values(a, full):
    """u s vᴴ is a, and u s³ vᴴ is a aᴴ a, at any singular values."""
    m = RNG.normal(size=a.shape) + (1j * RNG.normal(size=a.shape) if a.dtype.kind == "c" else 0)

    def f(a: Any, power: int) -> Any:
        u, s, vh = np.linalg.svd(a, full_matrices=full)
        k = s.shape[-1]
        return np.real(np.sum(np.conj(m) * ((u[:, :k] * s**power) @ vh[:k])))

    np.testing.assert_allclose(wg.grad(f)(a, 1), m, atol=1e-12)
    np.testing.assert_allclose(wg.jvp(lambda a: f(a, 1), (a,), (m,))[1], np.sum(np.abs(m) ** 2), rtol=1e-12)
    np.testing.assert_allclose(wg.grad(f)(a, 3), m @ H(a) @ a + a @ H(m) @ a + a @ H(a) @ m, atol=1e-12)


def test_second_derivatives_by_singular_values():
    cube = lambda a: np.sum(a @ a.T @ a * np.real(WEIGHT[:3, :3]))
    by_svd = lambda a: (lambda u, s, vh: np.sum((u * s**3) @ vh * np.real(WEIGHT[:3, :3])))(*np.linalg.svd(a))
    for name in ("twice", "deficient", "nothing", "one zero", "identity"):
        a = with_values(3, 3, SHAPES[name][2], float)
        for second in (wg.hessian, lambda f: wg.jacrev(wg.grad(f))):
            np.testing.assert_allclose(second(by_svd)(a), second(cube)(a), atol=1e-10, err_msg=name)


def test_the_polar_factor_at_the_identity():
    """u vᴴ of 1 + da is 1 + (da - daᴴ) / 2."""
    m = np.real(WEIGHT)
    f = lambda a: (lambda u, _, vh: np.sum(m * (u @ vh)))(*np.linalg.svd(a))
    np.testing.assert_allclose(wg.grad(f)(np.eye(4)), (m - m.T) / 2, atol=1e-14)


def test_the_polar_factor_of_a_deficient_matrix_is_refused():
    f = lambda a: (lambda u, _, vh: np.sum(np.real(WEIGHT) * (u @ vh)))(*np.linalg.svd(a))
    with pytest.raises(wg.NotDifferentiable, match="singular values of 0"):
        wg.grad(f)(with_values(4, 4, [2.0, 1.0, 0.0, 0.0], float))


# --- general matrices -------------------------------------------------------------------------------------------------


def test_rounding_is_told_by_what_has_cancelled():
    f = scalar(np.log, np.eye(4))
    a = hermitian(TURN @ TURN.T)
    np.testing.assert_allclose(wg.grad(lambda a: 1e6 * f(a))(a), 1e6 * wg.grad(f)(a), rtol=1e-9)


@pytest.mark.parametrize("values", [[1.0, 1.0, 2.0, 3.0], [1.0, 1.0, 1.0, 2.0], [2.0, 2.0, 2.0, 2.0]])
def test_functions_of_semisimple_matrices(values):
    change = np.eye(4) + np.real(WEIGHT) / 5
    a = change @ np.diag(values) @ np.linalg.inv(change)
    m = np.real(WEIGHT)

    def f(a: Any) -> Any:
        w, v = np.linalg.eig(a)
        return np.real(np.sum(m * ((v * w**3) @ np.linalg.inv(v))))

    np.testing.assert_allclose(wg.grad(f)(a), wg.grad(lambda a: np.sum(m * (a @ a @ a)))(a), atol=1e-10)
    with pytest.raises(wg.NotDifferentiable):
        wg.jacfwd(f)(a)
