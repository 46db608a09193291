"""elf.py: our linker against the dynamic loader, and against the system's linker where there is one."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess

import numpy as np
import pytest

from wengert.compiler import elf, library, llvm
from wengert.errors import CompilerError

pytestmark = [
    pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed"),
    pytest.mark.skipif(
        not (llvm.available() and llvm.target().triple == "x86_64-unknown-linux-gnu"), reason="ELF for x86-64 only"
    ),
]

EVERYTHING = """
@constant = internal constant [4 x double] [double 1.0, double 2.0, double 3.0, double 4.0], align 64
@functions = internal constant [2 x ptr] [ptr @one, ptr @two]
@counter = internal global i64 5
@zeros = internal global [100 x i64] zeroinitializer
@visible = global i64 77
@pointer = global ptr @visible
declare double @cbrt(double)
declare i32 @getpid()
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define internal i32 @one(ptr %x) {
  ret i32 1
}
define internal i32 @two(ptr %x) {
  ret i32 2
}
define i32 @k(ptr %x, i64 %n, i64 %which) {
  call void @llvm.memcpy.p0.p0.i64(ptr %x, ptr @constant, i64 %n, i1 false)
  %t = getelementptr [2 x ptr], ptr @functions, i64 0, i64 %which
  %f = load ptr, ptr %t
  %r = call i32 %f(ptr %x)
  %v = load double, ptr %x
  %e = fmul double %v, 8.0
  %w = call double @cbrt(double %e)
  %w2 = fmul double %w, 3.25
  store double %w2, ptr %x
  ret i32 %r
}
define i64 @count() {
  %z = getelementptr [100 x i64], ptr @zeros, i64 0, i64 99
  %y = load i64, ptr %z
  %s = load i64, ptr @counter
  %s1 = add i64 %s, 1
  store i64 %s1, ptr @counter
  %r = add i64 %s1, %y
  ret i64 %r
}
define i32 @process() {
  %n = call i32 @getpid()
  ret i32 %n
}
"""


def built(**more):
    return elf.link(llvm.compile(EVERYTHING), **more)


def test_every_kind_of_section_and_relocation():
    loaded = library.shared(built(), ["k", "count", "process", "visible", "pointer"])
    k = loaded.function("k", ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    x = np.zeros(4)
    assert k(x.ctypes.data, 32, 1) == 2
    np.testing.assert_array_equal(x, [6.5, 2.0, 3.0, 4.0])
    assert k(x.ctypes.data, 8, 0) == 1
    count = loaded.function("count", ctypes.c_int64)
    assert [count(), count()] == [6, 7]
    assert loaded.function("process", ctypes.c_int32)() == os.getpid()
    assert ctypes.c_int64.from_address(loaded.address("visible")).value == 77
    assert ctypes.c_int64.from_address(loaded.address("pointer")).value == loaded.address("visible")


def test_copies_have_their_own_state():
    one, two = (library.shared(built(), ["count"]).function("count", ctypes.c_int64) for _ in range(2))
    assert [one(), one(), two()] == [6, 7, 6]


def test_what_is_undefined_is_known():
    assert set(elf.undefined(llvm.compile(EVERYTHING))) == {"cbrt", "getpid", "memcpy"}
    text = "declare i32 @nowhere()\ndefine i32 @f() {\n %x = call i32 @nowhere()\n ret i32 %x\n}"
    missing = elf.link(llvm.compile(text))
    with pytest.raises(OSError, match="nowhere"):
        library.shared(missing, ["f"])
    with pytest.raises(OSError, match="absent"):
        library.shared(built(), ["absent"])


@pytest.mark.parametrize("junk", [b"", b"\x7fELF", b"MZ" + bytes(100), bytes(1000)])
def test_other_files_are_refused(junk):
    with pytest.raises(CompilerError, match="ELF"):
        elf.link(junk)


def test_thread_local_variables_are_refused():
    text = "@t = thread_local global i64 5\ndefine i64 @f() {\n %x = load i64, ptr @t\n ret i64 %x\n}"
    with pytest.raises(CompilerError, match="thread-local"):
        elf.link(llvm.compile(text))


def test_large_code_and_many_names():
    count = 300
    text = "".join(f"define i32 @name{k}() {{\n  ret i32 {k}\n}}\n" for k in range(count))
    loaded = library.shared(elf.link(llvm.compile(text)), [f"name{k}" for k in range(count)])
    assert [loaded.function(f"name{k}", ctypes.c_int32)() for k in range(count)] == list(range(count))


PROGRAM = """
#include <stdio.h>
int k(double *x, long n, long which);
long count(void);
extern long visible;
int main(void) {
    double x[4] = {0};
    int r = k(x, 32, 1);
    printf("%d %g %ld %ld\\n", r, x[0], count(), visible);
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_c_program_links_against_it(tmp_path):
    (tmp_path / "libkernel.so").write_bytes(built(needed=["libm.so.6"], soname="libkernel.so"))
    (tmp_path / "main.c").write_text(PROGRAM)
    subprocess.run(["cc", "main.c", "-L.", "-lkernel", "-o", "main"], cwd=tmp_path, check=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    done = subprocess.run([tmp_path / "main"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "6.5", "6", "77"]


@pytest.mark.skipif(shutil.which("readelf") is None, reason="no readelf")
def test_readelf_finds_nothing_to_complain_about(tmp_path):
    (tmp_path / "k.so").write_bytes(built(soname="k.so"))
    done = subprocess.run(["readelf", "-aW", "k.so"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "rror" not in done.stderr and "arning" not in done.stderr
    assert "Library soname: [k.so]" in done.stdout
