"""An explanation as plain text: the two trace tables, the gradient, the remarks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from wengert.explanation.collapse import LARGE, blocks, strongest
from wengert.explanation.gates import FAN_OUT
from wengert.explanation.model import Account, Step
from wengert.explanation.numbers import count_of, shape_text, short
from wengert.explanation.rows import reverse_rows

__all__ = ["Part", "headline", "parts", "text"]


class Part:
    """A table with its title, or paragraphs alone. right: columns that hold numbers."""

    def __init__(
        self, title: str, columns: Sequence[str] = (), rows: Sequence[Sequence[str]] = (), lines: Sequence[str] = ()
    ) -> None:
        self.title = title
        self.columns = list(columns)
        self.rows = [list(row) for row in rows]
        self.lines = list(lines)


def headline(account: Account) -> str:
    """The function at its inputs, and its value."""
    inputs = ", ".join([f"{s.name} = {short(s.value)}" for s in (account.trace[n] for n in account.inputs[:8])])
    more = ", …" if len(account.inputs) > 8 else ""
    return f"{account.function}({inputs}{more}) = {_result(account.value)}"


def _result(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join([f"{key}: {_result(v)}" for key, v in value.items()]) + "}"
    return "(" + ", ".join([_result(v) for v in value]) + ")" if isinstance(value, tuple | list) else short(value, 6)


def parts(account: Account, depth: int | None = None) -> list[Part]:
    """Everything there is to read, in order; large traces by blocks."""
    large = depth is not None or len(account.trace) > LARGE
    middle = [_blocks(account, depth), _strongest(account)] if large else [_forward(account), _reverse(account)]
    return [part for part in [*middle, _gradient(account), _notes(account)] if part.rows or part.lines]


def text(account: Account, depth: int | None = None) -> str:
    """All parts, in columns of equal width."""
    pieces = [headline(account)]
    for part in parts(account, depth):
        body = _aligned([part.columns, *part.rows]) if part.rows else []
        pieces.append("\n".join([part.title, *["  " + line for line in [*body, *part.lines]]]))
    return "\n\n".join(pieces) + "\n"


def _width(cell: str) -> int:
    return sum([not unicodedata.combining(c) for c in cell])


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max([_width(row[n]) for row in rows]) for n in range(len(rows[0]))]
    lines = ["  ".join([cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True)]) for row in rows]
    return [line.rstrip() for line in lines]


def _forward(account: Account) -> Part:
    """The Wengert list, and beside every value its tangents, a column per seed."""
    seeds = [f"∂/∂{s.label}" if s.step is not None else s.label for s in account.seeds]
    rows = []
    for s in account.trace:
        what = s.expression or ("input" if s.differentiable else "constant")
        place = f"line {s.source.line}" if s.source is not None else ""
        tangents = [short(t) if t is not None else "0" if s.differentiable else "·" for t in s.tangents]
        name = s.name if s.name != s.label else ""
        rows.append([s.label, name, what, short(s.value), *tangents, shape_text(s.shape), s.gate, place])
    columns = ["", "name", "operation", "value", *seeds, "shape", "gate", "source"]
    return Part("Forward trace: the Wengert list" + (", primal | tangent" if seeds else ""), columns, rows)


def _reverse(account: Account) -> Part:
    """The adjoints, one row per contribution."""
    rows = []
    for row in reverse_rows(account):
        step, c = account.trace[row.step], row.contribution
        if c is None:
            rows.append([row.formula, "", short(row.sum), _name(step), "seed"])
            continue
        consumer = account.trace[c.consumer]
        product = f"{short(c.upstream)} × {_local(c.local)} = {short(c.downstream)}"
        gate = consumer.gate + (f", {FAN_OUT}" if len(step.contributions) > 1 and row.last else "")
        rows.append([row.formula, product, short(row.sum), _name(step), f"{gate}{'; ' + c.note if c.note else ''}"])
    columns = ["adjoint", "upstream × local = downstream", "sum so far", "of", "gate"]
    return Part(f"Reverse trace: the derivative of {account.target}, bottom-up", columns, rows)


def _local(local: Any) -> str:
    return f"({local})" if isinstance(local, str) else short(local)


def _name(step: Step) -> str:
    return step.name


def _gradient(account: Account) -> Part:
    inputs = [account.trace[n] for n in account.inputs if account.trace[n].differentiable]
    rows = [[s.label, s.name, short(s.value), short(s.adjoint, 6) if s.adjoint is not None else "0"] for s in inputs]
    return Part(f"Gradient of {account.target}", ["", "name", "at", "gradient"], rows[:LARGE])


def _notes(account: Account) -> Part:
    lines = [f"{r.kind}: {r.text}" for r in account.remarks]
    if account.total_roundoff:
        bound = f"rounding: the result may be off by {account.total_roundoff:.2g} (Σ |v̄| ε |v| over all steps)."
        worst = max(account.trace, key=lambda s: s.roundoff)
        lines.append(f"{bound} Most of it, {worst.roundoff:.2g}, comes from {worst.name} = {worst.expression}.")
    return Part("Remarks", lines=lines)


def _blocks(account: Account, depth: int | None) -> Part:
    rows = []
    for b in blocks(account, depth):
        ops = ", ".join([f"{op} ×{n}" if n > 1 else op for op, n in b.ops[:4]]) + (", …" if len(b.ops) > 4 else "")
        rows.append([b.title, str(len(b.steps)), ops, f"{b.largest_adjoint:.3g}", str(b.saved_bytes)])
    title = f"{count_of(len(account.trace) - len(account.inputs), 'step')} in {count_of(len(rows), 'block')}"
    return Part(title, ["where", "steps", "ops", "largest adjoint", "bytes kept"], rows)


def _strongest(account: Account) -> Part:
    rows = []
    for step, c in strongest(account):
        consumer = account.trace[c.consumer]
        product = f"{short(c.upstream)} × {_local(c.local)} = {short(c.downstream)}"
        rows.append([step.name, f"from {consumer.name} = {consumer.expression}", product, consumer.gate])
    return Part("The largest contributions", ["to", "", "upstream × local = downstream", "gate"], rows)
