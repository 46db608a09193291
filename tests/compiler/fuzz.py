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

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import assume, strategies as st

import wengert as wg
from tests.compiler import fuzz_edges  # noqa: F401 (it adds ops)
from tests.compiler.fuzz_ops import MOVES, OPS
from tests.compiler.fuzz_pool import Argument, Pool, Unfit, arguments

__all__ = ["OPS", "Case", "cases"]


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
    single = any(np.asarray(v).dtype.newbyteorder("=") in (np.float32, np.complex64) for v in pool.values.values())
    return Case(specs, source, single)
