"""A small builder of LLVM text, so that a function of the library reads like its mathematics.

    t = Text("f64", lanes=8, fma=True)
    x = t.argument("x")
    y = fma(x, x, 1.0).sqrt()                  two lines of text; y is a Value that knows its name and its kind

A `Value` has Python's operators. Its kind is an element type of LLVM (f64, f32, i64, i32, i1); all values of one text
have the same number of lanes. Numbers become constants of the other operand's kind. Nothing here sets a fast-math flag.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = [
    "FORMATS",
    "Format",
    "Function",
    "Number",
    "Text",
    "Value",
    "attributes",
    "fma",
    "maximum",
    "minimum",
    "polynomial",
    "select",
]

_LLVM = {"f64": "double", "f32": "float", "i64": "i64", "i32": "i32", "i1": "i1"}


class Format(NamedTuple):
    """What the algorithms must know of a binary floating-point format."""

    name: str
    integer: str  # the kind that holds its bits
    fraction: int  # bits after the leading one
    bias: int
    largest: float
    normal: float  # the smallest normal number
    half: int  # bits to clear for a product of two halves to be exact (Dekker)

    @property
    def magic(self) -> float:
        """1.5·2^fraction: added to |x| < 2^(fraction-1) it rounds x to an integer, which then fills the low bits."""
        return 1.5 * 2.0**self.fraction

    def bits(self, number: float) -> int:
        """The pattern of `number` as an unsigned integer."""
        return int.from_bytes(struct.pack("<d" if self.name == "f64" else "<f", number), "little")

    def round(self, number: float) -> float:
        """`number` rounded to this format."""
        return number if self.name == "f64" else float(struct.unpack("<f", struct.pack("<f", number))[0])


FORMATS = {
    "f64": Format("f64", "i64", 52, 1023, 1.7976931348623157e308, 2.0**-1022, 27),
    "f32": Format("f32", "i32", 23, 127, 3.4028234663852886e38, 2.0**-126, 12),
}


class Function(NamedTuple):
    """LLVM text of one function (or constant), and what else it needs in its module, each once."""

    symbol: str
    text: str
    needs: tuple[Function, ...] = ()


class Value:
    """The result of one instruction, a constant or an argument."""

    __slots__ = ("kind", "name", "t")

    def __init__(self, t: Text, name: str, kind: str) -> None:
        self.t, self.name, self.kind = t, name, kind

    @property
    def format(self) -> Format:
        """The format of a floating-point value."""
        return FORMATS[self.kind]

    @property
    def type(self) -> str:
        """The type in LLVM's spelling."""
        return self.t.type(self.kind)

    def __str__(self) -> str:
        return f"{self.type} {self.name}"

    def _binary(self, floating: str, integer: str, other: Number) -> Value:
        right = self.like(other)
        return self.t.emit(f"{floating if self.kind[0] == 'f' else integer} {self}, {right.name}", self.kind)

    def __add__(self, other: Number) -> Value:
        return self._binary("fadd", "add", other)

    def __sub__(self, other: Number) -> Value:
        return self._binary("fsub", "sub", other)

    def __mul__(self, other: Number) -> Value:
        return self._binary("fmul", "mul", other)

    def __truediv__(self, other: Number) -> Value:
        return self._binary("fdiv", "sdiv", other)

    def __radd__(self, other: float) -> Value:
        return self.like(other) + self

    def __rsub__(self, other: float) -> Value:
        return self.like(other) - self

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __rtruediv__(self, other: float) -> Value:
        return self.like(other) / self

    def __and__(self, other: Number) -> Value:
        return self._binary("", "and", other)

    def __or__(self, other: Number) -> Value:
        return self._binary("", "or", other)

    def __xor__(self, other: Number) -> Value:
        return self._binary("", "xor", other)

    def __lshift__(self, other: Number) -> Value:
        return self._binary("", "shl", other)

    def __rshift__(self, other: Number) -> Value:
        """Arithmetic shift: the sign is kept."""
        return self._binary("", "ashr", other)

    def logical_shift(self, other: Number) -> Value:
        """Shift to the right with zeros coming in."""
        return self._binary("", "lshr", other)

    def __neg__(self) -> Value:
        return self.t.emit(f"fneg {self}", self.kind) if self.kind[0] == "f" else 0 - self

    def __invert__(self) -> Value:
        return self ^ -1

    def _compare(self, how: str, other: Number) -> Value:
        signed = "" if how == "eq" else "s"
        word = f"fcmp o{how}" if self.kind[0] == "f" else f"icmp {signed}{how}"
        return self.t.emit(f"{word} {self}, {self.like(other).name}", "i1")

    def __lt__(self, other: Number) -> Value:
        return self._compare("lt", other)

    def __le__(self, other: Number) -> Value:
        return self._compare("le", other)

    def __gt__(self, other: Number) -> Value:
        return self._compare("gt", other)

    def __ge__(self, other: Number) -> Value:
        return self._compare("ge", other)

    def equals(self, other: Number) -> Value:
        """Equal; false where one is NaN."""
        return self._compare("eq", other)

    def is_nan(self) -> Value:
        """True where the value is NaN."""
        return self.t.emit(f"fcmp uno {self}, {self.like(0.0).name}", "i1")

    def like(self, other: Number) -> Value:
        """`other` as a Value of this kind."""
        return other if isinstance(other, Value) else self.t.constant(other, self.kind)

    def bits(self) -> Value:
        """The bit pattern as an integer of the same width."""
        return self.t.cast("bitcast", self, self.format.integer)

    def as_float(self) -> Value:
        """The number whose bit pattern this integer is."""
        return self.t.cast("bitcast", self, {"i64": "f64", "i32": "f32"}[self.kind])

    def to(self, kind: str) -> Value:
        """Converted to the other floating-point format (to float32 it rounds), or to a wider or narrower integer."""
        if kind == self.kind:
            return self
        wider = int(kind[1:]) > int(self.kind[1:])
        floating = self.kind[0] == "f"
        word = ("fpext" if wider else "fptrunc") if floating else ("sext" if wider else "trunc")
        return self.t.cast(word, self, kind)

    def intrinsic(self, name: str, *others: Value) -> Value:
        """``@llvm.name`` of this value; only those that every target has as instructions."""
        arguments = ", ".join(str(v) for v in (self, *others))
        return self.t.emit(f"call {self.type} @llvm.{name}.{self.t.suffix(self.kind)}({arguments})", self.kind)

    def abs(self) -> Value:
        """The absolute value: clears the sign bit."""
        return self.intrinsic("fabs")

    def copysign(self, sign: Number) -> Value:
        """This magnitude with the sign bit of `sign`."""
        return self.intrinsic("copysign", self.like(sign))

    def sqrt(self) -> Value:
        """The square root, correctly rounded."""
        return self.intrinsic("sqrt")

    def nearest(self) -> tuple[Value, Value]:
        """The nearest integer to |x| < 2^(fraction-1), ties to even: (as a float, as an integer of the same width).

        Added to 1.5·2^fraction the integer part lands in the low bits. Of NaN and ∞ the integer is some number.
        """
        shifted = self + self.format.magic
        return shifted - self.format.magic, shifted.bits() - self.format.bits(self.format.magic)

    def integer_as_float(self, kind: str) -> Value:
        """A small integer (|n| < 2^(fraction-1)) as a float of the same width: the inverse of `nearest`."""
        form = FORMATS[kind]
        return (self + form.bits(form.magic)).as_float() - form.magic


Number = Value | float


class Text:
    """The lines of one function while it is being written.

    Args:
        dtype: "f64" or "f32", the format of its arguments and its result.
        lanes: the number of elements in each vector; 1 means scalars.
        fma: whether the target multiplies and adds in one instruction.
    """

    def __init__(self, dtype: str, lanes: int, fma: bool) -> None:
        self.dtype, self.lanes, self.fma = dtype, lanes, fma
        self.lines: list[str] = []
        self.needs: dict[str, Function] = {}
        self.block = "entry"
        self._count = 0

    @property
    def variant(self) -> str:
        """What a symbol ends in: texts with and without FMA are different functions."""
        return "" if self.fma else "_split"

    def type(self, kind: str) -> str:
        """The LLVM type of a value of this kind."""
        return _LLVM[kind] if self.lanes == 1 else f"<{self.lanes} x {_LLVM[kind]}>"

    def suffix(self, kind: str) -> str:
        """The suffix of a symbol or an overloaded intrinsic, such as v8f64 or f32."""
        return kind if self.lanes == 1 else f"v{self.lanes}{kind}"

    def fresh(self, prefix: str = "v") -> str:
        """A new name."""
        self._count += 1
        return f"{prefix}{self._count}"

    def line(self, text: str) -> None:
        """Append an instruction without a result."""
        self.lines.append(f"  {text}")

    def emit(self, instruction: str, kind: str) -> Value:
        """Append an instruction and return its result."""
        name = f"%{self.fresh()}"
        self.line(f"{name} = {instruction}")
        return Value(self, name, kind)

    def cast(self, word: str, value: Value, kind: str) -> Value:
        """A conversion instruction."""
        return self.emit(f"{word} {value} to {self.type(kind)}", kind)

    def argument(self, name: str, kind: str | None = None) -> Value:
        """A parameter of the function."""
        return Value(self, f"%{name}", kind or self.dtype)

    def constant(self, number: float, kind: str) -> Value:
        """A number in every lane."""
        if kind[0] == "f":
            text = f"0x{FORMATS['f64'].bits(FORMATS[kind].round(number)):016X}"
        else:
            wide = 1 << int(kind[1:])  # two's complement
            text = str((int(number) + wide // 2) % wide - wide // 2) if kind != "i1" else str(bool(number)).lower()
        return Value(self, text if self.lanes == 1 else f"splat ({_LLVM[kind]} {text})", kind)

    def any(self, mask: Value) -> str:
        """The name of an i1: is the mask true in any lane? Frozen, as a caller's unused lanes may hold anything."""
        frozen = self.emit(f"freeze {mask}", "i1")
        if self.lanes == 1:
            return frozen.name
        name = f"%{self.fresh()}"
        self.line(f"{name} = call i1 @llvm.vector.reduce.or.v{self.lanes}i1({frozen})")
        return name

    def label(self, name: str) -> None:
        """Begin a basic block."""
        self.lines.append(f"{name}:")
        self.block = name

    def where(self, mask: Value, usual: Value, rare: Callable[[], Value]) -> Value:
        """`rare()` if the mask is true in any lane, else `usual`: a branch, so that the rare case costs nothing."""
        before, name = self.block, self.fresh("rare")
        self.line(f"br i1 {self.any(mask)}, label %{name}, label %{name}.end")
        self.label(name)
        result = rare()
        after = self.block
        self.line(f"br label %{name}.end")
        self.label(f"{name}.end")
        return self.emit(f"phi {usual.type} [ {usual.name}, %{before} ], [ {result.name}, %{after} ]", usual.kind)

    def loop(self, state: Sequence[Value], step: Callable[..., tuple[Value, Sequence[Value]]]) -> list[Value]:
        """Repeat `step(*state) -> (mask, new state)` as long as the mask is true in any lane; the last new state."""
        before, name = self.block, self.fresh("loop")
        self.line(f"br label %{name}")
        self.label(name)
        place = len(self.lines)
        old = [Value(self, f"%{self.fresh()}", v.kind) for v in state]
        mask, new = step(*old)
        again, last = self.any(mask), self.block
        phis = [
            f"  {o.name} = phi {o.type} [ {v.name}, %{before} ], [ {n.name}, %{last} ]"
            for o, v, n in zip(old, state, new, strict=True)
        ]
        self.lines[place:place] = phis
        self.line(f"br i1 {again}, label %{name}, label %{name}.end")
        self.label(f"{name}.end")
        return list(new)

    def call(self, function: Function, kind: str, *arguments: Value) -> Value:
        """Call another function of the library."""
        self.needs[function.symbol] = function
        return self.emit(f"call {self.type(kind)} {function.symbol}({', '.join(map(str, arguments))})", kind)

    def finish(self, symbol: str, arguments: Sequence[Value], result: Value, inline: bool) -> Function:
        """The function of these lines."""
        head = f"define internal {result.type} {symbol}({', '.join(map(str, arguments))}) {attributes(inline)} {{"
        return Function(
            symbol, "\n".join([head, "entry:", *self.lines, f"  ret {result}", "}"]), tuple(self.needs.values())
        )


def attributes(inline: bool) -> str:
    """The attributes of a function: it computes a value and does nothing else."""
    return f"{'alwaysinline' if inline else 'noinline'} nounwind willreturn memory(none)"


def fma(a: Number, b: Number, c: Number) -> Value:
    """a·b + c: rounded once where the target has the instruction, else twice."""
    some = next(v for v in (a, b, c) if isinstance(v, Value))
    x, y, z = some.like(a), some.like(b), some.like(c)
    return x.intrinsic("fma", y, z) if some.t.fma else x * y + z


def select(mask: Value, yes: Number, no: Number) -> Value:
    """`yes` where the mask is true, else `no`."""
    some = next(v for v in (yes, no) if isinstance(v, Value))
    left, right = some.like(yes), some.like(no)
    return some.t.emit(f"select {mask}, {left}, {right}", some.kind)


def minimum(x: Value, y: Number) -> Value:
    """The smaller one; x where either is NaN."""
    return select(x > y, y, x)


def maximum(x: Value, y: Number) -> Value:
    """The larger one; x where either is NaN."""
    return select(x < y, y, x)


def polynomial(x: Value, coefficients: Sequence[Number]) -> Value:
    """c[0] + c[1] x + c[2] x² + ...

    Up to six terms by Horner's rule. Of more, all but the first are cut into even and odd terms, two chains in x² that
    the processor works on side by side; the first comes last, so that the rounding is that of Horner's rule.
    """
    if len(coefficients) <= 6:
        return _horner(x, coefficients)
    first, rest = coefficients[0], coefficients[1:]
    square = x * x
    return fma(fma(_horner(square, rest[1::2]), x, _horner(square, rest[::2])), x, first)


def _horner(x: Value, coefficients: Sequence[Number]) -> Value:
    value = x.like(coefficients[-1])
    for c in coefficients[-2::-1]:
        value = fma(value, x, c)
    return value
