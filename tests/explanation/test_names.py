"""Names and places: every value is called what the user called it."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg


def names(e: Any) -> list[str]:
    return [s.name for s in e.steps()]


def test_loops_number_the_later_values() -> None:
    def f(x: Any) -> Any:
        for _ in range(3):
            x = np.sin(x)
        return x

    assert names(wg.explain(f, 1.0)) == ["x", "x₂", "x₃", "x₄"]


def test_a_loop_that_goes_on_names_its_last_value_too() -> None:
    def f(x: Any) -> Any:
        for _ in range(2):
            x = np.sin(x)
        return x * 2

    assert names(wg.explain(f, 1.0)) == ["x", "x₂", "x₃", "v₃"]


def test_helpers_tuples_and_walrus() -> None:
    def square(t: Any) -> Any:
        r = t * t
        return np.exp(r)

    def f(x: Any) -> Any:
        a, b = square(x), np.cos(x)
        if (c := a - b) is not None:
            d = c / 2
        return d

    e = wg.explain(f, 1.0)
    assert names(e) == ["x", "r", "a", "b", "c", "d"]
    assert [s.group for s in e.steps()] == ["", "square", "square", "", "", ""]
    assert [s.source.line - f.__code__.co_firstlineno for s in e.steps() if s.source and not s.group] == [1, 2, 3]
    assert e.steps()[4].source.text == "if (c := a - b) is not None:"
    assert e.steps()[4].source.file == "test_names.py"


def test_written_arrays_keep_their_name() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3, like=x)
        y[1:] = x[1:] * 2
        y *= x
        return np.sum(y)

    e = wg.explain(f, np.arange(1.0, 4.0))
    assert [(s.name, s.expression) for s in e.steps()[2:]] == [
        ("v₂", "v₁ * 2"),
        ("y", "y with [1:] = v₂"),
        ("y₂", "y * x"),
        ("v₅", "np.sum(y₂)"),
    ]
    np.testing.assert_array_equal(e.gradient()["x"], [0, 8, 12])


def test_values_of_written_arrays_are_those_of_their_time() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(2, like=x)
        for n in range(2):
            y[n] = x * (n + 1)
        return np.sum(y)

    written = [s.value.tolist() for s in wg.explain(f, 3.0).steps() if s.op == "overwrite"]
    assert written == [[3, 0], [3, 6]]


def test_lists_constants_and_containers() -> None:
    weights = np.array([1.0, 2.0])

    def f(p: Any, n: int) -> Any:
        hs = []
        for k in range(n):
            hs.append(p["w"][k] * weights)
        return np.sum(hs[0] + hs[1]) + p["b"]

    e = wg.explain(f, {"w": np.ones(2), "b": 3.0}, 2)
    assert names(e)[:2] == ["p['w']", "p['b']"]
    assert "hs[0]" in names(e)
    assert "hs[1]" in names(e)
    assert [s.expression for s in e.steps() if s.name == "hs[0]"] == ["v₁ * weights"]


class Layer:
    def __init__(self) -> None:
        self.weight = wg.tensor([[1.0, 2.0]], requires_grad=True)

    def __call__(self, x: Any) -> Any:
        return self.weight @ x


def test_parameters_of_objects() -> None:
    layer = Layer()
    (_, product) = wg.explain(lambda x: layer(x), np.ones(2)).steps()
    assert product.expression == "self.weight @ x"
    assert product.group == "Layer.__call__"


def test_comprehensions_are_no_functions_of_the_user() -> None:
    e = wg.explain(lambda x: sum([np.sin(x) for _ in range(2)]), 1.0)
    assert {s.group for s in e.steps()} == {""}


def test_branches_on_values_are_followed() -> None:
    def f(x: Any) -> Any:
        if x > 1:
            return x * 3
        return -x

    assert wg.explain(f, 2.0).gradient() == {"x": 3.0}
    low = wg.explain(f, 0.5)
    assert low.gradient() == {"x": -1.0}
    (remark,) = [r for r in low.remarks if r.kind == "branch"]
    assert remark.details == {"answer": False}
    assert "Python asked whether x > 1" in remark.text
    assert not [r for r in low.remarks if r.kind == "unused"]


def test_expressions_read_as_numpy() -> None:
    def f(x: Any, a: Any) -> Any:
        y = (a @ x)[::2].reshape(2, 1).T
        z = np.where(x > 0, x, -x)
        return np.sum(y, axis=1)[0] + np.max(z) ** 3 + np.mean(np.concatenate([x, x])) + np.linalg.norm(x)

    text = [s.expression for s in wg.explain(f, np.arange(3.0), np.ones((3, 3)), wrt="x").steps()]
    for wanted in (
        "a @ x", "v₁[::2]", "v₂.reshape(2, 1)", "v₃.T", "x > 0", "-x", "np.sum(y, axis=1)", "np.max(z)", "v₁₀**3",
        "np.concatenate([x, x], axis=0)", "np.linalg.norm(x)",
    ):  # fmt: skip
        assert wanted in text, (wanted, text)
