"""The page on strangers: what became of every case, counted by package, and what fails."""

from __future__ import annotations

import importlib.metadata
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.strangers.modes import MODES, Outcome, Verdict

__all__ = ["counts", "page"]

HEAD = """\
# Strangers' functions

Written by `scripts/strangers`; do not edit.

Functions out of installed packages that nobody here wrote, called as they are on tensors and under transforms. Whatever
a function returns is weighted and summed; the gradient of that is compared with the complex step where it is analytic
(to 1e-9), and with extrapolated differences elsewhere (to ten times their own bound of error). *Plain* is the call as
it stands, and *adopted* that of `wg.adopt(f)`, for code that converts with `np.asarray`, fills `np.zeros(n)`, computes
with `math` or calls compiled functions of SciPy. A refusal is an error that says what would be lost; a wrong gradient
would be a bug.

"""

CAUSES = {
    r"float\(\)|item\(\)|int\(\)": "turned into a Python number by `float(x)`, `x.item()`",
    r"np\.asarray\(\.\.\., dtype": "turned into plain numbers by compiled code, or by `np.float64(x)` and the like",
    r"TracedValue": "a value decides the way (`if`, a mask); compiled only",
    r"would store a tracked|would write tracked|would add tracked": "written into a plain array",
    r"signature|bytes-like|must be numpy.ndarray|incompatible function|dtype object": "compiled code (Cython, C++)",
    r"MissingRule": "a compiled function without a rule",
}


def cause(verdict: Verdict) -> str:
    """Why a case fails, in words."""
    for pattern, words in CAUSES.items():
        if re.search(pattern, verdict.reason):
            return words
    if verdict.word == "undefined":
        return "NaN at a kink such as √0"
    if verdict.word == "wrong":
        return "WRONG"
    return (
        "its own check of types or values"
        if not verdict.reason.startswith("LostGradient")
        else "compiled code of SciPy"
    )


def counts(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """A row per package: its cases, and how many are right in every mode, plain and adopted."""
    packages: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        packages[outcome.case.package].append(outcome)
    rows = [_row(f"{name} {_version(name)}", packages[name]) for name in sorted(packages, key=str.lower)]
    return [*rows, _row("all", outcomes)]


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    cells = [name, str(len(outcomes))]
    for tried in ([o.plain for o in outcomes], [o.adopted for o in outcomes]):
        cells += [str(sum([verdicts[mode].word == "right" for verdicts in tried])) for mode in MODES]
    return tuple(cells)


def _version(package: str) -> str:
    names = importlib.metadata.packages_distributions().get(package, [])
    return importlib.metadata.version(names[0]) if names else ""


def page(outcomes: Sequence[Outcome]) -> str:
    """The whole page."""
    tried = [o for o in outcomes if o.plain]
    lines = [HEAD, "| package | cases |" + "".join([f" {mode} |" for mode in (*MODES, *MODES)])]
    lines[0] += "The first five columns of counts are plain, the other five adopted.\n"
    lines.append("|---|" + "--:|" * (1 + 2 * len(MODES)))
    lines += ["| " + " | ".join(row) + " |" for row in counts(tried)]
    wrong = [o for o in tried if any(v.word == "wrong" for v in [*o.plain.values(), *o.adopted.values()])]
    lines += ["", f"Wrong: {len(wrong)}.", "", "## What fails when it is adopted", ""]
    lines += _failures(tried, ("value", "reverse", "forward", "tape"))
    lines += ["## What does not compile", "", "Of what is right in reverse mode, adopted:", ""]
    lines += _failures([o for o in tried if o.adopted["reverse"].word == "right"], ("compiled",))
    return "\n".join(lines)


def _failures(outcomes: Iterable[Outcome], modes: Sequence[str]) -> list[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        failed = {mode: v for mode in modes if (v := outcome.adopted[mode]).word != "right"}
        if failed:
            some = "" if len(failed) == len(modes) else f" ({', '.join(failed)})"
            groups[cause(next(iter(failed.values())))].append(f"`{outcome.case.path}`{some}")
    lines = []
    for words, names in sorted(groups.items(), key=lambda group: -len(group[1])):
        lines += [f"**{len(names)}**: {words}", "", ", ".join(sorted(set(names))), ""]
    return lines
