"""Addresses, and loads and stores of one or many lanes.

In a loop whose variable i is the lanes of vectors, an index is  const + s·i + (the same in all lanes) + (differing):

    s = 1    lanes side by side: one vector            s = -1   the same, then reversed
    s = 0    one number for all lanes                  other    gather and scatter, as for what differs by lane
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.emit.rows import Lanes, Rows, load_rows
from wengert.compiler.emit.scope import Entry, FunctionText
from wengert.compiler.emit.types import BYTES, STORED, mangled, vector
from wengert.compiler.loops import Buffer, Index, Value

__all__ = ["Address", "above_barrier", "accumulated", "address", "index_value", "load", "store"]


class Address(NamedTuple):
    """Where an access goes: `base` (lane 0, at `depth`), lanes `stride` entries apart plus, in each, `offsets`."""

    base: str
    depth: int
    stride: int
    offsets: str | None
    lanes: int

    @property
    def uniform(self) -> bool:
        """Whether all lanes access one entry."""
        return self.stride == 0 and self.offsets is None


# --- addresses ------------------------------------------------------------------------------------------------


def above_barrier(f: FunctionText, depth: int) -> int:
    """Where work of that depth goes that is wanted in a branch: out of it only if that leaves a loop, too."""
    barrier = f.scope.barrier
    leaves = any([s.is_loop for s in f.scopes[depth + 1 : barrier + 1]])
    return depth if leaves else barrier


def _sum(f: FunctionText, index: Index) -> tuple[str | None, int, int, int, str | None]:
    """Σ terms that all lanes share, its depth, the constant, the stride of lanes, and what differs by lane."""
    const, stride, lanes = index.const, 0, f.scope.lanes
    shared: list[tuple[int, str, int]] = []
    differing: list[tuple[str, int, int]] = []
    for var, c in index.terms:
        entry = f.vars[var]
        if var is f.vector_var:
            stride = c
        if entry.text[0] == "%":
            shared.append((entry.depth, entry.text, c))
        else:
            const += c * int(entry.text)
    for value, c in index.dynamic:
        entry = f.known[value]
        if entry.lanes > 1:
            differing.append((entry.text, c, entry.depth))
        elif entry.text[0] == "%":
            shared.append((entry.depth, entry.text, c))
        else:
            const += c * int(entry.text)
    total, depth = _added(f, "i64", [(t, c, d) for d, t, c in sorted(shared)], "")
    offsets = None
    if differing:
        type_ = vector("i64", lanes)
        offsets, depth_of_offsets = _added(f, type_, differing, "splat ")
        depth = max(depth, depth_of_offsets)
    return total, depth, const, stride, offsets


def _added(f: FunctionText, type_: str, terms: list[tuple[str, int, int]], splat: str) -> tuple[str | None, int]:
    """Σ c·x, outer terms first, so that their sum is computed where they are."""
    total, depth = None, 0
    for x, c, d in terms:
        depth = max(depth, d)
        factor = f"splat (i64 {c})" if splat else str(c)
        product = x if c == 1 else f.pure(f"mul nsw {type_} {x}, {factor}", d)
        total = product if total is None else f.pure(f"add nsw {type_} {total}, {product}", depth)
    return total, depth


def _steps(stride: int, lanes: int) -> str:
    """The constant vector 0, stride, 2 stride, ..."""
    return "<" + ", ".join([f"i64 {stride * k}" for k in range(lanes)]) + ">"


def index_value(f: FunctionText, index: Index) -> Entry:
    """An index as an i64."""
    total, depth, const, stride, offsets = _sum(f, index)
    if stride or offsets:
        depth = max(depth, f.vars[f.vector_var].depth if stride and f.vector_var is not None else 0)
    if depth < f.scope.barrier:
        depth = above_barrier(f, depth)
    if total is None:
        total = str(const)
    elif const:
        total = f.pure(f"add nsw i64 {total}, {const}", depth)
    if not stride and offsets is None:
        return Entry(total, depth, 1)
    lanes = f.scope.lanes
    type_ = vector("i64", lanes)
    result = f.spread(Entry(total, depth, 1), "i64", lanes) if total != "0" else None
    for part in (_steps(stride, lanes) if stride else None, offsets):
        if part is not None:
            result = part if result is None else f.pure(f"add nsw {type_} {result}, {part}", depth)
    assert result is not None
    return Entry(result, depth, lanes)


def address(f: FunctionText, buffer: Buffer, index: Index) -> Address:
    """The address of an entry; the index's values are known already."""
    total, depth, const, stride, offsets = _sum(f, index)
    if stride and f.vector_var is not None:
        depth = max(depth, f.vars[f.vector_var].depth)
    type_ = STORED[buffer.code]
    place = f.locals.get(buffer)
    lanes = f.scope.lanes
    if place is None or place.lanes == 1:
        base = f.base(buffer) if place is None else place.text
    else:
        base = place.text
        if offsets is not None or stride:
            # entry k of lane l of a local buffer is at k·lanes + l
            base, total, const = _local_lane_zero(f, type_, base, total, const, depth, lanes)
            scaled = f"mul nsw {vector('i64', lanes)} {offsets or _steps(0, lanes)}, splat (i64 {lanes})"
            offsets = f.pure(f"add nsw {vector('i64', lanes)} {f.pure(scaled, depth)}, "
                             f"{_steps(stride * lanes + 1, lanes)}", depth)  # fmt: skip
            return Address(base, depth, 0, offsets, lanes)
        type_ = vector(type_, place.lanes)
    if total is not None:
        base = f.pure(f"getelementptr {type_}, ptr {base}, i64 {total}", depth)
    if const:
        base = f.pure(f"getelementptr {type_}, ptr {base}, i64 {const}", depth)
    return Address(base, depth, stride, offsets, lanes if stride or offsets else 1)


def _local_lane_zero(
    f: FunctionText, type_: str, base: str, total: str | None, const: int, depth: int, lanes: int
) -> tuple[str, None, int]:
    whole = vector(type_, lanes)
    if total is not None:
        base = f.pure(f"getelementptr {whole}, ptr {base}, i64 {total}", depth)
    if const:
        base = f.pure(f"getelementptr {whole}, ptr {base}, i64 {const}", depth)
    return base, None, 0


# --- loads ----------------------------------------------------------------------------------------------------


def accumulated(f: FunctionText, v: Value) -> None:
    """What an accumulator holds now."""
    acc = v.attr
    place = f.place_of(acc)
    depth = f.depth_of(acc)
    type_ = vector(STORED[acc.code], place.lanes)
    text = f.fresh(f"load {type_}, ptr {place.text}", depth)
    f.reads(v, acc)
    f.know(v, Entry(narrow(f, text, acc.code, place.lanes, depth), depth, place.lanes))


def narrow(f: FunctionText, text: str, code: str, lanes: int, depth: int) -> str:
    """A byte as the b1 it stands for."""
    return f.fresh(f"trunc {vector('i8', lanes)} {text} to {vector('i1', lanes)}", depth) if code == "b1" else text


def widened(f: FunctionText, text: str, code: str, lanes: int) -> str:
    """A b1 as the byte that is stored."""
    return f.fresh(f"zext {vector('i1', lanes)} {text} to {vector('i8', lanes)}") if code == "b1" else text


def load(f: FunctionText, v: Value) -> None:
    """An entry of a buffer, in each lane."""
    buffer, index = v.attr
    code = buffer.code
    guard = f.known[v.args[0]] if v.args else None
    a = address(f, buffer, index)
    key = f.facts.key(buffer, index)
    depth = a.depth
    if key is not None:
        f.reads(v, key)
        depth = max(depth, f.depth_of(key))
    safe = guard is None and _inside(buffer, index)
    if guard is not None:
        depth = max(depth, guard.depth)
    if depth < f.scope.barrier:
        depth = above_barrier(f, depth) if safe else f.scope.barrier
    place = f.locals.get(buffer)
    if place is not None and place.lanes > 1 and a.uniform:
        text = f.fresh(f"load {vector(STORED[code], place.lanes)}, ptr {a.base}", depth)
        f.know(v, Entry(narrow(f, text, code, place.lanes, depth), depth, place.lanes))
        return
    meta = f.alias(buffer)
    if a.uniform and (guard is None or guard.lanes == 1):
        base = a.base
        if guard is not None:
            base = f.fresh(f"select i1 {guard.text}, ptr {base}, ptr {f.module.zero(8)}", depth)
        text = f.fresh(f"load {STORED[code]}, ptr {base}, align {BYTES[code]}{meta}", depth)
        f.know(v, Entry(narrow(f, text, code, 1, depth), depth, 1))
        return
    lanes = f.scope.lanes
    mask = f.tail if safe else f.scope.mask
    if mask is not None:
        depth = max(depth, mask.depth)
    rows = f.rows.get(v)
    if rows is not None:
        _load_group(f, v, rows, a, guard)
        return
    text = _load_lanes(f, code, a, both(f, mask, guard, lanes, depth), lanes, depth, meta)
    f.know(v, Entry(narrow(f, text, code, lanes, depth), depth, lanes))


def _inside(buffer: Buffer, index: Index) -> bool:
    """Whether an index is certainly one of the buffer's."""
    ends = index.range()
    return ends is not None and ends[0] >= 0 and ends[1] < buffer.size


def _load_group(f: FunctionText, v: Value, rows: Rows, a: Address, guard: Entry | None) -> None:
    """A load and those that lie beside it."""
    buffer, index = v.attr
    key = f.facts.key(buffer, index)
    depth = max(a.depth, f.depth_of(key) if key is not None else 0, guard.depth if guard is not None else 0)
    safe = guard is None and all([_inside(buffer, member.attr[1]) for _, member in rows.members])
    if depth < f.scope.barrier:
        depth = above_barrier(f, depth) if safe else f.scope.barrier
    mask = f.tail if safe else f.scope.mask
    if mask is not None:
        depth = max(depth, mask.depth)
    shift = rows.first - index.const
    whole = safe and _inside(buffer, index + shift) and _inside(buffer, index + (shift + rows.width - 1))
    at = lanes_of(f, buffer, a, shift, mask, guard, depth, rows.width if whole else 0)
    for member, entry in load_rows(f, rows, buffer.code, at, depth, f.alias(buffer)).items():
        if member not in f.known:
            if key is not None and member is not v:
                f.reads(member, key)
            f.know(member, entry)
            f.depends(member)


def lanes_of(
    f: FunctionText,
    buffer: Buffer,
    a: Address,
    shift: int,
    mask: Entry | None,
    guard: Entry | None,
    depth: int,
    width: int,
    scratch: bool = False,
) -> Lanes:
    """Where each lane's row begins, `shift` entries after the address.

    A lane that is not alive has zeros to read, or scratch memory to write to, or nothing if that is known now.
    """
    type_, lanes = STORED[buffer.code], f.scope.lanes
    base = f.pure(f"getelementptr {type_}, ptr {a.base}, i64 {shift}", depth) if shift else a.base
    if a.offsets is None:
        at: list[str | None] = [
            f.pure(f"getelementptr {type_}, ptr {base}, i64 {k * a.stride}", depth) if k else base for k in range(lanes)
        ]
    else:
        vectors = pointers(f, buffer.code, a._replace(base=base), lanes, depth)
        kind = vector("ptr", lanes)
        at = [f.pure(f"extractelement {kind} {vectors}, i64 {k}", depth) for k in range(lanes)]
    if guard is None and (mask is None or mask is f.tail):
        at = [p if mask is None or k < f.alive else None for k, p in enumerate(at)]
        together = mask is None and a.offsets is None and a.stride == width > 0
        return Lanes(at, base if together else None)
    alive = both(f, mask, guard, lanes, depth)
    none = f.alloca("[64 x i8]", 64) if scratch else f.module.zero(64)
    kind = vector("i1", lanes)
    bits = [f.pure(f"extractelement {kind} {alive}, i64 {k}", depth) for k in range(lanes)]
    return Lanes(
        [f.pure(f"select i1 {bit}, ptr {p}, ptr {none}", depth) for bit, p in zip(bits, at, strict=True)], None
    )


def both(f: FunctionText, mask: Entry | None, guard: Entry | None, lanes: int, depth: int) -> str | None:
    """The lanes that are in both masks; None for all."""
    if guard is None:
        return mask.text if mask is not None else None
    text = f.spread(guard, "i1", lanes)
    return text if mask is None else f.pure(f"and {vector('i1', lanes)} {mask.text}, {text}", depth)


def _load_lanes(f: FunctionText, code: str, a: Address, mask: str | None, lanes: int, depth: int, meta: str) -> str:
    type_, size = vector(STORED[code], lanes), BYTES[code]
    if a.offsets is None and a.stride in (1, -1):
        base = a.base
        if a.stride == -1:
            base = f.pure(f"getelementptr {STORED[code]}, ptr {base}, i64 {1 - lanes}", depth)
            mask = _reversed(f, mask, "i1", lanes, depth) if mask is not None else None
        if mask is None:
            text = f.fresh(f"load {type_}, ptr {base}, align {size}{meta}", depth)
        else:
            call = f.module.call(
                type_, f"llvm.masked.load.{mangled(_stored(code), lanes)}.p0", f"ptr {base}", f"i32 {size}",
                f"{vector('i1', lanes)} {mask}", f"{type_} zeroinitializer",
            )  # fmt: skip
            text = f.fresh(call + meta, depth)
        return _reversed(f, text, STORED[code], lanes, depth) if a.stride == -1 else text
    name = f"llvm.masked.gather.{mangled(_stored(code), lanes)}.v{lanes}p0"
    call = f.module.call(
        type_, name, f"{vector('ptr', lanes)} {pointers(f, code, a, lanes, depth)}", f"i32 {size}",
        f"{vector('i1', lanes)} {mask or 'splat (i1 true)'}", f"{type_} zeroinitializer",
    )  # fmt: skip
    return f.fresh(call + meta, depth)


def _stored(code: str) -> str:
    return "i8" if code == "b1" else code


def _reversed(f: FunctionText, text: str, scalar: str, lanes: int, depth: int) -> str:
    type_ = vector(scalar, lanes)
    order = "<" + ", ".join([f"i32 {k}" for k in range(lanes - 1, -1, -1)]) + ">"
    return f.pure(f"shufflevector {type_} {text}, {type_} poison, <{lanes} x i32> {order}", depth)


def pointers(f: FunctionText, code: str, a: Address, lanes: int, depth: int) -> str:
    """The address in each lane."""
    offsets = a.offsets
    if a.stride or offsets is None:
        steps = _steps(a.stride, lanes)
        offsets = steps if offsets is None else f.pure(f"add nsw {vector('i64', lanes)} {offsets}, {steps}", depth)
    return f.pure(f"getelementptr {STORED[code]}, ptr {a.base}, {vector('i64', lanes)} {offsets}", depth)


# --- stores ---------------------------------------------------------------------------------------------------


def store(f: FunctionText, buffer: Buffer, a: Address, text: str, mask: str | None) -> None:
    """Store lanes (as they are in registers) where the mask holds."""
    code, lanes, depth = buffer.code, f.scope.lanes, f.scope.depth
    type_, size = vector(STORED[code], lanes), BYTES[code]
    meta = f.alias(buffer)
    if lanes == 1:
        text = widened(f, text, code, 1)
        f.line(f"store {type_} {text}, ptr {a.base}, align {size}{meta}")
        return
    text = widened(f, text, code, lanes)
    if a.offsets is None and a.stride in (1, -1):
        base = a.base
        if a.stride == -1:
            base = f.pure(f"getelementptr {STORED[code]}, ptr {base}, i64 {1 - lanes}", depth)
            text = _reversed(f, text, STORED[code], lanes, depth)
            mask = _reversed(f, mask, "i1", lanes, depth) if mask is not None else None
        if mask is None:
            f.line(f"store {type_} {text}, ptr {base}, align {size}{meta}")
            return
        name = f"llvm.masked.store.{mangled(_stored(code), lanes)}.p0"
        call = f.module.call("void", name, f"{type_} {text}", f"ptr {base}", f"i32 {size}",
                             f"{vector('i1', lanes)} {mask}")  # fmt: skip
        f.line(call + meta)
        return
    name = f"llvm.masked.scatter.{mangled(_stored(code), lanes)}.v{lanes}p0"
    places = pointers(f, code, a, lanes, depth)
    call = f.module.call("void", name, f"{type_} {text}", f"{vector('ptr', lanes)} {places}", f"i32 {size}",
                         f"{vector('i1', lanes)} {mask or 'splat (i1 true)'}")  # fmt: skip
    f.line(call + meta)


def read_lanes(f: FunctionText, buffer: Buffer, a: Address, mask: str | None) -> str:
    """What is in memory now, for a store that adds to it."""
    depth, lanes = f.scope.depth, f.scope.lanes
    text = _load_lanes(f, buffer.code, a, mask, lanes, depth, f.alias(buffer))
    return narrow(f, text, buffer.code, lanes, depth)
