"""nn.functional on the tape: PyTorch's node names, dropout, and the same gradients as by `grad`."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument
from wengert.nn import functional as F

rng = np.random.default_rng(0)
X, Y, T = rng.normal(size=(4, 3)), rng.uniform(size=(4, 3)), np.array([0, 2, 1, 1])

NAMES = {
    "ReluBackward0": F.relu,
    "LeakyReluBackward0": F.leaky_relu,
    "GeluBackward0": F.gelu,
    "SigmoidBackward0": F.sigmoid,
    "TanhBackward0": F.tanh,
    "SoftmaxBackward0": lambda x: F.softmax(x, dim=1),
    "LogSoftmaxBackward0": lambda x: F.log_softmax(x, dim=1),
    "NllLossBackward0": lambda x: F.cross_entropy(x, wg.tensor(T)),
    "NllLoss2DBackward0": lambda x: F.cross_entropy(x.reshape(2, 3, 2), T.reshape(2, 2)),
    "MseLossBackward0": lambda x: F.mse_loss(x, wg.tensor(Y)),
    "BinaryCrossEntropyBackward0": lambda x: F.binary_cross_entropy(F.sigmoid(x), wg.tensor(Y)),
    "BinaryCrossEntropyWithLogitsBackward0": lambda x: F.binary_cross_entropy_with_logits(x, wg.tensor(Y)),
}


@pytest.mark.parametrize("name", NAMES)
def test_nodes_have_pytorchs_names_and_the_same_gradient(name):
    x = wg.tensor(X, requires_grad=True)
    out = NAMES[name](x)
    assert out.grad_fn.name() == name
    np.sum(out * out).backward()
    np.testing.assert_allclose(x.grad.numpy(), wg.grad(lambda x: np.sum(NAMES[name](x) ** 2))(X))


def test_a_cross_entropy_leads_to_a_log_softmax():
    loss = F.cross_entropy(wg.tensor(X, requires_grad=True), T)
    assert loss.grad_fn.next_functions[0][0].name() == "LogSoftmaxBackward0"


def test_create_graph_gives_second_derivatives():
    x = wg.tensor(X, requires_grad=True)
    (g,) = wg.autograd.grad(F.cross_entropy(x, T), [x], create_graph=True)
    np.sum(g * Y).backward()
    np.testing.assert_allclose(x.grad.numpy(), wg.hvp(lambda x: F.cross_entropy(x, T), X, Y))


def test_dropout():
    wg.manual_seed(1)
    x = wg.ones(1000, requires_grad=True)
    out = F.dropout(x, 0.25)
    kept = out.detach().numpy() != 0
    assert 0.7 < kept.mean() < 0.8
    np.testing.assert_allclose(out.detach().numpy()[kept], 1 / 0.75)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), out.detach().numpy())
    wg.manual_seed(1)
    np.testing.assert_array_equal(F.dropout(np.ones(1000), 0.25), out.detach().numpy())
    assert F.dropout(x, 0.25, training=False) is x
    assert not F.dropout(np.ones(5), 1.0).any()
    assert F.dropout(np.ones(5, np.float32), 0.5).dtype == np.float32
    with pytest.raises(InvalidArgument, match="p=2"):
        F.dropout(x, 2)


def test_the_program_of_the_first_page_of_pytorchs_tutorial():
    x, y = wg.ones(5), wg.zeros(3)
    w, b = wg.randn(5, 3, requires_grad=True), wg.randn(3, requires_grad=True)
    z = wg.matmul(x, w) + b
    loss = wg.nn.functional.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    slope = 1 / (1 + np.exp(-z.detach().numpy())) / 3
    np.testing.assert_allclose(b.grad.numpy(), slope)
    np.testing.assert_allclose(w.grad.numpy(), np.tile(slope, (5, 1)))
    assert z.grad_fn.name() == "AddBackward0"
    with wg.no_grad():
        assert not (wg.matmul(x, w) + b).requires_grad
