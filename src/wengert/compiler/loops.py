"""The loop IR: what a compiled program does, as loops over flat buffers of numbers. It knows no pointers.

    program rosenbrock(x:f64[100]) -> (value:f64[1], slope:f64[100])
      for i in 0..99 vector:                                a For: a loop variable with static bounds
        a = x[i + 1] - x[i] * x[i]                          Values: pure expressions, shared when they are equal
        sum += 100 * a * a                                  an Update of an accumulator of the loop
      value[0] = sum                                        a Store; an accumulator is read after its loop

A Value has no place and no time: a statement that uses it computes it there (a load reads what the buffer then
holds), and whoever prints code may compute it once where that is the same. Indices are affine in the loop
variables, plus integer Values times constants for gathers and scatters. Buffers are flat, contiguous and do not
overlap, unless one says that it reuses another's memory.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "Acc",
    "Block",
    "Buffer",
    "Check",
    "For",
    "Gemm",
    "If",
    "Index",
    "Library",
    "Matrix",
    "Program",
    "Statement",
    "Store",
    "Update",
    "Value",
    "Var",
    "While",
    "code_of",
    "dtype_of",
    "walk",
]

# Scalar types by the names LLVM people use; b1 is stored as one byte, 0 or 1.
_CODES = {
    "float64": "f64", "float32": "f32", "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8",
    "uint64": "u64", "uint32": "u32", "uint16": "u16", "uint8": "u8", "bool": "b1",
}  # fmt: skip
_DTYPES = {code: np.dtype(name) for name, code in _CODES.items()}


@functools.lru_cache(256)  # NumPy composes the name anew each time
def code_of(dtype: Any) -> str | None:
    """The scalar type of a NumPy dtype; None if native code does not know it."""
    return _CODES.get(np.dtype(dtype).name)


def dtype_of(code: str) -> np.dtype[Any]:
    """The NumPy dtype of a scalar type."""
    return _DTYPES[code]


_serial = itertools.count()


class Var:
    """A loop variable: it runs from `start` up to but without `stop`."""

    __slots__ = ("serial", "start", "stop")

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.stop = stop
        self.serial = next(_serial)

    def __repr__(self) -> str:
        return f"i{self.serial}"


class Buffer:
    """A flat array of numbers.

    kind: "input", "output", "const" (its numbers are in `data`), "temp" (in the arena, alive from the first statement
    that names it to the last) or "local" (private to each iteration of the For that lists it in `locals`; lanes of a
    vector loop have one each). reuses: of an output or temp, the buffer whose memory it takes over.
    """

    __slots__ = ("code", "data", "kind", "name", "reuses", "size")

    def __init__(self, name: str, code: str, size: int, kind: str, data: Any = None) -> None:
        self.name = name
        self.code = code
        self.size = size
        self.kind = kind
        self.data = data
        self.reuses: Buffer | None = None

    def __repr__(self) -> str:
        return self.name

    @property
    def bytes(self) -> int:
        """Its size in memory."""
        return self.size * dtype_of(self.code).itemsize


class Value:
    """A scalar expression. Equal expressions of one Builder are one object.

    op: "const" (attr: the number), "index" (attr: an Index, as an i64), "load" (attr: buffer and Index; args: nothing,
    or a b1 guard without which memory is not touched and the result is 0), "acc" (attr: an Acc), "select" (args:
    b1, a, b), "cast" (to `code`), or the name of an operation on args: see `builder.py`. code: its scalar type.
    depth: the longest chain of operations below it.
    """

    __slots__ = ("args", "attr", "code", "depth", "op", "serial")

    def __init__(self, op: str, args: tuple[Value, ...], attr: Any, code: str) -> None:
        self.op = op
        self.args = args
        self.attr = attr
        self.code = code
        self.depth: int = 1 + max([a.depth for a in args], default=0)
        self.serial = next(_serial)

    def __repr__(self) -> str:
        return f"%{self.serial}"

    @property
    def operands(self) -> Iterator[Value]:
        """The values it is computed from, those inside an index included."""
        yield from self.args
        if self.op == "load":
            yield from (v for v, _ in self.attr[1].dynamic)
        elif self.op == "index":
            yield from (v for v, _ in self.attr.dynamic)


class Index:
    """const + Σ coefficient · variable + Σ coefficient · value (an i64)."""

    __slots__ = ("const", "dynamic", "key", "terms")

    def __init__(
        self,
        const: int = 0,
        terms: tuple[tuple[Var, int], ...] = (),
        dynamic: tuple[tuple[Value, int], ...] = (),
    ) -> None:
        self.const = const
        self.terms = terms
        self.dynamic = dynamic
        self.key = (const, terms, tuple([(v.serial, c) for v, c in dynamic]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __add__(self, other: Index | int) -> Index:
        if isinstance(other, int):
            return Index(self.const + other, self.terms, self.dynamic) if other else self
        return Index(self.const + other.const, _sum(self.terms, other.terms), _sum(self.dynamic, other.dynamic))

    def __mul__(self, factor: int) -> Index:
        if factor == 1:
            return self
        if factor == 0:
            return Index()
        return Index(
            self.const * factor,
            tuple([(v, c * factor) for v, c in self.terms]),
            tuple([(v, c * factor) for v, c in self.dynamic]),
        )

    def coefficient(self, var: Var) -> int:
        """How far a step of the variable moves."""
        return next((c for v, c in self.terms if v is var), 0)

    @property
    def number(self) -> int | None:
        """The index if it is constant."""
        return self.const if not self.terms and not self.dynamic else None

    def range(self) -> tuple[int, int] | None:
        """The least and the greatest value it takes; None if a dynamic part makes that unknown."""
        if self.dynamic:
            return None
        low = high = self.const
        for v, c in self.terms:
            ends = (v.start * c, (v.stop - 1) * c)
            low, high = low + min(ends), high + max(ends)
        return low, high

    def __repr__(self) -> str:
        parts = [f"{c}·{x!r}" if c != 1 else repr(x) for x, c in (*self.terms, *self.dynamic)]
        if self.const or not parts:
            parts.append(str(self.const))
        return " + ".join(parts)


def _sum(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    """Two lists of terms as one, like terms together, in the order of their birth."""
    if not left or not right:
        return left or right
    total: dict[Any, int] = dict(left)
    for x, c in right:
        total[x] = total.get(x, 0) + c
    return tuple(sorted([(x, c) for x, c in total.items() if c], key=lambda term: term[0].serial))


# --- statements ---------------------------------------------------------------------------------------------


class Acc:
    """An accumulator of a loop: `init` when the loop starts, changed by Updates, read by an "acc" Value.

    op: "add", "mul", "maximum", "minimum" (both keep NaNs), "and", "or", or "set" (the last Update counts: such an
    accumulator, or one that is read inside its loop, orders the iterations). Sums may be taken in any order.
    """

    __slots__ = ("code", "init", "op", "serial")

    def __init__(self, op: str, code: str, init: Any) -> None:
        self.op = op
        self.code = code
        self.init = init  # a number, or a Value of the enclosing block
        self.serial = next(_serial)

    def __repr__(self) -> str:
        return f"acc{self.serial}"


@dataclass(eq=False)
class For:
    """A loop.

    parallel: its iterations may run in any order and at once (sums into `accs` included); vector: they are to be the
    lanes of vectors.
    """

    var: Var
    body: Block
    accs: list[Acc] = field(default_factory=list)
    locals: list[Buffer] = field(default_factory=list)
    parallel: bool = False
    vector: bool = False


@dataclass(eq=False)
class Store:
    """buffer[index] = value, or += value ("add"), where the guard holds.

    Two iterations of a parallel or vector loop never write to one entry, unless `mode` is "add": then the writes are
    to happen one after the other. `clash`: whether that may happen.
    """

    buffer: Buffer
    index: Index
    value: Value
    guard: Value | None = None
    mode: str = "set"
    clash: bool = False


@dataclass(eq=False)
class Update:
    """acc = acc op value."""

    acc: Acc
    value: Value


@dataclass(eq=False)
class Check:
    """Where `holds` is false the program has failed (its result will not be used, its return code is 1)."""

    holds: Value


@dataclass(frozen=True)
class Matrix:
    """Part of a buffer as a matrix: entry (r, c) is at index + r · row + c · column."""

    buffer: Buffer
    index: Index
    row: int
    column: int


@dataclass(eq=False)
class Gemm:
    """c = a b, or c += a b: the product of an m × k and a k × n matrix."""

    m: int
    n: int
    k: int
    a: Matrix
    b: Matrix
    c: Matrix
    add: bool = False


@dataclass(eq=False)
class Library:
    """A call of a routine of the run-time library: its name, the matrices and integers it is given."""

    name: str
    arguments: tuple[Any, ...]


@dataclass(eq=False)
class If:
    """`then` where the b1 holds, else `orelse`."""

    holds: Value
    then: Block
    orelse: Block


@dataclass(eq=False)
class While:
    """test; while the b1 that `holds` (computed after test) is true: body; test."""

    test: Block
    holds: Value
    body: Block


Statement = For | Store | Update | Check | Gemm | Library | If | While
Block = list[Statement]


@dataclass(eq=False)
class Program:
    """Buffers and what is done with them.

    The native function is ``i32 name(ptr* buffers)``: inputs, outputs, constants, the arena, the run-time table.
    notes: for `explain`, the equations that an outermost loop computes. checked: after so many statements the program
    ends if a Check has failed, because those that follow overwrite inputs; 0 if none does.
    """

    name: str
    inputs: list[Buffer]
    outputs: list[Buffer]
    consts: list[Buffer]
    temps: list[Buffer]
    body: Block
    notes: list[tuple[For, list[str]]] = field(default_factory=list)
    checked: int = 0


def walk(block: Iterable[Statement]) -> Iterator[Statement]:
    """Every statement, outer ones first."""
    for s in block:
        yield s
        if isinstance(s, For):
            yield from walk(s.body)
        elif isinstance(s, If):
            yield from walk(s.then)
            yield from walk(s.orelse)
        elif isinstance(s, While):
            yield from walk(s.test)
            yield from walk(s.body)


def values(statement: Statement) -> Sequence[Value]:
    """The Values that a statement itself uses."""
    match statement:
        case Store(index=index, value=value, guard=guard):
            return [value, *[v for v, _ in index.dynamic], *([guard] if guard is not None else [])]
        case Update(value=value):
            return [value]
        case Check(holds=holds) | If(holds=holds):
            return [holds]
        case For(accs=accs):
            return [a.init for a in accs if isinstance(a.init, Value)]
        case Gemm(a=a, b=b, c=c):
            return [v for x in (a, b, c) for v, _ in x.index.dynamic]
        case _:
            return []
