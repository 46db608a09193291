"""The picture: what is written in it, that it stands alone, and that names cannot break it."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import wengert as wg
from wengert.explanation.svg import asset

SVG = "{http://www.w3.org/2000/svg}"


def survey(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


@pytest.fixture(scope="module")
def drawn() -> ElementTree.Element:
    return ElementTree.fromstring(wg.explain(survey, 2.0, 5.0).svg)


def texts(root: ElementTree.Element, kind: str) -> list[str]:
    return ["".join(t.itertext()) for t in root.iter(f"{SVG}text") if t.get("class") == kind]


def groups(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [g for g in root.iter(f"{SVG}g") if kind in (g.get("class") or "").split()]


def test_boxes_show_values_and_adjoints(drawn: ElementTree.Element) -> None:
    values = [t for t in texts(drawn, "value") if t.startswith("=")]
    assert values == ["= 2", "= 5", "= 0.693", "= 10", "= 10.693", "= -0.959", "= 11.652"]
    assert [t.split(" = ")[1] for t in texts(drawn, "adjoint") if " = " in t] == [
        "5.5",
        "1.716",
        "1",
        "1",
        "1",
        "-1",
        "1",
    ]


def test_wires_show_local_and_downstream(drawn: ElementTree.Element) -> None:
    wires = {w.get("data-key"): [t.text for t in w.iter(f"{SVG}text")] for w in groups(drawn, "wire")}
    assert wires["3.0"] == ["× 5", "5"]
    assert wires["5.0"] == ["× 0.284", "-0.284"]
    assert len(wires) == 8


def test_leaves_root_gates_and_grad_fns_are_marked(drawn: ElementTree.Element) -> None:
    assert [g.get("data-key") for g in groups(drawn, "leaf")] == ["s0", "s1"]
    assert [g.get("data-key") for g in groups(drawn, "root")] == ["s6"]
    assert {"multiply swapper", "MulBackward0", "SinBackward0"} <= set(texts(drawn, "note"))


def test_an_operand_that_takes_no_gradient_has_a_still_wire() -> None:
    e = wg.explain(lambda x, c: x * c, 2.0, 3.0, wrt="x")
    still = groups(ElementTree.fromstring(e.svg), "still")
    assert [w.get("data-from") for w in still] == ["s1"]


def test_pictures_are_deterministic_and_have_no_ids() -> None:
    first, second = (wg.explain(survey, 2.0, 5.0) for _ in range(2))
    assert first.svg == second.svg
    assert first._repr_html_() == second._repr_html_()
    for text in (first.svg, first._repr_html_()):
        assert not re.search(r"\bid=|url\(#|href=", text)


def test_names_cannot_break_out() -> None:
    e = wg.explain(lambda **named: np.sin(named["<i>&\"'"]), **{"<i>&\"'": 1.0})
    root = ElementTree.fromstring(e.svg)
    assert "<i>&\"'" in texts(root, "name")
    assert "<i>" not in e._repr_html_()


def test_a_large_graph_is_drawn_in_blocks() -> None:
    def f(x: Any) -> Any:
        for _ in range(200):
            x = np.sin(x) + x
        return x

    root = ElementTree.fromstring(wg.explain(f, 1.0).svg)
    assert [texts(g, "name") for g in groups(root, "block")] == [["x = np.sin(x) + x"]]
    assert "400 steps" in texts(root, "value")


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_ink_can_be_read_on_every_paper(mode: int) -> None:
    """Contrast as WCAG 2.1 defines it: at least 4.5 for text, 3 for lines that carry meaning."""
    blocks = re.findall(r"\{([^{}]*--paper[^{}]*)\}", asset("figure.css"))
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", blocks[mode]))

    def contrast(ink: str, paper: str) -> float:
        a, b = sorted((luminance(colours[ink]), luminance(colours[paper])))
        return (b + 0.05) / (a + 0.05)

    for paper in ("paper", "box", "leaf", "root", "block", "now"):
        for ink in ("ink", "muted", "value", "adjoint", "local"):
            assert contrast(ink, paper) >= 4.5, (ink, paper, contrast(ink, paper))
    for line in ("line", "ring"):
        assert contrast(line, "paper") >= 3
