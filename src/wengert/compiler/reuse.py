"""Memory that is used again: results in the place of inputs that are given away, temporaries in the place of results.

    t[i] = sin(x[i])                x given away:  y may lie where x lies, for x[i] is read when y[i] is written, or
    y[i] = t[i] · x[i]              before. t may lie there, too, if x[i] is not read after t[i] is written (it is).

Buffers may share memory if of any two of them one is done with each entry before the other begins with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from wengert.compiler.accesses import Access, accesses, precedes
from wengert.compiler.loops import Block, Buffer, For, If, Program, Statement, Store, Value, While, values
from wengert.compiler.order import checked
from wengert.compiler.strides import reachable

__all__ = ["Given", "peak_bytes", "reuse"]

# The numbers of an input that is given away and of an output of its type and size that may have its memory.
Given: TypeAlias = tuple[int, int]

_SMALL = 4096  # bytes; smaller temporaries are registers, or in the cache anyway
_MOST = 4096  # pairs of accesses that are looked at for two buffers


def reuse(program: Program, given: Sequence[Given] = ()) -> None:
    """Say of outputs and temporaries which memory they take over (`Buffer.reuses`)."""
    for n, k in [*given, *given]:  # one may wait for another
        _later(program.body, program.inputs[n], program.outputs[k])
    sharing = _Sharing(program)
    temps = sorted([t for t in program.temps if t.bytes >= _SMALL], key=lambda t: -t.bytes)
    if _loads_instead(program.body, temps, sharing):
        sharing = _Sharing(program)
    if given:
        for n, k in given:
            x, y = program.inputs[n], program.outputs[k]
            if y.reuses is None and not sharing.hosts(x):
                _place(y, [x], sharing)
    for t in temps:
        _place(t, program.outputs, sharing)
    for t in temps:
        if t.reuses is None:
            _place(t, [x for x in temps if x is not t and x.reuses is None and sharing.touch(x, t)], sharing)
    _without_copies(program.body)
    if any([y.reuses is not None for y in program.outputs]):
        program.checked = checked(program.body)


def _place(buffer: Buffer, hosts: Iterable[Buffer], sharing: _Sharing) -> None:
    """Into the memory of the first of these that allows it."""
    for host in hosts:
        if buffer.bytes <= host.bytes and sharing.allows(buffer, host):
            buffer.reuses = host
            sharing.join(buffer, host)
            return


def _loads_instead(block: Block, temps: Sequence[Buffer], sharing: _Sharing) -> bool:
    """Let what is computed of one temporary and kept in another be read there, where one would do for both.

    t[i] = f(x[i]);  s += f(x[i])              becomes    t[i] = f(x[i]);  s += t[i]         and t may lie where x does
    """
    found = False
    for t in temps:
        for x in temps:
            if x is not t and x.code == t.code and x.size == t.size and sharing.follows(t, x):
                found = True
                _later([block[sharing.begins(t)]], x, t)
    return found


def _without_copies(block: Block) -> None:
    """Leave out stores of what is there: a temporary that lies in a result, copied to it."""
    for n, s in reversed(list(enumerate(block))):
        for inner in _blocks(s):
            _without_copies(inner)
        if (isinstance(s, Store) and _is_there(s)) or (isinstance(s, For) and not s.body and not s.accs):
            del block[n]


def _is_there(s: Store) -> bool:
    if s.value.op != "load" or s.value.args or s.mode != "set" or s.value.attr[1] != s.index:
        return False
    source = s.value.attr[0]
    while source.kind == "temp" and source.reuses is not None:
        source = source.reuses
    return source is s.buffer and source is not s.value.attr[0]


def _later(block: Block, x: Buffer, y: Buffer) -> None:
    """Let stores to y come behind the stores that follow and still read x.

    y[i] = a x[i];  z[i] = b x[i]              becomes    z[i] = b x[i];  y[i] = a x[i]
    y[i] = a x[i];  z[i] = z[i] + (a x[i])     becomes    y[i] = a x[i];  z[i] = z[i] + y[i]
    """
    for n, s in reversed(list(enumerate(block))):
        for inner in _blocks(s):
            _later(inner, x, y)
        if not isinstance(s, Store) or s.buffer is not y:
            continue
        needed, place, fixed = _loaded(s), n, False
        simple = s.guard is None and s.mode == "set" and s.value.op not in ("load", "const")
        for k, other in enumerate(block[n + 1 :], n + 1):
            if not isinstance(other, Store) or other.buffer is y:
                break
            if simple and x in _loaded(other):
                other.value = _replaced(other.value, s.value, Value("load", (), (y, s.index), y.code))
            read = _loaded(other)
            fixed = fixed or other.buffer in needed or y in read
            if x in read and not fixed:
                place = k
        block.insert(place, block.pop(n))


def _replaced(root: Value, old: Value, new: Value) -> Value:
    """The same computed with one value in the place of another."""
    made = {old: new}
    for v in sorted(reachable(root, set()), key=lambda v: v.depth):
        if v not in made:
            args = tuple([made[a] for a in v.args])
            made[v] = Value(v.op, args, v.attr, v.code) if args != v.args else v
    return made[root]


def _blocks(s: Statement) -> list[Block]:
    match s:
        case For(body=body):
            return [body]
        case If(then=then, orelse=orelse):
            return [then, orelse]
        case While(test=test, body=body):
            return [test, body]
        case _:
            return []


def _loaded(s: Store) -> set[Buffer]:
    return {v.attr[0] for root in values(s) for v in reachable(root, set()) if v.op == "load"}


def peak_bytes(program: Program, arena: int) -> int:
    """The memory of a call: inputs, outputs and constants, and the arena. Outputs in the place of inputs take none."""
    outputs = [y for y in program.outputs if y.reuses is None]
    return arena + sum([b.bytes for b in (*program.inputs, *outputs, *program.consts)])


class _Sharing:
    """Which buffers lie in one memory, and which may."""

    def __init__(self, program: Program) -> None:
        every = {*program.inputs, *program.outputs, *program.temps}
        first, last = [accesses(program.body, every, last) for last in (False, True)]
        self._first = {b: sorted(found, key=lambda a: a.place) for b, found in first.items()}
        self._last = {b: sorted(found, key=lambda a: a.place) for b, found in last.items()}
        # A program that fails is repeated by another, with the inputs as they were.
        self.checked = checked(program.body)
        self._groups: dict[Buffer, list[Buffer]] = {}

    def hosts(self, buffer: Buffer) -> bool:
        """Whether others lie in its memory."""
        return buffer in self._groups

    def join(self, buffer: Buffer, host: Buffer) -> None:
        """They share memory from now on."""
        group = self._groups.setdefault(host, [host])
        mine = self._groups.get(buffer, [buffer])
        for b in mine:
            if b not in group:
                group.append(b)
        for b in group:
            self._groups[b] = group

    def touch(self, a: Buffer, b: Buffer) -> bool:
        """Whether a is last read where b begins; what lies further apart is the arena's business."""
        if a not in self._last or b not in self._first:
            return False
        return self._last[a][-1].place[0] == self._first[b][0].place[0]

    def begins(self, a: Buffer) -> int:
        """The outermost statement that a buffer is first needed in."""
        return self._first[a][0].place[0]

    def follows(self, a: Buffer, b: Buffer) -> bool:
        """Whether a begins where b is last read, and yet may not have its memory."""
        return self.touch(b, a) and not self._before(b, a)

    def allows(self, a: Buffer, b: Buffer) -> bool:
        """Whether these two, and all that lie with them, may share memory."""
        mine, others = [self._groups.get(x, [x]) for x in (a, b)]
        return all([self._before(x, y) or self._before(y, x) for x in mine for y in others])

    def _before(self, a: Buffer, b: Buffer) -> bool:
        """Whether a is done with each entry before b begins with it."""
        early, late = self._last.get(a, []), self._first.get(b, [])
        if a.kind == "output" or b.kind == "input":
            return False  # it is to be read later, or was written before
        if not late or not early:
            return True
        if a.kind == "input" and late[0].place[0] < self.checked:
            return False
        start, end = late[0].place[0], early[-1].place[0]
        before = [x for x in early if x.place[0] >= start]
        after = [y for y in late if y.place[0] <= end]
        if not before:
            return True
        if a.code != b.code or len(before) * len(after) > _MOST or _unknown(before, after):
            return False
        return all([precedes(x, y) for x in before for y in after])


def _unknown(before: Sequence[Access], after: Sequence[Access]) -> bool:
    return any([a.index is None for a in (*before, *after)])
