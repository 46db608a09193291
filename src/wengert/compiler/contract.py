"""Temporaries that nobody reads go, and those that only one iteration of a loop needs shrink to it."""

from __future__ import annotations

from collections.abc import Iterator

from wengert.compiler.loops import Block, Buffer, For, Gemm, If, Library, Program, Store, Value, While, values
from wengert.compiler.strides import reachable

__all__ = ["contract"]


def contract(program: Program) -> None:
    """Remove stores that nothing reads, loops that are then empty, and buffers that are not named any more."""
    temps = set(program.temps)
    while True:
        read = set(_read(program.body, set()))
        dead = temps - read
        if not dead:
            break
        program.body[:] = _without(program.body, dead)
        temps -= dead
    program.temps[:] = [t for t in program.temps if t in temps]
    program.consts[:] = dict.fromkeys(x for x in _read(program.body, set()) if x.kind == "const")


def _read(block: Block, seen: set[Value]) -> Iterator[Buffer]:
    """Every buffer that is read."""
    for s in block:
        for v in values(s):
            yield from (x.attr[0] for x in reachable(v, seen) if x.op == "load")
        if isinstance(s, Gemm):
            yield from (s.a.buffer, s.b.buffer)
        elif isinstance(s, Library):
            yield from (x.buffer for x in s.arguments if hasattr(x, "buffer"))
        elif isinstance(s, For):
            yield from _read(s.body, seen)
        elif isinstance(s, If):
            yield from _read(s.then, seen)
            yield from _read(s.orelse, seen)
        elif isinstance(s, While):
            yield from _read(s.test, seen)
            yield from (x.attr[0] for x in reachable(s.holds, seen) if x.op == "load")
            yield from _read(s.body, seen)


def _without(block: Block, dead: set[Buffer]) -> Block:
    out: Block = []
    for s in block:
        if isinstance(s, Store) and s.buffer in dead:
            continue
        if isinstance(s, Gemm) and s.c.buffer in dead:
            continue
        if isinstance(s, For):
            s.body[:] = _without(s.body, dead)
            if not s.body:
                continue
        elif isinstance(s, If):
            s.then[:], s.orelse[:] = _without(s.then, dead), _without(s.orelse, dead)
        elif isinstance(s, While):
            s.test[:], s.body[:] = _without(s.test, dead), _without(s.body, dead)
        out.append(s)
    return out
