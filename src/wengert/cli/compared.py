"""What `wengert compare` prints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from wengert.cli import report
from wengert.cli.refusal import Refusal, in_file, one_line
from wengert.cli.source import load
from wengert.cli.values import arguments
from wengert.errors import WengertError
from wengert.methods.compare import Comparison, compare
from wengert.methods.table import Column, columns, notes

__all__ = ["compared", "print_compared"]

GAP = 1  # blanks between columns
AGREEMENT = ("derivative", "max abs", "max rel", "remark")


def compared(target: str, values: Sequence[str], times: bool) -> Comparison:
    """The ways to differentiate a file's function, at values given as text. Raises `Refusal`."""
    path, name, function = load(target)
    given = arguments(function, values)
    count = len(given.positional)

    def positional(*args: Any) -> Any:
        return function(*args[:count], **dict(zip(given.keywords, args[count:], strict=True)))

    try:
        return compare(positional, *given.positional, *given.keywords.values(), times=times)
    except (Exception, SystemExit) as error:
        known = isinstance(error, WengertError)
        what = f"{type(error).__name__}: {one_line(error)}" if known else in_file(error, path)
        raise Refusal(f"{os.path.basename(path)}:{name} cannot be compared here. {what}") from error


def print_compared(out: Console, name: str, c: Comparison) -> None:
    """A table on a terminal, plain text elsewhere."""
    out.print(name, style="bold", soft_wrap=True)
    if not out.is_terminal:
        report.say(out, c.text.rstrip("\n"))
        return
    report.say(out, c.title)
    for part in _parts(columns(c.rows), out.width):
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, GAP), collapse_padding=True)
        for column in part:
            made.add_column(column.title, justify="right" if column.is_number else "left", overflow="fold")
        for n, row in enumerate(c.rows):
            made.add_row(*[column.cells[n] for column in part], style="bold" if row.way == c.winner else None)
        out.print()
        out.print(made)
    out.print()
    for line in notes(c.rows):
        report.say(out, line)
    out.print(c.sentence, style="bold", soft_wrap=True)


def _parts(shown: Sequence[Column], width: int) -> list[list[Column]]:
    """The columns; of a table that is too wide what the ways give first, and then what they cost."""
    if sum([max(map(len, [c.title, *c.cells])) + 2 * GAP + 1 for c in shown]) <= width:
        return [list(shown)]
    way, *rest = shown
    given = [c for c in rest if c.title in AGREEMENT]
    return [[way, *given], [way, *[c for c in rest if c not in given]]]
