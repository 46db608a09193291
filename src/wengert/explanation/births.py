"""Births: the first step where a NaN or an infinity appears, going forwards and going backwards, and of what kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.explanation.model import Contribution, Remark, Step
from wengert.explanation.numbers import short

__all__ = ["birth_class", "births"]


def births(steps: Sequence[Step]) -> list[Remark]:
    """Of the values the first NaN and the first infinity; if all are finite, the same of the adjoints."""
    out = []
    for kind, test in (("NaN", np.isnan), ("infinity", np.isinf)):
        for step in steps:
            if step.value is not None and _any(test, step.value) and not _came(test, step, kind):
                out.append(_born(step, kind))
                break
    return out or _backwards(steps)


def _any(test: Any, x: Any) -> bool:
    x = np.asarray(x)
    return x.dtype.kind in "fc" and bool(np.any(test(x)))


def _came(test: Any, step: Step, kind: str) -> bool:
    return step.role != "input" and any(o.value is not None and _any(test, o.value) for o in step.operands)


def _born(step: Step, kind: str) -> Remark:
    if step.role == "input":
        return Remark(
            "nan",
            step.number,
            f"{step.name} is given with {_a(kind).lower().replace('nan', 'NaN')}.",
            {"class": "given", "kind": kind},
        )
    cause = birth_class(step.op, [o.value for o in step.operands], kind)
    values = ", ".join([f"{o.shown} = {short(o.value)}" for o in step.operands])
    line = f" ({step.source.file}:{step.source.line})" if step.source is not None else ""
    text = f"{_a(kind)} is born in {step.name} = {step.expression}{line}: {cause} at {values}."
    return Remark("nan", step.number, text, {"class": cause, "kind": kind})


def _a(kind: str) -> str:
    return "A NaN" if kind == "NaN" else "An infinity"


_SUMS = frozenset("add subtract sum mean cumsum".split())
_PRODUCTS = frozenset("multiply strong_multiply matmul matvec vecmat vecdot einsum prod cumprod".split())


def birth_class(op: str, operands: Sequence[Any], kind: str) -> str:
    """What went wrong in an op: ∞ - ∞, 0·∞, 0/0, a division by zero, a value outside the domain, or an overflow.

    operands: their values (None: not known). kind: of what was born, "NaN" or "infinity".
    """
    values = [np.asarray(x) for x in operands if x is not None]
    infinite = any(_any(np.isinf, v) for v in values)
    if kind == "NaN":
        if infinite and op in _SUMS:
            return "∞ - ∞"
        if infinite and op in _PRODUCTS:
            return "0·∞"
        if op == "divide":
            return "∞/∞" if infinite else "0/0"
        if op in ("remainder", "fmod") and np.any(values[-1] == 0):
            return "a division by zero"
        return "outside the domain"
    if op in ("divide", "reciprocal", "power", "power_by"):
        zero = any(np.any(v == 0) for v in values)
        return "a division by zero" if zero else "an overflow"
    if op in ("log", "log2", "log10", "log1p", "arctanh", "logit", "gammaln", "psi"):
        return "at the edge of the domain"
    return "an overflow"


def _backwards(steps: Sequence[Step]) -> list[Remark]:
    """The contribution that first brings a NaN or an infinity, in the order of the reverse trace."""
    made: list[tuple[int, int, Step, Contribution]] = []
    for step in steps:
        for n, c in enumerate(step.contributions):
            if not np.all(np.isfinite(np.asarray(c.downstream))) and _finite(c.upstream):
                made.append((-c.consumer, n, step, c))
    if not made:
        return []
    _, _, step, c = min(made, key=lambda entry: entry[:2])
    consumer = steps[c.consumer]
    kind = "NaN" if _any(np.isnan, c.downstream) else "infinity"
    formula = consumer.operands[c.position].formula
    local = " = ".join(dict.fromkeys([f"∂{consumer.name}/∂{step.name}", formula or "·", short(c.local)]))
    cause = "0·∞" if kind == "NaN" else "an infinite slope"
    text = f"{_a(kind)} is born going backwards, from {consumer.name} to {step.name}: {cause}, since {local}."
    return [Remark("nan", step.number, text, {"class": cause, "kind": kind, "consumer": consumer.number})]


def _finite(x: Any) -> bool:
    if isinstance(x, tuple):
        return all(_finite(y) for y in x)
    return x is not None and bool(np.all(np.isfinite(np.asarray(x))))
