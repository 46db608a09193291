"""LLVM text that makes a Program callable from C, with its constants, and nothing of Python around it.

    i32 name(inputs..., outputs..., workspace)      fills a table of addresses, finds an arena, calls the kernel
    i64 name_workspace()                            how many bytes the arena needs

The workspace may have any alignment; where it is NULL the function allocates one itself. Returned is 0, 1 if a check
failed, 2 if there is no memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from wengert.compiler.emit.entry import write
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.loops import Buffer, Program, dtype_of
from wengert.compiler.plain import fingerprint, plain
from wengert.compiler.target import target

__all__ = ["Kernel", "constant", "kernel", "module", "table"]

_LINE = 64  # the alignment of the arena, in bytes
# Bytes as LLVM writes them between quotes.
_BYTES = [chr(n) if 32 <= n < 127 and chr(n) not in '"\\' else f"\\{n:02X}" for n in range(256)]


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A program written into a module: the name of its entry function, the bytes of its arena, its constants."""

    program: Program
    symbol: str
    arena: int
    constants: tuple[str, ...]


def module(programs: Iterable[tuple[str, Program]]) -> tuple[str, dict[str, int]]:
    """The LLVM text of C functions by their names, and the bytes of workspace that each wants."""
    text = ModuleText(target(), alone=True)
    sizes = {}
    for name, program in programs:
        k = kernel(text, name, program)
        sizes[name] = k.arena + _LINE if k.arena else 0
        text.functions += [_function(text, name, k), _workspace(name, sizes[name])]
    return text.text, sizes


def kernel(text: ModuleText, name: str, program: Program) -> Kernel:
    """Write a program, made plain, and its constants into a module, visible to nobody outside of it."""
    inner = dataclasses.replace(plain(program), name=f"{name}.kernel")
    arena = write(text, inner)
    text.functions[-1] = text.functions[-1].replace("define ", "define internal ", 1)
    symbols = []
    for b in program.consts:
        symbol = f"@table.{fingerprint(b)}"
        symbols.append(symbol)
        if not any([f.startswith(symbol) for f in text.functions]):
            text.functions.append(constant(symbol, b))
    return Kernel(inner, f"@{inner.name}", arena, tuple(symbols))


def constant(symbol: str, b: Buffer) -> str:
    """A global constant with the bytes of a buffer."""
    raw = np.ascontiguousarray(b.data, dtype_of(b.code)).tobytes() or b"\0"
    return f'{symbol} = internal constant [{len(raw)} x i8] c"{"".join([_BYTES[n] for n in raw])}", align {_LINE}'


def table(k: Kernel, given: Iterable[str], arena: str) -> list[str]:
    """Lines that make ``%table``: the addresses of inputs and outputs (`given`), of the constants, and of the arena."""
    addresses = [*given, *k.constants, arena, "null"]  # null: there is no run-time library
    size = f"[{len(addresses)} x ptr]"
    lines = [f"%table = alloca {size}, align 8"]
    for n, address in enumerate(addresses):
        lines.append(f"%slot{n} = getelementptr {size}, ptr %table, i64 0, i64 {n}")
        lines.append(f"store ptr {address}, ptr %slot{n}, align 8")
    return lines


def _workspace(name: str, size: int) -> str:
    return f"define i64 @{name}_workspace() {{\n  ret i64 {size}\n}}"


def _function(text: ModuleText, name: str, k: Kernel) -> str:
    count = len(k.program.inputs) + len(k.program.outputs)
    given = [f"%p{n}" for n in range(count)]
    head = f"define i32 @{name}({', '.join([f'ptr {p}' for p in [*given, '%workspace']])}) {{\nentry:\n  "
    if not k.arena:
        lines = [*table(k, given, "null"), f"%status = call i32 {k.symbol}(ptr %table)", "ret i32 %status"]
        return head + "\n  ".join(lines) + "\n}"
    lines = table(k, given, "%arena")
    malloc, free = text.call("ptr", "malloc", f"i64 {k.arena + _LINE}"), text.call("void", "free", "ptr %memory")
    return _WITH_ARENA.format(head=head, table="\n  ".join(lines), kernel=k.symbol, malloc=malloc, free=free)


_WITH_ARENA = """\
{head}%own = icmp eq ptr %workspace, null
  br i1 %own, label %allocate, label %run

allocate:
  %made = {malloc}
  %none = icmp eq ptr %made, null
  br i1 %none, label %failed, label %run

failed:
  ret i32 2

run:
  %memory = phi ptr [ %workspace, %entry ], [ %made, %allocate ]
  %address = ptrtoint ptr %memory to i64
  %above = add i64 %address, 63
  %even = and i64 %above, -64
  %arena = inttoptr i64 %even to ptr
  {table}
  %status = call i32 {kernel}(ptr %table)
  br i1 %own, label %release, label %done

release:
  {free}
  br label %done

done:
  ret i32 %status
}}"""
