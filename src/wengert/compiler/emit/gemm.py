"""Products of matrices, by micro-kernels of our own: gemm_blocks.py has the picture.

What is small, or is computed in the lanes of a vector loop, is left to loops like any other:

rows of c          j = lanes of vectors ->
  i      |  c[i] += a[i, l] b[l, j]       eight rows at a time share the loads of b; each row of the tile is an
  i + 1  |  ...                           accumulator, so the tile stays in registers for all of l
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.compiler.blas import LAPACK
from wengert.compiler.builder import Builder
from wengert.compiler.emit import memory, parallel, statements
from wengert.compiler.emit.gemm_blocks import Blocks, by_rows, for_kernels, product, shape_of
from wengert.compiler.emit.gemm_text import Body
from wengert.compiler.emit.scope import FunctionText
from wengert.compiler.emit.types import BYTES, SCALAR, literal
from wengert.compiler.emit.values import evaluate
from wengert.compiler.loops import Acc, For, Gemm, Index, Library, Matrix, Statement, Store, Update, Value, Var
from wengert.compiler.runtime import SLOTS
from wengert.errors import CompilerError, explain

__all__ = ["gemm", "library"]

_ROWS = 8  # of a tile, in loops
_PART, _WORTHWHILE = 20_000.0, 80_000.0  # ns: what one thread takes at a time, and what waking them is worth
_MOST = 16  # parts
_LINE = 64  # bytes of a cache line
_SHORT, _LONG = 2, 1 << 16  # lanes of vectors and multiplications, for which BLAS may know a better instruction
_ROW_MAJOR, _PLAIN, _TRANSPOSED = 101, 111, 112


def gemm(f: FunctionText, s: Gemm) -> None:
    """c = a b, or c += a b."""
    s = by_rows(s)
    if f.scope.lanes > 1 or not for_kernels(s):
        statements.block(f, _loops(s, _ROWS))
    elif f.module.target.lanes_f64 == _SHORT and not f.module.alone and _for_blas(s):
        _by_blas(f, s)
    else:
        _blocked(f, s, [_pointer(f, x) for x in (s.a, s.b, s.c)])
    for key in f.facts.writes(s):
        f.changed(key)


# --- micro-kernels --------------------------------------------------------------------------------------------


def _blocked(f: FunctionText, s: Gemm, places: list[str]) -> None:
    """The whole product by one call, or parts of its columns (of its rows, if it has more of these) by the pool."""
    code, module = s.c.buffer.code, f.module
    shape = shape_of(s)
    blocks = Blocks(module, shape)
    name = product(module, shape)
    tiles, panels = blocks.tiles, blocks.panels
    by_panels = panels >= min(tiles, _MOST // 2)
    units = panels if by_panels else tiles
    time = s.m * s.n * s.k / (8 * blocks.lanes)
    chunk = -(-units // min(_MOST, max(int(time / _PART), 1)))
    parts = -(-units // chunk)
    scratch = _scratch(f, code, blocks.room(tiles, panels))

    def whole() -> None:
        given = ", ".join([f"ptr {p}" for p in (*places, scratch)])
        f.line(f"call void {name}({given}, i64 0, i64 {tiles}, i64 0, i64 {panels})")

    if time < _WORTHWHILE or parts == 1 or not f.is_entry or module.alone:
        whole()
        return
    job = f.alloca("[4 x ptr]", 8)
    for n, p in enumerate((*places, f.slot(f.layout.runtime_slot))):
        at = f.fresh(f"getelementptr ptr, ptr {job}, i64 {n}")
        f.line(f"store ptr {p}, ptr {at}, align 8")
    each = blocks.room(tiles, chunk) if by_panels else blocks.room(chunk, panels)
    part = _part(f, code, name, blocks, chunk if by_panels else -chunk, each)
    parallel.run(f, part, units, chunk, job, whole)


def _part(f: FunctionText, code: str, name: str, blocks: Blocks, chunk: int, each: int) -> str:
    """The name of a function of a range of panels (of tiles, if chunk < 0), for the pool.

    As many parts run at once as there are threads, which the arena does not know: each asks the C library for scratch.
    """
    symbol = f"{name}.by{chunk}"

    def write() -> str:
        t = Body(f.module, code)
        at = [t.let(f"getelementptr ptr, ptr %job, i64 {n}") for n in range(4)]
        a, b, c, runtime = [t.let(f"load ptr, ptr {p}, align 8") for p in at]

        def routine(which: str) -> str:
            return t.let(f"load ptr, ptr {t.let(f'getelementptr ptr, ptr {runtime}, i64 {SLOTS[which]}')}, align 8")

        bounds = ["%lo", "%hi"]
        ranges = ["0", str(blocks.tiles), *bounds] if chunk > 0 else [*bounds, "0", str(blocks.panels)]
        found = t.let(f"call ptr {routine('malloc')}(i64 {each * BYTES[code] + _LINE})") if each else "null"
        scratch = found
        if each:
            further = t.let(f"getelementptr i8, ptr {found}, i64 {_LINE - 1}")
            scratch = t.let(f.module.call("ptr", "llvm.ptrmask.p0.i64", f"ptr {further}", f"i64 {-_LINE}"))
        given = [f"ptr {x}" for x in (a, b, c, scratch)] + [f"i64 {x}" for x in ranges]
        t.do(f"call void {name}({', '.join(given)})")
        if each:
            t.do(f"call void {routine('free')}(ptr {found})")
        return t.function(f"{symbol}(ptr %job, i64 %lo, i64 %hi)")

    return f.module.once(symbol, write)


def _scratch(f: FunctionText, code: str, count: int) -> str:
    """Room for so many numbers, for as long as this statement runs."""
    size = count * BYTES[code]
    if not size:
        return "null"
    if f.is_entry:
        return f.arena(f.layout.scratch(size))
    return f.room(f"[{-(-size // 64)} x <64 x i8>]", size)


def _pointer(f: FunctionText, x: Matrix) -> str:
    for v, _ in x.index.dynamic:
        evaluate(f, v)
    return memory.address(f, x.buffer, x.index).base


# --- BLAS -----------------------------------------------------------------------------------------------------


def _for_blas(s: Gemm) -> bool:
    """Whether it pays, and BLAS can take the matrices."""
    leads = _leading(s.a, s.m, s.k), _leading(s.b, s.k, s.n)
    return s.m * s.n * s.k >= _LONG and None not in leads and (s.c.row >= s.n or s.m == 1)


def _leading(x: Matrix, rows: int, columns: int) -> tuple[int, int] | None:
    """Which way a matrix lies, by rows or by columns, and how far apart these are if BLAS may have it."""
    if x.column == 1 and (x.row >= columns or rows == 1):
        return _PLAIN, max(x.row, columns)
    if x.row == 1 and (x.column >= rows or columns == 1):
        return _TRANSPOSED, max(x.column, rows)
    return None


def _by_blas(f: FunctionText, s: Gemm) -> None:
    """By the routine of the run-time table, if there is one."""
    places = [_pointer(f, x) for x in (s.a, s.b, s.c)]
    runtime = f.slot(f.layout.runtime_slot)
    name = "dgemm" if s.c.buffer.code == "f64" else "sgemm"
    routine = f.fresh(f"load ptr, ptr {f.pure(f'getelementptr ptr, ptr {runtime}, i64 {SLOTS[name]}', 0)}, align 8")
    present = f.fresh(f"icmp ne ptr {routine}, null")
    there, here, after = f.module.label(), f.module.label(), f.module.label()
    ways: list[tuple[str, Callable[[], None]]] = [
        (there, lambda: _call_blas(f, s, routine, places)),
        (here, lambda: _blocked(f, s, places)),
    ]
    texts = {}
    for label, way in ways:
        f.enter(label, f.facts.writes(s), is_loop=False, may_skip=True)
        way()
        f.line(f"br label %{after}")
        texts[label] = f.leave().lines
    f.line(f"br i1 {present}, label %{there}, label %{here}")
    for label, lines in texts.items():
        f.begin(label)
        f.scope.lines.extend(lines)
    f.begin(after)


def _call_blas(f: FunctionText, s: Gemm, routine: str, places: list[str]) -> None:
    code = s.c.buffer.code
    type_ = SCALAR[code]
    a, b, c = [f"ptr {p}" for p in places]
    lead_a, lead_b = _leading(s.a, s.m, s.k), _leading(s.b, s.k, s.n)
    assert lead_a is not None
    assert lead_b is not None
    arguments = [f"i32 {_ROW_MAJOR}", f"i32 {lead_a[0]}", f"i32 {lead_b[0]}"]
    arguments += [f"i64 {x}" for x in (s.m, s.n, s.k)]
    arguments += [f"{type_} {literal(1, code)}", a, f"i64 {lead_a[1]}", b, f"i64 {lead_b[1]}"]
    arguments += [f"{type_} {literal(int(s.add), code)}", c, f"i64 {max(s.c.row, s.n)}"]
    f.line(f"call void {routine}({', '.join(arguments)})")


# --- loops ----------------------------------------------------------------------------------------------------


def _loops(s: Gemm, rows: int) -> list[Statement]:
    """The product as loops over tiles of some rows, and what is left of the rows."""
    whole, rest = divmod(s.m, rows)
    block: list[Statement] = []
    if whole:
        i = Var(0, whole)
        block.append(For(i, [_tile(s, rows, Index(0, ((i, rows),)))]))
    if rest:
        block.append(_tile(s, rest, Index(whole * rows)))
    return block


def _tile(s: Gemm, rows: int, first: Index) -> For:
    """Some rows of c, all columns as lanes."""
    b, j, l = Builder(), Var(0, s.n), Var(0, s.k)
    code = s.c.buffer.code
    accs, updates, stores = [], [], []
    right = b.load(s.b.buffer, s.b.index + Index(0, ((l, s.b.row),)) + Index(0, ((j, s.b.column),)))
    for r in range(rows):
        place = s.c.index + (first + r) * s.c.row + Index(0, ((j, s.c.column),))
        init: Value | int = b.load(s.c.buffer, place) if s.add else 0
        acc = Acc("add", code, init)
        left = b.load(s.a.buffer, s.a.index + (first + r) * s.a.row + Index(0, ((l, s.a.column),)))
        accs.append(acc)
        updates.append(Update(acc, b("mul", left, right)))
        stores.append(Store(s.c.buffer, place, b.acc(acc)))
    body: list[Statement] = [For(l, list(updates), accs), *stores]
    return For(j, body, vector=s.n > 1)


# --- other routines -------------------------------------------------------------------------------------------


def library(f: FunctionText, s: Library) -> None:
    """A call of a routine of the run-time table. A matrix is passed as its address, a number by value.

    A routine of LAPACK gets numbers by address, as Fortran wants, letters as strings, and their lengths at the end. If
    the process does not have the routine, the program fails.
    """
    if s.name not in SLOTS:
        raise CompilerError(
            explain(
                f"The run-time library has no routine {s.name}.",
                f"It has {', '.join(SLOTS)}.",
                "This is a defect of wengert; please report it with the function that was compiled.",
            )
        )
    fortran = s.name in LAPACK
    floats = "f32" if s.name[0] == "s" else "f64"
    arguments = [_argument(f, a, fortran, floats) for a in s.arguments]
    if fortran:
        arguments += ["i64 1" for a in s.arguments if isinstance(a, str)]
    runtime = f.slot(f.layout.runtime_slot)
    at = f.pure(f"getelementptr ptr, ptr {runtime}, i64 {SLOTS[s.name]}", 0)
    routine = f.fresh(f"load ptr, ptr {at}, align 8")
    absent = f.fresh(f"icmp eq ptr {routine}, null")
    place = f.status_place()
    before = f.fresh(f"load i32, ptr {place}")
    bit = f.fresh(f"zext i1 {absent} to i32")
    f.line(f"store i32 {f.fresh(f'or i32 {before}, {bit}')}, ptr {place}")
    call, after = f.module.label(), f.module.label()
    f.line(f"br i1 {absent}, label %{after}, label %{call}")
    f.begin(call)
    f.line(f"call void {routine}({', '.join(arguments)})")
    f.line(f"br label %{after}")
    f.begin(after)
    for key in f.facts.writes(s):
        f.changed(key)


def _argument(f: FunctionText, a: object, by_address: bool, floats: str) -> str:
    if isinstance(a, Matrix):
        return f"ptr {_pointer(f, a)}"
    if isinstance(a, str):
        type_, text = "i8", str(ord(a))
    elif isinstance(a, float):
        type_, text = SCALAR[floats], literal(a, floats)
    else:
        type_, text = "i64", str(a)
    if not by_address:
        return f"{type_} {text}"
    place = f.alloca(type_, BYTES["i64"])
    f.line(f"store {type_} {text}, ptr {place}")
    return f"ptr {place}"
