"""More ops for random programs: lengths around the thresholds of the scheduler, many axes, ties, loops in loops."""

from __future__ import annotations

import numpy as np

from tests.compiler.fuzz_ops import move, op
from tests.compiler.fuzz_pool import ODD, Pool, Unfit

__all__ = ["LENGTHS"]

# Around schedule.py's SHORT and STRAIGHT = 8, LONG and SCALARS = 64 (and 4 more), and the width of vectors.
LENGTHS = (1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 67, 68, 69, 100, 130)
WIDTHS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def part_of(p: Pool, n: int) -> str:
    """Some slice of an axis, not empty if the axis is not."""
    step = p.one_of(1, 1, 2, 3, -1, -2, 5)
    low, high = sorted((p.integer(0, max(n - 1, 0)), p.integer(0, max(n - 1, 0))))
    if step > 0:
        return f"{low}:{high + 1}:{step}"
    return f"{high}:{low - 1 if low else ''}:{step}"


@op
def longer(p: Pool) -> list[str]:
    """An array of a length where the scheduler changes its mind, from a short one."""
    x, n = p.floating(), p.one_of(*LENGTHS)
    m = p.one_of(1, 2, 3, 9)
    wide = p.one_of(f"np.arange({n}.0)", f"np.arange({n}.0)[:, None] + np.arange({m})", f"np.ones(({m}, {n}))")
    return [f"out = np.sin({wide} * 0.7 + np.sum({x}))"]


@op
def longer_by_rows(p: Pool) -> list[str]:
    x, n = p.pick(lambda v: v.ndim == 1 and v.dtype.kind == "f"), p.one_of(*LENGTHS)
    return [f"out = {x} * np.cos(np.arange({n}.0))[:, None]"]


@move
def stepped(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0)
    keys = [part_of(p, n) for n in np.shape(p.values[x])]
    return [f"out = {x}[{', '.join(keys)}]"]


@move
def spread(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim < 3)
    shape = np.shape(p.values[x])
    return [f"out = np.broadcast_to({x}, {(p.integer(1, 3), *shape)})"]


@move
def merged(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2)
    order = list(range(np.ndim(p.values[x])))
    turned = [order.pop(p.integer(0, len(order) - 1)) for _ in range(len(order))]
    return [f"out = np.transpose({x}, {turned}).reshape({p.one_of('-1', '(-1, 1)', '(1, -1)', '(-1, 3)')})"]


@op
def over_several_axes(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2 and v.dtype.kind == "f")
    first = p.axis(x) % np.ndim(p.values[x])
    second = p.axis(x) % np.ndim(p.values[x])
    if first == second:
        raise Unfit
    f, keep = p.one_of("sum", "mean", "prod", "sum"), p.one_of(True, False)
    return [f"out = np.{f}({x}, axis=({first}, {second}), keepdims={keep})"]


@op
def running_back(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind in "fi")
    axis = p.axis(x)
    return [f"out = np.flip(np.cumsum(np.flip({x}, {axis}), axis={axis}), {axis})"]


@op
def first_of_ties(p: Pool) -> list[str]:
    x = p.real(among=p.exact)
    values = p.one_of(f"np.rint({x} * 2)", f"({x} > {ODD})", f"np.abs(np.rint({x}))", f"({x} * 0)")
    return [f"out = np.{p.one_of('argmax', 'argmin')}({values}, axis={p.one_of('None', p.axis(x))})"]


@op
def wrapping(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.dtype.kind in "iub")
    width, n = p.one_of(*WIDTHS), p.one_of(1, 3, 77, 100)
    how = p.one_of("y * y", "y + y", "y << 1", "y >> 1", "~y", "-y", "y // 3", "y % 5", "np.maximum(y, 1)", "abs(y)")
    return [f"y = ({x} * np.int32({n})).astype(np.{width})", f"out = {how}"]


@op
def of_two_widths(p: Pool) -> list[str]:
    want = lambda v: v.dtype.kind in "iu"
    x, y = p.pick(want), p.pick(want)
    how = p.one_of("a + b", "a * b", "a < b", "np.maximum(a, b)", "a | b", "a / (abs(b) + 1)")
    return [
        f"a, b = {x}.astype(np.{p.one_of(*WIDTHS)}), {y}.astype(np.{p.one_of(*WIDTHS)})",
        f"out = {how}",
    ]


@move
def places(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2 and v.shape[0] > 1 and v.shape[1] > 1)
    key = p.one_of("[0, -1, 1, 0], [1, 0, -1, 0]", "[[0], [-1]], [1, 0, 0]", ":, [-1, 0, -1]", "np.array([1, -2]), 0")
    return [f"out = {x}[{key}]"]


@op
def places_that_are_computed(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and len(v) > 0)
    i, n = p.pick(lambda v: v.dtype.kind in "iu" and v.size > 0), len(p.values[x])
    return [f"k = {i}.astype(np.int64) % {2 * n} - {n}", f"out = {x}[k]"]


@op
def sums_in_places(p: Pool) -> list[str]:
    x, n = p.floating(), p.one_of(1, 2, 5, 9, 70)
    return [
        f"flat = np.ravel({x})",
        f"k = np.arange(len(flat)) * 7 % {2 * n} - {n}",
        f"out = np.zeros({n}, like=flat)",
        p.one_of("np.add.at(out, k, flat)", f"out[k] = np.sum({x})", f"out[k] += np.sum({x})"),
    ]


@move
def many_joined(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0)
    y = p.pick(lambda v: v.shape == np.shape(p.values[x]))
    parts = [p.one_of(x, y, f"{x}[1:]", f"{y}[::-1]", f"{x}[:0]", f"{y}[-1:]") for _ in range(p.integer(3, 8))]
    return [f"out = np.concatenate([{', '.join(parts)}])"]


@move
def stacked(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.size > 0)
    y = p.pick(lambda v: v.shape == np.shape(p.values[x]))
    parts = [p.one_of(x, y) for _ in range(p.integer(2, 6))]
    return [f"out = np.stack([{', '.join(parts)}], axis={p.integer(0, np.ndim(p.values[x]))})"]


@move
def framed(p: Pool) -> list[str]:
    x = p.pick(lambda v: 0 < v.ndim < 4)
    widths = [(p.integer(0, 3), p.integer(0, 3)) for _ in range(np.ndim(p.values[x]))]
    return [f"out = np.pad({x}, {widths})"]


@move
def turned(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2)
    return [f"out = np.roll({x}, ({p.integer(-4, 4)}, {p.integer(-4, 4)}), axis=({p.axis(x)}, {p.axis(x)}))"]


@op
def sum_of_products(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim == 2 and v.dtype.kind == "f")
    n, m = np.shape(p.values[x])
    rule = p.one_of("ij,kj,kl->il", "ij,ij,ij->j", "ij,ik,il->jkl", "ij,kj->", "ij->ji", "ij,j->i", "ij,i,j->")
    operands = {"ij,j->i": f"{x}, {x}[0]", "ij,i,j->": f"{x}, {x}[:, 0], {x}[0]", "ij->ji": x, "ij,kj->": f"{x}, {x}"}
    if n == 0 or m == 0 or n * m > 400:
        raise Unfit
    return [f"out = 0.1 * np.einsum('{rule}', {operands.get(rule, f'{x}, {x}, {x}')})"]


@op
def batched_product(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2 and v.dtype.kind == "f")
    y = p.one_of(f"np.swapaxes({x}, -1, -2)", f"np.ones(({np.shape(p.values[x])[-1]}, 3))", f"{x}[..., 0, :]")
    return [f"out = 0.1 * ({x} @ {y})"]


# --- loops in loops ---------------------------------------------------------------------------------------


def states(p: Pool) -> tuple[str, int]:
    """A vector of some length, from what there is."""
    n = p.one_of(*LENGTHS[:15])
    return f"np.cos(np.arange({n}.0) + np.sum({p.floating()}))", n


@op
def loop_in_loop(p: Pool) -> list[str]:
    s, n = states(p)
    body = p.one_of("np.sin(s) * 0.9", "np.roll(s, 1) * 0.9", "s - 0.1 * np.sum(s)", "np.cumsum(s) * 0.1", "s[::-1]")
    inner = p.one_of(
        f"wg.fori_loop(0, 3, lambda j, s: {body} * (i + j), s)",
        f"wg.while_loop(lambda s: np.sum(s * s) > {n * 0.3 + ODD}, lambda s: s * 0.7, {body})",
        "wg.cond(np.sum(s) > 0.1234, lambda s: s * 0.5, lambda s: np.sin(s), s)",
        "wg.scan(lambda c, x: (np.sin(c + x), c * x), np.sum(s), s)[1]",
    )
    return [f"out = wg.fori_loop(0, {p.integer(0, 3)}, lambda i, s: {inner}, {s})"]


@op
def scan_of_vectors(p: Pool) -> list[str]:
    s, n = states(p)
    rows, way = p.one_of(0, 1, 2, 7, 65), p.one_of(True, False)
    step = p.one_of("np.sin(c + x)", "np.roll(c, 1) * 0.9 + x", "c * 0.5 + x[::-1]", "np.where(x > 0.1234, c, x)")
    given = p.one_of("c * x", "np.sum(c)", "x", f"c[{n - 1}] * 2.0")
    return [
        f"rows = np.sin(np.arange({rows * n}.0).reshape({rows}, {n}) + np.sum({p.floating()}))",
        f"out = wg.scan(lambda c, x: ({step}, {given}), {s}, rows, reverse={way})[{p.integer(0, 1)}]",
    ]


@op
def scan_of_pairs(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f")
    body = "lambda c, x: ((c[1] + np.sum(x) * 0.1, np.tanh(c[0]), c[2] + 1), (c[0] * c[1], x * c[2]))"
    pick = p.one_of("[0][0]", "[0][1]", "[1][0]", "[1][1]")
    return [
        f"out = wg.scan({body}, (np.float64(0.3), np.sum({x}) * 1.0, 0), {x}, reverse={p.one_of(True, False)}){pick}"
    ]


@op
def branch_in_scan(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f")
    body = "lambda c, x: (wg.cond(np.sum(x) > 0.1234, lambda c: c * 0.5, lambda c: np.sin(c) + np.sum(x), c), c)"
    return [f"out = wg.scan({body}, np.sum({x}) * 1.0, {x})[{p.integer(0, 1)}]"]


@op
def steps_in_python(p: Pool) -> list[str]:
    """A loop that is rolled up again."""
    s, _ = states(p)
    step = p.one_of(
        "out + 0.1 * np.sin(out)", "np.roll(out, 1) * 0.9", "out * 0.9 + out[0]", "np.where(out > 0.1234, out, -out)"
    )
    return [f"out = {s}", f"for k in range({p.one_of(1, 7, 20, 40)}): out = {step}"]
