"""NaNs behind masks that come after loops, branches and calls, which have none themselves."""

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.backend import Native
from wengert.compiler.interpret import Interpreted

pytest.importorskip("llvmlite")

nan = np.nan
X = np.array([-1.0, 0.2, 2.0, 3.0])
MASK = np.array([False, True, False, True])
GAPS = np.array([nan, 1.0, nan, 1.0])
ROWS = GAPS[:, None] * np.ones(4)
RATES = np.linspace(0.1, 0.3, 5)


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def chosen(y):
    return np.sum(np.where(MASK, y, 0.0) ** 2)


def carried(x, checkpoint=None):
    c, ys = wg.scan(lambda c, r: (np.sin(c) * r * GAPS + x, c * x), x * 1.0, RATES, checkpoint=checkpoint)
    return chosen(c) + chosen(ys)


def in_blocks(x):
    return carried(x, "sqrt")


def binomial(x):
    return carried(x, "binomial")


def contracted(x):
    ys = wg.scan(lambda c, r: (c * r, ROWS @ np.sin(c * x)), x * 1.0, RATES)[1]
    return chosen(ys)


def poles(x):
    ys = wg.scan(lambda c, r: (c * r, np.log(x) * c), x * 1.0, RATES)[1]
    return np.sum(np.where(x > 0, ys, 0.0) ** 2)


def rows_of_data(x):
    data = np.array([[1.0, nan, 2.0, 3.0], [1.0, 2.0, nan, 4.0]])
    ys = wg.scan(lambda c, r: (c + 1, np.sin(r * x)), x * 1.0, data)[1]
    return np.sum(np.where(np.isnan(data), 0.0, ys) ** 2)


def counted(x):
    return chosen(wg.fori_loop(0, 3, lambda i, c: np.sin(c) * GAPS * x, x * 1.0))


def while_loop(x, checkpoint=None):
    body = lambda s: (s[0] + 1, np.sin(s[1]) * GAPS * x)
    return chosen(wg.while_loop(lambda s: s[0] < 3, body, (0, x * 1.0), checkpoint=checkpoint)[1])


def while_binomial(x):
    return while_loop(x, "binomial")


def mapped(x):
    return chosen(wg.map(lambda row: np.sum(np.sin(row * x)), ROWS))


def rolled(x):
    c = x * 1.0
    for _ in range(12):
        c = np.sin(c) * GAPS * x
    return chosen(c)


def branch(x):
    return chosen(wg.cond(np.sum(x) > 0, lambda: ROWS @ np.sin(x), lambda: x * 2.0))


def called(x):
    return chosen(wg.jit(lambda z: ROWS @ np.sin(z))(x))


def nested(x):
    """A loop and a branch in the step of a loop."""

    def step(c, r):
        y = wg.fori_loop(0, 2, lambda i, d: np.sin(d) * GAPS + x, c)
        y = wg.cond(np.sum(x) > 0, lambda: y * x, lambda: y)
        return c * r, np.cos(y) * GAPS

    return chosen(wg.scan(step, x * 1.0, RATES)[1])


def solved(x):
    """The solution with the second matrix is missing in each step."""

    def step(c, r):
        matrices = np.stack([np.diag(2 + np.cos(c)), np.full((4, 4), nan) * c])
        return c * r, np.linalg.solve(matrices, np.sin(x)[:, None])[..., 0]

    ys = wg.scan(step, x * 1.0, RATES)[1]
    return np.sum(np.where(np.array([[True], [False]]), ys, 0.0) ** 2)


FUNCTIONS = [
    carried, in_blocks, binomial, contracted, poles, rows_of_data, counted, while_loop, while_binomial, mapped, rolled,
    branch, called, nested, solved,
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_every_mix_of_modes(f):
    """Eager, compiled, and by NumPy's functions as without a compiler."""
    v = np.array([1.0, 0.5, -1.0, 2.0])
    slope, along = wg.grad(f), lambda x: wg.jvp(f, (x,), (v,))[1]
    second = lambda x: wg.jvp(along, (x,), (v,))[1]
    modes = [slope, wg.grad(lambda x: np.sum(slope(x) * v)), lambda x: wg.jvp(slope, (x,), (v,))[1], wg.grad(along)]
    for n, mode in enumerate(modes):
        found = {"eager": mode(X), "compiled": wg.jit(mode)(X)}
        found["NumPy's"] = Interpreted(wg.jit(mode).lower(X).graph)(X)[0]
        for name, y in found.items():
            np.testing.assert_allclose(y @ v, second(X) if n else along(X), rtol=1e-9, err_msg=f"{name}, {n}")
            np.testing.assert_allclose(y, found["eager"], rtol=1e-9, atol=1e-12, err_msg=f"{name}, {n}")


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_hessians(f):
    """Batches of directions: what is known of tangents is handed on through all graphs."""
    expected = np.stack([wg.jvp(wg.grad(f), (X,), (e,))[1] for e in np.eye(4)])
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(wg.hessian(f)(X), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(wg.jit(wg.hessian(f))(X), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_batches(f):
    slope, xs = wg.grad(f), np.stack([X, X + 0.5, X - 0.5])
    expected = np.stack([slope(x) for x in xs])
    assert np.isfinite(expected).all()
    for batched in (wg.vmap(slope), wg.jit(wg.vmap(slope)), wg.vmap(wg.jit(slope))):
        np.testing.assert_allclose(batched(xs), expected, rtol=1e-9, atol=1e-12)


def test_programs_take_no_care_until_a_nan_shows_up():
    """What a mask behind a loop costs is one look at the results."""
    mask = np.array([True, False, True, True])
    ops = []
    stacked = lambda x: wg.scan(lambda c, r: (np.sin(c) * r, c * x), x * 1.0, RATES)[1]
    for f in (lambda x: np.where(mask, stacked(x), 0.0), stacked):
        program = Native(wg.jit(wg.grad(lambda x, f=f: np.sum(f(x) ** 2))).lower(X).graph)
        loops = [e.params["body"] for e in program.simple.equations if e.op.name == "scan"]
        ops.append([sorted([e.op.name for e in body.equations]) for body in loops])
    assert ops[0] == ops[1]


def test_steps_in_place():
    """A training step of a recurrent network on padded sequences, whose padding is NaN."""
    rng = np.random.default_rng(0)
    data = rng.standard_normal((6, 3, 2))
    known = np.arange(6)[:, None] < np.array([6, 4, 2])
    data[~known] = nan
    matrices = np.random.default_rng(1).standard_normal((5, 3))

    def loss(w):
        step = lambda c, x: (lambda h: (h, np.sum(h, -1)))(np.tanh(x @ w[:2] + c @ w[2:]))
        return np.sum(np.where(known, wg.scan(step, np.zeros((3, 3)), data)[1], 0.0) ** 2)

    def step(w):
        w -= 0.01 * wg.grad(loss)(w)

    expected, w, jitted = matrices.copy(), matrices.copy(), wg.jit(step)
    for _ in range(3):
        step(expected)
        jitted(w)
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(w, expected)
