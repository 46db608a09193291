"""Remarks: what a reader of the trace should not overlook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.explanation.births import births
from wengert.explanation.iterations import iterations
from wengert.explanation.kinks import kinks
from wengert.explanation.links import Link
from wengert.explanation.model import Remark, Step
from wengert.explanation.numbers import count_of, short
from wengert.explanation.watch import Decision
from wengert.explanation.zeros import zeros

__all__ = ["remarks"]

MOST = 12  # remarks of one kind; what is beyond is counted
LOST = 1e-6  # a difference this much smaller than its operands has lost digits worth a remark


def remarks(
    steps: Sequence[Step],
    links: Sequence[Link],
    decisions: Sequence[Decision],
    numbers: Mapping[Any, int],
    outputs: Sequence[int],
) -> tuple[Remark, ...]:
    """All remarks, by kind and then in the order of the steps."""
    decided = {numbers[d.variable] for d in decisions if d.variable in numbers}
    found = [
        *births(steps),
        *kinks(steps, links),
        *_branches(steps, decisions, numbers),
        *iterations(steps, links),
        *zeros(steps, outputs),
        *_cancellations(steps),
        *_unused(steps, links, outputs, decided),
        *_memory(steps),
    ]
    return tuple(_limited(found))


def _limited(found: Sequence[Remark]) -> list[Remark]:
    out: list[Remark] = []
    seen: Counter[str] = Counter()
    for remark in found:
        seen[remark.kind] += 1
        if seen[remark.kind] <= MOST:
            out.append(remark)
    for kind, count in seen.items():
        if count > MOST:
            out.append(Remark(kind, None, f"{count - MOST} more remarks of this kind.", {"more": count - MOST}))
    return out


def _branches(steps: Sequence[Step], decisions: Sequence[Decision], numbers: Mapping[Any, int]) -> list[Remark]:
    out = []
    for d in decisions:
        step = steps[numbers[d.variable]] if d.variable in numbers else None
        if step is None or d.what != "bool()":
            continue
        place = f" (line {d.place[1]})" if d.place is not None else ""
        answer = bool(np.all(d.answer))
        asked = f"Python asked whether {step.expression or step.name}{place}: {answer}."
        text = f"{asked} The derivative is that of the branch taken."
        out.append(Remark("branch", step.number, text, {"answer": answer}))
    for step in steps:
        if step.op == "where" and step.operands[0].value is not None:
            cond = np.broadcast_to(np.asarray(step.operands[0].value, bool), step.shape)
            chosen, size = int(np.sum(cond)), int(cond.size)
            first, second = step.operands[1].shown, step.operands[2].shown
            if size == 1:
                text = f"{step.name} takes {first if chosen else second}, and not {second if chosen else first}."
            else:
                text = f"{step.name} takes {first} at {chosen} and {second} at {size - chosen} of {size} entries."
            out.append(Remark("branch", step.number, text, {"first": chosen, "second": size - chosen}))
    return out


def _cancellations(steps: Sequence[Step]) -> list[Remark]:
    """Differences that are much smaller than what they are the difference of; the worst rounding, and all of it."""
    out = []
    for step in steps:
        lost = _lost(step)
        if lost is None:
            continue
        digits = -np.log10(lost)
        text = (
            f"{step.name} = {step.expression} = {short(step.value)} is {digits:.0f} digits smaller than its operands: "
            f"that many of their digits cancel, and their rounding errors weigh {1 / lost:.1g} times as much."
        )
        out.append(Remark("cancellation", step.number, text, {"ratio": lost}))
    return out


def _lost(step: Step) -> float | None:
    if step.op not in ("add", "subtract") or step.adjoint is None or step.shape != np.shape(step.value):
        return None
    sizes = [np.abs(o.value) for o in step.operands if o.value is not None]
    if len(sizes) < 2 or not any(o.step is not None for o in step.operands):
        return None
    with np.errstate(all="ignore"):
        large = np.maximum(*np.broadcast_arrays(*sizes[:2]))
        hit = (np.abs(step.value) < LOST * large) & (step.adjoint != 0) & np.isfinite(large)
        if not np.any(hit):
            return None
        eps = np.finfo(step.dtype).eps
        return float(np.min(np.where(hit, np.maximum(np.abs(step.value) / np.where(hit, large, 1), eps), 1)))


def _unused(steps: Sequence[Step], links: Sequence[Link], outputs: Sequence[int], decided: set[int]) -> list[Remark]:
    used = {*outputs, *decided}
    for link in reversed(links):
        if not used.isdisjoint(link.results):
            used.update(link.results, [n for n in link.operands if n is not None])
    out = [
        Remark("unused", s.number, f"{s.name} is not used by the result.")
        for s in steps
        if s.role == "input" and s.number not in used
    ]
    dead = [s for s in steps if s.role != "input" and s.number not in used]
    if dead:
        names = ", ".join([s.name for s in dead[:6]]) + (", …" if len(dead) > 6 else "")
        verb = "is" if len(dead) == 1 else "are"
        text = f"{count_of(len(dead), 'computed value')} ({names}) {verb} not used by the result."
        out.append(Remark("unused", dead[0].number, text, {"steps": [s.number for s in dead]}))
    return out


def _memory(steps: Sequence[Step]) -> list[Remark]:
    kept: Counter[str] = Counter()
    for step in steps:
        kept[step.op] += step.saved_bytes
    total = sum(kept.values())
    if not total:
        return []
    largest = sorted([(n, op) for op, n in kept.items() if n], key=lambda pair: (-pair[0], pair[1]))
    shown = ", ".join([f"{op} {_bytes(n)}" for n, op in largest[:5]]) + (", …" if len(largest) > 5 else "")
    text = f"A tape keeps {_bytes(total)} for the way back: {shown}."
    return [Remark("memory", None, text, {op: n for n, op in largest})]


def _bytes(n: int) -> str:
    size = float(n)
    if n == 1:
        return "1 byte"
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
