"""What the tests of compiled training steps share: a model, its data, an eager step to compare with."""

from __future__ import annotations

import numpy as np

import wengert as wg
import wengert.nn.functional as F

_RNG = np.random.default_rng(0)
INPUTS, LABELS = _RNG.standard_normal((20, 4)), _RNG.integers(0, 3, 20)


class MLP:
    """Two layers, with parameters in attributes, a list and a dict."""

    def __init__(self, dtype=np.float64):
        rng = np.random.default_rng(1)
        self.first = {"w": wg.tensor(rng.standard_normal((4, 8)).astype(dtype), requires_grad=True)}
        self.first["b"] = wg.zeros(8, dtype=dtype, requires_grad=True)
        self.second = [wg.tensor(rng.standard_normal((8, 3)).astype(dtype), requires_grad=True)]
        self.bias = wg.zeros(3, dtype=dtype, requires_grad=True)

    def __call__(self, x):
        return np.tanh(x @ self.first["w"] + self.first["b"]) @ self.second[0] + self.bias

    def parameters(self):
        return [*self.first.values(), *self.second, self.bias]


def training(options, dtype=np.float64):
    model = MLP(dtype)
    opt = wg.optim.SGD(model.parameters(), **options)

    def step(x, y):
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        return loss

    return model, opt, step


def states(model, opt):
    buffers = [v.detach().numpy() for s in opt.state.values() for v in s.values()]
    params = [p.detach().numpy() for p in model.parameters()]
    return params, [None if p.grad is None else p.grad.numpy() for p in model.parameters()], buffers
