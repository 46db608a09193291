"""`wengert demo`: three things that the library does, on real code and data."""

from __future__ import annotations

import importlib
import os
import shlex
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from rich.console import Console

from wengert.cli import report
from wengert.cli.derivatives import Comparison
from wengert.cli.refusal import Refusal

__all__ = ["show"]

ROD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples", "rod.py")
VALUES = ("diffusivity=23", "start=20", "ends=[100,0]")
EXTRAS = {"sklearn": "data", "scipy": "scipy"}


def show(out: Console, differentiated: Callable[[str, Sequence[str]], Comparison], seed: int) -> None:
    """Run all three parts; `differentiated` is what `wengert grad` does."""
    start = perf_counter()
    digits, cluster = _part("digits"), _part("cluster")
    report.title(out, "1. Differentiate a NumPy file: an iron rod, heated at its ends for ten minutes")
    report.say(out, f"wengert grad {_shown(ROD)}:middle_temperature --at {shlex.join(VALUES)}")
    report.say(out, "Value: temperature in its middle, °C. Inputs: diffusivity, mm²/s; start and ends, °C.\n")
    report.print_comparison(out, "", differentiated(f"{ROD}:middle_temperature", VALUES))
    digits.show(out, seed)
    cluster.show(out)
    report.say(out, f"\nAll three took {perf_counter() - start:.1f} s.")


def _shown(path: str) -> str:
    """The path from where the user is, if it lies below."""
    here = os.getcwd() + os.sep
    return path.removeprefix(here)


def _part(name: str) -> Any:
    """A part of the demo; they need packages that the library itself does not."""
    try:
        return importlib.import_module(f"wengert.cli.demo.{name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise Refusal(f"the demo needs {package}. Run: pip install 'wengert[cli,data,scipy]'") from error
