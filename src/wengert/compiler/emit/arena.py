"""Where buffers are: inputs, outputs and constants in slots of the table of pointers, temps at offsets in the arena.

time ->  a ======          bytes of the arena that a had are c's later; b lives through both
         b    =========
         c          =====
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wengert.compiler.emit.facts import memory
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.lifetimes import Life, lifetimes, overlap
from wengert.compiler.loops import Buffer, Program

__all__ = ["Layout"]

_MOST_SCOPES = 32  # buffers; the lists of who does not overlap whom grow as the square
_LINE = 64  # bytes of a cache line
_LARGEST = 256  # buffers that are placed by size; the time for all others grows with their number only


class Layout:
    """The table of pointers that a program is given, and its arena."""

    def __init__(self, program: Program, rooms: Sequence[int] = ()) -> None:
        """rooms: the bytes of scratch memory that each outermost statement needs while it runs."""
        given = [*program.inputs, *program.outputs, *program.consts]
        self.slots = {b: k for k, b in enumerate(given)}
        self.arena_slot = len(given)
        self.runtime_slot = len(given) + 1
        self.offsets, self._scratch, self.bytes = _arena(program, rooms)
        self._rooms = rooms
        self.statement = 0  # the outermost one that is being written
        self._word = 0
        self._tags: dict[Buffer | None, str] = {}

    def word(self) -> int:
        """Room for one number, for as long as the program runs."""
        if self._word % _LINE == 0:
            self._word = self.extra(_LINE)
        self._word += 8
        return self._word - 8

    def alias(self, buffer: Buffer, module: ModuleText) -> str:
        """What an access says of others: that they do not overlap it. Temps share memory, so they count as one."""
        if len(self.slots) > _MOST_SCOPES:
            return ""
        if not self._tags:
            domain = module.metadata(distinct=True)
            roots = [*dict.fromkeys(memory(b) for b in self.slots), None]
            scopes = {root: module.metadata(domain, distinct=True) for root in roots}
            for root, scope in scopes.items():
                others = module.metadata(*[x for x in scopes.values() if x is not scope])
                self._tags[root] = f", !alias.scope {module.metadata(scope)}, !noalias {others}"
        root = memory(buffer)
        return self._tags[root if root in self.slots else None]

    def extra(self, size: int) -> int:
        """Room at the end of the arena, for as long as the program runs; its offset."""
        at = self.bytes
        self.bytes += -(-size // _LINE) * _LINE
        return at

    def scratch(self, size: int) -> int:
        """Room that the current statement may use for a while; its offset."""
        n = self.statement
        return self._scratch[n] if n < len(self._rooms) and size <= self._rooms[n] else self.extra(size)


def _arena(program: Program, rooms: Sequence[int]) -> tuple[dict[Buffer, int], dict[int, int], int]:
    """An offset for every temp that has memory of its own, and for every room of a statement; the bytes of all.

    First fit, among those that are alive at the same time. The largest choose first, so that no small one is put where
    it leaves a hole that a large one does not fit into.
    """
    size: dict[Buffer | int, int] = {n: room for n, room in enumerate(rooms) if room}
    lives: dict[Buffer | int, Life] = {n: ((n,), (n,)) for n in size if isinstance(n, int)}
    for b in program.temps:
        root = memory(b)
        if root.kind == "temp":
            size[root] = max(size.get(root, 0), b.bytes, root.bytes)
    for root, life in lifetimes(program, {b: root for b in program.temps if (root := memory(b)) in size}).items():
        lives[root] = life
    by_time = sorted(lives, key=lambda x: lives[x][0])
    large = sorted(by_time, key=lambda x: -size[x])[:_LARGEST]
    offsets: dict[Buffer | int, int] = {}
    placed: list[_Placed] = []
    for x in large:
        offsets[x] = _put(size[x], lives[x], placed)
    largest, placed = placed, []
    for x in by_time:
        if x not in offsets:
            placed = [p for p in placed if p.life[1][0] >= lives[x][0][0]]
            beside = [*largest, *placed]
            offsets[x] = _put(size[x], lives[x], beside)
            placed.append(beside[-1])
    total = max([offsets[x] + _lines(size[x]) for x in lives], default=0)
    temps = {b: at for b, at in offsets.items() if isinstance(b, Buffer)}
    return temps, {n: at for n, at in offsets.items() if isinstance(n, int)}, total


class _Placed(NamedTuple):
    """A part of the arena that somebody has, and when."""

    start: int
    end: int
    life: Life


def _put(size: int, life: Life, placed: list[_Placed]) -> int:
    """The first offset where so many bytes are free throughout a life; they are placed there."""
    at = 0
    for start, end in sorted([(x.start, x.end) for x in placed if overlap(x.life, life)]):
        if start - at >= _lines(size):
            break
        at = max(at, end)
    placed.append(_Placed(at, at + _lines(size), life))
    return at


def _lines(size: int) -> int:
    """The bytes of whole cache lines."""
    return -(-max(size, 1) // _LINE) * _LINE
