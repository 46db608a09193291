"""The examples that the field teaches with, against the numbers printed there, by the tape, `grad` and `jvp` alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

Function = Callable[..., Any]


def by_tape(f: Function, *xs: Any) -> tuple[Any, list[Any]]:
    """Value and gradient by the define-by-run tape."""
    leaves = [wg.tensor(x, requires_grad=True) for x in xs]
    y = f(*leaves)
    y.backward()
    return y.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]


def by_grad(f: Function, *xs: Any) -> tuple[Any, list[Any]]:
    """Value and gradient by reverse accumulation as a transform."""
    value, gradient = wg.value_and_grad(f, argnums=tuple(range(len(xs))))(*xs)
    return value, list(gradient)


def by_jvp(f: Function, *xs: Any) -> tuple[Any, list[Any]]:
    """Value and gradient by forward accumulation, one direction at a time."""
    value: Any = None
    gradient = []
    for n, x in enumerate(xs):
        entries = []
        for unit in np.eye(np.size(x)):
            ts = [np.reshape(unit, np.shape(z)) if m == n else np.zeros(np.shape(z)) for m, z in enumerate(xs)]
            value, slope = wg.jvp(f, xs, tuple(ts))
            entries.append(slope)
        gradient.append(np.reshape(entries, np.shape(x)))
    return value, gradient


accumulations = pytest.mark.parametrize("accumulate", [by_tape, by_grad, by_jvp])


@accumulations
def test_trace_of_the_survey(accumulate: Function) -> None:
    """A. G. Baydin et al., "Automatic differentiation in machine learning: a survey" (2018), tables 2 and 3."""
    value, gradient = accumulate(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), 2.0, 5.0)
    assert round(float(value), 3) == 11.652
    assert [round(float(g), 3) for g in gradient] == [5.5, 1.716]


@accumulations
def test_sum_times_z(accumulate: Function) -> None:
    """Stanford CS231n, "Backpropagation, intuitions": f = (x + y) z at (-2, 5, -4)."""
    value, gradient = accumulate(lambda x, y, z: (x + y) * z, -2.0, 5.0, -4.0)
    assert value == -12
    assert gradient == [-4, -4, 3]


@accumulations
def test_sigmoid_neuron(accumulate: Function) -> None:
    """Stanford CS231n, ibid.: a neuron with weights (2, -3, -3) and input (-1, -2), in two digits."""
    w, x = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])
    value, (dw, dx) = accumulate(lambda w, x: 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2]))), w, x)
    assert round(float(value), 2) == 0.73
    assert [round(float(g), 2) for g in dw] == [-0.2, -0.39, 0.2]
    assert [round(float(g), 2) for g in dx] == [0.39, -0.59]


@accumulations
def test_product_plus_sine(accumulate: Function) -> None:
    """Wikipedia, "Automatic differentiation": z = x₁ x₂ + sin x₁, whose gradient is (x₂ + cos x₁, x₁)."""
    value, (d1, d2) = accumulate(lambda x1, x2: x1 * x2 + np.sin(x1), 0.5, 4.2)
    assert math.isclose(value, 2.1 + math.sin(0.5))
    assert math.isclose(d1, 4.2 + math.cos(0.5))
    assert d2 == 0.5


DUAL_NUMBERS = [
    # (u + u' ε) ∘ (v + v' ε)
    ("sum", lambda u, v: u + v, lambda u, du, v, dv: du + dv),
    ("difference", lambda u, v: u - v, lambda u, du, v, dv: du - dv),
    ("product", lambda u, v: u * v, lambda u, du, v, dv: u * dv + du * v),
    ("quotient", lambda u, v: u / v, lambda u, du, v, dv: (du * v - u * dv) / v**2),
    ("sine", lambda u, v: np.sin(u), lambda u, du, v, dv: du * math.cos(u)),
    ("cosine", lambda u, v: np.cos(u), lambda u, du, v, dv: -du * math.sin(u)),
    ("exponential", lambda u, v: np.exp(u), lambda u, du, v, dv: du * math.exp(u)),
    ("logarithm", lambda u, v: np.log(u), lambda u, du, v, dv: du / u),
    ("constant power", lambda u, v: u**3, lambda u, du, v, dv: 3 * u**2 * du),
    ("absolute value", lambda u, v: np.abs(u), lambda u, du, v, dv: du * math.copysign(1, u)),
]


@pytest.mark.parametrize("f, rule", [pytest.param(f, rule, id=name) for name, f, rule in DUAL_NUMBERS])
def test_arithmetic_of_dual_numbers(f: Function, rule: Function) -> None:
    """Wikipedia, ibid., "Automatic differentiation using dual numbers"."""
    u, du, v, dv = 1.3, 0.7, -2.1, 0.4
    value, tangent = wg.jvp(f, (u, v), (du, dv))
    assert math.isclose(value, f(u, v))
    assert math.isclose(tangent, rule(u, du, v, dv))


def test_a_dual_number_squares_to_zero() -> None:
    """(0 + ε)² = 0, value and ε part."""
    assert wg.jvp(lambda e: e * e, (0.0,), (1.0,)) == (0.0, 0.0)


# --- a two-layer network ------------------------------------------------------------------------------------------
# Scores s = max(0, x W₁ + b₁) W₂ + b₂, the multi-class hinge loss with margin 1 and L2 regularisation:
#
#     loss = 1/n Σᵢ Σ_{j ≠ yᵢ} max(0, s_ij - s_i,yᵢ + 1) + λ (|W₁|² + |W₂|²)

CLASSES, HIDDEN, STRENGTH = 3, 5, 0.1


def network(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, labels: Any) -> Any:
    """The loss."""
    rows = np.arange(len(labels))
    scores = np.maximum(x @ w1 + b1, 0) @ w2 + b2
    margins = np.maximum(scores - scores[rows, labels][:, None] + 1, 0)
    wrong = np.arange(CLASSES) != labels[:, None]
    return np.sum(np.where(wrong, margins, 0)) / len(labels) + STRENGTH * (np.sum(w1 * w1) + np.sum(w2 * w2))


def flat_gradient(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, labels: Any) -> Any:
    """Its gradient, derived by hand, as one vector."""
    n = len(labels)
    rows = np.arange(n)
    hidden = np.maximum(x @ w1 + b1, 0)
    scores = hidden @ w2 + b2
    violated = (scores - scores[rows, labels][:, None] + 1 > 0).astype(float)
    violated[rows, labels] = 0
    violated[rows, labels] = -violated.sum(axis=1)  # every violation pulls the right score up
    d_scores = violated / n
    d_hidden = np.where(hidden > 0, d_scores @ w2.T, 0)
    blocks = [x.T @ d_hidden + 2 * STRENGTH * w1, d_hidden.sum(axis=0)]
    blocks += [hidden.T @ d_scores + 2 * STRENGTH * w2, d_scores.sum(axis=0)]
    return np.concatenate([block.ravel() for block in blocks])


@accumulations
def test_two_layer_network_with_hinge_loss(accumulate: Function) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(8, 4)), rng.integers(0, CLASSES, 8)
    parameters = [rng.normal(size=s) for s in ((4, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,))]
    value, gradient = accumulate(lambda *ws: network(*ws, x, labels), *parameters)
    assert math.isclose(value, network(*parameters, x, labels))
    flat = np.concatenate([np.ravel(g) for g in gradient])
    np.testing.assert_allclose(flat, flat_gradient(*parameters, x, labels), rtol=1e-12, atol=1e-14)
