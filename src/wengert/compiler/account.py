"""What a piece of loop IR costs: operations, and the memory it walks over."""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler import math
from wengert.compiler.loops import Block, Buffer, For, Gemm, If, Library, Statement, Store, Value, While, values
from wengert.compiler.strides import reachable

__all__ = ["Cost", "cost_of"]

_FREE = frozenset(["const", "index", "load", "acc"])


class Cost(NamedTuple):
    """Operations and memory.

    flops: operations on numbers, a function such as exp counted by its additions and multiplications. reads, writes:
    the buffers. unknown: whether there is a loop of unknown length, whose body counts once.
    """

    flops: float
    reads: frozenset[Buffer]
    writes: frozenset[Buffer]
    unknown: bool

    @property
    def bytes(self) -> int:
        """Memory that is read, plus memory that is written."""
        return sum(b.bytes for b in self.reads) + sum(b.bytes for b in self.writes)


def cost_of(statement: Statement) -> Cost:
    """The cost of one statement, loops included."""
    reads: set[Buffer] = set()
    writes: set[Buffer] = set()
    unknown = [False]

    def block(statements: Block, seen: set[Value]) -> float:
        return sum(one(s, seen) for s in statements)

    def one(s: Statement, seen: set[Value]) -> float:
        flops = 0.0
        for v in values(s):
            for x in reachable(v, seen):
                if x.op == "load":
                    if x.attr[0].kind != "local":
                        reads.add(x.attr[0])
                elif x.op not in _FREE:
                    flops += math.cost(x.op) if x.op in math.NAMES else 1.0
        match s:
            case For(var=var, body=body):
                return flops + (var.stop - var.start) * block(body, set(seen))
            case Store(buffer=buffer):
                if buffer.kind != "local":
                    writes.add(buffer)
            case Gemm(m=m, n=n, k=k, a=a, b=b, c=c):
                reads.update((a.buffer, b.buffer))
                writes.add(c.buffer)
                return flops + 2.0 * m * n * k
            case If(then=then, orelse=orelse):
                return flops + max(block(then, set(seen)), block(orelse, set(seen)))
            case While(test=test, body=body):
                unknown[0] = True
                return flops + block(test, seen) + block(body, set(seen))
            case Library(arguments=arguments):
                reads.update(x.buffer for x in arguments if hasattr(x, "buffer"))
            case _:
                pass
        return flops

    flops = one(statement, set())
    return Cost(flops, frozenset(reads), frozenset(writes), unknown[0])
