"""PyTorch code that runs as it stands."""

import numpy as np

import wengert as torch

SNIPPET = """
import wengert as torch
x = torch.ones(5); y = torch.zeros(3)
w = torch.randn(5, 3, requires_grad=True); b = torch.randn(3, requires_grad=True)
z = torch.matmul(x, w) + b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
print(z.grad_fn, loss.grad_fn); loss.backward(); print(w.grad, b.grad)
with torch.no_grad(): z = torch.matmul(x, w) + b
print(z.requires_grad, (torch.matmul(x, w) + b).detach().requires_grad)
"""


def test_the_tutorial_snippet(capsys):
    names = {}
    exec(SNIPPET, names)
    z = np.ones(5) @ names["w"].detach().numpy() + names["b"].detach().numpy()
    expected = 1 / (1 + np.exp(-z)) / 3
    np.testing.assert_allclose(names["b"].grad, expected)
    np.testing.assert_allclose(names["w"].grad, np.tile(expected, (5, 1)))
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("<AddBackward0 object at 0x") and "<BinaryCrossEntropyWithLogitsBackward0 object" in first
    assert last == "False False"


def test_a_training_loop():
    torch.manual_seed(0)
    inputs = torch.randn(64, 3)
    target = inputs @ torch.tensor([1.0, -2.0, 0.5]) + 0.3
    weight = torch.zeros(3, requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    for _ in range(200):
        loss = ((inputs @ weight + bias - target) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for p in (weight, bias):
                p -= 0.1 * p.grad
                p.grad.zero_()
    np.testing.assert_allclose(weight.detach(), [1.0, -2.0, 0.5], atol=1e-6)
    np.testing.assert_allclose(bias.detach(), [0.3], atol=1e-6)
