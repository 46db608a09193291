"""What must be known of a program before its text can be written: which memory is written where.

A Key names memory that a statement may change: a buffer as a whole, one entry of it (when all of its indices are
constant, as in unrolled code), or an accumulator. Memory that no statement changes has no key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from wengert.compiler.loops import (
    Acc,
    Buffer,
    Check,
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
    Value,
    While,
    values,
    walk,
)  # fmt: skip

__all__ = ["Facts", "Key", "memory", "operands", "reachable", "targets"]

Key: TypeAlias = Buffer | tuple[Buffer, int] | Acc
_MOST_ENTRIES = 256  # a buffer of more entries is one key


def memory(buffer: Buffer) -> Buffer:
    """The buffer whose memory this one really is."""
    while buffer.reuses is not None:
        buffer = buffer.reuses
    return buffer


def operands(v: Value) -> Sequence[Value]:
    """The values it is computed from; a tuple that is there already, where that is all."""
    return tuple(v.operands) if v.op == "load" or v.op == "index" else v.args


def reachable(roots: Iterable[Value], seen: set[Value]) -> Iterator[Value]:
    """Every value that these are computed from, themselves included, that was not seen before."""
    stack = list(roots)
    while stack:
        v = stack.pop()
        if v not in seen:
            seen.add(v)
            yield v
            stack += operands(v)


class Facts:
    """What a program's statements write."""

    def __init__(self, program: Program) -> None:
        self._writes: dict[Statement, frozenset[Key]] = {}
        seen: set[Value] = set()
        accesses: list[tuple[Buffer, Index | None]] = []
        self.written: set[Buffer] = set()
        shared: set[Buffer] = set()
        self.checks = any([isinstance(s, Check) for s in walk(program.body)])
        for s in walk(program.body):
            for v in reachable([*values(s), *([s.holds] if isinstance(s, While) else [])], seen):
                if v.op == "load":
                    accesses.append(v.attr)
            for buffer, index in targets(s):
                self.written.add(memory(buffer))
                accesses.append((buffer, index))
            if isinstance(s, Gemm):
                accesses += [(m.buffer, None) for m in (s.a, s.b)]
        self._whole = shared
        for buffer, index in accesses:
            if buffer.reuses is not None or index is None or index.number is None or buffer.size > _MOST_ENTRIES:
                shared.add(memory(buffer))

    def key(self, buffer: Buffer, index: Index | None) -> Key | None:
        """The key of an entry; None if nothing writes there."""
        root = memory(buffer)
        if root not in self.written:
            return None
        if root in self._whole or index is None or index.number is None:
            return root
        return root, index.number

    def writes(self, s: Statement) -> frozenset[Key]:
        """The keys of the memory that a statement may change."""
        known = self._writes.get(s)
        if known is None:
            keys: set[Key] = set()
            for part in walk([s]):
                for buffer, index in targets(part):
                    key = self.key(buffer, index)
                    if key is not None:
                        keys.add(key)
                if isinstance(part, For):
                    keys.update(part.accs)
                elif isinstance(part, Update):
                    keys.add(part.acc)
            known = self._writes[s] = frozenset(keys)
        return known

    def writes_all(self, block: Iterable[Statement]) -> frozenset[Key]:
        """The keys of the memory that a block may change."""
        return frozenset().union(*[self.writes(s) for s in block])


def targets(s: Statement) -> list[tuple[Buffer, Index | None]]:
    """The buffers a statement itself stores to."""
    match s:
        case Store(buffer=buffer, index=index):
            return [(buffer, index)]
        case Gemm(c=c):
            return [(c.buffer, None)]
        case Library(arguments=arguments):
            return [(a.buffer, None) for a in arguments if isinstance(a, Matrix)]
        case Check() | Update() | For() | If() | While():
            return []
