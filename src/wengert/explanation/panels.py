"""What the tabs of the page show: the two traces, the code with its values, blocks and remarks.

Cells that the quiz can ask for carry the answer and the reason of it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from wengert.explanation.collapse import LARGE, blocks, strongest
from wengert.explanation.drafts import barred
from wengert.explanation.gates import FAN_OUT
from wengert.explanation.model import Account, Contribution, Step
from wengert.explanation.numbers import short
from wengert.explanation.rows import Row, reverse_rows
from wengert.explanation.walk import arithmetic

__all__ = ["cell", "code", "gradient", "remarks", "table", "traces"]

_NO_LINES = (
    "This tape did not note the lines of code that it recorded. "
    "It does inside <code>with wg.autograd.detect_anomaly():</code>, which is slower."
)
MOST_ASKED = 4  # entries of an array that a reader may be asked for


def cell(text: str, kind: str = "", asked: str = "", answer: Any = None, why: str = "", of: str = "") -> str:
    """A cell; with an answer, one that the quiz can ask for. of: what it belongs to, if not to the row's symbol."""
    quiz = _quiz(asked, answer, why, of) if asked else ""
    kind = f' class="{kind}"' if kind else ""
    return f"<td{kind}{quiz}>{escape(text)}</td>"


def _quiz(asked: str, answer: Any, why: str, of: str) -> str:
    x = np.asarray(answer)
    if answer is None or x.dtype.kind not in "fiu" or not 0 < x.size <= MOST_ASKED or not np.all(np.isfinite(x)):
        return ""
    numbers = json.dumps([float(v) for v in x.reshape(-1)])
    owner = f' data-of="{escape(of)}"' if of else ""
    return f' data-quiz="{asked}" data-answer="{numbers}" data-why="{escape(why)}"{owner}'


def table(caption: str, columns: Sequence[str], rows: Iterable[str], kind: str = "") -> str:
    """A table of finished rows, which scrolls sideways by itself."""
    head = "".join([f'<th scope="col">{escape(name)}</th>' for name in columns])
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="{kind}">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def traces(account: Account) -> str:
    """Forward and reverse trace; of a large account its blocks and the largest contributions."""
    if len(account.trace) > LARGE:
        return _block_table(account) + _strongest_table(account)
    return _forward(account) + _reverse(account)


def _forward(account: Account) -> str:
    seeds = [f"∂/∂{seed.label}" if seed.step is not None else seed.label for seed in account.seeds]
    columns = ["", "name", "operation", "value", *seeds, "gate", "line"]
    caption = "Forward trace: the values" + (", and beside them the tangents" if seeds else "")
    return table(caption, columns, [_forward_row(s) for s in account.trace], "forward")


def _forward_row(s: Step) -> str:
    what = s.expression or ("input" if s.differentiable else "constant")
    why = _why_value(s)
    asked = "values" if s.role != "input" else ""
    cells = [
        cell(s.label, "symbol"),
        cell(s.name if s.name != s.label else "", "name"),
        cell(what, "operation"),
        cell(short(s.value), "value", asked, s.value, why),
        *[cell(short(t) if t is not None else "0" if s.differentiable else "·", "tangent") for t in s.tangents],
        cell(s.gate if s.differentiable else "", "gate"),
        cell(str(s.source.line) if s.source is not None else "", "line"),
    ]
    return f'<tr data-key="s{s.number}">{"".join(cells)}</tr>'


def _why_value(s: Step) -> str:
    """How the value of a step comes about."""
    return f"{s.name} = {s.expression} = {short(s.value)}{_where(s, ', with ')}"


def _why_local(consumer: Step, step: Step, c: Contribution) -> str:
    """How a local derivative comes about."""
    formula = consumer.operands[c.position].formula
    formula = f" = {formula}" if formula not in ("", short(c.local)) else ""
    return f"∂{consumer.name}/∂{step.name}{formula} = {short(c.local)}{_where(consumer, ', at ')}"


def _where(s: Step, between: str) -> str:
    """The values of a step's operands, as the end of a sentence."""
    known = ", ".join(dict.fromkeys([f"{o.shown} = {short(o.value)}" for o in s.operands if o.step is not None]))
    return f"{between}{known}." if known else "."


def _reverse(account: Account) -> str:
    columns = ["adjoint", "of", "upstream", "× local", "= downstream", "sum so far", "gate"]
    rows = [_reverse_row(account, row) for row in reverse_rows(account)]
    return table(f"Reverse trace, bottom-up: the derivative of {account.target}", columns, rows, "reverse")


def _reverse_row(account: Account, row: Row) -> str:
    step, c = account.trace[row.step], row.contribution
    if c is None:
        cells = [cell(row.formula, "symbol"), cell(step.name, "name"), *[cell("")] * 3]
        cells += [cell(short(row.sum), "adjoint"), cell("seed", "gate")]
        return f'<tr data-seed="s{row.step}">{"".join(cells)}</tr>'
    consumer = account.trace[c.consumer]
    own = barred(step.label)
    before = np.asarray(row.sum) - np.asarray(c.downstream)
    begun = "" if row.formula.startswith(f"{own} = ") and f"{own} + " not in row.formula else f"{short(before)} + "
    why = f"{row.formula}: {begun}{arithmetic(c)}" + (f"; together {short(row.sum)}." if begun else ".")
    gate = consumer.gate + (f", {FAN_OUT}" if len(step.contributions) > 1 and row.last else "")
    gate += f"; {c.note}" if c.note else ""
    cells = [
        cell(row.formula, "symbol"), cell(step.name, "name"), cell(short(c.upstream), "upstream"),
        _local_cell(consumer, step, c), cell(short(c.downstream), "downstream"),
        cell(short(row.sum), "adjoint", "adjoints", row.sum, why), cell(gate, "gate"),
    ]  # fmt: skip
    return f'<tr data-wire="{c.consumer}.{c.position}">{"".join(cells)}</tr>'


def _local_cell(consumer: Step, step: Step, c: Contribution) -> str:
    if isinstance(c.local, str):
        return cell(f"({c.local})", "local")
    return cell(short(c.local), "local", "locals", c.local, _why_local(consumer, step, c))


def _block_table(account: Account) -> str:
    rows = []
    for b in blocks(account):
        ops = ", ".join([f"{op} ×{n}" if n > 1 else op for op, n in b.ops[:4]]) + (", …" if len(b.ops) > 4 else "")
        cells = [cell(b.title, "operation"), cell(f"{len(b.steps):,}"), cell(ops), cell(f"{b.largest_adjoint:.3g}"),
                 cell(f"{b.saved_bytes:,}"), cell(f"{b.roundoff:.1e}")]  # fmt: skip
        rows.append(f'<tr data-key="b{b.number}">{"".join(cells)}</tr>')
    columns = ["where", "steps", "ops", "largest adjoint", "bytes kept", "rounding"]
    return table(f"The {len(account.trace):,} steps by place", columns, rows, "blocks")


def _strongest_table(account: Account) -> str:
    rows = []
    for step, c in strongest(account):
        consumer = account.trace[c.consumer]
        asked = "values" if consumer.value is not None else ""
        cells = [
            cell(step.name, "symbol"), cell(f"{consumer.name} = {consumer.expression}", "operation"),
            cell(short(consumer.value), "value", asked, consumer.value, _why_value(consumer), of=consumer.name),
            cell(short(c.upstream), "upstream"), _local_cell(consumer, step, c),
            cell(short(c.downstream), "downstream"), cell(consumer.gate, "gate"),
        ]  # fmt: skip
        rows.append(f"<tr>{''.join(cells)}</tr>")
    columns = ["to", "from", "value", "upstream", "× local", "= downstream", "gate"]
    return table("The largest contributions", columns, rows, "strongest")


def gradient(account: Account) -> list[str]:
    """The derivative with respect to each of the first inputs."""
    inputs = [account.trace[n] for n in account.inputs if account.trace[n].differentiable]
    found = [f"∂/∂{s.name} = {short(s.adjoint) if s.adjoint is not None else '0'}" for s in inputs[:8]]
    return [*found, "…"] if len(inputs) > 8 else found


def remarks(account: Account) -> str:
    """Everything worth knowing, the remark's kind first."""
    items = [f"<li><b>{escape(r.kind)}</b> {escape(r.text)}</li>" for r in account.remarks]
    if account.total_roundoff:
        worst = max(account.trace, key=lambda s: s.roundoff)
        told = f"The result may be off by {account.total_roundoff:.2g}, most of it ({worst.roundoff:.2g}) from "
        items.append(f"<li><b>rounding</b> {told}{escape(f'{worst.name} = {worst.expression}')}.</li>")
    return f'<ul class="remarks">{"".join(items)}</ul>' if items else ""


def code(account: Account) -> str:
    """The user's source, and beside every line the values that it computed."""
    found: dict[tuple[str, int], list[Step]] = {}
    text: dict[tuple[str, int], str] = {}
    for s in account.trace:
        if s.source is not None:
            found.setdefault((s.source.file, s.source.line), []).append(s)
            text[s.source.file, s.source.line] = s.source.text
    own = _own_source(account, next(iter(text), ("", 0))[0])
    lines = {**text, **own}
    if not lines:
        return f"<p>{_NO_LINES}</p>" if account.origin == "tape" else ""
    rows = []
    for file, number in sorted(lines):
        steps = found.get((file, number), [])
        values = ", ".join([f"{s.name} = {short(s.value)}" for s in steps[:4]])
        values += f", … {len(steps) - 4:,} more" if len(steps) > 4 else ""
        keys = " ".join([f"s{s.number}" for s in steps[:40]])
        cells = f'<td class="line">{number}</td><td class="source">{escape(lines[file, number])}</td>'
        rows.append(f'<tr data-keys="{keys}" title="{escape(file)}">{cells}{cell(values, "value")}</tr>')
    files = ", ".join(dict.fromkeys([file for file, _ in sorted(lines)]))
    return table(f"{files}, with the values of this run", ["line", "code", "values"], rows, "code")


def _own_source(account: Account, file: str) -> dict[tuple[str, int], str]:
    """All lines of the function, if its source can be found where its steps are."""
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(account.callable))
    except (OSError, TypeError):  # an expression, a built-in function, a tape
        return {}
    return {(file, first + n): line.rstrip() for n, line in enumerate(lines)} if file else {}
