"""The ops that random programs are made of: each draws its operands and gives lines whose last makes `out`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.compiler.fuzz_pool import ODD, Pool

__all__ = ["MOVES", "OPS"]

Op = Callable[[Pool], list[str]]
OPS: dict[str, Op] = {}
MOVES: set[str] = set()  # ops whose results are exact if their operands are


def op(f: Op) -> Op:
    """Enter an op."""
    OPS[f.__name__] = f
    return f


def move(f: Op) -> Op:
    """Enter an op that moves numbers about."""
    MOVES.add(f.__name__)
    return op(f)


@op
def unary(p: Pool) -> list[str]:
    f = p.one_of("sin", "cos", "tanh", "exp", "arctan", "expm1", "square", "negative", "sinh", "arcsinh", "exp2")
    return [f"out = np.{f}({p.pick(lambda v: v.dtype.kind in 'fc')})"]


@op
def unary_of_positive(p: Pool) -> list[str]:
    x = p.floating()
    return [f"out = np.{p.one_of('sqrt', 'log', 'log1p', 'log2', 'log10', 'cbrt', 'reciprocal')}(1 + {x} * {x})"]


@op
def unary_of_fraction(p: Pool) -> list[str]:
    return [f"out = np.{p.one_of('arcsin', 'arccos', 'arctanh', 'tan')}(0.9 * np.sin({p.floating()}))"]


@op
def kinked(p: Pool) -> list[str]:
    return [f"out = np.{p.one_of('abs', 'sign', 'floor', 'ceil', 'trunc', 'rint')}({p.floating()} + {ODD})"]


@op
def arithmetic(p: Pool) -> list[str]:
    return [f"out = {p.pick()} {p.one_of('+', '*', '+', '*')} {p.pick()}"]


@op
def difference(p: Pool) -> list[str]:
    want = lambda v: v.dtype.kind != "b"
    return [f"out = {p.pick(want)} - {p.pick(want)}"]


@op
def with_number(p: Pool) -> list[str]:
    x, number = p.real(), p.one_of("2", "0.5", "-1.25", "3", "True")
    return [f"out = {p.one_of(f'{x} * {number}', f'{number} - {x}', f'{x} + {number}')}"]


@op
def quotient(p: Pool) -> list[str]:
    y = p.floating()
    return [f"out = {p.pick()} / (1 + {y} * {y})"]


@op
def power(p: Pool) -> list[str]:
    x = p.floating()
    return [
        f"out = {p.one_of(f'{x} ** 2', f'{x} ** 3', f'(1 + {x} * {x}) ** {p.floating()}', f'(2 + {x} * {x}) ** -0.5')}"
    ]


@op
def binary(p: Pool) -> list[str]:
    f = p.one_of("maximum", "minimum", "hypot", "arctan2", "logaddexp", "fmax", "copysign")
    return [f"out = np.{f}({p.floating()}, {p.floating()} + {ODD})"]


@op
def integer_arithmetic(p: Pool) -> list[str]:
    want = lambda v: v.dtype.kind in "iu"
    x, y = p.pick(want), p.pick(want)
    return [
        f"out = {p.one_of(f'{x} // 3', f'{x} % 3', f'{x} & {y}', f'{x} | {y}', f'{x} ^ {y}', f'-{x}', f'abs({x})')}"
    ]


@op
def comparison(p: Pool) -> list[str]:
    return [f"out = {p.real()} {p.one_of('<', '>', '<=', '>=')} {p.real()} + {ODD}"]


@op
def logic(p: Pool) -> list[str]:
    truth = lambda v: v.dtype.kind == "b"
    x, y = p.pick(truth), p.pick(truth)
    return [f"out = {p.one_of(f'{x} & {y}', f'{x} | {y}', f'~{x}', f'np.logical_xor({x}, {y})')}"]


@op
def choice(p: Pool) -> list[str]:
    mask = p.one_of(f"{p.real()} > {ODD}", p.pick(lambda v: v.dtype.kind != "c"))
    return [f"out = np.where({mask}, {p.pick()}, {p.pick()})"]


@op
def clip(p: Pool) -> list[str]:
    return [f"out = np.clip({p.floating()}, -0.4321, 0.6543)"]


@op
def cast(p: Pool) -> list[str]:
    return [f"out = {p.real()}.astype(np.{p.one_of('float32', 'float64')})"]


@op
def complex_parts(p: Pool) -> list[str]:
    return [f"out = np.{p.one_of('real', 'imag', 'conj', 'abs')}({p.pick(lambda v: v.dtype.kind == 'c')})"]


@op
def total(p: Pool) -> list[str]:
    x, f = p.pick(lambda v: v.dtype.kind != "b"), p.one_of("sum", "mean", "prod")
    return [f"out = np.{f}({x}{p.one_of('', f', axis={p.axis(x)}', f', axis={p.axis(x)}, keepdims=True')})"]


@op
def spread_of(p: Pool) -> list[str]:
    x = p.floating()
    return [f"out = np.var({x}, axis={p.axis(x)}, keepdims={p.one_of(True, False)})"]


@op
def extreme(p: Pool) -> list[str]:
    x = p.real(among=p.exact)
    return [f"out = np.{p.one_of('max', 'min')}({x}, axis={p.axis(x)}, keepdims={p.one_of(True, False)})"]


@op
def position(p: Pool) -> list[str]:
    x = p.real(among=p.exact)
    axis = p.axis(x)
    choices = [f"np.{f}({x}, axis={axis})" for f in ("argmax", "argmin")]
    order = f"np.argsort({x}, axis={axis}, kind='stable')"
    return [f"out = {p.one_of(*choices, order)}"]


@op
def quantifier(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.dtype.kind == "b")
    return [f"out = np.{p.one_of('any', 'all', 'sum', 'count_nonzero')}({x}{p.one_of('', f', axis={p.axis(x)}')})"]


@op
def running(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.dtype.kind in "fiuc")
    return [f"out = np.{p.one_of('cumsum', 'cumprod')}({x}, axis={p.axis(x)})"]


@op
def softmax(p: Pool) -> list[str]:
    x = p.floating()
    axis = p.axis(x)
    return [
        f"e = np.exp({x} - np.max({x}, axis={axis}, keepdims=True))",
        f"out = e / np.sum(e, axis={axis}, keepdims=True)",
    ]


@move
def sort(p: Pool) -> list[str]:
    x = p.real(among=p.exact)
    return [f"out = np.sort({x}, axis={p.axis(x)})"]


@move
def sliced(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0)
    keys = [p.one_of(":", "::-1", "1:", ":-1", "::2", "-2::-2", "0", "None, :") for _ in range(np.ndim(p.values[x]))]
    return [f"out = {x}[{', '.join(keys)}]"]


@move
def neighbours(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and len(v) > 1)
    return [f"out = np.concatenate([{x}[1:], {x}[:-1]], axis={p.axis(x)})"]


@move
def gathered(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and len(v) > 1)
    return [f"out = {p.one_of(f'{x}[[0, -1, 1, 0]]', f'{x}[..., [0, -1]]', f'np.take({x}, [[1, 0], [0, 0]], axis=0)')}"]


@move
def gathered_by_integers(p: Pool) -> list[str]:
    x, i = p.pick(lambda v: v.ndim > 0 and len(v) > 0), p.pick(lambda v: v.dtype.kind == "i")
    return [f"out = {x}[{i} % {len(p.values[x])}]"]


@move
def transposed(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0)
    first, second = p.axis(x), p.axis(x)
    return [
        f"out = {p.one_of(f'{x}.T', f'np.swapaxes({x}, {first}, {second})', f'np.moveaxis({x}, {first}, {second})')}"
    ]


@move
def reshaped(p: Pool) -> list[str]:
    x = p.pick()
    how = p.one_of(f"np.ravel({x})", f"{x}[..., None]", f"np.reshape({x}, (1, -1))", f"np.reshape({x}, (-1, 2))")
    return [f"out = {how}"]


@move
def rolled(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0)
    return [f"out = {p.one_of(f'np.roll({x}, 2, axis={p.axis(x)})', f'np.flip({x}, axis={p.axis(x)})')}"]


@move
def padded(p: Pool) -> list[str]:
    x, mode = p.pick(lambda v: v.ndim > 0), p.one_of("constant", "edge", "reflect", "wrap")
    return [f"out = np.pad({x}, {p.integer(0, 2)}, mode={mode!r})"]


@move
def joined(p: Pool) -> list[str]:
    x, y = p.pick(), p.pick()
    return [
        f"out = {p.one_of(f'np.concatenate([{x}, {y}])', f'np.stack([{x}, {y}], axis=-1)', f'np.vstack([{x}, {y}])')}"
    ]


@move
def repeated(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0)
    return [f"out = {p.one_of(f'np.tile({x}, 2)', f'np.repeat({x}, 2, axis={p.axis(x)})', f'np.stack([{x}] * 3)')}"]


@move
def triangle(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2)
    return [f"out = np.{p.one_of('tril', 'triu')}({x}, {p.integer(-1, 1)})"]


@op
def written(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f", among=p.tracked)
    y, key = p.floating(), p.one_of("1:", "::2", "0", "..., -1", "[0, -1]", "::-1")
    how = p.one_of("=", "+=", "*=")
    return [f"out = {x}.copy()", f"out[{key}] {how} np.mean({y}) + {p.one_of('0', f'{x}[{key}]')}"]


@op
def written_through_a_view(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2 and v.dtype.kind == "f", among=p.tracked)
    return [f"out = {x}.copy()", "part = out.T[1:]", "part *= 0.5", f"out[0] {p.one_of('=', '-=')} out[-1] * 2"]


@op
def scattered(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f" and len(v) > 1, among=p.tracked)
    return [
        f"out = {x}.copy()",
        f"np.add.at(out, np.array([0, 1, 0, -1]), {p.one_of(f'{x}[:1]', f'2 * {x}[1]', '1.5')})",
    ]


@op
def masked(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f", among=p.tracked)
    return [f"out = {x}.copy()", f"out[{x} > {ODD}] = 0.25"]


@op
def product(p: Pool) -> list[str]:
    want = lambda v: v.ndim > 0 and v.dtype.kind in "fc"
    x, y = p.pick(want), p.pick(want)
    return [
        f"out = {p.one_of(f'{x} @ {y}', f'{x} @ {y}.T', f'{x}.T @ {y}', f'np.dot({x}, {y})', f'np.outer({x}, {y})')}"
    ]


@op
def contraction(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim == 2 and v.dtype.kind in "fc")
    return [f"out = np.einsum('{p.one_of('ij,ij->i', 'ij,ik->jk', 'ij,kj->ik', 'ij,ij->')}', {x}, {x})"]


@op
def system(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim >= 2 and v.dtype.kind == "f" and v.shape[-1] <= 6)
    lines = [f"A = np.swapaxes({x}, -1, -2) @ {x} + 2 * np.eye({x}.shape[-1])"]
    return [
        *lines,
        f"out = {p.one_of('np.linalg.inv(A)', 'np.linalg.det(A) * 0.01', 'np.linalg.solve(A, A @ A * 0.1)')}",
    ]


@op
def norm(p: Pool) -> list[str]:
    x = p.floating()
    return [f"out = np.sqrt({ODD} + np.sum({x} * {x}, axis={p.axis(x)}))"]


# --- loops and branches, transforms inside ----------------------------------------------------------------


@op
def scan(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f")
    start, way = p.one_of("0.3", f"np.sum({x})", f"np.sum({p.floating()})"), p.one_of(True, False)
    body = "lambda c, x: (np.sin(c + np.sum(x)), c * x)"
    return [f"out = wg.scan({body}, np.float64(1.0) * {start}, {x}, reverse={way})[{p.integer(0, 1)}]"]


@op
def counted(p: Pool) -> list[str]:
    x = p.floating()
    return [f"out = wg.fori_loop(0, {p.integer(0, 4)}, lambda i, s: np.sin(s) * 0.9, {x})"]


@op
def while_loop(p: Pool) -> list[str]:
    return [f"out = wg.while_loop(lambda s: np.sum(s * s) > {ODD}, lambda s: s * 0.5, {p.floating()})"]


@op
def cond(p: Pool) -> list[str]:
    x = p.floating()
    return [f"out = wg.cond(np.sum({x}) > {ODD}, lambda x: np.sin(x), lambda x: x * x, {x})"]


@op
def switch(p: Pool) -> list[str]:
    x, i = p.floating(), p.integer(0, 2)
    return [
        f"out = wg.switch({i} + np.sum({x}).astype(int) * 0, [lambda x: x * 2, lambda x: np.cos(x), lambda x: -x], {x})"
    ]


@op
def mapped(p: Pool) -> list[str]:
    x = p.pick(lambda v: v.ndim > 0 and v.dtype.kind == "f" and len(v) > 0)
    return [f"out = wg.{p.one_of('map(lambda r: np.tanh(r) + np.sum(r), ', 'vmap(lambda r: r * np.sum(r))(')}{x})"]


@op
def derived(p: Pool) -> list[str]:
    return [f"out = wg.grad(lambda z: np.sum(np.sin(z) * z) + np.sum(z) ** 2)({p.floating()})"]
