"""What PyTorch keeps under torch.func, torch.utils and torch.autograd.graph is there under the same names."""

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.autograd import functional, graph
from wengert.utils.checkpoint import checkpoint, checkpoint_sequential
from wengert.utils.data import DataLoader, TensorDataset

X = wg.tensor([1.0, 2.0, 3.0])


def same(a, b):
    assert isinstance(a, wg.Tensor)
    np.testing.assert_allclose(a.detach().numpy(), b)


@pytest.mark.parametrize("way", ["jacrev", "jacfwd"])
def test_matrices_of_tensors_are_tensors(way):
    same(getattr(wg.func, way)(lambda x: x**2)(X), np.diag([2.0, 4.0, 6.0]))
    same(wg.hessian(lambda x: (x**3).sum())(X), np.diag([6.0, 12.0, 18.0]))
    blocks = getattr(wg.func, way)(lambda x, y: x * y, (0, 1))(X, X)
    same(blocks[1], np.diag([1.0, 2.0, 3.0]))
    assert isinstance(wg.jacobian(np.square)(np.ones(2)), np.ndarray)


def test_a_gradient_comes_before_its_value():
    gradient, (value, aux) = wg.func.grad_and_value(lambda x: ((x * x).sum(), 7), has_aux=True)(X)
    same(gradient, [2.0, 4.0, 6.0])
    assert value.item() == 14.0 and aux == 7


def test_vmap_has_dims():
    a, b = wg.arange(6.0).reshape(2, 3), wg.ones(3)
    same(wg.func.vmap(lambda a, b: a * b, in_dims=(1, 0), out_dims=1)(a, b), np.arange(6.0).reshape(2, 3))
    same(wg.func.vmap(lambda p: p["w"] * 2, in_dims=({"w": 0},))({"w": b}), [2.0, 2.0, 2.0])


def test_vmap_asks_what_random_tensors_are_meant():
    draw = lambda x: x + wg.rand(1)
    with pytest.raises(wg.InvalidArgument, match="random tensors were drawn inside of vmap"):
        wg.func.vmap(draw)(wg.zeros(3))
    alike, apart = (wg.func.vmap(draw, randomness=way)(wg.zeros(3)).numpy() for way in ("same", "different"))
    assert len(np.unique(alike)) == 1 and len(np.unique(apart)) == 3
    with pytest.raises(wg.InvalidArgument, match="'none'"):
        wg.func.vmap(draw, randomness="none")


def test_a_call_with_parameters_and_buffers_apart():
    layer = nn.BatchNorm1d(3).eval()
    named = dict(layer.named_parameters()), dict(layer.named_buffers())
    x = wg.randn(2, 3)
    same(wg.func.functional_call(layer, named, x, strict=True), layer(x).detach())
    with pytest.raises(wg.InvalidArgument, match="no value for running_mean"):
        wg.func.functional_call(layer, named[0], x, strict=True)


def test_independence_is_told_when_asked():
    independent = lambda x, y: (x * 2, y.sum() * x)
    for way in (functional.jacobian, functional.vjp, functional.jvp):
        with pytest.raises(RuntimeError, match="result 0 is independent of input 1"):
            way(independent, (X, X), strict=True)
    with pytest.raises(RuntimeError, match="result 0 is independent of input 0"):
        functional.hessian(lambda x: wg.ones(3).sum(), X, strict=True)
    with pytest.raises(RuntimeError, match="result 0 is independent of input 0"):
        functional.jacobian(lambda x: np.ones(3), X, strict=True)
    with pytest.raises(RuntimeError, match="result 1 is independent"):
        wg.func.jvp(lambda x: (x, wg.ones(3)), (X,), (X,), strict=True)
    same(functional.jacobian(lambda x: x**2, X, strict=True, strategy="forward-mode"), np.diag([2.0, 4.0, 6.0]))
    with pytest.raises(wg.InvalidArgument, match="'sideways'"):
        functional.jacobian(lambda x: x**2, X, strategy="sideways")


@pytest.mark.parametrize("way", ["reverse-mode", "forward-mode"])
def test_hessians_by_either_strategy(way):
    blocks = functional.hessian(lambda x, y: (x * y**2).sum(), (X, X), outer_jacobian_strategy=way)
    same(blocks[0][1], np.diag([2.0, 4.0, 6.0]))
    same(blocks[0][0], np.zeros((3, 3)))


def test_an_edge_stands_for_its_tensor():
    x = wg.ones(3, requires_grad=True)
    parts = (x * X).split([1, 2])
    edges = [graph.get_gradient_edge(part) for part in (x, *parts)]
    assert edges[0].node.variable is x
    whole, first, last = wg.autograd.grad((parts[0] * 5).sum() + (parts[1] ** 2).sum(), edges)
    same(whole, [5.0, 8.0, 18.0])
    same(first, [5.0])
    same(last, [4.0, 6.0])
    zero, _ = wg.autograd.grad(x.sum(), [graph.get_gradient_edge(parts[1]), x], materialize_grads=True)
    same(zero, [0.0, 0.0])
    for constant in (X, 3.0):
        with pytest.raises(RuntimeError, match="does not require grad"):
            graph.get_gradient_edge(constant)


def test_hooks_of_saved_tensors_may_be_refused():
    x = wg.ones(3, requires_grad=True)
    with graph.save_on_cpu(pin_memory=True), graph.allow_mutation_on_saved_tensors():
        y = (x * x).sum()
    with graph.disable_saved_tensors_hooks("not here"), pytest.raises(RuntimeError, match="not here"):
        graph.save_on_cpu().__enter__()
    y.backward()
    same(x.grad, [2.0, 2.0, 2.0])


def test_a_forward_may_have_a_tape_of_its_own():
    class Inner(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            with wg.enable_grad():
                ctx.x = x.detach().requires_grad_()
                ctx.y = (ctx.x**2).sum()
            return ctx.y.detach()

        @staticmethod
        def backward(ctx, g):
            with wg.enable_grad():
                ctx.y.backward()
            return ctx.x.grad * g

    x = wg.tensor([1.0, 2.0], requires_grad=True)
    (Inner.apply(x) * 3).backward()
    same(x.grad, [6.0, 12.0])


def test_checkpoints_of_a_model():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1)).double()
    plain, kept = [], []
    for found, call in ((plain, model), (kept, lambda x: checkpoint_sequential(model, 2, x))):
        wg.manual_seed(0)
        model.zero_grad()
        call(wg.ones(5, 3)).sum().backward()
        found += [p.grad.numpy().copy() for p in model.parameters()]
    for a, b in zip(plain, kept, strict=True):
        np.testing.assert_array_equal(a, b)
    same(checkpoint(lambda x, scale: x * scale, X, scale=2, preserve_rng_state=False), [2.0, 4.0, 6.0])
    with pytest.raises(wg.InvalidArgument, match="segments=5"):
        checkpoint_sequential(model, 5, X)


def test_data_has_pytorchs_place():
    (batch,) = DataLoader(TensorDataset(wg.arange(4.0)), batch_size=4)
    assert batch[0].shape == (4,)


@pytest.mark.parametrize(
    "lose", [lambda: (X * wg.ones(3, requires_grad=True)).numpy(), lambda: wg.tensor([1], requires_grad=True)]
)
def test_pytorchs_users_catch_runtime_errors(lose):
    with pytest.raises(RuntimeError):
        lose()
