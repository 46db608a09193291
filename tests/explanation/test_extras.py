"""The tabs of the page that other methods fill."""

from __future__ import annotations

import numpy as np
from click.testing import CliRunner

import wengert as wg
from wengert.cli.commands import wengert
from wengert.explanation.extras import gathered


def survey(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def test_all_of_them():
    e = wg.explain(survey, 2.0, 5.0)
    found = gathered(e)
    assert "grad_x1" in found.programs["Reverse accumulation"]
    assert found.symbolic[1] == ("∂f/∂x1", "x2 + 1/x1")
    assert [row[0] for row in found.comparison][-2:] == ["reverse accumulation", "jit"]
    assert "accumulation" in found.verdict
    assert [c.label for c in found.curves] == ["measured", "predicted"]
    assert dict(found.swell)["f, program"] == 5
    page = e.html
    assert page == wg.explain(survey, 2.0, 5.0).html
    for title in ("Traces", "Code", "Symbolic", "Compare", "V-curve", "Swell"):
        assert f">{title}</button>" in page


def test_what_refuses_has_no_tab():
    found = gathered(wg.explain(lambda x: np.sum(np.sort(x)), np.array([3.0, 1.0])))
    assert found.symbolic == () and found.swell == ()
    assert len(found.comparison) > 3
    many = gathered(wg.explain(np.sum, np.ones(1000)))
    assert many.comparison == () and many.programs == {}


def test_the_command_writes_a_page(tmp_path):
    file = tmp_path / "page.html"
    done = CliRunner().invoke(wengert, ["explain", "x1*x2 + sin(x1)", "--at", "2", "3", "--html", str(file)])
    assert done.exit_code == 0, done.output
    assert file.read_text(encoding="utf-8").startswith("<!")
    missing = CliRunner().invoke(wengert, ["explain", "x", "--at", "2", "--html", str(tmp_path / "no" / "page.html")])
    assert missing.exit_code != 0
    assert list(tmp_path.iterdir()) == [file]
