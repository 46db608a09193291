"""The BLAS and LAPACK that NumPy itself runs on, as addresses for compiled code.

    blas() -> dict[str, Routine]     Routine(address, bits, convention), by the routine's name: "dgemm", "dpotrf", ...

NumPy's wheels carry OpenBLAS, distributions link a BLAS of theirs, macOS has Accelerate. All are libraries that NumPy's
extension modules depend on, so the dynamic loader finds their functions behind those modules, under one of a few
spellings, and nothing new is loaded. A routine that is nowhere is not in the dictionary, and its place in the runtime
table is 0: generated code then uses loops of its own.

Conventions:
    "cblas"    C functions: enumerations are i32 (row-major 101, no transpose 111, transpose 112, upper 121, lower 122,
               non-unit 131, unit 132, left 141, right 142), sizes integers by value, matrices ptr
    "fortran"  column-major; all arguments by pointer; for each character argument its length, 1, as i64 at the end

Integers may be written as i64 for either width: by value a 32-bit routine looks at the lower half of the register or
stack slot, by pointer at the lower half in memory (little-endian). Results such as `info` are read as i32 from memory
that was zero. Where that does not hold (32-bit integers on macOS/arm64, which packs the stack) nothing is offered.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy._core import _multiarray_umath
from numpy.linalg import _umath_linalg

__all__ = ["CBLAS", "LAPACK", "Routine", "blas"]

CBLAS = tuple(letter + name for name in "gemm gemv ger syrk trsm trsv dot axpy".split() for letter in "ds")
LAPACK = tuple(letter + name for name in "potrf potrs getrf getrs gesv".split() for letter in "ds")

# How the name of a routine is spelled, and the width of its integers.
_C_SPELLINGS = (
    ("scipy_cblas_{}64_", 64),
    ("cblas_{}64_", 64),
    ("cblas_{}$NEWLAPACK$ILP64", 64),
    ("scipy_cblas_{}", 32),
    ("cblas_{}", 32),
    ("cblas_{}$NEWLAPACK", 32),
)
_FORTRAN_SPELLINGS = (
    ("scipy_{}_64_", 64),
    ("{}_64_", 64),
    ("{}$NEWLAPACK$ILP64", 64),
    ("scipy_{}_", 32),
    ("{}_", 32),
    ("{}$NEWLAPACK", 32),
)


class Routine(NamedTuple):
    """A routine of BLAS or LAPACK: its address, the width of its integers in bits, and how it is called."""

    address: int
    bits: int
    convention: str


@functools.cache
def blas() -> dict[str, Routine]:
    """The routines that this process has.

    Example:
        >>> all(routine.bits in (32, 64) for routine in blas().values())
        True
    """
    found: dict[str, Routine] = {}
    packed = sys.platform == "darwin" and platform.machine() == "arm64"
    for library in _libraries():
        for names, spellings, convention in ((CBLAS, _C_SPELLINGS, "cblas"), (LAPACK, _FORTRAN_SPELLINGS, "fortran")):
            for name in names:
                for spelling, bits in spellings:
                    if name in found or (packed and bits == 32) or not hasattr(library, spelling.format(name)):
                        continue
                    address = ctypes.cast(getattr(library, spelling.format(name)), ctypes.c_void_p).value
                    found[name] = Routine(address or 0, bits, convention)
    return found


def _libraries() -> Iterator[Any]:
    """Handles through which NumPy's BLAS and LAPACK are found; all are loaded already."""
    for module in (_multiarray_umath, _umath_linalg):
        yield ctypes.CDLL(module.__file__)
    if sys.platform == "win32":  # where a handle does not lead to dependencies
        beside = Path(np.__file__).parent.with_name("numpy.libs")
        for path in sorted(beside.glob("*openblas*.dll")):
            yield ctypes.CDLL(str(path))
