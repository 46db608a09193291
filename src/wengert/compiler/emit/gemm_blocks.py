"""Large products in blocks that fit the caches.

              n                        k is cut into layers; of a layer,
       ┌───┬───┬───┬─┐                 a panel of b      depth × 2 vectors     stays in the first cache,
     k │ p │   │   │ │  b              a block of a      tiles × depth         in the second,
       ├───┼───┼───┼─┤                 a block of b      depth × panels        in the third.
       └───┴───┴───┴─┘
    ┌─────┐ ┌───┬───┬───┬─┐            for layer of k:
    │ t   │ │   │   │   │ │              for block of panels p:      pack them, side by side
  m ├─────┤ ├───┼───┼───┼─┤  c             for block of tiles t:     pack them, if that pays
    │     │ │   │   │   │ │                  for panel p:
    └─────┘ └───┴───┴───┴─┘                    for tile t: micro-kernel
       a

So do K. Goto and R. van de Geijn (Anatomy of High-Performance Matrix Multiplication, 2008) and F. van Zee and R. van de
Geijn (BLIS: A Framework for Rapidly Instantiating BLAS Functionality, 2015). All sizes are known when this is written,
so rows are shared out evenly: tiles have `rows` rows, or one less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wengert.compiler.emit.gemm_pack import Panel, deep, pack, pitch
from wengert.compiler.emit.gemm_text import Body, lanes_of
from wengert.compiler.emit.gemm_tile import VECTORS, Tile, rows_of_tile, tile
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import BYTES
from wengert.compiler.loops import Gemm, Matrix

__all__ = ["Blocks", "Shape", "by_rows", "for_kernels", "product", "shape_of"]

_SMALL = 100  # multiplications; below, a micro-kernel takes longer to compile than it can save
_PANEL = 32 << 10  # bytes of a panel of b, for the first cache
_BLOCK = 256 << 10  # bytes of a block of a, for the second
_WIDE = 2 << 20  # bytes of a block of b, for the third
_PASS = 4  # panels of b for which a is read once more, where it is too large for the second cache
_UNLUCKY = 4096  # bytes; entries that far apart share few places of a cache
_OFTEN, _NEAR = 20, 128 << 10  # tiles for which b is read, and its bytes, from which on it is packed


class Shape(NamedTuple):
    """A product, but for where its matrices are. Rows of a matrix, and its columns, are equally far apart.

    The columns of c lie side by side.
    """

    code: str
    m: int
    n: int
    k: int
    a_row: int
    a_column: int
    b_row: int
    b_column: int
    c_row: int
    add: bool


def shape_of(s: Gemm) -> Shape:
    """The shape of a product."""
    return Shape(s.c.buffer.code, s.m, s.n, s.k, s.a.row, s.a.column, s.b.row, s.b.column, s.c.row, s.add)


def by_rows(s: Gemm) -> Gemm:
    """The same product with the rows of c side by side: cᵀ = bᵀ aᵀ."""
    if s.c.column != 1 and s.c.row == 1:
        return Gemm(s.n, s.m, s.k, _transposed(s.b), _transposed(s.a), _transposed(s.c), s.add)
    return s


def _transposed(x: Matrix) -> Matrix:
    return Matrix(x.buffer, x.index, x.column, x.row)


def for_kernels(s: Gemm) -> bool:
    """Whether micro-kernels can do it, and it is worth one."""
    code = s.c.buffer.code
    floats = all([x.buffer.code == code for x in (s.a, s.b)]) and code in ("f64", "f32")
    return floats and s.m * s.n * s.k > _SMALL and s.c.column == 1


class Blocks:
    """How a product is cut."""

    def __init__(self, module: ModuleText, s: Shape) -> None:
        self.lanes = lanes_of(module, s.code)
        size = BYTES[s.code]
        self.width = VECTORS * self.lanes
        self.rows = _rows(s.m, rows_of_tile(module))
        self.tiles = -(-s.m // self.rows)
        self.tall = s.m - (self.rows - 1) * self.tiles  # tiles that have that many rows; the others have one less
        self.full, self.rest = divmod(s.n, self.width)  # panels of whole vectors, and columns that are left
        self.panels = self.full + (self.rest > 0)
        layers = max(round(s.k * self.width * size / _PANEL), 1)
        self.depth = -(-s.k // layers)
        self.a_room = deep(self.depth) * pitch(self.rows, self.lanes)  # numbers of a panel
        self.b_room = deep(self.depth) * self.width
        self.pack_a = self._pays_a(s, size)
        self.pack_b = self._pays_b(s, size)
        self.tiles_at_once = max(_BLOCK // (self.a_room * size), 1)
        self.panels_at_once = self._panels_at_once(s, size)

    def _pays_a(self, s: Shape, size: int) -> bool:
        """Where entries are far apart, or by a distance that sends them all to few places of the caches."""
        far = 1 not in (s.a_row, s.a_column) or max(abs(s.a_row), abs(s.a_column)) * size % _UNLUCKY == 0
        return far and self.panels >= 6

    def _pays_b(self, s: Shape, size: int) -> bool:
        """Where columns are not side by side; otherwise if it is read often, and not from the first cache."""
        return s.b_column != 1 or (self.tiles >= _OFTEN and s.k * s.n * size >= _NEAR)

    def _panels_at_once(self, s: Shape, size: int) -> int:
        """Few, so that they need little memory, but where a would be packed anew for each block of them."""
        if self.pack_a:
            return max(_WIDE // (self.b_room * size), 1)
        return 1 if s.m * self.depth * size <= 2 * _BLOCK else _PASS

    def room(self, tiles: int, panels: int) -> int:
        """The scratch memory for a product of that many tiles and panels, in numbers."""
        a = min(self.tiles_at_once, tiles) * self.a_room if self.pack_a else 0
        return a + (min(self.panels_at_once, panels) * self.b_room if self.pack_b else 0)


def _rows(m: int, most: int) -> int:
    """The rows of a tile: a divisor, so that one micro-kernel is enough, or as even a number as possible."""
    fair = [r for r in range(most, most // 2, -1) if m % r == 0]
    return fair[0] if fair else -(-m // -(-m // most))


def product(module: ModuleText, s: Shape) -> str:
    """The name of a function of a, b, c, scratch memory, and of the first tile, the last, the first panel, the last."""
    name = f"@product.{'.'.join([str(int(x) if isinstance(x, bool) else x) for x in s])}"
    return module.once(name, lambda: _Writer(module, s, Blocks(module, s)).function(name))


class _Writer:
    """Writes the loops around micro-kernels."""

    def __init__(self, module: ModuleText, s: Shape, blocks: Blocks) -> None:
        self.module, self.s, self.blocks = module, s, blocks
        self.f = Body(module, s.code)
        self.b_scratch = "%scratch"
        self.a_scratch = "%scratch"

    def function(self, name: str) -> str:
        """The whole function."""
        f, blocks = self.f, self.blocks
        if blocks.pack_a and blocks.pack_b:
            count = f.least(f.sub("%p1", "%p0"), blocks.panels_at_once)
            self.a_scratch = f.at("%scratch", f.times(count, blocks.b_room))
        f.cut("0", str(self.s.k), blocks.depth, self.s.k, self._layer)
        return f.function(f"{name}(ptr %a, ptr %b, ptr %c, ptr %scratch, i64 %t0, i64 %t1, i64 %p0, i64 %p1)")

    def _layer(self, l: str, end: str) -> None:
        f, s, blocks = self.f, self.s, self.blocks
        depth = f.sub(end, l)
        add = "true" if s.add else "false" if l == "0" else f.let(f"icmp sgt i64 {l}, 0")
        a, b = f.at("%a", f.times(l, s.a_column)), f.at("%b", f.times(l, s.b_row))

        def panels(first: str, last: str) -> None:
            whole = f.least(last, blocks.full)
            if blocks.pack_b:
                self._panels(first, whole, last, lambda p, width: self._pack_b(b, depth, first, p, width))

            def tiles(top: str, bottom: str) -> None:
                if blocks.pack_a:
                    self._tiles(top, bottom, lambda t, rows: self._pack_a(a, depth, top, t, rows))

                def column(p: str, width: int) -> None:
                    columns = f.times(p, blocks.width)
                    if blocks.pack_b:
                        right = f.at(self.b_scratch, f.times(f.sub(p, first), blocks.b_room))
                    else:
                        right = f.at(b, columns)
                    c = f.at("%c", columns)
                    self._tiles(top, bottom, lambda t, rows: self._tile(a, right, c, depth, add, top, t, rows, width))

                self._panels(first, whole, last, column)

            f.cut("%t0", "%t1", blocks.tiles_at_once, blocks.tiles, tiles)

        f.cut("%p0", "%p1", blocks.panels_at_once, blocks.panels, panels)

    def _panels(self, first: str, whole: str, last: str, act: Callable[[str, int], None]) -> None:
        """Do it with every panel from the first to the last and its width."""
        f, blocks = self.f, self.blocks
        if blocks.full:
            f.loop(first, whole, 1, lambda p: act(p, blocks.width))
        if blocks.rest and not blocks.full:
            act("0", blocks.rest)
        elif blocks.rest:
            f.where(f.let(f"icmp sgt i64 {last}, {blocks.full}"), lambda: act(str(blocks.full), blocks.rest))

    def _tiles(self, top: str, bottom: str, act: Callable[[str, int], None]) -> None:
        """Do it with every tile from top to bottom and its rows."""
        f, blocks = self.f, self.blocks
        if blocks.tall == blocks.tiles:
            f.loop(top, bottom, 1, lambda t: act(t, blocks.rows))
        else:
            f.loop(top, f.least(bottom, blocks.tall), 1, lambda t: act(t, blocks.rows))
            f.loop(f.most(top, blocks.tall), bottom, 1, lambda t: act(t, blocks.rows - 1))

    def _row(self, t: str) -> str:
        """The first row of a tile."""
        f, blocks = self.f, self.blocks
        if blocks.tall == blocks.tiles:
            return f.times(t, blocks.rows)
        return f.add(f.times(t, blocks.rows - 1), f.least(t, blocks.tall))

    def _pack_b(self, b: str, depth: str, first: str, p: str, width: int) -> None:
        f, s, blocks = self.f, self.s, self.blocks
        panel = Panel(s.code, width, _beside(s.b_column, s.b_row))
        source = f.at(b, f.times(p, blocks.width * s.b_column))
        target = f.at(self.b_scratch, f.times(f.sub(p, first), blocks.b_room))
        self._call_pack(panel, depth, source, s.b_column, s.b_row, target)

    def _pack_a(self, a: str, depth: str, top: str, t: str, rows: int) -> None:
        f, s, blocks = self.f, self.s, self.blocks
        panel = Panel(s.code, rows, _beside(s.a_row, s.a_column))
        source = f.at(a, f.times(self._row(t), s.a_row))
        target = f.at(self.a_scratch, f.times(f.sub(t, top), blocks.a_room))
        self._call_pack(panel, depth, source, s.a_row, s.a_column, target)

    def _call_pack(self, panel: Panel, depth: str, source: str, across: int, along: int, target: str) -> None:
        name = self.module.once(panel.name, lambda: pack(self.module, panel))
        self.f.do(f"call void {name}(i64 {depth}, ptr {source}, i64 {across}, i64 {along}, ptr {target})")

    def _tile(self, a: str, right: str, c: str, depth: str, add: str, top: str, t: str, rows: int, width: int) -> None:
        f, s, blocks = self.f, self.s, self.blocks
        row = self._row(t)
        if blocks.pack_a:
            left, a_row, a_step = f.at(self.a_scratch, f.times(f.sub(t, top), blocks.a_room)), 1, pitch(rows, f.lanes)
        else:
            left, a_row, a_step = f.at(a, f.times(row, s.a_row)), s.a_row, s.a_column
        vectors = -(-width // f.lanes)
        kernel = Tile(s.code, rows, vectors, width - (vectors - 1) * f.lanes, a_row, a_step,
                      pitch(width, f.lanes) if blocks.pack_b else s.b_row)  # fmt: skip
        name = self.module.once(kernel.name, lambda: tile(self.module, kernel))
        place = f.at(c, f.times(row, s.c_row))
        f.do(f"call void {name}(i64 {depth}, ptr {left}, ptr {right}, ptr {place}, i64 {s.c_row}, i1 {add})")


def _beside(across: int, along: int) -> str:
    return "across" if across == 1 else "along" if along == 1 else "nothing"
