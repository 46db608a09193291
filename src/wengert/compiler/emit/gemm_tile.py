"""The micro-kernel of a product: one tile of c, which stays in registers for all of k.

                      b, step l      ■■■■■■■■ ■■■■■■■■          two vectors
    a, step l                                                    one number at a time, in all lanes
      ■             c                ████████ ████████
      ■                              ████████ ████████          c[i, j] += a[i, l] b[l, j]
      ■                              ████████ ████████
     ...                                   ...                   as many rows as registers allow

With 32 registers of 512 bits the tile has 14 rows: 28 accumulators, two vectors of b and one number of a. Each step is
28 multiply-adds for 16 loads, so that both multipliers are busy all the time. The last columns are masked.
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.emit.gemm_text import Body, ones
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import mangled

__all__ = ["VECTORS", "Tile", "rows_of_tile", "tile"]

VECTORS = 2  # side by side in a tile


def rows_of_tile(module: ModuleText) -> int:
    """How many rows a tile may have: the accumulators, a step of b and a number of a are to fit into registers."""
    x86 = module.target.triple.startswith("x86_64")
    registers = 32 if module.bytes == 64 or not x86 else 16
    if registers == 32:
        return 14
    return 6 if module.target.fma else 5


class Tile(NamedTuple):
    """What a micro-kernel is written for.

    alive: the lanes of the last vector that are columns. a_row, a_step: how far apart the rows of a are, and its
    columns; b_step: the rows of b, whose columns lie side by side.
    """

    code: str
    rows: int
    vectors: int
    alive: int
    a_row: int
    a_step: int
    b_step: int

    @property
    def name(self) -> str:
        """Its function: of k (at least 1), a, b, c, the step between rows of c, and whether to add to c."""
        numbers = ".".join([str(x) for x in self[1:7]])
        return f"@tile.{self.code}.{numbers}"


def tile(module: ModuleText, t: Tile) -> str:
    """The function of a micro-kernel."""
    f = Body(module, t.code)
    last = ones(f.lanes, t.alive) if t.alive < f.lanes else None
    cells = [(i, j) for i in range(t.rows) for j in range(t.vectors)]

    def mask(j: int) -> str | None:
        return last if j == t.vectors - 1 else None

    row, places = "%c", {}
    for i in range(t.rows):
        row = row if i == 0 else f.at(row, "%c_row")
        for j in range(t.vectors):
            places[i, j] = f.at(row, j * f.lanes)
    f.do("br i1 %add, label %before, label %step")
    f.begin("before")
    old = {(i, j): f.load(places[i, j], mask(j)) for i, j in cells}
    f.do("br label %step")
    f.begin("step")
    start = len(f.lines)
    so_far = {cell: module.name() for cell in cells}
    l, a, b = [module.name() for _ in range(3)]
    right = [f.load(f.at(b, j * f.lanes), mask(j)) for j in range(t.vectors)]
    new = {}
    for i in range(t.rows):
        left = f.everywhere(f.at(a, i * t.a_row))
        for j in range(t.vectors):
            new[i, j] = _multiply_add(f, left, right[j], so_far[i, j])
    next_a, next_b, next_l = f.at(a, t.a_step), f.at(b, t.b_step), f.add(l, 1)
    f.do(f"br i1 {f.let(f'icmp slt i64 {next_l}, %k')}, label %step, label %done")

    def phi(name: str, type_: str, fresh: str, added: str, following: str) -> str:
        return f"  {name} = phi {type_} [ {fresh}, %entry ], [ {added}, %before ], [ {following}, %step ]"

    f.lines[start:start] = [
        phi(l, "i64", "0", "0", next_l), phi(a, "ptr", "%a", "%a", next_a), phi(b, "ptr", "%b", "%b", next_b),
        *[phi(so_far[x], f.vector, "zeroinitializer", old[x], new[x]) for x in cells],
    ]  # fmt: skip
    f.begin("done")
    for i, j in cells:
        f.store(new[i, j], places[i, j], mask(j))
    return f.function(f"{t.name}(i64 %k, ptr %a, ptr %b, ptr %c, i64 %c_row, i1 %add)")


def _multiply_add(f: Body, x: str, y: str, z: str) -> str:
    """x y + z."""
    if f.module.target.fma:
        name = f"llvm.fma.{mangled(f.code, f.lanes)}"
        return f.let(f.module.call(f.vector, name, f"{f.vector} {x}", f"{f.vector} {y}", f"{f.vector} {z}"))
    product = f.let(f"fmul {f.vector} {x}, {y}")
    return f.let(f"fadd {f.vector} {z}, {product}")
