"""A rough model of how long a loop takes, to decide where threads pay and how large their parts are."""

from __future__ import annotations

from wengert.compiler import math
from wengert.compiler.emit.facts import reachable
from wengert.compiler.emit.types import BYTES
from wengert.compiler.loops import For, Gemm, If, Statement, Store, Value, While, values

__all__ = ["per_iteration"]

# ns, measured on one core at 2.5 GHz with vectors of 512 bits; scalar code is about eight times slower.
_OPERATION, _FLOP, _BYTE, _SCALAR, _PRODUCT = 0.05, 0.025, 0.05, 8, 0.016
_STEPS = 10  # of a while loop, which nobody knows


def per_iteration(s: For) -> float:
    """About how many ns one iteration of a loop takes."""
    return _block(s.body, s.vector, set())


def _block(block: list[Statement], vector: bool, seen: set[Value]) -> float:
    total = 0.0
    for s in block:
        for v in reachable(values(s), seen):
            total += _value(v, vector)
        if isinstance(s, Store):
            total += BYTES[s.buffer.code] * _BYTE
        elif isinstance(s, For):
            total += max(s.var.stop - s.var.start, 0) * _block(s.body, vector or s.vector, seen)
        elif isinstance(s, If):
            total += _block(s.then, vector, seen) + _block(s.orelse, vector, seen)
        elif isinstance(s, While):
            total += _STEPS * (_block(s.test, vector, seen) + _block(s.body, vector, seen))
        elif isinstance(s, Gemm):
            total += s.m * s.n * s.k * _PRODUCT
    return total


def _value(v: Value, vector: bool) -> float:
    if v.op == "const" or v.op == "index" or v.op == "acc":
        return 0.0
    if v.op == "load":
        return BYTES[v.code] * _BYTE
    work = math.cost(v.op) * _FLOP if v.op in math.NAMES else _OPERATION
    return work if vector else work * _SCALAR
