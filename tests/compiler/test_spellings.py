"""Every way to write a call of a compiled function: the same result, one program, and no Python on the way."""

from __future__ import annotations

import functools
import gc
import sys
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import llvm

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

X, Y, Z = np.arange(4.0), np.arange(4.0) + 1, np.arange(4.0) * 2


def native(jitted: Any) -> int:
    """How many calls ran without Python."""
    return sum([e.calls for e in jitted.entries])


def repeated(jitted: Any, call: Any, times: int = 3) -> Any:
    """The result of a call, which runs natively from the second time on."""
    call()
    before, traces = native(jitted), jitted.traces
    for _ in range(times):
        out = call()
    if hasattr(jitted, "_vectorcall"):
        assert native(jitted) == before + times
    assert jitted.traces == traces
    return out


def test_one_program_for_all_spellings():
    @wg.jit
    def f(a, b, c=2.0, *, scale=1.0):
        return (a - b) * c * scale

    for call in [
        lambda: f(X, Y, 3.0),
        lambda: f(X, Y, c=3.0),
        lambda: f(X, b=Y, c=3.0),
        lambda: f(X, c=3.0, b=Y),
        lambda: f(c=3.0, b=Y, a=X),
        lambda: f(**{"".join(["c"]): 3.0, "b": Y}, a=X),
    ]:
        np.testing.assert_array_equal(repeated(f, call), (X - Y) * 3.0)
    assert f.traces == 1
    for call in [lambda: f(X, Y, scale=2.0), lambda: f(b=Y, scale=2.0, a=X), lambda: f(scale=2.0, a=X, b=Y)]:
        np.testing.assert_array_equal(repeated(f, call), (X - Y) * 4.0)
    assert f.traces == 2
    np.testing.assert_array_equal(repeated(f, lambda: f(X, scale=2.0, b=Y, c=1.0)), (X - Y) * 2.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f(X),
        lambda f: f(X, Y, a=X),
        lambda f: f(X, Y, d=X),
        lambda f: f(X, Y, 1.0, 2.0),
        lambda f: f(b=X),
    ],
)
def test_wrong_calls_raise_what_the_function_raises(call):
    def f(a, b, c=2.0):
        return a + b

    jitted = wg.jit(f)
    jitted(X, Y), jitted(X, b=Y)
    with pytest.raises(TypeError) as eager:
        call(f)
    with pytest.raises(TypeError) as compiled:
        call(jitted)
    assert str(eager.value) == str(compiled.value)


def test_functions_that_see_their_keywords_get_them_as_written():
    def f(a, /, b=1.0, *args, **kwargs):
        return {"a": a, "b": b, "args": args, **kwargs}

    jitted = wg.jit(f)
    for call in [
        lambda f: f(X, b=Y, z=1.0, a=Z),
        lambda f: f(X, z=1.0, a=Z, b=Y),
        lambda f: f(X, Y, Z, Z, k=X),
    ]:
        wanted, got = call(f), repeated(jitted, lambda call=call: call(jitted))
        assert list(wanted) == list(got)
        for name, value in wanted.items():
            np.testing.assert_array_equal(value, got[name])


def test_a_wrapper_sees_the_keywords():
    def f(a, b):
        return a - b

    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs) * (2.0 if "b" in kwargs else 1.0)

    jitted = wg.jit(wrapper)
    np.testing.assert_array_equal(repeated(jitted, lambda: jitted(X, Y)), X - Y)
    np.testing.assert_array_equal(repeated(jitted, lambda: jitted(X, b=Y)), 2 * (X - Y))
    partial = wg.jit(functools.partial(f, b=Y))
    np.testing.assert_array_equal(repeated(partial, lambda: partial(X)), X - Y)
    np.testing.assert_array_equal(repeated(partial, lambda: partial(X, b=Z)), X - Z)


def test_static_arguments():
    def power(a, n, *, mode="mean", back=False):
        y = getattr(np, mode)(a**n)
        return -y if back else y

    for jitted in [
        wg.jit(power, static_argnums=1),
        wg.jit(power, static_argnames=("n", "mode")),
        wg.jit(power, static_argnames="n"),
        wg.jit(power),
    ]:
        for n in (2, 3, 1000):
            for call in [
                lambda f, n=n: f(Y / 4, n),
                lambda f, n=n: f(Y / 4, n=n),
                lambda f, n=n: f(n=int(str(n)), a=Y / 4),
                lambda f, n=n: f(Y / 4, n, mode="".join(["s", "um"])),
                lambda f, n=n: f(Y / 4, n, back=True, mode="max"),
            ]:
                np.testing.assert_allclose(
                    repeated(jitted, lambda f=jitted, call=call: call(f)), call(power), rtol=1e-14
                )


def test_static_objects_are_told_apart_by_their_value():
    class Even:
        def __init__(self, n):
            self.n = n

        def __eq__(self, other):
            return self.n % 2 == other.n % 2

        def __hash__(self):
            return self.n % 2

    f = wg.jit(lambda a, k: a * (k.n % 2 + 1), static_argnums=1)
    for _ in range(3):
        for n in range(30):
            np.testing.assert_array_equal(f(X, Even(n)), X * (n % 2 + 1))
    assert f.traces == 2 and len(f.entries) < 20


def test_none_is_an_argument():
    f = wg.jit(lambda a, b=None: a * 2 if b is None else a * b)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, None)), 2 * X)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, b=None)), 2 * X)
    np.testing.assert_array_equal(repeated(f, lambda: f(X)), 2 * X)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, b=Y)), X * Y)


Pair = namedtuple("Pair", "left right")


@dataclass
class Layer:
    w: Any
    b: Any

    @wg.jit
    def __call__(self, x):
        return x * self.w + self.b

    @wg.jit
    def grown(self, by):
        return Layer(self.w + by, self.b)


@dataclass(frozen=True, slots=True)
class Frozen:
    w: Any
    b: Any


class Model:
    def __init__(self, k):
        self.k = k

    @wg.jit
    def __call__(self, x):
        return x * self.k


def test_containers_among_the_arguments():
    f = wg.jit(lambda p, x: p["w"] * x + p["more"][0])
    p = {"w": X, "more": [Y, None]}
    np.testing.assert_array_equal(repeated(f, lambda: f(p, Z)), X * Z + Y)
    g = wg.jit(lambda p: p.left - p.right)
    np.testing.assert_array_equal(repeated(g, lambda: g(Pair(X, Y))), X - Y)
    np.testing.assert_array_equal(repeated(g, lambda: g(p=Pair(right=X, left=Y))), Y - X)
    h = wg.jit(lambda p: p.w - p.b)
    for cls in (Layer, Frozen):
        np.testing.assert_array_equal(repeated(h, lambda cls=cls: h(cls(X, Y))), X - Y)
        np.testing.assert_array_equal(repeated(h, lambda cls=cls: h(p=cls(X[::-1], Y))), X[::-1] - Y)
    with pytest.raises(AttributeError):
        h(Pair(X, Y))


def test_the_order_of_a_dict_is_visible():
    f = wg.jit(lambda d: np.concatenate(list(d.values())))
    for d in ({"a": X, "b": Y}, {"b": Y, "a": X}):
        for _ in range(3):
            np.testing.assert_array_equal(f(d), np.concatenate(list(d.values())))


def test_methods():
    layer, other = Layer(X, Y), Layer(Y, X)
    jitted = Layer.__call__
    np.testing.assert_array_equal(repeated(jitted, lambda: layer(Z)), Z * X + Y)
    np.testing.assert_array_equal(repeated(jitted, lambda: other(x=Z)), Z * Y + X)
    assert jitted.traces == 1
    layer.w = Z
    np.testing.assert_array_equal(layer(Z), Z * Z + Y)
    grown = repeated(Layer.grown, lambda: layer.grown(1.0))
    assert type(grown) is Layer
    np.testing.assert_array_equal(grown.w, Z + 1)
    for k in (2.0, 3.0):
        model = Model(k)
        np.testing.assert_array_equal(repeated(Model.__call__, lambda model=model: model(X)), X * k)


def test_a_field_with_code_is_read_by_python():
    @dataclass
    class Odd:
        w: Any

        def __getattribute__(self, name):
            return object.__getattribute__(self, name) * 1 if name == "w" else object.__getattribute__(self, name)

    f = wg.jit(lambda o: o.w * 2)
    for _ in range(3):
        np.testing.assert_array_equal(f(Odd(X)), X * 2)
    assert native(f) == 0


def test_numbers_stay_weak():
    f = wg.jit(lambda a, s: a * s)
    small = X.astype(np.float32)
    for s in (2, 2.0, True):
        out = repeated(f, lambda s=s: f(small, s))
        assert out.dtype == (small * s).dtype
        np.testing.assert_array_equal(out, small * s)
    assert repeated(f, lambda: f(small, np.float64(2))).dtype == np.float64
    assert f(a=small, s=2j).dtype == np.complex64
    assert repeated(f, lambda: f(np.array(3.0), 2.0)) == 6.0


def test_the_same_array_several_times():
    f = wg.jit(lambda a, b, c: a * b + c)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, X, X)), X * X + X)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, X, Y)), X * X + Y)
    np.testing.assert_array_equal(repeated(f, lambda: f(c=X, a=Y, b=X)), X * Y + X)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, Y, Z)), X * Y + Z)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, X, X)), X * X + X)
    np.testing.assert_array_equal(repeated(f, lambda: f(X, X, X[:])), X * X + X)


def test_writes_to_an_array_that_comes_twice():
    def f(a, b):
        a += 1
        return a * b

    jitted = wg.jit(f)
    for args in [(0, 0), (0, 1), (0, 0), (1, 0)]:
        ours, theirs = [X.copy(), Y.copy()], [X.copy(), Y.copy()]
        for _ in range(3):
            got, wanted = jitted(*[ours[n] for n in args]), f(*[theirs[n] for n in args])
            np.testing.assert_array_equal(got, wanted)
            np.testing.assert_array_equal(ours, theirs)
        ours = X.copy()
        np.testing.assert_array_equal(jitted(b=ours, a=ours), f(theirs := X.copy(), theirs))
        np.testing.assert_array_equal(ours, theirs)


def test_layouts():
    f = wg.jit(lambda a, b: (a @ b, a + 1))
    a, b = np.arange(12.0).reshape(3, 4), np.arange(4.0)
    fixed = a.copy()
    fixed.flags.writeable = False
    for x in [a, np.asfortranarray(a), fixed, np.arange(24.0).reshape(3, 8)[:, ::2] / 2, a[::-1, ::-1]]:
        for y in [b, b[::-1], np.arange(8.0)[::2], np.broadcast_to(b[1], 4)]:
            p, q = repeated(f, lambda x=x, y=y: f(x, b=y))
            np.testing.assert_allclose(p, x @ y)
            np.testing.assert_array_equal(q, x + 1)
            assert q.flags.owndata and q.flags.writeable
    other = a.astype(">f8")
    p, q = repeated(f, lambda: f(other, b))
    np.testing.assert_array_equal(q, a + 1)


def test_results_that_are_containers():
    f = wg.jit(lambda a: {"s": a * 2, "t": Pair(a + 1, [None, a.sum()]), "u": Layer(a - 1, "name")})
    out = repeated(f, lambda: f(X))
    assert list(out) == ["s", "t", "u"] and type(out["t"]) is Pair and type(out["u"]) is Layer
    np.testing.assert_array_equal(out["t"].left, X + 1)
    assert out["t"].right == [None, 6.0] and out["u"].b == "name"
    np.testing.assert_array_equal(out["u"].w, X - 1)


def test_no_reference_is_lost_or_gained():
    f = wg.jit(lambda p, x, *, y, mode: {"a": p.w * x, "b": p.b["k"] + y})
    x, y, w, b, mode = X.copy(), Y.copy(), Z.copy(), np.arange(8.0)[::2], "".join(["mo", "de"])
    p = Layer(w, {"k": b})

    def all_ways():
        f(p, x, y=y, mode=mode), f(p, mode=mode, y=y, x=x), f(p, x[::-1], mode=mode, y=y[::-1])
        f(p, y, y=y, mode=mode)

    all_ways()
    gc.collect()
    before = [sys.getrefcount(o) for o in (x, y, w, b, mode, p, p.b)]
    for _ in range(200):
        all_ways()
    after = [sys.getrefcount(o) for o in (x, y, w, b, mode, p, p.b)]
    assert before == after


# --- the gradient of a compiled function, as one program ----------------------------------------------------------


def test_gradients_run_natively():
    f = wg.jit(lambda a, b, *, power: np.sum(a * b**power))
    g, both = wg.grad(f), wg.value_and_grad(f, (0, 1))
    for power in (2, 3):
        got = repeated(g, lambda power=power: g(X, Y, power=power))
        np.testing.assert_array_equal(got, Y**power)
        value, (da, db) = repeated(both, lambda power=power: both(X, Y, power=power))
        assert value == np.sum(X * Y**power)
        np.testing.assert_array_equal(da, Y**power)
        np.testing.assert_allclose(db, X * power * Y ** (power - 1))
    second = wg.grad(lambda a: np.sum(g(a, a, power=2)))
    np.testing.assert_allclose(second(X), wg.grad(lambda a: np.sum(a**2))(X))
    np.testing.assert_array_equal(g(X, X, power=2), X**2)
    assert wg.grad(f) is g and wg.grad(f, (0,)) is wg.grad(f, [0]) is not g
    f.clear_cache()
    assert f.traces == 0 and wg.grad(f) is not g


def test_gradients_keep_static_arguments_and_aux():
    def f(a, kind, n=1):
        return np.sum(getattr(np, kind)(a)) * n, {"twice": a * 2}

    jitted = wg.jit(f, static_argnums=1, static_argnames="n")
    for args, kwargs in [((X, "sin"), {}), ((X, "sin"), {"n": 2}), ((X, "cos"), {"n": 2})]:
        want, got = wg.grad(f, has_aux=True)(*args, **kwargs), wg.grad(jitted, has_aux=True)(*args, **kwargs)
        np.testing.assert_allclose(got[0], want[0])
        np.testing.assert_array_equal(got[1]["twice"], want[1]["twice"])


def test_gradients_of_methods_are_of_this_object():
    class Model:
        def __init__(self, k):
            self.k = k

        @wg.jit
        def loss(self, x):
            return np.sum(self.k * x**2)

    for k in (1.0, 3.0):
        np.testing.assert_array_equal(wg.grad(Model(k).loss)(X), 2 * k * X)


def test_gradients_raise_what_eager_ones_raise():
    f = wg.jit(lambda a: np.sum(a))
    with pytest.raises(wg.errors.NotDifferentiable):
        wg.grad(f)(np.arange(3))
    with pytest.raises(wg.errors.InvalidArgument, match="one real number"):
        wg.grad(wg.jit(lambda a: a * 2))(X)


def test_the_gradient_leaves_its_arguments_alone():
    f = wg.jit(lambda a: np.sum(a**2), donate=0)
    x = X.copy()
    for _ in range(3):
        np.testing.assert_array_equal(wg.grad(f)(x), 2 * X)
        np.testing.assert_array_equal(x, X)


# --- programs of several stages -----------------------------------------------------------------------------------


def test_results_of_stages_belong_to_the_caller():
    def f(a):
        spectrum = np.fft.fft(a)
        return spectrum.real, np.flip(spectrum.imag), a, np.sort(a)[::-1], 3.0 * np.ones(2)

    jitted = wg.jit(f)
    x = np.array([3.0, 1.0, 2.0, 5.0])
    for _ in range(3):
        outs = jitted(x)
        for got, want in zip(outs, f(x), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-12)
        for n, got in enumerate(outs):
            assert got.base is None and not any(np.shares_memory(got, o) for o in outs[:n])
            got[...] = -1.0
        assert x.tolist() == [3.0, 1.0, 2.0, 5.0]


def test_stages_pass_scalars_on():
    f = lambda a: np.linalg.cond(a) * np.sum(a) + np.linalg.matrix_rank(a)
    jitted, a = wg.jit(f), np.array([[2.0, 1.0], [1.0, 3.0]])
    for x in (a, a.T, np.asfortranarray(a), a[::-1, ::-1], a.astype(">f8")):
        np.testing.assert_allclose(jitted(x), f(x))


def test_the_other_byte_order_inside_of_a_transform():
    f = lambda a: np.where(a > 1.5, 0.25, np.sin(a)) * a
    jitted, swapped = wg.jit(f), X.astype(">f8")
    loss = lambda f: lambda a: np.sum(f(a) ** 2)
    for _ in range(2):
        np.testing.assert_allclose(wg.grad(loss(jitted))(swapped), wg.grad(loss(f))(swapped), rtol=1e-12)
        np.testing.assert_allclose(wg.vjp(jitted, swapped)[0], f(X), rtol=1e-12)
