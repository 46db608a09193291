"""The call path and who lives how long: no reference is lost or kept, whoever comes and goes during a call."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

from tests.compiler.kernels import F8, doubler, entry, remember, straight
from wengert.compiler import llvm
from wengert.compiler.trampoline import Constant, Output
from wengert.spec import Spec

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def test_it_can_be_collected(build):
    class Owner:
        def run(self, *args):
            return args

    owner = Owner()
    f = build(owner.run)
    owner.f = f  # a cycle through the fallback
    f.me = f
    f.add(doubler())
    watch, watch_entry = weakref.ref(f), weakref.ref(owner)
    assert f(1) == (1,)
    del f, owner
    gc.collect()
    assert watch() is None and watch_entry() is None


def test_no_reference_is_lost_or_kept(build):
    leaf = Spec((4,), F8)
    finish_calls = []
    f, g, h = build(remember), build(remember), build(remember)
    marker = Constant(object())
    outs = [Output((4,), F8), Output((4,), F8, reuse=1)]
    text = straight(4, "  store double 1.0, ptr %q2\n  store double 2.0, ptr %q3\n")
    f.add(entry(text, [leaf, [leaf]], outs, (0, [1, marker, None], {"a": 0, "b": (marker, {})})))
    d = build(remember)
    d.add(entry(text, [{"x": leaf, "y": {"z": leaf}}, Constant(marker)], outs, {"a": {"b": 1}}))
    g.add(entry(text, [leaf, leaf], outs, finish=lambda a, b: finish_calls.append(1)))
    h.add(entry(text.replace("ret i32 0", "ret i32 1"), [leaf, [leaf]], outs))
    x, y, inner = np.ones(4), np.ones(4), [np.ones(4)]
    named = {"x": x, "y": {"z": y}}
    things = [named, named["y"], x, y, inner, inner[0], marker.value, F8, f, f._entries, f.entries[0], None, remember]

    def loop(n):
        for _ in range(n):
            f(x, inner)
            d(named, marker)
            d(named, None)
            d({"x": x, "y": {"w": y}}, marker)
            g(x, y)
            h(x, inner)
            f(x, 3)
            f(x, inner, key=x)

    loop(10)
    gc.collect()
    before = [sys.getrefcount(thing) for thing in things]
    blocks = sys.getallocatedblocks()
    loop(5000)
    gc.collect()
    finish_calls.clear()
    after = [sys.getrefcount(thing) for thing in things]
    assert all(abs(b - a) < 50 for a, b in zip(after, before, strict=True))
    assert abs(sys.getallocatedblocks() - blocks) < 200


def test_a_hundred_thousand_calls_leave_no_memory(build):
    f = build(remember)
    e = doubler(1000, arena_bytes=100_000)
    f.add(e)
    x = np.ones(1000)
    for _ in range(1000):
        f(x)
    blocks = sys.getallocatedblocks()
    calls = 100_000 if hasattr(f, "_vectorcall") else 2_000
    for _ in range(calls):
        f(x)
    assert abs(sys.getallocatedblocks() - blocks) < 100
    if hasattr(f, "_vectorcall"):
        assert e.calls == calls + 1000


def test_entries_may_change_while_others_call(build):
    f = build(remember)
    x = np.ones(64)
    made = [doubler(64, release=True, arena_bytes=50_000) for _ in range(3)]
    stop = threading.Event()
    wrong = []

    def call():
        while not stop.is_set():
            y = f(x)
            if type(y) is tuple:
                continue
            if y[0] != 2.0 or y[63] != 2.0:
                wrong.append(y)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for t in threads:
        t.start()
    for k in range(300):
        f.clear()
        f.add(made[k % 3])
        f.add(doubler(3))
    stop.set()
    for t in threads:
        t.join()
    assert not wrong


def test_an_entry_lives_as_long_as_its_call(build):
    """The only reference to the entry goes away while its `finish` runs."""
    f = build(remember)

    def finish(y):
        f.clear()
        gc.collect()
        return y

    f.add(doubler(4, finish=finish))
    assert f(np.ones(4)).tolist() == [2.0] * 4
    assert f(np.ones(4))[0] == "fallback"


def test_it_calls_itself(build):
    f = build(remember)

    def finish(y):
        return y if y[0] > 100 else f(y)

    f.add(doubler(4, finish=finish, arena_bytes=40_000))
    assert f(np.ones(4)).tolist() == [128.0] * 4
