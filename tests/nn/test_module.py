"""Modules: what they hold, saving and loading, hooks, and as trees under every transform."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import InvalidArgument, NotDifferentiable


class Affine(nn.Module):
    """A small layer of our own, so that these tests are about modules alone."""

    def __init__(self, n: int, m: int, seed: int = 0) -> None:
        super().__init__()
        rng = np.random.default_rng(seed)
        self.weight = nn.Parameter(rng.normal(size=(n, m)))
        self.bias = nn.Parameter(np.zeros(m))
        self.register_buffer("calls", np.zeros((), np.int64))

    def forward(self, x: Any) -> Any:
        return np.tanh(x @ self.weight + self.bias)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Affine(2, 3)
        self.second = Affine(3, 2, 1)
        self.width = 3

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x))


X = np.random.default_rng(2).normal(size=(4, 2))


def loss(model: Any, x: Any = X) -> Any:
    return np.sum(model(x) ** 2)


def test_names() -> None:
    net = Net()
    names = ["first.weight", "first.bias", "second.weight", "second.bias"]
    assert [n for n, _ in net.named_parameters()] == names
    assert [n for n, _ in net.named_buffers()] == ["first.calls", "second.calls"]
    assert [n for n, _ in net.named_modules()] == ["", "first", "second"]
    assert list(net.state_dict()) == ["first.weight", "first.bias", "first.calls", *names[2:], "second.calls"]
    assert net.get_parameter("second.bias") is net.second.bias
    assert net.get_submodule("first") is net.first
    with pytest.raises(InvalidArgument, match="no parameter 'third'"):
        net.get_parameter("third")


def test_attributes_change_their_role() -> None:
    net = Net()
    net.second = nn.Module()
    assert [n for n, _ in net.named_parameters()] == ["first.weight", "first.bias"]
    net.second = None  # type: ignore[assignment]
    assert len(list(net.children())) == 1
    del net.first
    assert not list(net.parameters())
    net.register_parameter("bias", None)
    assert net.bias is None and not list(net.parameters())
    with pytest.raises(NotDifferentiable, match="is a parameter"):
        net.bias = np.zeros(2)
    net.bias = nn.Parameter(np.zeros(2), requires_grad=False)
    assert [n for n, _ in net.named_parameters()] == ["bias"]


def test_parts_need_init() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(np.zeros(2))
            super().__init__()

    with pytest.raises(InvalidArgument, match=r"super\(\)\.__init__\(\)"):
        Late()


def test_backward_and_grad_agree() -> None:
    net = Net()
    loss(net).backward()
    with wg.no_grad():
        gradient = wg.grad(loss)(net)
    assert isinstance(gradient, Net) and gradient.width == 3
    for p, g in zip(net.parameters(), gradient.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), g.numpy())
    compiled = wg.jit(wg.grad(loss))(net)
    np.testing.assert_allclose(compiled.first.weight.detach(), gradient.first.weight.detach())


def test_tied_weights_have_one_gradient() -> None:
    net = Net()
    net.second = net.first
    net.first.weight = nn.Parameter(np.ones((2, 2)))
    net.first.bias = nn.Parameter(np.zeros(2))
    assert len(list(net.parameters())) == 2 and len(wg.tree.leaves(net)) == 2
    loss(net).backward()
    with wg.no_grad():
        gradient = wg.grad(loss)(net)
    assert gradient.first is gradient.second
    np.testing.assert_allclose(gradient.first.weight.numpy(), net.first.weight.grad.numpy())


def test_one_gradient_of_two_parameters_is_two_leaves() -> None:
    net = Affine(2, 3)
    net.other = nn.Parameter(np.zeros(3))
    f = lambda m: np.sum(m(X) ** 2) + np.sum(m.bias + m.other)
    with wg.no_grad():
        gradient = wg.grad(lambda m: np.sum((X @ m.weight + (m.bias + m.other)) ** 2))(net)
    assert len(wg.tree.leaves(gradient)) == 3
    stepped = wg.tree.map(lambda p, g: p - 0.1 * g, net, gradient)
    np.testing.assert_allclose(stepped.other.detach(), stepped.bias.detach())
    assert len(wg.tree.leaves(wg.jit(wg.grad(f))(net))) == 3


def test_frozen_parts_are_constants_in_both_styles() -> None:
    net = Net()
    net.first.freeze()
    assert len(wg.tree.leaves(net)) == 2
    loss(net).backward()
    assert net.first.weight.grad is None and net.second.weight.grad is not None
    gradient = wg.grad(loss)(net)
    assert gradient.first.weight is net.first.weight
    net.first.freeze(False)
    assert len(wg.tree.leaves(net)) == 4 and net.first.weight.requires_grad


def test_training_by_trees() -> None:
    net = Net().requires_grad_(False)

    @wg.jit
    def step(model: Any) -> Any:
        value, gradient = wg.value_and_grad(loss)(model)
        return value, wg.tree.map(lambda p, g: p - 0.05 * g, model, gradient)

    values = []
    model: Any = net
    for _ in range(20):
        value, model = step(model)
        values.append(float(value))
    assert step.traces == 1 and values[-1] < 0.5 * values[0]


def test_vmap_of_an_ensemble() -> None:
    nets = [Net(), Net()]
    nets[1].load_state_dict({k: v + 0.1 if v.dtype.kind == "f" else v for k, v in nets[0].state_dict().items()})
    parameters, buffers = nn.stack_module_state(nets)
    assert buffers["first.calls"].shape == (2,)
    out = wg.vmap(lambda p: nn.functional_call(nets[0], p, X))(parameters)
    for n, net in enumerate(nets):
        np.testing.assert_allclose(out[n].detach(), net(X).detach())
    own = {name: p.detach() for name, p in nets[0].named_parameters()}
    gradient = wg.grad(lambda p: np.sum(nn.functional_call(nets[0], p, (X,)) ** 2))(own)
    loss(nets[0]).backward()
    np.testing.assert_allclose(gradient["first.weight"].detach(), nets[0].first.weight.grad)
    with pytest.raises(InvalidArgument, match="third"):
        nn.functional_call(nets[0], {"first.third": np.zeros(2)}, X)


def test_functional_call_restores_the_module() -> None:
    net = Net()
    weight = net.first.weight
    with pytest.raises(ValueError, match="5"):
        nn.functional_call(net, {"first.weight": np.zeros((5, 5))}, X)
    assert net.first.weight is weight


def test_loading_is_strict_and_whole() -> None:
    net, other = Net(), Net()
    for p in other.parameters():
        p.data.fill_(0.25)
    state = other.state_dict()
    before = net.first.weight.detach().numpy().copy()
    bad = OrderedDict(state)
    bad["second.weight"] = np.zeros((7, 7))
    del bad["first.bias"]
    bad["nobody"] = np.zeros(1)
    with pytest.raises(InvalidArgument, match=r'"first.bias".*"nobody".*size mismatch for second.weight'):
        net.load_state_dict(bad)
    np.testing.assert_array_equal(net.first.weight.detach(), before)
    weight = net.first.weight
    assert net.load_state_dict(state) == ([], [])
    assert net.first.weight is weight and np.all(weight.detach().numpy() == 0.25)
    assert net.load_state_dict({"nobody": 1.0}, strict=False).unexpected_keys == ["nobody"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_models_of_their_own(copied: Any) -> None:
    net = Net()
    other = copied(net)
    np.testing.assert_array_equal(other(X).detach(), net(X).detach())
    with wg.no_grad():
        other.first.weight.fill_(0.0)
    assert not np.all(net.first.weight.detach().numpy() == 0)
    loss(other).backward()
    assert net.second.weight.grad is None and other.second.weight.grad is not None


def test_modes_and_dtypes() -> None:
    net = Net()
    assert net.training and not net.eval().first.training and net.train().second.training
    optimizer = wg.optim.SGD(net.parameters(), lr=0.1)
    assert net.float().first.weight.dtype == np.float32
    assert net.first.calls.dtype == np.int64
    loss(net, X.astype(np.float32)).backward()
    before = net.first.weight.detach().numpy().copy()
    optimizer.step()
    assert net.first.weight.dtype == np.float32 and np.any(net.first.weight.detach().numpy() != before)
    net.zero_grad()
    assert net.first.weight.grad is None
    seen: list[str] = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Affine", "Affine", "Net"]


def test_hooks() -> None:
    net, seen = Net(), []
    handles = [
        net.first.register_forward_pre_hook(lambda m, args: (args[0] * 2,)),
        net.first.register_forward_hook(lambda m, args, out: seen.append(("after", out.shape))),
        net.second.register_forward_hook(lambda m, args, out: out * 3),
        net.second.register_full_backward_pre_hook(lambda m, out: seen.append(("back", out[0].shape))),
        net.second.register_full_backward_hook(lambda m, inp, out: (inp[0] * 0,)),
    ]
    expected = 3 * net.second.forward(net.first.forward(2 * X))
    np.testing.assert_allclose(net(X).detach(), expected.detach())
    loss(net).backward()
    assert ("after", (4, 3)) in seen and ("back", (4, 2)) in seen
    assert np.all(net.first.weight.grad.numpy() == 0) and np.any(net.second.weight.grad.numpy() != 0)
    for handle in handles:
        handle.remove()
    np.testing.assert_allclose(net(X).detach(), net.second.forward(net.first.forward(X)).detach())


def test_containers() -> None:
    row = nn.Sequential(Affine(2, 3), Affine(3, 2), Affine(2, 2))
    assert [n for n, _ in row.named_parameters()][::2] == ["0.weight", "1.weight", "2.weight"]
    assert row(X).shape == (4, 2) and len(row[:2]) == 2 and row[-1] is row[2]
    last = row.pop()
    row.insert(0, Affine(2, 2))
    assert len(row) == 3 and last not in row
    named = nn.Sequential(OrderedDict(a=Affine(2, 3), b=Affine(3, 1)))
    assert next(iter(named.state_dict())) == "a.weight" and named.a is named[0]
    items = nn.ModuleDict({"x": Affine(1, 1)})
    items["y"] = nn.Module()
    assert items.keys() == ["x", "y"] and "y" in items and items.pop("y") and len(items) == 1
    params = nn.ParameterList([nn.Parameter(np.ones(2)), nn.Parameter(np.ones(3))])
    assert [p.shape for p in params.parameters()] == [(2,), (3,)]
    assert [n for n, _ in nn.ParameterDict({"w": nn.Parameter(np.ones(2))}).named_parameters()] == ["w"]
    assert repr(row).startswith("Sequential(\n  (0): Affine()\n")


def test_hooks_with_keywords_and_in_front():
    class Scaled(wg.nn.Module):
        def forward(self, x, by=1.0):
            return x * by

    model, seen = Scaled(), []
    model.register_forward_hook(lambda m, args, out: seen.append("last"))
    model.register_forward_hook(lambda m, args, kwargs, out: seen.append(kwargs["by"]), prepend=True, with_kwargs=True)
    model.register_forward_pre_hook(lambda m, args: args[0] + 1)
    model.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"by": 2 * kwargs["by"]}), prepend=True, with_kwargs=True
    )
    assert model(3.0, by=5.0) == 40.0 and seen == [10.0, "last"]


def test_buffers_modules_and_tensors_put_in_place():
    model = wg.nn.Sequential(wg.nn.Linear(2, 2), wg.nn.Tanh())
    model.scale = wg.nn.Buffer(np.ones(2))
    model.seen = wg.nn.Buffer(wg.tensor(3), persistent=False)
    assert [name for name, _ in model.named_buffers()] == ["scale", "seen"]
    assert list(model.state_dict()) == ["scale", "0.weight", "0.bias"]
    assert model.state_dict(keep_vars=True)["0.weight"] is model[0].weight
    model.set_submodule("0", wg.nn.Linear(2, 3))
    assert model[0].out_features == 3
    with pytest.raises(InvalidArgument, match="no module"):
        model.set_submodule("5", wg.nn.Tanh(), strict=True)
    with pytest.raises(InvalidArgument, match="no module"):
        model.set_submodule("0.inner.part", wg.nn.Tanh())
    assert model.type(np.float32).cpu()[0].weight.dtype == np.float32
