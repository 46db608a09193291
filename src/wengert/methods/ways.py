"""Each way to differentiate as a function without arguments, that gives the matrix of derivatives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.compiler.api import jit
from wengert.core.apply import Box, unbridge
from wengert.errors import InvalidArgument, NotDifferentiable, explain, user_line
from wengert.methods.counting import expression_size, recorded
from wengert.methods.finite import finite_difference
from wengert.methods.symbolic import LARGE, from_sympy, symbolic
from wengert.methods.sympyrules import sympy
from wengert.transforms.arguments import differentiable, partial_in, picked
from wengert.transforms.matrices import jacfwd, jacrev
from wengert.transforms.reverse import value_and_grad

__all__ = ["FORWARD", "JIT", "QUOTIENTS", "REVERSE", "SYMBOLIC", "Prepared", "Program"]

REVERSE, FORWARD, JIT, SYMBOLIC = "reverse accumulation", "forward accumulation", "jit", "symbolic"
QUOTIENTS = {
    "forward difference": "forward",
    "central difference": "central",
    "Richardson": "richardson",
    "complex step": "complex",
}
# Parts of all derivatives as expressions, from which on SymPy takes longer than anybody waits.
LARGEST = 100_000
# So many sweeps are taken at once.
CHUNK = 256

Matrix = Any


class Prepared(NamedTuple):
    """A way that is ready to run. operations, memory (bytes): of one run, where the way itself knows."""

    run: Callable[[], Matrix]
    operations: int | None = None
    memory: int = 0
    remark: str = ""


class Program:
    """A user's function as one of arrays that gives one vector; its runs are counted.

    leaves: the arrays that are differentiated. inputs, results: how many numbers they have. scalar: whether the user's
    result is one number.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], argnums: Any, kwargs: dict[str, Any]) -> None:
        leaves, self.structure = tree.flatten(picked(args, argnums))
        self.leaves = [_real(x) for x in leaves]
        self.runs = 0
        self._f = partial_in(f, args, argnums, kwargs)
        self.inputs = sum([x.size for x in self.leaves])
        self.results = int(np.size(self(*self.leaves)))
        if not self.inputs or not self.results:
            raise InvalidArgument(
                explain(
                    f"compare at {user_line()} got a function of {self.inputs} numbers with {self.results} results.",
                    "A derivative is that of a number by a number.",
                    "Give arrays that are not empty, to a function that returns some.",
                )
            )

    def __call__(self, *leaves: Any) -> Any:
        """All numbers of the result, one after the other."""
        self.runs += 1
        outs = [_number(unbridge(out)) for out in tree.leaves(self._f(self.structure.unflatten(leaves)))]
        vectors = [np.reshape(out, (-1,)) for out in outs]
        return vectors[0] if len(vectors) == 1 else np.concatenate([np.zeros(0), *vectors])

    @property
    def everything(self) -> tuple[int, ...]:
        """The numbers of all arguments."""
        return tuple(range(len(self.leaves)))

    def prepare(self, way: str, winner: str) -> Prepared:
        """Make a way ready to run. winner: the accumulation that is compiled. Raises why it cannot be run."""
        if way in QUOTIENTS:
            quotient = finite_difference(self, method=QUOTIENTS[way], argnums=self.everything)
            return Prepared(lambda: self._rows(quotient(*self.leaves)))
        if way == SYMBOLIC:
            return self._symbolic()
        if way == JIT:
            return self._compiled(self._accumulated(winner))
        derivative = self._accumulated(way)
        return Prepared(lambda: self._rows(derivative(*self.leaves)))

    def _accumulated(self, way: str) -> Callable[..., Any]:
        if way == FORWARD:
            return jacfwd(self, self.everything, chunk_size=CHUNK)
        if self.results > 1:
            return jacrev(self, self.everything, chunk_size=CHUNK)
        both = value_and_grad(lambda *leaves: self(*leaves)[0], self.everything)
        return lambda *leaves: both(*leaves)[1]

    def _compiled(self, derivative: Callable[..., Any]) -> Prepared:
        compiled = jit(derivative)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            compiled(*self.leaves)
            program = compiled.lower(*self.leaves).program
        remark = str(told[0].message).splitlines()[0] if told else ""
        memory = getattr(program, "peak_bytes", 0)
        return Prepared(lambda: self._rows(compiled(*self.leaves)), memory=memory, remark=remark)

    def _symbolic(self) -> Prepared:
        if max(self.inputs, self.results) > LARGE:
            raise _too_large(f"{max(self.inputs, self.results):,} inputs or results (at most {LARGE})")
        size = expression_size(recorded(self, self.leaves)) * self.results * self.inputs
        if size > LARGEST:
            parts = f"{size:,.0f}" if size < 1e9 else f"{size:.0e}"
            raise _too_large(f"about {parts} parts (at most {LARGEST:,})")
        found = symbolic(lambda *leaves: self(*leaves), *self.leaves)
        matrix = found.jacobian
        parts, rest = sympy().cse(list(matrix))
        count = sum([int(sympy().count_ops(e)) for e in [*[e for _, e in parts], *rest]])
        function = from_sympy(matrix, found.symbols)
        point = np.concatenate([np.ravel(x) for x in self.leaves])

        def run() -> Matrix:
            with np.errstate(all="ignore"):  # of a Piecewise, NumPy computes all pieces
                return np.asarray(function(*point), float).reshape((self.results, self.inputs))

        return Prepared(run, count)

    def _rows(self, blocks: Any) -> Matrix:
        """Per argument a block (results, *its shape), or a gradient, as one matrix."""
        return np.concatenate([np.reshape(block, (self.results, -1)) for block in blocks], axis=1)


def _too_large(what: str) -> InvalidArgument:
    return InvalidArgument(
        explain(f"too large, with {what}", "Expressions swell when they are derived.", "Take one of the accumulations.")
    )


def _real(x: Any) -> Any:
    x = differentiable(x, "compare")
    x = np.asarray(x.plain("compare") if isinstance(x, Box) else x)
    if x.dtype.kind == "f":
        return x[()]
    raise _complex(f"an argument of type {x.dtype}")


def _number(out: Any) -> Any:
    out = out if isinstance(out, Box) else np.asarray(out)
    if out.dtype.kind in "fiub":
        return out
    raise _complex(f"a result of type {out.dtype}")


def _complex(what: str) -> NotDifferentiable:
    return NotDifferentiable(
        explain(
            f"compare at {user_line()} got {what}.",
            "Differences and the complex step are taken along the real axis, so that is where ways can be compared.",
            "Make it a function of real and imaginary parts, that returns real numbers.",
        )
    )
