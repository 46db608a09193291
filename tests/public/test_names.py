"""The public names are a promise: one appears or disappears only together with a line of names.txt."""

import importlib
import os
from pathlib import Path

import pytest

SCIPY = importlib.import_module("wengert.scipy")
MODULES = ["wengert", "wengert.autograd", "wengert.nn.functional", "wengert.optim", "wengert.data", "wengert.train"]
MODULES += ["wengert.random", "wengert.distributions", "wengert.estimators"]
MODULES += ["wengert.nn", "wengert.nn.utils", "wengert.nn.utils.rnn"]
MODULES += ["wengert.autograd.functional", "wengert.autograd.graph", "wengert.func", "wengert.utils.checkpoint"]
MODULES += ["wengert.scipy", *[f"wengert.scipy.{home}" for home in SCIPY.HOMES]]
SNAPSHOT = Path(__file__).with_name("names.txt")
UPDATE = "UPDATE_NAMES=1 scripts/test tests/public"


def public_names() -> list[str]:
    """Every name of every `__all__`, with its module in front, as names.txt holds them."""
    return sorted(f"{module}.{name}" for module in MODULES for name in importlib.import_module(module).__all__)


def test_names_are_those_of_the_snapshot():
    now = public_names()
    if os.environ.get("UPDATE_NAMES"):
        SNAPSHOT.write_text("".join(f"{name}\n" for name in now), encoding="utf-8")
    if not SNAPSHOT.exists():
        pytest.fail(f"There is no {SNAPSHOT.name} yet.\nMake it with  {UPDATE}  and commit it.", pytrace=False)
    before = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    added, removed = sorted(set(now) - set(before)), sorted(set(before) - set(now))
    if added or removed:
        changes = "\n".join([f"  + {name}" for name in added] + [f"  - {name}" for name in removed])
        pytest.fail(
            f"The public names differ from {SNAPSHOT.name}:\n{changes}\n"
            "Every name is a promise to users, and taking one away breaks their code.\n"
            f"If you mean it, run  {UPDATE}  , commit names.txt and add a line to CHANGELOG.md.",
            pytrace=False,
        )
    assert before == now, f"{SNAPSHOT.name} is unsorted or repeats a name; run {UPDATE}"


@pytest.mark.parametrize("module", MODULES)
def test_names_exist_and_are_listed_once(module):
    names = importlib.import_module(module).__all__
    assert len(names) == len(set(names))
    missing = [name for name in names if not hasattr(importlib.import_module(module), name)]
    assert not missing, f"{module}.__all__ promises what {module} does not have: {missing}"
