"""wg.explain(loss): the graph behind a tensor, read without changing it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import TapeError


class Layer:
    """A module as far as an explanation asks: it names its parameters."""

    def __init__(self, *sizes: int) -> None:
        rng = np.random.default_rng(0)
        self.weights = [wg.tensor(rng.normal(size=pair), requires_grad=True) for pair in itertools.pairwise(sizes)]

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        for n, w in enumerate(self.weights):
            yield f"fc{n}.weight", w

    def __call__(self, x: Any) -> Any:
        for w in self.weights:
            x = np.tanh(x @ w)
        return x


def test_gradients_names_and_nodes() -> None:
    w = wg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = wg.tensor([0.5, -0.5], requires_grad=True)
    x = wg.tensor([1.0, -1.0])
    h = np.tanh(x @ w + b)
    loss = np.sum(h * h)
    e = wg.explain(loss)
    assert e.origin == "tape"
    assert e.function == "loss"
    assert [(s.name, s.grad_fn) for s in e.steps()] == [
        ("w", "AccumulateGrad"),
        ("b", "AccumulateGrad"),
        ("v₁", loss.grad_fn.next_functions[0][0].next_functions[0][0].next_functions[0][0].next_functions[0][0].name()),
        ("v₂", "AddBackward0"),
        ("h", "TanhBackward0"),
        ("v₄", "MulBackward0"),
        ("loss", "SumBackward0"),
    ]
    assert e.steps()[4].expression == "np.tanh(v₂)"
    assert len(e.steps()[4].contributions) == 2
    np.testing.assert_array_equal(e.steps()[4].value, h.detach().numpy())
    loss.backward()
    np.testing.assert_array_equal(e.gradient()["w"], w.grad.numpy())
    np.testing.assert_array_equal(e.gradient()["b"], b.grad.numpy())


def test_explaining_leaves_the_tape_as_it_was() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    seen: list[Any] = []
    w.register_hook(seen.append)
    loss = np.sum(np.exp(w) * w)
    assert wg.explain(loss).text == wg.explain(loss).text
    assert w.grad is None
    assert not seen
    loss.backward()
    np.testing.assert_allclose(w.grad.numpy(), np.exp([1, 2]) * np.array([2, 3]))


def test_a_freed_graph_is_told() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    loss = np.sum(np.exp(w) * w)
    loss.backward()
    e = wg.explain(loss)
    assert [r.details for r in e.remarks if r.kind == "tape"] == [{"freed": 2}]
    assert e.gradient() == {"w": None}


def test_modules_group_their_steps() -> None:
    model = Layer(3, 4, 2)
    loss = np.sum(model(wg.tensor([1.0, 2.0, 3.0])))
    e = wg.explain(loss)
    assert list(e.gradient()) == ["fc0.weight", "fc1.weight"]
    assert [s.group for s in e.steps() if s.op in ("matmul", "vecmat")] == ["fc0", "fc1"]
    assert "fc1" in e.summary(1)


def test_names_that_tensors_carry_and_containers() -> None:
    ws = {"first": wg.tensor(2.0, requires_grad=True), "second": wg.tensor(3.0, requires_grad=True)}
    ws["second"].name = "beta"
    product = ws["first"] * ws["second"]
    assert wg.explain(product).gradient() == {"ws['first']": 3.0, "beta": 2.0}


def test_ops_of_several_results_and_written_arrays() -> None:
    a = wg.tensor([[3.0, 1.0], [1.0, 2.0], [0.0, 1.0]], requires_grad=True)
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    y = a * 1.0
    y[0] = y[1] * 2
    y[np.array([0, 0])] = s
    loss = np.sum(s) + u[0, 0] * vt[0, 1] + np.sum(y**3)
    e = wg.explain(loss)
    loss.backward()
    np.testing.assert_allclose(e.gradient()["a"], a.grad.numpy(), rtol=1e-12)


def test_a_given_cotangent() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    np.testing.assert_array_equal(wg.explain(y, cotangent=np.array([1.0, 10.0])).gradient()["w"], [2, 40])
    np.testing.assert_array_equal(wg.explain(y).gradient()["w"], [2, 4])


def test_saved_values_that_were_packed() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    with wg.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), wg.tensor):
        loss = np.sum(w * w)
    np.testing.assert_array_equal(wg.explain(loss).gradient()["w"], [2, 4])


def test_a_tensor_without_a_tape_is_refused() -> None:
    with pytest.raises(TapeError, match="no tape knows"):
        wg.explain(wg.tensor(1.0))


def test_anomaly_mode_notes_the_lines() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    with wg.autograd.detect_anomaly():
        loss = np.sum(np.exp(w) * w)
    sources = [s.source for s in wg.explain(loss).steps()]
    assert sources[0] is None
    assert all(s is not None and s.file == "test_tape.py" and "np.exp(w) * w" in s.text for s in sources[1:])
    assert "loss = np.sum(np.exp(w) * w)" in wg.explain(loss).html


def test_a_tape_without_lines_says_so() -> None:
    w = wg.tensor(2.0, requires_grad=True)
    assert "detect_anomaly" in wg.explain(w * w).html


def test_a_model_of_modules_has_its_own_names_and_groups() -> None:
    model = wg.nn.Sequential(wg.nn.Linear(3, 4), wg.nn.ReLU(), wg.nn.Linear(4, 2))
    loss = wg.nn.functional.cross_entropy(model(np.ones((2, 3))), np.array([0, 1]))
    steps = wg.explain(loss).steps()
    assert [step.name for step in steps[:4]] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert steps[6].expression == "v₂ @ 2.weight.T + 2.bias" and steps[6].gate == "matmul transposer"
    assert [step.group for step in steps[4:7]] == ["0", "", "2"]
