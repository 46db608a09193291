"""scan, fori_loop, while_loop, cond, switch, map: what they take and give, while tracing and not."""

from collections import namedtuple

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, NotDifferentiable, StructureMismatch

XS = np.array([1.0, 2.0, 3.0])


def ops(graph):
    return [e.op.name for e in graph.equations]


# --- one equation while tracing ------------------------------------------------------------------------------


def test_a_traced_loop_is_one_equation_that_decides_again():
    halve = lambda x: wg.while_loop(lambda c: c > 1.0, lambda c: c / 2, x)
    graph = wg.trace(halve)(5.0)
    assert ops(graph) == ["while_loop"]
    for x in (0.5, 3.0, 100.0):
        assert graph(x) == halve(x)


def test_a_traced_branch_decides_again():
    graph = wg.trace(lambda x: wg.cond(x > 0, np.sqrt, np.negative, x))(4.0)
    assert ops(graph) == ["greater", "cond"]
    assert graph(9.0) == 3.0 and graph(-5.0) == 5.0


def test_a_traced_bound_of_fori_loop():
    graph = wg.trace(lambda n: wg.fori_loop(0, n, lambda i, c: c + i, 0))(4)
    assert [graph(n) for n in (0, 1, 10)] == [0, 0, 45]


def test_loops_that_close_over_traced_values_are_recorded():
    graph = wg.trace(lambda w: wg.scan(lambda c, x: (c * w + x, c), 0.0, XS))(2.0)
    assert ops(graph) == ["scan"]
    carry, ys = graph(3.0)
    assert carry == (1 * 3 + 2) * 3 + 3 and np.array_equal(ys, [0, 1, 5])
    assert ops(wg.trace(lambda w: wg.while_loop(lambda c: c < w, lambda c: c + 1, 0.0))(2.0)) == ["while_loop"]
    assert ops(wg.trace(lambda w: wg.while_loop(lambda c: c < 3, lambda c: c + w, 0.0))(2.0)) == ["while_loop"]


def test_what_a_branch_computes_of_closed_over_values_is_computed_in_the_branch():
    graph = wg.trace(lambda x: wg.cond(x > 0, lambda: np.log(x), lambda: x * 2))(4.0)
    assert ops(graph) == ["greater", "cond"]
    with np.errstate(all="raise"):
        assert graph(-3.0) == -6.0
        assert wg.trace(wg.grad(lambda x: wg.cond(x > 0, lambda: np.log(x), lambda: x * 2)))(4.0)(-3.0) == 2.0


def test_plain_loops_record_nothing():
    graph = wg.trace(lambda x: x * wg.scan(lambda c, x: (c + x, None), 0.0, XS)[0])(2.0)
    assert ops(graph) == ["multiply"]


def test_a_body_is_recorded_once():
    calls = []

    def body(c, x):
        calls.append(1)
        return c * x, None

    wg.trace(lambda c: wg.scan(body, c, np.ones(50))[0])(2.0)
    assert len(calls) == 1


def test_python_branching_in_a_recorded_body_is_refused():
    def body(c, x):
        return (c if c > 0 else -c), None

    with pytest.raises(wg.errors.TracedValue, match=r"wg\.cond"):
        wg.trace(lambda c: wg.scan(body, c, XS)[0])(2.0)


def test_in_place_code_in_bodies():
    def body(c, x):
        out = np.zeros(3, like=c)
        out[0] = c[2] * x
        out[1:] = np.sin(c[:-1])
        c *= 2
        return out + c, c

    plain = lambda c: wg.scan(body, c, XS)
    start = np.array([0.1, 0.2, 0.3])
    carry, ys = plain(start)
    assert np.array_equal(start, [0.1, 0.2, 0.3])
    traced = wg.trace(plain)(np.ones(3))(start)
    assert np.allclose(traced[0], carry) and np.allclose(traced[1], ys)
    total = lambda c: np.sum(plain(c)[0] ** 2) + np.sum(np.sin(plain(c)[1]))
    assert np.allclose(wg.trace(wg.grad(total))(np.ones(3))(start), wg.grad(total)(start))


def test_writing_to_what_a_recorded_body_closes_over_is_refused():
    def f(x):
        seen = x * 1

        def body(c, i):
            seen[0] = c
            return c + 1.0, None

        return wg.scan(body, x[0], XS)[0]

    with pytest.raises(InvalidArgument, match="closes over"):
        wg.trace(f)(np.ones(2))


# --- closing over tensors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("checkpoint", [None, "sqrt"])
def test_closed_over_tensors_receive_gradients(checkpoint):
    w = wg.tensor(0.7, requires_grad=True)
    step = lambda c, x: (np.sin(c * w + x), None)
    want = wg.grad(lambda w: wg.scan(lambda c, x: (np.sin(c * w + x), None), 0.1, XS)[0])(0.7)
    wg.scan(step, 0.1, XS, checkpoint=checkpoint)[0].backward()
    assert np.allclose(w.grad, want)
    w.grad = None
    out = wg.trace(lambda c: wg.scan(step, c, XS)[0])(0.3)(0.1)
    out.backward()
    assert np.allclose(w.grad, want)


def test_a_tensor_closed_over_by_nested_bodies():
    w = wg.tensor(0.7, requires_grad=True)
    inner = lambda c, x: (c * w + x, None)
    outer = lambda c, x: (wg.scan(inner, c, XS)[0] * w * x, None)
    graph = wg.trace(lambda c: wg.scan(outer, c, XS)[0])(0.3)
    graph(0.1).backward()
    plain = lambda w: wg.scan(lambda c, x: (wg.scan(lambda c, x: (c * w + x, None), c, XS)[0] * w * x, None), 0.1, XS)[
        0
    ]
    assert np.allclose(w.grad, wg.grad(plain)(0.7))


def test_no_gradient_is_recorded_under_no_grad():
    w = wg.tensor(0.7, requires_grad=True)
    graph = wg.trace(lambda c: wg.scan(lambda c, x: (c * w, None), c, XS)[0])(0.3)
    with wg.no_grad():
        assert not graph(0.1).requires_grad


def test_a_gradient_inside_a_body():
    descend = lambda x: wg.fori_loop(0, 20, lambda i, x: x - 0.2 * wg.grad(lambda y: (y - 3.0) ** 2)(x), x)
    assert np.allclose(descend(0.0), 3.0, atol=1e-3)
    graph = wg.trace(descend)(1.0)
    assert ops(graph) == ["scan"] and np.allclose(graph(0.0), descend(0.0))
    assert np.allclose(wg.grad(lambda x: graph(x))(0.0), 0.6**20)


def test_a_branch_that_would_fail_is_not_run_but_recorded():
    def f(a, b):
        regular = np.abs(np.linalg.det(a)) > 1e-9
        return wg.cond(regular, lambda: np.sum(np.linalg.solve(a, b)), lambda: np.sum(b))

    singular, regular, b = np.zeros((2, 2)), np.eye(2) * 2, np.ones(2)
    graph = wg.trace(f)(singular, b)
    assert graph(singular, b) == 2.0 and graph(regular, b) == 1.0
    gradient = wg.trace(wg.grad(f, 1))(singular, b)
    assert np.array_equal(gradient(singular, b), [1, 1]) and np.array_equal(gradient(regular, b), [0.5, 0.5])


# --- trees ----------------------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize("run", [lambda f: f, lambda f: lambda *a: wg.trace(f)(*a)(*a)], ids=["plain", "traced"])
def test_trees_of_carry_xs_and_ys(run):
    def f(x, xs):
        def step(state, row):
            p, n = state["p"], state["n"]
            new = Point(p.x + row["a"], p.y * row["b"][0])
            return {"p": new, "n": n + 1}, (new.x, [n, None])

        return wg.scan(step, {"p": Point(x, 1.0), "n": 0}, {"a": xs, "b": (xs * 2,)})

    final, (first, (numbers, nothing)) = run(f)(0.5, XS)
    assert final["p"] == Point(6.5, 48.0) and final["n"] == 3
    assert np.array_equal(first, [1.5, 3.5, 6.5]) and np.array_equal(numbers, [0, 1, 2]) and nothing is None
    assert numbers.dtype == np.int64


def test_operands_of_branches_are_trees():
    f = lambda x: wg.cond(x > 0, lambda d, s: {"r": d["a"] * 2}, lambda d, s: {"r": -d["a"]}, {"a": x}, "text")
    assert f(2.0)["r"] == 4.0 and wg.trace(f)(2.0)(-3.0)["r"] == 3.0


def test_reverse_keeps_ys_beside_their_xs():
    carry, ys = wg.scan(lambda c, x: (c + x, c + x), 0.0, XS, reverse=True)
    assert carry == 6.0 and np.array_equal(ys, [6, 5, 3])


def test_empty_loops():
    carry, ys = wg.scan(lambda c, x: (c + x, (c, np.zeros(2))), 1.5, np.zeros(0))
    assert carry == 1.5 and ys[0].shape == (0,) and ys[1].shape == (0, 2)
    assert wg.fori_loop(3, 1, lambda i, c: c + 1, 1.0) == 1.0
    gradient = wg.trace(wg.grad(lambda c: wg.scan(lambda c, x: (c * x, None), c, np.zeros(0))[0]))(2.0)
    assert gradient(3.0) == 1.0
    assert wg.grad(lambda x: wg.while_loop(lambda c: c > 10, lambda c: c / 2, x))(3.0) == 1.0
    assert wg.trace(wg.grad(lambda x: wg.while_loop(lambda c: c > 10, lambda c: c / 2, x)))(20.0)(3.0) == 1.0


def test_max_steps():
    assert wg.while_loop(lambda c: c < 100, lambda c: c + 1, 0, max_steps=7) == 7
    assert wg.grad(lambda x: wg.while_loop(lambda c: c > 0, lambda c: c * x, x, max_steps=3))(2.0) == 32.0


def test_map_and_switch():
    assert np.array_equal(wg.map(lambda p: p[0] @ p[1], (np.eye(2), np.ones((2, 2)))), [1, 1])
    names = [np.sin, np.square, np.exp]
    assert wg.switch(7, names, 2.0) == np.exp(2.0) and wg.switch(-1, names, 2.0) == np.sin(2.0)
    graph = wg.trace(lambda i: wg.switch(i, names, 2.0))(0)
    assert [graph(i) for i in (-3, 1, 5)] == [np.sin(2.0), 4.0, np.exp(2.0)]


# --- dtypes and shapes of the carry ----------------------------------------------------------------------------


@pytest.mark.parametrize("run", [lambda f: f, lambda f: lambda *a: wg.trace(f)(*a)(*a)], ids=["plain", "traced"])
def test_an_integer_that_the_body_makes_a_float_is_promoted(run):
    f = lambda xs: wg.scan(lambda c, x: (c + x, c), 0, xs)
    carry, ys = run(f)(XS)
    assert carry == 6.0 and ys.dtype == np.float64
    carry, ys = run(f)(XS.astype(np.float32))
    assert carry.dtype == np.float32 and ys.dtype == np.float32
    carry, _ = run(f)(XS * 1j)
    assert carry == 6j
    assert run(lambda x: wg.while_loop(lambda c: c < 5, lambda c: c + x, 0))(1.5) == 6.0
    small = run(lambda xs: wg.scan(lambda c, x: (c + x, None), 0.0, xs)[0])(XS.astype(np.float32))
    assert small.dtype == np.float32


def test_branches_are_promoted_to_a_common_dtype():
    graph = wg.trace(lambda x: wg.cond(x > 0, lambda x: x, lambda x: 1, x))(2.0)
    assert graph(-1.0).dtype == np.float64 and graph(-1.0) == 1.0


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize(
    "error, match, f",
    [
        (
            InvalidArgument,
            r"carry\['h'\].*shape \(\) to \(3,\)",
            lambda x: wg.scan(lambda c, _: ({"h": c["h"] + XS}, 0), {"h": x}, XS),
        ),
        (InvalidArgument, "nest", lambda x: wg.scan(lambda c, _: ((c, c), 0), x, XS)),
        (InvalidArgument, "pair", lambda x: wg.scan(lambda c, _: c, x, XS)),
        (InvalidArgument, "length", lambda x: wg.scan(lambda c, _: (c, c), x, XS, length=2)),
        (InvalidArgument, "length", lambda x: wg.scan(lambda c, _: (c, c), x, (XS, XS[:2]))),
        (InvalidArgument, "length", lambda x: wg.scan(lambda c, _: (c, c), x)),
        (InvalidArgument, "checkpoint", lambda x: wg.scan(lambda c, _: (c, c), x, XS, checkpoint="often")),
        (InvalidArgument, "one truth", lambda x: wg.while_loop(lambda c: c + XS > 0, lambda c: c, x)),
        (
            InvalidArgument,
            r"shape \(\) to \(3,\)",
            lambda x: wg.while_loop(lambda c: np.sum(c) < 9, lambda c: c + XS, x),
        ),
        (InvalidArgument, "one truth", lambda x: wg.cond(x + XS > 0, np.sin, np.cos, x)),
        (InvalidArgument, "at least one", lambda x: wg.switch(0, [], x)),
        (NotDifferentiable, "numbers", lambda x: wg.scan(lambda c, _: (c, c), (x, "text"), XS)),
    ],
)
def test_errors(trace, error, match, f):
    with pytest.raises(error, match=match) as caught:
        (wg.trace(f) if trace else f)(1.0)
    assert len(str(caught.value).splitlines()) == 3


def test_branches_must_agree():
    with pytest.raises(InvalidArgument, match="branch 1"):
        wg.trace(lambda x: wg.cond(x > 0, lambda x: (x, x), lambda x: x, x))(1.0)
    with pytest.raises(InvalidArgument, match="branch 1"):
        wg.trace(lambda x: wg.cond(x > 0, lambda x: x + XS, lambda x: x, x))(1.0)


# --- batches ----------------------------------------------------------------------------------------------------


def test_entries_of_a_batch_leave_a_while_loop_when_they_are_done():
    f = lambda x: wg.while_loop(lambda c: c > 1.0, lambda c: 1 / np.log(c + 0.7) - 0.4, x)
    xs = np.array([0.5, 1.2, 1.4])
    with np.errstate(all="raise"):
        assert np.allclose(wg.vmap(f)(xs), [f(x) for x in xs])
        gradients = [wg.grad(f)(x) for x in xs]
        assert np.allclose(wg.vmap(wg.grad(f))(xs), gradients)
        assert np.allclose(wg.grad(lambda xs: np.sum(wg.vmap(f)(xs)))(xs), gradients)


def test_branches_not_taken_leak_nothing():
    f = lambda x, w: wg.cond(x > 0, lambda: np.exp(w * np.log(x)), lambda: w * x)
    total = lambda xs, w: np.sum(wg.vmap(f, (0, None))(xs, w))
    with np.errstate(all="raise"):
        for xs in (np.array([2.0, -1.0, 0.0, 3.0]), np.array([-2.0, -1.0]), np.array([1.0, 2.0])):
            assert np.allclose(wg.vmap(f, (0, None))(xs, 1.5), [f(x, 1.5) for x in xs])
            dx, dw = wg.grad(total, (0, 1))(xs, 1.5)
            want = [wg.grad(f, (0, 1))(x, 1.5) for x in xs]
            assert np.allclose(dx, [w[0] for w in want]) and np.allclose(dw, sum(w[1] for w in want))


def test_graphs_are_replayed_on_tensors():
    graph = wg.trace(lambda x, xs: wg.scan(lambda c, x: (c * x, c), x, xs))(1.0, XS)
    x = wg.tensor(2.0, requires_grad=True)
    carry, ys = graph(x, XS)
    assert carry.grad_fn.name() == "ScanBackward0" and ys.requires_grad
    (carry + np.sum(ys)).backward()
    assert np.allclose(x.grad, 6 + 1 + 1 + 2)


def test_wrong_trees_for_a_graph_of_a_loop():
    graph = wg.trace(lambda d: wg.scan(lambda c, x: (c * x, None), d["a"], XS)[0])({"a": 1.0})
    with pytest.raises(StructureMismatch):
        graph({"b": 1.0})
