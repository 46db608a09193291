"""Small systems of equations, inverses, determinants and Cholesky factors, for whole batches at once.

Gauss-Jordan elimination with row pivoting, one step after the other. With the augmented matrix M = (A | B), step k
finds the pivot row p ≥ k with the largest |M[p, k]|, exchanges rows k and p, and makes column k a unit vector:

    R[j] = M[p, j]        M'[k, j] = R[j] / R[k]        M'[i, j] = M[i, j] - M[i, k] · R[j] / R[k]     (rows exchanged)

After n steps the right part is A⁻¹B. Inside the loop over a batch these matrices are scalars, in the lanes of vectors.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Index, Value
from wengert.compiler.lower.nodes import Access, Node, Place, as_map
from wengert.compiler.lower.table import lowering

__all__: list[str] = []

SMALL = 64  # entries of the augmented matrix; larger ones are LAPACK's


class Step(NamedTuple):
    """What one step of the elimination found: the pivot's row, and the row itself."""

    pivot: Node
    row: Node


def _stored(shape: tuple[int, ...], code: str, args: list[Node], rule: Any, cost: float) -> Node:
    node = as_map(shape, code, args, rule, cost)
    node.forced = True
    return node


def _equal(b: Builder, i: Index, k: int) -> Value:
    return b("eq", b.index(i), b.const(k, "i64"))


def _eliminated(m: Node, n: int, strict: bool) -> tuple[Node, list[Step]]:
    """The matrix after n steps, and the steps. strict: a pivot of 0 makes the program fail."""
    steps = []
    for k in range(n):
        pivot = _pivot(m, n, k)
        row = _pivot_row(m, pivot, n, k, strict)
        m = _next(m, pivot, row, k)
        steps.append(Step(pivot, row))
    return m, steps


def _pivot(m: Node, n: int, k: int) -> Node:
    def rule(b: Builder, place: Place) -> Access:
        first = yield m, (*place, Index(k), Index(k))
        best, number = b("abs", first), b.const(k, "i64")
        for i in range(k + 1, n):
            v = yield m, (*place, Index(i), Index(k))
            size = b("abs", v)
            ahead = b("gt", size, best)
            best, number = b.select(ahead, size, best), b.select(ahead, b.const(i, "i64"), number)
        return number

    return _stored(m.shape[:-2], "i64", [m], rule, 2.0 * n)


def _pivot_row(m: Node, pivot: Node, n: int, k: int, strict: bool) -> Node:
    def rule(b: Builder, place: Place) -> Access:
        *lead, j = place
        p = yield pivot, tuple(lead)
        out = yield m, (*lead, Index(k), j)
        for i in range(k + 1, n):
            v = yield m, (*lead, Index(i), j)
            out = b.select(b("eq", p, b.const(i, "i64")), v, out)
        elsewhere = b("ne", b.index(j), b.const(k, "i64"))
        if strict and not (elsewhere.op == "const" and elsewhere.attr):
            yield None, b("or", elsewhere, b("ne", out, b.const(0, out.code)))
        return out

    return _stored((*m.shape[:-2], m.shape[-1]), m.code, [m, pivot], rule, float(n))


def _next(m: Node, pivot: Node, row: Node, k: int) -> Node:
    def rule(b: Builder, place: Place) -> Access:
        *lead, i, j = place
        r = yield row, (*lead, j)
        d = yield row, (*lead, Index(k))
        scaled = b("div", r, d)
        mine = _equal(b, i, k)
        if mine.op == "const" and mine.attr:
            return scaled
        p = yield pivot, tuple(lead)
        here = b("eq", b.index(i), p)
        entries = []
        for column in (j, Index(k)):
            above = yield m, (*lead, Index(k), column)
            own = yield m, (*lead, i, column)
            entries.append(b.select(here, above, own))
        return b.select(mine, scaled, b("sub", entries[0], b("mul", entries[1], scaled)))

    return _stored(m.shape, m.code, [m, pivot, row], rule, 8.0)


def _augmented(a: Node, b_: Node | None, n: int) -> Node:
    """(A | B), with the unit matrix for B where there is none."""
    width = n if b_ is None else b_.shape[-1]
    lead = a.shape[:-2] if b_ is None or len(a.shape) >= len(b_.shape) else b_.shape[:-2]

    def rule(b: Builder, place: Place) -> Access:
        *batch, i, j = place
        left = b("lt", b.index(j), b.const(n, "i64"))
        v = yield a, (*_own(batch, a), i, j), left
        if left.op == "const" and left.attr:
            return v
        if b_ is None:
            w = b.cast(b("eq", b.index(i + j * -1), b.const(-n, "i64")), a.code)
        else:
            w = yield b_, (*_own(batch, b_), i, j + -n), b("not", left)
        return b.select(left, v, w)

    return _stored((*lead, n, n + width), a.code, [a] if b_ is None else [a, b_], rule, 2.0)


def _own(batch: list[Index], x: Node) -> list[Index]:
    """The batch indices of an operand that broadcasts."""
    mine = x.shape[:-2]
    return [i if n != 1 else Index() for i, n in zip(batch[len(batch) - len(mine) :], mine, strict=True)]


def _part(m: Node, n: int, width: int) -> Node:
    def rule(b: Builder, place: Place) -> Access:
        v = yield m, (*place[:-1], place[-1] + n)
        return v

    return as_map((*m.shape[:-1], width), m.code, [m], rule)


@lowering("solve")
def solve(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """A⁻¹B."""
    a, b = args
    n, width = a.shape[-1], b.shape[-1]
    if a.code != b.code or a.code[0] != "f" or not 0 < n * (n + width) <= SMALL or len(specs[0].shape) < 2:
        return None
    return _part(_eliminated(_augmented(a, b, n), n, True)[0], n, width)


@lowering("inv")
def inv(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """A⁻¹."""
    (a,) = args
    n = a.shape[-1]
    if a.code[0] != "f" or not 0 < 2 * n * n <= SMALL:
        return None
    return _part(_eliminated(_augmented(a, None, n), n, True)[0], n, n)


def _from_steps(a: Node, combine: Callable[[Builder, list[tuple[Value, Value]]], Value], cost: float) -> Node | None:
    """A number per matrix, from its pivots and whether their rows were exchanged."""
    n = a.shape[-1]
    if a.code[0] != "f" or not 0 < n * n <= SMALL:
        return None
    steps = _eliminated(a, n, False)[1]

    def rule(b: Builder, place: Place) -> Access:
        found = []
        for k, s in enumerate(steps):
            d = yield s.row, (*place, Index(k))
            p = yield s.pivot, place
            found.append((d, b("ne", p, b.const(k, "i64"))))
        return combine(b, found)

    return as_map(a.shape[:-2], a.code, [x for s in steps for x in s], rule, cost)


def _signed(b: Builder, v: Value, exchanged: Value) -> Value:
    return b.select(exchanged, b("neg", v), v)


def _determinant(b: Builder, found: list[tuple[Value, Value]]) -> Value:
    """The product of the pivots; 0 from the first pivot of 0 on, behind which the steps divide by it."""
    zero = b.const(0, found[0][0].code)
    total, gone = b.const(1, zero.code), b.const(False, "b1")
    for d, exchanged in found:
        total = b("mul", total, _signed(b, d, exchanged))
        gone = b("or", gone, b("eq", d, zero))
    return b.select(gone, zero, total)


@lowering("det")
def det(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """The determinant."""
    return _from_steps(args[0], _determinant, 4.0)


@lowering("slogdet")
def slogdet(args: list[Node], params: Any, specs: Any, dtypes: Any) -> tuple[Node, ...] | None:
    """The sign of the determinant, and the logarithm of its size."""

    def sign(b: Builder, found: list[tuple[Value, Value]]) -> Value:
        return b("sign", _determinant(b, [(b("sign", d), e) for d, e in found]))

    def size(b: Builder, found: list[tuple[Value, Value]]) -> Value:
        total, gone = b.const(0, found[0][0].code), b.const(False, "b1")
        for d, _ in found:
            total = b("add", total, b("log", b("abs", d)))
            gone = b("or", gone, b("eq", d, b.const(0, d.code)))
        return b.select(gone, b.const(float("-inf"), total.code), total)

    parts = _from_steps(args[0], sign, 4.0), _from_steps(args[0], size, 60.0)
    return None if parts[0] is None or parts[1] is None else (parts[0], parts[1])


@lowering("cholesky")
def cholesky(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """L with L Lᵀ = A: column k of L is that of what remains, over the root of its diagonal entry.

    S⁰ = A,   L[i, k] = Sᵏ[i, k] / √Sᵏ[k, k],   Sᵏ⁺¹[i, j] = Sᵏ[i, j] - L[i, k] L[j, k]
    """
    (a,) = args
    n = a.shape[-1]
    if a.code[0] != "f" or not 0 < n * n <= SMALL:
        return None
    columns: list[Node] = []
    rest = a
    for k in range(n):
        columns.append(_column(rest, k))
        rest = _remaining(rest, columns[-1])

    def rule(b: Builder, place: Place) -> Access:
        *lead, i, j = place
        out = b.const(0, a.code)
        for k in range(n):
            mine = b.all(_equal(b, j, k), b("ge", b.index(i), b.const(k, "i64"))) or b.const(True, "b1")
            v = yield columns[k], (*lead, i), mine
            out = b.select(mine, v, out)
        return out

    return as_map(a.shape, a.code, columns, rule, float(n))


def _column(rest: Node, k: int) -> Node:
    def rule(b: Builder, place: Place) -> Access:
        *lead, i = place
        d = yield rest, (*lead, Index(k), Index(k))
        if i.number in (None, k):
            yield None, b("gt", d, b.const(0, d.code))
        low = b("ge", b.index(i), b.const(k, "i64"))  # numbers above the diagonal are not looked at
        v = yield rest, (*lead, i, Index(k)), low
        return b("div", v, b("sqrt", d))

    return _stored(rest.shape[:-1], rest.code, [rest], rule, 8.0)


def _remaining(rest: Node, column: Node) -> Node:
    def rule(b: Builder, place: Place) -> Access:
        *lead, i, j = place
        v = yield rest, place
        left = yield column, (*lead, i)
        right = yield column, (*lead, j)
        return b("sub", v, b("mul", left, right))

    return _stored(rest.shape, rest.code, [rest, column], rule, 2.0)


@lowering("cofactors")
def cofactors(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """The matrix of signed minors, for sizes up to 4 by their expansion along rows."""
    (a,) = args
    return None if a.code[0] != "f" else _signed_minors(a, None, 0)


@lowering("minors")
def minors(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """Derivatives of signed minors, for sizes up to 4, which are polynomials, too."""
    a, ts = args
    return None if a.code[0] != "f" or ts.code != a.code else _signed_minors(a, ts, ts.shape[-3])


def _signed_minors(a: Node, ts: Node | None, k: int) -> Node | None:
    n = a.shape[-1]
    if not k < n <= 4:
        return None
    every = tuple(range(n))

    def rule(b: Builder, place: Place) -> Access:
        *lead, i, j = place
        out = None
        for r, c in itertools.product(every, every):
            mine = b.all(_equal(b, i, r), _equal(b, j, c)) or b.const(True, "b1")
            if mine.op == "const" and not mine.attr:
                continue
            rows, columns = tuple(k for k in every if k != r), tuple(k for k in every if k != c)
            v = yield from _minor(b, (a, ts), tuple(lead), rows, columns, tuple(range(k)))
            v = b("neg", v) if (r + c) % 2 else v
            out = v if out is None else b.select(mine, v, out)
        assert out is not None
        return out

    shapes = [a.shape] if ts is None else [a.shape, (*ts.shape[:-3], n, n)]
    args = [a] if ts is None else [a, ts]
    return _stored(np.broadcast_shapes(*shapes), a.code, args, rule, 6.0 * n * (k + 1))


def _within(lead: Place, shape: tuple[int, ...]) -> Place:
    """A place in a stack as one in a stack that broadcasts to it."""
    own = lead[len(lead) - len(shape) :]
    return tuple([Index(0) if size == 1 else i for i, size in zip(own, shape, strict=True)])


def _minor(
    b: Builder, of: tuple[Node, Node | None], lead: Place, rows: tuple[int, ...], columns: tuple[int, ...],
    along: tuple[int, ...],
) -> Access:  # fmt: skip
    """The determinant of some rows and columns, or its derivative along some directions.

    The first row is multiplied by minors of the others: by its own entry, or by that of one of the directions, which is
    then no direction of theirs.
    """
    a, ts = of
    total = b.const(0 if rows else 1, a.code)
    for k, c in enumerate(columns):
        for taken in (None, *along):
            others = tuple(d for d in along if d != taken)
            if len(others) >= len(rows):
                continue
            if taken is None:
                v = yield a, (*_within(lead, a.shape[:-2]), Index(rows[0]), Index(c))
            else:
                assert ts is not None
                v = yield ts, (*_within(lead, ts.shape[:-3]), Index(taken), Index(rows[0]), Index(c))
            if len(rows) > 1:
                rest = yield from _minor(b, of, lead, rows[1:], columns[:k] + columns[k + 1 :], others)
                v = b("mul", v, rest)
            total = b("sub" if k % 2 else "add", total, v)
    return total
