"""A traced function as SymPy expressions, and SymPy expressions as functions.

    wg.symbolic(lambda x, y: x * np.sin(y), 1.0, 2.0)        x·sin(y)
        .gradient                                            [sin(y), x·cos(y)]

The graph of the function is replayed on arrays of symbols: NumPy's own functions move them around, and each elementwise
row has its counterpart in SymPy (`methods.sympyrules`). Numbers that are fractions of small integers, and multiples of
π and e, are written as such, so that SymPy can cancel them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiler.expand import expanded
from wengert.errors import InvalidArgument, explain
from wengert.interpreters.record import Graph, Variable
from wengert.methods.sympyrules import RULES, exact, sympy
from wengert.transforms.trace import trace

__all__ = ["Symbolic", "from_sympy", "symbolic"]

LARGE = 400  # entries of all inputs, or of all results, above which expressions are of no use to anybody


def symbolic(f: Callable[..., Any], *args: Any) -> Symbolic:
    """The expressions that `f` computes, traced at these arguments.

    Args:
        f: a function of numbers and small arrays; branches are taken as the arguments take them.
        args: where it is traced. Their values do not appear in the result, their shapes do.

    Raises:
        InvalidArgument: an op has no counterpart in SymPy, or there are more than 400 inputs or results.
        MissingDependency: SymPy is not installed.

    Example:
        >>> import numpy as np, wengert as wg
        >>> s = wg.symbolic(lambda x, y: x**2 * np.sin(y), 1.0, 2.0)
        >>> s
        x**2*sin(y)
        >>> s.gradient
        [2*x*sin(y), x**2*cos(y)]
    """
    graph = expanded(trace(f)(*args), RULES)
    names = _names(f, args)
    _check_sizes(graph)
    inputs = [_symbols(name, v.spec.shape) for name, v in zip(names, graph.inputs, strict=True)]
    outputs = [_as_array(x) for x in _replay(graph, inputs)]
    return Symbolic(inputs, outputs, graph)


class Symbolic:
    """Expressions in SymPy.

    inputs: per argument an array of symbols. outputs: per result an array of expressions (both of dtype object).
    """

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any], graph: Graph) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.graph = graph

    @property
    def symbols(self) -> list[Any]:
        """All symbols, in the order of the arguments."""
        return [s for x in self.inputs for s in x.ravel()]

    @property
    def expressions(self) -> list[Any]:
        """All results, entry by entry."""
        return [e for y in self.outputs for e in y.ravel()]

    @property
    def expression(self) -> Any:
        """The result of a function that has one.

        Raises:
            InvalidArgument: there are several; take `expressions`.
        """
        if len(self.expressions) != 1:
            raise InvalidArgument(
                explain(
                    f"the function has {len(self.expressions)} results.",
                    "`expression`, `gradient` and `hessian` are those of a single number.",
                    "Take `expressions` and `jacobian`, or sum the results up.",
                )
            )
        return self.expressions[0]

    @property
    def gradient(self) -> list[Any]:
        """The partial derivatives by all symbols, as SymPy derives them."""
        return [sympy().diff(self.expression, s) for s in self.symbols]

    @property
    def jacobian(self) -> Any:
        """A SymPy matrix: a row per result, a column per symbol."""
        return sympy().Matrix([[sympy().diff(e, s) for s in self.symbols] for e in self.expressions])

    @property
    def hessian(self) -> Any:
        """The matrix of second derivatives."""
        return sympy().hessian(self.expression, self.symbols)

    def simplify(self) -> Symbolic:
        """The same with every expression simplified by SymPy."""
        simple = [np.vectorize(sympy().simplify, otypes=[object])(y) if y.size else y for y in self.outputs]
        return Symbolic(self.inputs, simple, self.graph)

    def latex(self) -> str:
        """The expressions in LaTeX."""
        shown = self.expressions[0] if len(self.expressions) == 1 else sympy().Matrix(self.expressions)
        return str(sympy().latex(shown))

    def __repr__(self) -> str:
        return str(self.expressions[0]) if len(self.expressions) == 1 else str(self.expressions)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def from_sympy(expression: Any, symbols: Sequence[Any] | None = None) -> Callable[..., Any]:
    """The function of NumPy arrays that a SymPy expression (or a list of them) stands for.

    It is ordinary NumPy code, so it can be differentiated, batched and compiled like any other.

    Args:
        expression: a SymPy expression, or a list or matrix of them.
        symbols: its arguments in order; by default all free symbols, by name.

    Example:
        >>> import sympy, numpy as np, wengert as wg
        >>> x, y = sympy.symbols("x y")
        >>> f = wg.from_sympy(x * sympy.sin(y))
        >>> float(wg.grad(f, argnums=1)(2.0, 0.0))
        2.0
    """
    free = sorted(sympy().sympify(expression).free_symbols, key=lambda s: s.name) if symbols is None else list(symbols)
    function: Callable[..., Any] = sympy().lambdify(free, expression, modules=["scipy", "numpy"], cse=True)
    return function


# --- replaying ------------------------------------------------------------------------------------------------


def _replay(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    values: dict[Variable, Any] = dict(zip(graph.inputs, inputs, strict=True))
    for e in graph.equations:
        rule = RULES.get(e.op.name)
        if rule is None:
            raise InvalidArgument(
                explain(
                    f"{e.op.name} has no symbolic form here.",
                    "SymPy writes functions of numbers; this op looks at numbers, or has too many of them.",
                    "Leave it out of what is made symbolic, or write it with elementary functions.",
                )
            )
        operands = [values[x] if isinstance(x, Variable) else exact(x) for x in e.operands]
        out = rule(*operands, **e.params)
        results = out if isinstance(out, tuple) else (out,)
        values.update(zip(e.results, map(_as_array, results), strict=True))
    return [values[x] if isinstance(x, Variable) else exact(x) for x in graph.outputs]


def _as_array(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x if x.dtype == object else x.astype(object)
    out = np.empty((), object)
    out[()] = x
    return out


def _check_sizes(graph: Graph) -> None:
    sizes = sum(v.spec.size for v in graph.inputs), sum(np.size(getattr(x, "spec", x)) for x in graph.outputs)
    if max(sizes) > LARGE:
        raise InvalidArgument(
            explain(
                f"symbolic: the function has {sizes[0]} inputs.",
                f"Expressions of more than {LARGE} symbols are of no use to anybody.",
                "Give it smaller arrays: the expressions show the same pattern.",
            )
        )


def _names(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """A name per leaf of the arguments: that of the parameter, with a number where it holds several."""
    try:
        known = [p.name for p in inspect.signature(f).parameters.values() if p.kind != p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        known = []
    names: list[str] = []
    for n, a in enumerate(args):
        name = known[n] if n < len(known) else f"x{n}"
        leaves = tree.leaves(a)
        names += [name] if len(leaves) == 1 else [f"{name}{k}" for k in range(len(leaves))]
    return names


def _symbols(name: str, shape: tuple[int, ...]) -> Any:
    out = np.empty(shape, object)
    for place in np.ndindex(shape):
        out[place] = sympy().Symbol("_".join([name, *map(str, place)]), real=True)
    return out
