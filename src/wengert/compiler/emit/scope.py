"""Where text goes: functions, and the nested scopes of their loops and branches.

    function                         depth 0     what depends on nothing that changes
      for i:                         depth 1     what depends on i, or on memory that the loop writes
        for j in vectors:            depth 2     ... on j

The lines of an outer scope are still open while an inner one is written: they end just before the inner loop begins. So
work that does not change in a loop is simply appended to the scope it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from wengert.compiler.emit.arena import Layout
from wengert.compiler.emit.facts import Facts, Key, operands
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.segments import LONG, Parked, Segment
from wengert.compiler.emit.types import STORED, vector
from wengert.compiler.loops import Acc, Buffer, Value, Var
from wengert.compiler.runtime import SLOTS

__all__ = ["Entry", "FunctionText", "Place", "Scope"]

_STACK = 16_384  # bytes of one buffer


class Entry(NamedTuple):
    """A computed value: its name, the depth of the scope that has it, and its lanes (1: the same in all lanes)."""

    text: str
    depth: int
    lanes: int


class Place(NamedTuple):
    """Memory on the stack: its address, and the lanes of each of its entries."""

    text: str
    lanes: int


class Scope:
    """One level of nesting.

    lanes: those of the vector loop it is in, else 1. mask: an i1 vector, the lanes that are alive; branch: those of
    them that a condition left alive. barrier: the depth of the innermost scope around it that may not be entered.
    """

    __slots__ = (
        "barrier", "branch", "depth", "is_loop", "keys", "label", "lanes", "lines", "mask", "places", "texts", "values",
    )  # fmt: skip

    def __init__(self, outer: Scope | None, label: str, keys: Iterable[Key], is_loop: bool, may_skip: bool) -> None:
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.label = label
        self.lines: list[str] = []
        self.keys = list(keys)
        self.is_loop = is_loop
        self.barrier: int = self.depth if may_skip else 0 if outer is None else outer.barrier
        self.lanes: int = 1 if outer is None else outer.lanes
        self.mask: Entry | None = None if outer is None else outer.mask
        self.branch: Entry | None = None if outer is None else outer.branch
        self.values: list[Value] = []
        self.texts: list[str] = []
        self.places: list[Value] = []


class FunctionText:
    """A function that is being written."""

    def __init__(self, module: ModuleText, facts: Facts, layout: Layout, is_entry: bool = False) -> None:
        self.module = module
        self.is_entry = is_entry
        self.facts = facts
        self.layout = layout
        self.allocas: list[str] = []
        self.heap: list[str] = []
        self.known: dict[Value, Entry] = {}
        self.texts: dict[str, Entry] = {}
        self.readers: dict[Key, list[Value]] = {}
        self.users: dict[Value, list[Value]] = {}
        self.vars: dict[Var, Entry] = {}
        self.accs: dict[Acc, Place] = {}
        self.imported: dict[Acc, int] = {}
        self.locals: dict[Buffer, Place] = {}
        self.vector_var: Var | None = None
        self.tail: Entry | None = None  # the lanes of the vector loop that are iterations, if not all
        self.alive = 0  # how many lanes those are
        self.rows: dict[Value, Any] = {}  # loads that are made together with those beside them
        self.varying: frozenset[Acc] = frozenset()  # accumulators that have a number in each lane
        self.status: str | None = None
        self._writers: dict[Key, list[int]] = {}
        self.segments: list[Segment] = []
        self.parked = Parked(module, layout)
        self.scopes = [Scope(None, "entry", (), False, False)]
        self.scope = self.scopes[0]

    # --- lines ----------------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """An instruction without a result, here."""
        self.scope.lines.append("  " + text)

    def fresh(self, instruction: str, depth: int | None = None) -> str:
        """The name of the result of a new instruction, here or at the end of an outer scope."""
        name = self.module.name()
        (self.scope if depth is None else self.scopes[depth]).lines.append(f"  {name} = {instruction}")
        return name

    def pure(self, instruction: str, depth: int) -> str:
        """The result of an instruction that depends on its operands only; equal ones are written once."""
        known = self.texts.get(instruction)
        if known is None or known.depth > depth:
            known = self.texts[instruction] = Entry(self.fresh(instruction, depth), depth, 1)
            self.scopes[depth].texts.append(instruction)
        return known.text

    def alloca(self, type_: str, align: int | None = None) -> str:
        """Memory on the stack, for the whole function."""
        name = self.module.name()
        self.allocas.append(f"  {name} = alloca {type_}" + (f", align {align}" if align else ""))
        return name

    def room(self, type_: str, size: int) -> str:
        """Memory for the whole function: on the stack, or elsewhere if that is much; a thread's stack is small.

        The entry function has the arena. A part, of which there is one in each thread, asks the C library.
        """
        if size <= _STACK:
            return self.alloca(type_)
        if self.is_entry:
            return self.arena(self.layout.extra(size))
        found, start, place = self.module.name(), self.module.name(), self.module.name()
        aligned = self.module.call("ptr", "llvm.ptrmask.p0.i64", f"ptr {start}", "i64 -64")
        self.allocas += [
            *self.runtime("malloc", f"{found} = call ptr", f"i64 {size + 64}"),
            f"  {start} = getelementptr i8, ptr {found}, i64 63",
            f"  {place} = {aligned}",
        ]
        self.heap.append(found)
        return place

    def runtime(self, routine: str, call: str, arguments: str) -> list[str]:
        """The lines of a call of a routine of the run-time table."""
        slot, table, at, address = [self.module.name() for _ in range(4)]
        return [
            f"  {slot} = getelementptr ptr, ptr %buffers, i64 {self.layout.runtime_slot}",
            f"  {table} = load ptr, ptr {slot}, align 8",
            f"  {at} = getelementptr ptr, ptr {table}, i64 {SLOTS[routine]}",
            f"  {address} = load ptr, ptr {at}, align 8",
            f"  {call} {address}({arguments})",
        ]

    def release(self) -> None:
        """Give back what was asked for."""
        for place in self.heap:
            self.scope.lines += self.runtime("free", "call void", f"ptr {place}")

    def begin(self, label: str) -> None:
        """The following lines form a new basic block."""
        self.scope.lines.append(f"{label}:")
        self.scope.label = label

    def finished(self, head: str) -> str:
        """The text of the whole function."""
        return "\n".join([head + " {", "entry:", *self.allocas, *self.scopes[0].lines, "}"])

    # --- memory ---------------------------------------------------------------------------------------------

    def base(self, buffer: Buffer) -> str:
        """The address of a buffer: of its own place, or of the nearest whose memory it takes over.

        A result that may take over an input's memory has a pointer of its own; the caller decides whether they are one.
        """
        while buffer.reuses is not None and buffer not in self.layout.slots:
            buffer = buffer.reuses
        if buffer in self.layout.guests:
            host, offset = self.layout.guests[buffer]
            return self._beyond(self.slot(self.layout.slots[host]), offset)
        if buffer in self.layout.offsets:
            return self.arena(self.layout.offsets[buffer])
        return self.slot(self.layout.slots[buffer])

    def arena(self, offset: int) -> str:
        """An address in the arena."""
        return self._beyond(self.slot(self.layout.arena_slot), offset)

    def _beyond(self, start: str, offset: int) -> str:
        return self.pure(f"getelementptr i8, ptr {start}, i64 {offset}", 0) if offset else start

    def slot(self, k: int) -> str:
        """A pointer from the table that the program is given."""
        at = self.pure(f"getelementptr ptr, ptr %buffers, i64 {k}", 0)
        return self.pure(f"load ptr, ptr {at}, align 8, !invariant.load !0", 0)

    def alias(self, buffer: Buffer) -> str:
        """What an access to this buffer tells LLVM: that others do not overlap it."""
        return self.layout.alias(buffer, self.module)

    def place_of(self, acc: Acc) -> Place:
        """Where an accumulator is; one of a loop in another function has been left in the arena for us."""
        place = self.accs.get(acc)
        if place is None and acc in self.parked:
            place = self.accs[acc] = Place(self.arena(self.parked.offset(acc)), 1)
        elif place is None:
            self.imported[acc] = offset = self.layout.extra(8)
            place = self.accs[acc] = Place(self.arena(offset), 1)
        return place

    def status_place(self) -> str:
        """Where it is noted whether a check failed."""
        if self.status is None:
            self.status = self.alloca("i32")
            self.allocas.append(f"  store i32 0, ptr {self.status}")
        return self.status

    # --- long functions ----------------------------------------------------------------------------------------

    @property
    def can_end(self) -> bool:
        """Whether the text is long, and nothing is open that must end in the function where it began."""
        return len(self.scope.lines) > LONG and self.is_entry and len(self.scopes) == 1

    def end(self) -> None:
        """Go on in a new function."""
        scope = self.scope
        segment = Segment(self.module.function_name(), self.allocas, scope.lines, self.status)
        for v, entry in list(self.known.items()):
            if entry.text[0] == "%":
                del self.known[v]
                if v.op != "load" or v in self.users:
                    self.parked.add(v, segment, entry.text)
        for acc, place in self.accs.items():
            self.parked.add(acc, segment, place.text)
        self.segments.append(segment)
        self.accs, self.texts, self.allocas, self.status = {}, {}, [], None
        scope.lines, scope.texts, scope.label = [], [], "entry"

    def restore(self, v: Value) -> None:
        """A value that another function has computed."""
        place = self.arena(self.parked.offset(v))
        text = self.fresh(f"load {STORED[v.code]}, ptr {place}, align 8", 0)
        self.known[v] = Entry(self.fresh(f"trunc i8 {text} to i1", 0) if v.code == "b1" else text, 0, 1)

    # --- scopes ---------------------------------------------------------------------------------------------

    def enter(self, label: str, keys: Iterable[Key], is_loop: bool = True, may_skip: bool = False) -> Scope:
        """An inner scope, inside of which the memory of `keys` may change."""
        self.scope = Scope(self.scope, label, keys, is_loop, may_skip)
        self.scopes.append(self.scope)
        for key in self.scope.keys:
            self.changed(key)
            self._writers.setdefault(key, []).append(self.scope.depth)
        return self.scope

    def leave(self) -> Scope:
        """Back to the outer scope. The inner one's lines are still to be put somewhere; its values are out of reach."""
        scope = self.scopes.pop()
        self.scope = self.scopes[-1]
        for key in scope.keys:
            self._writers[key].pop()
            self.changed(key)
        for v in scope.values:
            entry = self.known.get(v)
            if entry is not None and entry.depth == scope.depth:
                del self.known[v]
        for text in scope.texts:
            known = self.texts.get(text)
            if known is not None and known.depth == scope.depth:
                del self.texts[text]
        return scope

    def depth_of(self, key: Key) -> int:
        """The depth of the innermost scope around us that changes this memory."""
        depths = self._writers.get(key)
        return depths[-1] if depths else 0

    # --- what is known --------------------------------------------------------------------------------------

    def know(self, v: Value, entry: Entry) -> None:
        """Remember a computed value until its scope ends or memory that it was computed from changes."""
        self.known[v] = entry
        if entry.depth:
            self.scopes[entry.depth].values.append(v)

    def reads(self, v: Value, key: Key) -> None:
        """`v` is to be forgotten when this memory changes."""
        self.readers.setdefault(key, []).append(v)
        self.users.setdefault(v, [])

    def depends(self, v: Value) -> None:
        """`v` is to be forgotten when one of its operands is."""
        users = self.users
        for a in operands(v):
            if a in users:
                users[a].append(v)
                users.setdefault(v, [])

    def changed(self, key: Key) -> None:
        """Forget what was computed from this memory."""
        stack = self.readers.pop(key, None)
        if not stack:
            return
        known, users = self.known, self.users
        while stack:
            v = stack.pop()
            parked = self.parked.forget(v)  # a value may be here and there
            if known.pop(v, None) is not None or parked:
                stack.extend(users.pop(v, ()))

    # --- lanes ----------------------------------------------------------------------------------------------

    def spread(self, entry: Entry, scalar: str, lanes: int) -> str:
        """A value in all lanes: a vector is left as it is, a scalar is repeated."""
        if entry.lanes == lanes:
            return entry.text
        if entry.text[0] != "%":
            return f"splat ({scalar} {entry.text})"
        type_ = vector(scalar, lanes)
        first = self.pure(f"insertelement {type_} poison, {scalar} {entry.text}, i64 0", entry.depth)
        return self.pure(f"shufflevector {type_} {first}, {type_} poison, <{lanes} x i32> zeroinitializer", entry.depth)
