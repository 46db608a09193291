"""A perceptron of several layers as functions of its parameters: what it gives, its loss, and a step of training.

Parameters are a list of (W, b), one pair per layer; a layer gives f(x W + b), and the last one x W + b itself, to which
the loss adds what turns it into probabilities.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import optim
from wengert.compiler.api import jit
from wengert.nn import functional as F
from wengert.transforms.reverse import value_and_grad

__all__ = ["ACTIVATIONS", "OUTPUTS", "drawn", "forward", "objective", "trainer"]

Params = list[tuple[Any, Any]]

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "logistic": F.sigmoid,
    "tanh": np.tanh,
    "relu": F.relu,
}


def _squares(out: Any, y: Any) -> Any:
    return np.mean((out - y) ** 2, axis=1) / 2


def _poisson(out: Any, y: Any) -> Any:
    """Half the deviance of counts y from means exp(out)."""
    known = np.where(y > 0, y, 1)
    return np.mean(np.exp(out) - y + np.where(y > 0, y * (np.log(known) - out), 0), axis=1)


def _logistic(out: Any, y: Any) -> Any:
    return np.sum(F.binary_cross_entropy_with_logits(out, y, reduction="none"), axis=1)


def _softmax(out: Any, y: Any) -> Any:
    return -np.sum(y * F.log_softmax(out, -1), axis=1)


# name: (what the last layer's result becomes, the loss per sample from that result and the target)
OUTPUTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "identity": (lambda x: x, _squares),
    "exp": (np.exp, _poisson),
    "logistic": (F.sigmoid, _logistic),
    "softmax": (lambda x: F.softmax(x, -1), _softmax),
}


def drawn(sizes: Sequence[int], activation: str, rng: Any, dtype: Any) -> Params:
    """First parameters, which keep the variance from layer to layer.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. rng: a
    `RandomState`.
    """
    params = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = math.sqrt((2 if activation == "logistic" else 6) / (inputs + outputs))
        weight, bias = rng.uniform(-bound, bound, (inputs, outputs)), rng.uniform(-bound, bound, outputs)
        params.append((weight.astype(dtype), bias.astype(dtype)))
    return params


def forward(params: Params, x: Any, activation: str) -> Any:
    """The result of the last layer for samples x, (n, features) to (n, outputs)."""
    f = ACTIVATIONS[activation]
    for weight, bias in params[:-1]:
        x = f(x @ weight + bias)
    weight, bias = params[-1]
    return x @ weight + bias


def loss(params: Params, x: Any, y: Any, weight: Any, alpha: Any, activation: str, output: str) -> Any:
    """The mean loss over samples that count `weight` each, with the penalty α Σ W² / 2, shared among the samples."""
    total = np.sum(weight)
    each = OUTPUTS[output][1](forward(params, x, activation), y)
    penalty = alpha / 2 * sum([np.sum(w * w) for w, _ in params])
    return np.sum(each * weight) / total + penalty / total


@functools.lru_cache(maxsize=64)
def objective(activation: str, output: str) -> Any:
    """Compiled: (params, x, y, weight, alpha) to the loss and its gradient."""

    def of(params: Params, x: Any, y: Any, weight: Any, alpha: Any) -> Any:
        return value_and_grad(loss)(params, x, y, weight, alpha, activation, output)

    return jit(of)


@functools.lru_cache(maxsize=64)
def trainer(activation: str, output: str, solver: str, options: tuple[tuple[str, Any], ...]) -> tuple[Any, Any]:
    """``init(params)``, and compiled (params, state, x, y, weight, alpha, rate) to new params, new state and the loss.

    options: those of the optimiser, as pairs.
    """
    make = getattr(optim, solver)

    def step(params: Params, state: Any, x: Any, y: Any, weight: Any, alpha: Any, rate: Any) -> Any:
        value, gradient = value_and_grad(loss)(params, x, y, weight, alpha, activation, output)
        return *make(lr=lambda _: rate, **dict(options)).update(gradient, state, params), value

    return make(lr=0.0, **dict(options)).init, jit(step)
