"""LLVM text of functions that take part in products: blocks, loops with bounds known when they run, vectors."""

from __future__ import annotations

from collections.abc import Callable

from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import BYTES, SCALAR, mangled, vector

__all__ = ["Body", "lanes_of", "ones"]


def lanes_of(module: ModuleText, code: str) -> int:
    """The lanes of one vector register."""
    return module.bytes // BYTES[code]


def ones(lanes: int, alive: int) -> str:
    """A mask of which the first lanes are set."""
    return "<" + ", ".join([f"i1 {'true' if k < alive else 'false'}" for k in range(lanes)]) + ">"


class Body:
    """The lines of a function that computes with one type of floating-point numbers."""

    def __init__(self, module: ModuleText, code: str) -> None:
        self.module = module
        self.code = code
        self.scalar = SCALAR[code]
        self.bytes = BYTES[code]
        self.lanes = lanes_of(module, code)
        self.lines: list[str] = []
        self.label = "entry"

    @property
    def vector(self) -> str:
        """The type of a vector."""
        return vector(self.scalar, self.lanes)

    def let(self, instruction: str) -> str:
        """The name of the result of an instruction."""
        name = self.module.name()
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """An instruction without a result."""
        self.lines.append("  " + instruction)

    def begin(self, label: str) -> None:
        """A new basic block."""
        self.lines.append(f"{label}:")
        self.label = label

    def function(self, head: str) -> str:
        """The whole, as an internal function of that name and those parameters."""
        return "\n".join(
            [f"define internal void {head} noinline nounwind {{", "entry:", *self.lines, "  ret void", "}"]
        )

    # --- integers and addresses ---------------------------------------------------------------------------------

    def add(self, x: str, y: str | int) -> str:
        """x + y."""
        return x if y in (0, "0") else self.let(f"add nsw i64 {x}, {y}")

    def sub(self, x: str, y: str | int) -> str:
        """x - y."""
        return x if y in (0, "0") else self.let(f"sub nsw i64 {x}, {y}")

    def times(self, x: str, y: str | int) -> str:
        """x · y."""
        return x if y == 1 or x == "0" else self.let(f"mul nsw i64 {x}, {y}")

    def least(self, x: str, y: str | int) -> str:
        """The smaller one."""
        return self.let(self.module.call("i64", "llvm.smin.i64", f"i64 {x}", f"i64 {y}"))

    def most(self, x: str, y: str | int) -> str:
        """The greater one."""
        return self.let(self.module.call("i64", "llvm.smax.i64", f"i64 {x}", f"i64 {y}"))

    def at(self, base: str, entries: str | int) -> str:
        """The address so many numbers further."""
        return base if entries in (0, "0") else self.let(f"getelementptr {self.scalar}, ptr {base}, i64 {entries}")

    def loop(self, lo: str | int, hi: str | int, step: int, body: Callable[[str], None]) -> None:
        """for (i = lo; i < hi; i += step): the body, which is told the name of i."""
        head, inside, after = [self.module.label() for _ in range(3)]
        i, following, before = self.module.name(), self.module.name(), self.label
        self.do(f"br label %{head}")
        self.begin(head)
        place = len(self.lines)
        going = self.let(f"icmp slt i64 {i}, {hi}")
        self.do(f"br i1 {going}, label %{inside}, label %{after}")
        self.begin(inside)
        body(i)
        self.lines.append(f"  {following} = add nsw i64 {i}, {step}")
        self.do(f"br label %{head}")
        self.lines.insert(place, f"  {i} = phi i64 [ {lo}, %{before} ], [ {following}, %{self.label} ]")
        self.begin(after)

    def cut(self, lo: str, hi: str, step: int, most: int, body: Callable[[str, str], None]) -> None:
        """The body for each `step` of lo .. hi, which are at most so many: it is told the first and the end."""
        if most <= step:
            body(lo, hi)
        else:
            self.loop(lo, hi, step, lambda i: body(i, self.least(self.add(i, step), hi)))

    def where(self, holds: str, body: Callable[[], None]) -> None:
        """The body, if the i1 is true."""
        inside, after = self.module.label(), self.module.label()
        self.do(f"br i1 {holds}, label %{inside}, label %{after}")
        self.begin(inside)
        body()
        self.do(f"br label %{after}")
        self.begin(after)

    # --- vectors ----------------------------------------------------------------------------------------------

    def load(self, place: str, mask: str | None = None) -> str:
        """A vector from memory, with zeros where the mask is not set."""
        if mask is None:
            return self.let(f"load {self.vector}, ptr {place}, align {self.bytes}")
        name = f"llvm.masked.load.{mangled(self.code, self.lanes)}.p0"
        return self.let(self.module.call(self.vector, name, f"ptr {place}", f"i32 {self.bytes}",
                                         f"<{self.lanes} x i1> {mask}", f"{self.vector} zeroinitializer"))  # fmt: skip

    def store(self, x: str, place: str, mask: str | None = None) -> None:
        """A vector to memory, where the mask is set."""
        if mask is None:
            self.do(f"store {self.vector} {x}, ptr {place}, align {self.bytes}")
            return
        name = f"llvm.masked.store.{mangled(self.code, self.lanes)}.p0"
        self.do(self.module.call("void", name, f"{self.vector} {x}", f"ptr {place}", f"i32 {self.bytes}",
                                 f"<{self.lanes} x i1> {mask}"))  # fmt: skip

    def everywhere(self, place: str) -> str:
        """A number from memory, in all lanes."""
        x = self.let(f"load {self.scalar}, ptr {place}, align {self.bytes}")
        first = self.let(f"insertelement {self.vector} poison, {self.scalar} {x}, i64 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.let(f"shufflevector {self.vector} {first}, {self.vector} poison, {zeros}")

    def first(self, count: str) -> str:
        """A mask of which the first `count` lanes are set."""
        kind = vector("i64", self.lanes)
        one = self.let(f"insertelement {kind} poison, i64 {count}, i64 0")
        all_ = self.let(f"shufflevector {kind} {one}, {kind} poison, <{self.lanes} x i32> zeroinitializer")
        return self.let(f"icmp slt {kind} <{', '.join([f'i64 {k}' for k in range(self.lanes)])}>, {all_}")

    def shuffled(self, x: str, y: str, order: list[int]) -> str:
        """Lanes of x (numbered from 0) and of y (numbered after those of x)."""
        places = "<" + ", ".join([f"i32 {k}" for k in order]) + ">"
        return self.let(f"shufflevector {self.vector} {x}, {self.vector} {y}, <{len(order)} x i32> {places}")
