"""The text of a module: functions, what they declare, and the mathematics they call."""

from __future__ import annotations

from collections.abc import Callable

from wengert.compiler.emit.types import SCALAR, vector
from wengert.compiler.math import function
from wengert.compiler.target import Target

__all__ = ["ModuleText"]

_INLINED = 4  # calls of one function


class ModuleText:
    """A module that is being written. alone: its functions are given no run-time table, so they use no threads."""

    def __init__(self, target: Target, alone: bool = False) -> None:
        self.target = target
        self.alone = alone
        self.bytes = 8 * target.lanes_f64
        self.functions: list[str] = []
        self._declared: dict[str, str] = {}
        self._shared: set[str] = set()
        self._metadata = ["!0 = !{}"]
        self._math: dict[tuple[str, str, int], int] = {}
        self._count = 0
        self.zeros = 0

    def name(self) -> str:
        """A name for a register that no other has."""
        self._count += 1
        return f"%v{self._count}"

    def label(self) -> str:
        """A name for a basic block that no other has."""
        self._count += 1
        return f"b{self._count}"

    def function_name(self) -> str:
        """A name for a function of this module."""
        self._count += 1
        return f"@part{self._count}"

    def once(self, name: str, write: Callable[[], str]) -> str:
        """A function that many may call: it is written when it is first asked for by its name."""
        if name not in self._shared:
            self._shared.add(name)
            self.functions.append(write())
        return name

    def metadata(self, *parts: str, distinct: bool = False) -> str:
        """The name of a new node of metadata; a distinct one has itself as its first part."""
        name = f"!{len(self._metadata)}"
        parts = (name, *parts) if distinct else parts
        self._metadata.append(f"{name} = {'distinct ' if distinct else ''}!{{{', '.join(parts)}}}")
        return name

    def call(self, result: str, name: str, *arguments: str) -> str:
        """A call of an intrinsic or outside function, which is declared. Arguments are written `type value`."""
        if name not in self._declared:
            types = ", ".join([_type_of(a) for a in arguments])
            self._declared[name] = f"declare {result} @{name}({types})"
        return f"call {result} @{name}({', '.join(arguments)})"

    def math(self, name: str, code: str, lanes: int, operands: list[str]) -> str:
        """A call of a function of the vector mathematics."""
        key = (name, code, lanes)
        self._math[key] = self._math.get(key, 0) + 1
        symbol, type_ = function(name, code, lanes, self.target.fma).symbol, vector(SCALAR[code], lanes)
        return f"call {type_} {symbol}({', '.join([f'{type_} {x}' for x in operands])})"

    def _mathematics(self) -> list[str]:
        """The functions that are called, each once; those with many calls are not inlined, which would take long."""
        texts: dict[str, str] = {}
        for (name, code, lanes), sites in self._math.items():
            stack = [function(name, code, lanes, self.target.fma, sites <= _INLINED)]
            while stack:
                f = stack.pop()
                if f.symbol not in texts:
                    texts[f.symbol] = f.text
                    stack += f.needs
        return list(texts.values())

    def zero(self, size: int) -> str:
        """The address of constant zeros, at least that many bytes."""
        self.zeros = max(self.zeros, size)
        return "@zeros"

    @property
    def text(self) -> str:
        """The whole module."""
        parts = []
        if self.zeros:
            parts.append(f"@zeros = private unnamed_addr constant [{self.zeros} x i8] zeroinitializer, align 64")
        parts += [*self.functions, *self._mathematics(), "\n".join(self._declared.values()), "\n".join(self._metadata)]
        return "\n\n".join(parts) + "\n"


def _type_of(argument: str) -> str:
    """The type in `type value`, where a vector type has spaces of its own."""
    if argument[0] == "<":
        return argument[: argument.index(">") + 1]
    return argument[: argument.index(" ")]
