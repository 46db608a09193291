"""autograd.grad and autograd.backward; derivatives of derivatives."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, TapeError


def test_grad_returns_a_tuple_and_touches_no_grad_attribute():
    x, y = wg.tensor([1.0, 2.0], requires_grad=True), wg.tensor(3.0, requires_grad=True)
    loss = (x * x * y).sum()
    gx, gy = wg.autograd.grad(loss, [x, y])
    np.testing.assert_array_equal(gx, [6.0, 12.0])
    assert gy.item() == 5.0 and x.grad is None and y.grad is None and not gx.requires_grad


def test_grad_with_respect_to_a_result_leaves_what_lies_below_alone():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    y = (h * h).sum()
    (gh,) = wg.autograd.grad(y, h)
    np.testing.assert_array_equal(gh, [2.0, 8.0])
    (gx,) = wg.autograd.grad(h.sum(), x)  # h's own graph was not freed
    np.testing.assert_array_equal(gx, [2.0, 4.0])
    (one,) = wg.autograd.grad(h.sum(), h)
    np.testing.assert_array_equal(one, [1.0, 1.0])


def test_unused_inputs():
    x, z = wg.ones(2, requires_grad=True), wg.ones(3, requires_grad=True)
    with pytest.raises(TapeError, match="allow_unused=True"):
        wg.autograd.grad(x.sum(), [x, z])
    assert wg.autograd.grad(x.sum(), [x, z], allow_unused=True)[1] is None
    np.testing.assert_array_equal(wg.autograd.grad(x.sum(), [x, z], materialize_grads=True)[1], np.zeros(3))
    with pytest.raises(TapeError, match="does not require grad"):
        wg.autograd.grad(x.sum(), wg.ones(2))


def test_several_outputs_with_their_cotangents():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    (g,) = wg.autograd.grad([x * x, x.sum()], x, [wg.tensor([1.0, 10.0]), None])
    np.testing.assert_array_equal(g, [3.0, 41.0])
    with pytest.raises(InvalidArgument, match="gradient of shape"):
        wg.autograd.grad(x * x, x, wg.ones(3))
    with pytest.raises(InvalidArgument, match="2 tensors and 1 gradients"):
        wg.autograd.grad([x * x, x], x, [wg.ones(2)])
    wg.autograd.backward([x * x, 3 * x], [wg.ones(2), wg.ones(2)])
    np.testing.assert_array_equal(x.grad, [5.0, 7.0])


def test_batched_cotangents_give_the_rows_of_a_jacobian():
    x = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = wg.sin(x) * x[0]
    (rows,) = wg.autograd.grad(y, x, wg.eye(3), is_grads_batched=True, retain_graph=True)
    np.testing.assert_allclose(rows, wg.jacobian(lambda z: np.sin(z) * z[0])(x.detach().numpy()))


def network(x, w):
    return np.sum(np.tanh(x @ w) ** 2 / (1 + np.exp(-w)).sum() + x[0] * w[0])


X = np.array([[0.3, -0.7], [1.1, 0.4]])
W = np.array([[0.5, -1.2], [0.8, 0.1]])


def test_retape_double_backward_equals_nested_grad():
    x, w = wg.tensor(X, requires_grad=True), wg.tensor(W, requires_grad=True)
    gx, gw = wg.autograd.grad(network(x, w), [x, w], create_graph=True)
    v = np.array([[1.0, 2.0], [-1.0, 0.5]])
    hx, hw = wg.autograd.grad((gx * v).sum() + (gw**2).sum(), [x, w], create_graph=True)

    def second(x, w):
        gx, gw = wg.grad(network, (0, 1))(x, w)
        return np.sum(gx * v) + np.sum(gw**2)

    ex, ew = wg.grad(second, (0, 1))(X, W)
    np.testing.assert_allclose(hx.detach(), ex, rtol=1e-12)
    np.testing.assert_allclose(hw.detach(), ew, rtol=1e-12)
    (tx,) = wg.autograd.grad((hx**3).sum(), x)
    third = wg.grad(lambda x: np.sum(wg.grad(second)(x, W) ** 3))(X)
    np.testing.assert_allclose(tx, third, rtol=1e-10)


def test_create_graph_through_backward_and_grad_attributes():
    x = wg.tensor(2.0, requires_grad=True)
    (x**4).backward(create_graph=True)
    slope = x.grad
    assert slope.requires_grad and slope.item() == 32.0
    x.grad = None
    slope.backward()
    assert x.grad.item() == 48.0


def test_create_graph_through_indexing_and_writes():
    x = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = wg.zeros(3)
    y[1:] = x[:2] * x[1:]
    y[0] = x[2] ** 3
    (g,) = wg.autograd.grad((y * y).sum(), x, create_graph=True)
    (h,) = wg.autograd.grad(g.sum(), x)

    def f(z):
        y = np.zeros(3, like=z)
        y[1:] = z[:2] * z[1:]
        y[0] = z[2] ** 3
        return np.sum(y * y)

    np.testing.assert_allclose(h, wg.hessian(f)(np.array([1.0, 2.0, 3.0])).sum(0))


def test_gradient_penalty_training_step():
    x, w = wg.tensor(X), wg.tensor(W, requires_grad=True)
    x.requires_grad_()
    (slope,) = wg.autograd.grad(wg.tanh(x @ w).sum(), x, create_graph=True)
    ((slope**2).sum() - 1).backward()

    def penalty(w):
        return np.sum(wg.grad(lambda x: np.sum(np.tanh(x @ w)))(X) ** 2) - 1

    np.testing.assert_allclose(w.grad, wg.grad(penalty)(W), rtol=1e-12)
    np.testing.assert_allclose(x.grad, wg.grad(lambda x: np.sum(wg.grad(lambda z: np.sum(np.tanh(z @ W)))(x) ** 2))(X))


def test_complex_gradients_are_steepest_ascent():
    z = wg.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    (z * z.conj()).real.sum().backward()
    np.testing.assert_allclose(z.grad, 2 * z.detach().numpy())


def test_tapes_of_different_transforms_do_not_mix():
    x = wg.tensor(3.0, requires_grad=True)

    def f(w):
        (g,) = wg.autograd.grad(x * x * w, x, create_graph=True)
        return g * g

    with pytest.raises(TapeError, match="different transforms"):
        wg.grad(f)(2.0)


def test_grad_works_on_the_tape_of_a_transform():
    def f(w):
        y = w * w * w
        (g,) = wg.autograd.grad(y, w, create_graph=True)
        return g * w  # 3 w³

    assert wg.grad(f)(2.0) == 36.0


def test_eager_tensors_inside_transforms():
    a = wg.tensor(3.0, requires_grad=True)
    slope = wg.grad(lambda x: a * x**2)(2.0)
    slope.backward()
    assert slope.item() == 12.0 and a.grad.item() == 4.0


def test_gradcheck_and_gradgradcheck():
    x, w = wg.tensor(X, requires_grad=True), wg.tensor(W, requires_grad=True)
    assert wg.autograd.gradcheck(network, (x, w))
    assert wg.autograd.gradgradcheck(network, (x, w))
    z = wg.tensor([1 + 2j, 0.5 - 1j], requires_grad=True)
    assert wg.autograd.gradcheck(lambda z: (z * z, abs(z)), z)

    class Wrong(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 3

    with pytest.raises(RuntimeError, match="differs from central differences"):
        wg.autograd.gradcheck(Wrong.apply, x)
    assert not wg.autograd.gradcheck(Wrong.apply, x, raise_exception=False)
