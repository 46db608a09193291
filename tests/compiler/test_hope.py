"""Products in which zeros win are plain products, until a run shows that this was too much to hope for."""

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.backend import PATIENCE, Native
from wengert.compiler.passes import simplify
from wengert.compiler.passes.hope import hopeful

pytest.importorskip("llvmlite")

inf, nan = np.inf, np.nan
MASK = np.array([False, True, True])
BAD = np.array([1e3, 0.5, 0.7])  # exp overflows where it is masked
GOOD = np.array([0.3, 0.5, 0.7])


def masked(x):
    return np.sum(np.where(MASK, np.exp(x) * np.sin(x), 0.0))


def slope(x):
    return np.where(MASK, np.exp(x) * (np.sin(x) + np.cos(x)), 0.0)


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def ops(f, *args):
    graph = hopeful(simplify(wg.jit(f).lower(*args).graph))
    return [] if graph is None else [e.op.name for e in simplify(graph).equations]


def test_regular_factors_are_multiplied_plainly():
    found = ops(wg.grad(masked), GOOD)
    assert "strong_multiply" not in found and found.count("certain") == 1


def test_poles_are_not_hoped_for():
    found = ops(wg.grad(lambda x: np.sum(np.where(MASK, np.sqrt(x) * np.exp(x) + np.log(x * x), 0.0))), GOOD)
    assert found.count("strong_multiply") == 3  # √x, 1 / (2 √x) and 1 / x²
    safe = lambda x: np.sum(np.where(MASK, np.log(1 + np.exp(x)) / np.sqrt(x * x + 1), 0.0))
    assert "strong_multiply" not in ops(wg.grad(safe), GOOD)


def test_nothing_to_hope_for():
    assert ops(wg.grad(lambda x: np.sum(np.exp(x) * x)), GOOD) == []


def test_a_run_that_declines_is_run_with_care():
    f = wg.jit(wg.grad(masked))
    for n in range(PATIENCE + 3):
        np.testing.assert_allclose(f(GOOD), slope(GOOD), err_msg=str(n))
        np.testing.assert_allclose(f(BAD), [0, *slope(GOOD)[1:]], err_msg=str(n))
    assert f.traces == 1


def test_hope_ends():
    graph = wg.jit(wg.grad(masked)).lower(GOOD).graph
    program = Native(graph)
    kernel = program.kernel
    for _ in range(PATIENCE):
        assert program.kernel is kernel
        program(BAD)
    assert program.kernel is not kernel and "strong_multiply" in [e.op.name for e in program.simple.equations]
    np.testing.assert_allclose(kernel.call(BAD)[0], [0, *slope(GOOD)[1:]])  # for whom holds on to it


# What asks for a number does not pass a NaN on: the product has to be right before.
ASKING = {
    "nan_to_num": lambda g: np.nan_to_num(g, nan=7.0),
    "isnan": lambda g: np.isnan(g) * 1.0,
    "greater": lambda g: np.where(g > -1, g, -5.0),
    "fmax": lambda g: np.fmax(g, -1.0),
    "sort": lambda g: np.sort(g),
    "argmin": lambda g: np.argmin(g),
    "nansum": lambda g: np.nansum(g),
    "an index": lambda g: g[np.argsort(g)],
    "a loop": lambda g: wg.fori_loop(0, 3, lambda i, x: np.fmax(x, g), 0 * GOOD),
    "a branch": lambda g: wg.cond(g[0] >= 0, lambda: g, lambda: g + 1),
    "NumPy's": lambda g: np.linalg.eigvalsh(np.outer(np.nan_to_num(g, nan=7.0), g)),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_what_asks_for_numbers_gets_the_right_ones(ask):
    f = lambda x: ask(wg.grad(masked)(x))
    np.testing.assert_allclose(wg.jit(f)(BAD), ask(np.array([0, *slope(GOOD)[1:]])), atol=1e-12)
    np.testing.assert_allclose(wg.jit(f)(GOOD), ask(slope(GOOD)), atol=1e-12)


def test_steps_in_place():
    """Where the result overwrites an input there is no second run."""

    @wg.jit(donate=0)
    def step(x):
        return x - wg.grad(masked)(x)

    np.testing.assert_allclose(step(BAD.copy()), BAD - [0, *slope(GOOD)[1:]])

    @wg.jit
    def written(x):
        x -= wg.grad(masked)(x)

    x = BAD.copy()
    written(x)
    np.testing.assert_allclose(x, BAD - [0, *slope(GOOD)[1:]])
    out = np.zeros(3)
    f = wg.jit(wg.grad(masked))
    for _ in range(3):
        np.testing.assert_allclose(f(BAD, out=out), [0, *slope(GOOD)[1:]])


def test_stages_by_turns():
    """A kernel among NumPy's functions declines for all of them."""
    f = wg.grad(
        lambda x: masked(x) + np.sum(np.linalg.eigvalsh(np.outer(MASK * x, MASK * x) + np.diag([1.0, 2.0, 3.0])))
    )
    np.testing.assert_allclose(wg.jit(f)(BAD), f(BAD), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(wg.jit(f)(GOOD), f(GOOD), rtol=1e-9, atol=1e-9)


def test_long_arrays():
    x = np.linspace(-1, 1, 300_000)
    x[12345] = inf
    m = np.isfinite(x)
    f = wg.grad(lambda x: np.sum(np.where(m, np.exp(x) * np.sin(x), 0.0)))
    np.testing.assert_allclose(wg.jit(f)(x), f(x))
