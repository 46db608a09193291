"""Complex derivatives, dtypes, and what is refused."""

import numpy as np
import pytest

import wengert as wg

Z = np.array([0.4 + 0.7j, -1.1 + 0.3j, 0.9 - 1.2j])
H = 1e-6


def by_differences(f, z):
    """∂f/∂z and ∂f/∂z̄ from central differences along the axes."""
    columns = []
    for n in range(z.size):
        e = np.zeros(z.shape, complex)
        e.flat[n] = H
        columns.append([(f(z + d) - f(z - d)) / (2 * H) for d in (e, 1j * e)])
    along_x, along_y = [np.stack([c[k] for c in columns], -1) for k in (0, 1)]
    shape = np.shape(along_x)[:-1] + z.shape
    return ((along_x - 1j * along_y) / 2).reshape(shape), ((along_x + 1j * along_y) / 2).reshape(shape)


FUNCTIONS = {
    "holomorphic": lambda z: np.exp(z) * z[0] + np.sin(z) ** 2,
    "antiholomorphic": lambda z: np.conj(z) ** 3,
    "real": lambda z: np.sum(np.abs(z) ** 2 * np.real(z)),
    "complex scalar": lambda z: np.sum(z * np.conj(z[::-1]) * z[0]),
    "parts": lambda z: np.real(z) + 2j * np.imag(z),
    "norm": lambda z: np.linalg.norm(z),
    "angle": lambda z: np.angle(z),
    "fft": lambda z: np.abs(np.fft.fft(z)),
    "written": lambda z: written(z),
}


def written(z):
    y = np.zeros(3, complex, like=z)
    y.real = np.imag(z) ** 2
    y[1:] += np.conj(z[:-1])
    return y


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_both_wirtinger_derivatives(f):
    found, expected = wg.wirtinger(f)(Z), by_differences(f, Z)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-8)


def test_holomorphic_functions_have_one():
    f = FUNCTIONS["holomorphic"]
    a, b = wg.wirtinger(f)(Z)
    np.testing.assert_allclose(b, 0, atol=1e-14)
    for derive in (wg.jacobian, wg.jacfwd, wg.jacrev):
        np.testing.assert_allclose(derive(f, holomorphic=True)(Z), a, rtol=1e-12)
    np.testing.assert_allclose(wg.jacobian(lambda z: np.sum(f(z)), holomorphic=True)(Z), a.sum(0), rtol=1e-12)
    np.testing.assert_allclose(wg.grad(lambda z: np.sum(f(z)), holomorphic=True)(Z), a.sum(0), rtol=1e-12)
    value, slope = wg.value_and_grad(np.exp, holomorphic=True)(Z[0])
    assert value == np.exp(Z[0])
    np.testing.assert_allclose(slope, np.exp(Z[0]))
    second = wg.grad(wg.grad(np.sin, holomorphic=True), holomorphic=True)
    np.testing.assert_allclose(second(Z[0]), -np.sin(Z[0]))
    np.testing.assert_allclose(wg.vmap(second)(Z), -np.sin(Z))
    np.testing.assert_allclose(wg.jit(second)(Z[0]), -np.sin(Z[0]))
    np.testing.assert_allclose(wg.grad(wg.jit(np.sin), holomorphic=True)(Z[0]), np.cos(Z[0]))


def test_the_gradient_of_a_real_function_is_twice_the_conjugate_derivative():
    f = FUNCTIONS["real"]
    np.testing.assert_allclose(wg.grad(f)(Z), 2 * wg.wirtinger(f)(Z)[1], rtol=1e-12)


def test_trees_and_real_arguments():
    f = lambda p, x: {"a": p["z"] * np.conj(x), "b": (np.abs(p["z"]) ** 2,)}
    a, b = wg.wirtinger(f, argnums=(0, 1))({"z": 1 + 2j}, 3.0)
    assert a["a"] == ({"z": 3.0}, 0.0)
    assert b["a"] == ({"z": 0.0}, 1 + 2j)
    assert a["b"][0] == ({"z": 1 - 2j}, 0.0)
    assert b["b"][0] == ({"z": 1 + 2j}, 0.0)


def test_wirtinger_derivatives_nest():
    """∂²/∂z∂z̄ is a quarter of the Laplacian: of |z|⁴ it is 4 |z|²."""
    mixed = lambda z: wg.wirtinger(lambda z: wg.wirtinger(lambda z: np.abs(z) ** 4)(z)[1])(z)[0]
    np.testing.assert_allclose(mixed(0.6 - 0.8j), 4.0)
    np.testing.assert_allclose(wg.vmap(mixed)(Z), 4 * np.abs(Z) ** 2)


def test_real_arguments_are_no_holomorphic_ones():
    for derive in (wg.grad, wg.jacobian, wg.jacrev, wg.jacfwd):
        with pytest.raises(wg.NotDifferentiable, match=r"holomorphic=True at test_complex\.py"):
            derive(np.sin, holomorphic=True)(1.0)
    with pytest.raises(wg.InvalidArgument, match="one complex number"):
        wg.grad(np.abs, holomorphic=True)(1j)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_real_dtypes_stay_what_they_are(dtype):
    x = np.array([0.5, 0.25], dtype)
    f = lambda x: np.sum(np.sqrt(x) * np.exp(x[::-1]) / 2)
    found = [wg.grad(f)(x), wg.jacfwd(f)(x), wg.jvp(np.sin, (x,), (x,))[1], wg.hessian(f)(x), wg.jit(wg.grad(f))(x)]
    found += [wg.grad(f)(x[0] * x), wg.vmap(wg.grad(f))(x[None]), wg.grad(lambda x: x * 2)(x[0])]
    assert [a.dtype for a in found] == [np.dtype(dtype)] * len(found)
    double = wg.grad(f)(x.astype(np.float64))
    np.testing.assert_allclose(found[0].astype(np.float64), double, rtol=8 * max(np.finfo(dtype).eps, 1e-16))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.clongdouble])
def test_complex_dtypes_stay_what_they_are(dtype):
    z = Z.astype(dtype)
    f = lambda z: np.sum(np.abs(np.sin(z)))
    for found in (wg.grad(f)(z), wg.jvp(np.exp, (z,), (z,))[1], wg.jit(wg.grad(f))(z), *wg.wirtinger(np.exp)(z)):
        assert found.dtype == dtype
    np.testing.assert_allclose(wg.grad(f)(z), wg.grad(f)(Z), rtol=20 * np.finfo(dtype).eps + 1e-15)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1)])
def test_shapes_without_and_with_few_entries(shape):
    x = np.full(shape, 0.5)[()]
    f = lambda x: np.sum(np.sin(x) * np.ones((2, *shape)))
    for found in (wg.grad(f)(x), wg.jacfwd(f)(x), wg.vmap(wg.grad(f))(np.stack([x, x]))[0]):
        assert found.shape == shape
        np.testing.assert_allclose(found, 2 * np.cos(x))
    assert wg.hessian(f)(x).shape == shape * 2


MASKED = np.ma.array([1.0, 2.0], mask=[False, True])
REFUSED = {
    "masked": (MASKED, r"masked array of shape \(2,\)"),
    "a masked constant": (np.ma.masked, "masked array"),
    "matrix": (np.ones((1, 2)).view(np.matrix), "np.matrix"),
}


@pytest.mark.parametrize("x, text", REFUSED.values(), ids=REFUSED)
def test_other_arithmetics_are_refused(x, text):
    ways = {
        "grad": lambda: wg.grad(lambda z: np.sum(z * z))(x),
        "jvp": lambda: wg.jvp(np.sin, (x,), (x,)),
        "operand": lambda: wg.grad(lambda z: np.sum(z * x))(np.ones(2)),
        "function": lambda: wg.grad(lambda z: np.sum(np.where(z > 0, z, x)))(np.ones(2)),
        "tensor": lambda: wg.tensor(x, requires_grad=True),
    }
    for way, run in ways.items():
        with pytest.raises(wg.NotDifferentiable, match=text) as error:
            run()
        assert len(str(error.value).splitlines()) == 3, way
        assert "test_complex.py:" in str(error.value), way


def test_structured_arrays_are_refused():
    x = np.zeros(2, [("a", float), ("b", float)])
    with pytest.raises(wg.NotDifferentiable, match="structured"):
        wg.grad(lambda x: np.sum(x["a"]))(x)


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
def test_object_arrays_of_tensors_work():
    f = lambda x: np.sum(np.array([x[0], x[1] * x[0], 3.0]) ** 2) + np.array([[x[0], 1.0], [x[1], 2.0]])[1, 0]
    np.testing.assert_allclose(wg.grad(f)(np.array([2.0, 3.0])), [2 * 2 + 2 * 6 * 3, 2 * 6 * 2 + 1])
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(x.astype(object) ** 2))(np.ones(2)), [2.0, 2.0])
