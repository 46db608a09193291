"""blocks.ll: memory of large results is used again, and nobody can tell."""

from __future__ import annotations

import copy
import ctypes
import pickle

import numpy as np
import pytest
from numpy._core.multiarray import get_handler_name

from tests.compiler.kernels import affine, library
from wengert.compiler import capi, llvm
from wengert.compiler.config import config
from wengert.compiler.trampoline import Entry, Output, Signature, make
from wengert.errors import InvalidArgument
from wengert.spec import Spec

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def refuse(*args):
    raise AssertionError("no entry fits")


def doubler(n):
    code = library(affine(n))
    signature = Signature([Spec((n,), np.dtype(float))], [Output((n,), float)], 0)
    return Entry(signature, code.address("k"), keep=code)


def kept():
    return ctypes.c_int64.from_address(capi.library().address("kept")).value


@pytest.fixture
def empty_store():
    """The blocks that other tests left behind go; the limit is restored afterwards."""
    if not capi.keeps_blocks():
        pytest.skip("NumPy keeps its allocators elsewhere")
    before = config.kept_memory
    config.kept_memory = 1 << 20
    large = make(refuse)
    large.add(doubler(1 << 17))
    large(np.ones(1 << 17))  # the block is as large as the limit: everything else is let go
    config.kept_memory = before
    yield kept()
    config.kept_memory = before


def test_memory_of_large_results_is_used_again(empty_store):
    n = 300_000
    f = make(refuse)
    f.add(doubler(n))
    x = np.ones(n)
    y = f(x)
    assert y.flags.owndata and y.base is None and y.flags.c_contiguous and y.flags.writeable and y.flags.aligned
    assert y.ctypes.data % 64 == 0 and (y == 2).all() and get_handler_name(y) == "wengert"
    place = y.ctypes.data
    other = f(x)
    assert other.ctypes.data != place
    del y
    assert kept() == empty_store + 8 * n
    z = f(x)
    assert z.ctypes.data == place and kept() == empty_store
    view = z[10:]
    del z
    assert f(x).ctypes.data != place and view[0] == 2.0  # a view keeps its block


def test_large_results_are_ordinary_arrays(empty_store):
    n = 300_000
    f = make(refuse)
    f.add(doubler(n))
    y = f(np.ones(n))
    y.resize(2 * n, refcheck=False)
    assert (y[:n] == 2).all() and (y[n:] == 0).all()
    y.resize(5, refcheck=False)
    assert y.tolist() == [2.0] * 5
    y = f(np.ones(n))
    copies = [y.copy(), pickle.loads(pickle.dumps(y)), copy.deepcopy(y), y + 0]
    assert all((c == 2).all() for c in copies) and get_handler_name(copies[0]) != "wengert"
    y.shape = (3, n // 3)
    assert y.sum() == 2 * n


def test_no_more_is_kept_than_allowed(empty_store):
    config.kept_memory = 3_000_000
    f = make(refuse)
    for n in (100_000, 110_000, 120_000, 130_000, 140_000):
        f.add(doubler(n))
    results = [f(np.ones(n)) for n in (100_000, 110_000, 120_000, 130_000, 140_000) for _ in range(3)]
    assert all((r == 2).all() for r in results)
    results.clear()
    assert 0 < kept() <= 3_000_000
    config.kept_memory = 0
    f(np.ones(100_000))
    assert kept() == 0
    for _ in range(100):
        assert (f(np.ones(100_000)) == 2).all()
    for wrong in (-1, 1.5, None):
        with pytest.raises(InvalidArgument, match="kept_memory"):
            config.kept_memory = wrong


def test_large_results_do_not_leak(empty_store):
    f = make(refuse)
    f.add(doubler(1 << 20))
    x = np.ones(1 << 20)
    with open("/proc/self/status") as status:
        before = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    for _ in range(100):
        a, b = f(x), f(x)
        assert a[-1] == b[-1] == 2.0
    with open("/proc/self/status") as status:
        after = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert after - before < 5 * 8192
