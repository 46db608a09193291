"""Where buffers are: inputs, outputs and constants in slots of the table of pointers, temps at offsets in the arena.

time ->  a ======          bytes of the arena that a had are c's later; b lives through both
         b    =========
         c          =====
"""

from __future__ import annotations

from wengert.compiler.emit.facts import memory, reachable, targets
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.loops import Buffer, Gemm, Library, Matrix, Program, Statement, Value, values, walk

__all__ = ["Layout"]

_MOST_SCOPES = 32  # buffers; the lists of who does not overlap whom grow as the square
_LINE = 64  # bytes of a cache line


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
        """What an access says of others: that they do not overlap it. Temps share memory; with locals they count as one."""
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


def buffers_of(s: Statement, seen: set[Value]) -> set[Buffer]:
    """The buffers that a statement and those in it name (in values that were not seen before)."""
    found: set[Buffer] = set()
    for part in walk([s]):
        for v in reachable(values(part), seen):
            if v.op == "load":
                found.add(v.attr[0])
        found.update([b for b, _ in targets(part)])
        if isinstance(part, Gemm):
            found.update((part.a.buffer, part.b.buffer))
        elif isinstance(part, Library):
            found.update([a.buffer for a in part.arguments if isinstance(a, Matrix)])
    return found


def _arena(program: Program) -> tuple[dict[Buffer, int], int]:
    """An offset for every temp that has memory of its own: first fit, among those that are alive at the same time."""
    first: dict[Buffer, int] = {}
    last: dict[Buffer, int] = {}
    size: dict[Buffer, int] = {}
    for b in program.temps:
        root = memory(b)
        if root.kind == "temp":
            size[root] = max(size.get(root, 0), b.bytes, root.bytes)
    # the first statement that uses a value is the first to read what it reads; from behind, the last
    numbered = list(enumerate(program.body))
    for times, order in ((first, numbered), (last, numbered[::-1])):
        seen: set[Value] = set()
        for time, s in order:
            for b in buffers_of(s, seen):
                if memory(b) in size:
                    times.setdefault(memory(b), time)
    offsets: dict[Buffer, int] = {}
    total = 0
    alive: list[tuple[int, int, int]] = []  # (offset, end, last)
    for b in sorted(first, key=first.__getitem__):
        alive = [x for x in alive if x[2] >= first[b]]
        wanted = -(-max(size[b], 1) // _LINE) * _LINE
        at = 0
        for start, end, _ in sorted(alive):
            if start - at >= wanted:
                break
            at = max(at, end)
        offsets[b] = at
        alive.append((at, at + wanted, last[b]))
        total = max(total, at + wanted)
    return offsets, total
