"""nn.functional against PyTorch: values and gradients of every option."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import wengert as wg
from wengert.nn import functional as F

pytestmark = pytest.mark.peers

rng = np.random.default_rng(1)
N, C = 5, 4
X, X3 = 3 * rng.normal(size=(N, C)), rng.normal(size=(N, C, 3))
T, T3 = rng.integers(0, C, N), rng.integers(0, C, (N, 3))
IGNORED = np.where(np.arange(N) == 1, -100, T)
P, P3 = rng.dirichlet(np.ones(C), N), np.moveaxis(rng.dirichlet(np.ones(C), (N, 3)), -1, 1)
Y, Q = rng.uniform(size=(N, C)), rng.uniform(0.01, 0.99, (N, C))
CLASS_WEIGHT, ROW_WEIGHT = rng.uniform(0.5, 2, C), rng.uniform(0.5, 2, (N, 1))


def cases():
    for name, options in [
        ("relu", {}),
        ("leaky_relu", {}),
        ("leaky_relu", {"negative_slope": 0.2}),
        ("sigmoid", {}),
        ("tanh", {}),
        ("gelu", {}),
        ("gelu", {"approximate": "tanh"}),
        ("softplus", {}),
        ("softplus", {"beta": 2.0, "threshold": 3.0}),
        ("softmax", {"dim": 1}),
        ("softmax", {"dim": 0}),
        ("log_softmax", {"dim": -1}),
    ]:
        yield name, (10 * X,), options
    for reduction, weight in itertools.product(("mean", "sum", "none"), (None, CLASS_WEIGHT)):
        options = {"reduction": reduction, "weight": weight}
        for args in [(X, T), (X, IGNORED), (X3, T3), (X[0], T[0])]:
            yield "nll_loss", args, options
        for args, smoothing in itertools.product(
            [(X, T), (X, IGNORED), (X3, T3), (X[0], T[0]), (X, P), (X3, P3), (X[0], P[0])], (0.0, 0.3)
        ):
            yield "cross_entropy", args, options | {"label_smoothing": smoothing}
        yield "cross_entropy", (X, T), options | {"ignore_index": 2}
        for args, p in itertools.product([(X, T), (X[0], T[0])], (1, 2)):
            yield "multi_margin_loss", args, options | {"p": p, "margin": 0.7}
    for reduction, weight in itertools.product(("mean", "sum", "none"), (None, ROW_WEIGHT)):
        options = {"reduction": reduction, "weight": weight}
        for q in (Q, np.round(Q)):
            yield "binary_cross_entropy", (q, Y), options
        for pos_weight, scale in itertools.product((None, CLASS_WEIGHT), (1, 1000)):
            yield "binary_cross_entropy_with_logits", (scale * X, Y), options | {"pos_weight": pos_weight}
        if weight is None:
            yield "mse_loss", (X, Y), {"reduction": reduction}
            yield "l1_loss", (X, Y), {"reduction": reduction}


@pytest.mark.parametrize(("name", "args", "options"), list(cases()))
def test_values_and_gradients_are_those_of_pytorch(name, args, options):
    torch = pytest.importorskip("torch")
    theirs = [torch.tensor(a) for a in args]
    theirs[0].requires_grad_()
    their_options = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    value = getattr(torch.nn.functional, name)(*theirs, **their_options)
    seed = np.cos(np.arange(value.numel())).reshape(tuple(value.shape))
    value.backward(torch.tensor(seed))
    ours, pull = wg.vjp(lambda x: getattr(F, name)(x, *args[1:], **options), args[0])
    assert np.shape(ours) == tuple(value.shape)
    np.testing.assert_allclose(ours, value.detach().numpy(), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(pull(seed)[0], theirs[0].grad.numpy(), rtol=1e-8, atol=1e-12)
