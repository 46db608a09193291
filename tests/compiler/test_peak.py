"""The most memory that a program needs at a time: what backward passes keep, what shares memory, what is packed."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
import wengert.nn.functional as F
from wengert import tree
from wengert.compiler.backend import program_of
from wengert.compiler.builder import Builder
from wengert.compiler.emit import emit
from wengert.compiler.emit.arena import Layout
from wengert.compiler.emit.facts import memory
from wengert.compiler.loops import Buffer, Check, For, Index, Program, Store, Var, walk
from wengert.compiler.order import ordered
from wengert.compiler.passes import simplify
from wengert.compiler.target import target

RNG = np.random.default_rng(0)


def graph_of(f, *args):
    return simplify(wg.trace(f)(*args))


def program(f, *args):
    return program_of(graph_of(f, *args))


def equations(graph, name):
    return [e for e in graph.equations if e.op.name == name]


def copy(source, to):
    var = Var(0, to.size)
    at = Index(0, ((var, 1),))
    return For(var, [Store(to, at, Builder().load(source, at))])


def buffer(name, size, kind, code="f64"):
    return Buffer(name, code, size, kind)


# --- masks --------------------------------------------------------------------------------------------------------


def hidden(x, w, v):
    return np.sum((F.relu(x @ w) @ v) ** 2)


def test_a_rectifier_keeps_its_result_only():
    x, w, v = RNG.standard_normal((8, 16)), RNG.standard_normal((16, 24)), RNG.standard_normal((24, 4))
    graph = graph_of(wg.grad(hidden, argnums=(1, 2)), x, w, v)
    [relu], [mask] = equations(graph, "relu"), equations(graph, "greater")
    assert mask.operands[0] is relu.results[0]
    for got, want in zip(graph(x, w, v), wg.grad(hidden, argnums=(1, 2))(x, w, v), strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, g: (F.relu(np.sin(x)), (np.sin(x) > 0) * g, np.sin(x)),  # a result
        lambda x, g: F.relu(x) + (x > 0) * g,  # an argument
        lambda x, g: (F.relu(np.sin(x)), (np.sin(x) > 0) * g, np.cos(np.sin(x))),  # read again
        lambda x, g: (F.relu(np.sin(x)), (np.sin(x) > 0.5) * g),  # another threshold
    ],
)
def test_what_is_needed_anyway_is_looked_at(f):
    x, g = RNG.standard_normal((2, 30))
    graph = graph_of(f, x, g)
    [relu], [mask] = equations(graph, "relu"), equations(graph, "greater")
    assert mask.operands[0] is relu.operands[0]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("swap", [False, True])
def test_masks_go_below_pooling(stride, swap):
    def f(x):
        p, back = wg.vjp(lambda x: F.max_pool2d(F.relu(x * 2.0), 2, stride), x)
        g = np.cos(p)
        return back(g) if swap else (p, back(g))

    x = RNG.standard_normal((2, 3, 7, 6))
    x[0, 0, :2] = np.nan
    x[0, 1] = -1.0
    x[1, 0, 2:4] = 0.0
    x[1, 1, 3, 3] = np.inf
    graph = graph_of(f, np.ones_like(x))
    [mask], [put] = equations(graph, "greater"), equations(graph, "pool_put")
    [pool] = equations(graph, "max_pool")
    assert mask.operands[0] is pool.results[0]
    [product] = [e for e in equations(graph, "multiply") if mask.results[0] in e.operands]
    assert put.operands[0] is product.results[0]
    with np.errstate(all="ignore"):
        for got, want in zip(tree.leaves(wg.jit(f)(x)), tree.leaves(f(x)), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12)


def test_masks_of_another_rectifier_stay_above():
    def f(x):
        p, back = wg.vjp(lambda x: F.max_pool2d(F.relu(np.sin(x)), 2), x)
        return back(p) * (np.cos(x) > 0)

    graph = graph_of(f, RNG.standard_normal((1, 2, 6, 6)))
    x = RNG.standard_normal((1, 2, 6, 6))
    np.testing.assert_allclose(wg.jit(f)(x), f(x), rtol=1e-12)
    assert len(equations(graph, "greater")) == 2


# --- the order of statements --------------------------------------------------------------------------------------


def test_a_few_statements_come_early_if_together_they_let_go_of_memory():
    """A sum is begun, then added to: the first takes memory, and the second lets go of more."""
    x, y, z = buffer("x", 1000, "input"), buffer("y", 1000, "output"), buffer("z", 100, "output")
    a, total, b = buffer("a", 1000, "temp"), buffer("total", 100, "temp"), buffer("b", 1000, "temp")
    begin, add = copy(x, total), copy(a, total)
    add.body[0].mode = "add"
    steps = [copy(x, a), copy(x, b), copy(b, y), begin, add, copy(total, z)]
    p = Program("p", [x], [y, z], [], [a, total, b], list(steps))
    ordered(p)
    assert p.body == [steps[n] for n in (0, 3, 4, 5, 1, 2)]


# --- temporaries in the memory of others --------------------------------------------------------------------------


def test_what_is_summed_up_as_well_is_made_in_place():
    """A sum of what is kept reads it there, so that what it was made of need not stay."""

    def f(x, w):
        a = x @ w
        b = np.tanh(a)
        return b @ w, b.sum(axis=0)

    x, w = RNG.standard_normal((100, 64)), RNG.standard_normal((64, 64))
    p = program(f, x, w)
    large = {memory(t) for t in p.temps if t.size == 6400} | {y for y in p.outputs if y.size == 6400}
    assert len(large) == 2
    for got, want in zip(wg.jit(f)(x, w), f(x, w), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11)


def test_temporaries_lie_side_by_side_in_a_result_to_come():
    x, y, z = buffer("x", 1000, "input"), buffer("y", 1000, "output"), buffer("z", 200, "output")
    a, b, late = buffer("a", 400, "temp"), buffer("b", 400, "temp"), buffer("late", 300, "temp")
    body = [copy(x, a), copy(x, b), copy(a, z), copy(b, z), copy(x, y), copy(x, late), copy(late, z)]
    layout = Layout(Program("p", [x], [y, z], [], [a, b, late], body))
    places = {t.name: (host.name, at) for t, (host, at) in layout.guests.items()}
    assert places == {"a": ("y", 0), "b": ("y", 3200)}
    assert layout.offsets == {late: 0} and layout.bytes == 2432


def test_who_lies_in_a_result_is_done_before_it_begins():
    x, y = buffer("x", 1000, "input"), buffer("y", 1000, "output")
    a = buffer("a", 1000, "temp")
    layout = Layout(Program("p", [x], [y], [], [a], [copy(x, a), copy(a, y)]))
    assert not layout.guests and layout.bytes == 8000
    narrow = buffer("y", 3000, "output", "f32")
    layout = Layout(Program("p", [x], [narrow], [], [a], [copy(x, a), copy(a, x), copy(x, narrow)]))
    assert not layout.guests  # its numbers might lie where none of theirs may


@pytest.mark.parametrize("check", [False, True])
def test_a_result_in_the_place_of_an_input_has_guests_when_that_has_been_read(check):
    x, y, v = buffer("x", 1000, "input"), buffer("y", 1000, "output"), buffer("v", 1000, "input")
    a, z = buffer("a", 1000, "temp"), buffer("z", 300, "output")
    y.reuses = v
    b = Builder()
    body = [copy(v, z), copy(x, a), copy(a, z), copy(x, y)]
    if check:  # a program that fails is repeated by another, with its inputs as they were
        body.insert(3, Check(b("lt", b.load(x, Index()), b.const(9.0, "f64"))))
    layout = Layout(Program("p", [x, v], [y, z], [], [a], body))
    assert layout.guests == ({} if check else {a: (y, 0)})
    body = [copy(x, a), copy(v, z), copy(a, z), copy(x, y)]
    assert not Layout(Program("p", [x, v], [y, z], [], [a], body)).guests


def test_guests_do_not_disturb():
    def f(x, w):
        a = np.sin(x)
        b = np.cos(x @ w)
        s = (a * b).sum(axis=0)
        t = np.exp(b).sum(axis=1)
        return np.outer(t, s), s, t

    x, w = RNG.standard_normal((60, 50)), RNG.standard_normal((50, 50))
    for got, want in zip(wg.jit(f)(x, w), f(x, w), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11)


# --- convolutions and products ------------------------------------------------------------------------------------


def images(x, v, w):
    h = F.relu(F.conv2d(x, v, padding=1))
    return np.sum(F.conv2d(F.max_pool2d(h, 2), w, padding=1) ** 2)


def test_images_are_padded_once_and_columns_are_made_anew():
    x = RNG.standard_normal((3, 1, 12, 12))
    v, w = RNG.standard_normal((10, 1, 3, 3)), RNG.standard_normal((12, 10, 3, 3))
    slopes = wg.value_and_grad(images, argnums=(1, 2))
    p = program(slopes, x, v, w)
    stores = [(n, t) for n, s in enumerate(p.body) for t in walk([s]) if isinstance(t, Store)]
    padded = {t.buffer for _, t in stores if t.buffer.size == 3 * 10 * 8 * 8 and t.value.op != "const"}
    assert len(padded) == 1
    columns = [n for n, t in stores if t.buffer.size == 3 * 9 * 144]
    assert len(columns) == 2 and columns[1] - columns[0] > 3
    for got, want in zip(tree.leaves(wg.jit(slopes)(x, v, w)), tree.leaves(slopes(x, v, w)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10)


def test_products_pack_a_panel_at_a_time():
    x, w = RNG.standard_normal((128, 700)), RNG.standard_normal((512, 700))
    p = program(lambda x, w: x @ w.T, x, w)
    assert 0 < emit(p, target()).arena_bytes < w.nbytes / 20


# --- training -----------------------------------------------------------------------------------------------------


def step(x, target, w, b, v, c):
    """The slopes of two dense layers, and what they become."""

    def loss(w, b, v, c):
        return F.cross_entropy(F.relu(x @ w.T + b) @ v.T + c, target)

    slopes = wg.grad(loss, argnums=(0, 1, 2, 3))(w, b, v, c)
    return slopes, [p - 0.1 * g for p, g in zip((w, b, v, c), slopes, strict=True)]


def test_a_step_needs_its_slopes_and_one_hidden_layer():
    x, y = RNG.standard_normal((64, 200)), RNG.integers(0, 10, 64)
    w, v = RNG.standard_normal((100, 200)), RNG.standard_normal((10, 100))
    b, c = RNG.standard_normal(100), RNG.standard_normal(10)
    lowered = wg.jit(step).lower(x, y, w, b, v, c)
    [kernel] = lowered.kernels
    layer = 64 * 100 * 8
    assert Layout(kernel.loops).bytes < 1.1 * layer
    got, want = wg.jit(step)(x, y, w, b, v, c), step(x, y, w, b, v, c)
    for g, e in zip(tree.leaves(got), tree.leaves(want), strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-12)
