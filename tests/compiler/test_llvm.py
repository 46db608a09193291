"""llvm.py: text becomes functions that can be called, and nothing that goes wrong ends the process."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys

import numpy as np
import pytest

from wengert.compiler import llvm
from wengert.errors import CompilerError, InvalidArgument

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

DOUBLE = """
define i32 @twice(ptr %buffers) {{
  %p = load ptr, ptr %buffers
  %v = load <{w} x double>, ptr %p, align 8
  %d = fmul <{w} x double> %v, splat (double {factor})
  store <{w} x double> %d, ptr %p, align 8
  ret i32 0
}}
"""


def text(factor=2.0):
    return DOUBLE.format(w=llvm.target().lanes_f64, factor=f"{factor:.6e}")


def run(library, name, *arrays):
    call = library.function(name, ctypes.c_int32, ctypes.c_void_p)
    return call((ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays]))


def test_text_becomes_a_function_on_unaligned_data():
    library = llvm.load(llvm.compile(text()), ["twice"])
    whole = np.arange(1.0, 20.0)
    for start in (0, 1, 2):
        x = whole[start:].copy()
        view = x[start : start + llvm.target().lanes_f64]
        expected = view * 2
        assert run(library, "twice", view) == 0
        np.testing.assert_array_equal(view, expected)


def test_a_function_keeps_its_library():
    call = llvm.load(llvm.compile(text()), ["twice"]).function("twice", ctypes.c_int32, ctypes.c_void_p)
    gc.collect()
    x = np.ones(8)
    assert call((ctypes.c_void_p * 1)(x.ctypes.data)) == 0
    assert x[0] == 2


def test_assembly_and_optimized_text_can_be_read():
    assert "twice:" in llvm.assembly(text())
    assert "fadd" in llvm.optimized(text()) or "fmul" in llvm.optimized(text())


@pytest.mark.parametrize(
    "wrong, word",
    [
        ("define i32 @f( {", "expected type"),
        ("define i32 @f() {\n  ret i64 0\n}", "ret i64 0"),
        ("define i32 @f() {\n %x = add i32 %y, 1\n %y = add i32 %x, 1\n ret i32 %x\n}", "dominate"),
    ],
)
def test_wrong_text_is_a_clear_error(wrong, word):
    with pytest.raises(CompilerError, match=word) as caught:
        llvm.compile(wrong)
    assert len(str(caught.value).splitlines()) == 3


def test_unresolved_symbols_are_found_before_a_call():
    uses = "declare i32 @nowhere_to_be()\ndefine i32 @f() {\n %x = call i32 @nowhere_to_be()\n ret i32 %x\n}"
    compiled = llvm.compile(uses)
    with pytest.raises(CompilerError, match="nowhere_to_be"):
        llvm.load(compiled, ["f"])
    with pytest.raises(CompilerError, match="absent"):
        llvm.load(llvm.compile(text()), ["absent"])


def test_the_process_lends_its_symbols():
    uses = (
        "declare double @cbrt(double)\n"
        "define double @f(double %a) {\n %x = call double @cbrt(double %a)\n ret double %x\n}"
    )
    library = llvm.load(llvm.compile(uses), ["f"])
    assert library.function("f", ctypes.c_double, ctypes.c_double)(27.0) == pytest.approx(3.0)


def resident_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")
def test_kernels_do_not_leak():
    held = [llvm.load(llvm.compile(text(k + 0.5)), ["twice"]) for k in range(100)]
    before = resident_kb()
    held += [llvm.load(llvm.compile(text(k + 0.25)), ["twice"]) for k in range(300)]
    per_kernel = (resident_kb() - before) / 300
    assert per_kernel < 100  # 2,000 of them fit into 200 MB
    x = np.ones(8)
    assert run(held[7], "twice", x) == 0 and x[0] == 7.5
    held.clear()
    gc.collect()
    before = resident_kb()
    for k in range(300):
        llvm.load(llvm.compile(text(k + 0.125)), ["twice"])
    assert (resident_kb() - before) / 300 < 30


def test_large_modules_take_the_cheap_way():
    steps = "\n".join(f"  %v{k + 1} = fadd double %v{k}, 1.0" for k in range(70_000))
    library = llvm.load(llvm.compile(f"define double @f(double %v0) {{\n{steps}\n  ret double %v70000\n}}"), ["f"])
    assert library.function("f", ctypes.c_double, ctypes.c_double)(0.5) == 70_000.5


def in_a_process(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


def test_an_unknown_processor_is_an_error_not_the_end():
    code = "from wengert.compiler import llvm\ntry: llvm.compile('')\nexcept ValueError as e: print('refused', e)"
    done = in_a_process(code, WENGERT_CPU="pentium-of-the-future")
    assert done.returncode == 0 and "refused" in done.stdout and "pentium-of-the-future" in done.stdout


def test_an_older_processor_may_be_asked_for(monkeypatch):
    monkeypatch.setenv("WENGERT_CPU", "nonsense")
    with pytest.raises(InvalidArgument, match="WENGERT_CPU"):
        llvm.target()
    monkeypatch.delenv("WENGERT_CPU")
    best = llvm.target()
    if best.cpu == "x86-64-v4":
        monkeypatch.setenv("WENGERT_CPU", "x86-64-v3")
        assert llvm.target().lanes_f64 == 4
        assert "zmm" not in llvm.assembly(text())


def test_a_kernel_may_be_called_from_a_destructor_at_exit():
    code = f"""
import builtins, ctypes
import numpy as np
from wengert.compiler import llvm
class Last:
    def __init__(self):
        self.library = llvm.load(llvm.compile({text()!r}), ["twice"])
        self.call = self.library.function("twice", ctypes.c_int32, ctypes.c_void_p)
        self.x = np.ones(8)
        self.b = (ctypes.c_void_p * 1)(self.x.ctypes.data)
    def __del__(self, write=__import__('os').write):
        self.call(self.b)
        write(1, b"%d" % int(self.x[0]))
builtins.last = Last()
spare = llvm.load(llvm.compile({text(3.0)!r}), ["twice"])
"""
    done = in_a_process(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2"
