"""Where buffers are: inputs, outputs and constants in slots of the table of pointers, temps at offsets in the arena.

time ->  a ======          bytes of the arena that a had are c's later; b lives through both
         b    =========
         c          =====
"""

from __future__ import annotations

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

    def __init__(self, program: Program) -> None:
        given = [*program.inputs, *program.outputs, *program.consts]
        self.slots = {b: k for k, b in enumerate(given)}
        self.arena_slot = len(given)
        self.runtime_slot = len(given) + 1
        self.offsets, self.bytes = _arena(program)
        self._word = 0
        self._scratch = (0, 0)  # an offset, and the bytes there
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
        """Room that one statement may use while it runs, and then others; its offset."""
        if size > self._scratch[1]:
            self._scratch = self.extra(size), size
        return self._scratch[0]


def _arena(program: Program) -> tuple[dict[Buffer, int], int]:
    """An offset for every temp that has memory of its own: first fit, among those that are alive at the same time.

    The largest choose first, so that no small one is put where it leaves a hole that a large one does not fit into.
    """
    size: dict[Buffer, int] = {}
    for b in program.temps:
        root = memory(b)
        if root.kind == "temp":
            size[root] = max(size.get(root, 0), b.bytes, root.bytes)
    lives = lifetimes(program, {b: root for b in program.temps if (root := memory(b)) in size})
    by_time = sorted(lives, key=lambda b: lives[b][0])
    large = sorted(by_time, key=lambda b: -size[b])[:_LARGEST]
    offsets: dict[Buffer, int] = {}
    placed: list[_Placed] = []
    for b in large:
        offsets[b] = _put(size[b], lives[b], placed)
    largest, placed = placed, []
    for b in by_time:
        if b not in offsets:
            placed = [x for x in placed if x.life[1][0] >= lives[b][0][0]]
            beside = [*largest, *placed]
            offsets[b] = _put(size[b], lives[b], beside)
            placed.append(beside[-1])
    return offsets, max([offsets[b] + _lines(size[b]) for b in lives], default=0)


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
