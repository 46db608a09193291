"""Temporaries that nobody reads go, and those that only one iteration of a loop needs shrink to it.

temp t[8192 · 1000]                                for i in 0..8191 parallel:
for i in 0..8191 parallel:                           local t[1000]                      a row, of each thread
  for j: t[1000i + j] = exp(x[1000i + j] - top)      for j: t[j] = exp(x[1000i + j] - top)
  for j: y[1000i + j] = t[1000i + j] / sum           for j: y[1000i + j] = t[j] / sum
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wengert.compiler.accesses import Access, accesses, common, separates, without
from wengert.compiler.carries import carried
from wengert.compiler.covered import written_first
from wengert.compiler.loops import (
    Block,
    Buffer,
    For,
    Gemm,
    If,
    Library,
    Program,
    Store,
    Value,
    Var,
    While,
    values,
)
from wengert.compiler.strides import reachable

__all__ = ["contract"]

_LANES = 64  # entries that each lane of a vector loop may have for itself


def contract(program: Program) -> None:
    """Remove stores that nothing reads, loops that are then empty, and buffers that are not named any more.

    What is left of the temporaries is made as small as one iteration of a loop needs.
    """
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
    carried(program)
    touched = accesses(program.body, temps)
    program.temps[:] = [t for t in program.temps if t in touched]
    for buffer, found in touched.items():
        row = _row(buffer, found)
        if row is not None:
            _shrink(buffer, row, found)
            program.temps.remove(buffer)


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


# --- rows ---------------------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    """A loop whose iterations each need so many entries, which begin at `start` when the loop variables are 0."""

    loop: For
    variables: tuple[Var, ...]
    start: int
    size: int


def _row(buffer: Buffer, found: Sequence[Access]) -> _Row | None:
    """The innermost loop whose iterations can have a part of the buffer each."""
    indices = [a.index for a in found if a.index is not None]
    if not all([isinstance(a.what, Store | Value) for a in found]):
        return None
    best = None
    apart: list[Var] = []
    once, lanes = True, False
    for depth, loop in enumerate(common(found), 1):
        if isinstance(loop, If):
            continue
        if isinstance(loop, While) or not any(i.coefficient(loop.var) for i in indices):
            once = False  # the entries are used again by every iteration
            continue
        if not separates(indices, loop.var, apart):
            break
        apart.append(loop.var)
        lanes = lanes or loop.vector
        ends = [e for i in indices if (e := without(i, apart).range()) is not None]
        start = min(e[0] for e in ends)
        size = max(e[1] for e in ends) - start + 1
        if size < buffer.size and (not lanes or size <= _LANES) and (once or written_first(found, depth, apart)):
            best = _Row(loop, tuple(apart), start, size)
    return best


def _shrink(buffer: Buffer, row: _Row, found: Sequence[Access]) -> None:
    """Let every iteration have a row of its own."""
    local = Buffer(buffer.name, buffer.code, row.size, "local")
    row.loop.locals.append(local)
    for a in found:
        assert a.index is not None
        index = without(a.index, row.variables) + -row.start
        if isinstance(a.what, Store):
            a.what.buffer, a.what.index = local, index
        elif isinstance(a.what, Value):
            # In its place: whatever is computed from the entry now is computed from the row.
            a.what.attr = (local, index)
