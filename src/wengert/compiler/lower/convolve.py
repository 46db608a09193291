"""Convolution as products of matrices, without copying windows.

For each entry k of the kernel, the places that it is multiplied with lie side by side already, in rows as long as those
of the padded image:

    padded image, 4 × 5       kernel entry (0, 0)      kernel entry (1, 2)
      a b c d e                 a b c d e f g h          h i j k l m n o
      f g h i j
      k l m n o                 result rows, 2 × 5:  y00 y01 y02 ··· ···      the last two of a row are nobody's
      p q r s t                                      y10 y11 y12

So y = Σ_k w[:, :, k] · x[:, a_k : a_k + L], where the matrices of x are parts of the padded images that overlap, and
the products are added up in place. Strides divide the image into phases first, x[s q + r] = x_r[q], which each are such
an image. With few channels these products would be thin; then windows are copied after all, as columns of one matrix.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Block, Buffer, For, Gemm, Index, Matrix, Store, Value, Var
from wengert.compiler.lower.linalg import product
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, linear, size_of
from wengert.compiler.lower.reduce import reduction
from wengert.compiler.lower.shape import moved
from wengert.compiler.lower.table import lowering
from wengert.compiler.lower.windows import Windows, inside, reshaped, returned

__all__: list[str] = []

_THIN = 8  # channels, below which windows are copied
_MANY = 128  # entries of a kernel, each of which is a statement; larger kernels are NumPy's
_FEW = 512  # multiplications per group and image that are left to loops
_APART = 32  # numbers of the kernels of a group that are sums of their own


class Sweep(NamedTuple):
    """One product: the place of its matrix in an image of a group, the step between its rows, and in a kernel."""

    image: int
    row: int
    kernel: int
    step: int


class Form:
    """Shapes of a convolution, and how it is made of products.

    x: (N, G C, *n), w: (G O, C, *k), y: (N, G O, *p). The images of x are kept in `kept`: as they are, padded and in
    phases; or as columns. The results are kept in rows of `wide` instead of p entries.
    """

    def __init__(self, x: Sequence[int], w: Sequence[int], y: Sequence[int], params: Any, columns: bool) -> None:
        self.groups: int = params["groups"]
        self.images, self.channels, self.results = x[0], w[1], w[0] // self.groups
        self.length, self.kernel, self.count = tuple(x[2:]), tuple(w[2:]), tuple(y[2:])
        self.stride, self.dilation, self.low = params["stride"], params["dilation"], params["low"]
        self.entries = list(itertools.product(*[range(k) for k in self.kernel]))
        self.windows = Windows({**params, "kernel": self.kernel, "size": self.count})
        self.by_columns = columns and self.channels < _THIN and len(self.entries) > 1
        terms = self.results * len(self.entries)
        work = self.channels * terms * size_of(self.count)
        self.small = (work < _FEW and terms < _FEW // 8) or self.channels == self.results == 1
        places = [[divmod(d * k, s) for k in range(n)] for n, d, s in self._axes()]
        self.phases = [sorted({r for _, r in axis}) for axis in places]
        self.rows = tuple([p + max(q for q, _ in axis) for p, axis in zip(self.count, places, strict=True)])
        self.wide = self.count if self.by_columns else (self.count[0], *self.rows[1:])
        self.span = linear(tuple([Index(p - 1) for p in self.count]), self.wide).const + 1
        self.plane = size_of([len(axis) for axis in self.phases]) * size_of(self.rows)
        self.kept_each = size_of(self.kernel) * size_of(self.count) if self.by_columns else self.plane

    def _axes(self) -> Any:
        return zip(self.kernel, self.dilation, self.stride, strict=True)

    def sweeps(self) -> list[Sweep]:
        """The products that make up the sum."""
        entries = len(self.entries)
        if self.by_columns:
            return [Sweep(0, size_of(self.count), 0, 1)]
        out = []
        for number, k in enumerate(self.entries):
            places = [divmod(d * i, s) for i, (_, d, s) in zip(k, self._axes(), strict=True)]
            phase = linear(
                tuple([Index(axis.index(r)) for (_, r), axis in zip(places, self.phases, strict=True)]),
                [len(axis) for axis in self.phases],
            )
            at = linear(tuple([Index(q) for q, _ in places]), self.rows)
            out.append(Sweep(phase.const * size_of(self.rows) + at.const, self.plane, number, entries))
        return out

    @property
    def depth(self) -> int:
        """The rows of the matrix of an image in one product."""
        return self.channels * len(self.entries) if self.by_columns else self.channels

    # --- x, kept ------------------------------------------------------------------------------------------------

    def kept(self, x: Node) -> Node:
        """The images as the products want them. Columns, which are many, are made anew when they are needed again."""
        if self.by_columns:
            shape = (*x.shape[:2], *self.kernel, *self.count)
            node = self.windows.patches(x, shape)
            node.late = True
        elif self.phases == [[0]] * len(self.phases) and set(self.stride) == {1} and self._fits():
            node = x
        else:
            key = (self.stride, self.low, self.rows, *map(tuple, self.phases))
            node = x.forms.get(key) or x.forms.setdefault(key, self._padded(x))
        node.forced = True
        return node

    def _fits(self) -> bool:
        return not any(self.low) and self.rows == self.length

    def _padded(self, x: Node) -> Node:
        d = len(self.kernel)
        counts = tuple([len(axis) for axis in self.phases])

        def rule(b: Builder, place: Place) -> Access:
            outer, phase, q = place[:2], place[2 : 2 + d], place[2 + d :]
            at = tuple([
                i * s + _number(b, r, axis) + -low
                for i, s, r, axis, low in zip(q, self.stride, phase, self.phases, self.low, strict=True)
            ])  # fmt: skip
            holds = inside(b, at, self.length)
            v = yield x, (*outer, *at), holds
            return b.select(holds, v, b.const(0, x.code))

        return as_map((*x.shape[:2], *counts, *self.rows), x.code, [x], rule, 1.0)

    # --- y, in rows that are too long --------------------------------------------------------------------------

    def widened(self, y: Node) -> Node:
        """The results with zeros behind each row."""
        node = y.forms.get(self.wide, y)
        if node is y and self.wide != self.count:

            def rule(b: Builder, place: Place) -> Access:
                holds = inside(b, place[2:], self.count)
                v = yield y, place, holds
                return b.select(holds, v, b.const(0, y.code))

            node = y.forms[self.wide] = as_map((*y.shape[:2], *self.wide), y.code, [y], rule, 1.0)
        node.forced = True
        return node

    # --- the matrices of one image and group --------------------------------------------------------------------

    def x_matrix(self, buffer: Buffer, n: Index, g: Index, sweep: Sweep) -> Matrix:
        """(depth, span)."""
        each = self.channels * self.kept_each
        return Matrix(buffer, n * (self.groups * each) + g * each + sweep.image, sweep.row, 1)

    def y_matrix(self, buffer: Buffer, n: Index, g: Index) -> Matrix:
        """(results, span)."""
        each = self.results * size_of(self.wide)
        return Matrix(buffer, n * (self.groups * each) + g * each, size_of(self.wide), 1)

    def w_matrix(self, buffer: Buffer, g: Index, sweep: Sweep) -> Matrix:
        """(results, depth)."""
        row = self.channels * len(self.entries)
        return Matrix(buffer, g * (self.results * row) + sweep.kernel, row, sweep.step)


def _number(b: Builder, phase: Index, axis: list[int]) -> Index:
    """The remainder that a phase has."""
    if phase.number is not None:
        return Index(axis[phase.number])
    if axis == list(range(len(axis))):
        return phase
    out = b.const(axis[0], "i64")
    for n, r in enumerate(axis[1:], 1):
        out = b.select(b("eq", b.index(phase), b.const(n, "i64")), b.const(r, "i64"), out)
    return Index(0, (), ((out, 1),))


def _turned(x: Matrix) -> Matrix:
    return Matrix(x.buffer, x.index, x.column, x.row)


def _loop(extent: int, block: Block, parallel: bool) -> tuple[Index, Block]:
    """The index and the body of a loop, which for one round is none."""
    if extent == 1:
        return Index(), block
    loop = For(Var(0, extent), [], parallel=parallel)
    block.append(loop)
    return Index(0, ((loop.var, 1),)), loop.body


def _zeros(b: Builder, block: Block, buffer: Buffer, start: Index, count: int) -> None:
    loop = For(Var(0, count), [], parallel=True, vector=True)
    zero: Value = b.const(0, buffer.code)
    loop.body.append(Store(buffer, start + Index(0, ((loop.var, 1),)), zero))
    block.append(loop)


def _step(shape: tuple[int, ...], args: list[Node], emit: Any) -> Node:
    return Node("product", shape, args[0].code, args, emit=emit)


def _form(x: Any, w: Any, y: Any, params: Any, args: list[Node], columns: bool = True) -> Form | None:
    """The shapes, if native code has a way to compute with them."""
    floats = all([a.code == args[0].code and a.code in ("f32", "f64") for a in args])
    if not floats or 0 in (*x, *w, *y) or size_of(w[2:]) > _MANY or min(params["low"]) < 0:
        return None
    return Form(x, w, y, params, columns)


# --- the three rows ---------------------------------------------------------------------------------------------


@lowering("convolution")
def convolution(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """y = Σ_k w_k x_k."""
    (x, w), (spec,) = args, specs
    form = _form(x.shape, w.shape, spec.shape, params, args)
    if form is None:
        return None
    if form.small:
        return _by_loops(form, "xw", x, w, spec.shape)
    kept, w.forced = form.kept(x), True

    def emit(scheduler: Any, step: Node, out: Block) -> None:
        n, body = _loop(form.images, out, True)
        g, body = _loop(form.groups, body, True)
        y = form.y_matrix(step.stored, n, g)  # type: ignore[arg-type]
        for number, sweep in enumerate(form.sweeps()):
            left, right = form.w_matrix(_buffer(w), g, sweep), form.x_matrix(_buffer(kept), n, g, sweep)
            body.append(Gemm(form.results, form.span, form.depth, left, right, y, add=number > 0))

    wide = _step((*spec.shape[:2], *form.wide), [kept, w], emit)
    return wide if form.wide == form.count else moved(wide, spec.shape, lambda b, place: place)


@lowering("convolution_input")
def convolution_input(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """x_k += w_kᵀ y, where the x_k overlap."""
    (y, w), (spec,) = args, specs
    form = _form(spec.shape, w.shape, y.shape, params, args, columns=False)
    if form is None:
        return None
    if form.small:
        return _by_loops(form, "yw", y, w, spec.shape)
    wide, w.forced = form.widened(y), True
    each = form.channels * form.kept_each

    def emit(scheduler: Any, step: Node, out: Block) -> None:
        n, body = _loop(form.images, out, True)
        g, body = _loop(form.groups, body, True)
        _zeros(scheduler.b, body, _buffer(step), n * (form.groups * each) + g * each, each)
        right = form.y_matrix(_buffer(wide), n, g)
        for sweep in form.sweeps():
            left = _turned(form.w_matrix(_buffer(w), g, sweep))
            x = form.x_matrix(_buffer(step), n, g, sweep)
            body.append(Gemm(form.depth, form.span, form.results, left, right, x, add=True))

    counts = [len(axis) for axis in form.phases]
    return _from_phases(_step((*spec.shape[:2], *counts, *form.rows), [wide, w], emit), form, spec.shape)


@lowering("convolution_weight")
def convolution_weight(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """w_k = Σ_n y x_kᵀ, or its transpose if that has longer rows."""
    (x, y), (spec,) = args, specs
    form = _form(x.shape, spec.shape, y.shape, params, args)
    if form is None:
        return None
    if form.small:
        return _by_loops(form, "xy", x, y, spec.shape)
    kept, wide = form.kept(x), form.widened(y)
    sweeps, depth, results = form.sweeps(), form.depth, form.results
    by_results = results > depth
    each = depth * results

    def emit(scheduler: Any, step: Node, out: Block) -> None:
        _zeros(scheduler.b, out, _buffer(step), Index(), len(sweeps) * form.groups * each)
        n, body = _loop(form.images, out, False)
        g, body = _loop(form.groups, body, True)
        left = form.y_matrix(_buffer(wide), n, g)
        for number, sweep in enumerate(sweeps):
            right = form.x_matrix(_buffer(kept), n, g, sweep)
            at = g * each + number * form.groups * each
            if by_results:
                w = Matrix(_buffer(step), at, results, 1)
                body.append(Gemm(depth, results, form.span, right, _turned(left), w, add=True))
            else:
                w = Matrix(_buffer(step), at, depth, 1)
                body.append(Gemm(results, depth, form.span, left, _turned(right), w, add=True))

    rows = (depth, results) if by_results else (results, depth)
    found = _step((len(sweeps), form.groups, *rows), [wide, kept], emit)

    def where(b: Builder, place: Place) -> Place:
        g, o, c, k = place[0], place[1], place[2], linear(place[3:], form.kernel)
        if form.by_columns:
            return (Index(), g, *((c * len(form.entries) + k, o) if by_results else (o, c * len(form.entries) + k)))
        return (k, g, *((c, o) if by_results else (o, c)))

    shape = (form.groups, results, form.channels, *form.kernel)
    return reshaped(moved(found, shape, where), spec.shape)


def _buffer(node: Node) -> Buffer:
    assert node.stored is not None
    return node.stored


def _from_phases(x: Node, form: Form, shape: tuple[int, ...]) -> Node:
    """The images of which these are the phases; where there is none, or beyond its end, zeros."""
    lead = 2
    rows = [-(-(n + low) // s) for n, low, s in zip(form.length, form.low, form.stride, strict=True)]

    def rule(b: Builder, place: Place) -> Access:
        q, r = place[lead::2], place[lead + 1 :: 2]
        tests, phases = [inside(b, q, form.rows)], []
        for i, axis in zip(r, form.phases, strict=True):
            known = i.number if i.number is not None else None
            if axis == list(range(len(axis))):
                tests.append(b("lt", b.index(i), b.const(len(axis), "i64")))
                phases.append(i)
            elif known is not None:
                tests.append(b.const(known in axis, "b1"))
                phases.append(Index(axis.index(known) if known in axis else 0))
            else:
                number, holds = b.const(0, "i64"), b.const(False, "b1")
                for n, own in enumerate(axis):
                    mine = b("eq", b.index(i), b.const(own, "i64"))
                    number, holds = b.select(mine, b.const(n, "i64"), number), b("or", holds, mine)
                tests.append(holds)
                phases.append(Index(0, (), ((number, 1),)))
        holds = b.all(*tests) or b.const(True, "b1")
        v = yield x, (*place[:lead], *phases, *q), holds
        return b.select(holds, v, b.const(0, x.code))

    split = [axis for n, s in zip(rows, form.stride, strict=True) for axis in (n, s)]
    parts = as_map((*shape[:lead], *split), x.code, [x], rule, 2.0)
    parts.forced = any(s > 1 for s in form.stride)
    whole = tuple([n * s for n, s in zip(rows, form.stride, strict=True)])
    joined = reshaped(parts, (*shape[:lead], *whole))
    low = (0,) * lead + tuple(form.low)
    return moved(joined, shape, lambda b, place: tuple([i + a for i, a in zip(place, low, strict=True)]))


# --- small ones, and those of single channels -------------------------------------------------------------------


def _by_loops(form: Form, kinds: str, first: Node, second: Node, shape: tuple[int, ...]) -> Node:
    """A sum over the windows that fuses with what is around it."""
    for x in (first, second):
        x.forced = x.forced or (x.kind == "map" and x.cost > 0)
    if kinds == "yw":
        return _spread(form, first, second, shape)
    if kinds == "xy" and form.channels * form.results * len(form.entries) <= _APART:
        return _numbers(form, first, second, shape)
    d = len(form.kernel)
    k, p = [f"k{a}" for a in range(d)], [f"p{a}" for a in range(d)]
    labels = {"x": ["n", "g", "c", *k, *p], "w": ["g", "o", "c", *k], "y": ["n", "g", "o", *p]}
    extents = dict(zip("ngoc", (form.images, form.groups, form.results, form.channels), strict=True))
    extents |= dict(zip(k, form.kernel, strict=True)) | dict(zip(p, form.count, strict=True))
    parts = []
    for kind, x in zip(kinds, (first, second), strict=True):
        if kind == "x":
            x = form.windows.patches(x, (*x.shape[:2], *form.kernel, *form.count))
        parts.append(reshaped(x, tuple([extents[c] for c in labels[kind]])))
    missing = "y" if kinds == "xw" else "w"
    out = product(parts, [tuple(labels[kind]) for kind in kinds], tuple(labels[missing]), extents, first.code)
    return reshaped(out, shape)


def _numbers(form: Form, x: Node, y: Node, shape: tuple[int, ...]) -> Node:
    """Few numbers per kernel: a sum for each, so that one loop has all of them in registers."""
    x = reshaped(x, (form.images, form.groups, form.channels, *form.length))
    y = reshaped(y, (form.images, form.groups, form.results, *form.count))

    def number(o: int, c: int, k: tuple[int, ...]) -> Node:
        def rule(b: Builder, place: Place) -> Access:
            n, g, p = place[0], place[1], place[2:]
            left = yield from form.windows.entry(x, (n, g, Index(c), *p), k, b, 0)
            right = yield y, (n, g, Index(o), *p)
            return b("mul", left, right)

        of_image = Node("reduce", (form.images, form.groups), x.code, (x, y), rule=rule, inner=form.count, op="add",
                        init=0, cost=2.0)  # fmt: skip
        return reduction("add", of_image, (0,), x.code, lambda b, v: v)

    each = list(itertools.product(range(form.results), range(form.channels), form.entries))
    numbers = [number(*which) for which in each]

    def rule(b: Builder, place: Place) -> Access:
        at = linear(place[1:], shape_of_one)
        total = b.const(0, x.code)
        for n, one in enumerate(numbers):
            mine = b("eq", b.index(at), b.const(n, "i64"))
            if not (mine.op == "const" and not mine.attr):
                v = yield one, (place[0],), mine
                total = b.select(mine, v, total)
        return total

    shape_of_one = (form.results, form.channels, *form.kernel)
    return reshaped(as_map((form.groups, *shape_of_one), x.code, numbers, rule, float(len(numbers))), shape)


def _spread(form: Form, y: Node, w: Node, shape: tuple[int, ...]) -> Node:
    """x[i] = Σ w[o, c, k] y[o, p] over the results and over the windows p of which i is entry k."""
    whole = (shape[0], form.groups, form.channels, *shape[2:])
    y = reshaped(y, (shape[0], form.groups, form.results, *form.count))
    w = reshaped(w, (form.groups, form.results, form.channels, *form.kernel))

    def ask(b: Builder, lead: Place, window: Place, k: int, holds: Value) -> Any:
        n, g, c = lead
        total: Any = None
        for o in map(Index, range(form.results)):
            left = yield y, (n, g, o, *window), holds
            right = yield w, (g, o, c, *map(Index, form.entries[k])), holds
            term = b("mul", left, right)
            total = term if total is None else b("add", total, term)
        return total

    return reshaped(returned([y, w], whole, y.code, form.windows, form.count, ask), shape)
