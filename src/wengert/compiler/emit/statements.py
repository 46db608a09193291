"""Statements become text: stores, accumulators, branches and serial loops, in one lane or many.

In the lanes of a vector loop a condition is a mask: what a branch does is done in all lanes, and has its effect in
those that took it. Accumulators live on the stack; LLVM's first pass turns them into registers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wengert.compiler.emit import memory, parallel, rows, vector
from wengert.compiler.emit.facts import Key
from wengert.compiler.emit.gemm import gemm, library
from wengert.compiler.emit.memory import Address
from wengert.compiler.emit.operations import Lines, identity, operation, reduce
from wengert.compiler.emit.scope import Entry, FunctionText, Place
from wengert.compiler.emit.types import BYTES, SCALAR, STORED, literal, vector as vector_type
from wengert.compiler.emit.values import evaluate, in_lanes
from wengert.compiler.loops import (
    Acc,
    Block,
    Buffer,
    Check,
    For,
    Gemm,
    If,
    Library,
    Statement,
    Store,
    Update,
    Value,
    While,
    values,
)

__all__ = ["block", "counted", "lines_here"]


def block(f: FunctionText, statements: Block) -> None:
    """Statements, one after the other."""
    together = rows.runs(f, statements) if f.scope.lanes > 1 else {}
    for s in statements:
        if f.can_end:
            f.end()
        if f.scope.depth == 0:
            for v in values(s):
                evaluate(f, v, may_end=True)
        group = together.get(s)
        if group is None:
            _write(f, s)
        elif group:
            _store_group(f, group)


def _write(f: FunctionText, s: Statement) -> None:
    match s:
        case Store():
            _store(f, s)
        case Update():
            _update(f, s)
        case For():
            _for(f, s)
        case If():
            _if(f, s)
        case While():
            _while(f, s)
        case Check():
            _check(f, s)
        case Gemm():
            gemm(f, s)
        case Library():
            library(f, s)


def lines_here(f: FunctionText, code: str, lanes: int) -> Lines:
    """Arithmetic in the current scope."""
    return Lines(f.module, f.fresh, code, lanes)


# --- stores -------------------------------------------------------------------------------------------------


def _store(f: FunctionText, s: Store) -> None:
    for v, _ in s.index.dynamic:
        evaluate(f, v)
    guard = evaluate(f, s.guard) if s.guard is not None else None
    code, lanes = s.buffer.code, f.scope.lanes
    text = in_lanes(f, s.value, lanes)
    a = memory.address(f, s.buffer, s.index)
    place = f.locals.get(s.buffer)
    of_lanes = place is not None and place.lanes > 1
    if of_lanes and a.uniform:
        _store_local(f, s, a, text, _both(f, f.scope.branch, guard))
    elif lanes == 1:
        where(f, guard, lambda: _store_one(f, s, a, text))
    else:
        mask = _both(f, f.scope.mask, guard)
        if s.mode == "set":
            memory.store(f, s.buffer, a, text, mask)
        elif a.uniform:
            t = lines_here(f, code, lanes)
            _add_at(f, s.buffer, a.base, reduce(t, "add", _only(t, mask, text, "add")))
        elif s.clash and not of_lanes:
            _add_lane_by_lane(f, s.buffer, a, text, mask)
        else:
            t = lines_here(f, code, lanes)
            total = operation(t, "add", [memory.read_lanes(f, s.buffer, a, mask), text])
            assert total is not None
            memory.store(f, s.buffer, a, total, mask)
    key = f.facts.key(s.buffer, s.index)
    if key is not None:
        f.changed(key)


def _store_group(f: FunctionText, group: list[Store]) -> None:
    """Stores that lie side by side in each lane; nothing between them reads that buffer."""
    s, lanes = group[0], f.scope.lanes
    for v, _ in s.index.dynamic:
        evaluate(f, v)
    guard = evaluate(f, s.guard) if s.guard is not None else None
    code, first = s.buffer.code, s.index.const
    columns = {member.index.const - first: in_lanes(f, member.value, lanes) for member in group}
    width = 2
    while width <= max(columns):
        width *= 2
    a = memory.address(f, s.buffer, s.index)
    full = width if len(columns) == width else 0
    at = memory.lanes_of(f, s.buffer, a, 0, f.scope.mask, guard, f.scope.depth, full, scratch=True)
    rows.store_rows(f, code, width, columns, at, f.alias(s.buffer))
    key = f.facts.key(s.buffer, s.index)
    if key is not None:
        f.changed(key)


def _store_one(f: FunctionText, s: Store, a: Address, text: str) -> None:
    if s.mode == "add":
        _add_at(f, s.buffer, a.base, text)
    else:
        memory.store(f, s.buffer, a, text, None)


def _add_at(f: FunctionText, buffer: Buffer, base: str, text: str) -> None:
    """memory[base] += a scalar."""
    code, meta = buffer.code, f.alias(buffer)
    type_ = f"{STORED[code]}"
    old = memory.narrow(f, f.fresh(f"load {type_}, ptr {base}, align {BYTES[code]}{meta}"), code, 1, f.scope.depth)
    total = operation(lines_here(f, code, 1), "add", [old, text])
    assert total is not None
    f.line(f"store {type_} {memory.widened(f, total, code, 1)}, ptr {base}, align {BYTES[code]}{meta}")


def _add_lane_by_lane(f: FunctionText, buffer: Buffer, a: Address, text: str, mask: str | None) -> None:
    """Lanes may meet in one entry, so they add one after the other; those that are masked out add to a dummy."""
    code, lanes, depth = buffer.code, f.scope.lanes, f.scope.depth
    pointers = memory.pointers(f, code, a, lanes, depth)
    if mask is not None:
        dummy = f.spread(Entry(f.alloca(STORED[code]), 0, 1), "ptr", lanes)
        type_ = vector_type("ptr", lanes)
        pointers = f.fresh(f"select {vector_type('i1', lanes)} {mask}, {type_} {pointers}, {type_} {dummy}")
    for k in range(lanes):
        base = f.fresh(f"extractelement {vector_type('ptr', lanes)} {pointers}, i64 {k}")
        one = f.fresh(f"extractelement {vector_type(SCALAR[code], lanes)} {text}, i64 {k}")
        _add_at(f, buffer, base, one)


def _store_local(f: FunctionText, s: Store, a: Address, text: str, mask: str | None) -> None:
    """A vector of lanes into a buffer that has one entry for each."""
    code, lanes = s.buffer.code, f.scope.lanes
    type_ = vector_type(STORED[code], lanes)
    if s.mode == "add" or mask is not None:
        t = lines_here(f, code, lanes)
        old = memory.narrow(f, f.fresh(f"load {type_}, ptr {a.base}"), code, lanes, f.scope.depth)
        new = operation(t, "add", [old, text]) if s.mode == "add" else text
        assert new is not None
        text = new if mask is None else t.select(mask, new, old)
    f.line(f"store {type_} {memory.widened(f, text, code, lanes)}, ptr {a.base}")


def where(f: FunctionText, guard: Entry | None, act: Callable[[], None]) -> None:
    """Do it only where a scalar guard holds."""
    if guard is None:
        act()
        return
    then, after = f.module.label(), f.module.label()
    f.line(f"br i1 {guard.text}, label %{then}, label %{after}")
    f.begin(then)
    act()
    f.line(f"br label %{after}")
    f.begin(after)


def _both(f: FunctionText, mask: Entry | None, guard: Entry | None) -> str | None:
    """The lanes that are in both; None for all of them."""
    lanes = f.scope.lanes
    return memory.both(f, mask, guard, lanes, f.scope.depth)


def _only(t: Lines, mask: str | None, x: str, op: str) -> str:
    """x in the lanes of the mask; elsewhere what an accumulator does not notice."""
    return x if mask is None else t.select(mask, x, literal(identity(op, t.code), t.code, t.lanes))


# --- accumulators and checks -----------------------------------------------------------------------------------


def _update(f: FunctionText, s: Update) -> None:
    acc = s.acc
    place = f.place_of(acc)
    text = in_lanes(f, s.value, place.lanes)
    mask = f.scope.mask if place.lanes > 1 else None
    t = lines_here(f, acc.code, place.lanes)
    if acc.op == "set":
        branch = f.scope.branch if place.lanes > 1 else None
        if branch is not None:
            text = t.select(branch.text, text, read_acc(f, acc, place))
    else:
        changed = operation(t, acc.op, [read_acc(f, acc, place), _only(t, mask.text if mask else None, text, acc.op)])
        assert changed is not None
        text = changed
    write_acc(f, acc, place, text)
    f.changed(acc)


def read_acc(f: FunctionText, acc: Acc, place: Place) -> str:
    """What it holds now."""
    text = f.fresh(f"load {vector_type(STORED[acc.code], place.lanes)}, ptr {place.text}")
    return memory.narrow(f, text, acc.code, place.lanes, f.scope.depth)


def write_acc(f: FunctionText, acc: Acc, place: Place, text: str) -> None:
    """Give it a number (in each lane)."""
    text = memory.widened(f, text, acc.code, place.lanes)
    f.line(f"store {vector_type(STORED[acc.code], place.lanes)} {text}, ptr {place.text}")


def new_acc(f: FunctionText, acc: Acc, lanes: int) -> Place:
    """A place for it on the stack, holding its first number."""
    place = Place(f.alloca(vector_type(STORED[acc.code], lanes)), lanes)
    if isinstance(acc.init, Value):
        text = in_lanes(f, acc.init, lanes)
    else:
        text = literal(acc.init, acc.code, lanes)
    write_acc(f, acc, place, text)
    f.changed(acc)
    return place


def _check(f: FunctionText, s: Check) -> None:
    entry = evaluate(f, s.holds)
    lanes = f.scope.lanes if f.scope.mask is not None else entry.lanes
    t = lines_here(f, "b1", lanes)
    failed = t.two("xor", f.spread(entry, "i1", lanes), t.const(1))
    if lanes > 1 and f.scope.mask is not None:
        failed = t.two("and", failed, f.scope.mask.text)
    any_lane = f.fresh(f"zext i1 {some(f, failed, lanes)} to i32")
    place = f.status_place()
    before = f.fresh(f"load i32, ptr {place}")
    f.line(f"store i32 {f.fresh(f'or i32 {before}, {any_lane}')}, ptr {place}")


def some(f: FunctionText, mask: str, lanes: int) -> str:
    """Whether any lane of a mask is set."""
    if lanes == 1:
        return mask
    bits = f.fresh(f"bitcast <{lanes} x i1> {mask} to i{lanes}")
    return f.fresh(f"icmp ne i{lanes} {bits}, 0")


# --- branches -------------------------------------------------------------------------------------------------


def _if(f: FunctionText, s: If) -> None:
    entry = evaluate(f, s.holds)
    if entry.lanes > 1:
        _masked_branch(f, entry, s.then)
        if s.orelse:
            negated = f.fresh(f"xor {vector_type('i1', entry.lanes)} {entry.text}, splat (i1 true)")
            _masked_branch(f, Entry(negated, f.scope.depth, entry.lanes), s.orelse)
        return
    then, orelse, after = f.module.label(), f.module.label(), f.module.label()
    bodies = [_branch(f, label, body, after) for label, body in ((then, s.then), (orelse, s.orelse))]
    f.line(f"br i1 {entry.text}, label %{then}, label %{orelse}")
    for label, lines in zip((then, orelse), bodies, strict=True):
        f.begin(label)
        f.scope.lines.extend(lines)
    f.begin(after)


def _branch(f: FunctionText, label: str, body: Block, after: str) -> list[str]:
    f.enter(label, f.facts.writes_all(body), is_loop=False, may_skip=True)
    block(f, body)
    f.line(f"br label %{after}")
    return f.leave().lines


def _masked_branch(f: FunctionText, holds: Entry, body: Block) -> None:
    """A branch that some lanes take; if none does, it is skipped."""
    lanes = holds.lanes
    type_ = vector_type("i1", lanes)
    depth = f.scope.depth
    outer = f.scope
    mask = f.pure(f"and {type_} {outer.mask.text}, {holds.text}", depth) if outer.mask else holds.text
    branch = f.pure(f"and {type_} {outer.branch.text}, {holds.text}", depth) if outer.branch else holds.text
    taken = some(f, mask, lanes)
    then, after = f.module.label(), f.module.label()
    scope = f.enter(then, f.facts.writes_all(body), is_loop=False, may_skip=True)
    scope.mask, scope.branch = Entry(mask, depth, lanes), Entry(branch, depth, lanes)
    block(f, body)
    f.line(f"br label %{after}")
    lines = f.leave().lines
    f.line(f"br i1 {taken}, label %{then}, label %{after}")
    f.begin(then)
    f.scope.lines.extend(lines)
    f.begin(after)


def _while(f: FunctionText, s: While) -> None:
    """head: test; is any lane still in it? then body, and again."""
    head, inside, after = f.module.label(), f.module.label(), f.module.label()
    lanes = f.scope.lanes
    type_ = vector_type("i1", lanes)
    alive = None
    if lanes > 1 and vector.varies(f, s):
        alive = f.alloca(type_)
        outer_mask = f.scope.mask
        f.line(f"store {type_} {outer_mask.text if outer_mask else 'splat (i1 true)'}, ptr {alive}")
    scope = f.enter(head, f.facts.writes(s))
    if alive is not None:
        mask = f.fresh(f"load {type_}, ptr {alive}")
        scope.mask = scope.branch = Entry(mask, scope.depth, lanes)
    block(f, s.test)
    entry = evaluate(f, s.holds)
    going = entry.text
    if alive is not None:
        still = f.fresh(f"and {type_} {mask}, {f.spread(entry, 'i1', lanes)}")
        f.line(f"store {type_} {still}, ptr {alive}")
        going = some(f, still, lanes)
    if f.facts.checks:
        # after a failure nothing matters, except that the loop ends
        failed = f.fresh(f"load i32, ptr {f.status_place()}")
        fine = f.fresh(f"icmp eq i32 {failed}, 0")
        going = f.fresh(f"and i1 {going}, {fine}")
    body = f.enter(inside, f.facts.writes_all(s.body), is_loop=False, may_skip=True)
    if alive is not None:
        body.mask = body.branch = Entry(still, scope.depth, lanes)
    block(f, s.body)
    f.line(f"br label %{head}")
    body_lines = f.leave().lines
    f.line(f"br i1 {going}, label %{inside}, label %{after}")
    f.begin(inside)
    f.scope.lines.extend(body_lines)
    lines = f.leave().lines
    f.line(f"br label %{head}")
    f.begin(head)
    f.scope.lines.extend(lines)
    f.begin(after)


# --- loops ----------------------------------------------------------------------------------------------------


def counted(
    f: FunctionText,
    lo: str,
    hi: str,
    step: int,
    keys: Iterable[Key],
    body: Callable[[str], None],
    maybe_empty: bool = False,
) -> None:
    """for (i = lo; i < hi; i += step): the body, which is told the name of i."""
    head, after = f.module.label(), f.module.label()
    f.enter(head, keys)
    i = f.module.name()
    body(i)
    following = f.fresh(f"add nsw i64 {i}, {step}")
    again = f.fresh(f"icmp slt i64 {following}, {hi}")
    f.line(f"br i1 {again}, label %{head}, label %{after}")
    latch = f.scope.label
    lines = f.leave().lines
    before = f.scope.label
    if maybe_empty:
        f.line(f"br i1 {f.fresh(f'icmp slt i64 {lo}, {hi}')}, label %{head}, label %{after}")
    else:
        f.line(f"br label %{head}")
    f.begin(head)
    f.line(f"{i} = phi i64 [ {lo}, %{before} ], [ {following}, %{latch} ]")
    f.scope.lines.extend(lines)
    f.begin(after)


def _for(f: FunctionText, s: For) -> None:
    lanes = f.scope.lanes
    for acc in s.accs:
        f.accs[acc] = new_acc(f, acc, lanes if acc in f.varying else 1)
    trip = s.var.stop - s.var.start
    if trip <= 0:
        return
    if f.scope.depth == 0 and f.is_entry and parallel.worthwhile(s):
        parallel.outline(f, s)
    elif s.vector and lanes == 1:
        vector.vector_loop(f, s)
    else:
        serial_loop(f, s, str(s.var.start), str(s.var.stop))


def serial_loop(f: FunctionText, s: For, lo: str, hi: str) -> None:
    """One iteration after the other (each in all lanes of the vector loop around it)."""

    def body(i: str) -> None:
        f.vars[s.var] = Entry(i, f.scope.depth, 1)
        make_locals(f, s)
        block(f, s.body)

    if s.var.stop - s.var.start == 1:
        inline(f, f.facts.writes(s), lambda: body(lo))
    else:
        counted(f, lo, hi, 1, f.facts.writes(s), body)


def inline(f: FunctionText, keys: Iterable[Key], body: Callable[[], None]) -> None:
    """A loop of one iteration."""
    f.enter(f.scope.label, keys)
    body()
    inner = f.leave()
    f.scope.lines.extend(inner.lines)
    f.scope.label = inner.label


def make_locals(f: FunctionText, s: For) -> None:
    """Room for the buffers that each iteration has for itself."""
    for buffer in s.locals:
        lanes = f.scope.lanes
        type_ = f"[{buffer.size} x {vector_type(STORED[buffer.code], lanes)}]"
        f.locals[buffer] = Place(f.room(type_, buffer.bytes * lanes), lanes)
