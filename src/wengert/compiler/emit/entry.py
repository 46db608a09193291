"""A Program as a module: its entry function, with the statements of the program."""

from __future__ import annotations

from dataclasses import dataclass

from wengert.compiler.emit.arena import Layout
from wengert.compiler.emit.facts import Facts
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.scope import FunctionText
from wengert.compiler.emit.scratch import rooms
from wengert.compiler.emit.segments import calls
from wengert.compiler.emit.statements import block
from wengert.compiler.loops import Program
from wengert.compiler.target import Target

__all__ = ["Module", "emit", "write"]


@dataclass(frozen=True)
class Module:
    """LLVM text. `entry` is an ``i32 entry(ptr* buffers)``; it needs an arena of `arena_bytes`, aligned to 64."""

    text: str
    entry: str
    arena_bytes: int


def emit(program: Program, target: Target) -> Module:
    """The LLVM text of a program.

    Its entry function is given the addresses of inputs, outputs, constants, the arena and the run-time table, and
    returns 0, or 1 if a `Check` failed.
    """
    module = ModuleText(target)
    size = write(module, program)
    return Module(module.text, program.name, size)


def write(module: ModuleText, program: Program) -> int:
    """Write the entry function of a program into a module, which may hold others; the size of its arena."""
    facts, layout = Facts(program), Layout(program, rooms(module, program.body))
    f = FunctionText(module, facts, layout, is_entry=True)
    for layout.statement, s in enumerate(program.body):
        block(f, [s])
        if layout.statement + 1 == program.checked:
            f.end()
    if f.segments:
        f.end()
        f.allocas, f.scope.lines = [], calls(module, f.segments)
    else:
        status = f.fresh(f"load i32, ptr {f.status}") if f.status else "0"
        f.line(f"ret i32 {status}")
    module.functions.append(f.finished(f"define i32 @{program.name}(ptr noalias %buffers)"))
    return layout.bytes
