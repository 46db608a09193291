"""autograd.Function in PyTorch's style, at every level and in every nesting."""

import threading
from typing import ClassVar

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, LostGradient, MissingRule

X = np.array([0.5, -1.0, 2.0])
V = np.array([1.0, -2.0, 0.5])


class Cube(wg.autograd.Function):
    """x³ with forward in NumPy on bare numbers."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return wg.from_numpy(x.numpy() ** 3)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


class CubeByTangent(wg.autograd.Function):
    """x³ with a forward derivative only."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_forward(x)
        return x**3

    @staticmethod
    def jvp(ctx, t):
        return t * 3 * ctx.saved_tensors[0] ** 2


class CubeWithSetup(wg.autograd.Function):
    """x³ with forward and context apart, saving its result."""

    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        ctx.save_for_backward(x, output)
        ctx.factor = 3

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * ctx.factor * y / x


class CubeByAttribute(wg.autograd.Function):
    """x³ with tensors as attributes of ctx."""

    @staticmethod
    def forward(ctx, x):
        ctx.parts = {"x": x, "power": 3}
        return x**3

    @staticmethod
    def backward(ctx, g):
        return g * ctx.parts["power"] * ctx.parts["x"] ** 2


CUBES = [Cube, CubeByTangent, CubeWithSetup, CubeByAttribute]


@pytest.mark.parametrize("cube", CUBES)
def test_cubes_in_every_nesting(cube):
    def f(x):
        return np.sum(np.sin(cube.apply(x)) * x)

    def g(x):
        return np.sum(np.sin(x**3) * x)

    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)
    batch = np.stack([X, 2 * X, X + 0.7])
    close(f(X), g(X))
    close(wg.grad(f)(X), wg.grad(g)(X))
    close(wg.jvp(f, (X,), (V,))[1], wg.jvp(g, (X,), (V,))[1])
    close(wg.hessian(f)(X), wg.hessian(g)(X))
    close(wg.jacrev(wg.jacfwd(f))(X), wg.hessian(g)(X))
    close(wg.jacrev(wg.jacrev(f))(X), wg.hessian(g)(X))
    close(wg.jacfwd(wg.jacfwd(f))(X), wg.hessian(g)(X))
    close(wg.vmap(f)(batch), wg.vmap(g)(batch))
    close(wg.vmap(wg.grad(f))(batch), wg.vmap(wg.grad(g))(batch))
    close(wg.grad(lambda b: np.sum(wg.vmap(f)(b)))(batch), wg.vmap(wg.grad(g))(batch))
    close(wg.vmap(wg.hessian(f))(batch), wg.vmap(wg.hessian(g))(batch))
    third = wg.grad(lambda x: np.sum(wg.hessian(f)(x) @ V))(X)
    close(third, wg.grad(lambda x: np.sum(wg.hessian(g)(x) @ V))(X))
    close(wg.trace(f)(X)(X + 0.7), g(X + 0.7))
    close(wg.grad(wg.trace(f)(X))(X + 0.7), wg.grad(g)(X + 0.7))


@pytest.mark.parametrize("cube", CUBES)
def test_cubes_on_the_eager_tape(cube):
    x = wg.tensor(X, requires_grad=True)
    y = cube.apply(x)
    assert y.grad_fn.name() == f"{cube.__name__}Backward"
    y.backward(wg.tensor(V), retain_graph=True)
    np.testing.assert_allclose(x.grad, 3 * X**2 * V)
    (slope,) = wg.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = wg.autograd.grad(slope.sum(), x, create_graph=True)
    (third,) = wg.autograd.grad(second.sum(), x)
    np.testing.assert_allclose(second.detach(), 6 * X)
    np.testing.assert_allclose(third, np.full(3, 6.0))
    assert wg.autograd.gradcheck(cube.apply, x) and wg.autograd.gradgradcheck(cube.apply, x)


def test_arrays_in_arrays_out():
    assert type(Cube.apply(X)) is np.ndarray
    np.testing.assert_array_equal(Cube.apply(X), X**3)


class Scaled(wg.autograd.Function):
    """Arguments that are no tensors, broadcasting, two results, one of them integer."""

    @staticmethod
    def forward(ctx, x, w, mode):
        ctx.save_for_backward(x, w)
        ctx.mode = mode
        return x * w * mode["scale"], (x > 0).long(), "text"

    @staticmethod
    def backward(ctx, g, _, text):
        assert text is None
        x, w = ctx.saved_tensors
        assert ctx.needs_input_grad == (True, ctx.needs_input_grad[1], False)
        return g * w * ctx.mode["scale"], (g * x).sum() * ctx.mode["scale"], None


def test_any_argument_and_several_results():
    x, w = wg.tensor(X, requires_grad=True), wg.tensor(2.0, requires_grad=True)
    y, positive, text = Scaled.apply(x, w, {"scale": 5.0})
    assert text == "text" and positive.dtype == np.int64 and not positive.requires_grad
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.full(3, 10.0))
    assert w.grad.item() == 5 * X.sum()
    gx = wg.grad(lambda x: np.sum(Scaled.apply(x, np.float64(2.0), {"scale": 5.0})[0]))(X)
    np.testing.assert_array_equal(gx, np.full(3, 10.0))


def test_tracked_values_hidden_in_a_container_are_refused():
    with pytest.raises(LostGradient, match="inside a list"):
        Cube.apply([wg.ones(2, requires_grad=True)])


def test_forward_runs_without_the_tape_and_closures_are_refused():
    seen = []
    outside = wg.ones(2, requires_grad=True)

    class F(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            seen.append((x.requires_grad, wg.is_grad_enabled(), ctx.needs_input_grad))
            return x * outside

        @staticmethod
        def backward(ctx, g):
            seen.append(wg.is_grad_enabled())
            return g

    x = wg.ones(2, requires_grad=True)
    F.apply(x).sum().backward()
    assert seen == [(False, False, (True,)), False] and outside.grad is None
    (_g,) = wg.autograd.grad(F.apply(x).sum(), x, create_graph=True)
    assert seen[-1] is True

    def with_closure(z):
        class G(F):
            @staticmethod
            def forward(ctx, x):
                return x * z

        return np.sum(G.apply(np.ones(2)))

    with pytest.raises(LostGradient, match=r"G\.forward"):
        wg.grad(with_closure)(2.0)


def test_vmap_of_contexts_that_differ():
    class ByMaximum(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.scale = x.max().item()
            return x * ctx.scale

        @staticmethod
        def backward(ctx, g):
            return g * ctx.scale

    batch = np.stack([X, X + 1])
    with pytest.raises(InvalidArgument, match="different attributes"):
        wg.vmap(ByMaximum.apply)(batch)
    np.testing.assert_array_equal(wg.vmap(ByMaximum.apply)(np.stack([X, X])), np.stack([2 * X, 2 * X]))


class OwnBatch(wg.autograd.Function):
    """A vmap staticmethod, for x @ w."""

    calls: ClassVar[list] = []

    @staticmethod
    def forward(x, w, power):
        OwnBatch.calls.append(x.shape)
        return (x @ w) ** power

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w, ctx.power = inputs
        ctx.save_for_backward(x, w)

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        d = g * ctx.power * (x @ w) ** (ctx.power - 1)
        return d * w, d * x, None

    @staticmethod
    def vmap(info, in_dims, x, w, power):
        assert info.batch_size == 2 and in_dims == (0, None, None) and x.shape == (2, 3)
        return (x @ w) ** power, 0


def test_own_vmap():
    batch = np.stack([X, X + 1])
    OwnBatch.calls.clear()
    np.testing.assert_allclose(wg.vmap(OwnBatch.apply, in_axes=(0, None, None))(batch, V, 2), (batch @ V) ** 2)
    assert OwnBatch.calls == []
    g = wg.vmap(wg.grad(lambda x: OwnBatch.apply(x, V, 2)))(batch)
    np.testing.assert_allclose(g, 2 * (batch @ V)[:, None] * V)
    assert OwnBatch.calls == [(3,)]  # one entry, to learn what the context holds


def test_vmap_of_an_empty_batch():
    assert wg.vmap(Cube.apply)(np.zeros((0, 3))).shape == (0, 3)


def test_wrong_gradients_are_told():
    def function(**methods):
        return type("Wrong", (wg.autograd.Function,), {k: staticmethod(v) for k, v in methods.items()})

    x, y = wg.ones(2, requires_grad=True), wg.ones(3, requires_grad=True)
    with pytest.raises(InvalidArgument, match="returned 1 values; expected 2"):
        function(forward=lambda ctx, x, n: x * n, backward=lambda ctx, g: g).apply(x, 3).sum().backward()
    with pytest.raises(InvalidArgument, match=r"shape \(3,\) for argument 0"):
        function(forward=lambda ctx, x: x * 1, backward=lambda ctx, g: y.detach()).apply(x).sum().backward()
    with pytest.raises(MissingRule, match="no backward and no jvp"):
        function(forward=lambda ctx, x: x * 1).apply(x).sum().backward()
    function(forward=lambda ctx, x: x * 1, backward=lambda ctx, g: (g, None, None)).apply(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_numbers_and_arrays_as_results_become_tensors():
    class F(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return float(x.numpy().sum()), x.numpy() * 2

        @staticmethod
        def backward(ctx, g, h):
            return g + 2 * h

    x = wg.tensor(X, requires_grad=True)
    total, double = F.apply(x)
    assert isinstance(total, wg.Tensor) and total.shape == () and total.item() == X.sum()
    (total + double.sum()).backward()
    np.testing.assert_array_equal(x.grad, np.full(3, 3.0))


def test_graph_attributes_of_a_call():
    x = wg.tensor(X, requires_grad=True)
    y = Cube.apply(x)
    np.testing.assert_array_equal(y.grad_fn.saved_tensors[0], X)
    assert y.grad_fn.next_functions[0][0].variable is x
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()


def test_a_graph_with_a_call_replays_in_several_threads():
    gradient = wg.grad(wg.trace(lambda x: np.sum(CubeWithSetup.apply(x)))(X))
    wrong = []

    def work(k):
        for _ in range(20):
            if not np.allclose(gradient(X + k / 5), 3 * (X + k / 5) ** 2):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_functions_call_functions():
    class Ninth(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return Cube.apply(Cube.apply(x))

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 9 * Cube.apply(x * x) * x * x

    np.testing.assert_allclose(wg.grad(lambda x: np.sum(Ninth.apply(x)))(X), 9 * X**8)
    np.testing.assert_allclose(np.diag(wg.hessian(lambda x: np.sum(Ninth.apply(x)))(X)), 72 * X**7)


def test_batched_cotangents_sparsity_and_no_grad():
    x = wg.tensor(X, requires_grad=True)
    y = Cube.apply(x)
    (rows,) = wg.autograd.grad(y, x, wg.eye(3), is_grads_batched=True)
    np.testing.assert_allclose(rows, np.diag(3 * X**2))
    pattern = wg.sparsity(lambda x: Cube.apply(x[:2]) * 2)(X)
    np.testing.assert_array_equal(
        np.asarray(pattern.toarray() if hasattr(pattern, "toarray") else pattern), [[1, 1, 0]] * 2
    )
    with wg.no_grad():
        assert not Cube.apply(x).requires_grad


def test_checkpoint_and_custom_around_a_function():
    f = wg.checkpoint(lambda x: np.sum(Cube.apply(x) * x))
    np.testing.assert_allclose(wg.grad(f)(X), 4 * X**3)
    np.testing.assert_allclose(wg.hessian(f)(X), np.diag(12 * X**2))
    inner = wg.checkpoint(lambda x: np.sum(wg.grad(lambda z: np.sum(Cube.apply(z)))(x) * x))
    np.testing.assert_allclose(wg.grad(inner)(X), 9 * X**2)
