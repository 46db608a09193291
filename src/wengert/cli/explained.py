"""What `wengert explain` prints."""

from __future__ import annotations

import os
import pathlib
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from wengert.cli import report
from wengert.cli.formula import formula
from wengert.cli.refusal import Refusal, in_file, one_line
from wengert.cli.source import load
from wengert.cli.values import arguments
from wengert.errors import WengertError
from wengert.explanation.explain import Explanation, explain
from wengert.explanation.text import Part, headline, parts

__all__ = ["explained", "print_explanation", "write_page"]


def explained(target: str, values: Sequence[str], wrt: Sequence[str]) -> Explanation:
    """The explanation of a file's function or of an expression, at values given as text. Raises `Refusal`."""
    name, path, function = _function(target)
    given = arguments(function, values)
    try:
        return explain(function, *given.positional, wrt=tuple(wrt) or None, **given.keywords)
    except (Exception, SystemExit) as error:
        known = isinstance(error, WengertError) or not path
        what = f"{type(error).__name__}: {one_line(error)}" if known else in_file(error, path)
        raise Refusal(f"{name} cannot be explained here. {what}") from error


def _function(target: str) -> tuple[str, str, Callable[..., Any]]:
    """The name, the file ("" for an expression), and the function."""
    file, colon, last = target.rpartition(":")
    if colon and last.isidentifier() and (file.endswith(".py") or os.path.isfile(file)):
        path, name, function = load(target)
        return f"{os.path.basename(path)}:{name}", path, function
    return target, "", formula(target)


def print_explanation(out: Console, e: Explanation, depth: int | None) -> None:
    """Tables on a terminal, plain text elsewhere."""
    if not out.is_terminal:
        report.say(out, (e.text if depth is None else e.summary(depth)).rstrip("\n"))
        return
    out.print(headline(e), style="bold", soft_wrap=True)
    for part in parts(e, depth):
        report.heading(out, part.title)
        if part.rows:
            out.print(_table(part))
        for line in part.lines:
            report.say(out, line)


def write_page(e: Explanation, path: str | None, show: bool) -> str:
    """Write the page to a file (a temporary one, if none is named), whole or not at all. Raises `Refusal`."""
    if path is None:
        path = os.path.join(tempfile.mkdtemp(prefix="wengert-"), "explanation.html")
    part = f"{path}.part"
    try:
        with open(part, "w", encoding="utf-8") as file:
            file.write(e.html)
        os.replace(part, path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}.") from error
    if show:
        webbrowser.open(pathlib.Path(path).absolute().as_uri())
    return path


def _table(part: Part) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in part.columns:
        made.add_column(column, overflow="fold")
    for row in part.rows:
        made.add_row(*row)
    return made
