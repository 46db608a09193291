"""The loop IR as C99: readable, re-entrant, and needing nothing but the C library.

    int rosenbrock(const double *x, double *value, void *workspace)
    {
      double sum = 0.0;
      for (int64_t i = 0; i < 99; i++) {
        double a = x[i + 1] - x[i] * x[i];
        sum += 100.0 * a * a;
      }
      value[0] = sum;
      return 0;
    }

Constants become tables, temporaries lie in the workspace, operations that mean something else in C than in NumPy are
static functions (`chelpers.py`). Return codes: 0 done, 1 a check failed (an index out of range), 2 no memory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.compiler.chelpers import FLOATS, INTEGERS, TYPES, helpers
from wengert.compiler.emit.facts import memory
from wengert.compiler.loops import Buffer, Check, For, Gemm, If, Program, Statement, Store, Update, Value, While, walk
from wengert.compiler.plain import arena, fingerprint, plain, rounded
from wengert.compiler.writer import ATOM, BINDING, Text, Writer
from wengert.errors import MissingRule, explain

__all__ = ["Function", "function", "identifier", "source"]

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_BITS = {"and": "&", "or": "|", "xor": "^"}
_TRUTH = {"and": "&&", "or": "||", "xor": "!=", "add": "||", "mul": "&&", "maximum": "||", "minimum": "&&"}
_COMPARED = frozenset("eq ne lt le gt ge".split())
_LIBM = {
    name: name
    for name in (
        "floor ceil trunc rint copysign exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh "
        "cosh tanh asinh acosh atanh atan2 hypot pow erf erfc lgamma fmod fmax fmin"
    ).split()
} | {"abs": "fabs", "gamma": "tgamma"}
_WHOLE = {"floor", "ceil", "trunc", "rint"}  # which change nothing about an integer
_ASKS = {"isnan", "isinf", "isfinite", "signbit"}
_NATURAL = {"f64", "f32", "u64", "u32"}  # types whose arithmetic is that of C; others are promoted, or may not overflow
_LARGE = 4096  # bytes; a larger local buffer goes to the workspace
_RESERVED = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main bool "
    "true false memcpy malloc free size_t workspace work status NAN INFINITY INT64_MIN".split()
) | {*TYPES.values(), *_LIBM.values(), *[f"{name}f" for name in _LIBM.values()]}


@dataclass(frozen=True)
class Function:
    """A Program as C.

    signature: the prototype without its semicolon. text: the definitions of the function and its companions. tables:
    its constants, by names that tell their content. helpers: what else it uses, by name and type. workspace:
    bytes.
    """

    name: str
    signature: str
    text: str
    tables: Mapping[str, Buffer]
    helpers: frozenset[tuple[str, str]]
    workspace: int


def identifier(name: str) -> str:
    """A name as C allows it: letters, digits and underscores, no keyword."""
    name = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
    return f"_{name}" if name[0].isdigit() else f"{name}_" if name in _RESERVED else name


def source(functions: Iterable[Function], head: str = "") -> str:
    """A C file of functions. head: a comment for its beginning."""
    functions = list(functions)
    used = helpers({h for f in functions for h in f.helpers})
    includes = [f"#include <{name}.h>" for name in ("math", "stdbool", "stdint", "stdlib", "string")]
    if any([name == "gemm" for f in functions for name, _ in f.helpers]):
        includes.append("#ifdef WENGERT_CBLAS\n#include <cblas.h>\n#endif")
    tables = {name: b for f in functions for name, b in f.tables.items()}
    parts = [
        head,
        "\n".join(includes),
        *used,
        *[_table(name, b) for name, b in tables.items()],
        *[f.text for f in functions],
    ]
    return "\n\n".join([p.rstrip("\n") for p in parts if p]) + "\n"


def function(program: Program, name: str | None = None) -> Function:
    """A Program as a C function ``int name(const inputs..., outputs..., void *workspace)``.

    Raises:
        MissingRule: the program does something that only wengert's run-time library can do.

    Example:
        >>> from wengert.compiler.builder import Builder
        >>> from wengert.compiler.loops import Buffer, Index, Program, Store
        >>> x, y, b = Buffer("x", "f64", 1, "input"), Buffer("y", "f64", 1, "output"), Builder()
        >>> print(function(Program("root", [x], [y], [], [], [Store(y, Index(), b("sqrt", b.load(x, Index())))])).text)
        size_t root_workspace(void)
        {
          return 0;
        }
        <BLANKLINE>
        int root(const double *restrict x, double *restrict y, void *workspace)
        {
          (void)workspace;
          y[0] = sqrt(x[0]);
          return 0;
        }
    """
    return _Translation(plain(program), name or identifier(program.name)).function()


class _Translation(Writer):
    def __init__(self, program: Program, name: str) -> None:
        super().__init__(program, _RESERVED)
        self.name = name
        self.taken.add(name)
        self.helpers: set[tuple[str, str]] = set()
        for b in (*program.inputs, *program.outputs, *program.temps):
            self._enter(b)
        for b in program.consts:
            self.names[b] = f"table_{fingerprint(b)[:10]}"
            self.taken.add(self.names[b])
        self.large = [b for s in walk(program.body) if isinstance(s, For) for b in s.locals if b.bytes > _LARGE]
        for b in self.large:
            self._enter(b)

    def function(self) -> Function:
        p = self.program
        shared = {memory(b) for b in (*p.inputs, *p.outputs, *p.temps) if b.reuses is not None}
        self._set_up(shared)
        self.depth -= 1
        self.block(p.body)
        self.depth += 1
        for b in p.outputs:
            if memory(b) in shared and b is not memory(b):
                self.line(f"memcpy({self.parameters[b]}, {self.names[b]}, {b.bytes});")
        self.line("return 0;")
        inner = [f"const {TYPES[b.code]} *restrict {self.parameters[b]}, " for b in p.inputs]
        inner += [f"{TYPES[b.code]} *restrict {self.parameters[b]}, " for b in p.outputs]
        signature = f"int {self.name}({''.join(inner)}void *workspace)"
        form = _WITH_WORKSPACE if self.size else _WITHOUT_WORKSPACE
        words = set(re.findall(r"\w+", "\n".join(self.lines)))
        self.lines[:0] = [f"  (void){x};" for x in self.parameters.values() if x not in words]
        body, names = "\n".join(self.lines), "".join([f"{n}, " for n in self.parameters.values()])
        text = form.format(
            name=self.name, signature=signature, size=self.size, body=body, inner="".join(inner), names=names
        )
        tables = {self.names[b]: b for b in p.consts}
        return Function(self.name, signature, text, tables, frozenset(self.helpers), self.size)

    # --- memory ---------------------------------------------------------------------------------------------

    def _enter(self, b: Buffer) -> None:
        self.names[b] = self.fresh([identifier(b.name)])
        self.taken.add(self.names[b])

    def _set_up(self, shared: set[Buffer]) -> None:
        """Declare the buffers in the workspace, and those that are in the memory of others."""
        p = self.program
        self.parameters = {b: self.names[b] for b in (*p.inputs, *p.outputs)}
        copied = [b for b in p.inputs if b in shared]
        offsets = self._places(copied)
        self.depth += 1
        for b in copied:
            self._rename(b, "copy")
        for b in sorted(offsets, key=lambda b: (offsets[b], self.names[b])):
            self.line(f"{TYPES[b.code]} *{self.names[b]} = ({TYPES[b.code]} *)(work + {offsets[b]});")
        for b in (*p.outputs, *p.temps):
            if b.reuses is not None:
                if b.kind == "output":
                    self._rename(b, "here")
                self.line(f"{TYPES[b.code]} *{self.names[b]} = ({TYPES[b.code]} *){self.names[memory(b)]};")
        for b in copied:
            self.line(f"memcpy({self.names[b]}, {self.parameters[b]}, {b.bytes});")

    def _places(self, copied: list[Buffer]) -> dict[Buffer, int]:
        """Offsets in the workspace: of temporaries, and of large local buffers and inputs that are written over."""
        sizes: dict[Buffer, int] = {}
        for b in (*copied, *self.program.outputs, *self.program.temps):
            root = memory(b)
            if root.kind != "output":
                sizes[root] = max(sizes.get(root, root.bytes), b.bytes)
        always = {b: sizes.pop(b) for b in copied} | {b: b.bytes for b in self.large}
        offsets, self.size = arena(self.program, sizes)
        for b, size in always.items():
            offsets[b], self.size = self.size, self.size + rounded(size)
        return offsets

    def _rename(self, b: Buffer, what: str) -> None:
        """Another name for memory that is not the parameter's."""
        self.names[b] = self.fresh([f"{self.names[b]}_{what}"])
        self.taken.add(self.names[b])

    # --- values ---------------------------------------------------------------------------------------------

    def number(self, value: Value) -> Text:
        text = _number(value.attr, value.code)
        return text, BINDING["neg"] if text.startswith("-") else ATOM

    def guarded(self, entry: str, guard: Text, value: Value) -> Text:
        return f"({self.within(guard, BINDING['or'])} ? {entry} : 0)", ATOM

    def declaration(self, name: str, value: Value, text: str) -> str:
        return f"{TYPES[value.code]} {name} = {text};"

    def operation(self, value: Value, parts: list[Text]) -> Text:
        if value.op == "select":
            holds, x, y = [self.within(p, BINDING["or"]) for p in parts]
            return f"{holds} ? {x} : {y}", BINDING["select"]
        if value.op == "cast":
            return self._cast(value.args[0].code, value.code, parts[0])
        return self._spell(value.op, value.args[0].code, parts)

    def _spell(self, op: str, code: str, parts: list[Text]) -> Text:
        """An operation on operands of one type."""
        if code == "b1" and op in _TRUTH:
            sign = _TRUTH[op]
            binding = {"&&": BINDING["and"], "||": BINDING["or"], "!=": BINDING["eq"]}[sign]
            return self.infix(sign, binding, [(self.within(p, BINDING["eq"]), ATOM) for p in parts])
        if code == "b1" and op == "not":
            return f"!{self.within(parts[0], BINDING['neg'])}", BINDING["neg"]
        if op in _COMPARED or (op in _INFIX and code in _NATURAL):
            return self.infix(_INFIX[op], BINDING[op], parts)
        if op in _BITS and code[0] in "iu":
            return self.infix(_BITS[op], BINDING[op], parts)
        if op == "neg" and code in _NATURAL:
            inner = self.within(parts[0], BINDING["neg"])
            return f"-({inner})" if inner.startswith("-") else f"-{inner}", BINDING["neg"]
        if op == "fma":
            return self._spell("add", code, [self._spell("mul", code, parts[:2]), parts[2]])
        if code[0] == "f" and op in _LIBM:
            return self._call(_LIBM[op] + ("f" if code == "f32" else ""), parts)
        if op in _ASKS:
            return self._ask(op, code, parts[0])
        if (op in _WHOLE and code[0] != "f") or (op == "abs" and code[0] in "ub"):
            return parts[0]
        op = {"fmax": "maximum", "fmin": "minimum"}.get(op, op)
        if code == "b1" or op not in (FLOATS if code[0] == "f" else INTEGERS):
            raise MissingRule(
                explain(
                    f"{op} of {code} in {self.program.name} has no form in C.",
                    "The C source is written operation by operation, and this one is not known to it.",
                    "This is a defect of wengert; please report it with the function that was exported.",
                )
            )
        self.helpers.add((op, code))
        return self._call(f"{op}_{code}", parts)

    def _call(self, name: str, parts: Sequence[Text]) -> Text:
        return f"{name}({', '.join([t for t, _ in parts])})", ATOM

    def _ask(self, op: str, code: str, part: Text) -> Text:
        if code[0] == "f":
            return (f"signbit({part[0]}) != 0", BINDING["ne"]) if op == "signbit" else self._call(op, [part])
        if op == "signbit":
            return f"{self.within(part, BINDING['lt'] + 1)} < 0", BINDING["lt"]
        return ("true" if op == "isfinite" else "false"), ATOM

    def _cast(self, old: str, new: str, part: Text) -> Text:
        inner = self.within(part, BINDING["neg"])
        if old[0] == "f" and new == "u64":
            self.helpers.add((f"cast_{old}", new))
            return self._call(f"cast_{old}_{new}", [part])
        if old[0] == "f" and new[0] in "iu" and new != "i64":
            return f"({TYPES[new]})(int64_t){inner}", BINDING["neg"]
        return f"({TYPES[new]}){inner}", BINDING["neg"]

    # --- statements -----------------------------------------------------------------------------------------

    def statement(self, s: Statement) -> None:
        match s:
            case For():
                self._for(s)
            case Store(buffer=buffer, index=index, value=value):
                place = self.entry(buffer, index)
                right, *guard = self._texts(value, s.guard)
                if s.mode == "add":
                    line = self._changed(place, "add", buffer.code, right)
                else:
                    line = f"{place} = {right[0]};"
                self.line("".join([f"if ({g[0]}) " for g in guard]) + line)
            case Update(acc=acc, value=value):
                self.line(self._changed(self.names[acc], acc.op, acc.code, self._texts(value)[0]))
            case Check(holds=holds):
                self.line(f"if ({self._spell('not', 'b1', self._texts(holds))[0]}) return 1;")
            case If(holds=holds, then=then, orelse=orelse):
                self.line(f"if ({self.texts(holds)[0]}) {{")
                self.block(then)
                if orelse:
                    self.line("} else {")
                    self.block(orelse)
                self.line("}")
            case While():
                self.line("for (;;) {")
                self.repeat(s, lambda holds: f"if ({self._spell('not', 'b1', [holds])[0]}) break;")
                self.line("}")
            case Gemm():
                self._product(s)
            case _:
                raise AssertionError(f"{s} is not plain")

    def _product(self, s: Gemm) -> None:
        code = s.c.buffer.code
        self.helpers.add(("gemm", code))
        matrices = [f"&{self.entry(x.buffer, x.index)}, {x.row}, {x.column}" for x in (s.a, s.b, s.c)]
        self.line(f"gemm_{code}({s.m}, {s.n}, {s.k}, {', '.join(matrices)}, {int(s.add)});")

    def _for(self, s: For) -> None:
        inits = [a.init if isinstance(a.init, Value) else Value("const", (), a.init, a.code) for a in s.accs]
        texts = [self._texts(v)[0][0] for v in inits]
        self.before_loop(s)
        for acc, name, text in zip(s.accs, self.acc_names(s), texts, strict=True):
            self.line(f"{TYPES[acc.code]} {name} = {text};")
        here = [b for b in s.locals if b not in self.large]
        for b in here:
            self._enter(b)
        self.loop(s, lambda: self._head(s, here))
        self.line("}")

    def _head(self, s: For, locals_: list[Buffer]) -> None:
        i, v = self.names[s.var], s.var
        self.line(f"for (int64_t {i} = {v.start}; {i} < {v.stop}; {i}++) {{")
        for b in locals_:
            self.line(f"  {TYPES[b.code]} {self.names[b]}[{b.size}];")

    def _changed(self, place: str, op: str, code: str, right: Text) -> str:
        """The line that changes a place: ``place = place op right;``."""
        if op == "set":
            return f"{place} = {right[0]};"
        if op in ("add", "mul") and code in _NATURAL:
            return f"{place} {_INFIX[op]}= {right[0]};"
        return f"{place} = {self._spell(op, code, [(place, ATOM), right])[0]};"

    def _texts(self, *roots: Value | None) -> list[Text]:
        wanted = [v for v in roots if v is not None]
        found = self.rendered(wanted)
        return [found[v] for v in wanted]


_WITHOUT_WORKSPACE = """\
size_t {name}_workspace(void)
{{
  return 0;
}}

{signature}
{{
  (void)workspace;
{body}
}}"""

_WITH_WORKSPACE = """\
static int {name}_with({inner}unsigned char *work)
{{
{body}
}}

size_t {name}_workspace(void)
{{
  return {size};
}}

{signature}
{{
  unsigned char *work = workspace ? workspace : malloc({size});
  int status = work ? {name}_with({names}work) : 2;
  if (!workspace) free(work);
  return status;
}}"""


def _table(name: str, b: Buffer) -> str:
    """A constant as a table of eight numbers a line."""
    numbers = [_number(x, b.code) for x in np.asarray(b.data).ravel().tolist()] or ["0"]
    rows = [", ".join(numbers[k : k + 8]) for k in range(0, len(numbers), 8)]
    inner = rows[0] if len(rows) == 1 else "\n  " + ",\n  ".join(rows) + "\n"
    return f"static const {TYPES[b.code]} {name}[{max(b.size, 1)}] = {{{inner}}};"


def _number(x: Any, code: str) -> str:
    """A number that C reads back exactly."""
    if code == "b1":
        return "true" if x else "false"
    if code[0] == "f":
        if math.isnan(x):
            return "NAN"
        if math.isinf(x):
            return "INFINITY" if x > 0 else "-INFINITY"
        return f"{np.float32(x)!s}f" if code == "f32" else repr(float(x))
    if int(x) == -(1 << 63):
        return "INT64_MIN"
    return f"{int(x)}u" if code in ("u32", "u64") else str(int(x))
