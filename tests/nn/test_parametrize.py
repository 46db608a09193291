"""Weights that are computed from others: trained on the tape and as trees, saved, copied, removed."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import wengert as wg
from wengert import nn, tree
from wengert.errors import InvalidArgument
from wengert.nn.utils import parametrizations, parametrize

X = np.random.default_rng(0).normal(size=(5, 3))


class Symmetric(nn.Module):
    def forward(self, x):
        return np.triu(x) + np.triu(x, 1).T

    def right_inverse(self, x):
        return np.triu(x)


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x


def made(kind, n=2):
    wg.manual_seed(0)
    return getattr(parametrizations, kind)(nn.Linear(3, n))


KINDS = ["weight_norm", "spectral_norm", "orthogonal"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_trains_on_the_tape_and_as_a_tree(kind):
    model = made(kind).eval()
    loss = lambda m: np.sum(np.sin(m(X)) ** 2)
    loss(model).backward()
    with wg.no_grad():
        slope = wg.grad(loss)(model)
        compiled = wg.jit(wg.grad(loss))(model)
    for (name, p), g, h in zip(model.named_parameters(), tree.leaves(slope), tree.leaves(compiled), strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(h, p.grad.numpy(), rtol=1e-9, err_msg=name)
    assert type(slope) is type(model) and slope.weight.shape == (2, 3)
    optimizer, before = wg.optim.SGD(model.parameters(), lr=0.05), loss(model).item()
    for _ in range(5):
        optimizer.zero_grad()
        loss(model).backward()
        optimizer.step()
    assert loss(model).item() < before


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_saved_and_copied(kind):
    model = made(kind).eval()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.weight.detach().numpy(), model.weight.detach().numpy())
        assert type(other) is type(model) and repr(other) == repr(model)
    wg.manual_seed(1)
    other = getattr(parametrizations, kind)(nn.Linear(3, 2)).eval()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other(X).detach().numpy(), model(X).detach().numpy())
    call = nn.functional_call(model, {"bias": np.zeros(2)}, X)
    np.testing.assert_allclose(call.detach().numpy(), X @ model.weight.detach().numpy().T)


def test_weight_norm_parts_length_and_direction():
    wg.manual_seed(0)
    layer = nn.Linear(3, 2)
    weight = layer.weight.detach().numpy().copy()
    parametrizations.weight_norm(layer)
    np.testing.assert_allclose(layer.weight.detach().numpy(), weight)
    layer.parametrizations.weight.original1.data *= 7.0
    np.testing.assert_allclose(layer.weight.detach().numpy(), weight)
    layer.weight = nn.Parameter(2 * weight)
    np.testing.assert_allclose(
        layer.parametrizations.weight.original0.detach().numpy(), 2 * np.linalg.norm(weight, axis=1, keepdims=True)
    )
    assert parametrizations.weight_norm(nn.Linear(3, 2), dim=None).parametrizations.weight.original0.shape == ()
    assert parametrizations.weight_norm(nn.Conv2d(2, 4, 3), dim=1).parametrizations.weight.original0.shape == (
        1,
        2,
        1,
        1,
    )


def test_spectral_norm_follows_the_largest_singular_value():
    layer = made("spectral_norm")
    u = dict(layer.named_buffers())["parametrizations.weight.0._u"]
    layer.parametrizations.weight.original.data[...] = np.random.default_rng(2).normal(size=(2, 3))
    before = u.numpy().copy()
    for _ in range(60):
        layer(X)
    assert np.any(u.numpy() != before)
    np.testing.assert_allclose(np.linalg.norm(layer.weight.detach().numpy(), 2), 1, rtol=1e-9)
    kept = u.numpy().copy()
    layer.eval()(X)
    np.testing.assert_array_equal(u.numpy(), kept)
    # at the singular vectors dσ/dW = u vᵀ
    original = layer.parametrizations.weight.original.detach().numpy()
    left, sizes, right = np.linalg.svd(original)
    C = np.random.default_rng(1).normal(size=original.shape)
    np.sum(C * layer.weight).backward()
    expected = C / sizes[0] - np.sum(C * original) / sizes[0] ** 2 * np.outer(left[:, 0], right[0])
    np.testing.assert_allclose(layer.parametrizations.weight.original.grad.numpy(), expected, rtol=1e-6)
    convolution = parametrizations.spectral_norm(nn.ConvTranspose1d(2, 4, 3))
    assert dict(convolution.named_buffers())["parametrizations.weight.0._u"].shape == (4,)
    bias = parametrizations.spectral_norm(nn.Linear(3, 2), "bias")
    np.testing.assert_allclose(np.linalg.norm(bias.bias.detach().numpy()), 1)
    with pytest.raises(InvalidArgument, match="n_power_iterations=0"):
        parametrizations.spectral_norm(nn.Linear(3, 2), n_power_iterations=0)


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (3, 3)])
@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley"])
def test_orthogonal_matrices_stay_so(orthogonal_map, shape):
    wg.manual_seed(0)
    layer = nn.Linear(*shape[::-1])
    u, _, vt = np.linalg.svd(layer.weight.detach().numpy(), full_matrices=False)
    parametrizations.orthogonal(layer, orthogonal_map=orthogonal_map)
    np.testing.assert_allclose(layer.weight.detach().numpy(), u @ vt, atol=1e-12)
    layer.parametrizations.weight.original.data += 0.3 * np.arange(6.0 if shape != (3, 3) else 9.0).reshape(shape)
    w = layer.weight.detach().numpy()
    assert np.any(np.abs(w - u @ vt) > 0.1)
    k = min(shape)
    np.testing.assert_allclose(w.T @ w if shape[0] >= shape[1] else w @ w.T, np.eye(k), atol=1e-12)
    layer.weight = wg.tensor(u @ vt)
    np.testing.assert_allclose(layer.weight.detach().numpy(), u @ vt, atol=1e-12)


def test_parametrizations_of_the_users_own_in_a_row_and_removed():
    layer = nn.Linear(3, 3)
    original, weight = layer.weight, layer.weight.detach().numpy().copy()
    optimizer = wg.optim.SGD(layer.parameters(), lr=0.1)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert layer.parametrizations.weight.original is original  # which the optimiser goes on training
    parametrize.register_parametrization(layer, "weight", Doubled())
    upper = np.triu(weight)
    np.testing.assert_allclose(layer.weight.detach().numpy(), 2 * (upper + np.triu(weight, 1).T))
    assert repr(layer).startswith("ParametrizedLinear(\n  in_features=3") and isinstance(layer, nn.Linear)
    np.sum(layer(X)).backward()
    optimizer.step()
    assert np.any(original.detach().numpy() != upper)
    kept = layer.weight.detach().numpy().copy()
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and layer.weight is original and not parametrize.is_parametrized(layer)
    np.testing.assert_array_equal(layer.weight.detach().numpy(), kept)
    assert sorted(layer.state_dict()) == ["bias", "weight"]

    parametrizations.weight_norm(layer)
    parametrizations.weight_norm(layer, "bias")
    parametrize.remove_parametrizations(layer, "bias")
    assert parametrize.is_parametrized(layer, "weight") and not parametrize.is_parametrized(layer, "bias")
    with pytest.raises(InvalidArgument, match="several tensors"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(layer, "weight")
    np.testing.assert_allclose(layer.weight.detach().numpy(), kept)
    assert isinstance(layer.weight, nn.Parameter)


def test_recurrent_layers_and_buffers():
    layer = nn.LSTM(3, 4)
    before = layer(X)[0].detach().numpy()
    parametrizations.weight_norm(layer, "weight_hh_l0")
    np.testing.assert_allclose(layer(X)[0].detach().numpy(), before)
    np.sum(layer(X)[0]).backward()
    assert layer.parametrizations.weight_hh_l0.original0.grad is not None
    norm = parametrize.register_parametrization(nn.BatchNorm1d(3), "running_var", Doubled())
    assert "parametrizations.running_var.original" in norm.state_dict()
    np.testing.assert_array_equal(norm.running_var.numpy(), np.full(3, 2.0))
    parametrize.remove_parametrizations(norm, "running_var", leave_parametrized=False)
    np.testing.assert_array_equal(norm.running_var.numpy(), np.ones(3))


def test_a_value_is_computed_once_while_it_is_cached():
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    with parametrize.cached():
        first = layer.weight
        with parametrize.cached():
            assert layer.weight is first
        assert layer.weight is first
    assert layer.weight is not first


def test_what_makes_no_sense_is_refused():
    class Longer(nn.Module):
        def forward(self, x):
            return np.concatenate([x, x])

    with pytest.raises(InvalidArgument, match="weight, bias"):
        parametrize.register_parametrization(nn.Linear(3, 2), "weights", Doubled())
    for layer in (nn.Linear(3, 2), parametrizations.weight_norm(nn.Linear(3, 2))):
        with pytest.raises(InvalidArgument, match="same shape"):
            parametrize.register_parametrization(layer, "weight", Longer())
    with pytest.raises(InvalidArgument, match="no such parametrized"):
        parametrize.remove_parametrizations(nn.Linear(3, 2), "weight")
    with pytest.raises(InvalidArgument, match="orthogonal_map"):
        parametrizations.orthogonal(nn.Linear(3, 2), orthogonal_map="householder")
    with pytest.raises(InvalidArgument, match="two axes"):
        parametrizations.orthogonal(nn.Linear(3, 2), "bias")
