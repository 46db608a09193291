"""Random NumPy programs as source text, and arguments of every awkward kind; Hypothesis draws and shrinks both.

A program is a list of lines, each a new name for an expression over earlier names:

    def f(a0, a1):
        v0 = np.sum(a0, axis=1, keepdims=True)
        v1 = np.where(a1 > 0.1234, v0, np.sin(a1))
        return v1, v0

Every expression is tried on the arguments by NumPy when it is drawn: one that NumPy refuses is not taken, one whose
numbers grow is tamed, so that what remains is valid and well conditioned. Numbers are compared (by >, floor, sort)
only where rounding cannot decide: after an odd shift, or where they are still the arguments'.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import assume, strategies as st

import wengert as wg

__all__ = ["OPS", "Case", "cases"]

ODD = 0.1234  # no computed number is just this
SHAPES = [(), (1,), (5,), (17,), (3, 4), (4, 1), (1, 6), (2, 3, 4), (33, 3), (0,), (0, 3), (2, 0, 4)]
DTYPES = ["f8", "f8", "f8", "f4", "f4", "i8", "i4", "u1", "?", "c16"]
LAYOUTS = ["plain", "plain", "fortran", "reversed", "strided", "readonly", "swapped", "unaligned", "spread", "scalar"]


# --- arguments --------------------------------------------------------------------------------------------


def numbers(shape: tuple[int, ...], dtype: str, seed: int) -> Any:
    """Numbers between -1 and 1, small integers or truths, no two floats alike."""
    n = int(np.prod(shape))
    wave = np.sin(seed + 1.7 * np.arange(n))
    if dtype == "c16":
        wave = wave + 1j * np.cos(seed + 2.3 * np.arange(n))
    kind = np.dtype(dtype).kind
    values = (
        wave > ODD
        if kind == "b"
        else np.abs(np.rint(5 * wave))
        if kind == "u"
        else np.rint(5 * wave)
        if kind == "i"
        else wave
    )
    return values.reshape(shape).astype(dtype)


def laid_out(a: Any, layout: str) -> Any:
    """The same numbers in another layout in memory."""
    if layout == "fortran":
        return np.asfortranarray(a)
    if layout == "reversed":
        return np.ascontiguousarray(a[..., ::-1])[..., ::-1] if a.ndim else a
    if layout == "strided":
        wide = np.zeros(tuple(2 * n for n in a.shape), a.dtype)
        wide[tuple(slice(None, None, 2) for _ in a.shape)] = a
        return wide[tuple(slice(None, None, 2) for _ in a.shape)]
    if layout == "swapped":
        return a.astype(a.dtype.newbyteorder())
    if layout == "unaligned":
        raw = np.zeros(a.nbytes + 1, np.uint8)[1:]
        out = raw.view(a.dtype).reshape(a.shape) if a.size else a
        out[...] = a
        return out
    if layout == "spread":
        return np.broadcast_to(a[:1], a.shape) if a.ndim and len(a) else a
    if layout == "scalar":
        return a[()] if a.ndim == 0 else a
    out = a.copy()
    out.flags.writeable = layout != "readonly"
    return out


@dataclass
class Argument:
    """How an argument is made, so that a failing case can be printed and every run gets fresh ones."""

    shape: tuple[int, ...]
    dtype: str
    layout: str
    seed: int
    alias: str = ""  # "same" as the argument before it, or an "overlap" with it

    def make(self, before: list[Any]) -> Any:
        if self.alias == "same":
            return before[-1]
        if self.alias == "overlap":
            return before[-1][::-1]
        return laid_out(numbers(self.shape, self.dtype, self.seed), self.layout)

    def __repr__(self) -> str:
        return f"{self.alias or self.layout} {self.dtype}{list(self.shape)}"


@st.composite
def arguments(draw: Any) -> list[Argument]:
    """One to three arguments, now and then twice the same or an overlapping view."""
    found: list[Argument] = []
    for k in range(draw(st.integers(1, 3))):
        alias = draw(st.sampled_from(["", "", "", "same", "overlap"])) if found else ""
        if alias and (alias == "same" or found[-1].shape):
            found.append(Argument(found[-1].shape, found[-1].dtype, found[-1].layout, k, alias))
        else:
            draws = (draw(st.sampled_from(x)) for x in (SHAPES, DTYPES, LAYOUTS))
            found.append(Argument(*draws, seed=k))
    return found


# --- a program under construction -------------------------------------------------------------------------


@dataclass
class Pool:
    """The names so far, with their values in this run.

    exact: names whose numbers are the arguments', moved about at most. tracked: names that a gradient reaches.
    """

    draw: Any
    values: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    exact: set[str] = field(default_factory=set)
    tracked: set[str] = field(default_factory=set)

    def pick(self, want: Callable[[Any], bool] = lambda v: True, among: set[str] | None = None) -> str:
        """A name whose value is wanted; raises Unfit if there is none."""
        names = [n for n, v in self.values.items() if want(np.asarray(v)) and (among is None or n in among)]
        if not names:
            raise Unfit
        return str(self.draw(st.sampled_from(names[::-1])))

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def axis(self, name: str) -> int:
        ndim = np.ndim(self.values[name])
        if not ndim:
            raise Unfit
        return int(self.draw(st.integers(-ndim, ndim - 1)))

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def floating(self, **options: Any) -> str:
        return self.pick(lambda v: v.dtype.kind == "f", **options)

    def real(self, **options: Any) -> str:
        return self.pick(lambda v: v.dtype.kind in "fiu", **options)

    def add(self, lines: list[str], exact: bool = False) -> None:
        """Take these lines, of which the last gives the new name `out`, if NumPy computes them without complaint."""
        name = f"v{len(self.values)}"
        text = "\n".join(lines)
        used = [n for n in self.values if re.search(rf"\b{n}\b", text)]
        value = tried(text, self.values)
        if not well_behaved(value):
            lines = [*lines, "out = " + ("np.tanh(out)" if np.asarray(value).dtype.kind == "f" else "out % 7")]
            exact = False
            value = tried("\n".join(lines), self.values)
            if not well_behaved(value):
                raise Unfit
        self.lines += [re.sub(r"\bout\b", name, line) for line in lines]
        self.values[name] = value
        if exact and all(n in self.exact for n in used):
            self.exact.add(name)
        if any(n in self.tracked for n in used) and np.asarray(value).dtype.kind in "fc":
            self.tracked.add(name)


class Unfit(Exception):
    """This op has no operands here, or NumPy refuses them."""


def tried(text: str, values: dict[str, Any]) -> Any:
    """The value of `out` after the lines, by NumPy."""
    scope = {"np": np, "wg": wg, **values}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(text, scope)
    except (ValueError, TypeError, IndexError, ZeroDivisionError, RuntimeWarning, np.exceptions.AxisError) as error:
        if isinstance(error, wg.WengertError):
            raise
        raise Unfit from error
    return scope["out"]


def well_behaved(value: Any) -> bool:
    """Whether the numbers are finite and small, and not too many."""
    a = np.asarray(value)
    return a.size <= 20_000 and (a.dtype.kind == "b" or not a.size or bool(np.max(np.abs(a.astype(complex))) < 100))


# --- ops: each gives the lines that make `out` ------------------------------------------------------------

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


# --- a whole case -----------------------------------------------------------------------------------------


@dataclass
class Case:
    """A program with its arguments. Printed, it is what one needs to see the failure again."""

    arguments: list[Argument]
    source: str
    single: bool  # some number on the way is a float32 or complex64

    def make(self) -> list[Any]:
        """The arguments, anew; aliased ones share memory."""
        found: list[Any] = []
        for a in self.arguments:
            found.append(a.make(found))
        return found

    def function(self) -> Callable[..., Any]:
        scope: dict[str, Any] = {"np": np, "wg": wg}
        exec(compile(self.source, "<fuzz>", "exec"), scope)
        f: Callable[..., Any] = scope["f"]
        return f

    def smooth(self) -> tuple[int, ...]:
        """The arguments that a gradient is taken of."""
        return tuple(k for k, a in enumerate(self.arguments) if a.dtype in ("f8", "f4", "c16"))

    def __repr__(self) -> str:
        return f"\n{self.source}# arguments: {self.arguments}\n"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # Hypothesis would print the fields
        printer.text(repr(self))


# What every op finds an operand in, should the drawn arguments not suit it.
RESERVE = [
    Argument((3, 4), "f8", "plain", 7),
    Argument((4,), "i8", "plain", 8),
    Argument((3, 4), "?", "plain", 9),
    Argument((4,), "c16", "plain", 10),
]


def pool_of(draw: Any, specs: list[Argument]) -> Pool:
    """The arguments by their names, before the first line."""
    made: list[Any] = []
    for spec in specs:
        made.append(spec.make(made))
    pool = Pool(draw, {f"a{k}": a for k, a in enumerate(made)})
    pool.exact = set(pool.values)
    pool.tracked = {n for n, a in pool.values.items() if np.asarray(a).dtype.kind in "fc"}
    return pool


def grow(pool: Pool, name: str) -> bool:
    """Add the op to the program if it has operands there."""
    try:
        pool.add(OPS[name](pool), exact=name in MOVES)
    except Unfit:
        return False
    return True


@st.composite
def cases(draw: Any, first: str | None = None, most: int = 8) -> Case:
    """A case of up to so many ops; `first` names the op to begin with."""
    specs = draw(arguments())
    pool = pool_of(draw, specs)
    if first and not grow(pool, first):
        specs = [*specs, *RESERVE]
        pool = pool_of(draw, specs)
        assume(grow(pool, first))
    for _ in range(draw(st.integers(0 if first else 1, most - bool(first)))):
        grow(pool, draw(st.sampled_from(list(OPS))))
    computed = [n for n in pool.values if n.startswith("v")] or list(pool.values)
    results = dict.fromkeys([computed[-1], *draw(st.lists(st.sampled_from(list(pool.values)), max_size=3))])
    lines = [*pool.lines, f"return {', '.join(results)},"]
    source = (
        f"def f({', '.join(f'a{k}' for k in range(len(specs)))}):\n" + textwrap.indent("\n".join(lines), "    ") + "\n"
    )
    single = any(np.asarray(v).dtype in (np.float32, np.complex64) for v in pool.values.values())
    return Case(specs, source, single)
