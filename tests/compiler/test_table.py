"""The page on what compiles is what the compiler does."""

from __future__ import annotations

from tests.compiler.table import FILE, table


def test_the_page_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == table(), "run python -m tests.compiler.table"
