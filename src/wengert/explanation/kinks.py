"""Kinks: where a derivative jumps just at the given point, so that the one shown is a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.explanation import partials
from wengert.explanation.links import Applied, Link
from wengert.explanation.model import Remark, Step
from wengert.explanation.numbers import short

__all__ = ["kinks"]

_TINY = 1e-290  # what two floats beside 0 may differ by without a kink
_COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


def kinks(steps: Sequence[Step], links: Sequence[Link]) -> list[Remark]:
    """The kinks that were hit, in order."""
    readers: dict[int, list[Step]] = {}
    for step in steps:
        for operand in step.operands:
            if operand.step is not None:
                readers.setdefault(operand.step, []).append(step)
    out = []
    for link in links:
        if not isinstance(link, Applied):
            continue
        step = steps[link.results[0]]
        if link.op.name in _COMPARISONS:
            out += _tie(step, steps, readers)
        elif link.op.kind == "elementwise" and step.differentiable:
            out += _jump(step, link, steps)
        elif link.op.name in ("max", "min") and step.differentiable:
            out += _equals(step, link)
        elif link.op.name == "length" and step.differentiable and np.any(np.asarray(step.value) == 0):
            text = f"{step.name} = {step.expression} is the length of a zero vector, where it has a corner: 0 is taken."
            out.append(Remark("kink", step.number, text, {"taken": 0.0}))
    return out


def _jump(step: Step, link: Applied, steps: Sequence[Step]) -> list[Remark]:
    """Partials that differ a float to the left and a float to the right."""
    out = []
    for position, operand in enumerate(step.operands):
        if operand.step is None or not operand.gate or not steps[operand.step].dtype.startswith("float"):
            continue
        if not partials.is_piecewise(link.op, position, link.values, link.out, link.params):
            continue
        left, right = [_beside(link, position, end) for end in (-np.inf, np.inf)]
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(left), np.abs(right))
            hit = np.isfinite(size) & (size > _TINY) & (np.abs(left - right) > 1e-3 * size)
        if np.any(hit):
            where = tuple(int(k[0]) for k in np.nonzero(hit)) if step.shape else ()
            l, r, taken = [float(np.real(np.asarray(a)[where])) for a in (left, right, operand.local)]
            at = f"at {int(np.sum(hit))} of {hit.size} entries" if hit.size > 1 else "here"
            text = (
                f"{step.name} = {step.expression} has a kink {at}: its derivative by {operand.shown} is {short(l)} on "
                f"the left and {short(r)} on the right; {short(taken)} is taken."
            )
            details = {"left": l, "right": r, "taken": taken, "operand": operand.shown, "entry": where}
            details["hits"] = int(np.sum(hit))
            out.append(Remark("kink", step.number, text, details))
    return out


def _beside(link: Applied, position: int, end: float) -> Any:
    values = list(link.values)
    values[position] = np.nextafter(values[position], np.asarray(end, np.asarray(values[position]).dtype))
    with np.errstate(all="ignore"):
        out = link.op.impl(*values, **link.params)
    return partials.numbers(link.op, position, values, out, link.params)


def _tie(step: Step, steps: Sequence[Step], readers: dict[int, list[Step]]) -> list[Remark]:
    """A comparison of equals: on the other side of them another branch is taken."""
    a, b = step.operands
    if not any(o.step is not None and steps[o.step].differentiable for o in (a, b)):
        return []
    tie = np.asarray(a.value == b.value)
    if not np.any(tie):
        return []
    at = f" at {int(np.sum(tie))} of {tie.size} entries" if tie.size > 1 else ""
    first_tie = np.broadcast_to(a.value, tie.shape)[tie].reshape(-1)[0]
    text = f"{step.expression} is decided by a tie{at}, at {short(first_tie)}"
    details: dict[str, Any] = {}
    for switch in _switches(step, readers):
        first, second = switch.operands[1:]
        slopes = [_slope(o.step, (a.step, b.step)) for o in (first, second)]
        if None not in slopes:
            details = {"slopes": tuple(slopes), "operand": a.shown if a.step is not None else b.shown}
            text += f": {first.shown} on one side (slope {slopes[0]}), {second.shown} on the other (slope {slopes[1]})"
            break
    return [Remark("kink", step.number, text + "; the derivative is that of the branch taken.", details)]


def _switches(step: Step, readers: dict[int, list[Step]]) -> list[Step]:
    """The choices made by a condition."""
    found = []
    for reader in readers.get(step.number, []):
        if reader.op == "where" and reader.operands[0].step == step.number:
            found.append(reader)
        elif reader.op in ("logical_or", "logical_and", "bitwise_or", "bitwise_and", "reshape"):
            found += _switches(reader, readers)
    return found


def _slope(number: int | None, compared: tuple[int | None, int | None]) -> int | None:
    """The derivative of a branch by what was compared, where that is plain: the value itself, or a constant."""
    return 0 if number is None else 1 if number in compared else None


def _equals(step: Step, link: Applied) -> list[Remark]:
    """Several entries attain a maximum or minimum."""
    x = np.asarray(link.values[0])
    top = np.asarray(step.value)
    if not link.params.get("keepdims"):
        top = np.expand_dims(top, link.params["axis"])
    count = np.sum(x == top, axis=link.params["axis"])
    if not np.any(count > 1):
        return []
    most = int(np.max(count))
    attained = f"{step.name} = {step.expression} is attained by {most} entries"
    text = f"{attained}, which share the derivative: {short(1 / most)} each."
    return [Remark("kink", step.number, text, {"left": 0.0, "right": 1.0, "taken": 1 / most, "entries": most})]
