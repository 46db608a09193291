"""``python -m tests.strangers`` tries all cases, prints the table and writes docs/reference/strangers.md.

With names of modules of `cases` (``scipy geometry``) only these are tried, what fails is printed, and nothing written.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from tests.strangers import cases
from tests.strangers.modes import MODES, Outcome, judge
from tests.strangers.page import counts, page

FILE = Path(__file__).parents[2] / "docs" / "reference" / "strangers.md"


def outcomes(names: list[str]) -> list[Outcome]:
    """What becomes of the cases of these modules."""
    modules = [importlib.import_module(f"{cases.__name__}.{name}") for name in names]
    return [judge(case) for module in modules for case in module.CASES]


def main(chosen: list[str]) -> int:
    """The exit status: 1 if a gradient was wrong, or a case could not be judged."""
    found = outcomes(chosen or [module.name for module in pkgutil.iter_modules(cases.__path__)])
    judged = [o for o in found if o.plain]
    header = ("package", "n", *MODES, *[f"{mode}*" for mode in MODES])
    for row in [header, *counts(judged)]:
        print(f"{row[0]:28s}" + "".join([f"{cell:>10s}" for cell in row[1:]]))
    print("* adopted")
    bad = 0
    for outcome in found:
        if not outcome.plain:
            print(f"not judged: {outcome.case.path}: {outcome.reference}")
            bad += 1
        for how, verdicts in (("plain", outcome.plain), ("adopted", outcome.adopted)):
            for mode, verdict in verdicts.items():
                if verdict.word == "wrong":
                    print(f"WRONG: {outcome.case.path}, {how}, {mode}: {verdict.reason}")
                    bad += 1
                elif chosen and how == "adopted" and verdict.word != "right":
                    print(f"{outcome.case.path}, {mode}: {verdict.reason} [{verdict.place}]")
    if not chosen:
        FILE.write_text(page(found))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
