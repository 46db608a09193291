"""roll: unrolled loops become scans that compute the same, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import wengert as wg
from tests.laws.common import close, plain
from wengert.compiler.passes import simplify
from wengert.compiler.passes.nested import is_scan
from wengert.compiler.passes.roll import rolled
from wengert.interpreters.record import Graph

N = 40


def rolled_trace(f: Callable[..., Any], *args: Any, worth: int = 40) -> tuple[Graph, list[int]]:
    """The rolled trace of a function, and the lengths of its scans; it computes what the trace does, there and near."""
    graph = plain(wg.trace(f), *args)
    new = rolled(simplify(graph), worth).graph
    for scale in (1.0, 0.97):
        near = [x * scale if np.asarray(x).dtype.kind == "f" else x for x in args]
        close(plain(new, *near), plain(graph, *near), 1e-11)
    return new, [e.params["length"] for e in new.equations if is_scan(e)]


# --- time loops --------------------------------------------------------------------------------------------------------


def euler(x: Any, p: Any) -> Any:
    for _ in range(N):
        x = x + 0.1 * np.sin(p * x)
    return np.sum(x)


def runge_kutta(y: Any, p: Any) -> Any:
    def slope(y: Any) -> Any:
        return np.stack([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])

    h = 0.01
    for _ in range(N):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(y * y)


def leapfrog(q: Any, p: Any) -> Any:
    for _ in range(N):
        p = p - 0.05 * q**3
        q = q + 0.1 * p
        p = p - 0.05 * q**3
    return np.sum(q * p)


def logistic(x: Any, r: Any) -> Any:
    for _ in range(N):
        x = r * x * (1 - x)
    return x


def recurrent(w: Any, xs: Any) -> Any:
    h = np.zeros(3, like=w)
    states = []
    for t in range(N):
        h = np.tanh(w @ h + xs[t])
        states.append(h)
    return np.sum(np.stack(states) ** 2)


def filled(x: Any) -> Any:
    y = np.zeros(N, like=x)
    y[0] = 1.0
    for i in range(1, N):
        y[i] = y[i - 1] * x[i] + np.sin(x[i])
    return np.sum(y * y)


def rows_filled(x: Any) -> Any:
    y = np.zeros((N, 3), like=x)
    y[0] = x[0]
    for i in range(1, N):
        y[i] = y[i - 1] * np.cos(x[i]) + x[i - 1]
    return np.sum(y**2)


def columns_filled(x: Any) -> Any:
    y = np.zeros((3, N), like=x)
    for i in range(1, N):
        y[:, i] = np.sin(y[:, i - 1]) + x[i]
    return np.sum(y**2)


def fibonacci(a: Any, b: Any) -> Any:
    for _ in range(N):
        a, b = b, 0.5 * np.sin(a) + 0.6 * b
    return a * b


def two_steps_back(a: Any, b: Any) -> Any:
    u = [a, b]
    for _ in range(N):
        u.append(2 * u[-1] - u[-2] - 0.01 * np.sin(u[-1]) * u[-2])
    return u[-1] ** 2 + u[-2]


def product(x: Any) -> Any:
    out = 1.0
    for i in range(N):
        out = out * np.cos(x[i])
    return out


def backwards(x: Any) -> Any:
    """Horner's rule."""
    out = x[N - 1]
    for i in range(N - 2, -1, -1):
        out = out * 0.5 + np.sin(x[i])
    return out


def changing_constants(x: Any) -> Any:
    for k in range(N):
        x = x + np.sin(k * x) / (k + 1.0) ** 2
    return np.sum(x)


def windows(x: Any) -> Any:
    total = 0.0
    for i in range(N - 3):
        total = total + np.sum(np.sin(x[i : i + 3])) * x[i, 1]
    return total


def read_around(x: Any) -> Any:
    total = 0.0
    for i in range(N):
        total = np.sin(total * 0.9) + np.sin(x[i, i % 3])
    return total


def written_in_turn(x: Any) -> Any:
    y = np.zeros(N, like=x)
    for i in range(N):
        y[i] = np.sum(y) * 0.1 + x[i]
    return np.sum(y * y)


def heat(u: Any) -> Any:
    u = u * 1.0
    for _ in range(N):
        new = np.copy(u)
        new[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = new
    return np.sum(u**2)


def layers(x: Any, ws: Any) -> Any:
    for w in ws:
        x = np.tanh(w * x + 0.1)
    return np.sum(x)


def nested(x: Any) -> Any:
    for _ in range(12):
        y = x
        for k in range(8):
            y = y + 0.01 * np.sin(y) * (k + 1.0)
        x = x + 0.1 * np.cos(y)
    return np.sum(x)


RNG = np.random.default_rng(0)
LOOPS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (euler, (np.array([0.1, 0.5, 1.5]), 2.0)),
    (runge_kutta, (np.array([1.0, 2.0]), np.array([1.1, 0.4, 0.1, 0.4]))),
    (leapfrog, (0.7, 0.3)),
    (logistic, (0.3, 2.9)),
    (recurrent, (RNG.normal(size=(3, 3)) / 2, RNG.normal(size=(N, 3)))),
    (filled, (RNG.normal(size=N) / 2,)),
    (rows_filled, (RNG.normal(size=(N, 3)),)),
    (columns_filled, (RNG.normal(size=(N, 3)),)),
    (fibonacci, (0.3, 0.4)),
    (two_steps_back, (0.3, 0.31)),
    (product, (RNG.normal(size=N) / 3,)),
    (backwards, (RNG.normal(size=N),)),
    (changing_constants, (np.array([0.1, 0.5]),)),
    (windows, (RNG.normal(size=(N, 3)),)),
    (read_around, (RNG.normal(size=(N, 3)),)),
    (written_in_turn, (RNG.normal(size=N),)),
    (heat, (RNG.normal(size=9),)),
    (nested, (np.array([0.3, 0.4]),)),
]
BY_NAME = [pytest.param(f, args, id=f.__name__) for f, args in LOOPS]


@pytest.mark.parametrize(("f", "args"), BY_NAME)
def test_a_loop_becomes_a_scan(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    new, lengths = rolled_trace(f, *args)
    assert lengths
    assert len(new.equations) <= max(30, len(simplify(wg.trace(f)(*args)).equations) / 20)


# Their cotangents are constants: there is nothing to carry backwards.
LINEAR = (windows, backwards)


@pytest.mark.parametrize(("f", "args"), BY_NAME)
def test_its_gradient_becomes_scans(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    gradient = wg.grad(f, argnums=tuple(range(len(args))))
    new, lengths = rolled_trace(gradient, *args)
    assert len(lengths) >= (1 if f in LINEAR else 2)
    assert len(new.equations) <= max(120, len(simplify(wg.trace(gradient)(*args)).equations) / 20)
