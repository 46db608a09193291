"""A Program as text: what every language that one is written in has in common.

Values have no place in the loop IR; text has lines. So a Writer decides what becomes a line of its own:

    a = exp(s[i])              computed before the loop in which it does not change
    for j in 0..9:
      b = x[j] * a             used more than once in the block, or too long for one line
      y[10*i + j] = b * b      everything else is written where it is used

A named value is forgotten as soon as a statement writes to something it was computed from, because from then on the
same Value is another number. Nothing here recurses into Values, so a chain of any length can be written.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator

from wengert.compiler.emit.facts import Facts
from wengert.compiler.loops import (
    Block,
    Buffer,
    For,
    Index,
    Program,
    Statement,
    Value,
    While,
    values,
    walk,
)

__all__ = ["ATOM", "BINDING", "Text", "Writer", "ordered"]

_LONG = 60  # a longer expression gets a name
_LEAVES = frozenset({"const", "index", "acc"})
_LOOPS = "ijklmn"
_VALUES = "abcdfghopqrstuvwxyz"
_ACCS = {"add": "sum", "mul": "product", "maximum": "top", "minimum": "bottom", "and": "every", "or": "some"}

# How tightly an operator binds; what binds less tightly than its surroundings goes into parentheses.
_CHOICE, _OR, _XOR, _AND, _COMPARE, _SHIFT, _SUM, _PRODUCT, _UNARY, ATOM = range(10)
BINDING = {
    "or": _OR, "xor": _XOR, "and": _AND, "eq": _COMPARE, "ne": _COMPARE, "lt": _COMPARE, "le": _COMPARE,
    "gt": _COMPARE, "ge": _COMPARE, "shl": _SHIFT, "shr": _SHIFT, "add": _SUM, "sub": _SUM, "mul": _PRODUCT,
    "div": _PRODUCT, "floordiv": _PRODUCT, "mod": _PRODUCT, "neg": _UNARY, "not": _UNARY, "select": _CHOICE,
}  # fmt: skip

Text = tuple[str, int]  # an expression, and how tightly it binds


def ordered(roots: Iterable[Value], known: Container[Value] = ()) -> Iterator[Value]:
    """The values that roots are computed from, and the roots; operands first, each once, known ones not opened."""
    seen = set()
    stack = [(v, False) for v in reversed(list(roots))]
    while stack:
        v, ready = stack.pop()
        if ready:
            yield v
        elif v not in seen:
            seen.add(v)
            stack.append((v, True))
            if v not in known:
                stack += [(o, False) for o in reversed(list(v.operands))]


def _certain(block: Block) -> Iterator[Statement]:
    """The statements that run whenever the block does: not what an If, a While or an empty range may leave out."""
    for s in block:
        yield s
        if isinstance(s, For) and s.var.start < s.var.stop:
            yield from _certain(s.body)


class Writer:
    """Writes Programs. A language is a subclass: it spells numbers, operations and statements."""

    def __init__(self, program: Program, reserved: Iterable[str] = ()) -> None:
        self.program = program
        self.facts = Facts(program)
        self.lines: list[str] = []
        self.depth = 0
        self.nesting = 0  # of loops
        self.names: dict[object, str] = {}  # of buffers, loop variables and accumulators
        self.taken = set(reserved)
        self._known: dict[Value, str] = {}
        self._readers: dict[object, list[Value]] = {}
        self._depends: dict[Value, frozenset[object]] = {}
        self._uses: Counter[Value] = Counter()
        self._letters = 0

    # --- what a language says -------------------------------------------------------------------------------

    def number(self, value: Value) -> Text:
        """A constant."""
        raise NotImplementedError

    def operation(self, value: Value, parts: list[Text]) -> Text:
        """An operation on operands that are written already."""
        raise NotImplementedError

    def declaration(self, name: str, value: Value, text: str) -> str:
        """The line that gives a value its name."""
        raise NotImplementedError

    def statement(self, s: Statement) -> None:
        """Write a statement."""
        raise NotImplementedError

    # --- lines and blocks -----------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """A line at the present depth."""
        self.lines.append("  " * self.depth + text)

    def block(self, block: Block, after: Callable[[], None] | None = None) -> None:
        """Write the statements of a block, deeper than what is around it; `after` still sees its names."""
        kept = dict(self._known), self._uses, self._letters, self.taken
        self._uses, self.taken = self._count(block), set(self.taken)
        self.depth += 1
        for s in block:
            self.statement(s)
            self._forget(self.facts.writes(s))
        if after is not None:
            after()
        self.depth -= 1
        still = self._known
        before, self._uses, self._letters, self.taken = kept
        self._known = {v: name for v, name in before.items() if still.get(v) == name}

    def loop(self, s: For, head: Callable[[], None]) -> None:
        """Write a loop: its variable gets a name, `head` writes the first lines, the body follows."""
        self.nesting += 1
        name = self.names[s.var] = self.fresh([_LOOPS[(self.nesting - 1) % len(_LOOPS)]])
        self.taken.add(name)
        head()
        self.block(s.body)
        self.taken.discard(name)
        self.nesting -= 1

    def before_loop(self, s: For) -> None:
        """Name what does not change in a loop, ahead of it."""
        self._forget(self.facts.writes(s))
        moving = {*self.facts.writes(s), *[t.var for t in walk([s]) if isinstance(t, For)]}
        found: dict[Value, None] = {}
        stack = [v for t in _certain([s]) if t is not s for v in values(t)][::-1]
        seen = set()
        while stack:
            v = stack.pop()
            if v in seen or v in self._known:
                continue
            seen.add(v)
            if self.depends(v) & moving:
                stack += list(v.operands)[::-1]
            elif not self._leaf(v):
                found[v] = None
        uses = self._uses
        self._uses = uses + self._counted(found)
        for v in found:
            text = self.rendered([v])[v]
            if v not in self._known:
                self._name(v, text[0])
        self._uses = uses

    def repeat(self, s: While, leave: Callable[[Text], str]) -> None:
        """Write test, the line that leaves the loop unless a condition holds, and body, all as one block."""
        self._forget(self.facts.writes(s))

        def body() -> None:
            self.line(leave(self.rendered([s.holds])[s.holds]))
            self.depth -= 1
            self.block(s.body)
            self.depth += 1

        self.block(s.test, after=body)

    def acc_names(self, s: For) -> list[str]:
        """Names for the accumulators of a loop."""
        for acc in s.accs:
            stem = _ACCS.get(acc.op, "state")
            self.names[acc] = self.fresh([stem])
            self.taken.add(self.names[acc])
        return [self.names[acc] for acc in s.accs]

    def fresh(self, stems: Iterable[str]) -> str:
        """The first of the stems, then of the stems with a number, that is not taken."""
        stems = list(stems)
        numbered = (f"{stem}{n}" for n in itertools.count(1) for stem in stems)
        return next(name for name in itertools.chain(stems, numbered) if name not in self.taken)

    # --- values ---------------------------------------------------------------------------------------------

    def texts(self, *roots: Value) -> list[str]:
        """How values are written here; lines that they need are written before."""
        found = self.rendered(roots)
        return [found[v][0] for v in roots]

    def entry(self, buffer: Buffer, index: Index) -> str:
        """An entry of a buffer, ``x[2*i + 1]``, whose index may need lines before it."""
        found = self.rendered([v for v, _ in index.dynamic])
        return self._entry(buffer, index, found)

    def within(self, text: Text, binding: int) -> str:
        """An expression as an operand of something that binds that tightly."""
        return text[0] if text[1] >= binding else f"({text[0]})"

    def infix(self, sign: str, binding: int, parts: list[Text]) -> Text:
        """Two operands and an operator that takes from the left: a - b - c is (a - b) - c."""
        left, right = parts
        lower = binding + 1 if binding == _COMPARE else binding  # comparisons do not chain
        return f"{self.within(left, lower)} {sign} {self.within(right, binding + 1)}", binding

    def depends(self, value: Value) -> frozenset[object]:
        """What a value changes with: memory, accumulators, loop variables."""
        memo = self._depends
        if value not in memo:
            for v in ordered([value], memo):
                if v not in memo:
                    memo[v] = self._own(v).union(*[memo[o] for o in v.operands])
        return memo[value]

    def _own(self, v: Value) -> frozenset[object]:
        if v.op == "load":
            buffer, index = v.attr
            key = self.facts.key(buffer, index)
            return frozenset([*([] if key is None else [key]), *[x for x, _ in index.terms]])
        if v.op == "index":
            return frozenset([x for x, _ in v.attr.terms])
        return frozenset([v.attr] if v.op == "acc" else [])

    @staticmethod
    def _leaf(v: Value) -> bool:
        """Whether a value is as short as its name would be."""
        return (v.op in _LEAVES and not (v.op == "index" and v.attr.dynamic)) or (v.op == "load" and not v.args)

    def _count(self, block: Block) -> Counter[Value]:
        """How often each value is written in a block."""
        return self._counted([v for s in block for v in values(s)])

    def _counted(self, roots: Iterable[Value]) -> Counter[Value]:
        roots = list(roots)
        uses = Counter(roots)
        for v in ordered(roots, self._known):
            if v not in self._known:
                uses.update(v.operands)
        return uses

    def rendered(self, roots: Iterable[Value]) -> dict[Value, Text]:
        """The texts of values and of all that they are made of."""
        found: dict[Value, Text] = {}
        roots = list(roots)
        last = set(roots)  # written where they are used, however long
        for v in ordered(roots, self._known):
            if v in self._known:
                found[v] = self._known[v], ATOM
                continue
            text = found[v] = self._text(v, found)
            if not self._leaf(v) and (self._uses[v] > 1 or (len(text[0]) > _LONG and v not in last)):
                found[v] = self._name(v, text[0]), ATOM
        return found

    def _text(self, v: Value, found: dict[Value, Text]) -> Text:
        if v.op == "const":
            return self.number(v)
        if v.op == "acc":
            return self.names[v.attr], ATOM
        if v.op == "index":
            return self._index(v.attr, found)
        if v.op == "load":
            buffer, index = v.attr
            entry = self._entry(buffer, index, found)
            return self.guarded(entry, found[v.args[0]], v) if v.args else (entry, ATOM)
        return self.operation(v, [found[a] for a in v.args])

    def guarded(self, entry: str, guard: Text, value: Value) -> Text:
        """An entry that is only read where the guard holds."""
        raise NotImplementedError

    def _entry(self, buffer: Buffer, index: Index, found: dict[Value, Text]) -> str:
        return f"{self.names[buffer]}[{self._index(index, found)[0]}]"

    def _index(self, index: Index, found: dict[Value, Text]) -> Text:
        """An affine form, ``10*i + j - 1``."""
        terms: list[tuple[Text, int]] = [((self.names[v], ATOM), c) for v, c in index.terms]
        terms += [(found[v], c) for v, c in index.dynamic]
        number, out, binding = index.const, "", ATOM
        if number > 0 and terms and terms[0][1] < 0:  # 3 - i
            out, binding, number = str(number), _SUM, 0
        for text, c in terms:
            size = self.within(text, _SUM + 1) if abs(c) == 1 else f"{abs(c)}*{self.within(text, _UNARY)}"
            out, binding = _signed(out, size, c < 0), text[1] if not out and c == 1 else _SUM
        if number or not out:
            binding = _SUM if out or number < 0 else ATOM
            out = _signed(out, str(abs(number)), number < 0)
        return out, binding

    def _name(self, v: Value, text: str) -> str:
        number = self._letters
        while True:
            letter, round_ = _VALUES[number % len(_VALUES)], number // len(_VALUES)
            name = f"{letter}{round_}" if round_ else letter
            number += 1
            if name not in self.taken:
                break
        self._letters = number
        self.line(self.declaration(name, v, text))
        self._known[v] = name
        for thing in self.depends(v):
            self._readers.setdefault(thing, []).append(v)
        return name

    def _forget(self, changed: Iterable[object]) -> None:
        """Names of values that depend on what has changed mean nothing any more."""
        for thing in changed:
            for v in self._readers.pop(thing, ()):
                self._known.pop(v, None)


def _signed(out: str, text: str, minus: bool) -> str:
    if out:
        return f"{out} - {text}" if minus else f"{out} + {text}"
    return f"-{text}" if minus else text
