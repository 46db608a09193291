"""Entries that lie together in memory for each lane (fields of a structure), as rows and a transpose.

    x[5 i], x[5 i + 1], x[5 i + 2], x[k[i] + 0], x[k[i] + 1] ...      a gather for each would touch a line many times

    lane 0   a0 b0 c0 .        one load for each lane        a0 a1 a2 a3     one vector for each field
    lane 1   a1 b1 c1 .        --- perfect shuffles --->     b0 b1 b2 b3
    lane 2   a2 b2 c2 .                                      c0 c1 c2 c3
    lane 3   a3 b3 c3 .

Entry c of lane l is number l·C + c of all; a perfect shuffle rotates the bits of such a number by one, so log₂ lanes of
them make it c·L + l. Stores go the other way.
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.emit.facts import memory, reachable
from wengert.compiler.emit.scope import Entry, FunctionText
from wengert.compiler.emit.types import BYTES, STORED, mangled, vector
from wengert.compiler.loops import Buffer, For, If, Index, Statement, Store, Value, Var, While, values

__all__ = ["Rows", "load_rows", "plan", "runs", "store_rows"]

_WIDEST = 8  # entries of a row


class Rows(NamedTuple):
    """Loads, or stores, that differ by a constant only: `width` entries from `first` on."""

    first: int
    width: int
    members: list[tuple[int, Value]]


class Lanes(NamedTuple):
    """Where each lane's row begins; None for a lane that is not alive. whole: the address of all, if side by side."""

    pointers: list[str | None]
    whole: str | None


def plan(f: FunctionText, s: For, lanes: int) -> dict[Value, Rows]:
    """The loads in a vector loop that are to be made row by row."""
    if f.module.bytes < 32 or not 4 <= lanes <= 16:
        return {}
    groups: dict[object, list[tuple[int, Value]]] = {}
    seen: set[Value] = set()
    stack: list[Statement] = [s]
    while stack:
        part = stack.pop()
        if isinstance(part, For):
            stack += part.body
        if isinstance(part, If | While):
            continue
        for v in reachable(values(part), seen):
            if v.op == "load" and _apart(v, s.var):
                buffer, index = v.attr
                key = (buffer, index.terms, index.key[2], v.args)
                groups.setdefault(key, []).append((index.const, v))
    found = {}
    for group in groups.values():
        for rows in _windows(group):
            found.update(dict.fromkeys([v for _, v in rows.members], rows))
    return found


def _apart(v: Value, var: Var) -> bool:
    """Whether lanes read entries that do not lie side by side."""
    buffer, index = v.attr
    if buffer.code == "b1" or buffer.kind == "local":
        return False
    return bool(index.dynamic) or abs(index.coefficient(var)) > 1


def _windows(group: list[tuple[int, Value]]) -> list[Rows]:
    """Cut a group where its constants lie too far apart."""
    group = sorted(group, key=lambda member: member[0])
    found, start = [], 0
    while start < len(group):
        first, end = group[start][0], start
        while end < len(group) and group[end][0] < first + _WIDEST:
            end += 1
        width = 2
        while width < group[end - 1][0] - first + 1:
            width *= 2
        if end - start >= 2 and 4 * (end - start) >= width:
            found.append(Rows(first, width, group[start:end]))
        start = end
    return found


def load_rows(f: FunctionText, rows: Rows, code: str, at: Lanes, depth: int, meta: str) -> dict[Value, Entry]:
    """The members of a group, each as a vector of lanes."""
    lanes, width = len(at.pointers), rows.width
    scalar = STORED[code]
    if at.whole is not None:
        parts = [
            f.fresh(f"load {vector(scalar, lanes)}, ptr {pointer}, align {BYTES[code]}{meta}", depth)
            for pointer in [_step(f, scalar, at.whole, k * lanes, depth) for k in range(width)]
        ]
    else:
        mask = _columns(width, {c - rows.first for c, _ in rows.members})
        parts = [_row(f, code, p, width, mask, depth, meta) for p in at.pointers]
        size = width
        while size < lanes:  # side by side, until they are as wide as a vector of lanes
            parts = [
                _shuffle(f, scalar, size, x, y, range(2 * size), depth)
                for x, y in zip(parts[::2], parts[1::2], strict=True)
            ]
            size *= 2
        if size > lanes:
            parts = [
                _shuffle(f, scalar, size, x, "poison", range(k, k + lanes), depth)
                for x in parts
                for k in range(0, size, lanes)
            ]
    columns = _rotated(f, scalar, lanes, parts, lanes.bit_length() - 1, depth)
    return {v: Entry(columns[c - rows.first], depth, lanes) for c, v in rows.members}


def _row(f: FunctionText, code: str, pointer: str | None, width: int, mask: str | None, depth: int, meta: str) -> str:
    type_ = vector(STORED[code], width)
    if pointer is None:
        return "zeroinitializer"
    if mask is None:
        return f.fresh(f"load {type_}, ptr {pointer}, align {BYTES[code]}{meta}", depth)
    name = f"llvm.masked.load.{mangled(code, width)}.p0"
    call = f.module.call(type_, name, f"ptr {pointer}", f"i32 {BYTES[code]}", f"{vector('i1', width)} {mask}",
                         f"{type_} zeroinitializer")  # fmt: skip
    return f.fresh(call + meta, depth)


def store_rows(f: FunctionText, code: str, width: int, columns: dict[int, str], at: Lanes, meta: str) -> None:
    """Store vectors of lanes, one for each column, row by row."""
    lanes, depth, scalar = len(at.pointers), f.scope.depth, STORED[code]
    parts = [columns.get(c, "poison") for c in range(width)]
    parts = _rotated(f, scalar, lanes, parts, width.bit_length() - 1, depth)
    if at.whole is not None:
        for k, part in enumerate(parts):
            place = _step(f, scalar, at.whole, k * lanes, depth)
            f.line(f"store {vector(scalar, lanes)} {part}, ptr {place}, align {BYTES[code]}{meta}")
        return
    size = lanes
    while size < width:
        parts = [
            _shuffle(f, scalar, size, x, y, range(2 * size), depth)
            for x, y in zip(parts[::2], parts[1::2], strict=True)
        ]
        size *= 2
    mask = _columns(width, set(columns))
    type_ = vector(scalar, width)
    for l, pointer in enumerate(at.pointers):
        if pointer is None:
            continue
        whole, start = divmod(l * width, size)
        row = parts[whole]
        if size > width:
            row = _shuffle(f, scalar, size, row, "poison", range(start, start + width), depth)
        if mask is None:
            f.line(f"store {type_} {row}, ptr {pointer}, align {BYTES[code]}{meta}")
        else:
            name = f"llvm.masked.store.{mangled(code, width)}.p0"
            call = f.module.call("void", name, f"{type_} {row}", f"ptr {pointer}", f"i32 {BYTES[code]}",
                                 f"{vector('i1', width)} {mask}")  # fmt: skip
            f.line(call + meta)


def _rotated(f: FunctionText, scalar: str, size: int, parts: list[str], times: int, depth: int) -> list[str]:
    """All entries after perfect shuffles: the first half of the vectors interleaved with the second."""
    low = [k // 2 + (k % 2) * size for k in range(size)]
    high = [k + size // 2 for k in low]
    for _ in range(times):
        half = len(parts) // 2
        pairs = zip(parts[:half], parts[half:], strict=True)
        parts = [_shuffle(f, scalar, size, x, y, order, depth) for x, y in pairs for order in (low, high)]
    return parts


def _shuffle(f: FunctionText, scalar: str, size: int, x: str, y: str, order: range | list[int], depth: int) -> str:
    type_ = vector(scalar, size)
    if x == y == "poison":
        return "poison"
    lanes = ", ".join([f"i32 {k}" for k in order])
    return f.fresh(f"shufflevector {type_} {x}, {type_} {y}, <{len(order)} x i32> <{lanes}>", depth)


def _step(f: FunctionText, scalar: str, pointer: str, entries: int, depth: int) -> str:
    return f.pure(f"getelementptr {scalar}, ptr {pointer}, i64 {entries}", depth) if entries else pointer


def _columns(width: int, present: set[int]) -> str | None:
    """A mask of columns; None for all."""
    if len(present) == width:
        return None
    return "<" + ", ".join([f"i1 {'true' if c in present else 'false'}" for c in range(width)]) + ">"


# --- stores that follow each other --------------------------------------------------------------------------------


def runs(f: FunctionText, block: list[Statement]) -> dict[Statement, list[Store]]:
    """Stores of a block that may be made together: the first one with its row; nothing is left for the others."""
    if f.module.bytes < 32 or not 4 <= f.scope.lanes <= 16:
        return {}
    found: dict[Statement, list[Store]] = {}
    run: list[Store] = []
    for s in [*block, None]:
        if isinstance(s, Store):
            run.append(s)
            continue
        if len(run) > 1:
            found.update(_rows_of(f, run))
        run = []
    return found


def _rows_of(f: FunctionText, run: list[Store]) -> dict[Statement, list[Store]]:
    written = {memory(s.buffer) for s in run}
    readers = _readers(run)
    groups: dict[object, list[Store]] = {}
    of_buffer: dict[object, set[object]] = {}
    for s in run:
        key = (s.buffer, s.index.terms, s.index.key[2], s.guard, s.mode)
        groups.setdefault(key, []).append(s)
        of_buffer.setdefault(memory(s.buffer), set()).add(key)
    found: dict[Statement, list[Store]] = {}
    for group in groups.values():
        root, first = memory(group[0].buffer), group[0]
        stride = first.index.coefficient(f.vector_var) if f.vector_var is not None else 0
        apart = bool(first.index.dynamic) or abs(stride) > 1
        constants = [s.index.const for s in group]
        alone = len(of_buffer[root]) == 1 and len(set(constants)) == len(constants)
        own = set(group)
        in_place = all([s in own and b.code == s.buffer.code and at == s.index for s, b, at in readers.get(root, ())])
        if (
            not apart
            or not alone
            or not in_place
            or (_read(group) - {root}) & written
            or first.mode != "set"
            or first.buffer.code == "b1"
            or first.buffer in f.locals
        ):
            continue
        members = [(s.index.const, s.value) for s in group]
        at = {s.index.const: s for s in group}
        for rows in _windows(members):
            window = [at[c] for c, _ in rows.members]
            leader = min(window, key=run.index)
            found.update({s: [] for s in window})
            found[leader] = window
    return found


def _readers(run: list[Store]) -> dict[Buffer, list[tuple[Store, Buffer, Index]]]:
    """Of each memory, the stores whose values read it, and where.

    Stores of one memory may be made together if nobody reads it, or each only the entry that it replaces.
    """
    found: dict[Buffer, list[tuple[Store, Buffer, Index]]] = {}
    for s in run:
        for v in reachable(values(s), set()):
            if v.op == "load":
                found.setdefault(memory(v.attr[0]), []).append((s, *v.attr))
    return found


def _read(stores: list[Store]) -> set[Buffer]:
    """The memory that is read for some stores."""
    return {memory(v.attr[0]) for v in reachable([v for s in stores for v in values(s)], set()) if v.op == "load"}
