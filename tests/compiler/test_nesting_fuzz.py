"""The trampoline against its own description in Python, on random nestings, shapes and dtypes of arguments and results.

The kernel is a Python function: it reads and writes the buffers by the addresses it is given.
"""

from __future__ import annotations

import ctypes
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from wengert.compiler import capi, llvm
from wengert.compiler.signature import nest
from wengert.compiler.trampoline import Constant, Entry, Output, Signature, make
from wengert.spec import Spec

pytestmark = pytest.mark.skipif(not (llvm.available() and capi.native()), reason="no trampoline here")

DTYPES = [np.dtype(d) for d in ("f8", "f4", "i8", "i4", "u1", "?", "c16", "f2")]
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
specs = st.builds(Spec, shapes, st.sampled_from(DTYPES))
constants = st.sampled_from([Constant(None), Constant("mode"), Constant(len)])
leaves = (
    specs | constants | st.sampled_from([float, int, bool, np.float64, np.float32, np.int16, np.bool_, np.complex128])
)


class Sub(np.ndarray):
    """A subclass, which might mean something else by its shape."""


def nested(leaf, **more):
    group = lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    )
    return st.recursive(leaf, group, **more)


def value(draw, leaf):
    """An argument that fits `leaf`."""
    if isinstance(leaf, Spec):
        raw = draw(st.binary(min_size=4, max_size=4))
        return laid_out(draw, np.resize(np.frombuffer(raw, np.uint8), leaf.shape).astype(leaf.dtype))
    if isinstance(leaf, type):
        return leaf(draw(st.integers(0, 100)))
    if isinstance(leaf, Constant):
        return leaf.value
    if isinstance(leaf, dict):
        return {key: value(draw, part) for key, part in leaf.items()}
    return type(leaf)(value(draw, part) for part in leaf)


def laid_out(draw, x):
    """The same numbers, in memory in another way."""
    wide = np.empty((*x.shape, 2), x.dtype)[..., 0]
    wide[...] = x
    return draw(
        st.sampled_from([x, np.array(x, order="F"), x[::-1] if x.ndim else x, wide, x.astype(x.dtype.newbyteorder())])
    )


def spoil(draw, leaf, x):
    """An argument that does not fit."""
    if isinstance(leaf, type):
        return None
    if isinstance(leaf, Spec):
        wrong = [x.tolist(), x[None], x.view(Sub), x.astype(np.dtype("U3")), 3, None]
        return draw(st.sampled_from(wrong))
    if isinstance(leaf, Constant):
        return 1.5
    if isinstance(leaf, dict):
        return draw(
            st.sampled_from(
                [{**x, "e": 1.0}, list(x.items()), {k: v for k, v in x.items() if k != min(x)} if x else 1]
                + ([dict(reversed(x.items()))] if len(x) > 1 else [])
            )
        )
    other = list if isinstance(leaf, tuple) else tuple
    return draw(st.sampled_from([other(x), [*x, 1] if isinstance(leaf, list) else (*x, 1), None]))


def same(a, b):
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(same(p, q) for p, q in zip(a, b, strict=True))
    if isinstance(a, (np.ndarray, np.generic)):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a is b


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_arguments_in_and_results_out(data):
    draw = data.draw
    arguments = draw(st.lists(nested(leaves, max_leaves=6), max_size=4))
    outputs = draw(st.lists(st.builds(Output, shapes, st.sampled_from(DTYPES), st.none(), st.booleans()), max_size=4))
    numbers = st.sampled_from(range(len(outputs))) if outputs else st.none()
    result = draw(nested(numbers | st.none() | st.just(Constant("leaf")), max_leaves=6))
    signature = Signature(arguments, outputs, result)
    constants = draw(st.lists(st.just(np.arange(3.0)), max_size=2))
    arena = draw(st.sampled_from([0, 64, 20_000]))
    seen = []

    def kernel(buffers):
        count = len(signature.inputs) + len(outputs) + len(constants) + 2
        pointers = list((ctypes.c_void_p * count).from_address(buffers))
        for pointer, spec in zip(pointers, signature.inputs, strict=False):
            size = math.prod(spec.shape) * spec.dtype.itemsize if isinstance(spec, Spec) else width(spec)
            seen.append(ctypes.string_at(pointer, size))
        first = len(signature.inputs)
        for k, output in enumerate(outputs):
            size = math.prod(output.shape) * output.dtype.itemsize
            ctypes.memset(pointers[first + k], k + 1, size)
        assert pointers[first + len(outputs) : -2] == [c.ctypes.data for c in constants]
        if arena:
            assert pointers[-2] % 64 == 0
            ctypes.memset(pointers[-2], 255, arena)
        return 0

    native = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(kernel)
    address = ctypes.cast(native, ctypes.c_void_p).value
    entry = Entry(signature, address, constants=constants, arena_bytes=arena, keep=native)
    f = make(lambda *args: "fallback")
    f.add(entry)
    args = [value(draw, a) for a in arguments]
    answer = f(*args)
    assert entry.calls == 1 and seen == [bytes_of(x) for x in signature.match(args)]
    made = [filled(o, k + 1) for k, o in enumerate(outputs)]
    assert same(answer, nest(result, made))
    assert same(entry.attempt(tuple(args)), answer)
    if args:
        k = draw(st.sampled_from(range(len(args))))
        args[k] = spoil(draw, arguments[k], args[k])
        assert same(f(*args), "fallback")
        assert entry.attempt(tuple(args)) is NotImplemented


def filled(output, byte):
    """What the kernel makes of an output."""
    array = np.empty(output.shape, output.dtype)
    ctypes.memset(array.ctypes.data, byte, array.nbytes)
    return array if output.shape or output.as_array else array[()]


def width(kind):
    return {float: 8, int: 8, bool: 1}.get(kind) or np.dtype(kind).itemsize


def bytes_of(x):
    if type(x) is int:
        return x.to_bytes(8, sys.byteorder, signed=True)
    array = np.asarray(x, np.bool_ if type(x) is bool else None)
    return array.astype(array.dtype.newbyteorder("=")).tobytes()
