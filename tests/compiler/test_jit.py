"""wg.jit against the plain function: values, types, dtypes, writes to arguments, errors, threads."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from scipy import special

import wengert as wg
from tests.compiler.jitting import agree, same
from wengert.errors import InvalidArgument, TracedValue

X = np.linspace(-1.0, 2.0, 6)
M = np.arange(12.0).reshape(3, 4) / 7
SHIFT = np.array([1.0, 2.0, 3.0])


def in_place(x):
    y = np.zeros(len(x), like=x)
    y[1:] = np.sin(x[1:]) * x[:-1]
    y[0] -= 3
    y *= 2
    return y


def views(x):
    y = x.copy()
    v = y[1:4]
    v += 10
    w = v[::-1]
    w[0] = -1
    return y, v, w.T


def masks(x):
    y = x.copy()
    y[y < 0] = 0
    return y, np.where(x > 0.5, x, -x)


def many_results(x):
    return {"a": x, "b": [x + 1, (x.sum(), None)], "c": "text", "d": 3, "e": True, "f": 2.5, "g": x.shape}


def over_axes(m):
    return np.sum(m, axis=0), np.mean(m, axis=1, keepdims=True), m.max(), np.argmax(m), m.T @ m, np.cumsum(m, axis=1)


def looped(x):
    s = 0.0
    for row in x:
        s = s * 0.5 + row
    return s


def reshaped(m):
    return m.reshape(-1), m.ravel()[2:5], np.stack([m, m]), np.concatenate([m[0], m[1]]), m[:, None].shape


def indexed(m):
    return m[1], m[1, 2], m[..., 0], m[[2, 0]], m[np.array([0, 1]), np.array([1, 1])], m[-1, ::-2]


def made_inside(x):
    table = np.arange(6, like=x)
    kind = np.asarray([True, False] * 3, like=x)
    return x * table, x[kind], table, np.ones_like(x), np.full(3, 2.0, like=x)


def deep(x):
    return np.linalg.norm(x), np.linalg.inv(np.outer(x, x) + np.eye(len(x))), np.fft.fft(x)


def constants(x):
    return 1.0, np.ones(2), np.float32(3), SHIFT


PROGRAMS = [
    (in_place, (X,)), (views, (X,)), (masks, (X,)), (many_results, (X,)), (over_axes, (M,)), (looped, (X,)),
    (looped, (M,)), (reshaped, (M,)), (indexed, (M,)), (made_inside, (X,)), (deep, (X,)), (constants, (X,)),
    (lambda x: x, (X,)), (lambda x: (x, x), (X,)), (lambda x: x[1:], (X,)), (lambda x: x.T, (M,)),
    (lambda x: np.broadcast_to(x, (2, 6)), (X,)), (lambda x: x.real, (X,)), (lambda: np.ones(2), ()),
    (lambda x: None, (X,)), (lambda x: (), (X,)), (lambda x: x.astype(np.float32), (X,)),
    (lambda x: x * SHIFT, (X[:3],)), (lambda x, y: x @ y, (M, M.T.copy())), (lambda x: x.sum(), (np.zeros((0, 3)),)),
    (lambda x: x * 2, (np.zeros((0, 3)),)), (lambda x: x + 1, (np.array(2.0),)), (lambda x: x[()], (np.array(2.0),)),
    (lambda x: x * 2 + 1, (np.float64(3),)), (lambda x: (x, -x), (np.float32(3),)), (lambda x: x / 3, (np.arange(4),)),
    (lambda x: x // 2 + x % 3, (np.arange(7),)), (lambda x: x & 3, (np.arange(7),)), (lambda x: ~x, (X > 0,)),
    (lambda x: np.sqrt(x), (X,)), (lambda x: np.log(x * 0), (X,)), (lambda x: x * 1j, (X,)),
    (lambda x: np.abs(x * 1j + 1), (X,)), (lambda x: x.reshape(()), (np.ones(1),)), (lambda x: x.copy(), (X,)),
    (lambda x: x.tolist(), (M,)),
    (lambda x: x.item(), (np.float64(2.5),)), (lambda x: x.sum().item() * 2, (X,)), (lambda x: [*x], (M,)),
    (lambda x: sum(x), (X,)), (lambda x: np.add.reduce(x) ** 2, (X,)), (lambda x: np.sort(x)[::-1], (X,)),
    (lambda x: np.array([x.sum(), 1.0], like=x), (X,)), (lambda x: np.einsum("ij,kj->ik", x, x), (M,)),
    (lambda x: np.interp(0.3, SHIFT, x), (X[:3],)), (lambda x: x.mean() + x.std(), (X,)), (lambda x: x > 0, (X,)),
    (lambda x: np.clip(x, 0, 1) ** 3, (X.astype(np.float32),)), (lambda x: x**2 + 2**x, (X,)), (lambda x: abs(x), (X,)),
    (lambda x: (x.shape[0] * x, len(x), x.ndim, x.dtype), (X,)), (lambda x: x + x.T, (np.eye(2, dtype=np.float16),)),
]  # fmt: skip


@pytest.mark.parametrize("n", range(len(PROGRAMS)))
def test_programs_agree(n):
    f, args = PROGRAMS[n]
    assert agree(f, *args).traces == 1


@pytest.mark.parametrize(
    "x",
    [
        np.array([1.0, np.nan, np.inf, -np.inf, -0.0]),
        np.float32([1, 2, np.nan]),
        np.arange(5, dtype=np.int8),
        np.arange(5, dtype=np.uint16),
        np.array([True, False]),
        np.array([1 + 2j, -1j]),
        np.arange(10.0)[::2],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((2, 0)),
    ],
    ids=lambda x: f"{x.dtype.str}{x.shape}",
)
def test_kinds_of_arrays_agree(x):
    agree(lambda x: (x + x, x * 0.5, x.sum(), np.exp(x * 0.1), x.T, x[:1]), x)


def test_byte_swapped_arrays_are_read():
    agree(lambda x: (x + x, x.sum()), np.arange(4.0).astype(">f8"))


def sizes(x):
    return np.unique(x)


def test_functions_without_a_rule_run_as_they_are():
    agree(lambda x: (np.histogram(x, bins=3), np.polyfit(X, x, 2), np.packbits(x > 1) * 2), X**2)
    with pytest.raises(wg.MissingRule):
        wg.grad(wg.jit(lambda v: np.sum(special.jv(v, 1.0))))(X)
    compiled = wg.jit(sizes)
    same(compiled(X), X)
    with pytest.raises(InvalidArgument, match="shapes"):
        compiled(np.zeros(6))


# --- writes to arguments ------------------------------------------------------------------------------------------


def test_writes_to_arguments_are_seen_by_the_caller():
    def f(x, y):
        x += y
        x[0] = 5
        y[1:] *= 2
        return x.sum()

    agree(f, X.copy(), np.ones(6))


def test_a_written_argument_that_is_returned_is_itself():
    def f(x):
        x *= 2
        return x

    x = np.ones(3)
    compiled = wg.jit(f)
    assert compiled(x) is x and compiled(x) is x
    np.testing.assert_array_equal(x, 4)


def test_one_array_given_twice_is_one_array():
    def f(x, y):
        x[0] = 7
        return y * 2

    compiled = wg.jit(f)
    x, y = np.ones(2), np.ones(2)
    same(compiled(x, x), np.array([14.0, 2.0]))
    same(compiled(y, np.ones(2)), np.array([2.0, 2.0]))


def test_a_read_only_argument_refuses_and_nothing_is_written():
    def f(x, y):
        x += 1
        y += 1

    x, y = np.ones(2), np.ones(2)
    y.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        wg.jit(f)(x, y)
    np.testing.assert_array_equal(x, 1)


def test_results_are_the_callers_own():
    compiled = wg.jit(lambda x: (x, x.T, SHIFT, np.zeros(2), x[1:]))
    x = np.ones((2, 2))
    for _ in range(2):
        for part in compiled(x):
            assert isinstance(part, np.ndarray)
            part[...] = -1
    np.testing.assert_array_equal(x, 1)
    np.testing.assert_array_equal(SHIFT, [1, 2, 3])


# --- errors -------------------------------------------------------------------------------------------------------


def helper(x):
    if x > 0:  # the line that is named
        return x
    return -x


def test_branching_names_the_users_line():
    with pytest.raises(TracedValue) as caught:
        wg.jit(lambda x: helper(x.sum()))(X)
    line = helper.__code__.co_firstlineno + 1
    what, _, instead = str(caught.value).splitlines()
    assert f"test_jit.py:{line}" in what
    assert "np.where" in instead and "wg.cond" in instead


@pytest.mark.parametrize("use", [float, int, bool, math.sin, list, lambda x: np.ones(3)[x], lambda x: range(x)])
def test_uses_of_traced_values_are_refused(use):
    if use is list:
        assert len(wg.jit(lambda x: list(x))(X)) == 6
    else:
        with pytest.raises(TracedValue):
            wg.jit(lambda x: use(x.sum().astype(int)))(X)


def test_a_leaked_tracer_says_where_it_comes_from():
    leaked = []

    def stores(x):
        leaked.append(x * 2)
        return x

    wg.jit(stores)(X)
    with pytest.raises(TracedValue, match=r"traced by jit\(stores\) was used at test_jit.py") as caught:
        leaked[0] + 1
    assert len(str(caught.value).splitlines()) == 3


def test_exceptions_of_the_function_come_out():
    def f(x, y):
        x += 1
        raise KeyError("mine")

    x = np.ones(2)
    compiled = wg.jit(f)
    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            compiled(x, x * 2)
    np.testing.assert_array_equal(x, 1)


def test_numpys_own_errors_come_out():
    with pytest.raises(ValueError, match="broadcast"):
        wg.jit(lambda x, y: x + y)(np.ones(2), np.ones(3))
    singular = wg.jit(np.linalg.inv)
    singular(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        singular(np.zeros((2, 2)))


def test_a_constant_changed_during_the_trace_is_noticed():
    big = np.zeros(10_000)

    def f(x):
        y = x + big
        big[0] += 1
        return y

    with pytest.raises(wg.errors.MutatedArray):
        wg.jit(f)(np.ones(10_000))


def test_a_small_constant_is_as_it_was_when_it_was_used():
    def f(x):
        c = np.ones(3)
        y = x + c
        c += 1
        return y + c

    agree(f, np.zeros(3))


# --- looking inside, threads ----------------------------------------------------------------------------------------


def test_lower_shows_the_graph():
    f = wg.jit(lambda x: np.sin(x) * x)
    graph = f.lower(2.0).graph
    assert [e.op.name for e in graph.equations] == ["sin", "multiply"]
    assert isinstance(f.explain(2.0), str) and f.traces == 1


def test_threads_share_one_trace():
    f = wg.jit(lambda x: np.sin(x) + x)
    barrier, wrong = threading.Barrier(4), []

    def work(k):
        barrier.wait()
        for _ in range(20):
            if not np.array_equal(f(X * k), np.sin(X * k) + X * k):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and f.traces == 1


def test_a_trace_in_one_thread_leaves_others_alone():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    started, go = threading.Event(), threading.Event()

    def slow(x):
        started.set()
        go.wait(10)
        return x * 2

    thread = threading.Thread(target=lambda: wg.jit(slow)(X))
    thread.start()
    started.wait(10)
    (w * w).sum().backward()
    go.set()
    thread.join()
    same(w.grad.numpy(), np.array([2.0, 4.0]))


def test_background_compilation_gives_the_same():
    f = wg.jit(lambda x: np.sin(x) + 1, background=True)
    for _ in range(3):
        same(f(X), np.sin(X) + 1)


def test_donated_arguments():
    f = wg.jit(lambda x, y: x * 2 + y, donate=0)
    for _ in range(3):
        same(f(X.copy(), X), X * 3)


def test_inline():
    inner = wg.jit(lambda x: np.sin(x) * 2, inline=True)
    outer = wg.jit(lambda x: inner(x) + 1)
    same(outer(X), np.sin(X) * 2 + 1)
    assert "call" not in [e.op.name for e in outer.lower(X).graph.equations]
