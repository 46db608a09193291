"""Small Programs, written by hand, for tests of whatever prints, runs or compiles the loop IR."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.loops import (
    Acc,
    Buffer,
    Check,
    For,
    Gemm,
    If,
    Index,
    Matrix,
    Program,
    Store,
    Update,
    Value,
    Var,
    While,
)


def at(*terms: tuple[Var, int], const: int = 0) -> Index:
    return Index(const, tuple(terms))


def given(name: str, code: str, size: int) -> Buffer:
    return Buffer(name, code, size, "input")


def made(name: str, code: str, size: int) -> Buffer:
    return Buffer(name, code, size, "output")


def rosenbrock(n: int = 6) -> Program:
    """Value and gradient: Σ 100 a² + (1 - x)², a = x[i + 1] - x[i]²."""
    x, value, slope = (
        given("x", "f64", n),
        made("value", "f64", 1),
        made("g", "f64", n),
    )
    b, i, j = Builder(), Var(0, n - 1), Var(0, n)
    here, there = at((i, 1)), at((i, 1), const=1)
    c = lambda number: b.const(number, "f64")
    xi = b.load(x, here)
    a, one = b("sub", b.load(x, there), b("mul", xi, xi)), b("sub", c(1), xi)
    total = Acc("add", "f64", 0.0)
    body = [
        Update(total, b("add", b("mul", b("mul", c(100), a), a), b("mul", one, one))),
        Store(slope, here, b("sub", b("mul", b("mul", c(-400), a), xi), b("mul", c(2), one)), mode="add"),
        Store(slope, there, b("mul", c(200), a), mode="add", clash=True),
    ]
    clear = For(j, [Store(slope, at((j, 1)), c(0))], parallel=True, vector=True)
    return Program("rosenbrock", [x], [value, slope], [], [],
                   [clear, For(i, body, [total]), Store(value, Index(), b.acc(total))])  # fmt: skip


def softmax(rows: int = 3, columns: int = 5, code: str = "f32") -> Program:
    """Rows of exp(x - max) / Σ, with a local buffer and a row that is scaled by exp(s[row]) before the inner loop."""
    n = rows * columns
    x, s, y = given("x", code, n), given("s", code, rows), made("y", code, n)
    e = Buffer("e", code, columns, "local")
    b, i = Builder(), Var(0, rows)
    j, k, l = Var(0, columns), Var(0, columns), Var(0, columns)
    top, total = Acc("maximum", code, -np.inf), Acc("add", code, 0)
    shifted = b("exp", b("sub", b.load(x, at((i, columns), (k, 1))), b.acc(top)))
    scale = b("exp", b.load(s, at((i, 1))))
    body: list[Any] = [
        For(j, [Update(top, b.load(x, at((i, columns), (j, 1))))], [top], vector=True),
        For(k, [Store(e, at((k, 1)), shifted), Update(total, shifted)], [total], vector=True),
        For(l, [Store(y, at((i, columns), (l, 1)), b("mul", b("div", b.load(e, at((l, 1))), b.acc(total)), scale))]),
    ]
    return Program("softmax", [x, s], [y], [], [], [For(i, body, locals=[e], parallel=True)])


def newton() -> Program:
    """The square root of x[0] by Newton's iteration in a While; fails where x[0] is negative; counts the steps."""
    x, root, steps = (
        given("x", "f64", 1),
        made("root", "f64", 1),
        made("steps", "i64", 1),
    )
    b, here = Builder(), Index()
    r, a = b.load(root, here), b.load(x, here)
    count = b("add", b.load(steps, here), b.const(1, "i64"))
    error = b("abs", b("sub", b("mul", r, r), a))
    loop = While([], b("gt", error, b("mul", b.const(1e-14, "f64"), a)), [
        Store(root, here, b("mul", b.const(0.5, "f64"), b("add", r, b("div", a, r)))),
        Store(steps, here, count),
    ])  # fmt: skip
    start = b.select(b("gt", a, b.const(1, "f64")), a, b.const(1, "f64"))
    body: list[Any] = [
        Check(b("ge", a, b.const(0, "f64"))),
        Store(root, here, start),
        Store(steps, here, b.const(0, "i64")),
        loop,
    ]
    return Program("newton", [x], [root, steps], [], [], body)


def scatter() -> Program:
    """y[k] += x[i] at indices that may be out of range (left out), meet or repeat; then every pair is written twice."""
    k, x, y = given("k", "i64", 5), given("x", "f64", 5), made("y", "f64", 4)
    t = Buffer("t", "f64", 4, "temp")
    table = Buffer("table", "f64", 4, "const", np.array([0.1, np.inf, -0.0, np.nan]))
    b, i, j, l = Builder(), Var(0, 5), Var(0, 4), Var(0, 4)
    place = b.load(k, at((i, 1)))
    inside = b("and", b("ge", place, b.const(0, "i64")), b("lt", place, b.const(4, "i64")))
    dynamic = Index(0, (), ((place, 1),))
    body = [
        For(j, [Store(t, at((j, 1)), b.const(0, "f64"))]),
        For(i, [Store(t, dynamic, b.load(x, at((i, 1))), inside, "add", clash=True)]),
        For(l, [Store(y, at((l, 1)), b("maximum", b.load(t, at((l, 1))), b.load(table, at((l, -1), const=3))))]),
    ]
    return Program("scatter", [k, x], [y], [table], [t], body)


def product(m: int = 2, k: int = 3, n: int = 4) -> Program:
    """c = a b and d = d + aᵀ (1 … ), where d takes over the memory of an input; with an If on a flag."""
    a, bb, flag = (
        given("a", "f64", m * k),
        given("b", "f64", k * n),
        given("flag", "b1", 1),
    )
    c, d = made("c", "f64", m * n), made("d", "f64", k * n)
    d.reuses = bb
    b, i = Builder(), Var(0, m * n)
    first = Gemm(m, n, k, Matrix(a, Index(), k, 1), Matrix(bb, Index(), n, 1), Matrix(c, Index(), n, 1))
    second = Gemm(k, n, m, Matrix(a, Index(), 1, k), Matrix(c, Index(), n, 1), Matrix(d, Index(), n, 1), add=True)
    negate = For(i, [Store(c, at((i, 1)), b("neg", b.load(c, at((i, 1)))))], vector=True)
    return Program("product", [a, bb, flag], [c, d], [], [], [first, If(b.load(flag, Index()), [negate], [second])])


def unary(op: str, code: str, n: int) -> Program:
    """y = op(x)."""
    b, i = Builder(), Var(0, n)
    x = given("x", code, n)
    value = b(op, b.load(x, at((i, 1))))
    y = made("y", value.code, n)
    return Program("unary", [x], [y], [], [], [For(i, [Store(y, at((i, 1)), value)])])


def binary(op: str, code: str, n: int) -> Program:
    """z = op(x, y)."""
    b, i = Builder(), Var(0, n)
    x, y = given("x", code, n), given("y", code, n)
    value = b(op, b.load(x, at((i, 1))), b.load(y, at((i, 1))))
    z = made("z", value.code, n)
    return Program("binary", [x, y], [z], [], [], [For(i, [Store(z, at((i, 1)), value)])])


def cast(source: str, target: str, n: int) -> Program:
    """y = x as another type."""
    b, i = Builder(), Var(0, n)
    x, y = given("x", source, n), made("y", target, n)
    return Program("cast", [x], [y], [], [], [For(i, [Store(y, at((i, 1)), b.cast(b.load(x, at((i, 1))), target))])])


def chain(length: int) -> Program:
    """y = sin(sin(... sin(x) + x ...) + x): as deep as wanted."""
    x, y, b = given("x", "f64", 1), made("y", "f64", 1), Builder()
    first: Value = b.load(x, Index())
    value = first
    for _ in range(length):
        value = b("sin", b("add", value, first))
    return Program("chain", [x], [y], [], [], [Store(y, Index(), value)])
