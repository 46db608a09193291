"""forward_ad and functional."""

import numpy as np
import pytest

import wengert as wg
import wengert.autograd.forward_ad as fwAD
from wengert.autograd import functional
from wengert.errors import InvalidArgument, NotDifferentiable, TapeError

A = np.array([0.3, -1.2, 2.0])
V = np.array([1.0, 0.5, -2.0])


def test_dual_numbers():
    with fwAD.dual_level():
        x = fwAD.make_dual(wg.tensor(A), wg.tensor(V))
        y = fwAD.unpack_dual(np.sin(x) * 2)
        constant = fwAD.unpack_dual(wg.tensor(A) * 2)
        np.testing.assert_array_equal(fwAD.unpack_dual(x).tangent, V)
    np.testing.assert_allclose(y.primal, 2 * np.sin(A))
    np.testing.assert_allclose(y.tangent, 2 * np.cos(A) * V)
    assert isinstance(y.tangent, wg.Tensor) and constant.tangent is None
    assert fwAD.unpack_dual(x).tangent is None  # its level is over


def test_levels_nest_without_confusion():
    with fwAD.dual_level():
        x = fwAD.make_dual(wg.tensor(3.0), wg.tensor(1.0))
        with fwAD.dual_level():
            y = fwAD.make_dual(wg.tensor(2.0), wg.tensor(1.0))
            inner = fwAD.unpack_dual(x * y * y).tangent  # 2 x y
        outer = fwAD.unpack_dual(inner)
    assert outer.primal.item() == 12.0 and outer.tangent.item() == 4.0


def test_reverse_over_forward():
    x = wg.tensor(A, requires_grad=True)
    with fwAD.dual_level():
        t = fwAD.unpack_dual((fwAD.make_dual(x, wg.tensor(V)) ** 3).sum()).tangent
    t.backward()
    np.testing.assert_allclose(x.grad, 6 * A * V)


def test_misuse():
    with pytest.raises(TapeError, match="dual level"):
        fwAD.make_dual(wg.ones(2), wg.ones(2))
    with fwAD.dual_level():
        with pytest.raises(InvalidArgument, match="shape"):
            fwAD.make_dual(wg.ones(2), wg.ones(3))
        with pytest.raises(NotDifferentiable):
            fwAD.make_dual(wg.arange(2), wg.ones(2))
    level = fwAD.enter_dual_level()
    fwAD.exit_dual_level(level=level)


def f(x):
    return (wg.sin(x) * x[0]).sum()


def test_functional():
    x, v = wg.tensor(A), wg.tensor(V)
    plain = lambda x: np.sum(np.sin(x) * x[0])
    hessian = wg.hessian(plain)(A)
    np.testing.assert_allclose(functional.jacobian(f, x), wg.grad(plain)(A))
    np.testing.assert_allclose(functional.hessian(f, x), hessian)
    np.testing.assert_allclose(functional.hessian(f, x, vectorize=False), hessian)
    np.testing.assert_allclose(functional.hvp(f, x, v)[1], hessian @ V)
    np.testing.assert_allclose(functional.vhp(f, x, v)[1], V @ hessian)
    out, product = functional.jvp(f, x, v)
    assert isinstance(out, wg.Tensor) and not product.requires_grad
    np.testing.assert_allclose(product, wg.grad(plain)(A) @ V)
    np.testing.assert_allclose(functional.vjp(f, x)[1], wg.grad(plain)(A))
    with pytest.raises(TapeError, match="without a vector"):
        functional.jvp(f, x)


def test_functional_with_several_inputs_and_results():
    x, y = wg.tensor(A), wg.tensor([1.0, 2.0, 3.0])
    jac = functional.jacobian(lambda x, y: (x * y, (x + y).sum()), (x, y))
    np.testing.assert_array_equal(jac[0][0], np.diag([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(jac[0][1], np.diag(A))
    np.testing.assert_array_equal(jac[1][1], np.ones(3))
    hess = functional.hessian(lambda x, y: (x * y).sum(), (x, y))
    np.testing.assert_array_equal(hess[0][1], np.eye(3))
    np.testing.assert_array_equal(hess[0][0], np.zeros((3, 3)))
    _, (gx, gy) = functional.vjp(lambda x, y: x * y, (x, y), wg.ones(3))
    np.testing.assert_array_equal(gx, y)
    np.testing.assert_array_equal(gy, x)


def test_functional_create_graph():
    x = wg.tensor(A, requires_grad=True)
    assert not functional.jacobian(lambda x: x**2, x).requires_grad
    functional.jacobian(lambda x: x**2, x, create_graph=True).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0, 2.0])
