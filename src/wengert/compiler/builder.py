"""Building Values: equal expressions become one object, and what is known is computed at once.

Operations and their meaning are NumPy's on scalars of one type (mixed operands are cast first):

    add sub mul div neg abs fma            floats and integers (div: floats); integers wrap around
    floordiv mod                           NumPy's, of floats and integers; x // 0 = 0 for integers
    maximum minimum fmax fmin              the first two keep NaNs, the others drop them
    eq ne lt le gt ge                      give b1
    and or xor not shl shr                 of integers and b1
    isnan isinf isfinite signbit           give b1
    floor ceil trunc rint sign copysign    and every name of `compiler.math`: exp, log, sin, tanh, pow, erf, lgamma ...
    select cast
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.compiler.loops import Acc, Buffer, Index, Value, Var, dtype_of

__all__ = ["COMPARISONS", "Builder"]

COMPARISONS = frozenset("eq ne lt le gt ge".split())
_TO_BOOL = COMPARISONS | frozenset("isnan isinf isfinite signbit".split())

_FOLD: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "neg": operator.neg, "abs": operator.abs,
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "maximum": np.maximum, "minimum": np.minimum, "fmax": np.fmax, "fmin": np.fmin,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint, "sign": np.sign, "sqrt": np.sqrt,
    "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "signbit": np.signbit, "div": operator.truediv,
    "copysign": np.copysign, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
}  # fmt: skip


class Builder:
    """A place where Values are made."""

    def __init__(self) -> None:
        self._known: dict[Any, Value] = {}
        # Where comparisons of a loop variable with a number, which its range did not decide, change their answer.
        self.splits: dict[Var, set[int]] = {}

    def _make(self, op: str, args: tuple[Value, ...], attr: Any, code: str, key: Any = None) -> Value:
        place = (op, tuple([a.serial for a in args]), attr if key is None else key, code)
        value = self._known.get(place)
        if value is None:
            value = self._known[place] = Value(op, args, attr, code)
        return value

    # --- leaves ---------------------------------------------------------------------------------------------

    def const(self, x: Any, code: str) -> Value:
        """A number. Zeros of both signs, and NaNs, are told apart."""
        number = dtype_of(code).type(x).item()
        key = (repr(number), code) if isinstance(number, float) else number
        return self._make("const", (), number, code, key)

    def index(self, index: Index) -> Value:
        """An index as an i64."""
        if index.number is not None:
            return self.const(index.number, "i64")
        if index.const == 0 and not index.terms and len(index.dynamic) == 1 and index.dynamic[0][1] == 1:
            return index.dynamic[0][0]
        return self._make("index", (), index, "i64", index.key)

    def load(self, buffer: Buffer, index: Index, guard: Value | None = None) -> Value:
        """An entry of a buffer; 0 without touching memory where the guard does not hold."""
        if guard is not None and guard.op == "const":
            if not guard.attr:
                return self.const(0, buffer.code)
            guard = None
        if buffer.kind == "const" and index.number is not None and guard is None:
            return self.const(buffer.data[index.number], buffer.code)
        return self._make("load", () if guard is None else (guard,), (buffer, index), buffer.code,
                          (id(buffer), index.key))  # fmt: skip

    def acc(self, acc: Acc) -> Value:
        """What an accumulator holds."""
        return self._make("acc", (), acc, acc.code, acc.serial)

    # --- operations -----------------------------------------------------------------------------------------

    def __call__(self, op: str, *args: Value) -> Value:
        """An operation on values of one type."""
        code = "b1" if op in _TO_BOOL else args[0].code
        if all([a.op == "const" for a in args]) and op in _FOLD:
            with np.errstate(all="ignore"):
                kind = dtype_of(args[0].code).type
                return self.const(_FOLD[op](*[kind(a.attr) for a in args]), code)
        return self._simpler(op, args) or self._make(op, args, None, code)

    def _simpler(self, op: str, args: tuple[Value, ...]) -> Value | None:
        """Identities that hold for every number, NaNs included (the sign of a zero aside)."""
        first = args[0]
        if op in COMPARISONS and first.op == "index" and args[1].op == "const":
            return self._decided(op, first.attr, args[1].attr)
        if op in ("mul", "div") and args[1].op == "const" and args[1].attr == 1:
            return first
        if op == "mul" and first.op == "const":
            return args[1] if first.attr == 1 else self._minus(args[1]) if first.attr == -1 else None
        if op == "mul" and args[1].op == "const" and args[1].attr == -1:
            return self._minus(first)
        if op == "neg" and first.op == "neg":
            return first.args[0]
        if op == "add" and args[1].op == "neg":
            return self("sub", first, args[1].args[0])
        if op == "sub" and args[1].op == "neg":
            return self("add", first, args[1].args[0])
        if op in ("add", "sub") and _is_zero(args[1]):
            return first
        if op == "add" and _is_zero(first):
            return args[1]
        if op in ("and", "or") and first.code == "b1":
            for x, y in (args, args[::-1]):
                if x.op == "const":
                    return y if bool(x.attr) == (op == "and") else x
            return first if first is args[1] else None
        if op == "not" and first.code == "b1":
            if first.op == "const":
                return self.const(not first.attr, "b1")
            return first.args[0] if first.op == "not" else None
        return None

    def _minus(self, x: Value) -> Value | None:
        return self("neg", x) if x.code[0] in "fi" else None

    def _decided(self, op: str, index: Index, number: int) -> Value | None:
        """A comparison of an index that its range decides."""
        ends = index.range()
        if ends is None:
            return None
        low, high = ends
        always = {"lt": high < number, "le": high <= number, "gt": low > number, "ge": low >= number,
                  "eq": low == high == number, "ne": number < low or number > high}[op]  # fmt: skip
        never = {"lt": low >= number, "le": low > number, "gt": high <= number, "ge": high < number,
                 "eq": number < low or number > high, "ne": low == high == number}[op]  # fmt: skip
        if not (always or never) and len(index.terms) == 1 and index.terms[0][1] in (1, -1):
            var, sign = index.terms[0]
            # sign · v + const < number changes at v = number - const, or, counting backwards, just after it.
            at = (number - index.const) * sign
            after = {"lt": sign < 0, "ge": sign < 0, "le": sign > 0, "gt": sign > 0}
            places = {at, at + 1} if op in ("eq", "ne") else {at + after[op]}
            self.splits.setdefault(var, set()).update(places)
        return self.const(always, "b1") if always or never else None

    def select(self, holds: Value, x: Value, y: Value) -> Value:
        """x where the b1 holds, else y."""
        if holds.op == "const":
            return x if holds.attr else y
        if x is y:
            return x
        if holds.op == "not":
            return self.select(holds.args[0], y, x)
        if x.code == "b1" and x.op == y.op == "const":
            return holds if x.attr else self("not", holds)
        return self._make("select", (holds, x, y), None, x.code)

    def cast(self, x: Value, code: str) -> Value:
        """The number in another type, as NumPy's astype."""
        if x.code == code:
            return x
        if x.op == "const":
            with np.errstate(all="ignore"):
                return self.const(np.asarray(x.attr, dtype_of(x.code)).astype(dtype_of(code)), code)
        if code == "b1":
            return self("ne", x, self.const(0, x.code))
        if x.op == "index" and code == "i64":
            return x
        return self._make("cast", (x,), None, code)

    def all(self, *conditions: Value | None) -> Value | None:
        """The conjunction of guards; None where nothing is to be guarded."""
        total: Value | None = None
        for c in conditions:
            if c is not None and not (c.op == "const" and c.attr):
                total = c if total is None else self("and", total, c)
        return total


def _is_zero(x: Value) -> bool:
    return x.op == "const" and bool(x.attr == 0)
