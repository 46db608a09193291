"""What is drawn of an explanation: one view of all steps, or for a large trace one of its blocks and one of each block.

The whole                         inside of block 2
[w1] [w2]  inputs                 (h) enters
[block 1: 40 steps]──▶[block 2]   [v₄₁]──▶[v₄₂]──▶ …  60 further steps … ──▶[v₁₀₃]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.explanation.collapse import LARGE, Block, blocks, edges
from wengert.explanation.drafts import barred
from wengert.explanation.model import Account, Contribution, Step
from wengert.explanation.numbers import count_of, shape_text, short

__all__ = ["Item", "View", "Wire", "views"]

MOST_INPUTS = 24  # of a large trace that are drawn one by one
MOST_IN_ALL = 900  # steps that all insides together show
FEWEST = 10  # steps that every inside shows
DIGITS = 4

Back = Mapping[tuple[int, int], Contribution]  # what goes back along a wire, by consumer and position


@dataclass(frozen=True, slots=True)
class Item:
    """A box. key: "s12" for a step, "b3" for a block, "e12" for a value that enters a view, "g" for what is left out.

    kind: "leaf", "constant", "step", "root", "block", "enters" or "gap". name, label: upper corners. operation: what it
    computes. value, adjoint: the numbers, "" if unknown. notes: small print.
    """

    key: str
    kind: str
    name: str
    label: str = ""
    operation: str = ""
    value: str = ""
    adjoint: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """From the item at `source` to that at `target`. key: "consumer.position" of an operand, "" between blocks.

    local: what the gradient is multiplied with on the way back; downstream: what arrives; both "" where none flows.
    count: how many values go from block to block, "" for one.
    """

    source: int
    target: int
    key: str = ""
    local: str = ""
    downstream: str = ""
    count: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """key: "all", or that of the block whose inside it is."""

    key: str
    title: str
    items: tuple[Item, ...]
    wires: tuple[Wire, ...]


def views(account: Account) -> list[View]:
    """The whole first, then the insides of its blocks."""
    back = {(c.consumer, c.position): c for s in account.trace for c in s.contributions}
    if len(account.trace) <= LARGE:
        return [_of_steps("all", account.function, back, account.trace)]
    found = blocks(account)
    room = max(FEWEST, MOST_IN_ALL // max(1, len(found)))
    return [_of_blocks(account, found), *[_inside(account, block, back, room) for block in found]]


def _of_steps(key: str, title: str, back: Back, steps: Sequence[Step]) -> View:
    items = [_item(s) for s in steps]
    at = {s.number: n for n, s in enumerate(steps)}
    return View(key, title, tuple(items), tuple(_wires(back, steps, at)))


def _item(s: Step) -> Item:
    if s.role == "input":
        kind = "leaf" if s.differentiable else "constant"
    else:
        kind = "root" if s.role == "output" else "step"
    value = f"= {_number(s.value)}" if s.value is not None else f"not kept {shape_text(s.shape)}".rstrip()
    adjoint = f"{barred(s.label)} = {_number(s.adjoint)}" if s.adjoint is not None else ""
    label = s.label if s.label != s.name else ""
    return Item(f"s{s.number}", kind, s.name, label, s.expression, value, adjoint, _notes(s))


def _notes(s: Step) -> tuple[str, ...]:
    return tuple([note for note in (s.gate, s.grad_fn) if note and s.differentiable and s.role != "input"])


def _wires(back: Back, steps: Sequence[Step], at: dict[int, int]) -> list[Wire]:
    """The operands of these steps that are drawn, too."""
    wires = []
    for s in steps:
        for position, operand in enumerate(s.operands):
            if operand.step in at and s.number in at:
                c = back.get((s.number, position))
                local, downstream = ("", "") if c is None else (_local(c), _brief(c.downstream))
                wires.append(Wire(at[operand.step], at[s.number], f"{s.number}.{position}", local, downstream))
    return wires


def _local(c: Contribution) -> str:
    """A number as it is; the words for a linear map have their place in the tables."""
    return "" if isinstance(c.local, str) or c.local is None else f"× {_brief(c.local)}"


def _number(x: Any) -> str:
    """Arrays with a digit less."""
    return short(x, DIGITS if np.ndim(x) == 0 else DIGITS - 1)


def _brief(x: Any) -> str:
    """One number for a number, and for an array of equals; otherwise the shape."""
    x = np.asarray(x)
    if x.size and (x.ndim == 0 or np.all(x == x.flat[0])):
        return short(x.flat[0], DIGITS)
    return f"[{shape_text(x.shape)}]"


def _of_blocks(account: Account, found: Sequence[Block]) -> View:
    outputs = set(account.outputs)
    inputs = [account.trace[n] for n in account.inputs]
    shown = inputs if len(inputs) <= MOST_INPUTS else inputs[: MOST_INPUTS - 1]
    items = [_item(s) for s in shown]
    at = {-1 - s.number: n for n, s in enumerate(shown)}
    if len(shown) < len(inputs):
        at |= {-1 - s.number: len(items) for s in inputs[len(shown) :]}
        items.append(Item("g", "gap", f"{len(inputs) - len(shown)} further inputs"))
    for block in found:
        at[block.number] = len(items)
        items.append(_block(block, bool(outputs.intersection(block.steps))))
    count: dict[tuple[int, int], int] = {}
    for (source, target), n in sorted(edges(account, found).items()):
        pair = at[source], at[target]
        count[pair] = count.get(pair, 0) + n
    wires = [Wire(a, b, count=f"{n:,}" if n > 1 else "") for (a, b), n in count.items()]
    return View("all", account.function, tuple(items), tuple(wires))


def _block(block: Block, root: bool) -> Item:
    ops = ", ".join([f"{op} ×{n}" if n > 1 else op for op, n in block.ops[:3]]) + (", …" if len(block.ops) > 3 else "")
    adjoint = f"largest adjoint {block.largest_adjoint:.3g}" if block.largest_adjoint else ""
    *place, name = block.title.split("  ")  # function, file and line, code; or a module
    notes = tuple([" ".join(place)] * bool(place) + ["the result is here"] * root)
    return Item(f"b{block.number}", "block", name, "", ops, _steps(len(block.steps)), adjoint, notes)


def _steps(n: int) -> str:
    return count_of(n, "step") if n < 1000 else f"{n:,} steps"


def _inside(account: Account, block: Block, back: Back, room: int) -> View:
    """The first and the last steps of a block, and the values that these read from elsewhere."""
    numbers = block.steps
    head, tail = numbers, numbers[:0]
    if len(numbers) > room:
        head, tail = numbers[: room * 2 // 3], numbers[-(room - room * 2 // 3) :]
    steps = [account.trace[n] for n in (*head, *tail)]
    hidden = set(numbers[len(head) : len(numbers) - len(tail)])
    own = {s.number for s in steps}
    entering = sorted({o.step for s in steps for o in s.operands if o.step is not None} - own - hidden)
    items = [_enters(account.trace[n]) for n in entering]
    at = {n: place for place, n in enumerate(entering)}
    for s in steps:
        if hidden and s.number == tail[0]:
            at |= dict.fromkeys(hidden, len(items))
            items.append(Item("g", "gap", f"… {len(hidden):,} further steps …"))
        at[s.number] = len(items)
        items.append(_item(s))
    wires = _wires(back, steps, at)
    if hidden:
        drawn = own.union(entering)
        read = {o.step for n in hidden for o in account.trace[n].operands if o.step is not None and o.step in drawn}
        wires += [Wire(at[n], at[min(hidden)]) for n in sorted(read)]
    distinct = dict.fromkeys(
        [w if w.key and items[w.source].kind != "gap" else Wire(w.source, w.target) for w in wires]
    )
    return View(f"b{block.number}", block.title, tuple(items), tuple(distinct))


def _enters(s: Step) -> Item:
    adjoint = f"{barred(s.label)} = {_number(s.adjoint)}" if s.adjoint is not None else ""
    return Item(f"e{s.number}", "enters", s.name, s.label if s.label != s.name else "", "from outside",
                f"= {_number(s.value)}", adjoint)  # fmt: skip
