"""Convolutions, poolings and resizings of `nn.functional`: what they refuse, and how they act under the transforms."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.nn import functional as F

rng = np.random.default_rng(5)
X, W = rng.normal(size=(2, 4, 6, 5)), rng.normal(size=(6, 2, 3, 3))


def small_network(x, w, v, b):
    h = F.max_pool2d(F.relu(F.conv2d(x, w, b, padding=1, groups=2)), 2)
    return np.sum(F.adaptive_avg_pool2d(F.conv_transpose2d(h, v, stride=2, output_padding=1), 3) ** 2)


def test_a_network_has_the_same_gradient_in_every_way():
    v, b = rng.normal(size=(6, 2, 2, 2)), rng.normal(size=6)
    expected = wg.grad(small_network, argnums=(0, 1, 2, 3))(X, W, v, b)
    compiled = wg.jit(wg.grad(small_network, argnums=(0, 1, 2, 3)))(X, W, v, b)
    leaves = [wg.tensor(a, requires_grad=True) for a in (X, W, v, b)]
    small_network(*leaves).backward()
    for leaf, ours, jitted in zip(leaves, expected, compiled, strict=True):
        np.testing.assert_allclose(leaf.grad, ours, rtol=1e-12)
        np.testing.assert_allclose(jitted, ours, rtol=1e-9, atol=1e-10)
    direction = rng.normal(size=W.shape)
    _, along = wg.jvp(lambda w: small_network(X, w, v, b), (W,), (direction,))
    np.testing.assert_allclose(along, np.sum(direction * expected[1]))


def test_one_gradient_per_image():
    v, b = rng.normal(size=(6, 2, 2, 2)), rng.normal(size=6)
    one = wg.grad(small_network, argnums=1)
    each = wg.vmap(one, in_axes=(0, None, None, None))(X, W, v, b)
    np.testing.assert_allclose(each, [one(x, W, v, b) for x in X], rtol=1e-10, atol=1e-10)
    many = np.stack([W, 2 * W, -W])
    each = wg.vmap(one, in_axes=(None, 0, None, None))(X, many, v, b)
    np.testing.assert_allclose(each, [one(X, w, v, b) for w in many], rtol=1e-10, atol=1e-10)


SMALL = rng.permutation(2 * 4 * 6 * 5).reshape(2, 4, 6, 5) / 50 + 0.1
PLACES = F.max_pool2d(SMALL, 2, return_indices=True)[1]
GRID = rng.uniform(-1.3, 1.3, (2, 3, 2, 2))
FUNCTIONS = {
    "unfold": lambda x: F.unfold(x, 2, padding=1, stride=2),
    "fold": lambda x: F.fold(x.reshape(2, 12, 10), (3, 6), 2),
    "padded": lambda x: F.conv2d(F.pad(x, (1, 2, 0, 1), mode="reflect"), W[:, :, :2, :2], groups=2),
    "max": lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
    "max and where": lambda x: F.max_pool2d(x, 2, return_indices=True),
    "unpool": lambda x: F.max_unpool2d(x[..., :3, :2], PLACES, 2, output_size=(6, 5)),
    "unpool there and back": lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=(6, 5)),
    "mean": lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    "norm": lambda x: F.lp_pool2d(x, 3, 2),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, (4, 2), return_indices=True),
    "adaptive mean": lambda x: F.adaptive_avg_pool2d(x, (4, 2)),
    "nearest": lambda x: F.interpolate(x, scale_factor=(2, 1.5)),
    "cubic": lambda x: F.interpolate(x, size=(4, 9), mode="bicubic"),
    "shuffled": lambda x: F.pixel_unshuffle(F.channel_shuffle(F.pixel_shuffle(x, 2).reshape(2, 2, 6, 10), 2), 2),
    "sampled": lambda x: F.grid_sample(x, GRID, padding_mode="reflection"),
    "sampled there": lambda x: F.grid_sample(SMALL, np.tanh(x[:, :2, :3, :2]), mode="bicubic"),
}


def one(results):
    """A number that depends on every floating result, and not linearly."""
    found = results if isinstance(results, tuple) else (results,)
    return sum(np.sum(np.cos(np.arange(r.size).reshape(r.shape)) * r * r) for r in found if r.dtype.kind == "f")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_under_every_transform(name):
    f = FUNCTIONS[name]
    stack = np.stack([SMALL, SMALL[::-1, :, ::-1], SMALL**2])
    for batched, row in zip(
        wg.tree.leaves(wg.vmap(f)(stack)), zip(*[wg.tree.leaves(f(x)) for x in stack], strict=True), strict=True
    ):
        np.testing.assert_allclose(batched, np.stack(row), rtol=1e-12)
    slope = wg.grad(lambda x: one(f(x)))
    np.testing.assert_allclose(wg.vmap(slope)(stack), [slope(x) for x in stack], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(wg.jit(slope)(SMALL), slope(SMALL), rtol=1e-9, atol=1e-12)
    t, h = rng.normal(size=SMALL.shape), 1e-6
    expected = (one(f(SMALL + h * t)) - one(f(SMALL - h * t))) / (2 * h)
    np.testing.assert_allclose(np.sum(slope(SMALL) * t), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(wg.jvp(lambda x: one(f(x)), (SMALL,), (t,))[1], expected, rtol=1e-5, atol=1e-7)
    curved = (slope(SMALL + h * t) - slope(SMALL - h * t)) / (2 * h)
    np.testing.assert_allclose(wg.jvp(slope, (SMALL,), (t,))[1], curved, rtol=1e-4, atol=1e-6)


def test_names_on_the_tape():
    y = F.conv2d(wg.tensor(X, requires_grad=True), W, groups=2)
    assert type(y.grad_fn).__name__ == "ConvolutionBackward0"


def test_single_precision_stays():
    x, w = X.astype(np.float32), W.astype(np.float32)
    for y in (
        F.conv2d(x, w, w[:, 0, 0, 0], groups=2),
        F.avg_pool2d(x, 3, padding=1, count_include_pad=False),
        F.adaptive_avg_pool2d(x, 4),
        F.interpolate(x, size=(9, 4), mode="bicubic"),
        F.grid_sample(x, np.zeros((2, 3, 3, 2), np.float32)),
        F.lp_pool2d(x, 2, 2),
    ):
        assert y.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.conv2d(X, W), "4 channels"),
        (lambda: F.conv2d(X[0, 0], W), "shape (6, 5)"),
        (lambda: F.conv2d(X, W[..., 0], groups=2), "has 4 axes"),
        (lambda: F.conv2d(X, W, np.ones(5), groups=2), "bias of shape (5,)"),
        (lambda: F.conv2d(X, W, groups=2, dilation=3), "does not fit"),
        (lambda: F.conv2d(X, W, groups=2, stride=0), "stride=0"),
        (lambda: F.conv2d(X, W, groups=2, padding=(1, 2, 3)), "padding=(1, 2, 3)"),
        (lambda: F.conv2d(X, W, groups=2, padding="same", stride=2), '"same" is for a stride of 1'),
        (lambda: F.conv_transpose2d(X, W), "input of 4 channels"),
        (lambda: F.conv_transpose2d(X, W[:4], output_padding=1), "output_padding=(1, 1)"),
        (lambda: F.fold(np.ones((1, 4, 3)), (2, 3), 2), "2 windows of 4 entries"),
        (lambda: F.max_pool2d(X, 2, padding=2), "half a window"),
        (lambda: F.max_pool2d(X, 9), "does not fit"),
        (lambda: F.max_unpool2d(X, X, 2), "dtype float64"),
        (lambda: F.max_unpool2d(X, np.zeros(X.shape, int), 2, output_size=(3, 3)), "output_size=(3, 3)"),
        (lambda: F.avg_pool2d(X, 2, divisor_override=0), "divisor_override=0"),
        (lambda: F.adaptive_avg_pool2d(X, (1, 2, 3)), "output_size=(1, 2, 3)"),
        (lambda: F.interpolate(X), "size=None"),
        (lambda: F.interpolate(X, size=3, mode="linear"), "mode='linear'"),
        (lambda: F.interpolate(X, size=3, mode="nearest", align_corners=True), "align_corners=True"),
        (lambda: F.interpolate(X, size=3, mode="cubic"), "mode='cubic'"),
        (lambda: F.pad(X, (1, 2, 3)), "two numbers per padded axis"),
        (lambda: F.pad(X, (5, 0), mode="reflect"), "too short"),
        (lambda: F.pixel_shuffle(X, 3), "factor of 3"),
        (lambda: F.pixel_unshuffle(X, 4), "factor of 4"),
        (lambda: F.channel_shuffle(X, 3), "3 groups"),
        (lambda: F.grid_sample(X, np.zeros((2, 3, 3, 3))), "grid of shape (2, 3, 3, 3)"),
        (lambda: F.affine_grid(np.zeros((1, 2, 2)), (1, 1, 2, 2)), "theta of shape (1, 2, 2)"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3
