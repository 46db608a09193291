"""Trigonometric functions of huge arguments (Payne and Hanek, SIGNUM Newsletter 18, 1983): one lane at a time.

x = m·2^e with an integer m. Of 2/π = Σ b_j 2^-j only the bits from j = e - 1 on matter, since those before contribute
multiples of 4 quarter turns to x·2/π; and 192 of them suffice, since no float is closer than 2^-62 to a multiple
of π/2.

    m·W / 2^190 = x·2/π mod 4      W: bits e-1 to e+190 of 2/π     its top two bits: the quadrant, the rest: r

The product is made of 32-bit limbs in 64-bit integers, which every target has.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from wengert.compiler.math.pairs import Pair, constant, sum_of
from wengert.compiler.math.text import Function, Text, Value, attributes, select

__all__ = ["patch"]

# 2/π: its first 1,280 bits, as a hexadecimal fraction.
_TWO_OVER_PI = (
    "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921c"
    "fe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980f"
    "ef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d08"
    "56033046fc7b6babf0cfbc209af4361d"
)
_FRONT = 3  # limbs of zeros before the table, as e may be negative
_LIMBS = 6
_LLVM = {"f64": "double", "f32": "float"}


def _table() -> Function:
    words = [0] * _FRONT + [int(_TWO_OVER_PI[i : i + 8], 16) for i in range(0, len(_TWO_OVER_PI), 8)]
    text = ", ".join(f"i32 {w - (w >> 31 << 32)}" for w in words)
    return Function("@wg_two_over_pi", f"@wg_two_over_pi = internal constant [{len(words)} x i32] [{text}]")


def _limbs(t: Text, position: Value) -> list[Value]:
    """192 bits of 2/π from bit `position` (counted from the first bit of the padded table), most significant first."""
    table = _table()
    t.needs[table.symbol] = table
    first, shift = position.logical_shift(5), position & 31
    words = []
    for i in range(_LIMBS + 1):
        place = t.emit(f"getelementptr i32, ptr {table.symbol}, {first + i}", "i64")
        word = t.emit(f"load i32, ptr {place.name}", "i32")
        words.append(t.cast("zext", word, "i64"))
    return [(((a << 32) | b) << shift).logical_shift(32) for a, b in itertools.pairwise(words)]


def _times(limbs: list[Value], factor: Value) -> list[Value]:
    """limbs·factor mod 2^192 for a factor below 2^32."""
    out, carry = [], factor.like(0)
    for limb in limbs[::-1]:
        carry = limb * factor + carry
        out.append(carry & 0xFFFFFFFF)
        carry = carry.logical_shift(32)
    return out[::-1]


def _sum(left: list[Value], right: list[Value]) -> list[Value]:
    """The sum mod 2^192."""
    out, carry = [], left[0].like(0)
    for a, b in zip(left[::-1], right[::-1], strict=True):
        carry = a + b + carry
        out.append(carry & 0xFFFFFFFF)
        carry = carry.logical_shift(32)
    return out[::-1]


def _reduce(x: Value) -> tuple[Pair, Value]:
    """r and n with x ≡ n π/2 + r (mod 2π), |r| ≤ π/4, for a finite scalar float64 |x| ≥ 2."""
    t, bits = x.t, x.bits()
    e = (bits.logical_shift(52) & 0x7FF) - (1023 + 52)
    m = (bits & ((1 << 52) - 1)) | (1 << 52)
    window = _limbs(t, e - 2 + 32 * _FRONT)
    low = _times(window, m & 0xFFFFFFFF)
    high = _times(window, m.logical_shift(32))
    limbs = _sum(low, [*high[1:], m.like(0)])
    top = (limbs[0] << 32) | limbs[1]
    n = (top + (1 << 61)).logical_shift(62)
    fraction = top - (n << 62)
    # Quarter turns: exact conversions of 32 bits each, added from the left without loss.
    parts = [fraction >> 32, fraction & 0xFFFFFFFF, *limbs[2:5]]
    floats = [t.cast("sitofp", p, "f64") * 2.0 ** (-30 - 32 * i) for i, p in enumerate(parts)]
    turn = sum_of(floats[0], floats[1])
    for part in floats[2:]:
        s = sum_of(turn.hi, part)
        turn = sum_of(s.hi, s.lo + turn.lo)
    r = turn.times(constant(x, 1.5707963267948966, 6.123233995736766e-17))
    negative = x < 0.0
    return Pair(select(negative, -r.hi, r.hi), select(negative, -r.lo, r.lo)), select(negative, 0 - n, n)


def _scalar(name: str, kernel: Callable[[Pair, Value], Value], fma: bool) -> Function:
    """The function of one huge float64."""
    t = Text("f64", 1, fma)
    result = kernel(*_reduce(t.argument("x")))
    return t.finish(f"@wg_{name}_huge_scalar{t.variant}", [t.argument("x")], result, inline=False)


def patch(name: str, kernel: Callable[[Pair, Value], Value], x: Value, usual: Value, limit: float) -> Value:
    """`usual`, but in lanes with limit < |x| < ∞ the kernel of the exactly reduced x. No such lane: one comparison."""
    size, t = x.abs(), x.t
    mask = (size > limit) & (size < float("inf"))
    scalar = _scalar(name, kernel, t.fma)
    if t.lanes == 1:
        return t.where(mask, usual, lambda: t.call(scalar, "f64", x.to("f64")).to(x.kind))
    return t.where(mask, usual, lambda: t.call(_lanes(name, scalar, t), x.kind, x, usual, mask))


def _lanes(name: str, scalar: Function, t: Text) -> Function:
    """A loop over the lanes, which replaces those of `usual` that the mask names."""
    symbol, kind, vector = f"@wg_{name}_huge_{t.suffix(t.dtype)}{t.variant}", _LLVM[t.dtype], t.type(t.dtype)
    widen, narrow = ("bitcast", "bitcast") if t.dtype == "f64" else ("fpext", "fptrunc")
    text = f"""\
define internal {vector} {symbol}({vector} %x, {vector} %usual, {t.type("i1")} %mask) {attributes(inline=False)} {{
entry:
  br label %lane
lane:
  %i = phi i32 [ 0, %entry ], [ %next, %done ]
  %old = phi {vector} [ %usual, %entry ], [ %new, %done ]
  %bad = extractelement {t.type("i1")} %mask, i32 %i
  br i1 %bad, label %redo, label %done
redo:
  %one = extractelement {vector} %x, i32 %i
  %wide = {widen} {kind} %one to double
  %exact = call double {scalar.symbol}(double %wide)
  %narrow = {narrow} double %exact to {kind}
  %inserted = insertelement {vector} %old, {kind} %narrow, i32 %i
  br label %done
done:
  %new = phi {vector} [ %old, %lane ], [ %inserted, %redo ]
  %next = add i32 %i, 1
  %more = icmp ult i32 %next, {t.lanes}
  br i1 %more, label %lane, label %end
end:
  ret {vector} %new
}}"""
    return Function(symbol, text, (scalar,))
