"""`wengert demo`: the network learns, the solvers find the published minimum, the output is plain text."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import wengert as wg
from wengert.cli.commands import wengert
from wengert.cli.demo import EXTRAS, ROD, cluster, digits
from wengert.cli.refusal import Refusal


@pytest.mark.parametrize("seed", [0, 1])
def test_the_network_learns_to_read(seed):
    epochs = list(digits.train(seed, digits.EPOCHS))
    assert [e.number for e in epochs] == list(range(1, digits.EPOCHS + 1))
    assert epochs[-1].test >= 0.97
    assert epochs[-1].loss < 0.1 * epochs[0].loss
    again = next(iter(digits.train(seed, digits.EPOCHS)))
    assert again == epochs[0]


def test_exact_derivatives_find_the_published_minimum():
    _, gradient, newton = [solver.run() if solver.options else None for solver in cluster.solvers()]
    for found in (gradient, newton):
        assert found.success
        assert found.fun == pytest.approx(cluster.PUBLISHED, abs=1e-6)
    assert newton.nit < gradient.nit
    slope = cluster.solvers()[1].options["jac"](cluster.start())
    h = 1e-6 * np.eye(len(slope))[7]
    difference = (cluster.energy(cluster.start() + h) - cluster.energy(cluster.start() - h)) / 2e-6
    assert slope[7] == pytest.approx(difference, rel=1e-6)


def test_the_whole_demo_piped(monkeypatch):
    # SciPy's finite differences take seconds; what they find is not ours to test.
    monkeypatch.setattr(cluster, "solvers", lambda every=cluster.solvers: every()[1:] + every()[1:2])
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = CliRunner().invoke(wengert, ["demo"])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert not [c for c in result.stdout if unicodedata.category(c) == "Cc" and c != "\n"]
    epochs = re.findall(r"^ *(\d+) +(\d\.\d{4}) +(\S+)% +(\S+)%$", result.stdout, re.MULTILINE)
    assert int(epochs[-1][0]) == digits.EPOCHS
    assert float(epochs[-1][3]) >= 97
    assert result.stdout.count(f"{cluster.PUBLISHED:.6f}") == 4
    row = re.search(r"^diffusivity +23 +(\S+) +(\S+) +(\S+)$", result.stdout, re.MULTILINE)
    assert row is not None
    assert [float(x) for x in row.groups()] == pytest.approx([0.4981247191] * 3, rel=1e-8)


def test_a_missing_package_is_named(monkeypatch):
    assert set(EXTRAS) == {"sklearn", "scipy"}
    monkeypatch.delitem(sys.modules, "wengert.cli.demo.digits")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    result = CliRunner().invoke(wengert, ["demo"])
    assert result.exit_code == Refusal.exit_code == 2
    assert result.stdout == ""
    assert "pip install 'wengert[cli,data,scipy]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_example_ships_and_is_the_one_in_the_repository():
    shown = Path(__file__).parents[2] / "examples" / "rod.py"
    assert shown.read_text() == Path(ROD).read_text()
    assert Path(ROD).is_relative_to(Path(wg.__file__).parent)
