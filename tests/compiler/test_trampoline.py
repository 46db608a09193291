"""The call path: what fits runs native code, everything else reaches the fallback unchanged; no reference is lost."""

from __future__ import annotations

import copy
import gc
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.compiler.kernels import F8, affine, doubler, entry, minus, remember, straight
from wengert.compiler import capi, llvm
from wengert.compiler.signature import Fields, Placed
from wengert.compiler.trampoline import Constant, Dispatcher, Output, Signature, make
from wengert.spec import Spec

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def test_a_call_that_fits_runs_the_kernel(build):
    f = build(remember, "twice", "Twice its argument.")
    assert f(1, a=2) == ("fallback", (1,), {"a": 2})
    f.add(doubler())
    x = np.arange(4.0)
    y = f(x)
    np.testing.assert_array_equal(y, 2 * x)
    assert type(y) is np.ndarray and y.flags.owndata and y.dtype == F8 and y is not x
    assert (f.__name__, f.__qualname__, f.__doc__) == ("twice", "twice", "Twice its argument.")


class Sub(np.ndarray):
    pass


MISFITS = {
    "shape": np.zeros(5),
    "axes": np.zeros((4, 1)),
    "no axes": np.float64(1.0),
    "dtype": np.zeros(4, np.float32),
    "integers": np.zeros(4, np.int64),
    "subclass": np.zeros(4).view(Sub),
    "list": [0.0] * 4,
    "float": 1.0,
    "None": None,
}


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=MISFITS.keys())
def test_a_call_that_does_not_fit_reaches_the_fallback(build, misfit):
    f = build(remember)
    f.add(doubler())
    answer, args, kwargs = f(misfit)
    assert answer == "fallback" and args[0] is misfit and kwargs == {}


LAYOUTS = {
    "strides": np.arange(8.0)[::2],
    "reversed": np.arange(4.0)[::-1],
    "repeated": np.broadcast_to(3.0, 4),
    "byte order": np.arange(4.0).astype(">f8"),
    "strides and byte order": np.arange(8.0).astype(">f8")[::-2],
    "unaligned": np.frombuffer(bytes(1) + np.arange(4.0).tobytes(), np.uint8)[1:].view(np.float64),
}


@pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_an_array_of_another_layout_is_copied(build, x):
    f = build(remember)
    f.add(doubler())
    before, references = x.tobytes(), sys.getrefcount(x)
    for _ in range(100):
        y = f(x)
    assert type(y) is np.ndarray and y.dtype.isnative and y.tolist() == (2 * x).tolist()
    after = sys.getrefcount(x)
    assert x.tobytes() == before and after == references
    f.clear()
    f.add(entry(affine(4, 3.0, ins=2), [Spec((4,), F8)] * 2, [Output((4,), F8, reuse=0)]))
    assert f(x, np.ones(4))[0] == "fallback"
    z = np.ones(4)
    assert f(z, x) is z and z.tolist() == (3 * (1 + x)).tolist()


def test_keywords_are_arguments_with_names(build):
    f = build(remember)
    weights = Spec((2,), F8)
    f.add(entry(minus(), [Placed(weights, 1), Placed(weights, 0)], [Output((2,), F8)], names=("b",)))
    a, b = np.array([5.0, 7.0]), np.array([1.0, 2.0])
    assert f(b, b=a).tolist() == [4.0, 5.0]
    assert f(b, **{"".join(["b"]): a}).tolist() == [4.0, 5.0]
    assert f(b, a)[0] == f(b, a=a)[0] == f(a=a, b=b)[0] == f(b, b=a, a=a)[0] == f(b)[0] == "fallback"
    assert f(b, a=a)[1:] == ((b,), {"a": a})
    f.add(entry(minus(), [weights, weights], [Output((2,), F8)], names=("a", "b")))
    assert f(a=a, b=b).tolist() == [4.0, 5.0] and f(b=b, a=a)[0] == "fallback" and f(b, b=a).tolist() == [4.0, 5.0]


def test_an_argument_may_come_twice(build):
    f = build(remember)
    weights = Spec((2,), F8)
    arguments = [Placed(weights, 1), [Placed(weights, 0), Placed(weights, 1)], Placed(weights, 0)]
    f.add(entry(minus(), arguments, [Output((2,), F8)]))
    a, b = np.array([5.0, 7.0]), np.array([1.0, 2.0])
    assert f(b, [a, b], a).tolist() == [4.0, 5.0]
    for wrong in [(b, [a, b], b), (b, [a, a], a), (b.copy(), [a, b], a), (b, [a, b], a[:])]:
        assert f(*wrong)[0] == "fallback"
    with pytest.raises(ValueError, match="numbered"):
        Signature([Placed(weights, 1)], [], None)


class Pair(NamedTuple):
    a: Any
    b: Any


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b


class Open(Slotted):
    """The same with a dict."""


@pytest.mark.parametrize("cls", [Pair, Slotted, Open])
def test_objects_among_the_arguments(build, cls):
    f = build(remember)
    weights = Spec((2,), F8)
    item = Pair(weights, [weights]) if cls is Pair else Fields(cls, {"a": weights, "b": [weights]})
    f.add(entry(minus(), [item], [Output((2,), F8)]))
    a, b = np.array([5.0, 7.0]), np.array([1.0, 2.0])
    references = [sys.getrefcount(x) for x in (a, b)]
    for _ in range(100):
        assert f(cls(a, [b])).tolist() == [4.0, 5.0]
        assert f(cls(a[::-1], [b[::-1]])).tolist() == [5.0, 4.0]
        assert f(cls(a, [b[:1]]))[0] == f(cls(a, b))[0] == f((a, [b]))[0] == "fallback"
    assert [sys.getrefcount(x) for x in (a, b)] == references
    if cls is not Pair:
        lacking = cls(a, [b])
        del lacking.b
        assert f(lacking)[0] == "fallback"


def test_static_values_are_compared_by_value_where_nobodys_code_runs(build):
    f = build(remember)
    marker = np.zeros(0)
    values = ["mean", 10**6, 2.5, b"raw", (1, 2), marker]
    f.add(entry(affine(2), [Spec((2,), F8), *map(Constant, values)], [Output((2,), F8)]))
    x = np.ones(2)
    fresh = ["".join(["me", "an"]), int("1000000"), float("2.5"), bytes([114, 97, 119]), values[4], marker]
    assert f(x, *fresh).tolist() == [2.0, 2.0]
    for n, wrong in enumerate(["sum", 10**6 + 1, 2, "raw", (1, 3), np.zeros(0)]):
        assert f(x, *fresh[:n], wrong, *fresh[n + 1 :])[0] == "fallback"
    assert f(x, fresh[0], 1e6, *fresh[2:])[0] == "fallback"


def test_numbers_of_arguments_and_keywords(build):
    f = build(remember)
    f.add(doubler())
    x = np.zeros(4)
    assert f() == ("fallback", (), {})
    assert f(x, x)[0] == f(x=x)[0] == f(x, y=1)[0] == "fallback"
    assert type(f(*[x])) is np.ndarray
    assert f(x=x)[2] == {"x": x}


def test_errors_of_the_fallback_pass_through(build):
    def wrong(*args):
        raise KeyError("mine")

    f = build(wrong)
    f.add(doubler())
    with pytest.raises(KeyError, match="mine"):
        f(1)


def test_empty_arrays_and_arrays_without_axes(build):
    f = build(remember)
    f.add(entry(affine(0), [Spec((0, 3), F8)], [Output((0, 3), F8)]))
    assert f(np.zeros((0, 3))).shape == (0, 3)
    assert f(np.zeros((3, 0)))[0] == "fallback"
    f.add(entry(affine(1), [Spec((), F8)], [Output((), F8)]))
    y = f(np.array(3.0))
    assert y == 6.0 and type(y) is np.float64
    f.add(entry(affine(1), [Spec((1,), F8)], [Output((), F8, as_array=True)]))
    y = f(np.array([4.0]))
    assert y == 8.0 and type(y) is np.ndarray and y.shape == ()


def test_scalars_of_python_and_numpy(build):
    body = """  %x = load double, ptr %q0
  %n = load i64, ptr %q1
  %t = load i8, ptr %q2
  %m = sitofp i64 %n to double
  %u = uitofp i8 %t to double
  %w = load float, ptr %q3
  %w8 = fpext float %w to double
  %s0 = fadd double %x, %m
  %s1 = fadd double %s0, %u
  %s2 = fadd double %s1, %w8
  store double %s2, ptr %q4
"""
    f = build(remember)
    f.add(entry(straight(5, body), [float, int, bool, np.float32], [Output((), F8)]))
    small = np.float32(0.5)
    assert f(1.5, 10, True, small) == 13.0
    assert f(1.5, -10, False, small) == -8.0
    assert f(0.0, 2**62, False, small) == float(2**62)
    for wrong in [
        (np.float64(1.5), 10, True, small),
        (1, 10, True, small),
        (1.5, 10.0, True, small),
        (1.5, True, True, small),
        (1.5, 2**70, True, small),
        (1.5, -(2**70), True, small),
        (1.5, 10, np.True_, small),
        (1.5, 10, 1, small),
        (1.5, 10, True, 0.5),
    ]:
        assert f(*wrong)[0] == "fallback"
    g = build(remember)
    g.add(entry(affine(1), [np.float64], [Output((), F8)]))
    assert g(np.float64(4)) == 8.0 and g(4.0)[0] == "fallback"


def test_outputs_keep_their_dtype(build):
    for dtype, store in [
        (np.float32, "store float 1.5, ptr %q1"),
        (np.int64, "store i64 -3, ptr %q1"),
        (np.bool_, "store i8 1, ptr %q1"),
        (np.complex128, "store <2 x double> <double 1.0, double 2.0>, ptr %q1, align 8"),
    ]:
        f = build(remember)
        f.add(entry(straight(2, f"  {store}\n"), [Spec((1,), F8)], [Output((), dtype)]))
        assert type(f(np.zeros(1))) is dtype
        f.clear()
        f.add(entry(straight(2, f"  {store}\n"), [Spec((1,), F8)], [Output((1,), dtype)]))
        y = f(np.zeros(1))
        assert y.dtype == dtype and y[0] == {np.float32: 1.5, np.int64: -3, np.bool_: True}.get(dtype, 1 + 2j)


def test_arguments_may_nest(build):
    f = build(remember)
    leaf = Spec((2,), F8)
    f.add(entry(affine(2, 1.0, ins=4), [leaf, (leaf, [leaf, ()]), [leaf]], [Output((2,), F8)]))
    a, b, c, d = (np.full(2, 10.0**k) for k in range(4))
    np.testing.assert_array_equal(f(a, (b, [c, ()]), [d]), [1111.0, 1111.0])
    for wrong in [
        (a, (b, [c]), [d]),
        (a, [b, [c, ()]], [d]),
        (a, (b, (c, ())), [d]),
        (a, (b, [c, ()]), (d,)),
        (a, (b, [c, ()]), []),
        (a, (b, [c, ()]), [d, d]),
        (a, (b, [c[:1], ()]), [d]),
        (a, b, c, d),
    ]:
        assert f(*wrong)[0] == "fallback"


def test_dicts_and_static_values_among_the_arguments(build):
    f = build(remember)
    leaf, mode = Spec((2,), F8), "mean"
    arguments = [{"w": leaf, "b": [leaf], "more": {}}, Constant(None), Constant(mode), {"x": complex}]
    text = straight(
        4,
        """  %a = load <2 x double>, ptr %q0, align 8
  %c = load <2 x double>, ptr %q1, align 8
  %z = load <2 x double>, ptr %q2, align 8
  %s = fadd <2 x double> %a, %c
  %t = fsub <2 x double> %s, %z
  store <2 x double> %t, ptr %q3, align 8
""",
    )
    f.add(entry(text, arguments, [Output((2,), F8)]))
    w, b = np.array([1.0, 2.0]), np.array([10.0, 20.0])
    assert f({"w": w, "b": [b], "more": {}}, None, mode, {"x": 1 + 2j}).tolist() == [10.0, 20.0]
    assert f({"w": w, "b": [b], "more": {}}, None, mode, {"x": 0j}).tolist() == [11.0, 22.0]
    for wrong in [
        ({"more": {}, "b": [b], "w": w}, None, mode, {"x": 0j}),
        ({"w": w, "b": [b]}, None, mode, {"x": 0j}),
        ({"w": w, "b": [b], "more": {}, "x": 1}, None, mode, {"x": 0j}),
        ({"w": w, "b": [b], "else": {}}, None, mode, {"x": 0j}),
        ({"w": w, "b": b, "more": {}}, None, mode, {"x": 0j}),
        ({"w": w, "b": [b], "more": {}}, 0, mode, {"x": 0j}),
        ({"w": w, "b": [b], "more": {}}, None, "sum", {"x": 0j}),
        ({"w": w, "b": [b], "more": {}}, None, mode, {"x": 0.0}),
        ({"w": w, "b": [b], "more": {}}, None, mode, [("x", 0j)]),
        ({"w": w, "b": [b], "more": {}}, None, mode, {1: 0j}),
    ]:
        assert f(*wrong)[0] == "fallback"
    with pytest.raises(TypeError, match="strings"):
        Signature([{1: leaf}], [], None)


def test_results_nest(build):
    two = [Output((2,), F8), Output((), F8)]
    body = "  store <2 x double> <double 1.0, double 2.0>, ptr %q1, align 8\n  store double 3.0, ptr %q2\n"
    text = straight(3, body)
    marker = object()

    def run(result, **more):
        f = build(remember)
        f.add(entry(text, [Spec((1,), F8)], two, result, **more))
        return f(np.zeros(1))

    np.testing.assert_array_equal(run(0), [1.0, 2.0])
    assert run(1) == 3.0
    y = run((1, [0, None, (Constant(marker), 1)], (), []))
    assert y[0] == 3.0 and y[1][1] is None and y[1][2] == (marker, 3.0) and y[2:] == ((), [])
    assert type(y) is tuple and type(y[1]) is list and list(y[1][0]) == [1.0, 2.0]
    y = run([1, 1, 1, 0, (1, (1, (1, (0,))))])
    assert y[:3] == [3.0] * 3 and y[4][1][1][1][0] is y[3]
    assert run(None) is None
    assert run(None, finish=lambda a, b: {"a": a.tolist(), "b": b}) == {"a": [1.0, 2.0], "b": 3.0}

    def fail(a, b):
        raise LookupError("in finish")

    with pytest.raises(LookupError, match="in finish"):
        run(None, finish=fail)
    y = run({"b": 0, "a": (1, {}), 3: {None: 1}})
    assert list(y) == ["b", "a", 3] and y["b"].tolist() == [1.0, 2.0] and y["a"] == (3.0, {}) and y[3] == {None: 3.0}
    with pytest.raises(TypeError, match="result"):
        run({0})


def test_constants_are_read_at_each_call_and_kept(build):
    w = np.array([1.0, 2.0])
    text = straight(
        3,
        """  %x = load <2 x double>, ptr %q0, align 8
  %c = load <2 x double>, ptr %q2, align 8
  %y = fmul <2 x double> %x, %c
  store <2 x double> %y, ptr %q1, align 8
""",
    )
    f = build(remember)
    f.add(entry(text, [Spec((2,), F8)], [Output((2,), F8)], constants=[w]))
    x = np.array([5.0, 7.0])
    np.testing.assert_array_equal(f(x), [5.0, 14.0])
    w[:] = 10.0
    np.testing.assert_array_equal(f(x), [50.0, 70.0])
    del w
    gc.collect()
    np.testing.assert_array_equal(f(x), [50.0, 70.0])


@pytest.mark.parametrize("size", [0, 8, 4096, 16384, 16385, 100_000, 3_000_000])
@pytest.mark.parametrize("release", [False, True])
def test_the_arena_is_aligned_and_writable(build, size, release):
    body = "  %address = ptrtoint ptr %q2 to i64\n  store i64 %address, ptr %q1\n"
    if size:
        body += (
            f"  %last = getelementptr i8, ptr %q2, i64 {size - 8}\n  store i64 -1, ptr %q2\n  store i64 -1, ptr %last\n"
        )
    f = build(remember)
    made = entry(straight(3, body), [Spec((1,), F8)], [Output((), np.int64)], arena_bytes=size, release=release)
    f.add(made)
    for _ in range(3):
        address = f(np.zeros(1))
        assert address % 64 == 0
    assert made.raw([np.zeros(1)])[0] % 64 == 0


def test_an_output_may_be_written_into_an_argument(build):
    f = build(remember)
    made = entry(affine(4, 3.0, ins=2), [Spec((4,), F8)] * 2, [Output((4,), F8, reuse=0)])
    f.add(made)
    x, y = np.arange(4.0), np.ones(4)
    z = f(x, y)
    assert z is x
    np.testing.assert_array_equal(x, 3 * (np.arange(4.0) + 1))
    whole = np.arange(8.0)
    assert f(whole[:4], whole[2:6])[0] == f(x, x)[0] == "fallback"
    assert type(f(whole[:4], whole[4:])) is np.ndarray
    fixed = np.zeros(4)
    fixed.flags.writeable = False
    assert f(fixed, y)[0] == "fallback"
    np.testing.assert_array_equal(f(y, fixed), [3.0] * 4)


@pytest.mark.parametrize("reuse", [-1, 0, 2, 3, 4])
def test_an_output_needs_an_input_like_itself(reuse):
    inputs = [Spec((5,), F8), Spec((4,), F8), float, Spec((4,), np.dtype(np.float32))]
    Signature(inputs, [Output((4,), F8, reuse=1)], 0)
    with pytest.raises(ValueError, match="written into"):
        Signature(inputs, [Output((4,), F8, reuse=reuse)], 0)


def test_deep_nesting(build):
    f = build(remember)
    argument, value, result = Spec((4,), F8), np.ones(4), 0
    for _ in range(100):
        argument, value, result = (argument,), (value,), [result]
    f.add(entry(affine(4), [argument], [Output((4,), F8)], result))
    y = f(value)
    for _ in range(100):
        (y,) = y
    assert y.tolist() == [2.0] * 4
    assert f((value,))[0] == "fallback"


def test_a_kernel_may_decline(build):
    f = build(remember)
    f.add(doubler())
    f.add(entry(affine(4, status=1), [Spec((4,), F8)], [Output((4,), F8)]))
    np.testing.assert_array_equal(f(np.ones(4)), [2.0] * 4)  # the older entry fits as well
    f.clear()
    declines = entry(affine(4, status=7), [Spec((4,), F8)], [Output((4,), F8)])
    f.add(declines)
    assert f(np.ones(4))[0] == "fallback"
    with pytest.raises(ValueError, match="declined"):
        declines.raw([np.ones(4)])


def test_many_entries(build):
    f = build(remember)
    made = {n: doubler(n) for n in range(1, 12)}
    for e in made.values():
        f.add(e)
    for n in [3, 3, 11, 1, 7, 7, 7, 2]:
        assert f(np.ones(n)).tolist() == [2.0] * n
    assert f(np.ones(12))[0] == "fallback"
    assert set(f.entries) == set(made.values())
    if hasattr(f, "_vectorcall"):
        assert made[7].calls == 3


def test_raw_checks_its_inputs():
    e = doubler(4)
    np.testing.assert_array_equal(e.raw([np.arange(8.0)[::2]])[0], 2 * np.arange(8.0)[::2])
    with pytest.raises(ValueError, match="float64"):
        e.raw([np.zeros(4, np.float32)])
    with pytest.raises(ValueError, match="4"):
        e.raw([np.zeros(5)])
    with pytest.raises(ValueError, match="1 inputs, not 0"):
        e.raw([])


class Compiled(Dispatcher):
    __slots__ = ()

    def lower(self):
        return f"lowered {self.__name__}"


def test_the_base_brings_methods_and_instances_have_attributes(build):
    f = build(remember, "step", base=Compiled)
    assert f.lower() == "lowered step" and isinstance(f, Compiled)
    f.anything = 3
    assert f.anything == 3 and vars(f)["anything"] == 3 and f.__dict__["__name__"] == "step"
    assert "step" in repr(f)
    with pytest.raises(AttributeError):
        f.nothing  # noqa: B018

    class Heavy(Dispatcher):
        __slots__ = ("field",)

    with pytest.raises(TypeError, match="__slots__"):
        build(remember, base=Heavy)


def test_as_a_method(build):
    class Model:
        step = build(remember, base=Compiled)

    model = Model()
    assert model.step(1) == ("fallback", (model, 1), {})
    assert Model.step is vars(Model)["step"]


@pytest.mark.skipif(not capi.native(), reason="no trampoline here")
def test_a_bare_or_copied_object_does_no_harm():
    f = make(remember)
    with pytest.raises(TypeError, match="vectorcall"):
        type(f)()(1)
    bare = type(f)()
    bare._vectorcall = f._vectorcall
    with pytest.raises(SystemError):
        bare(1)
    with pytest.raises(TypeError, match="pickle"):
        copy.deepcopy(f)
    with pytest.raises(TypeError, match="base type"):
        type("Derived", (type(f),), {})
    del f._entries
    assert f(1) == ("fallback", (1,), {})
