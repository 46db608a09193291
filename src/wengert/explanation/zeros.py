"""Zeros: why an entry of a gradient is 0.

not reached     no path of slopes leads from the input to the result
masked          a switch or router sends the gradient elsewhere
saturated       a slope is so flat that it is 0 (tanh far out)
cancelled       contributions add up to 0
times zero      the other factor is 0
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.explanation.model import Contribution, Remark, Step
from wengert.explanation.numbers import count_of, short

__all__ = ["zeros"]

_ROUTERS = frozenset({"where switch", "max router", "min router", "overwrite switch", "gather↔scatter"})
_FARTHEST = 10_000  # steps to look at for one input
_MOST_REASONS = 3


def zeros(steps: Sequence[Step], outputs: Sequence[int]) -> list[Remark]:
    """Per differentiated input, the reasons of its zeros."""
    out = []
    used = set(outputs)
    for step in reversed(steps):
        if step.number in used:
            used.update([o.step for o in step.operands if o.step is not None])
    for step in steps:
        if step.role != "input" or not step.differentiable or step.number not in used:
            continue
        if step.adjoint is None:
            out.append(_not_reached(step, steps))
            continue
        zero = np.asarray(step.adjoint) == 0
        if np.any(zero):
            out += [_remark(step, zero, reason) for reason in _reasons(step, zero, steps)]
    return out


def _not_reached(step: Step, steps: Sequence[Step]) -> Remark:
    """The gradient stops at what is locally constant, or nothing differentiable reads the input."""
    stop = _first_stop(step, steps)
    where = f": {stop.name} = {stop.expression} is locally constant" if stop is not None else ""
    text = f"The gradient of {step.name} is 0 because the result is not reached from it{where}."
    return Remark("zero", step.number, text, {"reason": "not reached", "at": stop.number if stop is not None else None})


def _first_stop(source: Step, steps: Sequence[Step]) -> Step | None:
    """The first step that depends on the source and lets no gradient through."""
    reached = {source.number}
    for step in steps:
        if any(o.step in reached for o in step.operands):
            if step.gate == "gradient stop":
                return step
            reached.add(step.number)
    return None


def _reasons(step: Step, zero: Any, steps: Sequence[Step]) -> list[tuple[str, Step | None]]:
    """Follow the gradient towards the result until the place where the zeros come from."""
    found: list[tuple[str, Step | None]] = []
    pending: list[tuple[Step, Any]] = [(step, zero)]
    seen: set[int] = set()
    while pending and len(seen) < _FARTHEST and len(found) < _MOST_REASONS:
        here, mask = pending.pop()
        if here.number in seen:
            continue
        seen.add(here.number)
        for c in here.contributions:
            consumer = steps[c.consumer]
            down = np.asarray(c.downstream)
            if len(here.contributions) > 1 and np.any(down[mask] != 0):
                _add(found, "cancelled", here)
                break
            reason = _reason(c, consumer, mask)
            if reason is not None:
                _add(found, reason, consumer)
            elif not isinstance(c.upstream, tuple) and consumer.adjoint is not None:
                pending.append((consumer, np.asarray(consumer.adjoint) == 0))
    return found or [("of zero slope", None)]


def _add(found: list[tuple[str, Step | None]], reason: str, step: Step) -> None:
    if (reason, step) not in found:
        found.append((reason, step))


def _reason(c: Contribution, consumer: Step, mask: Any) -> str | None:
    """Why this contribution is zero where the mask says, if it is this consumer's doing."""
    upstream = np.asarray(c.upstream) if not isinstance(c.upstream, tuple) else None
    if upstream is not None and not np.any(upstream):
        return None
    if isinstance(c.local, str) or c.local is None:
        return "masked" if consumer.gate in _ROUTERS else None
    dead = np.asarray(c.local) == 0
    if consumer.gate in _ROUTERS and dead.shape == np.shape(mask) and np.any(dead & mask):
        return "masked"
    if not np.any(dead & (upstream != 0)):
        return None
    if consumer.gate in _ROUTERS:
        return "masked"
    if consumer.gate == "multiply swapper":
        return "times zero"
    return "saturated" if np.all(np.asarray(consumer.operands[c.position].value)[...] != 0) else "flat"


_WORDS = {
    "masked": "the gradient is sent elsewhere by {0}", "saturated": "{0} is saturated: its slope is 0 there",
    "flat": "the slope of {0} is 0 there", "times zero": "the other factor of {0} is 0",
    "cancelled": "the contributions that meet at {1} cancel", "of zero slope": "every slope on the way is 0",
}  # fmt: skip


def _remark(step: Step, zero: Any, reason: tuple[str, Step | None]) -> Remark:
    kind, cause = reason
    entries = f"{count_of(int(np.sum(zero)), 'entry').replace('entrys', 'entries')} of the gradient of {step.name}"
    of = entries + f" (of {zero.size})" if zero.size > 1 else f"The gradient of {step.name}"
    there = f"{cause.name} = {cause.expression}" if cause is not None and cause.expression else ""
    why = _WORDS[kind].format(there, cause.name if cause is not None else "")
    verb = "are" if np.sum(zero) > 1 else "is"
    at = f" with {short(cause.value)}" if cause is not None and kind in ("saturated", "times zero") else ""
    text = f"{of} {verb} 0 because {why}{at}."
    return Remark("zero", step.number, text, {"reason": kind, "at": cause.number if cause is not None else None})
