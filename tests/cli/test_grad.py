"""`wengert grad`: what it prints for all kinds of functions and values, and how it refuses the others."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import wengert as wg
from wengert import cli
from wengert.cli.commands import wengert
from wengert.cli.derivatives import MOST_COLUMNS, compare
from wengert.cli.source import load
from wengert.cli.values import arguments

MODEL = """
import math
import sys
from collections import OrderedDict

import numpy as np

def f(x, y):
    return np.log(x) + x * y - np.sin(y)

def vector(x):
    return np.stack([x[0] * x[1], np.sin(x[2])])

def tree(x):
    return x**2, {"a": np.exp(x)}

def options(x, *more, scale=1.0):
    x = x + sum(more)
    x *= scale
    return x

def squares(x):
    return np.sum(x**2)

def branch(x):
    return x if x > 0 else -x

def jump(x):
    return np.floor(x * 1e5) / 1e5 + x

def fails(x):
    raise RuntimeError("no\\nway")

def leaves(x):
    sys.exit(3)

def loses(x):
    return math.sin(x)

def nothing(x):
    pass

def text(x):
    return "text"

sine = np.sin
number = 3
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `wengert grad` beside a model; warnings of its import path stay here."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "broken.py").write_text("import nothing_such\n")
    (tmp_path / "syntax.py").write_text("x = 1\ndef f(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def invoke(*args: str) -> Result:
        return CliRunner().invoke(wengert, ["grad", *args])

    return invoke


def numbers(line: str) -> list[float]:
    return [float(word) for word in line.split()[1:]]


def line_of(output: str, start: str | tuple[str, ...]) -> str:
    return next(line for line in output.splitlines() if line.startswith(start))


def assert_refused(result: Result, says: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("Error: ")
    assert says in result.stderr


@pytest.mark.parametrize("at", [["2", "5"], ["x=2", "y=5"], ["y=5", "x=2"], ["2", "y=5"]])
def test_the_example_of_the_field(run, at):
    result = run("model.py:f", "--at", *at)
    assert result.exit_code == 0
    assert numbers(line_of(result.stdout, "value")) == pytest.approx([11.652071455], abs=1e-9)
    assert numbers(line_of(result.stdout, "x ")) == pytest.approx([2, 5.5, 5.5, 5.5])
    assert numbers(line_of(result.stdout, "y ")) == pytest.approx([5, *[2 - np.cos(5)] * 3])
    assert "1 and 1 sweep back" in line_of(result.stdout, "reverse accumulation")
    assert "2" in line_of(result.stdout, "forward accumulation").split()
    assert "4" in line_of(result.stdout, "central differences").split()


def test_a_vector_gets_its_jacobian(run):
    result = run("model.py:vector", "--at", "[1,2,0]")
    assert result.exit_code == 0
    assert "2 results × 3 inputs" in result.stdout
    assert "[[2. 1. 0.]\n [0. 0. 1.]]" in result.stdout
    assert "1 and 2 sweeps back" in result.stdout


def test_containers_as_results(run):
    result = run("model.py:tree", "--at", "0")
    assert result.exit_code == 0
    assert "2 results × 1 input" in result.stdout


def test_negative_values_variadic_arguments_and_keywords(run):
    result = run("model.py:options", "--at", "-1", "-2", "3", "scale=-2")
    assert result.exit_code == 0
    assert numbers(line_of(result.stdout, "value")) == [0]
    assert numbers(line_of(result.stdout, "x "))[1:3] == [-2, -2]
    assert "args" not in result.stdout
    assert numbers(line_of(result.stdout, "more[1]"))[1:3] == [-2, -2]


@pytest.mark.parametrize(("target", "slope"), [("branch", -1), ("sine", np.cos(-3))])
def test_branches_and_functions_that_are_no_python(run, target, slope):
    result = run(f"model.py:{target}", "--at", "-3")
    # A ufunc of NumPy older than 2.4 does not tell what its argument is called.
    assert numbers(line_of(result.stdout, ("x ", "argument 0 ")).replace("argument 0", "x"))[1] == pytest.approx(slope)


def test_values_from_files(run, tmp_path):
    np.save("x.npy", np.array([1, 2]))
    np.savez("point.npz", x=2.0, y=5.0)
    np.savez("one.npz", other=[3.0])
    assert numbers(line_of(run("model.py:squares", "--at", "x.npy").stdout, "x[1]"))[1:3] == [4, 4]
    assert numbers(line_of(run("model.py:squares", "--at", "x=one.npz").stdout, "x[0]"))[1:3] == [6, 6]
    assert run("model.py:f", "--at", "point.npz").stdout == run("model.py:f", "--at", "x=2", "y=5").stdout
    assert_refused(run("model.py:squares", "--at", "z=point.npz"), "none of them is z")


def test_single_precision_is_kept(run):
    np.save("x.npy", np.float32([0.1, 0.2]))
    comparison = compare(load("model.py:squares").function, arguments(lambda x: 0, ["x.npy"]))
    assert comparison.reverse.jacobian.dtype == np.float32
    assert comparison.disagreement(comparison.differences) < 1e-3


def test_many_inputs_are_tried_in_part(run):
    np.save("x.npy", np.arange(2000.0))
    result = run("model.py:squares", "--at", "x.npy")
    assert result.exit_code == 0
    assert f"{MOST_COLUMNS} of 2000 inputs" in result.stdout
    comparison = compare(load("model.py:squares").function, arguments(lambda x: 0, ["x.npy"]))
    np.testing.assert_array_equal(comparison.reverse.jacobian[0], 2 * np.arange(2000))
    assert comparison.forward.evaluations == MOST_COLUMNS
    assert comparison.columns[-1] == 1999


def test_disagreement_is_pointed_out(run):
    result = run("model.py:jump", "--at", "1")
    assert result.exit_code == 0
    assert "by central differences is another here" in result.stdout
    assert "is another here" not in run("model.py:f", "--at", "2", "5").stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["model.py"], "not of the form FILE:FUNCTION"),
        (["no.py:f", "--at", "1"], "no file 'no.py'"),
        (["model.py:g", "--at", "1"], "no function 'g'. It has: f, vector, tree"),
        (["model.py:number", "--at", "1"], "type int"),
        (["broken.py:f", "--at", "1"], "broken.py:1: ModuleNotFoundError"),
        (["syntax.py:f", "--at", "1"], "syntax.py:2: SyntaxError"),
        (["model.py:f"], "give the values"),
        (["model.py:f", "--at", "1"], "missing a required argument: 'y'"),
        (["model.py:f", "--at", "1", "2", "3"], "too many positional arguments"),
        (["model.py:f", "--at", "1", "x=1"], "multiple values"),
        (["model.py:f", "--at", "x=1", "x=2"], "given twice"),
        (["model.py:f", "--at", "x=1", "2"], "without a name follows"),
        (["model.py:f", "--at", "one", "2"], "'one' is not a number"),
        (["model.py:f", "--at", "[1,[2]]", "2"], "is not a number"),
        (["model.py:f", "--at", "True", "2"], "is not a number"),
        (["model.py:f", "--at", "__import__('os')", "2"], "is not a number"),
        (["model.py:f", "--at", "1e999", "2"], "no derivative at infinity"),
        (["model.py:f", "--at", "[]", "2"], "no number in it"),
        (["model.py:f", "--at", "no.npy", "2"], "cannot read no.npy"),
        (["model.py:fails", "--at", "1"], "RuntimeError: no way"),
        (["model.py:leaves", "--at", "1"], "SystemExit: 3"),
        (["model.py:loses", "--at", "1"], "LostGradient: float() at model.py"),
        (["model.py:nothing", "--at", "1"], "returned nothing"),
        (["model.py:text", "--at", "1"], "returned something of type <U4"),
    ],
)
def test_refusals(run, args, says):
    assert_refused(run(*args), says)


def test_unknown_options_and_commands(run):
    result = run("model.py:f", "--att", "1")
    assert result.exit_code == 2
    assert "No such option" in result.stderr
    assert CliRunner().invoke(wengert, ["differentiate"]).exit_code == 2


def test_help_shows_examples_line_by_line():
    output = CliRunner().invoke(wengert, ["grad", "--help"]).output
    assert "\n    wengert grad model.py:energy --at 2 5\n" in output
    assert "\b" not in output


def test_version():
    assert CliRunner().invoke(wengert, ["--version"]).output == f"wengert {wg.__version__}\n"


def test_without_click_one_line_says_what_to_install(monkeypatch, capsys):
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'click'", name="click")

    monkeypatch.setattr(cli.importlib, "import_module", missing)
    assert cli.main(["--version"]) == 2
    assert capsys.readouterr().err == "Error: the command needs click. Run: pip install 'wengert[cli]'\n"


def test_an_import_error_of_another_kind_is_not_hidden(monkeypatch):
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(cli.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["--version"])


def test_as_a_process(run, tmp_path: Path):
    env = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
    command = [sys.executable, "-m", "wengert", "grad", "model.py:f", "--at"]
    good = subprocess.run([*command, "2", "5"], capture_output=True, cwd=tmp_path, env=env, check=False)
    assert (good.returncode, good.stderr) == (0, b"")
    text = good.stdout.decode()
    assert not [c for c in text if unicodedata.category(c) == "Cc" and c not in "\r\n"]
    assert "11.65207" in text
    bad = subprocess.run([*command, "2"], capture_output=True, cwd=tmp_path, env=env, check=False)
    assert (bad.returncode, bad.stdout) == (2, b"")
    assert len(bad.stderr.splitlines()) == 1
