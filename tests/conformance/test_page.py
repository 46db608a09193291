"""The page of NumPy's and SciPy's functions says what is so, and none of them loses a gradient silently.

Here one probe in ten is run; scripts/check runs them all (``python -m tests.conformance.table --check``).
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import scipy

import wengert as wg
from benchmarks.conformance.catalogue import MODULES, excused, probes, public
from benchmarks.conformance.judge import Reference, agrees, slope
from benchmarks.conformance.probe import Probe
from tests.conformance.ours import COLUMNS, CRASH, LOST, REFUSED, WORKS, WRONG, Ours, judged
from tests.conformance.table import FILE, MARKS, RIVALS, row, versions

PAGE = FILE.read_text(encoding="utf-8")
ROWS = {line for line in PAGE.splitlines() if line.startswith("| `")}
EVERY = sorted(probes(), key=lambda probe: probe.name)

same_versions = pytest.mark.skipif(versions() not in PAGE, reason=f"the page is of other versions than {versions()}")


@same_versions
@pytest.mark.parametrize("probe", EVERY[::10], ids=lambda probe: probe.name)
def test_the_page_says_what_is_so(probe: Probe) -> None:
    stored = json.loads(RIVALS.read_text(encoding="utf-8"))["cells"]
    line = row(probe.name, judged(probe), stored)
    assert line in ROWS, "run python -m tests.conformance.table"


def test_no_gradient_is_lost_and_nothing_is_wrong() -> None:
    ours = [line for line in ROWS if line.count("|") > len(COLUMNS) + 4]
    assert len(ours) > 1000
    for line in ours:
        cells = [cell.strip() for cell in line.replace("\\|", "").split("|")][2 : 2 + len(COLUMNS)]
        assert {MARKS[LOST], MARKS[WRONG]}.isdisjoint(cells), line


@same_versions
@pytest.mark.parametrize("module", MODULES)
def test_every_public_function_has_a_probe(module: str) -> None:
    names = {probe.name for probe in EVERY}
    missing = {name for name in public(module) if f"{module}.{name}" not in names}
    assert missing == excused(module) & set(public(module)), "give it a line in benchmarks/conformance/probes_*.py"


def test_the_rivals_ran_the_same_probes() -> None:
    stored = json.loads(RIVALS.read_text(encoding="utf-8"))
    assert set(stored["cells"]) <= {probe.name for probe in EVERY}, "run scripts/bench conformance"
    assert {len(verdicts) for verdicts in stored["cells"].values()} == {len(stored["rivals"])}


# --- the judge --------------------------------------------------------------------------------------------------


class Given(Ours):
    """A probe with another function in place of its code."""

    def __init__(self, f: Any) -> None:
        super().__init__(Probe("numpy.sin", "np.sin(x)", EVERY_SIN.draws))
        self.f = f


EVERY_SIN = next(probe for probe in EVERY if probe.name == "numpy.sin")


@pytest.mark.parametrize(
    ("f", "value", "reverse"),
    [
        (np.sin, WORKS, WORKS),
        (lambda x: np.sin(x.detach() if isinstance(x, wg.Tensor) else x), WORKS, LOST),
        (lambda x: np.sin(2 * x - (x.detach() if isinstance(x, wg.Tensor) else x)), WORKS, WRONG),
        (np.cos, WRONG, WRONG),
        (lambda x: [float(v) for v in x], REFUSED, REFUSED),
        (lambda x: x.nonsense, CRASH, CRASH),
    ],
)
def test_the_judge_sees_what_is_wrong(f: Any, value: str, reverse: str) -> None:
    cells = Given(f).cells()
    assert (cells["value"][0], cells["reverse"][0]) == (value, reverse)


def test_slopes_are_those_of_the_function() -> None:
    reference = Reference(EVERY_SIN)
    x, w, t = reference.operands[0], reference.weights[0], reference.directions[0]
    assert agrees(reference.slopes()[0], float(np.sum(w * np.cos(x) * t)))
    assert agrees(slope(lambda h: np.exp(2 * h)), 2.0)
    assert not agrees(1.001, 1.0)
    assert reference.out[0].shape == x.shape
    assert scipy.__version__ in versions()
