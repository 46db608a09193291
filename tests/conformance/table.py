"""The page of NumPy's and SciPy's functions, as tested: ``python -m tests.conformance.table`` writes it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from benchmarks.conformance.catalogue import EXCUSED, MODULES, probes
from tests.conformance.ours import COLUMNS, CRASH, LOST, NONE, REFUSED, TWIN, WORKS, WRONG, Cell, judged

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "reference" / "ops.md"
RIVALS = ROOT / "benchmarks" / "conformance" / "rivals.json"

MARKS = {WORKS: "✓", REFUSED: "r", TWIN: "twin", NONE: "–", LOST: "LOST", WRONG: "WRONG", CRASH: "e", "error": "e"}

PEERS = {"autograd": "HIPS autograd", "mygrad": "MyGrad"}
HOMES = (*MODULES, "numpy.ndarray", "numpy.lib", "operators")

HEAD = """\
# Functions of NumPy and SciPy, as tested

Written by `python -m tests.conformance.table`; do not edit. Each function is called once, by a line of code
(`benchmarks/conformance/probes_*.py`), on arrays, on tensors, and in the libraries compared with. Slopes are compared
with difference quotients of NumPy's values. That a rule holds for all its arguments, dtypes and shapes is the matter of
[the laws](laws.md); this page says what is there. Tested with {versions}.

| mark | meaning |
|---|---|
| ✓ | works: values and slopes agree |
| – | not differentiable by nature: integers, truth values, shapes, text |
| r | refused, with an error that says what to write instead; traced or batched, also where Python needs a number |
| twin | refused, and the error names the twin (`wengert.scipy`, `wengert.polynomial`) of the other columns |
| e | an error, but of NumPy's or SciPy's compiled code, or of the library compared with |
| LOST | no error, and the gradient is zero where it should not be |
| WRONG | no error, and a value or a slope is wrong |

The columns: the *plain call* of NumPy or SciPy on a tensor that requires grad, and its gradient; then, by the twin if
there is one, the *value*, *forward* and *reverse* accumulation, *2nd order* (forward over reverse), *vmap* against a
loop, *traced* (recorded, and replayed on other numbers). The last four columns are one gradient by
{rivals}, on `import numpy as np` as strangers' code has it, and on their own
functions where they have them (`scripts/bench conformance`). They are compared where there is a derivative.

One call per function does not find everything.
"""


def measured() -> dict[str, dict[str, Cell]]:
    """The cells of every probe."""
    return {probe.name: judged(probe) for probe in probes()}


def row(name: str, cells: Mapping[str, Cell], rivals: Mapping[str, list[str]]) -> str:
    """A line of the table."""
    ours = [MARKS[cells[column][0]] for column in COLUMNS]
    theirs = [MARKS[verdict] for verdict in rivals.get(name, [NONE] * 4)]
    return (
        f"| `{name.removeprefix(module_of(name) + '.').replace('|', chr(92) + '|')}` | {' | '.join([*ours, *theirs])} |"
    )


def page(cells: Mapping[str, dict[str, Cell]]) -> str:
    """The page."""
    stored = json.loads(RIVALS.read_text(encoding="utf-8"))
    modules: dict[str, list[str]] = defaultdict(list)
    for name in cells:
        modules[module_of(name)].append(name)
    theirs = " and ".join([f"{title} {stored['versions'][key]}" for key, title in PEERS.items()])
    parts = [HEAD.format(versions=versions(), rivals=theirs), counts(modules, cells, stored)]
    for module, names in modules.items():
        titles = [*COLUMNS, *stored["rivals"]]
        parts += ["", f"## {module}", "", f"| function | {' | '.join(titles)} |", "|---|" + ":-:|" * len(titles)]
        parts += [row(name, cells[name], stored["cells"]) for name in sorted(names)]
    return "\n".join([*parts, "", *_refusals(cells), *_excuses()]) + "\n"


def versions() -> str:
    """The versions of what is tested."""
    return f"NumPy {np.__version__} and SciPy {scipy.__version__}"


def module_of(name: str) -> str:
    """The module in whose table a function stands."""
    return max([one for one in HOMES if name.startswith(f"{one}.")], key=len)


def counts(modules: Mapping[str, Iterable[str]], cells: Mapping[str, dict[str, Cell]], stored: Any) -> str:
    """How many functions work, by module."""
    titles = [
        "functions",
        "differentiable",
        "works",
        *COLUMNS[4:],
        "refused",
        "error",
        "lost or wrong",
        *stored["rivals"],
    ]
    lines = [f"| module | {' | '.join(titles)} |", "|---|" + "--:|" * len(titles)]
    total: Counter[str] = Counter()
    for module, names in modules.items():
        found = tally(names, cells, stored)
        total += found
        lines.append(_counted(f"`{module}`", found, titles))
    lines.append(_counted("**all**", total, titles))
    return "\n".join(lines)


def tally(names: Iterable[str], cells: Mapping[str, dict[str, Cell]], stored: Any) -> Counter[str]:
    """The counts of one module; of those that are not differentiable, the value is what works or not."""
    found: Counter[str] = Counter()
    for name in names:
        reverse = cells[name]["reverse"][0]
        verdict = cells[name]["value"][0] if reverse == NONE else reverse
        found["functions"] += 1
        found["differentiable"] += reverse != NONE
        found[{WORKS: "works", REFUSED: "refused", CRASH: "error"}.get(verdict, "lost or wrong")] += 1
        for column in COLUMNS[4:]:
            found[column] += cells[name][column][0] == WORKS
        for n, rival in enumerate(stored["rivals"]):
            found[rival] += stored["cells"].get(name, [NONE] * 4)[n] == WORKS
    return found


def _counted(title: str, found: Mapping[str, int], titles: Iterable[str]) -> str:
    return f"| {title} | {' | '.join([str(found.get(t, 0)) for t in titles])} |"


def _refusals(cells: Mapping[str, dict[str, Cell]]) -> list[str]:
    """What to write instead of functions that are refused, by what the errors say last."""
    ways: dict[str, list[str]] = defaultdict(list)
    for name, found in cells.items():
        mark, said = found["value"]
        if mark == REFUSED:
            ways[said.splitlines()[-1]].append(f"`{name}`")
    lines = ["## What is refused, and what the error says to do", ""]
    lines += [
        f"* {way.replace('*', chr(92) + '*')}\n  {', '.join(sorted(names))}" for way, names in sorted(ways.items())
    ]
    return [*lines, ""]


def _excuses() -> list[str]:
    lines = ["## Not in the tables", ""]
    for reason, modules in EXCUSED.items():
        names = ", ".join([f"`{m}.{n}`" for m, found in modules.items() for n in sorted(found.split())])
        lines.append(f"* {reason}: {names}")
    return lines


@contextmanager
def quietly() -> Iterator[None]:
    """Without what compiled code prints of errors in the functions that it calls; Python cannot catch that."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"] and versions() not in FILE.read_text(encoding="utf-8"):
        print(f"The page is of other versions than {versions()}; it is not compared.")
        sys.exit()
    with quietly():
        text = page(measured())
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text, encoding="utf-8")
    elif text != FILE.read_text(encoding="utf-8"):
        sys.exit("docs/reference/ops.md is not what it should be: run python -m tests.conformance.table")
