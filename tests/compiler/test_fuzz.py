"""Random programs on awkward arguments: compiled, they give what NumPy and the eager tape give.

WENGERT_FUZZ=5000 draws that many programs per test instead of a few dozen.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import wengert as wg
from tests.compiler.fuzz import OPS, Case, cases
from wengert import tree
from wengert.compiler.backend import Native, program_of
from wengert.compiler.simulate import simulate
from wengert.transforms.trace import trace_leaves

EXAMPLES = int(os.environ.get("WENGERT_FUZZ", "100"))
# A change is accepted or not by the same programs every time; who asks for many gets others.
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="WENGERT_FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
each = settings(fuzz, max_examples=max(2, EXAMPLES // 40))


def plainly(f: Any, *args: Any) -> Any:
    """f(*args) without NumPy's warnings about infinities, which are not the matter here."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return f(*args)


def native(x: Any) -> Any:
    """x in the byte order of this machine."""
    return np.asarray(x).astype(np.asarray(x).dtype.newbyteorder("="))


def same(actual: Any, expected: Any, single: bool) -> None:
    """Equal up to rounding, of the same shapes and dtypes (but for the byte order)."""
    tolerance = 2e-4 if single else 1e-8
    actual, expected = tree.leaves(actual), tree.leaves(expected)
    assert len(actual) == len(expected)
    for k, (a, e) in enumerate(zip(map(np.asarray, actual), map(np.asarray, expected), strict=True)):
        assert (a.shape, a.dtype.newbyteorder("=")) == (e.shape, e.dtype.newbyteorder("=")), f"result {k}"
        scale = max(1.0, float(np.max(np.abs(e), initial=0.0, where=np.isfinite(e)))) if e.dtype.kind in "fc" else 1.0
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance * scale, err_msg=f"result {k}")


def loss(f: Any) -> Any:
    """A number that depends on every floating result of f, and not linearly."""

    def weighted(*args: Any) -> Any:
        total = 0.0
        for k, y in enumerate(f(*args)):
            if y.dtype.kind in "fc":
                total = total + np.sum(np.cos(np.real(y) + 0.1 * k)) + np.sum(np.sin(np.imag(y)))
        return total

    return weighted


def check_values(case: Case) -> None:
    f, args = case.function(), case.make()
    expected = plainly(f, *args)
    compiled = wg.jit(f)
    same(plainly(compiled, *args), expected, case.single)
    same(plainly(compiled, *case.make()), expected, case.single)
    same(args, case.make(), single=False)  # what was given stays as it was


def check_gradients(case: Case) -> None:
    f, args, smooth = case.function(), case.make(), case.smooth()
    if not smooth:  # integers have no gradient; their values are still compared
        check_values(case)
        return
    gradient = wg.grad(loss(f), argnums=smooth)
    expected = plainly(gradient, *args)
    same(plainly(wg.jit(gradient), *args), expected, case.single)
    same(plainly(wg.grad(loss(wg.jit(f)), argnums=smooth), *args), expected, case.single)


@fuzz
@given(cases())
def test_values_are_numpys(case):
    check_values(case)


@fuzz
@given(cases())
def test_gradients_are_those_of_the_tape(case):
    check_gradients(case)


@settings(fuzz, max_examples=max(20, EXAMPLES // 5))
@given(cases(most=5))
def test_what_the_loops_mean(case):
    """The loop IR interpreted: a failure here is one of lowering, not of code generation."""
    f, args = case.function(), case.make()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        graph = Native(trace_leaves(f, [native(x) for x in args])).simple
    program = program_of(graph)
    assume(program is not None and sum(b.size for b in (*program.outputs, *program.temps)) < 4_000)
    expected = plainly(f, *args)
    for backwards in (False, True):
        code, found = simulate(program, args, backwards)
        assert code == 0
        same([y.reshape(np.shape(e)) for y, e in zip(found, expected, strict=True)], expected, case.single)


@pytest.mark.parametrize("op", sorted(OPS))
def test_every_op(op):
    @each
    @given(cases(first=op, most=2))
    def check(case):
        check_gradients(case)

    check()


@settings(fuzz, max_examples=max(10, EXAMPLES // 5))
@given(cases(most=5))
def test_batches_of_compiled_programs(case):
    f, args = case.function(), case.make()
    if any(a.alias for a in case.arguments):
        return check_values(case)
    stacked = [np.stack([a, a]) for a in args]
    expected = [np.stack([np.asarray(y)] * 2) for y in plainly(f, *args)]
    same(plainly(wg.vmap(wg.jit(f)), *stacked), expected, case.single)
    same(plainly(wg.jit(wg.vmap(f)), *stacked), expected, case.single)
    return None
