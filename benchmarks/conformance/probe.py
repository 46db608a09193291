"""Probes: a line of code per function of NumPy and SciPy, and the operands that it is run on.

The code is text, because the same line is run with other meanings of its names: `np` is NumPy or a rival's own
namespace, `sp` is SciPy or its twins; `x`, `y`, `z`, `w` are the operands in their order, arrays or tensors.

>>> from tests.draws import R
>>> probe("np.hypot(x, y)", R(2), R(2))
>>> PROBES["numpy.hypot"].run(np, None, [3.0, 4.0])
np.float64(5.0)
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from tests.draws import Draw

__all__ = ["PROBES", "Probe", "each", "probe"]

_FULL = {"np": "numpy", "sp": "scipy"}


def written(x: Any, write: Callable[[Any], object]) -> Any:
    """A copy of x that `write` has written into."""
    copy = 1.0 * x
    write(copy)
    return copy


@dataclass(frozen=True)
class Probe:
    """One call of one function."""

    name: str  # the function's full name, such as numpy.linalg.norm
    code: str
    draws: tuple[Draw, ...]

    @cached_property
    def compiled(self) -> CodeType:
        """The code, ready to be run."""
        return compile(self.code, f"<{self.name}>", "eval")

    def run(self, numpy: Any, scipy: Any, operands: Sequence[Any]) -> Any:
        """What the code gives for these operands, with these meanings of `np` and `sp`."""
        names = {
            "__name__": "probes",
            "np": numpy,
            "sp": scipy,
            "arr": np.array,
            "plain_sparse": csr_array,
            "written": written,
        }
        return eval(self.compiled, names | dict(zip("xyzw", operands, strict=False)))

    def operands(self, draw: int = 0) -> list[Any]:
        """The operands of the draw of that number."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), draw])
        return [one(rng) for one in self.draws]

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """The places of the operands that have a derivative."""
        return tuple([n for n, x in enumerate(self.operands()) if x.dtype.kind in "fc"])

    @property
    def module(self) -> str:
        """What the function belongs to: numpy, numpy.linalg, ndarray, scipy.special, ..."""
        return self.name.rpartition(".")[0]


PROBES: dict[str, Probe] = {}


def probe(code: str, *draws: Draw, name: str = "") -> None:
    """Enter a probe; the name is by default that of the first function in the code."""
    name = name or _first(code)
    if name in PROBES:
        raise ValueError(f"{name} has two probes")
    PROBES[name] = Probe(name, code, draws)


def each(code: str, names: str, *draws: Draw, name: str = "") -> None:
    """Enter a probe for each of the names, which stands for {} in the code."""
    for one in names.split():
        probe(code.replace("{}", one), *draws, name=name.replace("{}", one))


def _first(code: str) -> str:
    """The function that the code calls first, or the method of x."""
    found = re.search(r"\b(np|sp)\.([\w.]+)|\bx\.(\w+)", code)
    if found is None:
        raise ValueError(f"no function in {code}")
    package, function, method = found.groups()
    return f"{_FULL[package]}.{function}" if package else f"numpy.ndarray.{method}"
