"""The page as a file: complete, small, deterministic, and closed to what names and sources contain."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.explanation.charts import Curve
from wengert.explanation.page import Extras, page

VOID = {"meta", "link", "input", "br"}


class Outline(HTMLParser):
    """Checks that elements are closed in order, and collects ids, attributes and text by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def survey(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def embedded(text: str) -> Any:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


@pytest.fixture(scope="module")
def html() -> str:
    return wg.explain(survey, 2.0, 5.0).html


def test_elements_are_closed_and_ids_are_unique(html: str) -> None:
    outline = Outline(html)
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in outline.elements:
        for name in ("aria-controls", "aria-labelledby", "for"):
            assert attributes.get(name) is None or attributes[name] in ids


def test_the_page_needs_no_network(html: str) -> None:
    outline = Outline(html)
    assert not [a for _, a in outline.elements if "src" in a]
    assert [a["href"] for _, a in outline.elements if "href" in a] == ["data:,"]
    assert "default-src 'none'" in html
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", html)


def test_the_page_is_the_same_every_time(html: str) -> None:
    assert wg.explain(survey, 2.0, 5.0).html == html


def test_the_walk_goes_forwards_and_then_backwards(html: str) -> None:
    events = embedded(html)["views"]["all"]["events"]
    assert [e["phase"] for e in events] == ["forward"] * 7 + ["backward"] * 6
    sums: dict[str, str] = {}
    for event in events:
        sums |= event.get("sums", {})
    assert sums == {
        "s0": "v̄₋₁ = 5.5", "s1": "v̄₀ = 1.716", "s2": "v̄₁ = 1", "s3": "v̄₂ = 1", "s4": "v̄₃ = 1", "s5": "v̄₄ = -1",
        "s6": "v̄₅ = 1",
    }  # fmt: skip
    assert {key for e in events for key in e.get("wires", [])} == {f"{n}.{p}" for n, p in
        [(2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (5, 0), (6, 0), (6, 1)]}  # fmt: skip


def test_the_quiz_knows_its_answers(html: str) -> None:
    cells = [a for a in Outline(html).all("td") if "data-quiz" in a]
    answers = {kind: [json.loads(str(a["data-answer"])) for a in cells if a["data-quiz"] == kind]
               for kind in ("values", "locals", "adjoints")}  # fmt: skip
    np.testing.assert_allclose(answers["values"], [[np.log(2)], [10], [np.log(2) + 10], [np.sin(5)], [survey(2, 5)]])
    np.testing.assert_allclose(answers["locals"], [[1], [-1], [np.cos(5)], [1], [1], [5], [2], [0.5]])
    np.testing.assert_allclose(answers["adjoints"][-2:], [[2 - np.cos(5)], [5.5]])
    why = [a["data-why"] for a in cells if a["data-quiz"] == "adjoints"][-1]
    assert "5 + 1 × 0.5 = 0.5; together 5.5" in str(why)


def test_names_and_text_cannot_break_out() -> None:
    name = "</script><script>alert(1)</script><em>\"'"
    text = page(
        wg.explain(lambda **named: named[name] * 2.0, **{name: 3.0}), Extras(programs={"<i>": "x < y & '</pre>'"})
    )
    outline = Outline(text)
    assert len(outline.all("script")) == 2
    assert not outline.all("em") and not outline.all("i")
    assert any(name in line for line in embedded(text)["details"]["s0"])
    assert any("x < y & '</pre>'" in t for t in outline.texts)


def test_a_source_line_with_markup_is_text() -> None:
    def f(x: Any) -> Any:
        return x * 2.0  # <u>"&amp;'</u>

    outline = Outline(wg.explain(f, 2.0).html)
    assert not outline.all("u")
    assert any("# <u>\"&amp;'</u>" in t for t in outline.texts)


def test_tabs_are_there_when_their_data_is() -> None:
    e = wg.explain(survey, 2.0, 5.0)

    def tabs(text: str) -> list[str]:
        return [str(a["id"]) for a in Outline(text).all("button") if a.get("role") == "tab"]

    assert tabs(page(e)) == ["tab-traces", "tab-code", "tab-remarks"]
    extras = Extras(
        symbolic=[("∂/∂x1", "x2 + 1/x1")],
        columns=["way", "error"], comparison=[["reverse", "0"]], verdict="Reverse wins: one sweep.",
        curves=[Curve("central", [1e-2, 1e-5, 1e-9], [1e-4, 1e-11, 1e-7], 1e-5)],
        swell=[("f", 5), ("f′", 120)],
    )  # fmt: skip
    text = page(e, extras)
    assert tabs(text) == [f"tab-{n}" for n in ("traces", "code", "symbolic", "compare", "curve", "swell", "remarks")]
    assert "h = 1e-05 was chosen" in text and "Reverse wins" in text


def test_a_curve_without_positive_errors_has_no_tab() -> None:
    assert "tab-curve" not in page(wg.explain(survey, 2.0, 5.0), Extras(curves=[Curve("exact", [0.1], [0.0])]))


def test_the_code_stands_beside_its_values(html: str) -> None:
    texts = Outline(html).texts
    line = next(n for n, t in enumerate(texts) if "return np.log(x1)" in t)
    assert texts[line + 1].startswith("v₁ = 0.693, v₂ = 10")


def test_fifty_thousand_steps_make_a_small_page_in_blocks() -> None:
    def f(x: Any) -> Any:
        y, total = x, 0.0
        for _ in range(12_500):
            y = y + 0.001 * np.sin(y)
            total = total + y
        return total

    e = wg.explain(f, 0.5)
    assert len(e.trace) == 50_001
    text = e.html
    assert len(text.encode()) < 3_000_000
    data = embedded(text)
    assert list(data["views"]) == ["all", "b0", "b1"]
    keys = [key for event in data["views"]["b0"]["events"] for key in event["keys"]]
    assert "g" in keys
    assert 'class="quiz" hidden' not in text
    asked = [a for a in Outline(text).all("td") if "data-quiz" in a]
    assert {a["data-quiz"] for a in asked} == {"values", "locals"}
    assert all(a["data-of"] for a in asked if a["data-quiz"] == "values")


def test_every_block_opens_into_its_steps() -> None:
    def f(x: Any) -> Any:
        for _ in range(120):
            x = np.sin(x)
            x = x * x
        return x

    e = wg.explain(f, 1.0)
    views = embedded(e.html)["views"]
    inside = {key for name, view in views.items() if name != "all" for ev in view["events"] for key in ev["keys"]}
    assert {f"s{n}" for n in range(1, 241)} <= inside


def test_live_tapes_have_pages_too() -> None:
    w = wg.ones(3, requires_grad=True)
    loss = ((w * w).sum() - 1.0) ** 2
    outline = Outline(wg.explain(loss).html)
    assert any("MulBackward0" in t for t in outline.texts)
