"""wg.compare: the ways agree, the right one wins, and what is left out says why."""

from __future__ import annotations

import itertools
import sys
import tracemalloc

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, MissingDependency, NotDifferentiable
from wengert.methods.counting import costs, expression_size, recorded
from wengert.methods.measuring import Measuring
from wengert.methods.sympyrules import sympy
from wengert.methods.ways import FORWARD, JIT, REVERSE, SYMBOLIC, Program

WAYS = [
    "forward difference", "central difference", "Richardson", "complex step", "symbolic", "forward accumulation",
    "reverse accumulation", "jit",
]  # fmt: skip
CLOSE = {"forward difference": 1e-6, "central difference": 1e-7, "Richardson": 1e-9}


def energy(x):
    return np.sum(np.sin(x[1:]) * x[:-1]) + np.sqrt(np.sum(x * x))


def waves(t):
    return np.sin(t * np.arange(1.0, 1001)) * np.exp(t)


def nested(model, scale):
    return {"s": model["w"] * scale, "t": np.exp(model["v"])}


CASES = [
    (energy, (np.linspace(0.1, 1.0, 7),), (1, 7)),
    (lambda x, y: np.log(x) + x * y - np.sin(y), (2.0, 5.0), (1, 2)),
    (lambda t: np.sin(t * np.arange(1.0, 6)), (0.3,), (5, 1)),
    (lambda a, x: np.exp(a @ x), (np.array([[0.2, 0.1], [0.5, 0.3], [1.0, 0.1]]), np.array([0.5, 1.5])), (3, 8)),
    (nested, ({"w": np.array([1.0, 2.0]), "v": 0.2}, 2.0), (3, 4)),
    (lambda x: x**3, (0.7,), (1, 1)),
]


@pytest.mark.parametrize("f, args, shape", CASES)
def test_ways_agree_with_the_jacobian(f, args, shape):
    c = wg.compare(f, *args, times=False)
    assert [r.way for r in c.rows] == WAYS
    assert (c.results, c.inputs) == shape
    blocks = _jacobian(f, args)
    for row in c.rows:
        assert row.status in ("", f"compiled {c.winner.split()[0]}")
        assert row.derivative.shape == shape
        assert row.relative <= CLOSE.get(row.way, 1e-13), row
        np.testing.assert_allclose(row.derivative, blocks, rtol=CLOSE.get(row.way, 1e-12), atol=1e-6)


def _jacobian(f, args):
    leaves, structure = wg.tree.flatten(args)
    leaves = [np.asarray(x) for x in leaves]
    point = np.concatenate([x.ravel() for x in leaves])

    def flat(v):
        parts = np.split(v, np.cumsum([x.size for x in leaves])[:-1])
        out = f(*structure.unflatten([np.reshape(p, x.shape) for p, x in zip(parts, leaves, strict=True)]))
        return np.concatenate([np.reshape(y, (-1,)) for y in wg.tree.leaves(out)])

    return wg.jacfwd(flat)(point)


def test_one_result_of_a_thousand_inputs_names_reverse():
    c = wg.compare(energy, np.linspace(0.1, 1.0, 1000), times=False)
    assert c.winner == "reverse accumulation"
    ratio = c.row(FORWARD).multiple / c.row(REVERSE).multiple
    assert ratio > 300
    assert c.sentence == (
        "Reverse accumulation wins: 1 result against 1,000 inputs, so 1 sweep instead of 1,000; "
        f"counted {ratio:.0f} times fewer operations than forward accumulation."
    )
    assert (c.row(FORWARD).sweeps, c.row(REVERSE).sweeps) == (1000, 1)
    assert c.row("complex step").evaluations == 1001
    assert c.row(SYMBOLIC).left_out and "1,000 inputs" in c.row(SYMBOLIC).status
    assert all(r.relative < 1e-6 for r in c.rows if not r.left_out)


def test_a_thousand_results_of_one_input_name_forward():
    c = wg.compare(waves, 0.3)
    assert c.winner == "forward accumulation"
    assert c.sentence.startswith(
        "Forward accumulation wins: 1,000 results against 1 input, so 1 sweep instead of 1,000; measured "
    )
    assert c.row(REVERSE).multiple > 300 * c.row(FORWARD).multiple
    assert c.row(REVERSE).memory > 8 * 1000 > 0
    assert c.row(JIT).status == "compiled forward"
    assert all(r.relative < 1e-6 for r in c.rows if not r.left_out)
    assert all(r.seconds > 0 and r.memory > 0 for r in c.rows if not r.left_out)


def test_the_same_in_every_run_but_for_what_is_measured():
    x = np.linspace(0.1, 1.0, 5)
    first, second = (wg.compare(energy, x, times=False) for _ in range(2))
    assert first.text == second.text == str(second)
    assert first.rows == second.rows
    assert all(r.seconds is None and r.memory is None and r.preparation is None for r in first.rows)
    assert "time" not in first.text.splitlines()[2]


def test_times_are_medians_of_the_given_clock():
    preparation, runs = 9.0, [0.01, 0.05, 0.02, 0.04, 0.03]
    ticks = itertools.accumulate(t for duration in [preparation, *runs] for t in (1.0, duration))
    program = Program(lambda x: x * x, (2.0,), (0,), {})
    row = Measuring(program, costs(program, program.leaves), REVERSE, True, 10, lambda: next(ticks)).row(REVERSE)
    assert row.seconds == pytest.approx(0.03)
    assert row.preparation is None
    ticks = itertools.accumulate([1.0, preparation, 1.0, 0.5])  # a long run is not repeated
    row = Measuring(program, None, REVERSE, True, 10, lambda: next(ticks)).row(JIT)
    assert (row.preparation, row.seconds) == (pytest.approx(9.0), pytest.approx(0.5))
    ticks = itertools.accumulate([1.0, preparation, 1.0, 0.5])  # nor run again for its memory
    program = Program(lambda x: x * x, (2.0,), (0,), {})
    row = Measuring(program, None, REVERSE, True, 10, lambda: next(ticks)).row(REVERSE)
    assert (row.memory, row.status, program.runs) == (None, "long: memory not measured", 2)


def test_sentences_where_the_shape_does_not_decide():
    equal = wg.compare(lambda x: x, 3.0, times=False)
    assert equal.sentence == (
        "Forward accumulation wins: 1 result against 1 input, 1 sweep either way, "
        "but forward accumulation keeps no tape."
    )
    uncounted = wg.compare(lambda x: wg.while_loop(lambda c: c < 10, lambda c: c * 2, x), 1.0, times=False)
    assert uncounted.sentence == equal.sentence
    assert uncounted.row(REVERSE).multiple is None


def test_a_compiled_function_is_compared_as_what_was_compiled():
    c = wg.compare(wg.jit(lambda x: x * np.sin(x)), 2.0, times=False)
    assert not any(r.left_out for r in c.rows)


def test_costs_are_counted_from_graphs():
    x = np.linspace(0.1, 1.0, 10)
    found = costs(lambda x: np.reshape(np.sum(x * x), (1,)), [x])
    assert found.evaluation == 20  # ten products, ten terms
    assert 20 <= found.tangent <= 40 and 10 <= found.adjoint <= 30

    def scanned(x):
        return wg.scan(lambda c, _: (np.sin(c), None), x, None, length=50)[0][None]

    assert costs(scanned, [np.float64(0.3)]).evaluation == 50
    assert costs(lambda x: wg.while_loop(lambda c: c < 10, lambda c: c * 2, x)[None], [np.float64(1.0)]) is None


def test_expressions_are_as_long_as_predicted():
    def chain(x):
        for _ in range(40):
            x = 4 * x * (1 - x)
        return x[None]

    assert expression_size(recorded(chain, [np.float64(0.3)])) > 2**40
    assert expression_size(recorded(lambda x: np.sum(x * x)[None], [np.ones(10)])) < 100
    c = wg.compare(lambda x: chain(x)[0], 0.3, times=False)
    assert c.row(SYMBOLIC).status.startswith("left out: too large")


def test_branches_and_kinks_leave_out_what_they_must():
    def bent(x):
        return abs(x) * 2 if x > 0 else x

    c = wg.compare(bent, 0.3, times=False)
    left_out = {r.way: r.status for r in c.rows if r.left_out}
    assert set(left_out) == {"complex step", "symbolic", "jit"}
    assert "greater was used at test_compare.py" in left_out["complex step"]
    assert "asked a traced value" in left_out["jit"]
    assert c.row(REVERSE).derivative == c.row(FORWARD).derivative == 2
    assert f"complex step is {left_out['complex step']}." in c.text


def test_ways_of_too_many_sweeps_are_left_out_and_still_counted():
    c = wg.compare(energy, np.linspace(0.1, 1.0, 30), times=False, most=20)
    assert {r.way for r in c.rows if r.left_out} == {*WAYS[:4], FORWARD}
    assert c.row(FORWARD).multiple > 10 * c.row(REVERSE).multiple
    assert c.row(FORWARD).status == "left out: 30 sweeps, more than most=20"
    assert c.winner == REVERSE and "times fewer operations" in c.sentence


def test_the_reference_is_forward_where_reverse_is_left_out():
    c = wg.compare(waves, 0.3, times=False, most=500)
    assert c.reference == FORWARD and c.row(FORWARD).absolute == 0 and c.row("Richardson").relative < 1e-9
    assert c.row(REVERSE).left_out


def test_without_sympy_symbolic_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    sympy.cache_clear()
    assert "SymPy, which is not installed" in wg.compare(lambda x: x * x, 2.0, times=False).row(SYMBOLIC).status


def test_chosen_and_further_arguments():
    c = wg.compare(lambda x, n, *, k: k * x**n, 2.0, np.array(3), argnums=0, times=False, k=5.0)
    assert c.inputs == 1 and c.row(REVERSE).derivative == 60


def test_a_function_that_ignores_its_argument():
    c = wg.compare(lambda x: np.ones(2), np.array([1.0, 2.0, 3.0]), times=False)
    assert all(np.all(r.derivative == 0) for r in c.rows if not r.left_out)
    assert c.row(REVERSE).relative == 0


def test_a_tracemalloc_of_the_user_goes_on():
    tracemalloc.start()
    try:
        assert wg.compare(lambda x: x * x, 2.0).row(REVERSE).memory > 0
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_html_holds_every_way():
    page = wg.compare(energy, np.linspace(0.1, 1.0, 5), times=False)._repr_html_()
    assert all(f">{way}</th>" in page for way in WAYS)
    assert page.count("<tr>") == 9 and "Reverse accumulation wins" in page


def test_dataframe(monkeypatch):
    c = wg.compare(lambda x: x * x, 2.0, times=False)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependency, match="pandas"):
        c.dataframe()


def test_dataframe_has_a_line_per_way():
    pytest.importorskip("pandas")
    frame = wg.compare(lambda x: x * x, 2.0, times=False).dataframe()
    assert list(frame["way"]) == WAYS and "derivative" not in frame


def test_refusals():
    with pytest.raises(NotDifferentiable, match="argument of type complex128"):
        wg.compare(lambda x: abs(x), 1j)
    with pytest.raises(NotDifferentiable, match="result of type complex128"):
        wg.compare(lambda x: x * 1j, 1.0)
    with pytest.raises(NotDifferentiable, match="int64"):
        wg.compare(lambda x: x, np.arange(3))
    with pytest.raises(InvalidArgument, match="of 0 numbers"):
        wg.compare(lambda x: np.sum(x), np.zeros(0))
    with pytest.raises(ZeroDivisionError):
        wg.compare(lambda x: 1 / 0, 1.0)
