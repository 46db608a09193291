"""wg.jit against the plain function: values, types, dtypes, writes to arguments, signatures, static arguments."""

from __future__ import annotations

import enum
import functools
import math
import threading
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import special

import wengert as wg
from tests.compiler.jitting import agree, same
from wengert.errors import InvalidArgument, RecompilationWarning, TracedValue

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


# --- Python's numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2, 3.5, 1j])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "i2"])
def test_numbers_are_weak(dtype, number):
    f = lambda x, a: (x * a, a + x, x - 2 * a, a * a * x, a, -a, a + 1, np.exp(x * a))
    agree(f, np.arange(6).astype(dtype), number)


def test_numbers_are_traced():
    compiled = wg.jit(lambda x, lr: x * lr + lr / 2)
    for lr in (0.1, 0.2, 0.3):
        same(compiled(X, lr), X * lr + lr / 2)
    assert compiled.traces == 1


def test_numbers_that_python_needs_are_static():
    def f(x, n, power, flag):
        total = np.zeros_like(x)
        for k in range(n):
            total = total + x**k
        return total * power if flag > 0.5 else total[:n]

    compiled = wg.jit(f)
    for n in (1, 2, 3, 2):
        same(compiled(X, n, 2.0, 1.0), f(X, n, 2.0, 1.0))
    assert compiled.traces == 3
    same(compiled(X, 2, 4.0, 0.0), f(X, 2, 4.0, 0.0))
    same(compiled(X, 2, 5.0, 0.0), f(X, 2, 5.0, 0.0))
    assert compiled.traces == 4  # power goes on being traced


@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: x.reshape(n, -1),
        lambda x, n: x[:n],
        lambda x, n: x[n],
        lambda x, n: x * math.sqrt(n),
        lambda x, n: x * int(n),
        lambda x, n: x * {2: 5.0}[n],
        lambda x, n: x * 2**n,
        lambda x, n: x * round(n + 0.4, 1),
        lambda x, n: x * f"{n}".count("2"),
        lambda x, n: np.ones(n, like=x),
        lambda x, n: x if n else -x,
        lambda x, n: max(n, 1) * x,
    ],
)
def test_uses_of_a_whole_number(f):
    agree(f, X, 2)


def test_big_integers_are_static():
    agree(lambda x, n: x * (n >> 64), X, 1 << 65)


# --- static arguments ---------------------------------------------------------------------------------------------


class Mode(enum.Enum):
    FAST = 1
    EXACT = 2


def test_what_is_no_number_is_static():
    def f(x, how="sum", mode=Mode.FAST, then=np.sin, flag=True, nothing=None):
        y = np.sum(x) if how == "sum" else np.prod(x)
        y = then(y) if flag else y
        return y if mode is Mode.FAST and nothing is None else -y

    compiled = wg.jit(f)
    for kwargs in [{}, {"how": "prod"}, {"mode": Mode.EXACT}, {"then": np.cos}, {"flag": False}, {}]:
        same(compiled(X, **kwargs), f(X, **kwargs))
    assert compiled.traces == 5


def test_static_argnums_and_argnames():
    def f(x, n, *, power):
        return sum(x**power for _ in range(n))

    compiled = wg.jit(f, static_argnums=1, static_argnames="power")
    same(compiled(X, 3, power=2), f(X, 3, power=2))
    same(compiled(X, n=3, power=2), f(X, 3, power=2))
    same(compiled(X, 2, power=3), f(X, 2, power=3))
    same(wg.jit(f, static_argnums=(-1,), static_argnames=("power",))(X, 3, power=2), f(X, 3, power=2))


def test_static_arguments_are_told_apart_by_type():
    compiled = wg.jit(lambda x, a: x * a, static_argnums=1)
    same(compiled(np.ones(2, int), 1), np.ones(2, int))
    same(compiled(np.ones(2, int), 1.0), np.ones(2))
    same(compiled(np.ones(2, int), True), np.ones(2, int))


@pytest.mark.parametrize("options", [{"static_argnums": 5}, {"static_argnames": "nope"}, {"static_argnums": (0, -4)}])
def test_wrong_static_arguments_are_refused(options):
    with pytest.raises(InvalidArgument, match="takes the arguments \\(x, n\\)"):
        wg.jit(lambda x, n: x, **options)


def test_a_static_argument_without_a_hash_is_refused():
    with pytest.raises(InvalidArgument, match="no hash"):
        wg.jit(lambda x, n: x, static_argnums=1)(X, [1, 2])


def test_arrays_of_text_are_refused():
    with pytest.raises(InvalidArgument, match="dtype <U1"):
        wg.jit(lambda x: x)(np.array(["a"]))


def test_subclasses_of_ndarray_are_refused():
    for x in (np.ones(2).view(type("Own", (np.ndarray,), {})), np.ma.array([1.0], mask=[True])):
        with pytest.raises(InvalidArgument, match=r"np\.asarray"):
            wg.jit(lambda x: x * x)(x)


# --- signatures ---------------------------------------------------------------------------------------------------


def test_traced_once_per_signature():
    count = []

    @wg.jit
    def f(x):
        count.append(x.shape)
        return x * 2

    for _ in range(3):
        for x in (X, X.astype(np.float32), M, np.float64(1)):
            same(f(x), x * 2)
    assert f.traces == len(count) == 4
    f.clear_cache()
    f(X)
    assert f.traces == 1 and len(count) == 5


class Pair(NamedTuple):
    a: Any
    b: Any


def test_pytrees_go_in_and_out():
    def f(tree, *rest, **named):
        return Pair(tree["w"][0] + rest[0], {"n": named["k"].a * 2, "o": list(rest)})

    agree(f, {"w": (X, None)}, X, 2.0, k=Pair(X, "text"))


def test_structures_are_told_apart():
    f = wg.jit(lambda t: [x * 2 for x in (t.values() if isinstance(t, dict) else t)])
    same(f([X, X]), [X * 2, X * 2])
    same(f((X,)), [X * 2])
    same(f({"a": X}), [X * 2])
    assert f.traces == 3


def test_decorator_forms():
    @wg.jit
    def plain(x):
        """Doc."""
        return x + 1

    @wg.jit(static_argnums=1)
    def with_arguments(x, n):
        return x * n

    class Model:
        scale = 3.0

        @wg.jit
        def __call__(self, x):
            return x * self.scale

        @wg.jit
        def twice(self, x, *, shift=1.0):
            return 2 * x + shift

    assert plain.__name__ == "plain" and plain.__doc__ == "Doc." and plain.__wrapped__(1) == 2
    same(plain(X), X + 1)
    same(with_arguments(X, 2), X * 2)
    model = Model()
    same(model(X), X * 3)
    same(model.twice(X, shift=2.0), 2 * X + 2)
    same(wg.jit(functools.partial(np.add, X))(X), X + X)
    same(wg.jit(np.sin)(X), np.sin(X))
    same(wg.jit(model.twice)(X), 2 * X + 1)


def test_only_functions_are_compiled():
    with pytest.raises(InvalidArgument, match="jit got a float"):
        wg.jit(3.0)


def test_a_shape_that_changes_every_call_warns_once():
    f = wg.jit(lambda x: x * 2)
    with pytest.warns(RecompilationWarning, match="traced 9 times in a row") as caught:
        [f(np.ones(n)) for n in range(20)]
    assert len(caught) == 1


def test_many_signatures_in_turn_do_not_warn():
    f = wg.jit(lambda x: x * 2)
    for n in range(20):
        f(np.ones(n))
        f(np.ones(n))


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
