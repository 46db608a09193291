"""What the generated code may use: the processor of this machine, as names that LLVM is known to accept.

LLVM ends the *process* when it is given a processor it does not know, and code with an instruction that the machine
lacks dies of SIGILL. So a target is one of the few below, found from what NumPy has already probed (CPUID and the
operating system's consent), and it is known without importing llvmlite.

    target() -> Target(cpu, features, lanes_f64, fma, triple)       WENGERT_CPU=x86-64-v3 asks for an older one
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from typing import NamedTuple

from numpy._core._multiarray_umath import __cpu_features__ as _FEATURES  # type: ignore[import-not-found]

from wengert.errors import InvalidArgument, explain

__all__ = ["Target", "target"]


class Target(NamedTuple):
    """A processor to compile for.

    `lanes_f64` is the number of float64 in one vector register; `fma` says whether a·b + c is one instruction.
    """

    cpu: str
    features: str
    lanes_f64: int
    fma: bool
    triple: str


# The levels of the x86-64 psABI, and which of NumPy's features prove that the machine has them.
_X86 = {
    "x86-64": "SSE2",
    "x86-64-v2": "SSE3 SSSE3 SSE41 SSE42 POPCNT",
    "x86-64-v3": "AVX AVX2 FMA3 F16C",
    "x86-64-v4": "AVX512F AVX512CD AVX512BW AVX512DQ AVX512VL",
}
_LANES = {"x86-64": 2, "x86-64-v2": 2, "x86-64-v3": 4, "x86-64-v4": 8, "generic": 2, "apple-m1": 2}
# They belong to level 3, but older versions of NumPy do not look for them.
_UNPROBED = ("BMI", "BMI2", "LZCNT", "MOVBE")
_TRIPLES = {"linux": "{}-unknown-linux-gnu", "darwin": "{}-apple-darwin", "win32": "{}-pc-windows-msvc"}
_MACHINES = {"amd64": "x86_64", "aarch64": "aarch64" if sys.platform != "darwin" else "arm64"}


def target() -> Target:
    """The target for this machine, or the older one that the environment variable ``WENGERT_CPU`` names.

    Raises:
        InvalidArgument: ``WENGERT_CPU`` names a processor that is unknown or newer than this machine.

    Example:
        >>> target().lanes_f64 in (2, 4, 8)
        True
    """
    return _target(os.environ.get("WENGERT_CPU", ""))


@functools.cache
def _target(wish: str) -> Target:
    machine = platform.machine().lower()
    machine = _MACHINES.get(machine, machine)
    able = _able(machine)
    if wish and wish not in able:
        raise InvalidArgument(
            explain(
                f"WENGERT_CPU={wish} cannot be used on this machine.",
                "Code for a processor that is unknown or newer than this one would end the process.",
                f"Choose one of {', '.join(able)}, or unset WENGERT_CPU.",
            )
        )
    cpu = wish or able[-1]
    fma = cpu in ("x86-64-v3", "x86-64-v4") or machine in ("aarch64", "arm64")
    triple = _TRIPLES.get(sys.platform, "{}-unknown-" + sys.platform).format(machine)
    return Target(cpu, _features(cpu), _LANES.get(cpu, 2), fma, triple)


def _able(machine: str) -> list[str]:
    """The processors that this machine can stand in for, oldest first."""
    if machine != "x86_64":
        return ["generic", "apple-m1"] if (machine, sys.platform) == ("arm64", "darwin") else ["generic"]
    able: list[str] = []
    for level, needed in _X86.items():
        if not all(_FEATURES.get(name, False) for name in needed.split()):
            break
        able.append(level)
    return able or ["x86-64"]


def _features(cpu: str) -> str:
    features = []
    if cpu in ("x86-64-v3", "x86-64-v4"):
        features += [f"-{name.lower()}" for name in _UNPROBED if not _FEATURES.get(name, False)]
    if cpu == "x86-64-v4":
        # LLVM would use half of each register to save power; the whole is up to 1.6 times faster.
        features.append("-prefer-256-bit")
    return ",".join(features)
