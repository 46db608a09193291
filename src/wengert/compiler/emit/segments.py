"""Long straight-line code as a row of functions, because LLVM's time grows faster than the length of a function.

@part1   a = ...   b = ...   store a        what a later part needs is left in the arena
@part2   load a    c = a * ...              by the part that computed it, if one does need it
"""

from __future__ import annotations

from dataclasses import dataclass

from wengert.compiler.emit.arena import Layout
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.types import STORED
from wengert.compiler.loops import Acc, Value

__all__ = ["LONG", "Parked", "Segment", "calls"]

LONG = 2000  # lines of a function, above which another is begun


@dataclass
class Segment:
    """A function that is written, but for what later ones want of it."""

    name: str
    allocas: list[str]
    lines: list[str]
    status: str | None

    def leave(self, text: str, code: str, offset: int, module: ModuleText, layout: Layout) -> None:
        """Store a scalar of this function in the arena."""
        slot, arena, place = module.name(), module.name(), module.name()
        self.lines += [
            f"  {slot} = getelementptr ptr, ptr %buffers, i64 {layout.arena_slot}",
            f"  {arena} = load ptr, ptr {slot}, align 8",
            f"  {place} = getelementptr i8, ptr {arena}, i64 {offset}",
        ]
        if code == "b1":
            byte = module.name()
            self.lines.append(f"  {byte} = zext i1 {text} to i8")
            text = byte
        self.lines.append(f"  store {STORED[code]} {text}, ptr {place}, align 8")

    @property
    def text(self) -> str:
        """The whole function, which returns whether a check failed."""
        end = ["  ret i32 0"]
        if self.status is not None:
            end = [f"  %status = load i32, ptr {self.status}", "  ret i32 %status"]
        head = f"define internal i32 {self.name}(ptr noalias %buffers) noinline {{"
        return "\n".join([head, "entry:", *self.allocas, *self.lines, *end, "}"])


class Parked:
    """What finished functions have computed: where it is, or who has it."""

    def __init__(self, module: ModuleText, layout: Layout) -> None:
        self._module, self._layout = module, layout
        self._owners: dict[Value | Acc, tuple[Segment, str]] = {}
        self._offsets: dict[Value | Acc, int] = {}

    def __contains__(self, x: Value | Acc) -> bool:
        return x in self._owners or x in self._offsets

    def add(self, x: Value | Acc, segment: Segment, text: str) -> None:
        """A segment has it, as a register (a value) or on its stack (an accumulator)."""
        if x not in self._offsets:
            self._owners[x] = segment, text

    def offset(self, x: Value | Acc) -> int:
        """Where it is in the arena; its owner stores it there when this is asked for first."""
        at = self._offsets.get(x)
        if at is None:
            segment, text = self._owners.pop(x)
            at = self._offsets[x] = self._layout.word()
            if isinstance(x, Acc):
                loaded = self._module.name()
                segment.lines.append(f"  {loaded} = load {STORED[x.code]}, ptr {text}")
                segment.leave(loaded, "u8" if x.code == "b1" else x.code, at, self._module, self._layout)
            else:
                segment.leave(text, x.code, at, self._module, self._layout)
        return at

    def forget(self, x: Value) -> bool:
        """It is not what it was; whether it was here."""
        owner, offset = self._owners.pop(x, None), self._offsets.pop(x, None)
        return owner is not None or offset is not None


def calls(module: ModuleText, segments: list[Segment]) -> list[str]:
    """One segment after the other, as far as the first in which a check failed, and the return code."""
    lines, failed = [], module.label()
    for segment in segments:
        module.functions.append(segment.text)
        code, fails, after = module.name(), module.name(), module.label()
        lines += [
            f"  {code} = call i32 {segment.name}(ptr %buffers)",
            f"  {fails} = icmp ne i32 {code}, 0",
            f"  br i1 {fails}, label %{failed}, label %{after}",
            f"{after}:",
        ]
    return [*lines, "  ret i32 0", f"{failed}:", "  ret i32 1"]
