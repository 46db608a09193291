"""The memory that products need besides while they run: one room for all, as large as the largest asks for."""

from __future__ import annotations

from wengert.compiler.emit import parallel
from wengert.compiler.emit.gemm_blocks import Blocks, by_rows, for_kernels, shape_of
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import BYTES
from wengert.compiler.loops import Block, For, Gemm, If, While

__all__ = ["scratch_bytes"]


def scratch_bytes(module: ModuleText, block: Block) -> int:
    """The most that a product of the entry function needs; those in loops for the pool have memory of their own."""
    most = 0
    for s in block:
        match s:
            case Gemm() if for_kernels(by_rows(s)):
                blocks = Blocks(module, shape_of(by_rows(s)))
                most = max(most, blocks.room(blocks.tiles, blocks.panels) * BYTES[s.c.buffer.code])
            case For(body=body, vector=False) if not parallel.worthwhile(s):
                most = max(most, scratch_bytes(module, body))
            case If(then=then, orelse=orelse):
                most = max(most, scratch_bytes(module, then), scratch_bytes(module, orelse))
            case While(test=test, body=body):
                most = max(most, scratch_bytes(module, test), scratch_bytes(module, body))
    return most
