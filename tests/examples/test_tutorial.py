"""The tutorial: the same code in both languages, links that lead somewhere, figures that its script draws."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, KOREAN = DOCS / "tutorial", DOCS / "tutorial.ko"
PAGES = sorted(page.name for page in ENGLISH.glob("*.md"))


def code(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_both_languages_have_the_same_pages() -> None:
    assert sorted(page.name for page in KOREAN.glob("*.md")) == PAGES
    assert len(PAGES) == 11


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_code(name: str) -> None:
    assert code(ENGLISH / name) == code(KOREAN / name)
    assert code(ENGLISH / name) or name == "README.md"


@pytest.mark.parametrize(
    "page",
    [folder / name for folder in (ENGLISH, KOREAN) for name in PAGES],
    ids=lambda page: f"{page.parent.name}-{page.stem}",
)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_script_draws_every_figure_that_is_shown(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ENGLISH / "plots.py", tmp_path], check=True)
    shown = {name for page in PAGES for name in re.findall(r"\]\((\w+\.png)\)", (ENGLISH / page).read_text("utf-8"))}
    assert shown == {path.name for path in tmp_path.iterdir()} == {path.name for path in ENGLISH.glob("*.png")}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
