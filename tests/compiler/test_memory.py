"""Whose memory is used for what: which accesses meet, rows, carries, sharing, order, peak bytes."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.accesses import Access, precedes, separates
from wengert.compiler.backend import program_of
from wengert.compiler.builder import Builder
from wengert.compiler.emit.arena import Layout
from wengert.compiler.emit.facts import memory
from wengert.compiler.loops import Buffer, Check, For, Index, Program, Store, Var, walk
from wengert.compiler.order import ordered
from wengert.compiler.reuse import reuse
from wengert.compiler.simulate import simulate

RNG = np.random.default_rng(0)


def program(f, *args, donate=()):
    graph = wg.trace(f)(*args)
    return program_of(graph, given=donate)


def locals_of(p):
    return [b for s in walk(p.body) if isinstance(s, For) for b in s.locals]


def means(p, inputs, want):
    """The program computes `want`, whichever way its loops run."""
    for backwards in (False, True):
        status, outs = simulate(p, inputs, backwards)
        assert status == 0
        for o, w in zip(outs, want, strict=True):
            np.testing.assert_allclose(o, np.ravel(w), rtol=1e-12)


# --- which accesses meet ------------------------------------------------------------------------------------------


def test_a_variable_separates_what_its_steps_keep_apart():
    i, j = Var(0, 5), Var(0, 8)
    row = Index(0, ((i, 8), (j, 1)))
    assert separates([row, Index(3, ((i, 8),))], i, [])
    assert not separates([row, row + 1], i, [])  # the last of a row, and the first of the next one
    assert not separates([row, Index(0, ((i, 4),))], i, [])
    assert not separates([Index(0, ((j, 1),))], i, [])


def test_a_store_follows_the_loads_of_its_own_value():
    x, y, i, b = Buffer("x", "f64", 9, "input"), Buffer("y", "f64", 9, "output"), Var(0, 8), Builder()
    here = Index(0, ((i, 1),))
    for shift, safe in ((0, True), (1, False)):
        load = b.load(x, here + shift)
        store = Store(y, here, load)
        loop = For(i, [store])
        read, write = (
            Access(x, here + shift, True, False, load, (loop,), (0, 0)),
            Access(y, here, False, True, store, (loop,), (0, 0)),
        )
        assert precedes(read, write) == safe
        assert not precedes(write, read)


# --- rows ---------------------------------------------------------------------------------------------------------


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_a_row_is_enough_for_what_one_iteration_needs():
    x = RNG.standard_normal((30, 100))
    p = program(softmax, x)
    assert not p.temps and [b.size for b in locals_of(p)] == [100]
    means(p, [x], [softmax(x)])


def test_what_other_iterations_read_stays_whole():
    def f(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e * e.sum(axis=0)  # by columns

    x = RNG.standard_normal((30, 100))
    p = program(f, x)
    assert max(b.size for b in p.temps) == x.size or any(memory(b) in p.outputs for b in p.temps)
    assert all(b.size < x.size for b in locals_of(p))
    means(p, [x], [f(x)])


def test_rows_inside_a_loop_that_repeats():
    def f(x):
        return wg.scan(lambda c, _: (softmax(c) + 0.1 * c, None), x, None, length=4)[0]

    x = RNG.standard_normal((12, 70))
    want = x
    for _ in range(4):
        want = softmax(want) + 0.1 * want
    p = program(f, x)
    assert [b.size for b in locals_of(p)] == [70]
    means(p, [x], [want])
    np.testing.assert_allclose(wg.jit(f)(x), want, rtol=1e-12)


@pytest.mark.parametrize("shape", [(400, 300), (3, 5000), (5000, 20), (1, 7)])
def test_rows_of_threads_and_lanes(shape):
    x = RNG.standard_normal(shape)
    loss = wg.value_and_grad(lambda x: np.sum(softmax(x) ** 2))
    value, slope = wg.jit(loss)(x)
    want, g = loss(x)
    assert value == pytest.approx(want, rel=1e-12)
    np.testing.assert_allclose(slope, g, rtol=1e-9, atol=1e-15)


# --- carries ------------------------------------------------------------------------------------------------------


def waves(u, v, n):
    """Neighbours are read, so that the states cannot be written in place."""

    def step(c, x):
        u, v = c
        w = np.roll(u, 1) + v
        return (0.5 * w + x, 0.9 * v + 0.1 * np.roll(u, -1)), w.sum()

    return wg.scan(step, (u, v), np.arange(n) * 1.0)


def growth(u, v, n):
    """Every entry for itself."""
    return wg.scan(lambda c, _: ((c[0] + 0.1 * np.sin(c[1]), c[1] - 0.1 * c[0]), None), (u, v), None, length=n)[0]


def exchange(u, v, n):
    return wg.scan(lambda c, _: ((c[1], c[0] + 1.0), None), (u, v), None, length=n)[0]


def heat(u, v, n):
    u = u.reshape(40, 50).copy()
    for _ in range(n):
        u[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.2 * (u[2:, 1:-1] + u[:-2, 1:-1] - 2 * u[1:-1, 1:-1])
    return u


@pytest.mark.parametrize("f", [waves, growth, exchange, heat])
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_large_carries(f, n):
    u, v = RNG.standard_normal((2, 2000))
    want = wg.tree.leaves(f(u, v, n))
    for got, w in zip(wg.tree.leaves(wg.jit(lambda u, v: f(u, v, n))(u, v)), want, strict=True):
        np.testing.assert_allclose(got, w, rtol=1e-12, atol=1e-12)
    loss = wg.grad(lambda u: sum(np.sum(x**2) for x in wg.tree.leaves(f(u, v, n))))
    np.testing.assert_allclose(wg.jit(loss)(u), loss(u), rtol=1e-9, atol=1e-12)


def copies(block):
    return [s for s in walk(block) if isinstance(s, Store) and s.value.op == "load" and s.value.attr[1] == s.index]


def test_carries_are_not_copied_in_the_loop():
    u, v = RNG.standard_normal((2, 2000))
    alone = lambda u, v, n: wg.scan(lambda c, _: (c + 0.1 * np.sin(c), None), u, None, length=n)[0] + v
    for f, length, states in ((alone, 8, 1), (growth, 4, 3), (waves, 4, 4)):
        p = program(lambda u, v, f=f: f(u, v, 8), u, v)
        [loop] = [s for s in p.body if isinstance(s, For) and not s.parallel]
        assert loop.var.stop == length and not copies(loop.body)
        written = {s.buffer for s in walk(loop.body) if isinstance(s, Store) and s.buffer.size == 2000}
        assert len(written) == states


# --- sharing ------------------------------------------------------------------------------------------------------


def test_a_temporary_lies_where_the_result_will():
    def f(x):
        a = np.sin(x) @ np.ones((80, 80))
        return np.cos(a) * a.sum()

    x = RNG.standard_normal((60, 80))
    p = program(f, x)
    assert any(memory(t) is p.outputs[0] for t in p.temps)
    means(p, [x], [f(x)])


def test_results_lie_in_inputs_only_if_all_reads_come_first():
    x, y = RNG.standard_normal((2, 50))
    for f, safe in (
        (lambda x, y: np.sin(x) * y + x, True),
        (lambda x, y: x[::-1] * y, False),
        (lambda x, y: x - x.mean() + y, True),
        (lambda x, y: np.concatenate([x[1:], x[:1]]) + y, False),
        (lambda x, y: np.cumsum(x) + x[0] * y, False),
    ):
        p = program(f, x, y, donate=[(0, 0)])
        assert (p.outputs[0].reuses is p.inputs[0]) == safe
        means(p, [x, y], [f(x, y)])


def test_stores_wait_for_readers_of_what_they_overwrite():
    x, g = RNG.standard_normal((2, 40))

    def f(v, w, g):
        v = 0.9 * v + g
        return v, w - 0.1 * v

    p = program(f, x, g, g, donate=[(0, 0), (1, 1)])
    assert [y.reuses for y in p.outputs] == p.inputs[:2]
    means(p, [x, g, g], f(x, g, g))


def test_reuse_is_decided_by_indices():
    b = Builder()
    x, y, z = Buffer("x", "f64", 8, "input"), Buffer("y", "f64", 8, "output"), Buffer("z", "f64", 8, "output")
    i, j = Var(0, 8), Var(0, 8)
    at = Index(0, ((i, 1),))
    loops = [
        For(i, [Store(y, at, b.load(x, at))]),
        For(j, [Store(z, Index(0, ((j, 1),)), b.load(x, Index(0, ((j, 1),))))]),
    ]
    p = Program("p", [x], [y, z], [], [], loops)
    reuse(p, [(0, 0), (0, 1)])
    assert y.reuses is None and z.reuses is x


def test_small_temporaries_leave_no_holes_that_large_ones_do_not_fit_into():
    x, y = Buffer("x", "f64", 1000, "input"), Buffer("y", "f64", 1000, "output")
    first, small, last = [Buffer(f"t{n}", "f64", size, "temp") for n, size in enumerate((1000, 100, 1000))]
    b, body = Builder(), []
    for source, to in ((x, first), (first, y), (y, small), (y, last), (small, y), (last, y)):
        var = Var(0, min(source.size, to.size))
        at = Index(0, ((var, 1),))
        body.append(For(var, [Store(to, at, b.load(source, at))]))
    layout = Layout(Program("p", [x], [y], [], [first, small, last], body))
    assert layout.offsets[first] == layout.offsets[last]
    assert 8 * 1100 <= layout.bytes < 8 * 1100 + 128


# --- the order of statements --------------------------------------------------------------------------------------


def copied(steps, temps, inputs, outputs, check=None):
    """A program that copies from one buffer to the next; `check` has a Check before that step."""
    b, body = Builder(), []
    for n, (source, to) in enumerate(steps):
        var = Var(0, to.size)
        at = Index(0, ((var, 1),))
        body.append(For(var, [Store(to, at, b.load(source, at))]))
        if n == check:
            body.append(Check(b("lt", b.load(inputs[0], Index()), b.const(9.0, "f64"))))
    return Program("p", inputs, outputs, [], temps, body)


def order_of(p):
    return [s.body[0].buffer.name if isinstance(s, For) else "check" for s in p.body]


def test_what_lets_go_of_memory_comes_early():
    x, y, z = Buffer("x", "f64", 1000, "input"), Buffer("y", "f64", 10, "output"), Buffer("z", "f64", 10, "output")
    a, b = Buffer("a", "f64", 1000, "temp"), Buffer("b", "f64", 1000, "temp")
    steps = [(x, a), (x, b), (a, y), (b, z)]
    p = copied(steps, [a, b], [x], [y, z])
    ordered(p)
    assert order_of(p) == ["a", "y", "b", "z"]
    p = copied(steps, [a, b], [x], [y, z], check=1)  # nothing is written to an output before a check
    ordered(p)
    assert order_of(p) == ["a", "b", "check", "y", "z"]


def test_statements_wait_for_what_they_read_and_overwrite():
    x, y = Buffer("x", "f64", 1000, "input"), Buffer("y", "f64", 10, "output")
    a, b, c = [Buffer(name, "f64", 1000, "temp") for name in "abc"]
    steps = [(x, a), (x, b), (b, c), (c, y), (a, c), (c, y)]
    p = copied(steps, [a, b, c], [x], [y])
    ordered(p)
    found = order_of(p)
    assert found.index("b") < found.index("c") and sorted(found) == sorted(s[1].name for s in steps)
    status, (got,) = simulate(p, [np.arange(1000.0)], False)
    assert status == 0
    np.testing.assert_array_equal(got, np.arange(10.0))


def test_sums_are_read_behind_their_loops():
    def f(x):
        a = np.sin(x)
        top = a.sum()
        b = np.cos(x @ np.ones((60, 60)))
        return b.sum(axis=0) / top, (b.T @ b) * top

    x = RNG.standard_normal((80, 60))
    means(program(f, x), [x], f(x))


def test_rooms_of_statements_lie_where_nobody_lives():
    x, y = Buffer("x", "f64", 1000, "input"), Buffer("y", "f64", 1000, "output")
    a = Buffer("a", "f64", 1000, "temp")
    p = copied([(x, a), (a, y), (y, y)], [a], [x], [y])
    layout = Layout(p, [0, 64, 8000])
    layout.statement = 1
    beside = layout.scratch(64)
    layout.statement = 2
    assert layout.scratch(8000) == layout.offsets[a] and abs(beside - layout.offsets[a]) >= 64
    assert layout.bytes == 8064
    assert layout.scratch(9000) == 8064  # more than was foreseen


# --- peak bytes ---------------------------------------------------------------------------------------------------


def test_peak_bytes():
    x = RNG.standard_normal((64, 1000))
    f, g = wg.jit(softmax), wg.jit(softmax, donate=0)
    assert 2 * x.nbytes <= f.lower(x).peak_bytes < 2 * x.nbytes + 10_000
    assert x.nbytes <= g.lower(x.copy()).peak_bytes < x.nbytes + 10_000
    assert "of temporary memory" in f.explain(x)


def test_peak_bytes_of_kernels_and_numpy_by_turns():
    def f(x):
        return np.sum(np.fft.fft(np.sin(x)).real * 2)

    x = RNG.standard_normal(1000)
    lowered = wg.jit(f).lower(x)
    assert lowered.program.kernel is None
    assert lowered.peak_bytes >= 3 * x.nbytes
    assert wg.jit(f)(x) == pytest.approx(f(x))
