"""Calls that PyTorch and NumPy refuse are refused of tensors too, with an error that a user of either would catch."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.nn import functional as F
from wengert.testing import check_grads

X, V, I = wg.tensor(np.arange(6.0).reshape(2, 3)), wg.tensor([0.3, -0.9, 1.6]), np.array([0, 2])

REFUSED = {
    "narrow beyond the end": (lambda: wg.narrow(X, 1, 1, 3), ValueError, "start=1 and length=3"),
    "narrow before the start": (lambda: X.narrow(0, -3, 1), ValueError, "start=-3"),
    "narrow of a negative length": (lambda: wg.narrow_copy(X, 0, 0, -1), ValueError, "length=-1"),
    "diff of a negative order": (lambda: np.diff(X, -1), ValueError, "non-negative"),
    "rot90 of one axis": (lambda: np.rot90(X, 1, (1, 1)), ValueError, "twice"),
    "moveaxis from one axis twice": (lambda: np.moveaxis(X, (0, -2), (0, 1)), ValueError, "twice"),
    "moveaxis to one axis twice": (lambda: wg.movedim(X, (0, 1), (1, 1)), ValueError, "twice"),
    "cov with too few weights": (lambda: np.cov(X, fweights=np.array([1, 2])), RuntimeError, "incompatible"),
    "cov with a table of weights": (lambda: np.cov(X, aweights=X), RuntimeError, "multidimensional"),
    "cov with broken counts": (lambda: np.cov(X, fweights=np.array([1.0, 0.5, 2.0])), TypeError, "integer"),
    "cov with negative weights": (lambda: np.cov(X, aweights=np.array([1.0, -0.5, 2.0])), ValueError, "negative"),
    "bags without offsets": (lambda: F.embedding_bag(I, X), ValueError, "offsets"),
    "bags of an unknown mode": (lambda: F.embedding_bag(I[None], X, mode="min"), ValueError, "mode"),
    "weighted means of bags": (
        lambda: F.embedding_bag(I[None] // 2, X, per_sample_weights=np.ones((1, 2))), ValueError, "per_sample_weights",
    ),
    "fractional pooling to no size": (lambda: F.fractional_max_pool2d(X[None], 2), ValueError, "output_size"),
    "fractional pooling to a larger size": (lambda: F.fractional_max_pool2d(X[None], 2, 3), ValueError, "kernel_size"),
    "fractional pooling by more than all": (
        lambda: F.fractional_max_pool2d(X[None], 2, output_ratio=1.5), ValueError, "output_ratio",
    ),
    "heads that are no parts": (
        lambda: F.multi_head_attention_forward(X, X, X, 3, 2, X, None, None, None, False, 0.0, X, None), ValueError,
        "2 heads",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name):
    call, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        call()


def test_gumbel_softmax_draws_by_the_probabilities_and_has_the_gradient_of_the_soft_choice():
    wg.manual_seed(0)
    logits = wg.tensor(np.log([[0.7, 0.2, 0.1]] * 4000), requires_grad=True)
    chosen = F.gumbel_softmax(logits, hard=True)
    numbers = chosen.detach().numpy()
    np.testing.assert_array_equal(np.sort(numbers, axis=1), [[0, 0, 1]] * 4000)
    np.testing.assert_allclose(numbers.mean(0), [0.7, 0.2, 0.1], atol=0.03)
    (chosen * wg.tensor([1.0, 0.0, 0.0])).sum().backward()
    wg.manual_seed(0)
    soft = logits.detach().requires_grad_()
    (F.gumbel_softmax(soft) * wg.tensor([1.0, 0.0, 0.0])).sum().backward()
    np.testing.assert_allclose(logits.grad.numpy(), soft.grad.numpy(), atol=1e-12)
    assert np.all(logits.grad.numpy()[:, 0] > 0)


@pytest.mark.parametrize("transform", ["grad", "vmap", "jit"])
def test_bags_and_fractional_pooling_under_transforms(transform):
    u = np.full((1, 1, 2), 0.3)

    def bags(x):
        return np.sum(F.embedding_bag(np.array([[0, 1], [1, 1]]), x, mode="mean") ** 2)

    def pooled(x):
        return np.sum(F.fractional_max_pool2d(np.reshape(x, (1, 1, 2, 3)), 2, (1, 2), _random_samples=u) ** 2)

    x = np.arange(6.0).reshape(2, 3) - 2.2
    for f in (bags, pooled):
        if transform == "grad":
            check_grads(f, (x,))
        elif transform == "vmap":
            np.testing.assert_allclose(wg.vmap(f)(np.stack([x, -x])), [f(x), f(-x)])
        else:
            np.testing.assert_allclose(wg.jit(f)(x), f(x))
