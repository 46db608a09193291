"""`wengert explain`: expressions and files, and what it refuses."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from wengert.cli.commands import wengert
from wengert.cli.explained import explained, print_explanation
from wengert.cli.formula import formula
from wengert.cli.refusal import Refusal


def run(*args: str) -> Result:
    return CliRunner().invoke(wengert, ["explain", *args])


def words(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.output.splitlines()]


def test_the_published_trace() -> None:
    lines = words(run("log(x1) + x1*x2 - sin(x2)", "--at", "2", "5"))
    assert lines[0] == "f(x1 = 2, x2 = 5) = 11.65207"
    assert "v₅ v₃ - v₄ 11.652 5.5 1.716 add distributor" in lines
    assert "v₋₁ x1 2 5.5" in lines
    assert "v₀ x2 5 1.71634" in lines


def test_names_and_files(tmp_path: Path) -> None:
    assert "v₋₁ x1 2 2.58385" in words(run("x1*x2 + sin(x1)", "--at", "x1=2", "x2=3"))
    model = tmp_path / "model.py"
    model.write_text("import numpy as np\n\ndef energy(x, y):\n    s = x * y\n    return np.sum(s**2)\n")
    lines = words(run(f"{model}:energy", "--at", "x=[1,2]", "y=3", "--wrt", "x"))
    assert lines[0] == "energy(x = [1, 2], y = 3) = 45"
    assert "v₋₁ x [1, 2] [18, 36]" in lines
    assert any(line.endswith("multiply swapper line 4") for line in lines)


@pytest.mark.parametrize(("form", "start"), [("latex", r"\begin{array}"), ("mermaid", "flowchart"), ("dot", "digraph")])
def test_other_forms(form: str, start: str) -> None:
    result = run("x**2", "--at", "3", "--as", form)
    assert result.exit_code == 0
    assert result.output.startswith(start)
    assert result.output.endswith("\n")


def test_blocks() -> None:
    assert "2 steps in 2 blocks" in words(run("sin(x)**2", "--at", "3", "--depth", "1"))


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("x1*x2 + sin(x1)", (2.0, 3.0), 6.0 + np.sin(2.0)),
        ("-x**2 % 3 // 1", (2.5,), -(2.5**2) % 3 // 1),
        ("np.exp(x) if 0 < x <= 1 else pi", (0.5,), np.exp(0.5)),
        ("np.exp(x) if 0 < x <= 1 else pi", (2.0,), np.pi),
        ("where(x > 1, x, 2*x) + norm([x, e])", (1.0,), 2 + np.hypot(1, np.e)),
        ("sum(x @ [1, 2]) + x[0]", (np.array([3.0, 4.0]),), 14.0),
        ("2**10 * x", (1.0,), 1024.0),
        ("b - a", (5.0, 3.0), 2.0),
    ],
)
def test_expressions(text: str, values: tuple[object, ...], wanted: float) -> None:
    np.testing.assert_allclose(formula(text)(*values), wanted)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "x.__class__", "(lambda: 1)()", "[y for y in x]", "open('f')", "x := 1",
        "np.load('f')", "np.lib.format", "'text'", "x[y]", "sin(x, out=x)", "f'{x}'", "x and y", "np.ctypeslib(x)",
        "1 +", "x" * 10_001, "model.txt:f", "sin(*x)", "True", "1j", "(" * 500 + "x" + ")" * 500, "", "x;y", "exec(x)",
    ],
)  # fmt: skip
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(Refusal):
        formula(text)
    result = run(text, "--at", "1")
    assert result.exit_code == 2
    assert len(result.output.splitlines()) <= 8


def test_powers_of_constants_take_no_time() -> None:
    assert formula("9**9**9**9 * x")(1.0) == np.inf


def test_terminals_get_tables() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=160, markup=False)
    print_explanation(out, explained("x[0] * 2", ["[1,2]"], []), None)
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[1mForward trace" in shown
    assert "multiply swapper" in shown
    assert "memory: " not in shown
    assert "rounding: " in shown


def test_errors_are_one_line(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text("def f(x):\n    return x.nothing\n")
    for args in ((f"{model}:f", "--at", "1"), ("x + y", "--at", "1"), ("x[3]", "--at", "[1,2]"), ("x", "--at", "q")):
        result = run(*args)
        assert result.exit_code == 2
        assert len(result.output.splitlines()) == 1
