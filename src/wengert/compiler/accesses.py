"""Who touches which entries of a buffer, and when: what sharing and shrinking memory is decided by.

for i:                      accesses of t: store at place (0, 0, 0) around (i, j), index 8i + j
  for j:  t[8i + j] = ...                  load  at place (0, 1, 0) around (i, k), index 8i + k
  for k:  ... = t[8i + k]   i separates them: an entry that one iteration touches is touched by no other
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wengert.compiler.loops import (
    Block,
    Buffer,
    For,
    Gemm,
    If,
    Index,
    Library,
    Matrix,
    Statement,
    Store,
    Value,
    Var,
    While,
    values,
)
from wengert.compiler.strides import reachable

__all__ = ["Access", "accesses", "common", "precedes", "separates", "without"]

Loop: TypeAlias = For | If | While
_Visit: TypeAlias = tuple[Statement, tuple[Loop, ...], tuple[int, ...], Value | None]


@dataclass(eq=False, slots=True)
class Access:
    """One load or store.

    index: None if entries unknown. what: the load's Value, or the statement that stores. around: the loops and branches
    it is in, from the outermost. place: its statement's position in each of their blocks; Python's order is the
    program's.
    """

    buffer: Buffer
    index: Index | None
    reads: bool
    writes: bool
    what: Value | Statement
    around: tuple[Loop, ...]
    place: tuple[int, ...]


def accesses(block: Block, buffers: Collection[Buffer], last: bool = False) -> dict[Buffer, list[Access]]:
    """The accesses of each of these buffers. A load stands once, for its first reader, or for its last."""
    found: dict[Buffer, list[Access]] = {}
    seen: set[Value] = set()
    for s, around, place, holds in _visited(block, (), (), last):
        for v in [holds] if holds is not None else values(s):
            for x in reachable(v, seen):
                if x.op == "load" and x.attr[0] in buffers:
                    access = Access(x.attr[0], x.attr[1], True, False, x, around, place)
                    found.setdefault(access.buffer, []).append(access)
        for buffer, index, reads, writes in _own(s) if holds is None else ():
            if buffer in buffers:
                found.setdefault(buffer, []).append(Access(buffer, index, reads, writes, s, around, place))
    return found


def _visited(
    block: Block, around: tuple[Loop, ...], place: tuple[int, ...], last: bool, start: int = 0
) -> Iterator[_Visit]:
    """Statements with where they are, in the order of the program or against it; a While once more, with its test."""
    numbered = list(enumerate(block, start))
    for n, s in reversed(numbered) if last else numbered:
        here = (*place, n)
        parts: list[Iterator[_Visit]] = []
        match s:
            case For(body=body):
                parts = [_visited(body, (*around, s), here, last)]
            case If(then=then, orelse=orelse):
                inside = (*around, s)
                parts = [_visited(then, inside, here, last), _visited(orelse, inside, here, last, len(then))]
            case While(test=test, holds=holds, body=body):
                inside = (*around, s)
                parts = [
                    _visited(test, inside, here, last),
                    iter([(s, inside, (*here, len(test)), holds)]),
                    _visited(body, inside, here, last, len(test) + 1),
                ]
        if last:
            for part in reversed(parts):
                yield from part
        yield s, around, here, None
        if not last:
            for part in parts:
                yield from part


def _own(s: Statement) -> Iterator[tuple[Buffer, Index | None, bool, bool]]:
    """What a statement touches other than by loads."""
    match s:
        case Store(buffer=buffer, index=index, mode=mode):
            yield buffer, index, mode == "add", True
        case Gemm(a=a, b=b, c=c, add=add):
            m, n, k = s.m, s.n, s.k
            yield a.buffer, _entries(a, m, k), True, False
            yield b.buffer, _entries(b, k, n), True, False
            yield c.buffer, _entries(c, m, n), add, True
        case Library(arguments=arguments):
            for x in arguments:
                if isinstance(x, Matrix | Buffer):
                    yield x.buffer if isinstance(x, Matrix) else x, None, True, True
        case _:
            return


def _entries(x: Matrix, rows: int, columns: int) -> Index:
    """A matrix's entries, by two variables of its own."""
    return x.index + Index(0, ((Var(0, rows), x.row),)) + Index(0, ((Var(0, columns), x.column),))


def without(index: Index, variables: Collection[Var]) -> Index:
    """The index where these variables are 0."""
    return Index(index.const, tuple([t for t in index.terms if t[0] not in variables]), index.dynamic)


def separates(indices: Sequence[Index], var: Var, outer: Collection[Var]) -> bool:
    """Whether different iterations over a variable touch different entries, those of the outer loops being the same.

    c·i + r and c·j + s differ for i ≠ j if |r - s| < |c|.
    """
    steps = {i.coefficient(var) for i in indices}
    step = steps.pop()
    if steps or step == 0:
        return False
    ends = [without(i, [*outer, var]).range() for i in indices]
    known = [e for e in ends if e is not None]
    return len(known) == len(ends) and max(e[1] for e in known) - min(e[0] for e in known) < abs(step)


def common(found: Sequence[Access]) -> list[Loop]:
    """The loops and branches that all of them are in."""
    out: list[Loop] = []
    for loops in zip(*[a.around for a in found], strict=False):
        if any(x is not loops[0] for x in loops):
            break
        out.append(loops[0])
    return out


def precedes(a: Access, b: Access) -> bool:
    """Whether wherever both touch one entry, `a` does so first; a store follows the loads of its own value."""
    both = common([a, b])
    outer: list[Var] = []
    if both:
        if a.index is None or b.index is None:
            return False
        for loop in both:
            if isinstance(loop, While):
                return False
            if isinstance(loop, For):
                if not separates([a.index, b.index], loop.var, outer):
                    return False
                outer.append(loop.var)
    if _apart(a.index, b.index, outer):
        return True
    x, y = a.place[len(both)], b.place[len(both)]
    if x != y or len(a.place) != len(b.place):
        return x < y or (x == y and len(a.place) < len(b.place))
    # one statement: its store comes after its loads, but in other iterations of its own loops only if those are apart
    return isinstance(b.what, Store) and isinstance(a.what, Value) and a.index is not None and a.index == b.index


def _apart(a: Index | None, b: Index | None, outer: Collection[Var]) -> bool:
    """Whether they are never one entry, the variables of the outer loops being the same."""
    ends = [without(i, outer).range() for i in (a, b) if i is not None]
    known = sorted([e for e in ends if e is not None])
    return len(known) == 2 and known[0][1] < known[1][0]
