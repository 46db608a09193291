"""roll: unrolled loops become scans that compute the same, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import wengert as wg
from tests.compiler.honest import replay
from tests.draws import Case
from tests.laws.common import Smooth, close, differentiable, over, plain, precision
from wengert import tree
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
        plain(replay, new, tree.leaves(near))
    return new, [e.params["length"] for e in new.equations if is_scan(e)]


# --- time loops ---------------------------------------------------------------------------------------------------


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
            y = y + 0.01 * np.sin(y) * (k + 2.0)
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


def test_nested_loops_become_nested_scans() -> None:
    new, lengths = rolled_trace(nested, np.array([0.3, 0.4]), worth=20)
    (outer,) = [e for e in new.equations if is_scan(e)]
    assert lengths == [12]
    assert [e.params["length"] for e in outer.params["body"].equations if is_scan(e)] == [8]


def test_a_loop_around_scans_is_rolled() -> None:
    def f(x: Any) -> Any:
        for _ in range(N):
            y, _ = wg.scan(lambda c, t: (c + 0.1 * np.sin(c * t), None), x, np.linspace(0, 1, 5) * x)
            x = np.cos(y)
        return x

    assert rolled_trace(f, 0.3)[1] == [N]


def test_a_value_of_the_middle_and_the_last_ones_are_read() -> None:
    def f(x: Any) -> Any:
        states = []
        for _ in range(N):
            x = np.sin(x) + 0.5 * x
            states.append(x)
        return states[7], states[-2] * states[-1], np.concatenate([s[None] for s in states[3:30]]), np.stack(states, 1)

    new, lengths = rolled_trace(f, np.array([0.3, 0.4]))
    assert lengths == [N] and len(new.equations) < 15


def test_last_values_that_are_no_state() -> None:
    def f(x: Any) -> Any:
        for _ in range(N):
            y = np.sin(x)
            z = y * x
            x = x * 0.5 + z
        return x, y, z

    new, _ = rolled_trace(f, 0.3)
    (scan,) = new.equations
    assert scan.params["carry"] == 3 and len(scan.results) == 3


def test_rows_in_another_shape_are_rows() -> None:
    w, xs = RNG.normal(size=(3, 3)) / 2, RNG.normal(size=(N, 3))
    new, lengths = rolled_trace(wg.grad(recurrent), w, xs)
    assert len(lengths) == 2 and len(new.equations) < 30


def test_two_loops_of_one_kind_and_a_third_that_reads_them() -> None:
    def f(x: Any) -> Any:
        first, second, total = [x], [x * 2], 0.0
        for _ in range(N):
            first.append(np.sin(first[-1]) + 0.1)
        for _ in range(N):
            second.append(np.sin(second[-1]) + 0.1)
        for i in range(N):
            total = np.cos(total) + first[i] * second[N - i] + first[i // 1]
        return total

    assert rolled_trace(f, 0.3)[1] == [N - 1, N, N - 2]  # the last of `first` is not read


def test_weights_from_many_arguments_are_stacked_if_they_are_small() -> None:
    def f(x: Any, *ws: Any) -> Any:
        for w in ws:
            x = np.tanh(w * x + 0.1)
        return x

    small = [np.array(0.1 * n) for n in range(N)]
    assert rolled_trace(f, np.ones(3), *small)[1] == [N]
    large = [np.full(30_000, 0.1 * n) for n in range(20)]
    assert rolled_trace(f, np.ones(30_000), *large)[1] == []


def test_tensors_that_are_closed_over_keep_their_gradients() -> None:
    ws = [wg.tensor(0.1 * n, requires_grad=True) for n in range(N)]

    def f(x: Any) -> Any:
        y = np.zeros(3, like=x)
        for w in ws:
            x = np.tanh(w * x + 0.1)
        y[0], y[1:] = ws[3], x
        return y

    graph = wg.trace(f)(0.3)
    new = rolled(simplify(graph), 40).graph
    assert [e.params["length"] for e in new.equations if is_scan(e)] == [N]
    np.sum(new(0.2)).backward()
    got = [w.grad for w in ws]
    for w in ws:
        w.grad = None
    np.sum(f(wg.tensor(0.2))).backward()
    close(got, [w.grad for w in ws], 1e-12)


def test_numbers_keep_their_dtype() -> None:
    def f(x: Any) -> Any:
        for k in range(N):
            x = np.where(x > k * 0.01, np.sin(x) * (k + 1), x + 0.25 / (k + 1))
        return x

    x = np.array([0.1, 0.7], np.float32)
    graph = wg.trace(f)(x)
    new = rolled(simplify(graph), 40).graph
    assert len(new.equations) < 30
    np.testing.assert_array_equal(new(x), graph(x))
    assert new(x).dtype == np.float32


def test_integers_roll_exactly() -> None:
    def f(x: Any) -> Any:
        for k in range(N):
            x = (x * 6364136223846793005 + k) ^ (x >> 17)
        return x

    x = np.array([1, -5], np.int64)
    with np.errstate(all="ignore"):
        graph = wg.trace(f)(x)
        new = rolled(simplify(graph), 40).graph
        assert len(new.equations) < 30
        np.testing.assert_array_equal(new(x + 1), graph(x + 1))


def test_what_is_no_loop_stays() -> None:
    def straight(x: Any) -> Any:
        return np.sin(np.cos(x) * np.exp(x)) + np.tanh(x) / x

    def parts(x: Any) -> Any:
        return [x[i] for i in range(N)], [np.reshape(x[i], (1, 3)) for i in range(N)]

    for f in (straight, parts):
        graph = simplify(wg.trace(f)(np.ones((N, 3))))
        assert rolled(graph, 4) == (graph, (), {})


def test_short_loops_stay_unrolled_unless_asked_for() -> None:
    graph = simplify(wg.trace(euler)(np.ones(3), 2.0))
    assert rolled(graph, len(graph.equations) + 1).graph is graph
    assert len(rolled(graph, 40).graph.equations) == 2


def test_elementwise_code_on_large_arrays_stays_in_one_kernel() -> None:
    assert rolled_trace(euler, np.ones(10_000), 2.0)[1] == []
    assert rolled_trace(euler, np.ones(10_000), 2.0, worth=10)[1] == [N]


def test_what_was_found_is_told() -> None:
    notes = rolled(simplify(wg.trace(euler)(np.ones(3), 2.0)), 40).notes
    assert notes == ("40 repetitions of 4 equations became one scan",)


def test_a_rolled_graph_can_be_differentiated_and_rolled_again() -> None:
    graph = rolled(simplify(wg.trace(leapfrog)(0.7, 0.3)), 40).graph
    assert rolled(graph, 4).graph is graph
    close(wg.grad(graph)(0.6, 0.3), wg.grad(leapfrog)(0.6, 0.3), 1e-10)


# --- nearly periodic programs -------------------------------------------------------------------------------------

STEP = st.tuples(
    st.sampled_from("sin add mul old far const part row out fix".split()), st.integers(0, 3), st.integers(0, 3)
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(STEP, min_size=1, max_size=6),
    st.integers(4, 12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 5), STEP), max_size=2),
    st.booleans(),
)
def test_any_nearly_periodic_program(body: Any, repeats: int, changes: Any, gradient: bool) -> None:
    def f(x: Any) -> Any:
        values: list[Any] = [x[0, 0], x[1, 1] * 0.5, np.sin(x[2, 0]), x[0, 1] + 1]
        fixed = [np.sin(x[3, 0]), x[3, 1]]
        rows = np.cos(x)
        y = np.zeros((12, 2), like=x)
        out: list[Any] = []
        for k in range(repeats):
            steps = list(body)
            for at, n, step in changes:
                if at == k:
                    steps[n % len(steps)] = step
            for what, i, j in steps:
                a, b = values[-1 - i], values[-1 - j]
                if what == "sin":
                    values.append(np.sin(a))
                elif what == "add":
                    values.append(a * 0.5 + b)
                elif what == "mul":
                    values.append(np.cos(a * b))
                elif what == "old":
                    values.append(np.tanh(values[-4 - i]) if len(values) > 8 else a * 0.25)
                elif what == "far":
                    values.append(np.tanh(values[len(values) // 2] + a))
                elif what == "const":
                    values.append(a * (0.1 * k + 0.3) + b * 0.5)
                elif what == "part":
                    values.append(np.sin(x[k, i % 2] + rows[11 - k, j % 2]))
                elif what == "row":
                    y[k] = a * rows[k]
                elif what == "out":
                    out.append(a)
                else:
                    values.append(fixed[i % 2] * a)
        return [values[-1], values[-2], y, *out]

    def total(x: Any) -> Any:
        return sum(np.sum(np.sin(o)) for o in f(x))

    g = wg.grad(total) if gradient else f
    x = np.random.default_rng(repeats).uniform(-1, 1, (12, 2))
    graph = wg.trace(g)(x)
    plainly = simplify(graph)
    new = rolled(plainly, 12).graph
    close(plainly(x * 0.9), graph(x * 0.9), 1e-12)
    close(new(x * 0.9), graph(x * 0.9), 1e-11)
    replay(new, [x])


@over(lambda case: not case.concrete and differentiable(case))
def test_rolling_changes_no_gradient(case: Case) -> None:
    p = Smooth(case)
    graph = plain(simplify, plain(wg.trace(wg.grad(p.phi, argnums=tuple(range(len(p.xs))))), *p.xs))
    new = plain(lambda: rolled(graph, 4).graph)
    fresh = [case.operands(1)[n] for n in case.positions]
    close(plain(new, *fresh), plain(graph, *fresh), precision(case))
    plain(replay, new, fresh)
