"""What the other ways to differentiate say about an explained function, for the tabs of its page.

Each part is asked for by itself: what refuses (a kink for the complex step, too many inputs for SymPy) has no tab.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.errors import WengertError
from wengert.explanation.charts import Curve
from wengert.explanation.code import code
from wengert.explanation.model import Account
from wengert.explanation.page import Extras
from wengert.methods.compare import compare
from wengert.methods.swell import swell
from wengert.methods.symbolic import symbolic
from wengert.methods.vcurve import vcurve

__all__ = ["gathered"]

MOST_STEPS = 200  # of a function that is looked at in every way
MOST_ENTRIES = 16  # and of its inputs
MOST_FORMULAS = 8  # symbols whose derivatives can be read
COLUMNS = ("way", "derivative", "max abs", "max rel", "evals of f", "sweeps", "ops / f", "remark")

# A function may be refused by a way, or may not be defined where a way evaluates it.
_REFUSALS = (WengertError, ArithmeticError, TypeError, ValueError)


def gathered(account: Account) -> Extras:
    """The parts that can be had for a small function of positional arguments; all the same for every run."""
    entries = sum(np.size(x) for x in tree.leaves(account.args))
    if account.origin != "trace" or account.kwargs or len(account.trace) > MOST_STEPS or entries > MOST_ENTRIES:
        return Extras()
    f, args = account.callable, account.args
    rows, verdict = _part(lambda: _comparison(f, args)) or ((), "")
    return Extras(
        programs={
            title: str(text)
            for title, mode in (("Reverse accumulation", "reverse"), ("Forward accumulation", "forward"))
            if (text := _part(lambda mode=mode: code(f, *args, mode=mode))) is not None
        },
        symbolic=_part(lambda: _formulas(f, args)) or (),
        columns=COLUMNS,
        comparison=rows,
        verdict=verdict,
        curves=_part(lambda: _curves(f, args)) or (),
        swell=_part(lambda: swell(f, *args).rows()) or (),
    )


def _part(make: Callable[..., Any]) -> Any:
    """What is made, None where it is refused."""
    try:
        return make()
    except _REFUSALS:
        return None


def _formulas(f: Callable[..., Any], args: Any) -> list[tuple[str, str]]:
    found = symbolic(f, *args)
    if len(found.symbols) > MOST_FORMULAS:
        return []
    value = [("f", str(found.expression))]
    return value + [(f"∂f/∂{s}", str(g)) for s, g in zip(found.symbols, found.gradient, strict=True)]


def _comparison(f: Callable[..., Any], args: Any) -> tuple[list[list[str]], str]:
    result = compare(f, *args, times=False)
    rows = [
        [
            row.way,
            row.value,
            _brief(row.absolute),
            _brief(row.relative),
            _count(row.evaluations),
            _count(row.sweeps),
            _count(row.multiple),
            row.status,
        ]
        for row in result.rows
    ]
    return rows, result.sentence


def _brief(x: float | None) -> str:
    return "–" if x is None else f"{x:.1e}" if x else "0"


def _count(x: float | None) -> str:
    return "–" if x is None else f"{x:,.3g}"


def _curves(f: Callable[..., Any], args: Any) -> list[Curve]:
    """The V of the first entry of the first argument."""
    x, *rest = args
    v = vcurve(f, x, *rest, index=0 if np.size(x) > 1 else None)
    h = [float(s) for s in v.h]
    return [
        Curve("measured", h, [float(e) for e in v.error], v.optimal_h),
        Curve("predicted", h, [float(e) for e in v.predicted]),
    ]
