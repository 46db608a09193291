"""Refusal: the error of one line, or of three, with exit code 2."""

from __future__ import annotations

import os
import traceback

import click

__all__ = ["Refusal", "in_file", "one_line"]


class Refusal(click.ClickException):
    """What the user gave cannot be used: what happened, or in three lines also why, and what to do instead."""

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(one_line, lines)))


def one_line(text: object) -> str:
    """A text of several lines as one."""
    return " ".join(str(text).split())


def in_file(error: BaseException, path: str) -> str:
    """An exception as ``file.py:12: ValueError: message``, with the last line of that file that it passed."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    if not lines and isinstance(error, SyntaxError):
        lines = [error.lineno]
    place = f"{os.path.basename(path)}:{lines[-1]}" if lines else os.path.basename(path)
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{place}: {type(error).__name__}" + (f": {message}" if message else "")
