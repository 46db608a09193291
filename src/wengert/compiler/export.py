"""wg.export: a function and its derivatives as files that C, Fortran, Julia and everything else can call.

f, specs ── value, gradient, jacobian, jvp, vjp ── each its own Program ─┬─ C source     name.c
├─ LLVM ──────── name.o ── own linker ── name.so
└─ prototypes    name.h
"""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wengert.compiler import elf, llvm
from wengert.compiler.centry import module
from wengert.compiler.csource import function, identifier, source
from wengert.compiler.derivatives import NAMES, Subject, derivative
from wengert.compiler.header import Prototype, comment, header
from wengert.compiler.loops import Program
from wengert.compiler.target import target
from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["Exported", "export"]

_KINDS = ("shared", "object", "source")


@dataclasses.dataclass(frozen=True)
class Exported:
    """What was written: the C functions by their names, and the files by their endings."""

    name: str
    functions: Mapping[str, str]
    files: Mapping[str, Path]

    def __str__(self) -> str:
        lines = [*self.functions.values(), *[f"  {path}" for path in self.files.values()]]
        return "\n".join(lines)


def export(
    f: Callable[..., Any],
    *specs: Any,
    path: str | os.PathLike[str] = ".",
    name: str | None = None,
    derivatives: Sequence[str] | None = None,
    kind: str = "shared",
) -> Exported:
    """Write a function and its derivatives as a C library: no Python is needed to call it.

    In the directory `path` appear ``name.h`` (prototypes, and what each argument is), ``name.c`` (readable C99 of the
    same functions), unless `kind` is "source" ``name.o`` (machine code for this processor, or the older one that the
    environment variable ``WENGERT_CPU`` names), and for "shared" ``name.so``, which needs no compiler or linker to be
    made. Files appear whole or not at all.

    specs: what `f` is called with: arrays and numbers like the real ones, or anything with a shape and a dtype (a
    `wg.Spec`, a ``jax.ShapeDtypeStruct``); in containers, as they come. Strings, booleans and functions are fixed.
    name: of the files and functions; that of `f` by default. derivatives: any of "value", "gradient", "jacobian",
    "hessian", "jvp" and "vjp", with respect to all floating-point arguments; by default the value, jvp and vjp, the
    gradient of a scalar function, and otherwise the Jacobian if it has at most a million entries. Each is a C function:
    ``name``, ``name_gradient``, ... Closed-over arrays and tensors become constants.

    Raises `MissingRule` where a part of `f` has no native form (with its line), `InvalidArgument` for functions that do
    more than compute their result and for wrong arguments, `MissingDependency` where machine code is asked for and
    llvmlite is not installed.

    >>> import numpy as np, tempfile, wengert as wg
    >>> def rosen(x):
    ...     return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     made = wg.export(rosen, np.zeros(5), path=directory, derivatives=["gradient"], kind="source")
    >>> print(made.functions["rosen_gradient"])
    int rosen_gradient(const double x[5], double value[1], double gradient[5], void *workspace);
    """
    if kind not in _KINDS:
        raise _wrong(f"kind={kind!r}", "There are shared libraries, objects and sources.", f"Choose from {_KINDS}.")
    name = _name(f, name)
    subject = Subject(f, specs, name)
    wanted = subject.defaults() if derivatives is None else list(derivatives)
    for d in wanted:
        if d not in NAMES:
            raise _wrong(f"the derivative {d!r}", "It is not known.", f"Choose from {', '.join(NAMES)}.")
    made = [derivative(subject, d) for d in dict.fromkeys(wanted)]
    programs = {prototype.name: program for prototype, program in made}
    files = _files(name, subject.about, [p for p, _ in made], programs, kind)
    shared = kind == "shared" and target().triple.startswith("x86_64-") and target().triple.endswith("linux-gnu")
    if shared:
        code = files[".o"]
        needed = ["libc.so.6", "libm.so.6"] if elf.undefined(code) else []
        files[".so"] = elf.link(code, needed, f"{name}.so")
    written = _write(Path(path), name, files)
    if kind == "shared" and not shared:
        raise _wrong(
            'kind="shared"',
            f"Shared libraries are made on Linux for x86-64; the other files are in {path}, and nothing is missing "
            "in them.",
            f"Link them by the compiler of this system: cc -shared -o lib{name}.so {name}.o -lm",
        )
    return Exported(name, {p.name: str(p) for p, _ in made}, written)


def _files(
    name: str, about: str, prototypes: Sequence[Prototype], programs: Mapping[str, Program], kind: str
) -> dict[str, bytes]:
    """What is to be in the files, by their endings."""
    machine = "" if kind == "source" else f"The object file is for {target().cpu} ({target().triple})."
    link = f"Link {name}.o or {name}.so, or compile {name}.c: cc -O3 -march=native {name}.c -lm"
    head = comment([f"{name}.c, written by wengert", about, f"{name}.h says what the functions are given."])
    files = {
        ".h": header(name, [about, f"{machine} {link}".strip()], prototypes).encode(),
        ".c": source([function(p, n) for n, p in programs.items()], head).encode(),
    }
    if kind != "source":
        files[".o"] = llvm.compile(module(programs.items())[0])
    return files


def _write(directory: Path, name: str, files: Mapping[str, bytes]) -> dict[str, Path]:
    """Write files beside their places, and move them there when all of them are complete."""
    directory.mkdir(parents=True, exist_ok=True)
    waiting: list[tuple[str, Path]] = []
    try:
        for ending, content in files.items():
            handle, temporary = tempfile.mkstemp(ending, f".{name}-", directory)
            waiting.append((temporary, directory / f"{name}{ending}"))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(temporary, 0o755 if ending == ".so" else 0o644)
        while waiting:
            os.replace(*waiting[0])
            waiting.pop(0)
    finally:
        for temporary, _ in waiting:
            os.unlink(temporary)
    return {ending: directory / f"{name}{ending}" for ending in files}


def _name(f: Callable[..., Any], name: str | None) -> str:
    if name is None:
        given = getattr(f, "__name__", type(f).__name__)
        return "f" if given == "<lambda>" else identifier(given)
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or identifier(name) != name:
        raise _wrong(
            f"name={name!r}",
            "It names C functions: letters, digits and underscores, and no word of C.",
            f'For example name="{identifier(name)}".',
        )
    return name


def _wrong(what: str, why: str, instead: str) -> InvalidArgument:
    return InvalidArgument(explain(f"export at {user_line()} got {what}.", why, instead))
