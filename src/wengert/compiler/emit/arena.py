"""Where buffers are: inputs, outputs and constants in slots of the table of pointers, temps in outputs or the arena.

time ->  a ======          bytes of the arena that a had are c's later; b lives through both
         b    =========
         c          =====
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wengert.compiler.emit.facts import memory
from wengert.compiler.emit.hosts import Placed, hosted, lines, put
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.lifetimes import Life, lifetimes
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
        self.offsets, self.guests, self._scratch, self.bytes = _arena(program, rooms)
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
        if root in self.guests:
            root = memory(self.guests[root][0])
        return self._tags[root if root in self.slots else None]

    def extra(self, size: int) -> int:
        """Room at the end of the arena, for as long as the program runs; its offset."""
        at = self.bytes
        self.bytes += lines(size)
        return at

    def scratch(self, size: int) -> int:
        """Room that the current statement may use for a while; its offset."""
        n = self.statement
        return self._scratch[n] if n < len(self._rooms) and size <= self._rooms[n] else self.extra(size)


class _Places(NamedTuple):
    """Offsets in the arena, of temps and of the rooms of statements; temps in outputs; the bytes of the arena."""

    offsets: dict[Buffer, int]
    guests: dict[Buffer, tuple[Buffer, int]]
    scratch: dict[int, int]
    bytes: int


def _arena(program: Program, rooms: Sequence[int]) -> _Places:
    """A place for every temp that has memory of its own, and for every room of a statement.

    In an output, if one has room; else first fit, among those that are alive at the same time. The largest choose
    first, so that no small one is put where it leaves a hole that a large one does not fit into.
    """
    sizes: dict[Buffer, int] = {}
    for b in program.temps:
        root = memory(b)
        if root.kind == "temp":
            sizes[root] = max(sizes.get(root, 0), b.bytes, root.bytes)
    found = lifetimes(program, {b: root for b in program.temps if (root := memory(b)) in sizes})
    guests = hosted(program, found, sizes)
    lives: dict[Buffer | int, Life] = {n: ((n,), (n,)) for n, room in enumerate(rooms) if room}
    lives.update({b: life for b, life in found.items() if b not in guests})
    size: dict[Buffer | int, int] = dict(enumerate(rooms))
    size |= dict(sizes.items())
    by_time = sorted(lives, key=lambda x: lives[x][0])
    large = sorted(by_time, key=lambda x: -size[x])[:_LARGEST]
    offsets: dict[Buffer | int, int] = {}
    placed: list[Placed] = []
    for x in large:
        offsets[x] = put(size[x], lives[x], placed)
    largest, placed = placed, []
    for x in by_time:
        if x not in offsets:
            placed = [p for p in placed if p.life[1][0] >= lives[x][0][0]]
            beside = [*largest, *placed]
            offsets[x] = put(size[x], lives[x], beside)
            placed.append(beside[-1])
    total = max([offsets[x] + lines(size[x]) for x in lives], default=0)
    temps = {b: at for b, at in offsets.items() if isinstance(b, Buffer)}
    return _Places(temps, guests, {n: at for n, at in offsets.items() if isinstance(n, int)}, total)
