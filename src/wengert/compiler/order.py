"""The order of a program's outermost statements, so that less memory is needed at a time.

    a = f(x)                        a = f(x)                  a is large, and nobody needs it after the second line
    b = g(x)      peak a + b        y = sum(a)
    y = sum(a)                      b = g(x)      peak max(a, b)
    z = sum(b)                      z = sum(b)

The order stays as it is, but for statements that let go of more than they begin: they come as soon as they can.
Backward passes are full of them, because a slope of parameters is asked for last and needs what the forward pass has
stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from wengert.compiler.accesses import accesses
from wengert.compiler.loops import Block, Buffer, Check, For, Program, Statement, Value, While, values, walk
from wengert.compiler.strides import reachable

__all__ = ["checked", "ordered"]

_MOST = 2000  # statements; longer programs are straight-line code of small numbers
_FEW = 4  # statements that come together because the last of them lets go of memory


class _Touched(NamedTuple):
    """The buffers and accumulators that a statement reads, and those that it writes."""

    reads: set[Any]
    writes: set[Any]

    @property
    def all(self) -> set[Any]:
        """Both."""
        return self.reads | self.writes


def ordered(program: Program) -> None:
    """Reorder the statements where that lowers the peak of what is alive.

    None passes the last Check: after it a program may write where its inputs lie.
    """
    first = checked(program.body)
    if len(program.body) > _MOST:
        return
    every = {*program.inputs, *program.outputs, *program.temps, *program.consts}
    temps = {t for t in program.temps if t.kind == "temp"}
    touched = [_touched(s, every) for s in program.body]
    head, tail = list(range(first)), _early(touched, range(first, len(touched)), temps)
    if _memory(touched, [*head, *tail], temps) < _memory(touched, range(len(touched)), temps):
        program.body[:] = [program.body[n] for n in [*head, *tail]]


def checked(body: Block) -> int:
    """How many statements there are up to the last with a Check."""
    found = [n for n, s in enumerate(body, 1) if any([isinstance(x, Check) for x in walk([s])])]
    return found[-1] if found else 0


def _touched(s: Statement, every: set[Buffer]) -> _Touched:
    found = accesses([s], every)
    reads: set[Any] = {b for b, each in found.items() if any([a.reads for a in each])}
    writes: set[Any] = {b for b, each in found.items() if any([a.writes for a in each])}
    seen: set[Value] = set()
    for part in walk([s]):
        if isinstance(part, For):
            writes.update(part.accs)  # they are read behind their loop
        roots = [*values(part), part.holds] if isinstance(part, While) else values(part)
        reads.update([v.attr for root in roots for v in reachable(root, seen) if v.op == "acc"])
    return _Touched(reads, writes)


def _early(touched: Sequence[_Touched], numbers: range, temps: set[Buffer]) -> list[int]:
    """The numbers of the statements, those that let go of memory as early as what they need allows."""
    waits = _waits(touched, numbers)
    followers: dict[int, list[int]] = {}
    for n, before in waits.items():
        for m in before:
            followers.setdefault(m, []).append(n)
    left: dict[Buffer, set[int]] = {}  # by temporary, the statements to come that touch it
    for n in numbers:
        for b in touched[n].all & temps:
            left.setdefault(b, set()).add(n)
    begun = set().union(*[touched[n].all for n in range(numbers.start)])
    order: list[int] = []
    done: set[int] = set()

    def needed(n: int) -> list[int]:
        """A statement and those that have to come before it; nothing if these are more than a few."""
        found, pending = {n}, [n]
        while pending and len(found) <= _FEW:
            more = waits[pending.pop()] - found
            found |= more
            pending += more
        return sorted(found) if len(found) <= _FEW else []

    def frees(few: Sequence[int]) -> bool:
        """Whether less is alive after these statements."""
        gain = 0
        for b in set().union(*[touched[n].all for n in few]) & temps:
            gain += b.bytes * ((left[b] <= set(few)) - (b not in begun))
        return gain > 0

    def take(few: Sequence[int]) -> None:
        """They come now, and then those that thereby can come, free memory."""
        pending = [few]
        while pending:
            few = pending.pop()
            order.extend(few)
            done.update(few)
            for n in few:
                for m in followers.get(n, ()):
                    waits[m].discard(n)
            mine = set().union(*[touched[n].all for n in few]) & temps
            begun.update(mine)
            for b in mine:
                left[b].difference_update(few)
            near = sorted({m for b in mine for m in left[b]})
            pending += [found for m in near if (found := needed(m)) and frees(found)][:1]

    for n in numbers:
        if n not in done:
            take([n])
    return order


def _waits(touched: Sequence[_Touched], numbers: range) -> dict[int, set[int]]:
    """For each statement those that have to come before it: they write what it touches, or touch what it writes."""
    waits: dict[int, set[int]] = {}
    writer: dict[Any, int] = {}
    readers: dict[Any, set[int]] = {}
    for n in numbers:
        mine = touched[n]
        waits[n] = {writer[b] for b in mine.all if b in writer}
        for b in mine.writes:
            waits[n] |= readers.pop(b, set())
            writer[b] = n
        for b in mine.reads - mine.writes:
            readers.setdefault(b, set()).add(n)
    return waits


def _memory(touched: Sequence[_Touched], order: Iterable[int], temps: set[Buffer]) -> tuple[int, int]:
    """The most bytes of temporaries that are alive at a time, and those of all times."""
    order = list(order)
    last = {b: k for k, n in enumerate(order) for b in touched[n].all & temps}
    alive: set[Buffer] = set()
    peak = total = 0
    for k, n in enumerate(order):
        alive |= touched[n].all & temps
        now = sum([b.bytes for b in alive])
        peak, total = max(peak, now), total + now
        alive -= {b for b in alive if last[b] == k}
    return peak, total
