"""Layers for many classes, layers whose size comes from their first input, and pooling at random distances."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import InvalidArgument

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 8))
CLASSES = np.arange(12) * 3 % 20


def test_the_adaptive_softmax_is_a_softmax_over_all_classes():
    wg.manual_seed(0)
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 11], div_value=2.0, head_bias=True)
    whole = layer.log_prob(X)
    np.testing.assert_allclose(np.exp(whole).sum(-1).detach().numpy(), np.ones(12))
    out, loss = layer(X, CLASSES)
    np.testing.assert_allclose(out.detach().numpy(), whole.detach().numpy()[np.arange(12), CLASSES])
    np.testing.assert_allclose(loss.item(), -out.detach().numpy().mean())
    np.testing.assert_array_equal(layer.predict(X).detach().numpy(), whole.detach().numpy().argmax(-1))
    np.testing.assert_allclose(layer(X[3], CLASSES[3]).output.item(), out[3].item())
    assert [tuple(p.shape) for p in layer.parameters()] == [(7, 8), (7,), (4, 8), (6, 4), (2, 8), (9, 2)]
    with wg.no_grad():
        direct = wg.grad(lambda m: -np.mean(np.take_along_axis(m.log_prob(X), CLASSES[:, None], -1)))(layer)
        found = wg.jit(wg.grad(lambda m, y: m(X, y).loss))(layer, CLASSES)
    for a, b in zip(wg.tree.leaves(direct), wg.tree.leaves(found), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    with pytest.raises(InvalidArgument, match="20 classes"):
        layer(X, CLASSES + 5)
    for cutoffs in ([], [5, 5], [0, 5], [5, 20]):
        with pytest.raises(InvalidArgument, match="cutoffs"):
            nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)


def test_bags_of_embeddings():
    layer = nn.EmbeddingBag(7, 3, mode="sum", padding_idx=1)
    assert repr(layer) == "EmbeddingBag(7, 3, mode='sum', padding_idx=1)"
    table = layer.weight.detach().numpy()
    numbers, weights = np.array([1, 2, 4, 5, 4]), np.array([9.0, 1.0, 2.0, 3.0, 4.0])
    out = layer(numbers, np.array([0, 3]), weights)
    np.testing.assert_allclose(out.detach().numpy(), [table[2] + 2 * table[4], 3 * table[5] + 4 * table[4]])
    np.sum(out).backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy()[:, 0], [0, 0, 1, 0, 6, 3, 0])
    mean = nn.EmbeddingBag(7, 3)
    np.testing.assert_allclose(
        mean(np.array([[0, 1], [2, 2]])).detach().numpy(), mean.weight.detach().numpy()[[[0, 1], [2, 2]]].mean(1)
    )


def numbers(x):
    return x.detach().numpy() if isinstance(x, wg.Tensor) else x


def test_tables_of_given_vectors():
    table = rng.normal(size=(4, 3))
    frozen = nn.Embedding.from_pretrained(table, max_norm=9.0, norm_type=1.0, padding_idx=2)
    np.testing.assert_array_equal(frozen(np.array([2, 0])).numpy(), table[[2, 0]])
    assert not frozen.weight.requires_grad and list(frozen.state_dict()) == ["weight"]
    assert repr(frozen) == "Embedding(4, 3, padding_idx=2, max_norm=9.0, norm_type=1.0)"
    trained = nn.Embedding.from_pretrained(table, freeze=False, scale_grad_by_freq=True)
    np.sum(trained(np.array([1, 1, 3]))).backward()
    np.testing.assert_array_equal(trained.weight.grad.numpy()[:, 0], [0, 1, 0, 1])
    np.testing.assert_array_equal(nn.EmbeddingBag.from_pretrained(table)(np.array([[1, 1]])).numpy(), table[[1]])


LAZY = [
    ("Linear", (4,), (5, 2, 3)),
    ("Conv1d", (4, 3), (2, 3, 8)),
    ("Conv1d", (4, 3), (3, 8)),
    ("Conv2d", (4, 3, 2), (2, 3, 8, 8)),
    ("Conv3d", (4, 2), (2, 3, 4, 4, 4)),
    ("ConvTranspose1d", (4, 3), (2, 3, 8)),
    ("ConvTranspose2d", (4, 3), (2, 3, 4, 4)),
    ("ConvTranspose3d", (4, 2), (2, 3, 2, 2, 2)),
    ("BatchNorm1d", (1e-3,), (5, 3)),
    ("BatchNorm2d", (), (2, 3, 4, 4)),
    ("BatchNorm3d", (), (2, 3, 2, 2, 2)),
    ("InstanceNorm1d", (1e-3, 0.2, False, False), (3, 5)),
    ("InstanceNorm2d", (1e-3, 0.2, True, True), (2, 3, 4, 4)),
    ("InstanceNorm3d", (1e-3, None, True, False), (2, 3, 2, 2, 2)),
]


def test_lazy_instance_normalisation_learns_unless_told():
    layer = nn.LazyInstanceNorm2d()
    layer(rng.normal(size=(2, 3, 4, 4)))
    assert layer.affine and layer.track_running_stats and not nn.InstanceNorm2d(3).affine


@pytest.mark.parametrize(("name", "args", "shape"), LAZY, ids=str)
def test_a_lazy_layer_becomes_the_usual_one(name, args, shape):
    usual, lazy = getattr(nn, name), getattr(nn, f"Lazy{name}")
    x, seen = rng.normal(size=shape), []
    layer = lazy(*args)
    assert isinstance(layer, usual) and list(layer.parameters()) == []
    layer.register_forward_hook(lambda module, args, out: seen.append(out.shape))
    again = copy.deepcopy(layer).eval()
    wg.manual_seed(0)
    out = layer(x)
    wg.manual_seed(0)
    expected = usual(3, *args)
    np.testing.assert_array_equal(numbers(out), numbers(expected(x)))
    assert type(layer) is usual and repr(layer) == repr(expected) and seen == [out.shape]
    assert list(layer.state_dict()) == list(expected.state_dict())
    again(x)
    assert not again.training and type(again) is usual


def test_a_lazy_model_keeps_its_dtype_and_says_what_it_is():
    model = nn.Sequential(nn.LazyConv2d(4, kernel_size=3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    assert repr(model[3]) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    out = model(np.ones((1, 2, 5, 5), np.float32))
    assert out.dtype == np.float32 and model[3].in_features == 36
    layer = nn.LazyLinear(2, dtype=np.float32)
    layer(np.ones((3, 4)))
    assert layer.weight.dtype == np.float32
    optimizer = wg.optim.SGD(model.parameters(), lr=0.1)
    assert len(optimizer.param_groups[0]["params"]) == 4


def test_pooling_at_random_distances_is_a_layer():
    x = np.arange(36.0).reshape(1, 1, 6, 6)
    values, places = nn.FractionalMaxPool2d(2, output_size=3, return_indices=True)(x)
    np.testing.assert_array_equal(values, x.reshape(-1)[places])
    fixed = nn.FractionalMaxPool2d(2, output_ratio=0.5, _random_samples=np.zeros((1, 1, 2)))
    np.testing.assert_array_equal(fixed(x), fixed(x))
    assert nn.FractionalMaxPool3d(2, output_size=2)(np.ones((1, 1, 4, 4, 4))).shape == (1, 1, 2, 2, 2)
    for options in ({}, {"output_size": 2, "output_ratio": 0.5}):
        with pytest.raises(InvalidArgument, match="Give one of them"):
            nn.FractionalMaxPool2d(2, **options)
