"""The page about PyTorch's names in the documentation: ``python -m tests.public.torch_table`` writes it."""

from __future__ import annotations

import fnmatch
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

HEAD = """\
# PyTorch's names

Written by `python -m tests.public.torch_table` from the names that PyTorch has and those that wengert has; do not edit.

Functions of `torch` are functions of `wg`, methods of `torch.Tensor` are methods of tensors, with PyTorch's arguments
(`input`, `dim`, `keepdim`, `out`) and results. A method in place, `x.f_(...)`, writes what `x.f(...)` gives into `x`.
Functions of `torch.nn.functional` are in `wg.nn.functional`; they are functions of real numbers, and integers count as
float64.
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
        home = torch
        for part in module.split(".")[1:]:
            home = getattr(home, part)
        kept = [name for name in dir(home) if name[0] != "_" and _counts(torch, module, getattr(home, name))]
        lines.append(f"{module}: {' '.join(kept)}\n")
    return "".join(lines)


def _counts(torch: Any, module: str, x: Any) -> bool:
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
