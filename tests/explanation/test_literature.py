"""The trace tables of Baydin, Pearlmutter, Radul and Siskind (JMLR 18, 2018): y = ln x1 + x1 x2 - sin x2 at (2, 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg


def y(x1: Any, x2: Any) -> Any:
    v1 = np.log(x1)
    v2 = x1 * x2
    v3 = np.sin(x2)
    v4 = v1 + v2
    v5 = v4 - v3
    return v5


@pytest.fixture
def e() -> Any:
    return wg.explain(y, 2, 5)


def test_the_primals_of_table_2(e: Any) -> None:
    assert [s.label for s in e.steps()] == ["v₋₁", "v₀", "v₁", "v₂", "v₃", "v₄", "v₅"]
    assert [s.name for s in e.steps()] == ["x1", "x2", "v1", "v2", "v3", "v4", "v5"]
    np.testing.assert_allclose([s.value for s in e.steps()], [2, 5, 0.693, 10, -0.959, 10.693, 11.652], atol=5e-4)


def test_the_tangents_of_table_2(e: Any) -> None:
    assert [seed.label for seed in e.seeds] == ["x1", "x2"]
    first = [0.0 if s.tangents[0] is None else s.tangents[0] for s in e.steps()]
    np.testing.assert_allclose(first, [1, 0, 0.5, 5, 0, 5.5, 5.5])


def test_the_adjoints_of_table_3_one_row_per_contribution(e: Any) -> None:
    rows = [(row.formula, round(float(row.sum), 3)) for row in e.reverse()]
    assert rows == [
        ("v̄₅ = 1", 1.0),
        ("v̄₄ = v̄₅", 1.0),
        ("v̄₃ = -v̄₅", -1.0),
        ("v̄₁ = v̄₄", 1.0),
        ("v̄₂ = v̄₄", 1.0),
        ("v̄₀ = v̄₃ · np.cos(x2)", -0.284),
        ("v̄₋₁ = v̄₂ · x2", 5.0),
        ("v̄₀ = v̄₀ + v̄₂ · x1", 1.716),
        ("v̄₋₁ = v̄₋₁ + v̄₁ · (1 / x1)", 5.5),
    ]


def test_the_text(e: Any) -> None:
    assert e.text.startswith("y(x1 = 2, x2 = 5) = 11.65207\n\nForward trace: the Wengert list, primal | tangent\n")
    lines = [" ".join(line.split()) for line in e.text.splitlines()]
    line = y.__code__.co_firstlineno
    assert f"v₂ v2 x1 * x2 10 5 2 multiply swapper line {line + 2}" in lines
    assert f"v₅ v5 v4 - v3 11.652 5.5 1.716 add distributor line {line + 5}" in lines
    assert "v̄₀ = v̄₀ + v̄₂ · x1 1 × 2 = 2 1.716 x2 multiply swapper, copy adder" in lines
    assert "v₋₁ x1 2 5.5" in lines
    assert "v₀ x2 5 1.71634" in lines


def test_the_latex(e: Any) -> None:
    assert r"v_{1} = & \ln(x_{1}) & 0.693 & 0.5 & 0 \\" in e.latex
    assert r"\bar v_{0} = & \bar v_{0} + \bar v_{2} \cdot x_{1} & 1.716 \\" in e.latex
    assert e.latex.count(r"\begin{array}") == e.latex.count(r"\end{array}") == 2
    assert e.latex.count("{") == e.latex.count("}")


def test_the_pictures(e: Any) -> None:
    assert 's0 [label="x1\\nvalue 2\\ngrad 5.5", shape=box, style="rounded,filled"' in e.dot
    assert 's0 -> s3 [label="5"];' in e.dot
    assert 's3["v2 = x1 * x2<br/>value 10<br/>grad 1<br/>MulBackward0"]:::step' in e.mermaid
    assert '  s1 -->|"-0.28"| s4' in e.mermaid


def test_it_is_deterministic(e: Any) -> None:
    again = wg.explain(y, 2, 5)
    for shown in ("text", "latex", "mermaid", "dot"):
        assert getattr(e, shown) == getattr(again, shown)


def test_adjoints_are_the_gradient(e: Any) -> None:
    assert list(e.gradient().values()) == list(wg.grad(y, (0, 1))(2.0, 5.0))
