"""The page about PyTorch's names in the documentation: ``python -m tests.public.torch_table`` writes it."""

from __future__ import annotations

import fnmatch
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import wengert as wg
from tests.public.torch_reasons import NUMPYS, REASONS

FILE = Path(__file__).parents[2] / "docs" / "reference" / "torch.md"
NAMES = Path(__file__).with_name("torch_names.txt")
HOMES: dict[str, Any] = {
    "torch": wg, "torch.Tensor": wg.Tensor, "torch.linalg": wg.linalg, "torch.fft": wg.fft, "torch.special": wg.special,
    "torch.nn.functional": wg.nn.functional,
}  # fmt: skip
# Modules of classes, and of functions that are no mathematics.
PLACES = {
    "torch.nn": wg.nn, "torch.nn.init": wg.nn.init, "torch.nn.utils": wg.nn.utils,
    "torch.nn.utils.rnn": wg.nn.utils.rnn, "torch.nn.utils.parametrize": wg.nn.utils.parametrize,
    "torch.nn.utils.parametrizations": wg.nn.utils.parametrizations, "torch.optim": wg.optim,
    "torch.optim.lr_scheduler": wg.optim.lr_scheduler, "torch.optim.swa_utils": wg.optim.swa_utils,
    "torch.utils.data": wg.utils.data, "torch.utils.checkpoint": wg.utils.checkpoint,
    "torch.distributions": wg.distributions, "torch.autograd": wg.autograd,
    "torch.autograd.functional": wg.autograd.functional, "torch.autograd.forward_ad": wg.autograd.forward_ad,
    "torch.autograd.graph": wg.autograd.graph, "torch.func": wg.func,
}  # fmt: skip
HOMES |= PLACES

HEAD = """\
# PyTorch's names

Written by `python -m tests.public.torch_table` from the names that PyTorch has and those that wengert has; do not edit.

Functions of `torch` are functions of `wg`, methods of `torch.Tensor` are methods of tensors, with PyTorch's arguments
(`input`, `dim`, `keepdim`, `out`) and results. A method in place, `x.f_(...)`, writes what `x.f(...)` gives into `x`.
Functions of `torch.nn.functional` are in `wg.nn.functional`; they are functions of real numbers, and integers count as
float64. Classes are in modules of the same names: `wg.nn`, `wg.optim`, `wg.utils.data`, `wg.distributions`, `wg.func`.
"""


def theirs() -> dict[str, list[str]]:
    """PyTorch's functions, methods, attributes and dtypes, by module."""
    found: dict[str, list[str]] = {}
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        module, names = line.split(": ")
        found[module] = names.split()
    return found


def names_of(torch: Any) -> str:
    """The text of `torch_names.txt`."""
    lines = []
    for module in HOMES:
        home = torch.Tensor if module == "torch.Tensor" else importlib.import_module(module)
        names = getattr(home, "__all__", dir(home)) if module in PLACES else dir(home)
        kept = [name for name in sorted(names) if name[0] != "_" and _counts(torch, module, getattr(home, name))]
        lines.append(f"{module}: {' '.join(kept)}\n")
    return "".join(lines)


def _counts(torch: Any, module: str, x: Any) -> bool:
    if module in PLACES:
        return callable(x) and getattr(x, "__module__", "").startswith("torch")
    if isinstance(x, type | ModuleType) or getattr(x, "__module__", None) == "typing":
        return False
    return callable(x) or isinstance(x, torch.dtype) or module == "torch.Tensor"


def missing() -> dict[str, list[str]]:
    """PyTorch's names that wengert does not have, by module."""
    return {module: [name for name in names if not hasattr(HOMES[module], name)] for module, names in theirs().items()}


def reason(name: str) -> str:
    """Why wengert does not have it; empty if that is forgotten."""
    for why, words in REASONS.items():
        if any(fnmatch.fnmatchcase(name, word) for word in words.split()):
            return why
    return ""


def table() -> str:
    """The page."""
    lines = [HEAD, "| module | names | there | not |", "|---|--:|--:|--:|"]
    lacking = missing()
    for module, names in theirs().items():
        lines.append(f"| `{module}` | {len(names)} | {len(names) - len(lacking[module])} | {len(lacking[module])} |")
    lines += ["", "## Where NumPy's meaning stays", "", "| name | meaning |", "|---|---|"]
    lines += [f"| {name} | {meaning} |" for name, meaning in NUMPYS.items()]
    lines += ["", "## Not there, and why", "", "| why | names |", "|---|---|"]
    for why in REASONS:
        named = [
            f"`{name if module == 'torch' else f'{module[6:]}.{name}'}`"
            for module, names in lacking.items()
            for name in names
            if reason(name) == why
        ]
        if named:
            lines.append(f"| {why} | {' '.join(named)} |")
    for module, names in theirs().items():
        there = [f"`{name}`" for name in names if name not in lacking[module]]
        lines += ["", f"## There, of `{module}`", "", " ".join(there)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
