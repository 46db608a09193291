"""Compiled functions in bulk: very deep, very wide, very many; handed to other processes; interrupted; at the end."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import llvm

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
X = np.linspace(0.1, 1.0, 10)


# --- size -------------------------------------------------------------------------------------------------


def irregular(steps):
    """A long chain in which no loop is to be found."""
    rng = np.random.default_rng(steps)
    numbers, kinds = rng.normal(size=steps), rng.integers(0, 4, steps)

    def f(x):
        y = x
        for c, kind in zip(numbers, kinds, strict=True):
            y = [np.sin(y) + c, y * 0.5 + c, np.maximum(y, c), y - x * c][kind]
        return y

    return f


@pytest.mark.parametrize("x", [np.float64(0.3), X], ids=["scalar", "array"])
def test_deep(x):
    f = irregular(1500)
    np.testing.assert_allclose(wg.jit(f)(x), f(x), rtol=1e-9)
    gradient = wg.grad(lambda x: np.sum(f(x)))
    np.testing.assert_allclose(wg.jit(gradient)(x), gradient(x), rtol=1e-9)


def test_deep_and_regular():
    def f(x):
        for k in range(10_000):
            x = np.sin(x) + 0.1 * (k % 7)
        return x

    compiled = wg.jit(f)
    np.testing.assert_allclose(compiled(X), f(X), rtol=1e-9)
    assert len(compiled.lower(X).llvm) < 100_000  # one loop


def test_wide():
    xs = [X + k for k in range(600)]
    several = lambda xs: [np.sin(x) * k + xs[0] for k, x in enumerate(xs)]
    np.testing.assert_allclose(wg.jit(several)(xs), several(xs), rtol=1e-12)
    total = lambda xs: sum(np.sum(x * x) for x in xs)
    np.testing.assert_allclose(wg.jit(wg.grad(total))(xs), [2 * x for x in xs], rtol=1e-12)
    assert wg.jit(total)([np.float64(k) for k in range(600)]) == sum(k * k for k in range(600))


def test_large_constants_are_not_text():
    table = np.random.default_rng(0).normal(size=1_000_000)
    f = wg.jit(lambda x: np.sum(table * x))
    np.testing.assert_allclose(f(2.0), 2 * np.sum(table), rtol=1e-9)
    assert len(f.lower(2.0).llvm) < 100_000


# --- memory -----------------------------------------------------------------------------------------------

MANY = """
import gc, os, sys
import numpy as np
import wengert as wg

def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def compiled(k):
    f = wg.jit(lambda x: np.sum(np.sin(x) * (k + 0.5) + x**2) + np.max(x[:3]) + k)
    f(np.arange(10.0 + k % 7))
    return f

first, count = [compiled(-k - 1) for k in range(20)], int(sys.argv[1])
before = resident()
kept = [compiled(k) for k in range(count)]
print((resident() - before) / count)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_many_kernels():
    """2,000 kernels within 200 MB; the default run makes fewer: WENGERT_KERNELS=2000 for all."""
    count = os.environ.get("WENGERT_KERNELS", "200")
    environment = {**os.environ, "WENGERT_CACHE_DIR": "off"}
    done = subprocess.run(
        [sys.executable, "-c", MANY, count], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 200e6 / 2000


# --- other processes, other threads -----------------------------------------------------------------------


@wg.jit
def named(x):
    return np.sin(x) * 2


def plain(x, k=3):
    return np.cos(x) * k


def test_pickled_and_copied():
    assert pickle.loads(pickle.dumps(named)) is named
    assert copy.copy(named) is copy.deepcopy(named) is named
    unnamed = wg.jit(plain, static_argnames="k")
    for other in (pickle.loads(pickle.dumps(unnamed)), copy.deepcopy(unnamed)):
        assert other is not unnamed
        np.testing.assert_allclose(other(X), plain(X))
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(wg.jit(lambda x: x))


def test_many_threads_and_many_functions():
    shared, failures = wg.jit(lambda x, y: np.sin(x) * y + np.sum(x)), []

    def work(seed):
        rng = np.random.default_rng(seed)
        try:
            for _ in range(8):
                x = rng.normal(size=int(rng.integers(1, 6)))
                np.testing.assert_allclose(shared(x, 2.0), np.sin(x) * 2 + np.sum(x), rtol=1e-10, atol=1e-12)
                own = wg.jit(lambda x: np.tanh(x) * len(x) + seed)
                np.testing.assert_allclose(own(x), np.tanh(x) * len(x) + seed, rtol=1e-10)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures
    assert shared.traces <= 5


# --- interruptions ----------------------------------------------------------------------------------------


# An interrupt that falls into a destructor is reported and dropped by Python.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_interrupted_at_any_moment():
    """Ctrl-C while tracing or compiling leaves nothing half done."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before, hits = signal.signal(signal.SIGALRM, interrupt), 0
    rng = np.random.default_rng(0)
    try:
        for k in range(15):
            gradient = wg.grad(lambda x, k=k: np.sum(np.sin(x) * (k + 0.3) + np.linalg.norm(x[1:]) * np.tanh(x[0])))
            compiled = wg.jit(gradient)
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.0005, 0.05))
                    compiled(X)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                hits += 1
            np.testing.assert_allclose(compiled(X), gradient(X), rtol=1e-10)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert hits


def test_exceptions_of_the_function():
    calls = []

    @wg.jit
    def f(x):
        calls.append(1)
        if len(x) > 3:
            raise RuntimeError("mine")
        return x * 2

    for n in (5, 2, 5, 3, 2):
        if n == 5:
            with pytest.raises(RuntimeError, match="mine"):
                f(np.ones(n))
        else:
            np.testing.assert_array_equal(f(np.ones(n)), 2 * np.ones(n))
    assert len(calls) == 4


def test_recursion():
    @wg.jit
    def total(x):
        return total(x[1:]) + x[0] if len(x) > 1 else x[0]

    assert abs(total(X[:5]) - np.sum(X[:5])) < 1e-12

    @wg.jit
    def endless(x):
        return endless(x)

    with pytest.raises(RecursionError):
        endless(X)
    assert abs(total(X[:5]) - np.sum(X[:5])) < 1e-12
