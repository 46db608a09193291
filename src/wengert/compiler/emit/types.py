"""LLVM's spelling of scalar types and numbers.

In registers a b1 is an i1; in memory it is a byte, 0 or 1.
"""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["BYTES", "SCALAR", "STORED", "literal", "mangled", "number", "vector"]

SCALAR = {
    "f64": "double", "f32": "float", "i64": "i64", "i32": "i32", "i16": "i16", "i8": "i8",
    "u64": "i64", "u32": "i32", "u16": "i16", "u8": "i8", "b1": "i1",
}  # fmt: skip
STORED = {**SCALAR, "b1": "i8"}
BYTES = {"f64": 8, "f32": 4, "i64": 8, "i32": 4, "i16": 2, "i8": 1, "u64": 8, "u32": 4, "u16": 2, "u8": 1, "b1": 1}
_SUFFIX = {**SCALAR, "f64": "f64", "f32": "f32"}


def vector(scalar: str, lanes: int) -> str:
    """The type of that many lanes; one lane is a scalar."""
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


def mangled(code: str, lanes: int) -> str:
    """How a type appears in the name of an intrinsic: f64, v8f64, i1."""
    return _SUFFIX[code] if lanes == 1 else f"v{lanes}{_SUFFIX[code]}"


def number(x: Any, code: str) -> str:
    """A number as LLVM writes it: floats by the bits of the float64 they are equal to."""
    if code[0] == "f":
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(x)))[0]:016X}"
    if code == "b1":
        return "true" if x else "false"
    return str(int(x))


def literal(x: Any, code: str, lanes: int = 1) -> str:
    """A number in every lane."""
    return number(x, code) if lanes == 1 else f"splat ({SCALAR[code]} {number(x, code)})"
