"""Running statistics and dropout: what a layer writes or draws while it is differentiated, compiled or mapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import BatchedValue, InvalidArgument
from wengert.interpreters.tensor import Tensor

X = np.random.default_rng(0).normal(size=(5, 3)) + 1
MEAN, VAR = X.mean(0), X.var(0, ddof=1)

WAYS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda layer: layer(X),
    "tape": lambda layer: np.sum(layer(X) ** 2).backward(),
    "grad of the model": lambda layer: wg.grad(lambda m: np.sum(m(X) ** 2))(layer),
    "grad of the input": lambda layer: wg.grad(lambda x: np.sum(layer(x) ** 2))(X),
    "jvp": lambda layer: wg.jvp(layer, (X,), (X,)),
    "hvp": lambda layer: wg.jvp(wg.grad(lambda x: np.sum(layer(x) ** 2)), (X,), (X,)),
    "jit": lambda layer: wg.jit(lambda m, x: m(x))(layer, X),
    "jit of grad": lambda layer: wg.jit(wg.grad(lambda m, x: np.sum(m(x) ** 2)))(layer, X),
}


@pytest.mark.parametrize("way", WAYS)
def test_statistics_move_once_and_stay_plain(way: str) -> None:
    layer = nn.BatchNorm1d(3)
    held = layer.running_mean
    WAYS[way](layer)
    assert layer.running_mean is held and type(held) is Tensor and held.level == 0 and not held.requires_grad
    np.testing.assert_allclose(layer.running_mean, 0.1 * MEAN)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * VAR)
    assert layer.num_batches_tracked.item() == 1


def test_statistics_move_at_every_call_of_a_compiled_step() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    twin = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    twin.load_state_dict(model.state_dict())

    def step(model: Any, x: Any) -> Any:
        model.zero_grad()
        loss = np.sum(np.sin(model(x)))
        loss.backward()
        return loss

    compiled = wg.jit(step)
    for n in range(4):
        np.testing.assert_allclose(compiled(model, X + n).item(), step(twin, X + n).item())
        for name, x in model.state_dict().items():
            np.testing.assert_allclose(x, twin.state_dict()[name], err_msg=name, rtol=1e-12)
    assert compiled.traces == 2  # the first call found no gradients to forget
    assert model[1].num_batches_tracked.item() == 4


@pytest.mark.parametrize("compiled", [False, True])
def test_without_momentum_they_are_the_mean_of_all_batches(compiled: bool) -> None:
    layer = nn.BatchNorm1d(3, momentum=None)
    call = wg.jit(lambda m, x: m(x)) if compiled else lambda m, x: m(x)
    for n in range(3):
        call(layer, X + n)
    np.testing.assert_allclose(layer.running_mean, MEAN + 1)
    np.testing.assert_allclose(layer.running_var, VAR)


def test_in_use_the_running_statistics_count() -> None:
    layer = nn.BatchNorm1d(3, eps=0.0).eval()
    with wg.no_grad():
        layer.running_mean.fill_(1.0)
        layer.running_var.fill_(4.0)
        layer.bias.fill_(0.5)
    np.testing.assert_allclose(layer(X).detach(), (X - 1) / 2 + 0.5)
    assert layer.num_batches_tracked.item() == 0
    layer.reset_running_stats()
    np.testing.assert_array_equal(layer.running_var, np.ones(3))


def test_a_mapped_input_has_no_one_statistic() -> None:
    layer = nn.BatchNorm1d(3)
    two = np.stack([X, 2 * X])
    with pytest.raises(BatchedValue, match=r"model\.eval\(\)"):
        wg.vmap(layer)(two)
    np.testing.assert_array_equal(layer.running_mean, np.zeros(3))
    np.testing.assert_allclose(wg.vmap(layer.eval())(two)[1].detach(), layer(2 * X).detach())
    own = nn.BatchNorm1d(3, track_running_stats=False)
    np.testing.assert_allclose(wg.vmap(own)(two)[1].detach(), own(2 * X).detach())


def test_one_number_has_no_variance() -> None:
    with pytest.raises(InvalidArgument, match="no variance"):
        nn.BatchNorm1d(3)(np.ones((1, 3)))
    with pytest.raises(InvalidArgument, match="2 or 3 axes"):
        nn.BatchNorm1d(3)(np.ones((1, 3, 2, 2)))


def test_normal_numbers_by_hand() -> None:
    x = np.array([[1.0, 3.0, 0.0, 8.0]])
    np.testing.assert_allclose(nn.functional.layer_norm(x, 4, eps=0.0), (x - 3) / np.sqrt(9.5))
    np.testing.assert_allclose(nn.functional.rms_norm(x, 4, eps=0.0), x / np.sqrt(18.5))
    np.testing.assert_allclose(nn.functional.group_norm(x, 2, eps=0.0), [[-1, 1, -1, 1]])
    np.testing.assert_allclose(nn.functional.normalize(x), x / np.sqrt(74))


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_dropout(p: float) -> None:
    wg.manual_seed(1)
    x = np.ones((40, 50), np.float32)
    out = nn.Dropout(p)(x)
    assert out.dtype == np.float32 and set(np.unique(out)) <= {np.float32(0), np.float32(1 / (1 - p) if p < 1 else 0)}
    np.testing.assert_allclose(np.mean(out == 0), p, atol=0.03)
    assert nn.Dropout(p).eval()(x) is x
    images = nn.Dropout2d(p)(np.ones((30, 20, 2, 2)))
    assert np.all(np.ptp(images, axis=(2, 3)) == 0)
    np.testing.assert_allclose(np.mean(images == 0), p, atol=0.06)


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "alpha_dropout", "feature_alpha_dropout"])
def test_dropping_nothing_is_the_input_itself_and_draws_nothing(name: str) -> None:
    x = np.ones((2, 3, 4))
    wg.manual_seed(0)
    assert getattr(nn.functional, name)(x, p=0.0, training=True) is x
    after = wg.rand(3).numpy()
    wg.manual_seed(0)
    np.testing.assert_array_equal(after, wg.rand(3).numpy())


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    wg.manual_seed(0)
    x = np.random.default_rng(0).normal(size=100_000)
    out = nn.AlphaDropout(0.3)(x)
    np.testing.assert_allclose([out.mean(), out.var()], [0, 1], atol=0.02)


def test_a_compiled_function_draws_anew_and_the_gradient_knows_what_was_drawn() -> None:
    x = np.ones(64)
    call = wg.jit(lambda x: nn.functional.dropout(x, 0.5))
    assert np.any(call(x) != call(x)) and call.traces == 1
    value, gradient = wg.jit(wg.value_and_grad(lambda x: np.sum(x * nn.functional.dropout(x, 0.5)) / 2))(x)
    np.testing.assert_allclose(np.sum(gradient), 2 * value)
