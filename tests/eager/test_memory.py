"""Graphs are freed as soon as nobody refers to them, without waiting for Python's garbage collector."""

import gc

import numpy as np
import pytest

import wengert as wg


def train():
    w = wg.tensor(np.ones((3, 3)), requires_grad=True)
    h = np.tanh(wg.ones(2, 3) @ w)
    h[0] = 0
    loss = (h**2).mean()
    loss.backward()
    with wg.no_grad():
        w -= 0.1 * w.grad


def loss(x):
    y = np.zeros_like(x)
    y[1:] = np.sin(x[1:]) * x[:-1]
    return np.sum(y * x)


RUNS = {
    "training step": train,
    "grad": lambda: wg.grad(loss)(np.ones(4)),
    "hessian": lambda: wg.hessian(loss)(np.ones(4)),
    "jvp": lambda: wg.jvp(loss, (np.ones(4),), (np.ones(4),)),
    "vmap": lambda: wg.vmap(loss)(np.ones((2, 4))),
    "trace": lambda: wg.trace(loss)(np.ones(4))(np.zeros(4)),
    "checkpoint": lambda: wg.grad(wg.checkpoint(loss))(np.ones(4)),
    "no backward": lambda: loss(wg.tensor(np.ones(4), requires_grad=True)),
}


@pytest.mark.parametrize("name", RUNS)
def test_no_reference_cycles(name):
    run = RUNS[name]
    run()  # first uses make classes and caches
    gc.collect()
    gc.disable()
    try:
        run()
        assert gc.collect() == 0
    finally:
        gc.enable()
