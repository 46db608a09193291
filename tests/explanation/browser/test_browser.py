"""The page in a real browser: walk, tabs, quiz, blocks, keys, widths, and a silent console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.explanation.browser.chromium import Chromium, executable
from wengert.explanation.charts import Curve
from wengert.explanation.page import Extras, page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="no Chromium: apt-get install chromium"),
]

X1, X2 = "s0", "s1"


def survey(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def many(x: Any) -> Any:
    for _ in range(150):
        x = np.sin(x)
        x = x * 1.01
    return x


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    extras = Extras(
        columns=["way", "error"], comparison=[["reverse", "0"]], swell=[("f", 5), ("f′", 120)],
        curves=[Curve("central", [1e-2, 1e-5, 1e-9], [1e-4, 1e-11, 1e-7], 1e-5)],
    )  # fmt: skip
    texts = {"survey": page(wg.explain(survey, 2.0, 5.0), extras), "many": wg.explain(many, 0.5).html}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    browser = Chromium(str(executable()))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Chromium]:
    yield chromium
    assert chromium.complaints() == []
    assert chromium.requests() == []


@pytest.fixture
def open_page(browser: Chromium, pages: dict[str, Path]) -> Any:
    def opened(name: str = "survey", **window: Any) -> Chromium:
        browser.open(pages[name], **window)
        return browser

    return opened


def adjoint(browser: Chromium, key: str) -> str:
    """The adjoint that is seen in a box, "" while it is hidden."""
    element = f"document.querySelector('.node[data-key={key}] .adjoint')"
    return str(browser.run(f"getComputedStyle({element}).visibility === 'hidden' ? '' : {element}.textContent"))


def shown(browser: Chromium, selector: str) -> bool:
    return bool(browser.run(f"getComputedStyle(document.querySelector({selector!r})).visibility === 'visible'"))


def test_numbers_fill_in_forwards_and_then_backwards(open_page: Any) -> None:
    browser = open_page()
    assert adjoint(browser, X1) == "v̄₋₁ = 5.5"
    browser.press("ArrowRight")
    assert browser.text("#count") == "forward 1 of 7"
    assert shown(browser, ".node[data-key=s0] .value") and not shown(browser, ".node[data-key=s3] .value")
    assert adjoint(browser, X1) == ""
    for _ in range(6):
        browser.press("ArrowRight")
    assert shown(browser, ".node[data-key=s6] .value") and adjoint(browser, "s6") == ""
    seen = []
    for _ in range(6):
        browser.press("ArrowRight")
        seen.append((adjoint(browser, X1), adjoint(browser, X2)))
    assert [x for x, _ in seen] == ["", "", "", "", "v̄₋₁ = 5", "v̄₋₁ = 5.5"]
    assert [x for _, x in seen] == ["", "", "v̄₀ = -0.284", "v̄₀ = -0.284", "v̄₀ = 1.716", "v̄₀ = 1.716"]
    assert "1 × 0.5 = 0.5" in browser.text("#caption")
    browser.press("ArrowLeft")
    assert "multiply swapper" in browser.text("#caption") and adjoint(browser, X1) == "v̄₋₁ = 5"


def test_home_end_slider_and_buttons(open_page: Any) -> None:
    browser = open_page()
    browser.press("End")
    assert browser.text("#count") == "backward 6 of 6"
    browser.press("Home")
    assert browser.text("#count") == "the whole"
    browser.run("(s => { s.value = 9; s.dispatchEvent(new Event('input')) })(document.querySelector('#slider'))")
    assert browser.text("#count") == "backward 2 of 6"
    assert "add distributor" in browser.run("document.querySelector('#slider').getAttribute('aria-valuetext')")
    browser.click("#next")
    assert browser.text("#count") == "backward 3 of 6"
    browser.click("#first")
    assert browser.text("#count") == "the whole"


def test_space_plays_and_pauses(open_page: Any) -> None:
    browser = open_page()
    browser.press(" ")
    browser.until("document.querySelector('#count').textContent === 'forward 2 of 7'")
    browser.press(" ")
    assert browser.run("document.querySelector('#play').getAttribute('aria-pressed')") == "false"


def test_steps_are_announced_and_rows_marked(open_page: Any) -> None:
    browser = open_page()
    assert browser.run("document.querySelector('#caption').ariaLive") == "polite"
    for _ in range(12):
        browser.press("ArrowRight")
    rows = browser.run("[...document.querySelectorAll('tr.now')].map(r => r.dataset.wire || r.dataset.key || 'code')")
    assert rows == ["3.0", "3.1", "code"]


def test_hover_and_focus_tell_the_chain_rule(open_page: Any) -> None:
    browser = open_page()
    browser.hover(".node[data-key=s3]")
    tip = browser.text("#tip")
    assert "back to x1: 1 × 5 = 5" in tip and "return np.log(x1)" in tip
    browser.run("document.querySelector('.node[data-key=s5]').focus()")
    assert "∂ = np.cos(x2)" in browser.text("#tip")
    browser.press("Escape")
    assert browser.run("document.querySelector('#tip').hidden")
    browser.hover('.wire[data-key="2.0"] .head')
    assert "upstream × local = downstream: 1 × 0.5 = 0.5" in browser.text("#tip")


def test_enter_on_a_box_goes_to_its_step(open_page: Any) -> None:
    browser = open_page()
    browser.run("document.querySelector('.node[data-key=s3]').focus()")
    browser.press("Enter")
    assert browser.text("#count") == "forward 4 of 7"
    browser.press("ArrowRight")
    assert browser.run("document.activeElement.dataset.key") == "s4"  # the focus walks along


def test_tabs_by_mouse_and_keys(open_page: Any) -> None:
    browser = open_page()
    names = browser.run("[...document.querySelectorAll('[role=tab]')].map(t => t.textContent)")
    assert names == ["Traces", "Code", "Compare", "V-curve", "Swell", "Remarks"]
    visible = "[...document.querySelectorAll('[role=tabpanel]')].filter(p => !p.hidden).map(p => p.id)"
    assert browser.run(visible) == ["panel-traces"]
    for name in ("code", "compare", "curve", "swell", "remarks"):
        browser.click(f"#tab-{name}")
        assert browser.run(visible) == [f"panel-{name}"]
    browser.press("ArrowRight")
    assert browser.run(visible) == ["panel-traces"]
    browser.press("End")
    assert browser.run("document.activeElement.id") == "tab-remarks"
    assert browser.text("#count") == "the whole"  # the walk does not listen meanwhile


def start(browser: Chromium, column: str) -> None:
    browser.run(f"document.querySelector('#asked').value = '{column}'")
    browser.click("#ask")


def answer(browser: Chromium, text: str) -> None:
    browser.write(text)
    browser.press("Enter")


def test_the_quiz_judges_and_explains(open_page: Any) -> None:
    browser = open_page()
    start(browser, "adjoints")
    assert adjoint(browser, X1) == "" and not shown(browser, "header")
    assert browser.run("document.activeElement.getAttribute('aria-label')") == "Question 1: sum so far of v̄₃"
    answer(browser, "1")
    assert "✓ right. So far 1 right, 0 wrong, 7 to go." in browser.text("#score")
    answer(browser, "-1")
    answer(browser, "0.5")
    assert "expected -0.284" in browser.text("#score") and "-1 × 0.284 = -0.284" in browser.text("#score")
    for text in ("1", "1", "10/2", "1,72", "5.5"):
        answer(browser, text)
    assert "7 right, 1 wrong, 0 to go. That was all." in browser.text("#score")
    browser.click("#ask")
    assert adjoint(browser, X1) == "v̄₋₁ = 5.5"
    assert not browser.run("document.querySelector('td input')")


@pytest.mark.parametrize("column", ["values", "locals"])
def test_the_quiz_hides_a_column_in_the_figure_too(open_page: Any, column: str) -> None:
    browser = open_page()
    start(browser, column)
    assert not shown(browser, ".node[data-key=s3] .value" if column == "values" else ".wire text.local")
    answers = f"[...document.querySelectorAll('td[data-quiz={column}]')]"
    asked = browser.run(f"{answers}.map(c => c.dataset.answer)")
    for right in asked:
        answer(browser, right.strip("[]"))
    assert f"{len(asked)} right, 0 wrong" in browser.text("#score")


def test_the_quiz_of_a_large_page_asks_for_what_is_shown(open_page: Any) -> None:
    browser = open_page("many")
    start(browser, "values")
    asked = browser.run("[...document.querySelectorAll('td[data-quiz=values]')].map(c => c.dataset.answer)")
    label = browser.run("document.activeElement.getAttribute('aria-label')")
    first = browser.run("document.querySelector('td[data-quiz=values]').dataset.of")
    assert asked and label == f"Question 1: value of {first}"
    for right in asked:
        answer(browser, right.strip("[]"))
    assert f"{len(asked)} right, 0 wrong" in browser.text("#score")


def test_the_rest_of_the_answers_can_be_shown(open_page: Any) -> None:
    browser = open_page()
    start(browser, "values")
    answer(browser, "nonsense")
    assert "you wrote nonsense; expected 0.693. v₁ = np.log(x1) = 0.693, with x1 = 2." in browser.text("#score")
    browser.click("#solve")
    assert "0 right, 1 wrong, 0 to go" in browser.text("#score")


def test_blocks_open_and_close(open_page: Any) -> None:
    browser = open_page("many")
    assert browser.run("document.querySelectorAll('.node').length") == 3
    browser.click(".node.block")
    assert browser.text("#place").endswith("x = np.sin(x)")
    inside = browser.run("document.querySelectorAll('.node.step').length")
    assert inside == 150
    browser.press("Tab")
    browser.click("#last")
    assert browser.text("#count").startswith("backward")
    browser.click("#back")
    assert browser.run("document.activeElement.dataset.key") == "b0"
    browser.press("Enter")
    assert browser.run("document.querySelectorAll('.node.step').length") == inside


@pytest.mark.parametrize("name", ["survey", "many"])
def test_a_phone_scrolls_down_only(open_page: Any, name: str) -> None:
    browser = open_page(name, width=360, height=740)
    assert browser.run("document.documentElement.scrollWidth") == 360
    if name == "survey":
        tops = browser.run("['s0', 's3', 's4', 's6'].map(k => document.querySelector(`.node[data-key=${k}]`)"
                           ".getBoundingClientRect().top)")  # fmt: skip
        assert tops == sorted(tops)


def test_the_current_box_is_always_in_sight(open_page: Any) -> None:
    browser = open_page(width=360, height=740)
    for _ in range(13):
        browser.press("ArrowRight")
        inside = browser.run(
            "(() => { const f = document.querySelector('#figure').getBoundingClientRect(),"
            " b = document.querySelector('.node.now').getBoundingClientRect();"
            " return b.left >= f.left && b.right <= f.right && b.top >= f.top && b.bottom <= f.bottom })()"
        )
        assert inside


def test_zoom_by_buttons_and_keys(open_page: Any) -> None:
    browser = open_page()
    scale = "new DOMMatrix(getComputedStyle(document.querySelector('.camera')).transform).a"
    before = browser.run(scale)
    browser.click("#closer")
    assert browser.run(scale) == pytest.approx(before * 1.3, rel=1e-4)
    browser.run("document.activeElement.blur()")
    browser.press("0")
    assert browser.run(scale) == pytest.approx(before, rel=1e-4)


def test_dragging_moves_the_graph(open_page: Any) -> None:
    browser = open_page()
    place = "new DOMMatrix(getComputedStyle(document.querySelector('.camera')).transform).e"
    before = browser.run(place)
    x, y = browser.run("(() => { const f = document.querySelector('#figure').getBoundingClientRect();"
                       " return [f.left + 10, f.top + 10] })()")  # fmt: skip
    for kind, dx in (("mousePressed", 0), ("mouseMoved", 40), ("mouseReleased", 40)):
        browser.send("Input.dispatchMouseEvent", type=kind, x=x + dx, y=y, button="left", buttons=1, clickCount=1)
    assert browser.run(place) == pytest.approx(before + 40)


def test_dark_mode_is_dark(open_page: Any) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert open_page().run(paper) == "rgb(255, 255, 255)"
    assert open_page(dark=True).run(paper) == "rgb(20, 23, 28)"


def test_motion_is_reduced_when_asked(open_page: Any) -> None:
    script = (
        "(() => { const c = document.querySelector('.camera'); c.classList.add('smooth');"
        " return getComputedStyle(c).transitionDuration })()"
    )
    assert open_page(calm=True).run(script) == "0s"
    assert open_page(calm=False).run(script) == "0.25s"
