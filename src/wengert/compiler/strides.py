"""Which loop of a nest becomes the lanes of vectors: the one along which memory is walked in single steps."""

from __future__ import annotations

from collections.abc import Iterator

from wengert.compiler.loops import Block, For, If, Index, Store, Value, Var, While, values, walk

__all__ = ["indices", "reachable", "vectorise"]


def vectorise(loop: For) -> None:
    """Mark the loop, or leave those inside it marked, for vectors."""
    inner = [s for s in loop.body if isinstance(s, For)]
    if any(not isinstance(s, For) and not _plain(s) for s in loop.body):
        return
    if not inner:
        loop.vector = loop.parallel
        return
    if not loop.parallel or any(_nested(f) for f in inner):
        return
    here = [loop, *inner]
    along = sum(_strided(f.body, f.var) for f in inner)
    across = sum(_strided(f.body, loop.var) for f in inner) + _strided(loop.body, loop.var)
    short = all(f.var.stop - f.var.start < 8 for f in inner) and loop.var.stop - loop.var.start >= 8
    if any(not f.vector for f in inner) or across < along or (short and across <= along):
        for f in here:
            f.vector = f is loop


def _plain(s: object) -> bool:
    return not isinstance(s, While | If) and type(s).__name__ not in ("Gemm", "Library")


def _nested(loop: For) -> bool:
    return any(isinstance(s, For) or not _plain(s) for s in loop.body)


def _strided(block: Block, var: Var) -> int:
    """How many accesses jump when the variable moves by one."""
    return sum(abs(i.coefficient(var)) > 1 or bool(i.dynamic) for i in indices(block))


def indices(block: Block) -> Iterator[Index]:
    """Every place in memory that statements name."""
    seen: set[Value] = set()
    for s in walk(block):
        if isinstance(s, Store):
            yield s.index
        for v in values(s):
            for x in reachable(v, seen):
                if x.op == "load":
                    yield x.attr[1]


def reachable(v: Value, seen: set[Value]) -> Iterator[Value]:
    """A value and what it is computed from, each once."""
    stack = [v]
    while stack:
        x = stack.pop()
        if x not in seen:
            seen.add(x)
            yield x
            stack.extend(x.operands)
