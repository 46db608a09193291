"""The loop IR as text to read.

    program rosenbrock(x:f64[100]) -> (value:f64[1])
      for i in 0..98 vector:
        a = x[i + 1] - x[i] * x[i]
        sum += 100 * a * a
      value[0] = sum

The names are those of the writer: i, j, k are loops, a, b, c values that are used more than once or too long for one
line, sum and top accumulators. An accumulator's first value is shown where it is not the one that changes nothing.
"""

from __future__ import annotations

import math

import numpy as np

from wengert.compiler.loops import (
    Acc,
    Buffer,
    Check,
    For,
    Gemm,
    If,
    Library,
    Matrix,
    Program,
    Statement,
    Store,
    Update,
    Value,
    While,
)
from wengert.compiler.writer import ATOM, BINDING, Text, Writer

__all__ = ["text"]

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "eq": "==", "ne": "!=", "lt": "<",
    "le": "<=", "gt": ">", "ge": ">=", "and": "and", "or": "or", "xor": "xor", "shl": "<<", "shr": ">>",
}  # fmt: skip
_NAMES = {"maximum": "max", "minimum": "min"}
_NEUTRAL = {"add": 0, "mul": 1, "maximum": -math.inf, "minimum": math.inf, "and": True, "or": False}
_SHOWN = 6  # a constant of more numbers is abbreviated


def text(program: Program) -> str:
    """A Program as text.

    >>> from wengert.compiler.builder import Builder
    >>> from wengert.compiler.loops import Buffer, For, Index, Program, Store, Var
    >>> x, y, i, b = Buffer("x", "f64", 4, "input"), Buffer("y", "f64", 4, "output"), Var(0, 4), Builder()
    >>> here = Index(0, ((i, 1),))
    >>> loop = For(i, [Store(y, here, b("mul", b.const(2, "f64"), b.load(x, here)))])
    >>> print(text(Program("double", [x], [y], [], [], [loop])))
    program double(x:f64[4]) -> (y:f64[4])
      for i in 0..3:
        y[i] = 2 * x[i]
    """
    return _Printer(program).text()


class _Printer(Writer):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.notes = {id(loop): ", ".join(equations) for loop, equations in program.notes}
        for buffer in (*program.inputs, *program.outputs, *program.consts, *program.temps):
            self._enter(buffer)

    def text(self) -> str:
        p = self.program
        inputs, outputs = [", ".join([self._typed(b) for b in buffers]) for buffers in (p.inputs, p.outputs)]
        self.line(f"program {p.name}({inputs}) -> ({outputs})")
        self.depth += 1
        for c in p.consts:
            self.line(f"const {self._typed(c)} = {_abridged(c)}")
        for t in p.temps:
            self.line(f"temp {self._typed(t)}")
        self.depth -= 1
        self.block(p.body)
        return "\n".join(self.lines)

    def _enter(self, buffer: Buffer) -> None:
        self.names[buffer] = self.fresh([buffer.name])
        self.taken.add(self.names[buffer])

    def _typed(self, b: Buffer) -> str:
        over = f" in {self.names[b.reuses]}" if b.reuses is not None else ""
        return f"{self.names[b]}:{b.code}[{b.size}]{over}"

    # --- values ---------------------------------------------------------------------------------------------

    def number(self, value: Value) -> Text:
        number = value.attr
        out = repr(number)
        if value.code == "f32":
            out = str(np.float32(number))
        if isinstance(number, float) and out.endswith(".0") and (number or math.copysign(1, number) > 0):
            out = out[:-2]
        return out, BINDING["neg"] if out.startswith("-") else ATOM

    def operation(self, value: Value, parts: list[Text]) -> Text:
        op = value.op
        if op in _SIGNS:
            return self.infix(_SIGNS[op], BINDING[op], parts)
        if op in ("neg", "not"):
            sign = "-" if op == "neg" else "not "
            return sign + self.within(parts[0], BINDING["neg"]), BINDING["neg"]
        name = "where" if op == "select" else value.code if op == "cast" else _NAMES.get(op, op)
        return f"{name}({', '.join([t for t, _ in parts])})", ATOM

    def guarded(self, entry: str, guard: Text, value: Value) -> Text:
        return f"({entry} if {guard[0]} else 0)", ATOM

    def declaration(self, name: str, value: Value, text: str) -> str:
        return f"{name} = {text}"

    # --- statements -----------------------------------------------------------------------------------------

    def statement(self, s: Statement) -> None:
        match s:
            case For():
                self._for(s)
            case Store(buffer=buffer, index=index, value=value):
                place = self.entry(buffer, index)
                roots = [value] if s.guard is None else [value, s.guard]
                right, *guard = self.texts(*roots)
                sign = "=" if s.mode == "set" else "+="
                clash = "  # may meet others" if s.clash else ""
                self.line(f"{place} {sign} {right}" + "".join([f" if {g}" for g in guard]) + clash)
            case Update(acc=acc, value=value):
                self.line(self._update(acc, self.texts(value)[0]))
            case Check(holds=holds):
                self.line(f"check {self.texts(holds)[0]}")
            case Gemm(m=m, n=n, k=k):
                sign = "+=" if s.add else "="
                a, b, c = [self._matrix(x, *shape) for x, *shape in ((s.a, m, k), (s.b, k, n), (s.c, m, n))]
                self.line(f"{c} {sign} {a} @ {b}")
            case Library(name=name, arguments=arguments):
                self.line(f"{name}({', '.join([self._argument(a) for a in arguments])})")
            case If(holds=holds, then=then, orelse=orelse):
                self.line(f"if {self.texts(holds)[0]}:")
                self.block(then)
                if orelse:
                    self.line("else:")
                    self.block(orelse)
            case While():
                self.line("repeat:")
                self.repeat(s, lambda holds: f"stop unless {holds[0]}")

    def _for(self, s: For) -> None:
        if id(s) in self.notes:
            self.line(f"# {self.notes[id(s)]}")
        inits = {a: self.texts(a.init)[0] if isinstance(a.init, Value) else _plain(a.init) for a in s.accs}
        self.before_loop(s)
        for acc, name in zip(s.accs, self.acc_names(s), strict=True):
            if isinstance(acc.init, Value) or acc.init != _NEUTRAL.get(acc.op):
                self.line(f"{name} = {inits[acc]}")
        kinds = "".join([f" {kind}" for kind in ("parallel", "vector") if getattr(s, kind)])
        for b in s.locals:
            self._enter(b)
        self.loop(s, lambda: self._head(s, kinds))

    def _head(self, s: For, kinds: str) -> None:
        self.line(f"for {self.names[s.var]} in {s.var.start}..{s.var.stop - 1}{kinds}:")
        for b in s.locals:
            self.line(f"  local {self._typed(b)}")

    def _update(self, acc: Acc, text: str) -> str:
        name = self.names[acc]
        sign = {"add": "+=", "mul": "*=", "set": "="}.get(acc.op)
        if sign:
            return f"{name} {sign} {text}"
        if acc.op in ("and", "or"):
            return f"{name} = {name} {acc.op} ({text})"
        return f"{name} = {_NAMES[acc.op]}({name}, {text})"

    def _matrix(self, x: Matrix, rows: int, columns: int) -> str:
        """``x[5..]:3×4`` with its strides if they are not those of C."""
        strides = "" if (x.row, x.column) == (columns, 1) else f" by {x.row}, {x.column}"
        return f"{self.entry(x.buffer, x.index)}:{rows}×{columns}{strides}"

    def _argument(self, a: object) -> str:
        if isinstance(a, Matrix):
            return f"{self.entry(a.buffer, a.index)} by {a.row}, {a.column}"
        return self.names[a] if isinstance(a, Buffer) else str(a)


def _plain(number: object) -> str:
    return repr(number.item() if isinstance(number, np.generic) else number)


def _abridged(buffer: Buffer) -> str:
    shown = [_plain(x) for x in np.ravel(buffer.data)[:_SHOWN]]
    return f"[{', '.join(shown)}{', ...' if buffer.size > _SHOWN else ''}]"
