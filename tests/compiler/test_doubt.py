"""NaNs behind masks in loops, branches and calls: compiled gradients are mended as eager ones are."""

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.backend import Native
from wengert.compiler.interpret import Interpreted
from wengert.compiler.mended import mended
from wengert.compiler.passes.doubt import certain, graphs_of, marked

pytest.importorskip("llvmlite")

inf, nan = np.inf, np.nan
X = np.array([-1.0, 0.0, 2.0, 3.0])
MASK = np.array([False, True, False, True])
GAPS = np.array([nan, 1.0, inf, 1.0])


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def rows(x):
    return np.where(np.isfinite(GAPS), 1.0, GAPS)[:, None] * x


def log_masked(x):
    return wg.fori_loop(0, 3, lambda i, c: c + np.where(x > 0, np.log(x) * c, 0.0), x * 1.0)


def product_masked(x):
    """Rows of missing data times a vector, of which the good ones are chosen."""

    def step(c, r):
        return np.where(MASK, (rows(x) * c[:, None]) @ x, c) * r, np.sum(c)

    c, sums = wg.scan(step, x * 1.0, np.array([0.1, 0.2]))
    return c + np.sum(sums)


def einsum_masked(x):
    data = np.where(np.isfinite(GAPS), 1.0, GAPS)[:, None] * np.ones(4)
    return wg.fori_loop(0, 2, lambda i, c: np.where(MASK, np.einsum("ij,j->i", data * x, np.sin(c)), c), x * 1.0)


def norm_masked(x):
    def body(i, c):
        lengths = np.linalg.norm(c[:, None] * np.array([0.0, 0.0]), axis=1)
        return c + np.where(lengths > 0, lengths, x)

    return wg.fori_loop(0, 3, body, x * 1.0)


def while_masked(x):
    def body(state):
        i, c = state
        return i + 1, c + np.where(x > 0, np.log(x) * c, 0.0)

    return wg.while_loop(lambda s: s[0] < 3, body, (0, x * 1.0))[1]


def infinite_outside(x):
    """What the loop masks is infinite, and so is the slope of it."""
    y = np.exp(x * 1000.0)
    return wg.fori_loop(0, 3, lambda i, c: c * 0.5 + np.where(x > 0, 0.0, y), x * 1.0)


def branch(x):
    y = np.exp(np.abs(x) * 1000.0)
    return wg.cond(np.sum(x) > 1e9, lambda: np.sum(y), lambda: np.sum(x * x))


def called(x):
    return wg.jit(lambda z: np.where(MASK, rows(z) @ z, z))(x)


MATRICES = lambda x: np.stack([np.diag(2 + np.cos(x)), np.full((4, 4), nan) * x])


def solved(x):
    """The second matrix is not known, nor is its solution."""

    def step(c, r):
        y = np.linalg.solve(MATRICES(c * r), np.sin(x)[:, None])[..., 0]
        return np.sum(np.where(np.array([True, False])[:, None], y, 0.0), 0), np.sum(c)

    c, sums = wg.scan(step, x * 1.0, np.array([0.1, 0.2]))
    return c + np.sum(sums)


def product_of_rows(x):
    def step(c, r):
        return np.where(MASK, np.prod(rows(c) * x, axis=1), c) * r, np.sum(c)

    c, sums = wg.scan(step, x * 1.0, np.array([0.3, 0.4]))
    return c + np.sum(sums)


def while_product(x, checkpoint=None):
    body = lambda state: (state[0] + 1, np.where(MASK, (rows(x) * state[1][:, None]) @ x, state[1]) * 0.3)
    return wg.while_loop(lambda state: state[0] < 3, body, (0, x * 1.0), checkpoint=checkpoint)[1]


def while_binomial(x):
    return while_product(x, "binomial")


def scan_binomial(x):
    def step(c, r):
        return np.where(MASK, (rows(x) * c[:, None]) @ x, c) * r, np.sum(c)

    c, sums = wg.scan(step, x * 1.0, np.linspace(0.1, 0.3, 9), checkpoint="binomial")
    return c + np.sum(sums)


def without_a_loop(x):
    y = np.linalg.solve(MATRICES(x), np.sin(x)[:, None])[..., 0]
    return np.where(MASK, rows(x) @ np.sin(x), x) + np.where(np.array([[True], [False]]), y, 0.0)[0]


LOOPS = [log_masked, product_masked, einsum_masked, norm_masked, while_masked, infinite_outside, branch, called]


@pytest.mark.parametrize("f", LOOPS, ids=lambda f: f.__name__)
def test_gradients(f):
    slope = wg.grad(lambda x: np.sum(f(x)))
    expected = slope(X)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(wg.jit(slope)(X), expected)


TWICE = [einsum_masked, while_product, while_binomial, scan_binomial, solved, product_of_rows, without_a_loop]


@pytest.mark.parametrize("f", TWICE, ids=lambda f: f.__name__)
def test_every_mix_of_modes(f):
    """Eager, compiled, and by NumPy's functions as without a compiler."""
    v = np.array([1.0, 0.5, -1.0, 2.0])
    total = lambda x: np.sum(f(x))
    slope, along = wg.grad(total), lambda x: wg.jvp(total, (x,), (v,))[1]
    second = lambda x: wg.jvp(along, (x,), (v,))[1]
    modes = [slope, wg.grad(lambda x: np.sum(slope(x) * v)), lambda x: wg.jvp(slope, (x,), (v,))[1], wg.grad(along)]
    for n, mode in enumerate(modes):
        found = {"eager": mode(X), "compiled": wg.jit(mode)(X)}
        found["NumPy's"] = Interpreted(wg.jit(mode).lower(X).graph)(X)[0]
        for name, y in found.items():
            expected = second(X) if n else along(X)
            np.testing.assert_allclose(y @ v, expected, rtol=1e-9, err_msg=f"{name}, {n}")
            np.testing.assert_allclose(y, found["eager"], rtol=1e-9, atol=1e-12, err_msg=f"{name}, {n}")


@pytest.mark.parametrize("f", [log_masked, product_masked, norm_masked], ids=lambda f: f.__name__)
def test_second_derivatives_along_a_vector(f):
    slope = wg.grad(lambda x: np.sum(f(x)))
    along = lambda x: wg.jvp(slope, (x,), (np.array([1.0, 0.5, -1.0, 2.0]),))[1]
    expected = along(X)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(wg.jit(along)(X), expected)


def test_what_a_loop_hides_is_looked_at_inside():
    """A carry that is doubtful is asked for numbers in the next step."""

    def f(x):
        slope = wg.grad(lambda y: np.sum(np.where(MASK, rows(y) @ y, 0.0)))

        def body(i, c):
            return np.nan_to_num(c, nan=5.0) + slope(x)

        return wg.fori_loop(0, 3, body, x * 1.0)

    np.testing.assert_allclose(wg.jit(f)(X), f(X))


def test_bodies_without_masks_are_left_as_they_are():
    slope = wg.grad(lambda x: np.sum(wg.fori_loop(0, 3, lambda i, c: np.tanh(rows(x) @ c), x)))
    graph = wg.jit(slope).lower(X).graph
    assert marked(graph) is None and mended(graph) is graph


def test_loops_that_hand_on_their_nans_are_looked_at_outside():
    graph = marked(wg.jit(wg.grad(lambda x: np.sum(einsum_masked(x)))).lower(X).graph)
    inside = [q for e in graph.equations for body in graphs_of(e) for q in body.equations]
    assert certain in [e.op for e in graph.equations]
    assert inside and [e.op for e in inside].count(certain) <= 1


# --- attention ----------------------------------------------------------------------------------------------------

LATER = np.where(np.triu(np.ones((3, 3)), 1) > 0, -inf, 0.0)
LATER_AND_A_ROW = np.where(np.arange(3)[:, None] == 1, -inf, LATER)
Q = np.array([[0.3, -0.8], [0.5, 1.1], [-0.4, 0.7]])


def _by_hand(scores):
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


@pytest.mark.parametrize("softmax", [_by_hand, lambda s: wg.nn.functional.softmax(s, -1)], ids=["by hand", "row"])
@pytest.mark.parametrize("mask", [LATER, LATER_AND_A_ROW], ids=["later", "a whole row"])
def test_attention(softmax, mask):
    """Scores masked by -inf: a row without any key has weights 0/0, which are masked in turn."""
    empty = np.all(np.isinf(mask), axis=-1, keepdims=True)

    def f(q):
        weights = np.where(empty, 0.0, softmax(q @ np.sin(q).T + mask))
        return np.sum((weights @ np.cos(q)) ** 2)

    slope, v = wg.grad(f), np.array([[1.0, 2.0], [0.5, -1.0], [0.3, 0.1]])
    modes = {
        "reverse": slope,
        "reverse over reverse": wg.grad(lambda q: np.sum(slope(q) * v)),
        "forward over reverse": lambda q: wg.jvp(slope, (q,), (v,))[1],
        "batch": lambda q: wg.vmap(slope)(np.stack([q, q])),
    }
    for name, mode in modes.items():
        expected = mode(Q)
        assert np.isfinite(expected).all(), name
        np.testing.assert_allclose(wg.jit(mode)(Q), expected, rtol=1e-9, atol=1e-12, err_msg=name)


# --- steps in place -----------------------------------------------------------------------------------------------

TABLE = np.random.default_rng(0).standard_normal((40, 4))
TABLE[::7] = nan
KNOWN = ~np.isnan(TABLE).any(axis=1)
OBSERVED = np.random.default_rng(1).standard_normal(40)


def residuals(w, table):
    return np.sum(np.where(KNOWN, table @ w - OBSERVED, 0.0) ** 2)


def written(w, table):
    w -= 1e-3 * wg.grad(residuals)(w, table)


def decayed(w, table):
    g = wg.grad(residuals)(w, table)
    w *= 0.99
    w -= 1e-3 * np.sign(g) * np.sqrt(np.abs(g))


def normalised(w, table):
    """The slope itself, and a number of all its entries."""
    g = wg.grad(residuals)(w, table)
    w[...] = w - g / np.linalg.norm(g)


def replaced(w, table):
    w[...] = wg.grad(residuals)(w, table)


@pytest.mark.parametrize("step", [written, decayed, normalised, replaced], ids=lambda f: f.__name__)
def test_arguments_written_in_place(step):
    expected, w, jitted = np.ones(4), np.ones(4), wg.jit(step)
    for _ in range(3):
        step(expected, TABLE)
        jitted(w, TABLE)
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(w, expected)


def test_donated_arguments():
    step = lambda w: w - 1e-3 * wg.grad(residuals)(w, TABLE)
    jitted = wg.jit(step, donate=0)
    np.testing.assert_allclose(jitted(np.ones(4)), step(np.ones(4)))


OPTIMISERS = {
    "SGD": lambda ps: wg.optim.SGD(ps, lr=1e-3),
    "momentum": lambda ps: wg.optim.SGD(ps, lr=1e-3, momentum=0.9, weight_decay=0.1, nesterov=True),
    "Adam": lambda ps: wg.optim.Adam(ps, lr=1e-2, weight_decay=0.1, amsgrad=True),
    "AdamW": lambda ps: wg.optim.AdamW(ps, lr=1e-2),
}


def trained(optimiser, wrap, clip):
    """Parameters, gradients and losses of a small network, of whose data some rows are missing from the first on."""
    first = wg.tensor(np.random.default_rng(2).standard_normal((4, 5)), requires_grad=True)
    bias = wg.tensor(np.zeros(5), requires_grad=True)
    second = wg.tensor(np.random.default_rng(3).standard_normal(5), requires_grad=True)
    made = OPTIMISERS[optimiser]([first, bias, second])

    def step(table):
        made.zero_grad()
        out = np.maximum(table @ first + bias, 0.0) @ second
        loss = np.mean(np.where(KNOWN, out - OBSERVED, 0.0) ** 2)
        loss.backward()
        if clip:
            wg.nn.utils.clip_grad_norm_([first, bias, second], 1.0)
        made.step()
        return loss

    step = wrap(step)
    losses = [step(table).detach().item() for table in (TABLE, np.nan_to_num(TABLE), TABLE, TABLE)]
    return [*[x.detach().numpy() for p in (first, bias, second) for x in (p, p.grad)], losses]


@pytest.mark.parametrize("clip", [False, True], ids=["plain", "clipped"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_training_steps(optimiser, clip):
    expected = trained(optimiser, lambda f: f, clip)
    assert all([np.isfinite(x).all() for x in expected])
    for found, x in zip(trained(optimiser, wg.jit, clip), expected, strict=True):
        np.testing.assert_allclose(found, x, rtol=1e-9, atol=1e-12)


def test_gradients_lie_where_the_last_ones_did():
    w = wg.tensor(np.ones(4), requires_grad=True)

    @wg.jit
    def step(table, labels):
        w.grad = None
        losses = np.where(KNOWN, np.take(table @ w - OBSERVED, labels), 0.0) ** 2
        losses.sum().backward()
        with wg.no_grad():
            w.sub_(1e-3 * w.grad)

    labels = np.arange(40)
    for table in (np.nan_to_num(TABLE), np.nan_to_num(TABLE), TABLE):
        step(table, labels)
        assert np.isfinite(w.grad.numpy()).all()
    arrays = w.value, w.grad.value
    addresses = [x.ctypes.data for x in arrays]
    del arrays
    step(np.nan_to_num(TABLE), labels)
    assert addresses == [x.ctypes.data for x in (w.value, w.grad.value)]
    before = w.detach().numpy()
    with pytest.raises(IndexError):
        step(TABLE, labels + 1)
    assert w.grad is None
    np.testing.assert_array_equal(w.detach().numpy(), before)


def test_what_is_looked_at_comes_before_what_is_overwritten():
    """A step is repeated with its inputs as they were, and needs no memory besides."""
    x, w = np.nan_to_num(TABLE), np.ones(4)
    graph = wg.jit(written).lower(w, x).graph
    program = Native(graph, [(0, 0)])
    assert certain in [e.op for e in program.simple.equations]
    assert program.kernel.reuses == [0]
    assert Native(graph, [(0, 0)], careful=True).kernel is not None


def test_steps_without_masks_are_left_as_they_are():
    def step(w, table):
        w -= 1e-3 * wg.grad(lambda w: np.sum((table @ w - OBSERVED) ** 2))(w)

    graph = wg.jit(step).lower(np.ones(4), TABLE).graph
    assert certain not in [e.op for e in Native(graph, [(0, 0)]).simple.equations]
