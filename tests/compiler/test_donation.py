"""Memory of the caller's that compiled functions write: donated arguments, out=, steps in place."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import wengert as wg
import wengert.nn.functional as F
from wengert.errors import InvalidArgument

RNG = np.random.default_rng(0)


def address(x):
    return x.__array_interface__["data"][0]


# --- donate -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 1000, 200_000])
def test_donated_memory_is_that_of_the_result(n):
    f = wg.jit(lambda x, y: np.sin(x) * y + 1, donate=0)
    y = RNG.standard_normal(n)
    for _ in range(3):
        x = RNG.standard_normal(n)
        want, where = np.sin(x) * y + 1, address(x)
        got, kept = f(x, y), y.copy()
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)
        assert address(got) == where and address(got) != address(y)
        np.testing.assert_array_equal(y, kept)


def test_what_is_not_donated_or_cannot_be_is_left_alone():
    f = wg.jit(lambda x, y: np.sin(x) * y + 1, donate=0)
    x, y = RNG.standard_normal((2, 100))
    f(x.copy(), y)
    twice = y.copy()
    np.testing.assert_allclose(f(twice, twice), np.sin(y) * y + 1)
    np.testing.assert_array_equal(twice, y)
    both = RNG.standard_normal(101)
    before = both.copy()
    np.testing.assert_allclose(f(both[:-1], both[1:]), np.sin(before[:-1]) * before[1:] + 1)
    np.testing.assert_array_equal(both, before)
    frozen = x.copy()
    frozen.flags.writeable = False
    np.testing.assert_allclose(f(frozen, y), np.sin(x) * y + 1)
    np.testing.assert_array_equal(frozen, x)


def test_unsafe_donation_is_as_if_it_were_not_there():
    f = wg.jit(lambda x: x[::-1] * 2, donate=0)
    for _ in range(2):
        x = RNG.standard_normal(1000)
        want, where = x[::-1] * 2, address(x)
        got = f(x)
        np.testing.assert_array_equal(got, want)
        assert address(got) != where


def test_donation_counts_arguments_as_they_are_written():
    f = wg.jit(lambda k, x, y: x * k + y, donate=1, static_argnums=0)
    for _ in range(2):
        x, y = RNG.standard_normal((2, 500))
        want, where, kept = x * 3 + y, address(x), y.copy()
        got = f(3, x, y)
        np.testing.assert_allclose(got, want, rtol=1e-12)
        np.testing.assert_array_equal(y, kept)
        assert address(got) == where


def test_donated_inputs_survive_a_failed_index():
    f = wg.jit(lambda x, table, k: x * table[k], donate=0)
    table = RNG.standard_normal(10)
    x = RNG.standard_normal(100)
    where, want = address(x), x * table[np.arange(100) % 10]
    got = f(x, table, np.arange(100) % 10)
    np.testing.assert_allclose(got, want)
    x = RNG.standard_normal(100)
    before = x.copy()
    with pytest.raises(IndexError):
        f(x, table, np.arange(100))
    np.testing.assert_array_equal(x, before)
    del where


# --- out ----------------------------------------------------------------------------------------------------------


def test_out_is_written():
    f = wg.jit(lambda x, y: {"a": np.sin(x) * y, "b": [np.sum(x)]})
    x, y = RNG.standard_normal((2, 300))
    for _ in range(3):
        out = {"a": np.zeros(300), "b": [np.zeros(())]}
        assert f(x, y, out=out) is out
        np.testing.assert_allclose(out["a"], np.sin(x) * y)
        assert out["b"][0] == pytest.approx(x.sum())


def test_out_of_any_layout_and_on_top_of_inputs():
    f = wg.jit(lambda x, y: np.sin(x) * y)
    x, y = RNG.standard_normal((2, 200))
    want = np.sin(x) * y
    wide, narrow, mine = np.zeros(400)[::2], np.zeros(200, np.float32), x.copy()
    for _ in range(2):
        mine[:] = x
        for out in (wide, narrow, mine):
            f(mine if out is mine else x, y, out=out)
            np.testing.assert_allclose(out, want, rtol=1e-5)
    np.testing.assert_allclose(f(x, y, out=x), want, rtol=1e-12)


def test_the_program_writes_into_out_itself():
    f = wg.jit(lambda x: np.exp(x) + x)
    x, out = RNG.standard_normal((2, 10_000))
    f(x, out=out)
    state = f._state
    [[recipe]] = state.recipes.values()
    f(x, out=out)
    callee = recipe.callee.writing((0,))
    assert callee(x, out)[0] is out
    np.testing.assert_allclose(out, np.exp(x) + x)


def test_calls_with_out_do_not_come_to_python():
    f = wg.jit(lambda x, k: np.exp(x) * k)
    x, out = RNG.standard_normal((2, 1000))
    for k in range(4):
        assert f(x, float(k), out=out) is out
        np.testing.assert_allclose(out, np.exp(x) * k, rtol=1e-12)
    assert sum(e.calls for e in f.entries if e.signature.names == ("out",)) >= 2
    mine = x.copy()
    assert f(mine, 2.0, out=mine) is mine  # on top of an input
    np.testing.assert_allclose(mine, np.exp(x) * 2, rtol=1e-12)
    with pytest.raises(InvalidArgument):
        f(x, 2.0, out=np.zeros(3))


def test_wrong_out_is_refused():
    f = wg.jit(lambda x: x + 1.0)
    x = np.zeros(4)
    frozen = np.zeros(4)
    frozen.flags.writeable = False
    for _ in range(2):
        for bad in (np.zeros(5), np.zeros(4, int), [np.zeros(4)], frozen, 3.0):
            with pytest.raises(InvalidArgument) as caught:
                f(x, out=bad)
            assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(InvalidArgument):
        wg.grad(lambda x: np.sum(f(x, out=np.zeros(4))))(x)


def test_a_function_with_its_own_out_keeps_it():
    def f(x, out):
        return x + out

    np.testing.assert_array_equal(wg.jit(f)(np.ones(3), out=np.ones(3)), np.full(3, 2.0))


# --- steps in place -----------------------------------------------------------------------------------------------


def training(**options):
    rng = np.random.default_rng(1)
    params = [wg.tensor(0.1 * rng.standard_normal(s), requires_grad=True) for s in [(20, 64), (64,), (64, 5), (5,)]]
    opt = wg.optim.SGD(params, **options)

    def step(x, y):
        opt.zero_grad()
        a, b, c, d = params
        loss = F.cross_entropy(np.tanh(x @ a + b) @ c + d, y)
        loss.backward()
        opt.step()
        return loss

    return params, opt, step


X, Y = RNG.standard_normal((32, 20)), RNG.integers(0, 5, 32)


def arrays(params, opt):
    return (
        [p.value for p in params]
        + [p.grad.value for p in params]
        + [v.value for s in opt.state.values() for v in s.values()]
    )


@pytest.mark.parametrize("options", [{"lr": 0.1}, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}])
def test_a_step_leaves_everything_where_it_is(options):
    params, opt, step = training(**options)
    others, other_opt, eager = training(**options)
    compiled = wg.jit(step)
    for _ in range(3):
        compiled(X, Y), eager(X, Y)
    gc.collect()  # what is left of tracing may hold arrays
    compiled(X, Y), eager(X, Y)
    where = [address(a) for a in arrays(params, opt)]
    for _ in range(3):
        assert compiled(X, Y).item() == pytest.approx(eager(X, Y).item(), rel=1e-12)
        assert [address(a) for a in arrays(params, opt)] == where
    for a, b in zip(arrays(params, opt), arrays(others, other_opt), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_who_keeps_an_array_from_before_keeps_its_numbers():
    params, _, step = training(lr=0.1, momentum=0.9)
    compiled = wg.jit(step)
    for _ in range(3):
        compiled(X, Y)
    held = [p.value for p in params], [p.grad for p in params], [p.value[:1] for p in params], params[0].detach()
    before = [h.copy() for h in held[0]], [g.numpy().copy() for g in held[1]], [v.copy() for v in held[2]]
    compiled(X, Y)
    for a, b in zip(
        [*held[0], *[g.numpy() for g in held[1]], *held[2]], [x for part in before for x in part], strict=True
    ):
        np.testing.assert_array_equal(a, b)
    assert all(not np.shares_memory(p.value, a) for p, a in zip(params, held[0], strict=True))


def test_a_step_that_fails_changes_nothing():
    params, _, step = training(lr=0.1)
    compiled = wg.jit(step)
    for _ in range(3):
        compiled(X, Y)
    before = [p.value.copy() for p in params]
    wrong = Y.copy()
    wrong[3] = 17
    with pytest.raises(IndexError):
        compiled(X, wrong)
    for p, b in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.value, b)


def test_arguments_that_a_function_writes_are_written_in_place():
    @wg.jit
    def f(x, y):
        x += np.sin(y)
        x *= 2
        return x.sum()

    for _ in range(3):
        x, y = RNG.standard_normal((2, 5000))
        want = (x + np.sin(y)) * 2
        assert f(x, y) == pytest.approx(want.sum())
        np.testing.assert_allclose(x, want)
        z = RNG.standard_normal(5001)
        want = (z[:-1] + np.sin(z[1:])) * 2
        f(z[:-1], z[1:].copy())
        np.testing.assert_allclose(z[:-1], want)
