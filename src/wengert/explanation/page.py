"""The page: one HTML file with everything in it, which asks no network for anything.

The figures and tables are written here; the scripts in `assets` only show and hide them, so the page can be read, and
printed, without scripts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from wengert.explanation import panels
from wengert.explanation.charts import Curve, bars, curves
from wengert.explanation.model import Account, Step
from wengert.explanation.numbers import shape_text, short
from wengert.explanation.svg import asset, drawing, figure
from wengert.explanation.text import headline
from wengert.explanation.views import View, views
from wengert.explanation.walk import Event, Walk, arithmetic

__all__ = ["Extras", "notebook", "page"]

SCRIPTS = ("figure.js", "walk.js", "tabs.js", "quiz.js", "page.js")
MOST_IN_NOTEBOOK = 60  # boxes of a figure in a notebook


@dataclass(frozen=True)
class Extras:
    """What other methods found about the same function; each part that is there gets its tab.

    programs: derivative programs by title. symbolic: names and formulas. comparison: columns and rows of the
    scoreboard; verdict: what it says in a sentence. curves: errors over step sizes. swell: what was counted, how many.
    """

    programs: Mapping[str, str] = field(default_factory=dict)
    symbolic: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    comparison: Sequence[Sequence[str]] = ()
    verdict: str = ""
    curves: Sequence[Curve] = ()
    swell: Sequence[tuple[str, int]] = ()


def page(account: Account, extras: Extras | None = None) -> str:
    """The whole page."""
    extras = extras or Extras()
    drawn = views(account)
    walk = Walk(account)
    found = _panels(account, extras)
    traces = found[0][2]
    data = {
        "views": {v.key: {"title": v.title, "events": [_event(e) for e in walk.events(v)]} for v in drawn},
        "details": _details(account, drawn, walk),
    }
    parts = {
        "title": escape(headline(account)),
        "style": asset("figure.css") + asset("page.css"),
        "gradient": _gradient(account),
        "figures": "".join([_templates(v, both=len(drawn) == 1) for v in drawn]),
        "first": _svg(drawn[0]),
        "quiz": "" if "data-quiz" in traces else " hidden",
        "tabs": _tabs(found),
        "data": _embedded(data),
        "script": "\n".join([asset(name) for name in SCRIPTS]),
    }
    out = asset("page.html")
    pieces = out.split("{{")
    return pieces[0] + "".join([parts[name] + rest for name, rest in [p.split("}}", 1) for p in pieces[1:]]])


def notebook(account: Account) -> str:
    """The figure and the tables for a notebook: no ids, no scripts."""
    view = views(account)[0]
    drawn = figure(view) if len(view.items) <= MOST_IN_NOTEBOOK else ""
    told = panels.remarks(account)
    return (
        f'<div class="wg-explanation"><p><code>{escape(headline(account))}</code><br>{_gradient(account)}</p>'
        f'<div style="overflow-x:auto">{drawn}</div>'
        f"<details><summary>Traces</summary>{panels.traces(account)}</details>"
        + (f"<details><summary>Remarks</summary>{told}</details>" if told else "")
        + "</div>"
    )


def _gradient(account: Account) -> str:
    found = panels.gradient(account)
    told = ", ".join([f"<span>{escape(text)}</span>" for text in found])
    return f"Gradient of {escape(account.target)}: <code>{told}</code>" if found else ""


def _event(e: Event) -> dict[str, Any]:
    found = {"phase": e.phase, "keys": e.keys, "title": e.title, "lines": e.lines, "sums": e.sums, "wires": e.wires}
    return {name: value for name, value in found.items() if value}


def _svg(view: View, down: bool = False) -> str:
    body, width, height = drawing(view, down)
    return (
        f'<svg class="wg-figure" data-width="{width:.0f}" data-height="{height:.0f}" role="group" '
        f'aria-label="Computational graph of {escape(view.title)}"><g class="camera">{body}</g></svg>'
    )


def _templates(view: View, both: bool) -> str:
    directions = [("right", False)] + ([("down", True)] if both else [])
    return "".join([
        f'<template data-view="{view.key}" data-direction="{name}">{_svg(view, down)}</template>'
        for name, down in directions
    ])  # fmt: skip


def _details(account: Account, drawn: Sequence[View], walk: Walk) -> dict[str, list[str]]:
    """What is told of a box or wire that is pointed at: a title, then lines."""
    found: dict[str, list[str]] = {}
    for view in drawn:
        for item in view.items:
            if item.key[0] in "se":
                found[item.key] = _of_step(account.trace[int(item.key[1:])], walk)
            elif item.kind == "block":
                found[item.key] = [
                    item.name,
                    f"{item.value}: {item.operation}",
                    item.adjoint,
                    "Opens with Enter or a click.",
                ]
        for wire in view.wires:
            if wire.key and wire.downstream:
                consumer, position = map(int, wire.key.split("."))
                found[wire.key] = _of_wire(account, consumer, position, walk)
    return found


def _of_step(s: Step, walk: Walk) -> list[str]:
    value = f"= {short(s.value)}" if s.value is not None else "not kept by the tape"
    lines = [
        s.name + (f" = {s.expression}" if s.expression else ""),
        f"{value}  {shape_text(s.shape)} {s.dtype}".rstrip(),
    ]
    if s.source is not None:
        lines.append(f"{s.source.file}:{s.source.line}  {s.source.text}")
    for operand, c in walk.back.get(s.number, []):
        formula = s.operands[c.position].formula
        lines.append(f"back to {operand.name}: {arithmetic(c)}" + (f"   (∂ = {formula})" if formula else ""))
    names = [name for name in (s.gate, s.grad_fn) if name]
    return [*lines, ", ".join(names)] if names and s.role != "input" else lines


def _of_wire(account: Account, consumer: int, position: int, walk: Walk) -> list[str]:
    reader = account.trace[consumer]
    operand, c = next((o, c) for o, c in walk.back[consumer] if c.position == position)
    formula = reader.operands[position].formula
    local = f"∂{reader.name}/∂{operand.name}" + (f" = {formula}" if formula else "")
    lines = [f"{operand.name} → {reader.name}", local, f"upstream × local = downstream: {arithmetic(c)}"]
    if reader.source is not None:
        lines.append(f"{reader.source.file}:{reader.source.line}  {reader.source.text}")
    return lines


def _panels(account: Account, extras: Extras) -> list[tuple[str, str, str]]:
    """Name, title and content of every tab that has content."""
    programs = "".join([
        f'<h3>{escape(title)}</h3><pre tabindex="0"><code>{escape(text)}</code></pre>'
        for title, text in extras.programs.items()
    ])  # fmt: skip
    formulas = [
        f"<tr>{panels.cell(name, 'symbol')}{panels.cell(text, 'operation')}</tr>" for name, text in extras.symbolic
    ]
    scores = ["<tr>" + "".join([panels.cell(text) for text in row]) + "</tr>" for row in extras.comparison]
    verdict = f"<p>{escape(extras.verdict)}</p>" if extras.verdict else ""
    curve = curves(extras.curves)
    swell = bars(extras.swell, "Operations of the derivatives") if extras.swell else ""
    found = [
        ("traces", "Traces", panels.traces(account)),
        ("code", "Code", panels.code(account) + programs),
        (
            "symbolic",
            "Symbolic",
            panels.table("Derivatives as formulas", ["", "formula"], formulas) if formulas else "",
        ),
        (
            "compare",
            "Compare",
            verdict + panels.table("Ways to differentiate", extras.columns, scores) if scores else "",
        ),
        ("curve", "V-curve", _noted("Truncation falls with the step, rounding rises: the error is a V.", curve)),
        ("swell", "Swell", _noted("Operations on numbers; the lengths are logarithmic.", swell)),
        ("remarks", "Remarks", panels.remarks(account)),
    ]
    return [panel for panel in found if panel[2]]


def _noted(note: str, chart: str) -> str:
    return f"<p>{note}</p>{chart}" if chart else ""


def _tabs(panels: Sequence[tuple[str, str, str]]) -> str:
    buttons, bodies = [], []
    for n, (name, title, content) in enumerate(panels):
        state = f'aria-selected="{"false" if n else "true"}" tabindex="{-1 if n else 0}"'
        buttons.append(
            f'<button role="tab" type="button" id="tab-{name}" aria-controls="panel-{name}" {state}>{title}</button>'
        )
        bodies.append(
            f'<section role="tabpanel" id="panel-{name}" aria-labelledby="tab-{name}">'
            f"<h2>{title}</h2>{content}</section>"
        )
    return f'<div role="tablist" aria-label="More about the function">{"".join(buttons)}</div>{"".join(bodies)}'


def _embedded(data: Any) -> str:
    """JSON that no text in it can break out of."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
