"""Drafts: steps while they are still being filled in, and the two sweeps that fill them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.explanation.gates import EXACT
from wengert.explanation.links import Link
from wengert.explanation.model import Contribution, Operand, Source, Step
from wengert.interpreters.cotangents import cast, unbroadcast

__all__ = [
    "Draft", "accumulate", "barred", "finished", "label", "localise", "mark_wanted", "propagate", "tracked", "unique",
]  # fmt: skip

_SUBSCRIPTS = str.maketrans("-0123456789", "₋₀₁₂₃₄₅₆₇₈₉")


def label(index: int) -> str:
    """The name of the value with this subscript: v₋₁, v₀, v₁."""
    return "v" + str(index).translate(_SUBSCRIPTS)


def barred(text: str) -> str:
    """The name of an adjoint: v̄₃."""
    return text[0] + "\u0304" + text[1:]


def unique(names: Sequence[str]) -> list[str]:
    """Names that occur again, with a subscript from 2 on: x, x₂, x₃."""
    count: dict[str, int] = {}
    out = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        out.append(name if count[name] == 1 else name + str(count[name]).translate(_SUBSCRIPTS))
    return out


class Draft:
    """A step to be. wanted: whether it is an input that is differentiated, or depends on one."""

    def __init__(self, number: int, index: int, role: str, value: Any, shape: tuple[int, ...], dtype: Any) -> None:
        self.number = number
        self.index = index
        self.label = label(index)
        self.name = self.label
        self.role = role
        self.value = value
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.op = ""
        self.gate = ""
        self.expression = ""
        self.operands: list[tuple[int | None, str, Any]] = []
        self.source: Source | None = None
        self.group = ""
        self.grad_fn = ""
        self.saved_bytes = 0
        self.wanted = False
        self.locals: dict[int, tuple[Any, str]] = {}
        self.tangents: list[Any] = []
        self.adjoint: Any = None
        self.contributions: list[Contribution] = []


def mark_wanted(drafts: Sequence[Draft], links: Sequence[Link]) -> None:
    """Find out what depends on differentiated inputs."""
    for link in links:
        if link.op.vjps is None:
            continue
        if any(n is not None and drafts[n].wanted and _flows(link, p) for p, n in enumerate(link.operands)):
            for r in link.results:
                drafts[r].wanted = drafts[r].dtype.kind in "fc"


def _flows(link: Link, position: int) -> bool:
    return min(position, len(link.op.names) - 1) not in link.op.nondiff


def tracked(drafts: Sequence[Draft], link: Link) -> list[int]:
    """The operands of a link that a cotangent is wanted for."""
    if link.op.vjps is None or not any(drafts[r].wanted for r in link.results):
        return []
    return [p for p, n in enumerate(link.operands) if n is not None and drafts[n].wanted and _flows(link, p)]


def propagate(drafts: Sequence[Draft], links: Sequence[Link], seeds: Sequence[dict[int, Any]]) -> None:
    """The forward sweep: per seed, the tangents of all steps from those of the inputs."""
    with np.errstate(all="ignore"):
        for seed in seeds:
            tangents: list[Any] = [seed.get(d.number) for d in drafts]
            for link in links:
                if any(drafts[r].wanted for r in link.results):
                    moved = link.push([None if n is None else tangents[n] for n in link.operands])
                    for r, t in zip(link.results, moved, strict=True):
                        tangents[r] = t
            for draft, t in zip(drafts, tangents, strict=True):
                draft.tangents.append(t)


def accumulate(drafts: Sequence[Draft], links: Sequence[Link], cotangents: dict[int, Any]) -> None:
    """The reverse sweep: from the results' cotangents, one contribution per edge, added up as they arrive."""
    for number, g in cotangents.items():
        drafts[number].adjoint = g
    with np.errstate(all="ignore"):
        for link in reversed(links):
            gs = [drafts[r].adjoint for r in link.results]
            wanted = tracked(drafts, link)
            if not wanted or all(g is None for g in gs):
                continue
            upstream = gs[0] if len(gs) == 1 else tuple(gs)
            pulled = link.pull(gs, wanted)
            for position in wanted:
                c = pulled.get(position)
                if c is not None:
                    _contribute(drafts, link, position, upstream, c)


def _contribute(drafts: Sequence[Draft], link: Link, position: int, upstream: Any, c: Any) -> None:
    number = link.operands[position]
    assert number is not None
    draft, consumer = drafts[number], drafts[link.results[0]]
    note = _note(np.shape(c), draft.shape)
    c = c if isinstance(c, np.ndarray | np.generic) else np.asarray(c)
    c = cast(unbroadcast(c, draft.shape) if c.shape != draft.shape else c, draft.dtype)
    local = consumer.locals.get(position, (None, ""))[0]
    draft.contributions.append(Contribution(consumer.number, position, upstream, local, c, note))
    draft.adjoint = c if draft.adjoint is None else draft.adjoint + c


def _note(have: tuple[int, ...], want: tuple[int, ...]) -> str:
    """How an un-broadcast step is told."""
    if have == want:
        return ""
    extra = len(have) - len(want)
    if extra < 0:
        return f"spread from {have} to {want}"
    axes = [*range(extra), *[extra + n for n, (h, w) in enumerate(zip(have[extra:], want, strict=True)) if w == 1 != h]]
    if not axes:
        return f"spread from {have} to {want}"
    return f"summed over {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}: {have} → {want}"


def localise(drafts: Sequence[Draft], links: Sequence[Link]) -> None:
    """The local derivatives of all edges that a gradient may flow along."""
    for link in links:
        draft = drafts[link.results[0]]
        names = [*[shown for _, shown, _ in draft.operands], draft.name]
        for position in tracked(drafts, link):
            draft.locals[position] = link.local(position, names)


def roundoff(draft: Draft) -> float:
    """|v̄| ε |v|, summed over the entries: what the rounding of this step may change in the result."""
    if draft.role == "input" or draft.adjoint is None or draft.value is None or draft.gate in EXACT:
        return 0.0
    with np.errstate(all="ignore"):
        bound = float(np.sum(np.abs(draft.adjoint) * np.abs(draft.value)) * np.finfo(draft.dtype).eps)
    return bound


def finished(draft: Draft) -> Step:
    """The step, complete."""
    operands = []
    for position, (step, shown, value) in enumerate(draft.operands):
        local, formula = draft.locals.get(position, (None, ""))
        flows = position in draft.locals
        operands.append(Operand(step, shown, value, local, formula, draft.gate if flows else ""))
    return Step(
        number=draft.number, index=draft.index, label=draft.label, name=draft.name, role=draft.role, op=draft.op,
        gate=draft.gate, expression=draft.expression, operands=tuple(operands), value=draft.value, shape=draft.shape,
        dtype=str(draft.dtype), source=draft.source, group=draft.group, grad_fn=draft.grad_fn,
        saved_bytes=draft.saved_bytes, differentiable=draft.wanted, tangents=tuple(draft.tangents),
        adjoint=draft.adjoint, contributions=tuple(draft.contributions), roundoff=roundoff(draft),
    )  # fmt: skip
