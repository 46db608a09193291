"""cache.py: a second process finds the code, and nothing on the disk can do harm."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time

import pytest

from wengert.compiler import cache, llvm
from wengert.errors import CompilerError

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def text(value):
    return f"define i32 @f() {{\n  ret i32 {value}\n}}\n"


def value(library):
    return library.function("f", ctypes.c_int32)()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def compiled(monkeypatch):
    """The texts that were compiled."""
    seen = []
    compile = llvm.compile
    monkeypatch.setattr(llvm, "compile", lambda text: seen.append(text) or compile(text))
    return seen


def entries(home):
    return [path for path in home.rglob("*") if path.is_file()]


def test_the_second_look_up_does_not_compile(home, compiled):
    assert value(cache.native(text(7), ["f"])) == 7
    assert value(cache.native(text(7), ["f"])) == 7
    assert value(cache.native(text(8), ["f"])) == 8
    assert compiled == [text(7), text(8)]
    assert len(entries(home)) == 2


@pytest.mark.parametrize("where", ["disk", "off"])
def test_objects_where_our_linker_does_not_work(home, compiled, monkeypatch, where):
    if where == "off":
        monkeypatch.setenv("WENGERT_CACHE_DIR", "off")
    monkeypatch.setattr(cache, "_linkable", lambda: False)
    for _ in range(2):
        assert value(cache.native(text(11), ["f"])) == 11
    assert len(compiled) == (1 if where == "disk" else 2)
    if where == "disk":
        (entry,) = entries(home)
        assert entry.suffix == ".o"
        entry.write_bytes(entry.read_bytes()[:-40])
        assert value(cache.native(text(11), ["f"])) == 11 and len(compiled) == 2


def test_what_our_linker_refuses_llvm_may_take(home, monkeypatch):
    monkeypatch.setattr(cache.elf, "link", lambda code: cache.elf.undefined(b"not an object"))
    assert value(cache.native(text(12), ["f"])) == 12


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b"",
        lambda b: b[: len(b) // 2],
        lambda b: b[:-1],
        lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:],
        lambda b: b"not machine code at all",
        lambda b: b + b"more",
    ],
    ids=["empty", "half", "one byte short", "one bit", "foreign", "too long"],
)
def test_damaged_entries_are_rewritten(home, compiled, damage):
    cache.native(text(9), ["f"])
    (entry,) = entries(home)
    whole = entry.read_bytes()
    entry.unlink()  # a new file: the old one is still mapped
    entry.write_bytes(damage(whole))
    assert value(cache.native(text(9), ["f"])) == 9
    assert len(compiled) == 2
    assert entry.read_bytes() == whole


def test_an_entry_under_another_name_is_not_believed(home, compiled):
    cache.native(text(1), ["f"])
    (one,) = entries(home)
    cache.native(text(2), ["f"])
    (two,) = set(entries(home)) - {one}
    os.replace(one, two)
    assert value(cache.native(text(2), ["f"])) == 2
    assert len(compiled) == 3


@pytest.mark.parametrize("off", ["", "off"])
def test_without_a_directory(monkeypatch, off, compiled):
    monkeypatch.setenv("WENGERT_CACHE_DIR", off)
    assert cache.directory() is None
    assert value(cache.native(text(3), ["f"])) == value(cache.native(text(3), ["f"])) == 3
    assert len(compiled) == 2


def test_a_directory_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert value(cache.native(text(4), ["f"])) == 4


def test_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv("WENGERT_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = cache.directory()
    assert place is not None
    if sys.platform == "linux":
        assert place == tmp_path / "wengert"


def test_the_key_knows_the_processor(home, compiled, monkeypatch):
    best = llvm.target().cpu
    cache.native(text(5), ["f"])
    monkeypatch.setenv("WENGERT_CPU", "x86-64" if best.startswith("x86-64") else "generic")
    cache.native(text(5), ["f"])
    assert len(compiled) == (1 if best in ("x86-64", "generic") else 2)


def test_old_entries_make_room(home, monkeypatch):
    for k in range(4):
        cache.native(text(100 + k), ["f"])
    oldest, *_, newest = files = sorted(entries(home))
    for age, path in enumerate(reversed(files)):
        os.utime(path, (time.time() - 1000 * age,) * 2)
    abandoned = oldest.parent / ".new-abandoned"
    abandoned.write_bytes(b"half")
    os.utime(abandoned, (time.time() - 1e6,) * 2)
    monkeypatch.setattr(cache, "LIMIT", 2 * newest.stat().st_size + 100)
    cache._evict(home)
    assert entries(home) and set(entries(home)) == set(files[2:])


def test_errors_are_not_stored(home):
    with pytest.raises(CompilerError):
        cache.native("define nonsense", ["f"])
    with pytest.raises(CompilerError, match="absent"):
        cache.native(text(6), ["absent"])
    assert value(cache.native(text(6), ["f"])) == 6


PROGRAM = """
import ctypes, sys
from wengert.compiler import cache
for k in range(20):
    text = "define i32 @f() {\\n  ret i32 %d\\n}" % k
    assert cache.native(text, ["f"]).function("f", ctypes.c_int32)() == k
print("llvmlite" in sys.modules)
"""


def test_processes_share_the_cache_and_the_second_start_is_without_llvm(home):
    def finish(process):
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return said.split()

    together = [subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) for _ in range(3)]
    for process in together:
        finish(process)
    assert len(entries(home)) == 20
    last = finish(subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE))
    assert last == [b"False" if cache._linkable() else b"True"]
