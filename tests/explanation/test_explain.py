"""Arguments, directions, results, large traces, tables."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, LostGradient, MissingDependency
from wengert.explanation.collapse import LARGE, blocks, edges, strongest


def test_pytrees_and_static_arguments() -> None:
    def f(params: Any, n: int, scale: float = 1.0) -> Any:
        return np.sum(params["w"] ** n) * params["b"] * scale

    params = {"w": np.array([1.0, 2.0]), "b": 3.0}
    e = wg.explain(f, params, 2, scale=2.0)
    assert list(e.gradient()) == ["params['w']", "params['b']", "scale"]
    wanted = wg.grad(f)(params, 2, 2.0)
    np.testing.assert_array_equal(e.gradient()["params['w']"], wanted["w"])
    assert e.gradient()["params['b']"] == wanted["b"]


def test_wrt_by_name_and_position() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y

    assert wg.explain(f, 2.0, 3.0, wrt="y").gradient() == {"y": 2.0}
    assert wg.explain(f, 2.0, 3.0, wrt=0).gradient() == {"x": 3.0}
    assert wg.explain(f, 2.0, 3.0, wrt=["x", -1]).gradient() == {"x": 3.0, "y": 2.0}
    assert wg.explain(f, 2, 3.0).gradient() == {"y": 2.0}
    assert wg.explain(f, 2, 3.0, wrt="x").gradient() == {"x": 3.0}
    (x, _, product) = wg.explain(f, 2.0, 3.0, wrt="y").steps()
    assert not x.differentiable
    assert x.adjoint is None
    assert [o.gate for o in product.operands] == ["", "multiply swapper"]
    with pytest.raises(InvalidArgument, match="names no argument"):
        wg.explain(f, 2.0, 3.0, wrt="z")
    with pytest.raises(InvalidArgument, match="no argument to differentiate"):
        wg.explain(f, "a", "b")


def test_seeds_are_entries_then_inputs_then_directions() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.sum(x) * y

    assert [s.label for s in wg.explain(f, np.ones(2), 1.0).seeds] == ["x[0]", "x[1]", "y"]
    e = wg.explain(f, np.ones(50), 2.0)
    assert [s.label for s in e.seeds] == ["x", "y"]
    assert [float(t) for t in e.trace[-1].tangents] == [100.0, 50.0]
    e = wg.explain(f, np.ones(3), 2.0, along={"ramp": (np.arange(3.0), 0.0), "both": (np.ones(3), 1.0)})
    assert [s.label for s in e.seeds] == ["ramp", "both"]
    assert [float(t) for t in e.trace[-1].tangents] == [6.0, 9.0]
    with pytest.raises(InvalidArgument, match="along="):
        wg.explain(f, np.ones(3), 2.0, along=(np.ones(2), 1.0))


def test_several_results_and_cotangents() -> None:
    def f(x: Any) -> Any:
        return {"a": x * 2, "b": (np.sin(x), 7)}

    e = wg.explain(f, np.array([0.0, 1.0]))
    np.testing.assert_allclose(e.gradient()["x"], 2 + np.cos([0, 1]))
    assert e.value["b"][1] == 7
    e = wg.explain(f, np.array([0.0, 1.0]), cotangent={"a": np.array([1.0, 0.0]), "b": (None, None)})
    np.testing.assert_array_equal(e.gradient()["x"], [2, 0])
    assert "the sum of all results" in wg.explain(f, 1.0).text


def test_broadcasting_is_undone_in_sight() -> None:
    e = wg.explain(lambda x, y: np.sum(x * y), np.ones((3, 1)), np.arange(4.0))
    x, y = e.steps()[:2]
    assert x.contributions[0].note == "summed over axis 1: (3, 4) → (3, 1)"
    assert y.contributions[0].note == "summed over axis 0: (3, 4) → (4,)"
    np.testing.assert_array_equal(x.adjoint, np.full((3, 1), 6.0))


def test_upstream_times_local_is_downstream() -> None:
    e = wg.explain(lambda x, y: np.sum(np.sin(x) * y / (1 + x**2)), np.array([0.3, 2.0]), np.array([1.0, -2.0]))
    checked = 0
    for step in e.steps():
        if step.contributions:
            np.testing.assert_allclose(np.sum([c.downstream for c in step.contributions], axis=0), step.adjoint)
        for c in step.contributions:
            if not isinstance(c.local, str):
                np.testing.assert_allclose(c.upstream * c.local, c.downstream)
                assert c.local is e.trace[c.consumer].operands[c.position].local
                checked += 1
    assert checked >= 6


def test_complex_values() -> None:
    def f(z: Any) -> Any:
        return np.real(np.sum(z * np.conj(z)))

    z = np.array([1 + 2j, 3 - 1j])
    np.testing.assert_allclose(wg.explain(f, z).gradient()["z"], wg.grad(f)(z))


def test_compiled_functions_are_looked_into() -> None:
    inner = wg.jit(lambda y: (np.sin(y) * y, y))

    def f(x: Any) -> Any:
        a, b = inner(x * 1)
        return a * 2 + b

    e = wg.explain(f, 2.0)
    assert e.gradient()["x"] == wg.grad(f)(2.0)
    assert {"sin", "multiply", "add"} <= {s.op for s in e.steps()}
    assert "call" not in [s.op for s in e.steps()]
    assert [s.op for s in wg.explain(wg.jit(np.sin), 1.0).steps()] == ["", "sin"]


def test_explanations_inside_other_transforms() -> None:
    def f(x: Any) -> Any:
        return wg.grad(lambda z: np.sin(z) * z)(x)

    assert wg.explain(f, 1.0).gradient()["x"] == wg.grad(f)(1.0)


def test_a_lost_gradient_is_refused() -> None:
    with pytest.raises(LostGradient):
        wg.explain(lambda x: float(x) * 2, 1.0)


def test_the_same_function_as_a_closure_over_a_tensor() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    e = wg.explain(lambda x: np.sum(x * w), np.array([3.0, 4.0]))
    np.testing.assert_array_equal(e.gradient()["x"], [1, 2])


def long(x: Any) -> Any:
    s = x
    for _ in range(300):
        s = np.sin(s) * x
        s = s + 0.5
    return s


def test_large_traces_are_shown_in_blocks() -> None:
    e = wg.explain(long, 1.0)
    assert len(e.trace) == 901 > LARGE
    assert e.gradient()["x"] == wg.grad(long)(1.0)
    assert "900 steps in 2 blocks" in e.text
    assert "The largest contributions" in e.text
    assert len(e.text.splitlines()) < 60
    assert len(e.dot.splitlines()) < 20
    assert len(e.mermaid.splitlines()) < 20
    first, second = blocks(e)
    assert first.ops == (("multiply", 300), ("sin", 300))
    assert first.title.endswith("s = np.sin(s) * x")
    assert second.ops == (("add", 300),)
    assert dict(edges(e, [first, second])) == {(-1, 0): 301, (0, 1): 300, (1, 0): 299}
    sizes = [abs(float(c.downstream)) for _, c in strongest(e)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 10


def test_blocks_by_function_and_the_rest() -> None:
    def inner(x: Any) -> Any:
        y = np.sin(x)
        return np.cos(y)

    def outer(x: Any) -> Any:
        return inner(inner(x)) + x

    e = wg.explain(outer, 1.0)
    assert [(b.title.split()[0], len(b.steps)) for b in blocks(e, depth=1)][:1] == [("inner", 4)]
    assert len(blocks(e, most=2)) == 2
    assert sorted([n for b in blocks(e, most=2) for n in b.steps]) == [s.number for s in e.steps()[1:]]


def test_records_and_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    e = wg.explain(lambda x: np.exp(x) * x, 0.0)
    last = e.records()[-1]
    assert last["d/dx"] == last["adjoint"] == 1.0
    assert last["expression"] == "v₁ * x"
    assert [row["saved_bytes"] for row in e.records()] == [0, 8, 16]

    class Frames:
        class DataFrame:
            from_records = staticmethod(lambda rows: ("frame", rows))

    monkeypatch.setattr(importlib, "import_module", lambda name: Frames)
    assert e.dataframe()[1] == e.records()

    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingDependency, match="pandas"):
        e.dataframe()


def test_mermaid_and_dot_escape_what_users_write() -> None:
    def f(p: Any) -> Any:
        return p['"<a>"'] * 2

    e = wg.explain(f, {'"<a>"': 1.0})
    assert "p['#quot;#lt;a#gt;#quot;']" in e.mermaid
    assert "p['\\\"<a>\\\"']" in e.dot
