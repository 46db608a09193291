"""A compiled program in words: what was fused, what NumPy does and why, what it costs, and how fast it runs."""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.compiler import cache
from wengert.compiler.account import Cost, cost_of
from wengert.compiler.emit.gemm_blocks import Blocks, Shape, product
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.loops import Buffer, For, Gemm, Program, Statement, walk
from wengert.compiler.target import target
from wengert.interpreters.record import Equation, Graph
from wengert.spec import Spec

__all__ = ["explain"]

Stages = Sequence[tuple[str, Any]]  # ("kernel", a kernel) or ("numpy", equations)


def explain(recorded: Graph, simple: Graph, rolled: Sequence[str], stages: Stages, run: Callable[[], Any]) -> str:
    """The report.

    recorded, simple: the graph before and after simplification. rolled: what was found of unrolled loops. stages: what
    runs in which order. run: runs all of it once, to be timed.
    """
    kernels = [x for kind, x in stages if kind == "kernel"]
    left = [e for kind, x in stages if kind == "numpy" for e in x]
    natives, others = _count(len(kernels), "native kernel"), _count(len(left), "equation") if left else "nothing"
    recordings = f"{_count(len(recorded.equations), 'equation')} recorded, {len(simple.equations)} after simplification"
    lines = [f"{recordings}; {natives}, {others} left to NumPy."]
    lines += [f"Loop found: {note}." for note in rolled]
    for number, (kind, x) in enumerate(stages, 1):
        lines.append("")
        if kind == "kernel":
            lines += _kernel(number, x)
        else:
            lines.append(f"{number}. NumPy")
            lines += [f"   {e.results[0]!r} = {e.op.name}: {_why(e)}" for e in x]
    costs = [cost_of(s) for k in kernels for s in k.loops.body]
    unknown = any(c.unknown for c in costs)
    if kernels and not left and not unknown:
        lines += ["", *_speed(costs, kernels[0].loops, run)]
    return "\n".join(lines)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _why(e: Equation) -> str:
    known = {"float16", "longdouble", "complex64", "complex128", "object"}
    dtypes = {str(getattr(x, "spec", x).dtype) for x in (*e.operands, *e.results) if hasattr(x, "spec")}
    other = sorted(dtypes & known)
    return f"native code has no {other[0]}" if other else "no native form for this op and these shapes"


def _kernel(number: int, kernel: Any) -> list[str]:
    program: Program = kernel.loops
    arena = kernel.module.arena_bytes
    whole = _bytes(kernel.peak_bytes)
    lines = [f"{number}. Kernel: {_bytes(arena)} of temporary memory, {whole} with inputs and results"]
    names = {id(s): equations for s, equations in program.notes}
    scalars = [s for s in program.body if not isinstance(s, For | Gemm) and id(s) not in names]
    for s in program.body:
        if isinstance(s, For | Gemm):
            lines += _loop(s, names.get(id(s), []))
    if scalars:
        lines.append(f"   {_count(len(scalars), 'statement')} on single numbers")
    return lines


def _loop(s: Statement, equations: Sequence[str]) -> list[str]:
    cost = cost_of(s)
    if isinstance(s, Gemm):
        head = f"matrix product {s.m} x {s.k} by {s.k} x {s.n}"
    else:
        assert isinstance(s, For)
        inner = [x for x in walk(s.body) if isinstance(x, For)]
        how = "in vectors" if s.vector else "with vectors inside" if any(x.vector for x in inner) else "in order"
        head = f"loop of {s.var.stop - s.var.start:,}, {how}{', over all threads if long' if s.parallel else ''}"
    memory = f"reads {_names(cost.reads)}, writes {_names(cost.writes)}"
    lines = [f"   {head}: {_number(cost.flops)} flops, {_bytes(cost.bytes)}; {memory}"]
    if equations:
        lines.append(f"     {len(equations)} fused: {_listed(equations)}")
    return lines


def _listed(equations: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(equations[:most])
    return shown if len(equations) <= most else f"{shown} and {len(equations) - most} more"


def _names(buffers: frozenset[Buffer]) -> str:
    return ", ".join(sorted(b.name for b in buffers)) or "nothing"


def _number(x: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if x >= size:
            return f"{x / size:.3g} {unit}"
    return f"{x:.0f}"


def _bytes(n: int) -> str:
    for size, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n} bytes"


# --- how fast -------------------------------------------------------------------------------------------------


def _speed(costs: Sequence[Cost], program: Program, run: Callable[[], Any]) -> list[str]:
    seconds = _timed(run)
    moved = sum(b.bytes for b in (*program.inputs, *program.outputs))
    flops = sum(c.flops for c in costs)
    copying = _timed(functools.partial(np.copyto, np.empty(max(1, moved // 16)), np.ones(max(1, moved // 16))))
    share, copy = flops / seconds / peak(), min(1.0, copying / seconds)
    rate = f"{flops / seconds / 1e9:.3g} Gflop/s, {share:.0%} of what one core does in multiply-adds"
    return [
        f"It takes {_time(seconds)} here: {rate},",
        f"and {moved / seconds / 1e9:.3g} GB/s of inputs and results, {copy:.0%} of what a copy does.",
    ]


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def _timed(run: Callable[[], Any], repeats: int = 7) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return max(min(times), 1e-9)


@functools.cache
def peak() -> float:
    """Flops per second that one core reaches in a product of matrices, which comes close to what it can do."""
    n = 384
    module = ModuleText(target(), alone=True)
    shape = Shape("f64", n, n, n, n, 1, n, 1, n, add=False)
    blocks = Blocks(module, shape)
    call = f"call void {product(module, shape)}(ptr %a, ptr %a, ptr %c, ptr %s, "
    ends = f"i64 0, i64 {blocks.tiles}, i64 0, i64 {blocks.panels})"
    module.functions.append(f"define void @peak(ptr %a, ptr %c, ptr %s) {{\n  {call}{ends}\n  ret void\n}}")
    run = cache.native(module.text, ["peak"]).function("peak", None, *[ctypes.c_void_p] * 3)
    arrays = np.ones((n, n)), np.empty((n, n)), np.empty(blocks.room(blocks.tiles, blocks.panels))
    return 2.0 * n**3 / _timed(lambda: run(*[x.ctypes.data for x in arrays]))


def examples(specs: Sequence[Spec]) -> list[Any]:
    """Arrays to time a program on."""
    return [np.ones(s.shape, s.dtype) for s in specs]
