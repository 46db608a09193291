"""The memory that products need besides while they run: one room for each outermost statement."""

from __future__ import annotations

from wengert.compiler.emit import parallel
from wengert.compiler.emit.gemm_blocks import Blocks, by_rows, for_kernels, shape_of
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import BYTES
from wengert.compiler.loops import Block, For, Gemm, If, While

__all__ = ["rooms"]


def rooms(module: ModuleText, body: Block) -> list[int]:
    """The bytes that each statement of an entry function needs besides."""
    return [_most(module, [s]) for s in body]


def _most(module: ModuleText, block: Block) -> int:
    """The most that a product needs; those in loops for the pool have memory of their own."""
    most = 0
    for s in block:
        match s:
            case Gemm() if for_kernels(by_rows(s)):
                blocks = Blocks(module, shape_of(by_rows(s)))
                most = max(most, blocks.room(blocks.tiles, blocks.panels) * BYTES[s.c.buffer.code])
            case For(body=body, vector=False) if not parallel.worthwhile(s):
                most = max(most, _most(module, body))
            case If(then=then, orelse=orelse):
                most = max(most, _most(module, then), _most(module, orelse))
            case While(test=test, body=body):
                most = max(most, _most(module, test), _most(module, body))
    return most
