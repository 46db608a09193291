"""Machine code remembered on disk, so that a second process starts in milliseconds and does not import llvmlite.

    native(text, exports) -> Library       look the text up; compile and store it if it is new; load it
    source(name) -> str                    a file of LLVM text that lies beside this one
    directory() -> Path | None             where entries lie: WENGERT_CACHE_DIR or the user's cache directory

An entry is one file, named by the hash of everything that the code depends on. Where our own linker works (Linux on
x86-64) it is a shared library, which the dynamic loader opens directly; elsewhere it is an object file for LLVM.
Behind the code stands a checksum. An entry that is truncated, damaged or of another key is compiled anew and replaced.
Files appear by renaming, so that a reader in another process sees the whole entry or none. A directory that cannot be
written is no error: the code is compiled and kept in memory. `WENGERT_CACHE_DIR=off` asks for that. Whoever can write
to the directory can run code here; it is made for its owner only.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import itertools
import os
import struct
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import wengert
from wengert.compiler import elf, llvm
from wengert.compiler.library import Library, shared
from wengert.compiler.locks import lock
from wengert.compiler.target import target
from wengert.errors import CompilerError

__all__ = ["directory", "native", "source"]

LIMIT = 512 << 20
"""The size in bytes beyond which the entries that were not used for the longest time are deleted."""

_RECIPE = 2  # to be raised when llvm.py or elf.py make other code of the same text
_TRAILER = struct.Struct("<8s32s")
_MAGIC = b"wengert1"
_DAY = 86_400.0
_stores = 0
_numbers = itertools.count()
_lock = lock()


def native(text: str, exports: Iterable[str]) -> Library:
    r"""The machine code of LLVM text, loaded: from disk if any process on this machine has compiled it before.

    Args:
        text: a module in LLVM assembly; it holds no addresses of this process.
        exports: the names whose addresses are wanted.

    Raises:
        CompilerError: the text is refused by LLVM, or uses a function that does not exist.
        MissingDependency: the code has to be compiled and llvmlite is not installed.

    Example:
        >>> native("define i32 @two() {\n ret i32 2\n}", ["two"]).address("two") != 0
        True
    """
    names = list(exports)
    key = _key(text)
    path = _path(key)
    if path is not None:
        found = _stored(path, key, names)
        if found is not None:
            return found
    code = llvm.compile(text)
    if _linkable():
        with contextlib.suppress(CompilerError, OSError):  # what our linker or the loader refuses, LLVM's may take
            library = elf.link(code)
            if path is not None and _store(path, key, library):
                return shared(str(path), names)
            return shared(library, names)
    elif path is not None:
        _store(path, key, code)
    return llvm.load(code, names)


def source(name: str) -> str:
    """The LLVM text in the file `name` of this package."""
    return Path(__file__).with_name(name).read_text("utf-8")


def directory() -> Path | None:
    """Where compiled code is kept; None if ``WENGERT_CACHE_DIR`` is empty or "off"."""
    wish = os.environ.get("WENGERT_CACHE_DIR")
    if wish is not None:
        return None if wish.strip().lower() in ("", "off") else Path(wish).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "wengert" / "cache"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/wengert").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "wengert"


def _linkable() -> bool:
    return target().triple == "x86_64-unknown-linux-gnu"


def _key(text: str) -> str:
    here = target()
    parts = (text, here.cpu, here.features, here.triple, _compiler(), wengert.__version__, _RECIPE, sys.maxsize)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


@functools.cache
def _compiler() -> str:
    """The version of LLVM, without importing it (importlib.metadata takes 30 ms)."""
    found = importlib.util.find_spec("llvmlite")
    if found is None or found.origin is None:
        return "none"
    try:
        return hashlib.sha256(Path(found.origin).with_name("_version.py").read_bytes()).hexdigest()
    except OSError:
        return str(importlib.import_module("importlib.metadata").version("llvmlite"))


def _path(key: str) -> Path | None:
    root = directory()
    return None if root is None else root / key[:2] / (key[2:] + (".so" if _linkable() else ".o"))


def _trailer(key: str, code: bytes) -> bytes:
    return _TRAILER.pack(_MAGIC, hashlib.sha256(key.encode() + code).digest())


def _stored(path: Path, key: str, exports: list[str]) -> Library | None:
    """The entry at `path`, loaded; None if there is none that is whole and can be used."""
    try:
        entry = path.read_bytes()
        code = entry[: -_TRAILER.size]
        if entry[-_TRAILER.size :] != _trailer(key, code):
            return None
        library = shared(str(path), exports) if _linkable() else llvm.load(code, exports)
    except (OSError, CompilerError):
        return None
    with contextlib.suppress(OSError):  # another process may have evicted it; a read-only directory keeps no times
        if time.time() - path.stat().st_mtime > _DAY:
            os.utime(path)
    return library


def _store(path: Path, key: str, code: bytes) -> bool:
    """Write an entry in one step; False if the directory cannot be written."""
    global _stores
    temporary = path.with_name(f".new-{os.getpid()}-{time.time_ns()}-{next(_numbers)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            file.write(code + _trailer(key, code))
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        return False
    with _lock:
        _stores += 1
        due = _stores % 64 == 1
    if due:
        _evict(path.parent.parent)
    return True


def _evict(root: Path) -> None:
    """Delete the oldest entries until the rest is within `LIMIT`, and what a killed process left half-written."""
    entries = []
    for path in root.glob("??/*"):
        with contextlib.suppress(OSError):  # another process evicts as well
            facts = path.stat()
            entries.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in entries)
    for used, size, path in sorted(entries):
        abandoned = path.name.startswith(".new-") and time.time() - used > _DAY
        if total <= LIMIT and not abandoned:
            continue
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
