"""What jit traces and what it is told apart by: Python's numbers, static arguments, pytrees, shapes."""

from __future__ import annotations

import enum
import functools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

import wengert as wg
from tests.compiler.jitting import agree, same
from wengert.errors import InvalidArgument, RecompilationWarning

X = np.linspace(-1.0, 2.0, 6)
M = np.arange(12.0).reshape(3, 4) / 7


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
