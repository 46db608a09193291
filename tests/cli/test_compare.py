"""`wengert compare`: the table as text and on a terminal, and what it refuses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from wengert.cli.commands import wengert
from wengert.cli.compared import compared, print_compared

SOURCE = """import numpy as np

def energy(x, y):
    s = x * y
    return np.sum(s**2)

def sick(x):
    return [][0]
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    file = tmp_path / "model.py"
    file.write_text(SOURCE)
    return str(file)


def run(*args: str) -> Result:
    return CliRunner().invoke(wengert, ["compare", *args])


def test_names_and_lists(model: str) -> None:
    result = run(f"{model}:energy", "--at", "x=[1,2]", "y=3", "--no-times")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[0] == f"{model}:energy"
    assert lines[1] == "3 inputs, 1 result; largest differences to reverse accumulation"
    assert any(line.startswith("reverse accumulation [18, 36, 30] 0 0 1 1") for line in lines)
    assert lines[-1].startswith(
        "Reverse accumulation wins: 1 result against 3 inputs, so 1 sweep instead of 3; counted"
    )
    assert "time" not in lines[3]


def test_times(model: str) -> None:
    lines = run(f"{model}:energy", "--at", "2", "3").output.splitlines()
    assert lines[3].split()[-3:] == ["prepare", "time", "remark"]


@pytest.mark.parametrize(("width", "tables"), [(200, 1), (80, 2)])
def test_tables_on_a_terminal(model: str, width: int, tables: int) -> None:
    file = io.StringIO()
    out = Console(file=file, force_terminal=True, width=width, color_system=None)
    print_compared(out, "energy", compared(f"{model}:energy", ["x=[1,2]", "y=3"], True))
    lines = file.getvalue().splitlines()
    ways = [line for line in lines if line.startswith("central difference ")]
    assert len(ways) == tables
    assert all(len(line.rstrip()) <= width for line in lines[2:-1])
    assert lines[-1].startswith("Reverse accumulation wins")
    assert "[18, 36, 30]" in ways[0]


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("sick", ["1"], "model.py:8: IndexError"),
        ("energy", ["1"], "do not fit"),
        ("nothing", ["1"], "has no function"),
    ],
)
def test_refusals(model: str, name: str, values: list[str], wanted: str) -> None:
    result = run(f"{model}:{name}", "--at", *values)
    assert result.exit_code == 2
    assert wanted in " ".join(result.output.split())
