"""The page on what compiles: ``python -m tests.compiler.table`` writes it.

What an op compiles to is tried, on the operands of its samples: whether all of the graph has a native form there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.compiler.test_math_accuracy import SCALE, bound
from tests.laws.common import CASES, arrays, plain
from tests.laws.test_jit import applies
from tests.samples import Case
from wengert.compiler import math as vmath
from wengert.compiler.backend import stages
from wengert.compiler.expand import expanded
from wengert.compiler.lower.table import LOWERINGS, STRUCTURED
from wengert.compiler.passes import simplify
from wengert.core.op import TABLE
from wengert.interpreters.record import Graph
from wengert.transforms.trace import trace

__all__ = ["FILE", "table"]

FILE = Path(__file__).parents[2] / "docs" / "reference" / "native.md"

HEAD = """\
# What compiles

Written by `python -m tests.compiler.table` from the rule book, the lowerings and the samples of the tests; do not edit.

Native code knows float64, float32, integers of 8 to 64 bits, signed or not, and booleans. Ops on anything else (complex
numbers, float16, longdouble) are NumPy's, between the native parts of a program.

## Ops

| form | means |
|---|---|
| lowering | it has a lowering (`wengert/compiler/lower`), which fuses with what is around it |
| loop | its graphs become loops or branches (`wengert/compiler/control.py`) |
| its NumPy code | the NumPy code behind it is traced, and compiled in its place |
| NumPy | NumPy computes it |

Samples are sets of operands of the types that native code knows, from `tests/samples/`, and how many of them compile
whole. For the others NumPy is called, and so it is in `solve`, `inv`, `det`, `slogdet` and `cholesky` for matrices of
more than 64 entries, right-hand sides included.

"""

MATH = """
## Functions

The vector mathematics of native code, and the error that the tests allow, in units in the last place of the exact
result (ULP): on random points over the whole range, next to where pieces meet, with subnormal results, for
float64 and float32, with and without fused multiply-add. Special values (zeros, infinities, NaN) are exact.

| function | arguments | most ULP |
|---|--:|--:|
"""

NOTE = """
*: Next to its zeros the error is measured by the larger terms that cancel there.
"""

COMPOSITES = """
## NumPy's functions that do not compile whole

Functions without a row of their own are NumPy code over the rows above, and compile as far as these do. Of those in
the samples, these do not always compile whole:

| function | samples |
|---|--:|
"""


class Count(NamedTuple):
    """How many sets of operands compile whole, of how many."""

    native: int
    all: int

    def __str__(self) -> str:
        return f"{self.native} of {self.all}" if self.all else "–"


def table() -> str:
    """The page."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in CASES:
        if applies(case):
            groups[case.name].append(case)
    counts = {name: _count(groups[name]) for name in groups}
    rows = sorted(TABLE.keys() | STRUCTURED.keys())
    ops = [_row(name, counts.get(name, Count(0, 0))) for name in rows]
    rest = [f"| `{name}` | {counts[name]} |" for name in sorted(counts) if _is_partial(name, counts[name])]
    functions = [
        f"| `{name}`{'*' * (name in SCALE)} | {n} | {bound(name):g} |" for name, n in sorted(vmath.NAMES.items())
    ]
    head = HEAD + "| op | form | samples |\n|---|---|--:|\n"
    return head + _lines(ops) + COMPOSITES + _lines(rest) + MATH + _lines(functions) + NOTE


def _lines(rows: Iterable[str]) -> str:
    return "\n".join(rows) + "\n"


def _row(name: str, count: Count) -> str:
    if name in STRUCTURED:
        form = "loop"
    elif name in LOWERINGS:
        form = "lowering"
    else:
        form = "its NumPy code" if count.native else "NumPy"
    return f"| `{name}` | {form} | {count} |"


def _is_partial(name: str, count: Count) -> bool:
    return name not in TABLE and count.native < count.all


def _count(cases: Iterable[Case]) -> Count:
    graphs = [plain(trace(case.f), *case.operands(0)) for case in cases]
    known = [graph for graph in graphs if not _is_foreign(graph)]
    return Count(sum(all(s.native for s in stages(expanded(simplify(g)))) for g in known), len(known))


def _is_foreign(graph: Graph) -> bool:
    """Whether the graph has complex numbers, which are NumPy's whatever the op is."""
    values: list[Any] = [*graph.inputs, *graph.outputs]
    for equation in graph.equations:
        values += [*equation.operands, *equation.results]
    return any(_dtype(x).kind not in "fiub" for x in values)


def _dtype(x: Any) -> np.dtype[Any]:
    return x.spec.dtype if hasattr(x, "spec") else arrays(x)[0].dtype


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(table(), encoding="utf-8")
