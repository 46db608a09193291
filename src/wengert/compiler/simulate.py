"""A slow interpreter of the loop IR: what a Program means, number by number, in NumPy. LLVM and C are compared with it.

It follows the words of `loops.py` as literally as it can: a value is computed anew by each statement that uses it,
memory that nobody has written holds NaN, an index out of range raises, and two iterations of a parallel or vector
loop that write to one entry are caught. `backwards` runs such loops from their ends: a right program does not care.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.compiler import loops as ir
from wengert.compiler.emit.facts import memory
from wengert.compiler.loops import Index, Value, dtype_of
from wengert.compiler.writer import ordered
from wengert.errors import CompilerError, explain
from wengert.ops.special import scipy_special

__all__ = ["OPERATIONS", "simulate"]

OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "abs": abs, "fma": lambda x, y, z: x * y + z, "floordiv": np.floor_divide, "mod": np.remainder, "fmod": np.fmod,
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert, "shl": np.left_shift,
    "shr": np.right_shift, "select": lambda holds, x, y: x if holds else y, "pow": np.power,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "atan2": np.arctan2,
    "sigmoid": lambda x: (1 if x >= 0 else np.exp(x)) / (1 + np.exp(-abs(x))),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-abs(x))),
    "lgamma": scipy_special("gammaln"), "digamma": scipy_special("psi"),
}  # fmt: skip
_ROUNDING = ("floor", "ceil", "trunc", "rint")
_SAME = (
    "maximum minimum fmax fmin isnan isinf isfinite signbit floor ceil trunc rint sign copysign exp exp2 expm1 log "
    "log2 log10 log1p sqrt cbrt sin cos tan sinh cosh tanh hypot logaddexp"
)
OPERATIONS |= {name: getattr(np, name) for name in _SAME.split()}
OPERATIONS |= {name: scipy_special(name) for name in ("erf", "erfc", "erfinv", "ndtr", "gamma")}


class _Failed(Exception):
    pass


def simulate(program: ir.Program, inputs: Sequence[Any], backwards: bool = False) -> tuple[int, list[np.ndarray]]:
    """The return code and the outputs, flat, of a program that is given flat (or any contiguous) arrays.

    Raises:
        CompilerError: an index is out of range, or iterations that should be independent write to one entry.
    """
    run = _Run(program, inputs, backwards)
    with np.errstate(all="ignore"):
        try:
            run.block(program.body)
        except _Failed:
            return 1, [run.memory[b] for b in program.outputs]
    return 0, [run.memory[b] for b in program.outputs]


class _Run:
    def __init__(self, program: ir.Program, inputs: Sequence[Any], backwards: bool) -> None:
        self.backwards = backwards
        self.memory: dict[ir.Buffer, np.ndarray] = {}
        self.vars: dict[ir.Var, int] = {}
        self.accs: dict[ir.Acc, Any] = {}
        self.iterations: list[tuple[int, dict[Any, int]]] = []  # of parallel loops: where we are, and who wrote what
        for b, x in zip(program.inputs, inputs, strict=True):
            self.memory[b] = np.array(x, dtype_of(b.code)).ravel()
        for b in program.consts:
            self.memory[b] = np.asarray(b.data, dtype_of(b.code)).ravel()
        made = [*program.outputs, *program.temps]
        for b in made:
            root = memory(b)
            if root not in self.memory:
                largest = max([x for x in made if memory(x) is root], key=lambda x: x.bytes)
                self.memory[root] = _unwritten(largest).view(dtype_of(root.code))
            self.memory[b] = self.memory[root].view(dtype_of(b.code))[: b.size]

    # --- values ---------------------------------------------------------------------------------------------

    def value(self, root: Value) -> Any:
        found: dict[Value, Any] = {}
        for v in ordered([root]):
            found[v] = self._one(v, found)
        return found[root]

    def _one(self, v: Value, found: dict[Value, Any]) -> Any:
        kind = dtype_of(v.code).type
        match v.op:
            case "const":
                return kind(v.attr)
            case "index":
                return kind(self._index(v.attr, found))
            case "acc":
                return self.accs[v.attr]
            case "load":
                buffer, index = v.attr
                if v.args and not found[v.args[0]]:
                    return kind(0)
                return self.memory[buffer][self._place(buffer, index, found)]
            case "cast":
                return np.asarray(found[v.args[0]]).astype(kind)[()]
        if v.op in _ROUNDING and kind is not np.float64 and kind is not np.float32:
            return found[v.args[0]]  # NumPy would go through float64, which does not have all integers
        return kind(OPERATIONS[v.op](*[found[a] for a in v.args]))

    def _index(self, index: Index, found: dict[Value, Any]) -> int:
        total = index.const + sum([c * self.vars[v] for v, c in index.terms])
        return int(total + sum([c * int(found[v]) for v, c in index.dynamic]))

    def _place(self, buffer: ir.Buffer, index: Index, found: dict[Value, Any] | None = None) -> int:
        if found is None:
            found = {v: self.value(v) for v, _ in index.dynamic}
        place = self._index(index, found)
        if not 0 <= place < buffer.size:
            raise CompilerError(
                explain(
                    f"The program touches {buffer.name}[{place}].",
                    f"It has {buffer.size} entries, from 0 on; the index is {index!r}.",
                    "This is a defect of wengert; please report it with the function that was compiled.",
                )
            )
        return place

    # --- statements -----------------------------------------------------------------------------------------

    def block(self, block: ir.Block) -> None:
        for s in block:
            self.statement(s)

    def statement(self, s: ir.Statement) -> None:
        match s:
            case ir.For():
                self._for(s)
            case ir.Store():
                self._store(s)
            case ir.Update(acc=acc, value=value):
                old, new = self.accs[acc], self.value(value)
                self.accs[acc] = new if acc.op == "set" else dtype_of(acc.code).type(OPERATIONS[acc.op](old, new))
            case ir.Check(holds=holds):
                if not self.value(holds):
                    raise _Failed
            case ir.If(holds=holds, then=then, orelse=orelse):
                self.block(then if self.value(holds) else orelse)
            case ir.While(test=test, holds=holds, body=body):
                self.block(test)
                while self.value(holds):
                    self.block(body)
                    self.block(test)
            case ir.Gemm(m=m, n=n, k=k, a=a, b=b, c=c):
                out = self._matrix(c, m, n)
                product = self._matrix(a, m, k) @ self._matrix(b, k, n)
                out[...] = out + product if s.add else product
            case _:
                raise NotImplementedError(
                    f"{s} calls a routine of the run-time library, which exists as native code only"
                )

    def _for(self, s: ir.For) -> None:
        inits = [self.value(a.init) if isinstance(a.init, Value) else dtype_of(a.code).type(a.init) for a in s.accs]
        self.accs.update(zip(s.accs, inits, strict=True))
        order = range(s.var.start, s.var.stop)
        free = s.parallel or s.vector
        writers: dict[Any, int] = {}
        for i in reversed(order) if free and self.backwards else order:
            self.vars[s.var] = i
            for b in s.locals:
                self.memory[b] = _unwritten(b)
            if free:
                self.iterations.append((i, writers))
            self.block(s.body)
            if free:
                self.iterations.pop()

    def _store(self, s: ir.Store) -> None:
        if s.guard is not None and not self.value(s.guard):
            return
        place = self._place(s.buffer, s.index)
        x, here = self.value(s.value), self.memory[s.buffer]
        here[place] = here[place] + x if s.mode == "add" else x
        for i, writers in self.iterations if not s.clash and s.buffer.kind != "local" else ():
            if writers.setdefault((memory(s.buffer), place), i) != i:
                raise CompilerError(
                    explain(
                        f"Two iterations of a parallel loop write to {s.buffer.name}[{place}].",
                        "They may run at once, so nobody knows which of them is the last.",
                        "This is a defect of wengert; please report it with the function that was compiled.",
                    )
                )

    def _matrix(self, x: ir.Matrix, rows: int, columns: int) -> np.ndarray:
        whole = self.memory[x.buffer]
        start, size = self._place(x.buffer, x.index), whole.itemsize
        end = start + (rows - 1) * x.row + (columns - 1) * x.column
        self._place(x.buffer, Index(end))
        return np.lib.stride_tricks.as_strided(whole[start:], (rows, columns), (x.row * size, x.column * size))


def _unwritten(b: ir.Buffer) -> np.ndarray:
    """Memory whose content means nothing: whatever is computed from it is visibly wrong."""
    kind = dtype_of(b.code)
    mark = {"f": math.nan, "b": True}.get(kind.kind)
    return np.full(b.size, np.iinfo(kind).max if mark is None else mark, kind)
