"""How expressions swell when they are differentiated, and what the accumulations pay for the same derivative.

    f = l₄(x), l₁ = x, lₙ₊₁ = 4 lₙ (1 - lₙ)             (Baydin, Pearlmutter, Radul and Siskind 2018, table 1)

SymPy derives an expression of the whole function, in which common parts are written out again and again; the chain rule
step by step computes each part once. Both are counted here in operations on numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.compiler.passes import simplify
from wengert.interpreters.record import Equation, Graph, Variable
from wengert.methods.symbolic import symbolic
from wengert.methods.sympyrules import sympy
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import value_and_grad
from wengert.transforms.trace import trace

__all__ = ["FREE", "Swell", "operations", "swell", "work"]

FREE = frozenset(
    "reshape transpose broadcast_to slice unslice overwrite concatenate pad flip roll diagonal undiagonal copy astype"
    " stop_gradient real conjugate gather".split()
)


@dataclass(frozen=True)
class Swell:
    """Operations on numbers: of expressions as SymPy counts them, and of the accumulations.

    function, derived, shared, second: of the expressions of f, of its gradient as derived, of the gradient after common
    parts are taken out, of the second derivatives as derived. evaluation: of f as a program; forward, reverse: of f and
    its whole gradient by forward accumulation (one sweep per input) and by reverse accumulation.
    """

    function: int
    derived: int
    shared: int
    second: int
    evaluation: int
    forward: int
    reverse: int

    def rows(self) -> list[tuple[str, int]]:
        """What is counted, and how many."""
        return [
            ("f, expression", self.function),
            ("f′, as derived", self.derived),
            ("f′, common parts once", self.shared),
            ("f″, as derived", self.second),
            ("f, program", self.evaluation),
            ("f and f′, forward accumulation", self.forward),
            ("f and f′, reverse accumulation", self.reverse),
        ]

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        return "\n".join(f"{name:<{width}}  {count:>8,}" for name, count in self.rows())

    def plot(self, axes: Any) -> Any:
        """Bars on Matplotlib axes, with a logarithmic scale."""
        names, counts = zip(*self.rows(), strict=True)
        axes.barh(names[::-1], counts[::-1])
        axes.set_xscale("log")
        axes.set_xlabel("operations")
        return axes


def swell(f: Callable[..., Any], *args: Any) -> Swell:
    """Count what the derivatives of a scalar function cost, symbolically and by accumulation.

    Args:
        f: a function with one number as its result; few inputs, because SymPy derives it twice.
        args: where it is traced.

    Raises:
        InvalidArgument: f has several results, or no symbolic form.

    Example:
        >>> import wengert as wg
        >>> def f(x):
        ...     for _ in range(4):
        ...         x = 4 * x * (1 - x)
        ...     return x
        >>> s = wg.swell(f, 0.3)
        >>> s.derived > 2 * s.function, s.reverse < s.derived
        (True, True)
    """
    s = sympy()
    found = symbolic(f, *args)
    gradient = found.gradient
    parts, rest = s.cse(gradient)
    second = [s.diff(g, x) for n, g in enumerate(gradient) for x in found.symbols[: n + 1]]
    numbers = tuple(range(len(args)))
    reverse = trace(value_and_grad(f, argnums=numbers))(*args)

    def forward(*inputs: Any) -> Any:
        return jvp(f, inputs, tuple(np.ones_like(x) for x in inputs))

    count = len(found.symbols)
    evaluation = operations(found.graph)
    tangent = operations(trace(forward)(*args)) - evaluation
    return Swell(
        function=_count(found.expression),
        derived=sum(map(_count, gradient)),
        shared=sum(_count(e) for _, e in parts) + sum(map(_count, rest)),
        second=sum(map(_count, second)),
        evaluation=evaluation,
        forward=evaluation + count * tangent,
        reverse=operations(reverse),
    )


def _count(expression: Any) -> int:
    return int(sympy().count_ops(expression))


def operations(graph: Graph) -> int:
    """Operations on numbers of a program: one per entry of an elementwise op, two per term of a product of matrices."""
    return sum([work(e) for e in simplify(graph).equations])


def work(e: Equation) -> int:
    """Operations on numbers of one equation."""
    size: int = e.results[0].spec.size
    if e.op.name in FREE:
        return 0
    if e.op.kind == "multilinear":
        first = e.operands[0]
        inner = first.spec.shape[-1:] if isinstance(first, Variable) else np.shape(first)[-1:]
        return 2 * size * max(1, int(np.prod(inner)))
    if e.op.kind == "elementwise":
        return size
    return max([size, *[x.spec.size for x in e.operands if isinstance(x, Variable)]])
