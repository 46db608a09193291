"""Every name of PyTorch's is there, or has a reason; the page about them says so, and each that is there is called."""

from __future__ import annotations

import fnmatch
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import wengert as wg
from tests.public import torch_calls, torch_table
from tests.public.torch_reasons import REASONS


def test_no_name_is_forgotten():
    assert not [name for names in torch_table.missing().values() for name in names if not torch_table.reason(name)]


@pytest.mark.parametrize("why", REASONS)
def test_reasons_are_for_names_that_are_missing(why):
    lacking = {name for names in torch_table.missing().values() for name in names}
    assert not [word for word in REASONS[why].split() if not fnmatch.filter(lacking, word)]


def test_the_page_is_this_one():
    assert torch_table.FILE.read_text(encoding="utf-8") == torch_table.table(), "run python -m tests.public.torch_table"


def test_every_name_is_called():
    texts = [call for group in torch_calls.stored() for call in group["calls"]]
    texts += [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_torch_*.py")]
    called = set(re.findall(r"\w+", " ".join(texts)))
    modules = [wg.linalg, wg.fft, importlib.import_module("wengert.special.pytorch")]
    here = {name for module in modules for name in module.__all__ if not hasattr(np.linalg, name)} | {*wg.pytorch.NAMES}
    methods = vars(wg.core.array.Array).items()
    here |= {name for name, f in methods if getattr(f, "__module__", "").startswith("wengert.pytorch")}
    assert not sorted(here - called - {"ValuesIndices"})


@pytest.mark.peers
def test_the_names_are_pytorchs():
    torch = importlib.import_module("torch")
    assert torch_table.NAMES.read_text(encoding="utf-8") == torch_table.names_of(torch)
