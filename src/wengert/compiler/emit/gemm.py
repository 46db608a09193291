"""Products of matrices: small ones as loops, which LLVM gets as vectors; large ones by BLAS, if the process has one.

rows of c          j = lanes of vectors ->
  i      |  c[i] += a[i, l] b[l, j]       eight rows at a time share the loads of b; each row of the tile is an
  i + 1  |  ...                           accumulator, so the tile stays in registers for all of l
"""

from __future__ import annotations

from wengert.compiler.blas import LAPACK
from wengert.compiler.builder import Builder
from wengert.compiler.emit import memory, statements
from wengert.compiler.emit.scope import FunctionText
from wengert.compiler.emit.types import BYTES, SCALAR, literal
from wengert.compiler.emit.values import evaluate
from wengert.compiler.loops import Acc, For, Gemm, Index, Library, Matrix, Statement, Store, Update, Value, Var
from wengert.compiler.runtime import SLOTS
from wengert.errors import CompilerError, explain

__all__ = ["gemm", "library"]

_SMALL = 4096  # multiplications; below, a call of BLAS costs more than it saves
_ROWS = 8  # of a tile
_ROW_MAJOR, _PLAIN, _TRANSPOSED = 101, 111, 112


def gemm(f: FunctionText, s: Gemm) -> None:
    """c = a b, or c += a b."""
    if s.c.column != 1 and s.c.row == 1:  # cᵀ = bᵀ aᵀ has its rows side by side
        s = Gemm(s.n, s.m, s.k, _transposed(s.b), _transposed(s.a), _transposed(s.c), s.add)
    if f.scope.lanes > 1 or s.m * s.n * s.k <= _SMALL or not _strided(s):
        statements.block(f, _loops(s, _ROWS))
    else:
        routine = f.fresh(f"load ptr, ptr {_slot(f, s.c.buffer.code)}, align 8")
        present = f.fresh(f"icmp ne ptr {routine}, null")
        call, loops, after = f.module.label(), f.module.label(), f.module.label()
        keys = f.facts.writes(s)
        f.enter(call, keys, is_loop=False, may_skip=True)
        _blas(f, s, routine)
        f.line(f"br label %{after}")
        by_blas = f.leave().lines
        f.enter(loops, keys, is_loop=False, may_skip=True)
        statements.block(f, _loops(s, 1))
        f.line(f"br label %{after}")
        by_loops = f.leave().lines
        f.line(f"br i1 {present}, label %{call}, label %{loops}")
        for label, lines in ((call, by_blas), (loops, by_loops)):
            f.begin(label)
            f.scope.lines.extend(lines)
        f.begin(after)
    for key in f.facts.writes(s):
        f.changed(key)


def _transposed(x: Matrix) -> Matrix:
    return Matrix(x.buffer, x.index, x.column, x.row)


def _strided(s: Gemm) -> bool:
    """Whether BLAS can take the matrices: each has its rows or its columns side by side."""
    return s.c.column == 1 and all([1 in (x.row, x.column) for x in (s.a, s.b)]) and s.c.buffer.code in ("f64", "f32")


def _slot(f: FunctionText, code: str) -> str:
    """Where the run-time table has the routine for that type."""
    runtime = f.slot(f.layout.runtime_slot)
    return f.pure(f"getelementptr ptr, ptr {runtime}, i64 {SLOTS['dgemm' if code == 'f64' else 'sgemm']}", 0)


def _blas(f: FunctionText, s: Gemm, routine: str) -> None:
    code = s.c.buffer.code
    type_ = SCALAR[code]
    sizes = (s.m, s.n, s.k)
    arguments = [f"i32 {_ROW_MAJOR}"]
    arguments += [f"i32 {_PLAIN if x.column == 1 else _TRANSPOSED}" for x in (s.a, s.b)]
    arguments += [f"i64 {x}" for x in sizes] + [f"{type_} {literal(1, code)}"]
    for x, least in ((s.a, s.k), (s.b, s.n)):
        stride = max(x.row, least) if x.column == 1 else max(x.column, 1)
        arguments += [f"ptr {_pointer(f, x)}", f"i64 {stride}"]
    arguments += [f"{type_} {literal(int(s.add), code)}", f"ptr {_pointer(f, s.c)}", f"i64 {max(s.c.row, s.n)}"]
    f.line(f"call void {routine}({', '.join(arguments)})")


def _pointer(f: FunctionText, x: Matrix) -> str:
    for v, _ in x.index.dynamic:
        evaluate(f, v)
    return memory.address(f, x.buffer, x.index).base


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
