"""Runs functions of the vector math library, and measures them in units in the last place against mpmath."""

from __future__ import annotations

import ctypes
import functools
import itertools
from collections.abc import Iterable
from typing import Any

import mpmath as mp
import numpy as np

from wengert.compiler import llvm, math as vmath
from wengert.compiler.target import target

DTYPES = {"f64": np.float64, "f32": np.float32}
_LLVM = {"f64": "double", "f32": "float"}
# (digits, exponent of the smallest subnormal number)
_FORMAT = {"f64": (53, -1074), "f32": (24, -149)}
# Where the target has no FMA, that variant would be slow and is never used.
VARIANTS = (True, False) if target().fma else (False,)
ALL = sorted(vmath.NAMES)


def texts(functions: Iterable[vmath.Function]) -> dict[str, str]:
    """The texts of functions and of what they need, each once."""
    found: dict[str, str] = {}
    waiting = list(functions)
    while waiting:
        f = waiting.pop()
        if f.symbol not in found:
            found[f.symbol] = f.text
            waiting += f.needs
    return found


def _loop(label: str, f: vmath.Function, dtype: str, lanes: int, arity: int) -> str:
    """A basic block that applies f to whole vectors from element %<label>.start on, as long as `lanes` are left."""
    one = _LLVM[dtype]
    vector = one if lanes == 1 else f"<{lanes} x {one}>"
    names = "xyz"[:arity]
    loads = "\n".join(
        f"  %{label}.p{n} = getelementptr {one}, ptr %{n}, i64 %{label}.i\n"
        f"  %{label}.{n} = load {vector}, ptr %{label}.p{n}, align {4 if dtype == 'f32' else 8}"
        for n in names
    )
    arguments = ", ".join(f"{vector} %{label}.{n}" for n in names)
    return f"""\
{label}:
  %{label}.i = phi i64 [ %{label}.start, %{label}.before ], [ %{label}.next, %{label}.body ]
  %{label}.next = add i64 %{label}.i, {lanes}
  %{label}.more = icmp sle i64 %{label}.next, %n
  br i1 %{label}.more, label %{label}.body, label %{label}.end
{label}.body:
{loads}
  %{label}.r = call {vector} {f.symbol}({arguments})
  %{label}.o = getelementptr {one}, ptr %out, i64 %{label}.i
  store {vector} %{label}.r, ptr %{label}.o, align {4 if dtype == "f32" else 8}
  br label %{label}
{label}.end:"""


def _kernel(key: tuple[str, str, int, bool]) -> str:
    """void k(x, [y,] out, n): vectors first, then what is left one by one."""
    name, dtype, lanes, fma = key
    arity = vmath.NAMES[name]
    parameters = ", ".join(f"ptr %{n}" for n in [*"xyz"[:arity], "out"])
    vectors = _loop("v", vmath.function(name, dtype, lanes, fma), dtype, lanes, arity)
    rest = _loop("s", vmath.function(name, dtype, 1, fma, False), dtype, 1, arity)
    return f"""\
define void @{_symbol(key)}({parameters}, i64 %n) {{
v.before:
  %v.start = add i64 0, 0
  br label %v
{vectors}
  br label %s.before
s.before:
  %s.start = add i64 %v.i, 0
  br label %s
{rest}
  ret void
}}"""


def _symbol(key: tuple[str, str, int, bool]) -> str:
    return "_".join(map(str, ("k", *key)))


def module(keys: Iterable[tuple[str, str, int, bool]]) -> str:
    """LLVM text of one kernel for each (name, dtype, lanes, fma)."""
    keys = list(keys)
    functions = [vmath.function(n, d, lanes, fma) for n, d, lanes, fma in keys]
    functions += [vmath.function(n, d, 1, fma, False) for n, d, _, fma in keys]
    return "\n".join([*texts(functions).values(), *map(_kernel, keys)])


class Kernels:
    """One module with kernels for every combination; called as kernels(name, dtype, lanes, fma, x, [y])."""

    def __init__(self, names: Iterable[str], lanes: Iterable[int]) -> None:
        keys = list(itertools.product(names, DTYPES, lanes, VARIANTS))
        self.library = llvm.load(llvm.compile(module(keys)), map(_symbol, keys))

    def __call__(self, name: str, dtype: str, lanes: int, fma: bool, *arrays: Any) -> Any:
        operands = [np.ascontiguousarray(a, DTYPES[dtype]) for a in np.broadcast_arrays(*arrays)]
        out = np.empty_like(operands[0])
        types = [ctypes.c_void_p] * (len(operands) + 1)
        f = self.library.function(_symbol((name, dtype, lanes, fma)), None, *types, ctypes.c_int64)
        f(*(a.ctypes.data for a in [*operands, out]), out.size)
        return out


@functools.cache
def kernels() -> Kernels:
    """All functions on vectors of 8."""
    return Kernels(ALL, [8])


def spacing(value: mp.mpf, dtype: str) -> mp.mpf:
    """One unit in the last place of a real number: the distance of floats in its binade."""
    digits, least = _FORMAT[dtype]
    return mp.ldexp(1, max(mp.frexp(value)[1] - digits, least))


def ulps(got: Any, exact: mp.mpf, dtype: str, scale: mp.mpf | None = None) -> float:
    """The error of `got` in units in the last place of `exact`, or of `scale` if that is larger."""
    largest = float(np.finfo(DTYPES[dtype]).max)
    if not np.isfinite(got):
        right = abs(exact) >= largest and np.sign(got) == mp.sign(exact)
        return 0.0 if right else float("inf")
    return float(abs(mp.mpf(float(got)) - exact) / spacing(max(abs(exact), scale or mp.mpf(0)), dtype))
