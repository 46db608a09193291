"""The examples: each runs, reaches what it is to reach, and draws its picture; the page shows all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.examples.page import EXAMPLES, FILE, FOLDER, PICTURES, drawn, run, title

Names = dict[str, Any]

# What a reader may rely on, with room for other machines' rounding.
REACHED: dict[str, Callable[[Names], bool]] = {
    "linear_regression": lambda n: n["error"] < 1e-5,
    "newton_rosenbrock": lambda n: n["error"] < 1e-12 and n["steps"] < 10,
    "derivatives": lambda n: n["error"] < 1e-13,
    "sine_mlp": lambda n: n["error"] < 0.06,
    "spiral": lambda n: n["accuracy"] >= 0.96,
    "digits_mlp": lambda n: n["accuracy"] >= 0.97,
    "digits_cnn": lambda n: n["accuracy"] >= 0.98,
    "sine_lstm": lambda n: n["error"] < 0.2,
    "breast_cancer": lambda n: n["accuracy"] >= 0.95 and n["found"].converged,
    "vae": lambda n: n["nats"] < n["alone"] - 1.5,
    "burgers": lambda n: n["error"] < 1e-3,
    "neural_ode": lambda n: n["error"] < 0.25,
    "hamiltonian": lambda n: n["mean_error"] < 0.1 and n["spread_error"] < 0.05 and n["accepted"].mean() > 0.6,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_reaches_what_it_is_to_reach(name: str) -> None:
    ran = run(name)
    assert REACHED[name](ran.names), ran.output
    assert ("picture" in ran.names) == (PICTURES / f"{name}.png").exists()
    if "picture" in ran.names:
        assert drawn(ran.names).startswith(b"\x89PNG")


def test_every_example_is_on_the_page() -> None:
    shown = re.findall(r"^\| \[(\w+)\]\(\S+\) \| (.*?) \|", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown == [(name, title(name)) for name in EXAMPLES]
    # rod.py is no run but a function, for the command line to differentiate.
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted([*EXAMPLES, "rod"])
