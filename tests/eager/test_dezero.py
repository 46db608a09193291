"""autograd.Function in DeZero's style, and Variable."""

import numpy as np
import pytest

import wengert as wg

X = np.array([0.5, -1.0, 2.0])


class Square(wg.Function):
    def forward(self, x):
        assert type(x) is np.ndarray
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * gy


class Exp(wg.Function):
    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, gy):
        return gy * self.y


class Mul(wg.Function):
    def forward(self, a, b):
        return a * b

    def backward(self, gy):
        a, b = self.inputs
        return gy * b, gy * a


class Power(wg.Function):
    def __init__(self, c):
        self.c = c

    def forward(self, x):
        return x**self.c

    def backward(self, gy):
        x = self.input
        return self.c * x ** (self.c - 1) * gy


def square(x):
    return Square()(x)


def test_the_chain_of_the_book():
    x = wg.Variable(np.array(0.5))
    y = square(Exp()(square(x)))
    y.backward()
    assert x.grad.item() == pytest.approx(3.297442541400256)
    x.cleargrad()
    assert x.grad is None


def test_creators_lead_back_to_the_inputs():
    x = wg.Variable(X, name="x")
    f, g = Square(), Exp()
    a = f(x)
    y = g(a)
    assert y.creator is g and a.creator is f and x.creator is None
    assert g.inputs == (a,) and f.inputs[0] is x and g.outputs[0] is y and x.name == "x"
    np.testing.assert_array_equal(f.inputs[0].data, X)
    assert (x * 2).creator.name() == "MulBackward0"


def test_one_object_called_twice():
    f = Power(3)
    x = wg.Variable(np.array(2.0))
    f(f(x)).backward()
    assert x.grad.item() == 9 * 2.0**8


def test_two_inputs_used_twice():
    x, y = wg.Variable(np.array(3.0)), wg.Variable(np.array(2.0))
    mul = Mul()
    (mul(mul(x, y), x)).backward()
    assert x.grad.item() == 12.0 and y.grad.item() == 9.0


def test_every_nesting():
    f = lambda x: np.sum(Exp()(Mul()(Power(2)(x), x)))
    g = lambda x: np.sum(np.exp(x**3))
    np.testing.assert_allclose(wg.grad(f)(X), wg.grad(g)(X))
    np.testing.assert_allclose(wg.hessian(f)(X), wg.hessian(g)(X))
    np.testing.assert_allclose(wg.jvp(f, (X,), (X,))[1], wg.jvp(g, (X,), (X,))[1])
    batch = np.stack([X, X / 2])
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(batch), wg.vmap(wg.grad(g))(batch))
    x = wg.Variable(X)
    (slope,) = wg.autograd.grad(f(x), x, create_graph=True)
    (second,) = wg.autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(second, np.diag(wg.hessian(g)(X)))


def test_numbers_and_arrays_become_tensors():
    y = square(np.array([1.0, 2.0]))
    assert isinstance(y, wg.Tensor) and not y.requires_grad
    assert square(3.0).item() == 9.0


def test_forward_may_not_change_its_inputs():
    class Careless(wg.Function):
        def forward(self, x):
            x *= 2
            return x

        def backward(self, gy):
            return gy

    with pytest.raises(ValueError, match="read-only"):
        Careless()(wg.Variable(X))


def test_variables_of_integers_do_not_require_grad():
    assert not wg.Variable(np.array([1, 2])).requires_grad and wg.Variable(2.0).requires_grad


def test_second_derivatives_of_scalars():
    x = wg.Variable(np.array(0.5))
    (slope,) = wg.autograd.grad(Exp()(square(x)), x, create_graph=True)
    (second,) = wg.autograd.grad(slope, x)
    assert second.item() == pytest.approx((2 + 4 * 0.25) * np.exp(0.25))
