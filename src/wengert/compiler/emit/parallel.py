"""Long loops are run by the pool: the loop becomes a function of a range, which any thread may call.

    part(buffers, lo, hi)          iterations lo .. hi - 1; leaves its accumulators in partials[lo / chunk]
    entry                          parallel_for(part, buffers, n, chunk), or part after part if there is one thread;
                                   then the partials are combined, in order

The chunk does not depend on the number of threads, and so neither does the result.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.compiler.emit import statements, vector
from wengert.compiler.emit.cost import per_iteration
from wengert.compiler.emit.operations import identity, operation
from wengert.compiler.emit.scope import FunctionText, Place
from wengert.compiler.emit.types import STORED, literal
from wengert.compiler.loops import Acc, For, Update, walk
from wengert.compiler.runtime import SLOTS

__all__ = ["outline", "run", "worthwhile"]

_WORTHWHILE = 100_000.0  # ns; what waking the pool may cost
_CHUNK = 20_000.0  # ns
_LONGEST = 16_384  # iterations: sums in longer chunks would lose accuracy
_MOST = 4096  # chunks


def worthwhile(s: For) -> bool:
    """Whether a loop at the outermost level is long enough for several threads."""
    ordered = any([acc.op == "set" for acc in s.accs])
    return (
        s.parallel
        and not ordered
        and s.var.stop - s.var.start > 1
        and (s.var.stop - s.var.start) * per_iteration(s) > _WORTHWHILE
    )


def outline(f: FunctionText, s: For) -> None:
    """Run a loop, its accumulators' first numbers being set, as a function of ranges."""
    trip = s.var.stop - s.var.start
    accs = _shared(s)
    chunk = _chunk(f, s, trip)
    count = -(-trip // chunk)
    rows = {acc: f.layout.extra(8 * count) for acc in accs}
    name = f.module.function_name()
    part = FunctionText(f.module, f.facts, f.layout)
    _body(part, s, chunk)
    number = part.fresh(f"udiv i64 %lo, {chunk}")
    for acc, offset in rows.items():
        text = statements.read_acc(part, acc, part.accs[acc])
        statements.write_acc(part, acc, Place(_entry(part, offset, number), 1), text)
    if part.status is not None:
        failures = f.layout.extra(8 * count)
        failed = part.fresh(f"load i32, ptr {part.status}")
        part.line(f"store i32 {failed}, ptr {_entry(part, failures, number)}")
    part.release()
    part.line("ret void")
    f.module.functions.append(part.finished(f"define internal void {name}(ptr noalias %buffers, i64 %lo, i64 %hi)"))

    for acc, offset in part.imported.items():
        place = f.place_of(acc)
        statements.write_acc(f, acc, Place(f.arena(offset), 1), statements.read_acc(f, acc, place))
    run(f, name, trip, chunk)

    def combine(i: str) -> None:
        for acc, offset in rows.items():
            one = statements.read_acc(f, acc, Place(_entry(f, offset, i), 1))
            both = [statements.read_acc(f, acc, f.place_of(acc)), one]
            total = operation(statements.lines_here(f, acc.code, 1), acc.op, both)
            assert total is not None
            statements.write_acc(f, acc, f.place_of(acc), total)
        if part.status is not None:
            place = f.status_place()
            failed = f.fresh(f"load i32, ptr {_entry(f, failures, i)}")
            before = f.fresh(f"load i32, ptr {place}")
            f.line(f"store i32 {f.fresh(f'or i32 {before}, {failed}')}, ptr {place}")

    if rows or part.status is not None:
        statements.counted(f, "0", str(count), 1, list(rows), combine)
    for key in f.facts.writes(s):
        f.changed(key)


def _shared(s: For) -> list[Acc]:
    """The accumulators that the iterations share."""
    inner = {acc for part in walk(s.body) if isinstance(part, For) for acc in part.accs}
    found = dict.fromkeys(s.accs)
    found |= dict.fromkeys([part.acc for part in walk(s.body) if isinstance(part, Update) and part.acc not in inner])
    return list(found)


def _chunk(f: FunctionText, s: For, trip: int) -> int:
    """Iterations of one part."""
    chunk = min(int(_CHUNK / per_iteration(s)) + 1, _LONGEST)
    chunk = max(chunk, -(-trip // _MOST))
    unit = vector.lanes_for(f, s)[0] if s.vector else 1
    return -(-chunk // unit) * unit


def _body(part: FunctionText, s: For, chunk: int) -> None:
    """Iterations lo to hi, with accumulators of their own."""
    for acc in _shared(s):
        part.accs[acc] = place = Place(part.alloca(STORED[acc.code]), 1)
        statements.write_acc(part, acc, place, literal(identity(acc.op, acc.code), acc.code))
    start = s.var.start
    lo, hi = [part.fresh(f"add nsw i64 {x}, {start}") if start else x for x in ("%lo", "%hi")]
    if s.vector:
        vector.vector_range(part, s, lo, hi)
    else:
        statements.serial_loop(part, s, lo, hi)


def _entry(f: FunctionText, offset: int, number: str) -> str:
    """Where part `number` has its partial result."""
    return f.fresh(f"getelementptr i64, ptr {f.arena(offset)}, i64 {number}")


def run(
    f: FunctionText, name: str, trip: int, chunk: int, job: str | None = None, whole: Callable[[], None] | None = None
) -> None:
    """By the pool if there are threads, else part after part, or the way that is said to do the whole.

    job: what the parts are given in the place of the table of buffers.
    """
    runtime = f.slot(f.layout.runtime_slot)
    slots = {
        slot: f.pure(f"getelementptr ptr, ptr {runtime}, i64 {SLOTS[slot]}", 0) for slot in ("threads", "parallel_for")
    }
    threads = f.fresh(f"load i64, ptr {f.fresh(_load(slots['threads']))}")
    many = f.fresh(f"icmp sgt i64 {threads}, 1")
    together, alone, after = f.module.label(), f.module.label(), f.module.label()
    f.line(f"br i1 {many}, label %{together}, label %{alone}")
    f.begin(together)
    pool = f.fresh(_load(slots["parallel_for"]))
    f.line(f"call void {pool}(ptr {name}, ptr {job or '%buffers'}, i64 {trip}, i64 {chunk})")
    f.line(f"br label %{after}")
    f.begin(alone)

    def one(i: str) -> None:
        end = f.fresh(f"add nsw i64 {i}, {chunk}")
        end = f.fresh(f.module.call("i64", "llvm.smin.i64", f"i64 {end}", f"i64 {trip}"))
        f.line(f"call void {name}(ptr %buffers, i64 {i}, i64 {end})")

    if whole is None:
        statements.counted(f, "0", str(trip), chunk, (), one)
    else:
        whole()
    f.line(f"br label %{after}")
    f.begin(after)


def _load(pointer: str) -> str:
    return f"load ptr, ptr {pointer}"
