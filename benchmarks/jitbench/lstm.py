"""ADBench's LSTM: a character model of l layers over a sequence, and the gradient of its loss.

main (2 l, 4 b): weights and biases of each layer's gates; extra (3, b): weights in, weights and bias out; state
(2 l, b): hidden and cell of each layer; sequence (c, b).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of


def sigmoid(x: Any, xp: Any) -> Any:
    return 1 / (1 + xp.exp(-x))


def layer(weight: Any, bias: Any, hidden: Any, cell: Any, x: Any, xp: Any) -> Any:
    b = hidden.shape[0]
    forget = sigmoid(x * weight[0:b] + bias[0:b], xp)
    ingate = sigmoid(hidden * weight[b : 2 * b] + bias[b : 2 * b], xp)
    outgate = sigmoid(x * weight[2 * b : 3 * b] + bias[2 * b : 3 * b], xp)
    change = xp.tanh(hidden * weight[3 * b :] + bias[3 * b :])
    cell = cell * forget + ingate * change
    return outgate * xp.tanh(cell), cell


def predict(main: Any, extra: Any, state: Any, x: Any) -> Any:
    """The prediction, and the state after x."""
    after = np.zeros(state.shape, like=main)
    x = x * extra[0]
    for i in range(0, len(main), 2):
        after[i], after[i + 1] = layer(main[i], main[i + 1], state[i], state[i + 1], x, np)
        x = after[i]
    return x * extra[1] + extra[2], after


def objective(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    total = 0.0
    for t in range(len(sequence) - 1):
        y, state = predict(main, extra, state, sequence[t])
        total += np.sum(sequence[t + 1] * (y - np.log(np.sum(np.exp(y)) + 2)))
    return -total / sequence[1:].size


def predict_pure(main: Any, extra: Any, state: Any, x: Any, xp: Any) -> Any:
    """The same without a write."""
    after = []
    x = x * extra[0]
    for i in range(0, main.shape[0], 2):
        hidden, cell = layer(main[i], main[i + 1], state[i], state[i + 1], x, xp)
        after += [hidden, cell]
        x = hidden
    return x * extra[1] + extra[2], xp.stack(after)


def objective_scan(main: Any, extra: Any, state: Any, sequence: Any, scan: Any = None, xp: Any = np) -> Any:
    def step(state: Any, pair: Any) -> Any:
        x, gold = pair
        y, state = predict_pure(main, extra, state, x, xp)
        return state, xp.sum(gold * (y - xp.log(xp.sum(xp.exp(y)) + 2)))

    _, terms = (scan or wg.scan)(step, state, (sequence[:-1], sequence[1:]))
    return -xp.sum(terms) / sequence[1:].size


def lstm_jax(*args: Any) -> Run:
    scan = peers.need("jax").lax.scan
    return peers.jax_gradient(lambda *a, xp: objective_scan(*a, scan=scan, xp=xp), (0, 1), args)


def objective_torch(main: Any, extra: Any, state: Any, sequence: Any, xp: Any) -> Any:
    total = 0.0
    for t in range(len(sequence) - 1):
        y, state = predict_pure(main, extra, state, sequence[t], xp)
        total = total + xp.sum(sequence[t + 1] * (y - xp.log(xp.sum(xp.exp(y)) + 2)))
    return -total / sequence[1:].numel()


def lstm_torch(*args: Any) -> Run:
    # torch.compile would unroll the sequence, and compile for an hour.
    return peers.torch_gradient(objective_torch, (0, 1), args, compile_it=False)


def lstm_c(main: Any, extra: Any, state: Any, sequence: Any) -> Run:
    sizes = [len(main) // 2, sequence.shape[1], len(sequence)]
    return peers.Hand("lstm", "lstm", sizes, [main, extra, state, sequence], [np.empty(()), main, extra])


def arguments(layers: int, c: int, b: int) -> Args:
    rng = peers.rng(13)
    main, extra = rng.uniform(-1, 1, (2 * layers, 4 * b)), rng.uniform(-1, 1, (3, b))
    return main, extra, rng.uniform(-1, 1, (2 * layers, b)), rng.integers(0, 2, (c, b)).astype(float)


PEERS = {"jax": lstm_jax, "torch": lstm_torch, "c": lstm_c}
SIZES = (2, 1024, 14)

WORKS = [
    Work(
        "LSTM, l = 2, c = 1024, b = 14",
        lambda: arguments(*SIZES),
        ours=gradient_of(objective, (0, 1))["ours"],
        peers=PEERS,
        bar=0.3,
        c_bar=3,
    ),
    Work(
        "the same LSTM by wg.scan",
        lambda: arguments(*SIZES),
        ours=gradient_of(objective_scan, (0, 1))["ours"],
        peers=PEERS,
        bar=0.3,
        c_bar=3,
        needs="scan",
    ),
]
