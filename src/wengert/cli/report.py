"""How the command prints: tables by rich, plain text without control characters when the output is not a terminal."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from wengert.cli.derivatives import Comparison, Method

__all__ = ["console", "heading", "print_comparison", "progress", "say", "table", "title"]

MOST_ROWS = 12
# Above this a difference is no rounding error of central differences any more.
SUSPICIOUS = 1e-4


def console() -> Console:
    """The console on the process's standard output; what users wrote is never read as markup."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without × shows ?
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)


def title(out: Console, text: str) -> None:
    """A line that begins a part of the demo."""
    out.print()
    if out.is_terminal:
        out.rule(text, align="left")
    else:
        say(out, text)


def say(out: Console, text: str) -> None:
    """A sentence, on one line however narrow the output is."""
    out.print(text, soft_wrap=True)


def heading(out: Console, text: str) -> None:
    """A line that begins a section."""
    out.print()
    out.print(text, style="bold")


def progress(out: Console) -> Progress:
    """A progress bar, that shows on terminals only."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


def table(*columns: str) -> Table:
    """An empty table: the first column holds names, the others numbers."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for n, column in enumerate(columns):
        made.add_column(column, justify="right" if n else "left", overflow="fold")
    return made


def print_comparison(out: Console, name: str, comparison: Comparison) -> None:
    """The value, the derivative, and how far its three ways agree."""
    if name:
        out.print(name, style="bold", soft_wrap=True)
    say(out, f"value  {_shown(comparison.value)}")
    if comparison.scalar:
        _print_gradient(out, comparison)
    else:
        _print_jacobian(out, comparison)
    _print_agreement(out, comparison)


def _shown(value: Any) -> str:
    if np.ndim(value) == 0 and not isinstance(value, dict):
        value = np.asarray(value)
        digits = 12 if value.dtype == np.float64 else 7
        return f"{float(value):.{digits}g}"
    return np.array2string(value, precision=6, max_line_width=78) if isinstance(value, np.ndarray) else repr(value)


def _print_gradient(out: Console, c: Comparison) -> None:
    shown = table("input", "at", "reverse", "forward", "differences")
    for row, column in enumerate(c.columns[:MOST_ROWS]):
        ways = c.reverse.jacobian[0, column], c.forward.jacobian[0, row], c.differences.jacobian[0, row]
        shown.add_row(c.inputs[column], f"{c.point[column]:.6g}", *[f"{d:.10g}" for d in ways])
    heading(out, "Gradient")
    out.print(shown)
    if len(c.columns) > MOST_ROWS:
        say(out, f"{MOST_ROWS} of {len(c.inputs)} inputs are shown.")


def _print_jacobian(out: Console, c: Comparison) -> None:
    heading(out, f"Jacobian by reverse accumulation: {_count(c.results, 'result')} × {_count(len(c.inputs), 'input')}")
    inputs = c.inputs if len(c.inputs) <= MOST_ROWS else [*c.inputs[:3], "…", c.inputs[-1]]
    say(out, f"rows: results, columns: {', '.join(inputs)}")
    # Adding zero turns -0.0 into 0.0.
    out.print(np.array2string(c.reverse.jacobian + 0.0, precision=6, threshold=200, max_line_width=78), soft_wrap=True)


def _print_agreement(out: Console, c: Comparison) -> None:
    methods = table("method", "evaluations", "largest relative difference")
    methods.add_row(c.reverse.name, f"{c.reverse.evaluations} and {_count(c.results, 'sweep')} back", "–")
    for method in (c.forward, c.differences):
        methods.add_row(method.name, str(method.evaluations), f"{c.disagreement(method):.1e}")
    heading(out, "Agreement")
    out.print(methods)
    if len(c.columns) < len(c.inputs):
        say(out, f"Forward accumulation and differences were tried on {len(c.columns)} of {len(c.inputs)} inputs.")
    for method in (c.forward, c.differences):
        _print_doubt(out, c.disagreement(method), method)


def _print_doubt(out: Console, disagreement: float, method: Method) -> None:
    if not disagreement < SUSPICIOUS:
        say(out, f"The derivative by {method.name} is another here: look for a kink, a jump, noise or an overflow.")


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
