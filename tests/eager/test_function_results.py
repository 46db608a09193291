"""autograd.Function: results that are unused, non-differentiable or written in place, and what is saved of them."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import LostGradient, NotDifferentiable

X = np.array([0.5, -1.0, 2.0])
V = np.array([1.0, -2.0, 0.5])


class Two(wg.autograd.Function):
    """Two results, of which a sweep may reach one only."""

    gradients: list
    materialize: bool

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(Two.materialize)
        return x * 2, x * 3

    @staticmethod
    def backward(ctx, g, h):
        Two.gradients = [g, h]
        return (0 if g is None else 2 * g) + (0 if h is None else 3 * h)


@pytest.mark.parametrize("materialize", [True, False])
def test_gradients_of_unused_results(materialize):
    Two.materialize = materialize
    x = wg.ones(2, requires_grad=True)
    _a, b = Two.apply(x)
    b.sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
    if materialize:
        np.testing.assert_array_equal(Two.gradients[0], [0.0, 0.0])
    else:
        assert Two.gradients[0] is None
    np.testing.assert_allclose(wg.jvp(Two.apply, (X,), (V,))[1], (2 * V, 3 * V))


def test_non_differentiable_results():
    class SortWithOrder(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            order = np.argsort(x.numpy())
            ranks = x * 0 + wg.tensor(order)
            ctx.mark_non_differentiable(ranks)
            ctx.save_for_backward(wg.tensor(order))
            return x[order], ranks

        @staticmethod
        def backward(ctx, g, _):
            out = wg.zeros_like(g)
            out[ctx.saved_tensors[0]] = g
            return out

    x = wg.tensor(X, requires_grad=True)
    y, ranks = SortWithOrder.apply(x)
    assert y.requires_grad and not ranks.requires_grad
    (y * wg.tensor([1.0, 2.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 1.0, 3.0])
    assert wg.jvp(SortWithOrder.apply, (X,), (V,))[1][1].tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_array_equal(wg.grad(lambda x: SortWithOrder.apply(x)[1][0])(X), np.zeros(3))


def test_mark_dirty():
    class AddOne(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x += 1
            ctx.mark_dirty(x)
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, g):
            np.testing.assert_array_equal(ctx.saved_tensors[0], 2 * X + 1)
            return g * 10

    x = wg.tensor(X, requires_grad=True)
    y = x * 2
    view = y[1:]
    z = AddOne.apply(y)
    assert z is y
    np.testing.assert_array_equal(view.detach(), 2 * X[1:] + 1)
    view.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 20.0, 20.0])
    with pytest.raises(RuntimeError, match="leaf"):
        AddOne.apply(x)


def test_an_argument_written_to_without_saying_so_is_not_changed():
    class Careless(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x *= 0
            return x + 1

        @staticmethod
        def backward(ctx, g):
            return g

    x = wg.tensor(X, requires_grad=True)
    array = X.copy()
    Careless.apply(x)
    Careless.apply(array)
    np.testing.assert_array_equal(x.detach(), X)
    np.testing.assert_array_equal(array, X)


class Numeric(wg.autograd.Function):
    """A backward on bare numbers."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    @wg.autograd.once_differentiable
    def backward(ctx, g):
        return wg.tensor(2 * ctx.saved_tensors[0].numpy() * g.numpy())


def test_once_differentiable():
    x = wg.tensor(X, requires_grad=True)
    y = Numeric.apply(x).sum()
    (slope,) = wg.autograd.grad(y, x, create_graph=True)
    np.testing.assert_array_equal(slope.detach(), 2 * X)
    with pytest.raises(NotDifferentiable, match="once_differentiable"):
        wg.autograd.grad(slope.sum(), x)
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(Numeric.apply(x)))(X), 2 * X)
    with pytest.raises(NotDifferentiable):
        wg.hessian(lambda x: np.sum(Numeric.apply(x)))(X)


class SavesIntermediate(wg.autograd.Function):
    """Saves a value that is neither argument nor result."""

    @staticmethod
    def forward(ctx, x):
        e = wg.exp(x)
        ctx.save_for_backward(e)
        ctx.positive = x > 0
        return e * e

    @staticmethod
    def backward(ctx, g):
        (e,) = ctx.saved_tensors
        assert ctx.positive.dtype == bool
        return g * 2 * e * e


def test_a_saved_intermediate_gives_first_derivatives_in_every_mode_and_no_wrong_second_one():
    f = SavesIntermediate.apply
    exact = 2 * np.exp(2 * X)
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(f(x)))(X), exact)
    np.testing.assert_allclose(wg.jvp(f, (X,), (V,))[1], exact * V)
    batch = np.stack([X, X + 1])
    np.testing.assert_allclose(wg.vmap(wg.grad(lambda x: np.sum(f(x))))(batch), 2 * np.exp(2 * batch))
    for second in (wg.hessian, lambda f: wg.jacrev(wg.jacrev(f)), lambda f: wg.jacfwd(wg.jacfwd(f))):
        with pytest.raises(LostGradient, match="neither an argument nor a result"):
            second(lambda x: np.sum(f(x)))(X)
    x = wg.tensor(X, requires_grad=True)
    (slope,) = wg.autograd.grad(f(x).sum(), x, create_graph=True)
    with pytest.raises(LostGradient):
        wg.autograd.grad(slope.sum(), x)
