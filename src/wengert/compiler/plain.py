"""Programs that need nothing but themselves: no BLAS, no threads, no run-time library.

So they can be written as C, or exported to programs that know nothing of Python.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping

import numpy as np

from wengert.compiler.emit.facts import memory, targets
from wengert.compiler.loops import (
    Block,
    Buffer,
    For,
    Gemm,
    If,
    Library,
    Program,
    Statement,
    While,
    dtype_of,
    values,
    walk,
)
from wengert.compiler.writer import ordered
from wengert.errors import MissingRule, explain

__all__ = ["arena", "fingerprint", "plain", "rounded", "used"]


def plain(program: Program) -> Program:
    """The same program with loops that run one after the other.

    Raises:
        MissingRule: it calls a routine of the run-time library.
    """
    for s in walk(program.body):
        if isinstance(s, Library):
            raise MissingRule(
                explain(
                    f"{program.name} calls {s.name}, a routine of wengert's run-time library.",
                    "What is exported must run without Python, and without that library.",
                    "Compute that part outside of the exported function.",
                )
            )
    return dataclasses.replace(program, body=_block(program.body))


def _block(block: Block) -> Block:
    return [_statement(s) for s in block]


def _statement(s: Statement) -> Statement:
    match s:
        case For():
            return dataclasses.replace(s, body=_block(s.body), parallel=False)
        case If():
            return If(s.holds, _block(s.then), _block(s.orelse))
        case While():
            return While(_block(s.test), s.holds, _block(s.body))
    return s


def used(s: Statement) -> set[Buffer]:
    """The memory that a statement, and what is in it, reads or writes."""
    found: set[Buffer] = set()
    inner = list(walk([s]))
    for t in inner:
        found.update([b for b, _ in targets(t)])
        if isinstance(t, Gemm):
            found.update([t.a.buffer, t.b.buffer])
        if isinstance(t, While):
            found.update(v.attr[0] for v in ordered([t.holds]) if v.op == "load")
    found.update(v.attr[0] for v in ordered([v for t in inner for v in values(t)]) if v.op == "load")
    return {memory(b) for b in found}


def arena(program: Program, sizes: Mapping[Buffer, int]) -> tuple[dict[Buffer, int], int]:
    """Offsets in one block of memory for buffers that share room where they are not alive together, and its size.

    sizes: the buffers and their bytes. A buffer is alive from the first statement of the program that names it to the
    last. Large ones are placed first, each at the lowest place that is free during its life.
    """
    life: dict[Buffer, tuple[int, int]] = {}
    for n, s in enumerate(program.body):
        for b in used(s) & sizes.keys():
            life[b] = (life[b][0] if b in life else n, n)
    places: dict[Buffer, tuple[int, int]] = {}  # the first and the last byte but one
    for b in sorted(life, key=lambda b: (-sizes[b], b.name)):
        first, last = life[b]
        size = rounded(sizes[b])
        start = 0
        for other, (begin, end) in sorted(places.items(), key=lambda item: item[1]):
            meet = life[other][0] <= last and first <= life[other][1]
            if meet and begin < start + size and start < end:
                start = end
        places[b] = start, start + size
    return {b: start for b, (start, _) in places.items()}, max([end for _, end in places.values()], default=0)


def fingerprint(b: Buffer) -> str:
    """A constant's content and type in short, so that functions with the same one share it."""
    content = np.ascontiguousarray(b.data, dtype_of(b.code)).tobytes()
    return hashlib.sha256(b.code.encode() + content).hexdigest()


def rounded(size: int) -> int:
    """Bytes in whole cache lines."""
    return -(-size // 64) * 64
