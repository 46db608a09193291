"""Remarks: kinks, branches, zeros, NaNs, cancellation, what is unused, what a tape keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

relu = wg.nn.functional.relu


def found(kind: str, f: Callable[..., Any], *args: Any) -> list[Any]:
    with np.errstate(all="ignore"):
        return [r for r in wg.explain(f, *args).remarks if r.kind == kind]


@pytest.mark.parametrize(
    ("f", "x", "left", "right", "taken"),
    [
        (np.abs, 0.0, -1, 1, 0),
        (relu, 0.0, 0, 1, 0),
        (lambda x: np.maximum(x, 3.0), 3.0, 0, 1, 0.5),
        (lambda x: np.minimum(x, 3.0), 3.0, 1, 0, 0.5),
        (lambda x: np.sum(np.abs(x)), np.array([2.0, 0.0]), -1, 1, 0),
    ],
)
def test_kinks_have_one_sided_derivatives(f: Any, x: Any, left: float, right: float, taken: float) -> None:
    (remark,) = found("kink", f, x)
    assert [remark.details[k] for k in ("left", "right", "taken")] == [left, right, taken]


@pytest.mark.parametrize("x", [0.5, -2.0, np.array([1.0, 2.0])])
def test_no_kink_elsewhere(x: Any) -> None:
    assert not found("kink", lambda x: np.sum(np.abs(x) + relu(x) + np.maximum(x, 3.0) + np.hypot(x, 1.0) + x**2.5), x)


def test_the_edge_of_clip_is_a_tie() -> None:
    (remark,) = found("kink", lambda x: np.clip(x, 0.0, 1.0), 1.0)
    assert remark.details["slopes"] == (0, 1)
    assert not found("kink", lambda x: np.clip(x, 0.0, 1.0), 0.5)


def test_equal_entries_share_a_maximum() -> None:
    (remark,) = found("kink", np.max, np.array([1.0, 4.0, 4.0]))
    assert remark.details["entries"] == 2
    assert remark.details["taken"] == 0.5


def test_which_branch_where_takes() -> None:
    (remark,) = found("branch", lambda x: np.sum(np.where(x > 0, x, 2 * x)), np.array([1.0, -1.0, -2.0]))
    assert remark.details == {"first": 1, "second": 2}


@pytest.mark.parametrize(
    ("f", "x", "reason"),
    [
        (lambda x: np.sum(relu(x) ** 2), np.array([1.0, -1.0]), "masked"),
        (lambda x: np.sum(np.where(x > 0, x, 3.0)), np.array([1.0, -1.0]), "masked"),
        (lambda x: np.sum(x[1:]), np.array([1.0, -1.0]), "masked"),
        (lambda x: np.tanh(100 * x), 1.0, "saturated"),
        (lambda x: np.exp(x) - np.exp(x), 1.0, "cancelled"),
        (np.floor, 1.5, "not reached"),
        (lambda x: x * 0.0, 1.5, "times zero"),
        (np.square, 0.0, "flat"),
    ],
)
def test_why_a_gradient_is_zero(f: Any, x: Any, reason: str) -> None:
    assert reason in [r.details["reason"] for r in found("zero", f, x)]


def test_no_reason_where_nothing_is_zero() -> None:
    assert not found("zero", lambda x: np.sum(np.sin(x) * x), np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("f", "x", "cause"),
    [
        (lambda x: np.log(x) * 2, -1.0, "outside the domain"),
        (lambda x: x / x, 0.0, "0/0"),
        (lambda x: np.exp(x) - np.exp(x), 1e4, "∞ - ∞"),
        (lambda x: np.exp(x) * (x - 1e4), 1e4, "0·∞"),
        (lambda x: 1 / x, 0.0, "a division by zero"),
        (np.exp, 1e4, "an overflow"),
        (np.sqrt, 0.0, "an infinite slope"),
    ],
)
def test_where_a_nan_was_born(f: Any, x: float, cause: str) -> None:
    assert cause in [r.details["class"] for r in found("nan", f, x)]


def test_the_first_step_is_blamed() -> None:
    def f(x: Any) -> Any:
        a = x + 1
        b = np.log(-a)
        return b * b

    (remark,) = found("nan", f, 1.0)
    assert remark.step == 3
    assert "born in b = np.log(v₂)" in remark.text
    assert f"test_remarks.py:{f.__code__.co_firstlineno + 2}" in remark.text


def test_a_nan_that_only_the_gradient_has() -> None:
    (remark,) = found("nan", lambda x: np.sqrt(x * x), 0.0)
    assert remark.details["class"] in ("an infinite slope", "0·∞")
    assert "going backwards" in remark.text


def test_cancellation_and_the_bound_of_rounding() -> None:
    def f(x: Any) -> Any:
        return (1 - np.cos(x)) / x**2

    x = 1e-7
    e = wg.explain(f, x)
    (remark,) = [r for r in e.remarks if r.kind == "cancellation"]
    assert remark.details["ratio"] < 1e-13
    error = abs(float(e.value) - 0.5)
    assert error > 1e-4
    assert error <= e.total_roundoff
    assert e.total_roundoff == sum(s.roundoff for s in e.steps())


def test_the_bound_holds_where_nothing_cancels() -> None:
    e = wg.explain(lambda x: np.sum(np.sin(x) * np.exp(x)), np.linspace(0, 1, 50))
    assert 0 < e.total_roundoff < 1e-12
    assert not [r for r in e.remarks if r.kind == "cancellation"]


def test_unused_inputs_and_values() -> None:
    def f(x: Any, y: Any) -> Any:
        unused = np.sin(x)  # noqa: F841
        return x * 2

    first, second = found("unused", f, 1.0, 2.0)
    assert first.text == "y is not used by the result."
    assert second.text == "1 computed value (unused) is not used by the result."


def test_what_a_tape_keeps() -> None:
    x = np.ones(100)
    (remark,) = found("memory", lambda x: np.sum(np.exp(x) * x), x)
    assert remark.details == {"multiply": 1600, "exp": 800}
    assert wg.explain(lambda x: np.sum(np.exp(x) * x), x).saved_bytes == 2400


def test_the_steps_of_loops_and_the_branch_taken() -> None:
    def f(w: Any, x: Any) -> Any:
        last = wg.scan(lambda c, row: (w * c + row, None), x[0], x)[0]
        y = wg.cond(last > 100, lambda c: np.tanh(c), lambda c: c**2, last)
        return wg.while_loop(lambda c: c > 1, lambda c: c * 0.5, y)

    assert wg.explain(f, 2.0, np.ones(6)).value == f(2.0, np.ones(6)) == 1.0
    scan, loop = found("loop", f, 2.0, np.ones(6))
    assert scan.text == "last: a scan of 6 steps; 1: 1 → 3; 2: 3 → 7; 3: 7 → 15; …; 6: 63 → 127."
    assert scan.details == {"steps": 6}
    assert loop.details == {"steps": 0} and "a while loop of 0 steps" in loop.text
    (branch,) = found("branch", f, 2.0, np.ones(6))
    assert "the branch for True" in branch.text and "tanh" in branch.text
