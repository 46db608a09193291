"""threads.py and runtime.py: every part runs once, whatever Python's threads, forks and the interpreter's end do."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from tests.compiler.kernels import library, straight
from wengert.compiler import blas, cache, llvm, runtime, threads
from wengert.compiler.config import Config, config
from wengert.compiler.trampoline import Entry, Output, Signature, make
from wengert.errors import InvalidArgument
from wengert.spec import Spec

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

F8 = np.dtype(np.float64)

# x[k] += 1 for lo <= k < hi, and marks[lo] = hi
PART = """
define {linkage} void @part(ptr %b, i64 %lo, i64 %hi) {{
  %x = load ptr, ptr %b
  %mp = getelementptr ptr, ptr %b, i64 1
  %marks = load ptr, ptr %mp
  %m = getelementptr i64, ptr %marks, i64 %lo
  store i64 %hi, ptr %m
  br label %next
next:
  %k = phi i64 [ %lo, %0 ], [ %k1, %next ]
  %a = getelementptr double, ptr %x, i64 %k
  %v = load double, ptr %a
  %w = fadd double %v, 1.0
  store double %w, ptr %a
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %hi
  br i1 %more, label %next, label %end
end:
  ret void
}}
"""


def copy_and_add(n, chunk):
    """A kernel: out = x + 1 by a parallel loop over a copy, with functions from the runtime table."""
    slots = runtime.SLOTS
    body = f"""  %bytes = mul i64 {n}, 8
  %z = getelementptr ptr, ptr %q4, i64 {slots["memcpy"]}
  %copy = load ptr, ptr %z
  %c = call ptr %copy(ptr %q1, ptr %q0, i64 %bytes)
  %inner = alloca [2 x ptr], align 8
  store ptr %q1, ptr %inner
  %second = getelementptr ptr, ptr %inner, i64 1
  store ptr %q2, ptr %second
  %s = getelementptr ptr, ptr %q4, i64 {slots["parallel_for"]}
  %parallel = load ptr, ptr %s
  call void %parallel(ptr @part, ptr %inner, i64 {n}, i64 {chunk})
"""
    return straight(5, body, extra=PART.format(linkage="internal"))


@pytest.fixture(params=[1, 2, 5])
def number(request):
    before = config.threads
    config.threads = request.param
    yield request.param
    config.threads = before


def parallel(part, buffers, n, chunk):
    kinds = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    return ctypes.CFUNCTYPE(None, *kinds)(threads.address())(part, buffers, n, chunk)


def run(n, chunk, times=1):
    code = cache.native(PART.format(linkage=""), ["part"])
    x, marks = np.zeros(n), np.zeros(max(n, 1), np.int64)
    buffers = (ctypes.c_void_p * 2)(x.ctypes.data, marks.ctypes.data)
    for _ in range(times):
        parallel(code.address("part"), buffers, n, chunk)
    return x, marks


@pytest.mark.parametrize(
    "n, chunk", [(0, 1), (1, 1), (1, 100), (7, 3), (1000, 1), (1000, 999), (1000, 1000), (5000, 64)]
)
def test_every_part_runs_once_with_its_own_bounds(number, n, chunk):
    x, marks = run(n, chunk)
    np.testing.assert_array_equal(x, 1.0)
    starts = np.arange(0, n, chunk)
    np.testing.assert_array_equal(marks[starts], np.minimum(starts + chunk, n))
    assert np.count_nonzero(marks) == len(starts)


def test_many_loops_one_after_the_other(number):
    x, _ = run(300, 7, times=5000)
    np.testing.assert_array_equal(x, 5000.0)


@pytest.mark.skipif(os.name != "posix", reason="POSIX threads")
def test_workers_are_started_when_needed_and_kept():
    before = config.threads
    config.threads = 3
    run(1000, 10)
    first = threads.workers()
    assert first >= 2
    run(1000, 10, times=50)
    config.threads = 1
    run(1000, 10)
    assert threads.workers() == first
    config.threads = before


def test_many_python_threads_at_once(number):
    wrong = []

    def work():
        for _ in range(50):
            x, marks = run(997, 10, times=20)
            if not (x == 20.0).all() or marks[990] != 997:
                wrong.append(x)

    team = [threading.Thread(target=work) for _ in range(6)]
    for t in team:
        t.start()
    for t in team:
        t.join()
    assert not wrong


NESTED = """
define void @outer(ptr %b, i64 %lo, i64 %hi) {
  %fp = getelementptr ptr, ptr %b, i64 1
  %f = load ptr, ptr %fp
  call void %f(ptr @inner, ptr %b, i64 100, i64 9)
  ret void
}
define void @inner(ptr %b, i64 %lo, i64 %hi) {
  %x = load ptr, ptr %b
  %n = sub i64 %hi, %lo
  %old = atomicrmw add ptr %x, i64 %n seq_cst
  ret void
}
"""


def test_a_loop_within_a_loop(number):
    code = cache.native(NESTED, ["outer"])
    total = np.zeros(1, np.int64)
    buffers = (ctypes.c_void_p * 2)(total.ctypes.data, threads.address())
    parallel(code.address("outer"), buffers, 40, 1)
    assert total[0] == 4000


def kernel(n, chunk, **more):
    code = library(copy_and_add(n, chunk))
    marks = np.zeros(n, np.int64)
    signature = Signature([Spec((n,), F8)], [Output((n,), F8)], 0)
    return Entry(signature, code.address("k"), constants=[marks], keep=code, arena_bytes=64, **more)


@pytest.mark.parametrize("release", [False, True])
def test_a_kernel_finds_the_runtime_in_its_last_buffer(number, release):
    f = make(lambda *a: "fallback")
    f.add(kernel(1000, 17, release=release))
    x = np.arange(1000.0)
    for _ in range(100):
        np.testing.assert_array_equal(f(x), x + 1)


def test_kernels_from_many_python_threads(number):
    f = make(lambda *a: "fallback")
    f.add(kernel(2000, 100, release=True))
    wrong = []

    def work(seed):
        x = np.random.default_rng(seed).standard_normal(2000)
        for _ in range(200):
            if not np.array_equal(f(x), x + 1):
                wrong.append(seed)

    team = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in team:
        t.start()
    for t in team:
        t.join()
    assert not wrong


FORK = """
import os, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from tests.compiler.test_threads import config, run, kernel, make, threads
config.threads = 3
assert (run(1000, 10)[0] == 1).all() and threads.workers() == 2
f = make(lambda *a: None)
f.add(kernel(1000, 10))
assert (f(np.zeros(1000)) == 1).all()
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        assert threads.workers() == 0
        assert (run(1000, 10, times=100)[0] == 100).all() and threads.workers() == 2
        assert (f(np.zeros(1000)) == 1).all()
        g = make(lambda *a: None)
        g.add(kernel(500 + len(children), 10))
        assert (g(np.zeros(500 + len(children))) == 1).all()
        os._exit(0)
    children.append(child)
assert [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children] == [0] * 4
assert (run(1000, 10, times=100)[0] == 100).all()
print("well")
"""

DAEMONS = """
import threading, time
import numpy as np
from tests.compiler.test_threads import config, kernel, make
config.threads = 2
f = make(lambda *a: None)
f.add(kernel(300000, 1000, release=True))
x = np.zeros(300000)
def forever():
    while True:
        f(x)
for _ in range(3):
    threading.Thread(target=forever, daemon=True).start()
time.sleep(0.2)
print("well")
"""


# One thread compiles all the time; the children compile as well, and do not find a lock that nobody holds any more.
FORK_WHILE_COMPILING = """
import os, threading, warnings
import numpy as np
warnings.simplefilter("ignore")
os.environ["WENGERT_CACHE_DIR"] = "off"
from tests.compiler.test_threads import kernel, make
stop = False
def compile():
    n = 10
    while not stop:
        kernel(n, 3)
        n += 1
compiler = threading.Thread(target=compile)
compiler.start()
codes = []
for k in range(15):
    child = os.fork()
    if child == 0:
        f = make(lambda *a: None)
        f.add(kernel(1000 + k, 7))
        os._exit(0 if (f(np.zeros(1000 + k)) == 1).all() else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop = True
compiler.join()
assert codes == [0] * 15, codes
print("well")
"""

# What lives longest is destroyed last: a compiled function, large results, threads of the pool.
EXIT = """
import builtins, os
import numpy as np
from tests.compiler.test_threads import config, kernel, make
config.threads = 3
f = make(lambda *a: None)
f.add(kernel(200_000, 1000))
builtins.results = [f(np.zeros(200_000)) for _ in range(5)]
class Last:
    def __init__(self):
        self.f, self.x, self.write = f, np.zeros(200_000), os.write
    def __del__(self):
        self.write(1, b"well" if self.f(self.x)[-1] == 1 else b"wrong")
builtins.last = Last()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize(
    "program",
    [FORK, FORK_WHILE_COMPILING, DAEMONS, EXIT],
    ids=["fork", "fork while compiling", "daemon threads at exit", "destructors at exit"],
)
def test_in_a_process_of_its_own(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, cwd=_root())
    assert (done.returncode, done.stdout.strip()) == (0, "well"), done.stderr


def _root():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def test_settings(monkeypatch):
    monkeypatch.setenv("WENGERT_THREADS", "7")
    assert Config().threads == 7
    monkeypatch.setenv("WENGERT_THREADS", "many")
    with pytest.raises(InvalidArgument, match="WENGERT_THREADS"):
        _ = Config().threads
    monkeypatch.delenv("WENGERT_THREADS")
    fresh = Config()
    assert fresh.threads >= 1
    for wrong in [0, -1, 1.5, "two", None, 10**6]:
        with pytest.raises(InvalidArgument, match=r"wg\.config\.threads"):
            fresh.threads = wrong
    address = fresh.threads_address
    fresh.threads = np.int64(3)
    assert ctypes.c_int64.from_address(address).value == fresh.threads == 3
    assert repr(fresh) == "Config(threads=3, kept_memory=268435456)"


def test_blas_and_lapack_compute():
    """Each convention once, with 64-bit integers whatever the library's own width."""
    known = blas.blas()
    if "dgemm" not in known:
        pytest.skip("NumPy has no BLAS whose functions can be found")
    rng = np.random.default_rng(0)
    a, b, c = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)), np.zeros((3, 5))
    i32, i64, f8, ptr = ctypes.c_int32, ctypes.c_int64, ctypes.c_double, ctypes.c_void_p
    dgemm = ctypes.CFUNCTYPE(None, i32, i32, i32, i64, i64, i64, f8, ptr, i64, ptr, i64, f8, ptr, i64)(
        known["dgemm"].address
    )
    dgemm(101, 111, 111, 3, 5, 4, 1.0, a.ctypes.data, 4, b.ctypes.data, 5, 0.0, c.ctypes.data, 5)
    np.testing.assert_allclose(c, a @ b)

    s = a @ a.T + 3 * np.eye(3)
    factor, info = s.copy(), i64(0)
    dpotrf = ctypes.CFUNCTYPE(None, ptr, ptr, ptr, ptr, ptr, i64)(known["dpotrf"].address)
    n, uplo = i64(3), ctypes.c_char(b"U")
    dpotrf(
        ctypes.addressof(uplo), ctypes.addressof(n), factor.ctypes.data, ctypes.addressof(n), ctypes.addressof(info), 1
    )
    assert info.value == 0
    np.testing.assert_allclose(np.tril(factor), np.linalg.cholesky(s))
    assert runtime.SLOTS["dgemm"] < 64
    table = (ctypes.c_void_p * 64).from_address(runtime.address())
    assert table[runtime.SLOTS["dgemm"]] == known["dgemm"].address
    assert all(table[runtime.SLOTS[name]] for name in ("parallel_for", "malloc", "memset"))
