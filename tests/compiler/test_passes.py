"""simplify: the same values from fewer equations."""

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
from wengert.interpreters.record import Graph

SPECIAL = np.array([1.5, -0.3, 0.0, -0.0, np.inf, -np.inf, np.nan])


def names(graph: Graph) -> list[str]:
    """The ops of a graph, in order."""
    return [e.op.name for e in graph.equations]


def simplified(f: Callable[..., Any], *args: Any) -> Graph:
    """The simplified trace of a function; it computes what the trace does, and twice the same."""
    graph = plain(wg.trace(f), *args)
    new = simplify(graph)
    for _ in range(2):
        for a, e in zip(tree.leaves(plain(new, *args)), tree.leaves(plain(graph, *args)), strict=True):
            np.testing.assert_allclose(a, e, rtol=4e-16)
            assert a.dtype == e.dtype
    plain(replay, new, tree.leaves(args))
    return new


# --- laws: every op of the table, and its gradient -----------------------------------------------------------------


def applies(case: Case) -> bool:
    """Every case whose function needs no plain numbers."""
    return not case.concrete


@over(applies)
def test_simplified_equals_recorded(case: Case) -> None:
    graph = plain(wg.trace(case.f), *case.operands(0))
    new = plain(simplify, graph)
    powers = names(graph).count("power_by")  # become products
    assert len(new.equations) <= len(graph.equations) + 2 + 2 * powers
    fresh = case.operands(1)
    close(plain(new, *fresh), plain(graph, *fresh), precision(case))
    plain(replay, new, tree.leaves(fresh))


@over(lambda case: applies(case) and differentiable(case))
def test_simplified_gradient_equals_recorded(case: Case) -> None:
    p = Smooth(case)
    graph = plain(wg.trace(wg.grad(p.phi, argnums=tuple(range(len(p.xs))))), *p.xs)
    new = plain(simplify, graph)
    fresh = [case.operands(1)[n] for n in case.positions]
    close(plain(new, *fresh), plain(graph, *fresh), precision(case))
    plain(replay, new, fresh)


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: x * 1, []),
        (lambda x: 1.0 * x / 1, []),
        (lambda x: x * np.ones(7), []),
        (lambda x: np.negative(-x), []),
        (lambda x: x - 0.0, []),
        (lambda x: x + -0.0, []),
        (lambda x: x * -1, ["negative"]),
        (lambda x: np.sin(x) + (-np.cos(x)), ["sin", "cos", "subtract"]),
        (lambda x: x - (-np.cos(x)), ["cos", "add"]),
        (lambda x: np.sin(x) * np.sin(x), ["sin", "multiply"]),
        (lambda x: x * np.exp(x) + np.exp(x) * x, ["exp", "multiply", "add"]),
        (lambda x: x.astype(float), []),
        (lambda x: np.where(np.ones(7, bool), x, 3.0), []),
        (lambda x: np.where(x > 0, np.sin(x), np.sin(x)), ["sin"]),
        (lambda x: x.reshape(7, 1).reshape(1, 7), ["reshape"]),
        (lambda x: x.reshape(7, 1).T.T.reshape(7), []),
        (lambda x: np.flip(np.flip(x)), []),
        (lambda x: x[2:6][1:3][0], ["slice"]),
        (lambda x: x[2:6][1:3], ["slice"]),
        (lambda x: x * np.broadcast_to(x[0], (7,)), ["slice", "multiply"]),
        (lambda x: np.concatenate([x[:3], x[3:]]), []),
        (lambda x: np.stack(list(x)), []),
        (lambda x: np.concatenate([np.sin(x), x])[9], ["slice"]),
        (lambda x: np.concatenate([x, np.sin(x)])[8:10], ["sin", "slice"]),
        (lambda x: np.sum(x.reshape(1, 7), axis=0), []),
        (lambda x: np.copy(np.sin(x)) + 1, ["sin", "add"]),
        (lambda x: x**4, ["square", "square"]),
        (lambda x: x**3, ["square", "multiply"]),
        (lambda x: x + np.sin(np.arange(7.0)) * 2, ["add"]),
    ],
)  # fmt: skip
def test_rules(f: Callable[..., Any], expected: list[str]) -> None:
    assert names(simplified(f, SPECIAL)) == expected


def test_what_looks_like_a_rule_and_is_none() -> None:
    assert names(simplified(lambda x: 1 / (x + 0.0), SPECIAL)) == ["add", "divide"]  # 1/(-0 + 0) is +inf
    assert names(simplified(lambda x: np.copysign(1.0, np.sin(x) + 0), SPECIAL)) == ["sin", "add", "copysign"]
    assert names(simplified(lambda x: x + 0.0, SPECIAL)) == []
    assert names(simplified(lambda x: 0 * x, SPECIAL)) == ["multiply"]  # 0 · inf is NaN
    assert names(simplified(lambda x: x * 1.0, np.arange(3))) == ["multiply"]  # floats of integers
    assert names(simplified(lambda x: x * np.float64(1), np.ones(3, np.float32))) == ["multiply"]
    assert names(simplified(lambda x: x + np.zeros((2, 7)), SPECIAL)) == ["add"]  # it broadcasts
    assert names(simplified(lambda x: (x / 3.0, x * (1 / 3.0)), SPECIAL)) == ["divide", "multiply"]
    assert names(simplified(lambda x: x - x, SPECIAL)) == ["subtract"]
    assert names(simplified(lambda x: x**-2, SPECIAL[:2])) == ["power_by"]


def test_constants_are_shared_by_value_and_type() -> None:
    assert names(simplified(lambda x: (x * 2, x * 2, x * np.array(2.0)), np.ones(2))) == ["multiply", "multiply"]
    new = simplified(lambda x: (x * 0.0, x * -0.0, x * 0.0), SPECIAL)
    assert names(new) == ["multiply", "multiply"]
    single = simplified(lambda x: (x * 2.0, x * np.float64(2.0)), np.ones(2, np.float32))
    assert [v.spec.dtype for v in single.outputs] == [np.float32, np.float64]


def test_integers_and_booleans_are_exact() -> None:
    i = np.array([2**62, -3, 5])
    assert names(simplified(lambda x: (x + 0, x * 1, x**2, x**3, x - 0), i)) == ["square", "multiply"]
    assert names(simplified(lambda b: b * 1, np.array([True, False]))) == ["multiply"]
    assert names(simplified(lambda b: b + 0, np.array([True, False]))) == ["add"]


def test_zeros_of_derivatives_vanish() -> None:
    new = simplified(wg.grad(lambda x: np.sum(np.where(x > 0, x, 0.0) * np.zeros(3) + x)), np.array([1.0, -2.0, 3.0]))
    assert names(new) == []


def test_a_mask_times_a_cotangent_is_a_choice() -> None:
    f = wg.grad(lambda x: np.sum(np.where(x > 0, np.sin(x), x) * x))
    found = names(simplified(f, np.array([1.0, -2.0, 0.0])))
    assert found.count("strong_multiply") == 1 and "not_equal" not in found  # of cos(x), behind the mask


# --- parts of arrays -------------------------------------------------------------------------------------------------


def filled(x: Any) -> Any:
    """A cumulative product in an array that is filled entry by entry."""
    y = np.zeros(len(x), like=x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = y[i - 1] * x[i]
    return y


def test_an_array_filled_entry_by_entry_is_a_concatenation() -> None:
    new = simplified(filled, np.arange(1.0, 9.0))
    assert "overwrite" not in names(new) and names(new).count("concatenate") == 1 and names(new).count("multiply") == 7


def test_the_adjoint_of_parts_is_a_concatenation() -> None:
    new = simplified(wg.grad(lambda x: x[0] * x[1] + x[2] * x[0] + x[3]), np.arange(1.0, 5.0))
    assert not {"unslice", "overwrite"} & set(names(new)) and names(new).count("concatenate") == 1
    new = simplified(wg.grad(lambda x: np.sum(x[:2] ** 2) * np.sum(np.exp(x[2:5]))), np.arange(6.0))
    assert not {"unslice", "overwrite"} & set(names(new))


def test_rows_columns_and_cells() -> None:
    def f(x: Any) -> Any:
        a, b, c = np.zeros((3, 2), like=x), np.zeros((2, 3), like=x), np.zeros((2, 2), like=x)
        for i in range(3):
            a[i] = x[i : i + 2] * i
            b[:, i] = np.sin(x[i : i + 2])
        for i in range(2):
            for j in range(2):
                c[i, j] = x[i] * x[j]
        return a, b, c

    assert "overwrite" not in names(simplified(f, np.arange(1.0, 5.0)))


def test_few_writes_stay_writes() -> None:
    def f(x: Any) -> Any:
        y = np.sin(x)
        y[0] = 0.0
        y[-1] = x[0]
        return y * 2

    assert names(simplified(f, np.arange(1.0, 50.0))).count("overwrite") == 2


def test_few_entries_here_and_there_are_scattered_at_once() -> None:
    def f(x: Any) -> Any:
        y = np.zeros((20, 5), like=x)
        for i in range(20):
            y[i, i % 5] = x[i] * 2
        return y

    graph = simplified(f, np.arange(20.0))
    assert [e for e in names(graph) if e in ("overwrite", "scatter")] == ["scatter"]


def test_entries_that_are_read_in_turn_stay_writes() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(100, like=x)
        for i in range(20):
            y[5 * i] = x[i] + np.sum(y)
        return y

    assert "scatter" not in names(simplified(f, np.arange(20.0)))


def test_writes_that_cut_through_each_other() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(6, like=x)
        y[0:3] = x[:3]
        y[2:5] = x[1:4] * 2
        first = y[1:3] + 1
        y[4] = 7.0
        y[::2] = y[::2] * 3
        z = y.copy()
        z[0] = y[5]
        y[1:] = z[:-1]
        return y, z, first, y[-1]

    simplified(f, np.arange(1.0, 8.0))


def test_the_adjoint_of_gathers_is_scattered_into_one_array() -> None:
    i, j = np.array([0, 2, 2]), np.array([1, 3])
    new = simplified(wg.grad(lambda x: np.sum(np.sin(x[i])) + np.sum(np.exp(x[j])) + np.sum(x**2)), np.arange(1.0, 5.0))
    assert "add" not in names(new) and names(new).count("scatter_add") == 2


def test_a_result_that_is_written_in_place_is_new_each_time() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(40, like=x)
        y[3] = x
        return y

    new = simplify(wg.trace(f)(1.0))
    first = new(1.0)
    new(2.0)
    assert first[3] == 1.0


def test_parts_read_before_a_write_in_place_keep_their_values() -> None:
    def f(x: Any) -> Any:
        y = np.sin(np.arange(40.0)) * x
        before = y[3:30]
        y[3] = 100.0
        y[4] = 200.0
        return before + 1, before, y

    simplified(f, 2.0)


KEYS = st.one_of(
    st.integers(-6, 5),
    st.tuples(st.integers(0, 5), st.integers(1, 3)).map(lambda t: slice(t[0], t[0] + t[1])),
    st.sampled_from([slice(None), slice(1, None), slice(None, None, 2), (...,), (slice(2, 4), ...)]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("write copy read whole add".split()), KEYS, KEYS), min_size=1, max_size=14))
def test_any_program_of_writes(program: list[tuple[str, Any, Any]]) -> None:
    def f(x: Any) -> Any:
        y = np.zeros(6, like=x)
        out: list[Any] = []
        for n, (what, key, other) in enumerate(program):
            if what == "write":
                y[key] = np.sum(x[other]) * (n + 1)
            elif what == "add":
                y[key] += x[n % 6]
            elif what == "copy":
                y = np.copy(y) if n % 2 else y * x
            elif what == "read":
                out.append(np.sum(y[key] * 2) + np.sum(y[other]))
            else:
                out.append(np.sum(y))
        return [y, *out]

    x = np.array([0.5, -1.5, 2.0, 3.0, -0.25, 1.25])
    for g in (f, wg.grad(lambda x: sum(np.sum(o) for o in f(x)))):
        graph = wg.trace(g)(x)
        for new in (simplify(graph), simplify(simplify(graph))):
            for _ in range(2):
                close(new(x * 2 + 0.1), graph(x * 2 + 0.1), 1e-13)
            replay(new, [x])
