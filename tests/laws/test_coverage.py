"""Nothing in the rule book escapes the laws: a row or a spelling without a sample fails here."""

from __future__ import annotations

import importlib
import operator
from functools import reduce
from typing import Any

import numpy as np
import pytest
import scipy
from scipy import special

import wengert as wg
from tests.laws.common import CASES, plain
from tests.laws.table import FILE, table
from tests.samples import SAMPLES
from wengert.core.op import TABLE
from wengert.core.protocols import BY_NAME, SPELLINGS

NAMES = {sample.name for sample in SAMPLES}
TWINS = [
    f"scipy.{home}.{name}"
    for home in wg.scipy.HOMES
    for name in importlib.import_module(f"wengert.scipy.{home}").__all__
]


class SCIPY:
    """Where a name such as scipy.linalg.expm is looked up."""

    scipy = scipy


def name_of(f: Any) -> str:
    """The name of a NumPy function below ``np.``."""
    module = (getattr(f, "__module__", None) or "").partition("numpy.")[2]
    return f"{module}.{f.__name__}" if module and getattr(np, f.__name__, None) is not f else f.__name__


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_row_has_a_sample_that_uses_it(name: str) -> None:
    used = set()
    for case in CASES:
        if case.name == name:
            graph = plain(wg.trace(case.f), *case.operands())
            used.update(equation.op.name for equation in graph.equations)
    assert name in used


@pytest.mark.parametrize("name", sorted({name_of(f) for f in SPELLINGS} | {name for name in BY_NAME if name[0] != "_"}))
def test_every_spelling_has_a_sample(name: str) -> None:
    assert name in NAMES


@pytest.mark.parametrize("name", TWINS)
def test_every_twin_has_a_sample(name: str) -> None:
    assert any(found == name or found.startswith(f"{name}.") for found in NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_sample_names_something(name: str) -> None:
    def found(home: Any) -> bool:
        try:
            reduce(getattr, name.split("."), home)
        except AttributeError:
            return False
        return True

    if name.startswith("scipy."):
        assert any(name == twin or name.startswith(f"{twin}.") for twin in TWINS) or name in TABLE
        assert found(importlib.import_module("wengert"))
        assert found(SCIPY)
    else:
        assert name in TABLE or any(found(home) for home in (np, special, operator, wg))


def test_the_documented_table_is_this_one() -> None:
    assert FILE.read_text(encoding="utf-8") == table(), "run python -m tests.laws.table"
