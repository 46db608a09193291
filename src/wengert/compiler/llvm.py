"""LLVM: text in, machine code out, loaded and callable. The only file that knows llvmlite, which it imports when used.

    available()                        is llvmlite installed and loadable code possible here?
    target()                           Target(cpu, features, lanes_f64, fma, triple) of this machine
    compile(text) -> bytes             a relocatable object (ELF, Mach-O or COFF), position independent
    assembly(text) -> str              the same code, readable
    optimized(text) -> str             the LLVM text after the passes
    load(object, exports) -> Library   the object, linked into this process; library.address("k") is a function pointer

Most callers want `cache.native(text, exports)`, which is compile + load with a memory on disk.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import itertools
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from wengert.compiler import elf
from wengert.compiler.library import Library
from wengert.compiler.locks import lock
from wengert.compiler.target import Target, target
from wengert.errors import CompilerError, MissingDependency, explain

__all__ = ["Library", "Target", "assembly", "available", "compile", "load", "optimized", "target"]

# Above this many lines LLVM's own passes and its best code generator cost more than they give: (lines, passes?, level).
_EFFORT = ((20_000, True, 2), (40_000, False, 1), (1 << 62, False, 0))
_lock = lock()
_numbers = itertools.count(1)
_PROCESS = ctypes.CDLL(None) if os.name == "posix" else None


@functools.cache
def available() -> bool:
    """Whether native code can be made here: llvmlite is installed (it is not imported yet)."""
    return importlib.util.find_spec("llvmlite") is not None


@functools.cache
def _llvm() -> Any:
    """llvmlite's binding, initialised; 80 to 100 ms the first time."""
    if not available():
        raise MissingDependency(
            explain(
                "Native code was asked for, and llvmlite is not installed.",
                "wengert compiles through LLVM, which llvmlite carries.",
                "pip install 'wengert[jit]'",
            )
        )
    with _lock:  # a child that is forked in the middle of an import could never import it
        llvm = importlib.import_module("llvmlite.binding")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    return llvm


def compile(text: str) -> bytes:
    r"""Compile LLVM text for `target()` to a relocatable object.

    Raises:
        CompilerError: the text is not valid LLVM assembly.

    Example:
        >>> len(compile("define i32 @one() {\n ret i32 1\n}")) > 0
        True
    """
    return bytes(_through(text, lambda machine, module: machine.emit_object(module)))


def assembly(text: str) -> str:
    """The machine code of LLVM text in the processor's assembly language."""
    return str(_through(text, lambda machine, module: machine.emit_assembly(module)))


def optimized(text: str) -> str:
    """LLVM text as it is after the passes, before code generation."""
    return str(_through(text, lambda machine, module: str(module)))


def _through(text: str, use: Callable[[Any, Any], Any]) -> Any:
    """Parse, optimise, and hand machine and module to `use`. Each time a new context: nothing is left."""
    llvm, here = _llvm(), target()
    lines = text.count("\n")
    passes, level = next((p, o) for limit, p, o in _EFFORT if lines <= limit)
    with _lock:
        machine = llvm.Target.from_triple(here.triple).create_target_machine(
            cpu=here.cpu, features=here.features, opt=level, reloc="pic", codemodel="small"
        )
        with machine, llvm.create_context() as context:
            # The layout comes first, because it decides how loads and stores are aligned that do not say it; and on the
            # same line, so that the numbers of lines in messages are those of the text.
            head = f'target datalayout = "{machine.target_data}" target triple = "{here.triple}" '
            try:
                module = llvm.parse_assembly(head + text, context)
            except RuntimeError as error:
                raise CompilerError(_what_is_wrong(text, str(error))) from None
            with module:
                try:
                    module.verify()
                except RuntimeError as error:
                    raise CompilerError(_what_is_wrong(text, str(error))) from None
                _optimize(llvm, machine, module, passes)
                return use(machine, module)


def _optimize(llvm: Any, machine: Any, module: Any, passes: bool) -> None:
    """Run our list of passes: the loop IR is simple already, so this is for inlined mathematics and address arithmetic.

    LLVM's own pipelines are left out on purpose: they leak 80 kB a run, and their SLP vectoriser is slow and makes the
    code slower. A pass manager serves one module; a second run would abort the process.
    """
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.slp_vectorization = False
    options.loop_vectorization = False
    with (
        options,
        llvm.create_pass_builder(machine, options) as builder,
        llvm.create_new_module_pass_manager() as manager,
    ):
        manager.add_always_inliner_pass()
        manager.add_global_dead_code_eliminate_pass()
        if passes:
            manager.add_sroa_pass()
            manager.add_instruction_combine_pass()
            manager.add_new_gvn_pass()
            manager.add_simplify_cfg_pass()
            manager.add_dead_code_elimination_pass()
        manager.run(module, builder)


def _what_is_wrong(text: str, error: str) -> str:
    """Three lines about text that LLVM refuses, with the line in question."""
    place = re.search(r":(\d+):\d+: error: (.*)", error)
    if place:
        number, reason = int(place[1]), place[2]
        lines = text.split("\n")
        return explain(
            f"LLVM refuses the generated text: {reason}.",
            f"Line {number}: {lines[number - 1].strip() if number <= len(lines) else ''}",
            "This is a defect of wengert; please report it with the function that was compiled.",
        )
    return explain(
        "LLVM refuses the generated text.",
        " ".join(error.split()),
        "This is a defect of wengert; please report it with the function that was compiled.",
    )


@functools.cache
def _engine() -> Any:
    """The one LLJIT of this process, which is never closed. The second reference outlives module clean-up at exit."""
    llvm, here = _llvm(), target()
    machine = llvm.Target.from_triple(here.triple).create_target_machine(
        cpu=here.cpu, features=here.features, opt=2, reloc="pic", codemodel="small"
    )
    engine = llvm.create_lljit_compiler(machine, suppress_errors=True)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    return engine


def load(object_bytes: bytes, exports: Iterable[str]) -> Library:
    """Link an object into this process.

    Args:
        object_bytes: what `compile` returned.
        exports: the names whose addresses are wanted.

    Raises:
        CompilerError: a name that is used or wanted is nowhere to be found.
    """
    llvm = _llvm()
    if object_bytes[:4] == b"\x7fELF":  # LLVM would only say that something is missing
        missing = [name for name in elf.undefined(object_bytes) if not hasattr(_PROCESS, name)]
        if missing:
            raise CompilerError(_cannot_link(f"This process has no {', '.join(missing)}."))
    builder = llvm.JITLibraryBuilder().add_object_img(object_bytes).add_current_process()
    names = list(exports)
    for name in names:
        builder.export_symbol(name)
    with _lock:
        try:
            tracker = builder.link(_engine(), f"wengert{next(_numbers)}")
        except RuntimeError as error:
            raise CompilerError(_cannot_link(" ".join(str(error).split()))) from None
    addresses = {name: int(tracker[name]) for name in names}
    return Library(addresses, tracker, tracker.close)


def _cannot_link(reason: str) -> str:
    return explain(
        "Compiled code could not be linked into this process.",
        reason,
        "This is a defect of wengert; please report it with the function that was compiled.",
    )
