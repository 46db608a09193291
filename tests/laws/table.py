"""The table of ops × laws in the documentation: ``python -m tests.laws.table`` writes it."""

from __future__ import annotations

import importlib
from collections import defaultdict
from pathlib import Path

from tests.laws.common import CASES
from tests.samples import Case
from wengert.core.op import TABLE

LAWS = ("value", "forward", "adjoint", "batch", "trace", "jit", "order", "pattern", "retape", "shape")
FILE = Path(__file__).parents[2] / "docs" / "reference" / "laws.md"

HEAD = """\
# Ops and laws

Written by `python -m tests.laws.table` from the rule book and the samples of the tests; do not edit.

A number says on how many sets of operands (`tests/samples/`) a law is tried; – says that it has nothing to say, as
derivatives have of truth values, or difference quotients of a kink.

| law | statement |
|---|---|
"""


def table() -> str:
    """The page."""
    modules = {law: importlib.import_module(f"tests.laws.test_{law}") for law in LAWS}
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in CASES:
        groups[case.name].append(case)
    lines = [f"| {law} | {_statement(modules[law].__doc__ or '')} |" for law in LAWS]
    lines += ["", f"| op | kind | {' | '.join(LAWS)} |", "|---|---|" + "--:|" * len(LAWS)]
    for name in sorted(groups):
        kind = TABLE[name].kind if name in TABLE else "composite"
        counts = [sum(modules[law].applies(case) for case in groups[name]) for law in LAWS]
        lines.append(f"| `{name}` | {kind} | {' | '.join(str(n or '–') for n in counts)} |")
    return HEAD + "\n".join(lines) + "\n"


def _statement(docstring: str) -> str:
    """The law in the first paragraph of a file's docstring, without its name."""
    return " ".join(docstring.split("\n\n")[0].split(":", 1)[1].split()).rstrip(".")


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(table(), encoding="utf-8")
