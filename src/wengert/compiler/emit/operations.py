"""The text of operations on numbers, one lane or many: what `builder.py` lists, with NumPy's results.

Nothing here can trap or be poison, whatever the operands: so an operation may be computed where it is not needed.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import BYTES, SCALAR, literal, mangled, vector

__all__ = ["FLOATING", "Lines", "cast", "identity", "operation", "reduce"]


class Lines:
    """Instructions on values of one type, put where a scope wants them."""

    __slots__ = ("code", "fresh", "lanes", "module", "suffix", "type")

    def __init__(self, module: ModuleText, fresh: Callable[[str], str], code: str, lanes: int) -> None:
        self.module = module
        self.fresh = fresh
        self.code = code
        self.lanes = lanes
        self.type = vector(SCALAR[code], lanes)
        self.suffix = mangled(code, lanes)

    @property
    def is_float(self) -> bool:
        """Whether the operands are floating-point numbers."""
        return self.code[0] == "f"

    @property
    def signed(self) -> bool:
        """Whether the operands are signed integers."""
        return self.code[0] == "i"

    @property
    def bits(self) -> int:
        """The width of an operand."""
        return 1 if self.code == "b1" else 8 * BYTES[self.code]

    @property
    def mask(self) -> str:
        """The type of a comparison."""
        return vector("i1", self.lanes)

    def const(self, x: float) -> str:
        """A number in every lane."""
        return literal(x, self.code, self.lanes)

    def intrinsic(self, name: str, *operands: str, flags: str = "") -> str:
        """A call of llvm.name on operands of this type; `flags` are further arguments."""
        arguments = [f"{self.type} {x}" for x in operands] + ([flags] if flags else [])
        return self.fresh(self.module.call(self.type, f"llvm.{name}.{self.suffix}", *arguments))

    def two(self, instruction: str, x: str, y: str) -> str:
        """An instruction on two operands."""
        return self.fresh(f"{instruction} {self.type} {x}, {y}")

    def compare(self, predicate: str, x: str, y: str) -> str:
        """A comparison by one of LLVM's predicates."""
        return self.fresh(f"{'fcmp' if self.is_float else 'icmp'} {predicate} {self.type} {x}, {y}")

    def logic(self, op: str, x: str, y: str) -> str:
        """and, or, xor of comparisons."""
        return self.fresh(f"{op} {self.mask} {x}, {y}")

    def select(self, holds: str, x: str, y: str) -> str:
        """Lane by lane x or y."""
        return self.fresh(f"select {self.mask} {holds}, {self.type} {x}, {self.type} {y}")

    def like(self, code: str) -> Lines:
        """The same place and lanes for another type."""
        return Lines(self.module, self.fresh, code, self.lanes)


_PLAIN = {  # (of floats, of integers)
    "add": ("fadd contract", "add"), "sub": ("fsub contract", "sub"), "mul": ("fmul contract", "mul"),
    "div": ("fdiv", ""), "and": ("", "and"), "or": ("", "or"), "xor": ("", "xor"),
}  # fmt: skip
FLOATING = {op: names[0] for op, names in _PLAIN.items() if names[0]}
_OF_BOOLS = {"add": "or", "mul": "and", "sub": "xor", "maximum": "or", "minimum": "and", "fmax": "or", "fmin": "and"}
_PREDICATES = {"eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
_ROUNDING = {"floor", "ceil", "trunc", "rint", "sqrt"}


def operation(t: Lines, op: str, a: list[str]) -> str | None:
    """The result of an operation on operands of type `t.code`; None if it is not one of these."""
    if op in _PREDICATES:
        return _compared(t, op, *a)
    if t.code == "b1" and op in _OF_BOOLS:
        return t.two(_OF_BOOLS[op], *a)
    if op in _PLAIN:
        return t.two(_PLAIN[op][not t.is_float], *a)
    special = _SPECIAL.get(op)
    if special is not None:
        return special(t, *a)
    if op in _ROUNDING and t.is_float:
        return t.intrinsic(op, *a)
    return None


def _compared(t: Lines, op: str, x: str, y: str) -> str:
    if t.is_float:
        return t.compare("une" if op == "ne" else "o" + op, x, y)
    sign = "" if op in ("eq", "ne") else "s" if t.signed else "u"
    return t.compare(sign + op, x, y)


def _neg(t: Lines, x: str) -> str:
    return t.fresh(f"fneg {t.type} {x}") if t.is_float else t.two("sub", t.const(0), x)


def _not(t: Lines, x: str) -> str:
    return t.two("xor", x, t.const(1 if t.code == "b1" else -1))


def _abs(t: Lines, x: str) -> str:
    if t.is_float:
        return t.intrinsic("fabs", x)
    return t.intrinsic("abs", x, flags="i1 false") if t.signed else x


def _fma(t: Lines, x: str, y: str, z: str) -> str:
    exact = t.module.target.fma
    return t.intrinsic("fma" if exact else "fmuladd", x, y, z)


def _maximum(t: Lines, x: str, y: str) -> str:
    return t.intrinsic("maximum" if t.is_float else "smax" if t.signed else "umax", x, y)


def _minimum(t: Lines, x: str, y: str) -> str:
    return t.intrinsic("minimum" if t.is_float else "smin" if t.signed else "umin", x, y)


def _keeping_numbers(predicate: str, of_integers: Callable[[Lines, str, str], str]) -> Callable[[Lines, str, str], str]:
    """x where x is better or y is a NaN, else y."""

    def extreme(t: Lines, x: str, y: str) -> str:
        if not t.is_float:
            return of_integers(t, x, y)
        return t.select(t.logic("or", t.compare(predicate, x, y), t.compare("uno", y, y)), x, y)

    return extreme


def _sign(t: Lines, x: str) -> str:
    zero, one = t.const(0), t.const(1)
    if not t.is_float:
        positive = t.select(t.compare("ne", x, zero), one, zero)
        return t.select(t.compare("slt", x, zero), t.const(-1), positive) if t.signed else positive
    # a NaN is neither above, below nor at zero, and is itself
    signed = t.select(t.compare("ogt", x, zero), one, t.select(t.compare("olt", x, zero), t.const(-1), x))
    return t.select(t.compare("oeq", x, zero), zero, signed)


def _isnan(t: Lines, x: str) -> str:
    return t.compare("uno", x, x) if t.is_float else t.compare("ne", x, x)


def _isinf(t: Lines, x: str) -> str:
    return t.compare("oeq", _abs(t, x), t.const(float("inf"))) if t.is_float else t.compare("ne", x, x)


def _isfinite(t: Lines, x: str) -> str:
    return t.compare("one", _abs(t, x), t.const(float("inf"))) if t.is_float else t.compare("eq", x, x)


def _signbit(t: Lines, x: str) -> str:
    if not t.is_float:
        return t.compare("slt", x, t.const(0)) if t.signed else t.compare("ne", x, x)
    whole = t.like(f"i{t.bits}")
    return whole.compare("slt", t.fresh(f"bitcast {t.type} {x} to {whole.type}"), whole.const(0))


def _copysign(t: Lines, x: str, y: str) -> str:
    return t.intrinsic("copysign", x, y)


def _shift(t: Lines, op: str, x: str, y: str) -> str:
    """A shift by too much leaves nothing (of a negative number to the right: -1)."""
    fits = t.compare("ult", y, t.const(t.bits))
    amount = t.select(fits, y, t.const(t.bits - 1 if op == "ashr" else 0))
    shifted = t.two(op, x, amount)
    return shifted if op == "ashr" else t.select(fits, shifted, t.const(0))


def _shr(t: Lines, x: str, y: str) -> str:
    return _shift(t, "ashr" if t.signed else "lshr", x, y)


def _divided(t: Lines, x: str, y: str) -> tuple[str, str]:
    """Quotient towards minus infinity and remainder of integers; x // 0 and x % 0 are 0, min // -1 wraps around."""
    if t.bits < 32:  # vectors of bytes have no division; LLVM's legaliser is better with wider ones
        wide = t.like(t.code[0] + "32")
        grow = "sext" if t.signed else "zext"
        q, r = _divided(wide, *[t.fresh(f"{grow} {t.type} {v} to {wide.type}") for v in (x, y)])
        return t.fresh(f"trunc {wide.type} {q} to {t.type}"), t.fresh(f"trunc {wide.type} {r} to {t.type}")
    zero, one = t.const(0), t.const(1)
    nothing = t.compare("eq", y, zero)
    if not t.signed:
        divisor = t.select(nothing, one, y)
        q, r = t.two("udiv", x, divisor), t.two("urem", x, divisor)
        return t.select(nothing, zero, q), t.select(nothing, zero, r)
    overflow = t.logic("and", t.compare("eq", x, t.const(-(1 << (t.bits - 1)))), t.compare("eq", y, t.const(-1)))
    divisor = t.select(t.logic("or", nothing, overflow), one, y)
    q = t.two("sdiv", x, divisor)
    r = t.two("sub", x, t.two("mul", q, divisor))
    opposite = t.compare("slt", t.two("xor", r, divisor), zero)
    low = t.logic("and", t.compare("ne", r, zero), opposite)
    q = t.select(low, t.two("sub", q, one), q)
    r = t.select(low, t.two("add", r, divisor), r)
    return t.select(nothing, zero, q), t.select(nothing, zero, r)


def _floordiv(t: Lines, x: str, y: str) -> str:
    if not t.is_float:
        return _divided(t, x, y)[0]
    r = _remainder(t, x, y)
    q = t.two("fdiv", t.two("fsub", x, r), y)
    q = t.select(_opposite(t, r, y), t.two("fsub", q, t.const(1)), q)
    whole = t.intrinsic("floor", q)
    up = t.compare("ogt", t.two("fsub", q, whole), t.const(0.5))
    whole = t.select(up, t.two("fadd", whole, t.const(1)), whole)
    ratio = t.two("fdiv", x, y)
    whole = t.select(t.compare("oeq", q, t.const(0)), t.intrinsic("copysign", t.const(0), ratio), whole)
    return t.select(t.compare("oeq", y, t.const(0)), ratio, whole)


def _mod(t: Lines, x: str, y: str) -> str:
    return _modulo(t, x, y) if t.is_float else _divided(t, x, y)[1]


def _modulo(t: Lines, x: str, y: str) -> str:
    """x - y ⌊x/y⌋, exactly, with the sign of y."""
    r = _remainder(t, x, y)
    shifted = t.select(_opposite(t, r, y), t.two("fadd", r, y), r)
    return t.select(t.compare("oeq", r, t.const(0)), t.intrinsic("copysign", t.const(0), y), shifted)


def _opposite(t: Lines, r: str, y: str) -> str:
    """Whether a remainder is not zero and has not the sign of y."""
    zero = t.const(0)
    signs = t.logic("xor", t.compare("olt", r, zero), t.compare("olt", y, zero))
    return t.logic("and", signs, t.compare("one", r, zero))


def _remainder(t: Lines, x: str, y: str) -> str:
    """x - y trunc(x/y), exactly, with the sign of x; of integers x rem 0 = 0."""
    if t.is_float:
        return t.fresh(t.module.math("fmod", t.code, t.lanes, [x, y]))
    r = _divided(t, x, y)[1]
    if not t.signed:
        return r
    # the remainder of the floored quotient has the sign of y; where that is not the sign of x, it is one y too much
    zero = t.const(0)
    other = t.logic("and", t.compare("slt", t.two("xor", r, x), zero), t.compare("ne", r, zero))
    return t.select(other, t.two("sub", r, y), r)


_SPECIAL: dict[str, Callable[..., str]] = {
    "neg": _neg, "not": _not, "abs": _abs, "fabs": _abs, "fma": _fma, "maximum": _maximum, "minimum": _minimum,
    "fmax": _keeping_numbers("oge", _maximum), "fmin": _keeping_numbers("ole", _minimum), "sign": _sign,
    "isnan": _isnan, "isinf": _isinf, "isfinite": _isfinite, "signbit": _signbit, "copysign": _copysign,
    "shl": lambda t, x, y: _shift(t, "shl", x, y), "shr": _shr, "floordiv": _floordiv, "mod": _mod, "fmod": _remainder,
}  # fmt: skip


# --- casts ----------------------------------------------------------------------------------------------------


def cast(t: Lines, x: str, code: str) -> str:
    """A number in another type, as NumPy's astype; floats out of an integer's range give some integer."""
    to = t.like(code)
    if to.type == t.type and to.is_float == t.is_float:
        return x
    if code == "b1":
        return t.compare("une" if t.is_float else "ne", x, t.const(0))
    if t.is_float and to.is_float:
        return t.fresh(f"{'fpext' if to.bits > t.bits else 'fptrunc'} {t.type} {x} to {to.type}")
    if to.is_float:
        return t.fresh(f"{'sitofp' if t.signed else 'uitofp'} {t.type} {x} to {to.type}")
    if not t.is_float:
        grow = "sext" if t.signed else "zext"
        return t.fresh(f"{grow if to.bits > t.bits else 'trunc'} {t.type} {x} to {to.type}")
    if code == "u64":
        large = t.compare("oge", x, t.const(2.0**63))
        return to.select(large, _to_integer(t, x, "u64"), _to_integer(t, x, "i64"))
    # C converts to a wider signed integer first, and so do we: then -1.0 is 255 as an u8
    wide = "i64" if code in ("u32", "i64") else "i32"
    whole = _to_integer(t, x, wide)
    return whole if to.bits == 8 * BYTES[wide] else t.fresh(f"trunc {t.like(wide).type} {whole} to {to.type}")


def _to_integer(t: Lines, x: str, code: str) -> str:
    to = t.like(code)
    name = f"llvm.fpto{'s' if to.signed else 'u'}i.sat.{to.suffix}.{t.suffix}"
    return t.fresh(t.module.call(to.type, name, f"{t.type} {x}"))


# --- reductions -----------------------------------------------------------------------------------------------

_LEAST = {"i64": -(2**63), "i32": -(2**31), "i16": -(2**15), "i8": -128}
_INFINITY = float("inf")


def identity(op: str, code: str) -> float:
    """The number that an accumulator of that kind does not notice."""
    if op == "add":
        return -0.0 if code[0] == "f" else 0
    if op == "mul":
        return 1
    if op == "and":
        return -1 if code != "b1" else 1
    if op == "or":
        return 0
    if code[0] == "f":
        return -_INFINITY if op == "maximum" else _INFINITY
    if code == "b1":
        return int(op == "minimum")
    least, greatest = (_LEAST[code], -_LEAST[code] - 1) if code[0] == "i" else (0, 2 ** (8 * BYTES[code]) - 1)
    return least if op == "maximum" else greatest


def reduce(t: Lines, op: str, x: str) -> str:
    """All lanes as one number, in an order that is always the same."""
    if t.lanes == 1:
        return x
    scalar = SCALAR[t.code]
    call, suffix = t.module.call, t.suffix
    if t.code == "b1":
        op = _OF_BOOLS.get(op, op)
    if t.is_float and op in ("add", "mul"):
        start = literal(identity(op, t.code), t.code)
        instruction = call(scalar, f"llvm.vector.reduce.f{op}.{suffix}", f"{scalar} {start}", f"{t.type} {x}")
        return t.fresh(instruction.replace("call", "call reassoc", 1))
    names = {"add": "add", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
    if op in names:
        return t.fresh(call(scalar, f"llvm.vector.reduce.{names[op]}.{suffix}", f"{t.type} {x}"))
    kind = "f" if t.is_float else "s" if t.signed else "u"
    name = {"maximum": "max", "minimum": "min"}[op] if not t.is_float else op
    return t.fresh(call(scalar, f"llvm.vector.reduce.{kind}{name}.{suffix}", f"{t.type} {x}"))
