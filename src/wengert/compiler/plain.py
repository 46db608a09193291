"""Programs that need nothing but themselves: no BLAS, no threads, no run-time library.

    c[0]:2×4 = a[0]:2×3 @ b[0]:3×4      becomes      for r in 0..1:
                                                       for j in 0..3 vector:
                                                         for p in 0..2: sum += a[3*r + p] * b[4*p + j]
                                                         c[4*r + j] = sum

So they can be written as C, or exported to programs that know nothing of Python.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.emit.facts import memory, targets
from wengert.compiler.loops import (
    Acc,
    Block,
    Buffer,
    For,
    Gemm,
    If,
    Index,
    Library,
    Matrix,
    Program,
    Statement,
    Store,
    Update,
    Var,
    While,
    dtype_of,
    values,
    walk,
)
from wengert.compiler.writer import ordered
from wengert.errors import MissingRule, explain

__all__ = ["arena", "fingerprint", "plain", "rounded", "used"]


def plain(program: Program, products: bool = True) -> Program:
    """The same program with loops that run one after the other, and products written as loops if `products`.

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
    return dataclasses.replace(program, body=_block(program.body, products))


def _block(block: Block, products: bool) -> Block:
    return [t for s in block for t in _statement(s, products)]


def _statement(s: Statement, products: bool) -> Block:
    match s:
        case Gemm() if products:
            return _product(s)
        case For():
            return [dataclasses.replace(s, body=_block(s.body, products), parallel=False)]
        case If():
            return [If(s.holds, _block(s.then, products), _block(s.orelse, products))]
        case While():
            return [While(_block(s.test, products), s.holds, _block(s.body, products))]
    return [s]


def _product(s: Gemm) -> Block:
    b, r, j, p = Builder(), Var(0, s.m), Var(0, s.n), Var(0, s.k)
    code = s.c.buffer.code
    total = Acc("add", code, 0)
    term = b("mul", b.load(s.a.buffer, _place(s.a, r, p)), b.load(s.b.buffer, _place(s.b, p, j)))
    inner = For(p, [Update(total, term)], [total])
    store = Store(s.c.buffer, _place(s.c, r, j), b.acc(total), mode="add" if s.add else "set")
    return [For(r, [For(j, [inner, store], vector=True)])]


def _place(x: Matrix, row: Var, column: Var) -> Index:
    return x.index + Index(0, ((row, x.row),)) + Index(0, ((column, x.column),))


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
