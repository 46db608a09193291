"""The C header of exported functions: prototypes, and what each argument is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wengert.compiler.chelpers import TYPES
from wengert.compiler.loops import code_of
from wengert.spec import Spec

__all__ = ["Parameter", "Prototype", "header"]


@dataclass(frozen=True)
class Parameter:
    """An argument of a C function: an array of numbers, in C order."""

    name: str
    spec: Spec
    is_output: bool
    meaning: str = ""

    @property
    def declaration(self) -> str:
        """How C declares it: ``const double x[100]``."""
        code = code_of(self.spec.dtype)
        assert code is not None
        return f"{'' if self.is_output else 'const '}{TYPES[code]} {self.name}[{max(self.spec.size, 1)}]"


@dataclass(frozen=True)
class Prototype:
    """A C function: its name, what it computes, and its arguments."""

    name: str
    meaning: str
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        inner = ", ".join([p.declaration for p in self.parameters])
        return f"int {self.name}({inner}{', ' if inner else ''}void *workspace);"


_ABOUT = """\
Arrays are contiguous, the last index running fastest; they may not overlap. Every function is re-entrant: it keeps
nothing between calls and uses no memory but its arguments and the workspace. That is NAME_workspace() bytes of any
alignment, used by one call at a time; where it is NULL the function allocates and frees it.

Returned is 0, or 1 if an index was out of range or a condition of the function did not hold (the results mean nothing
then), or 2 if there was no memory for a workspace."""


def header(name: str, about: Sequence[str], prototypes: Iterable[Prototype]) -> str:
    """The text of ``name.h``. about: paragraphs for its beginning."""
    guard = f"{name.upper()}_H"
    top = comment([f"{name}.h, written by wengert", *about, _ABOUT])
    includes = "\n".join([f"#include <{x}.h>" for x in ("stdbool", "stddef", "stdint")])
    opening = '#ifdef __cplusplus\nextern "C" {\n#endif'
    closing = f"#ifdef __cplusplus\n}}\n#endif\n\n#endif /* {guard} */\n"
    functions = [f"{_described(p)}\nsize_t {p.name}_workspace(void);\n{p}" for p in prototypes]
    return "\n\n".join([top, f"#ifndef {guard}\n#define {guard}", includes, opening, *functions, closing])


def comment(paragraphs: Iterable[str]) -> str:
    """A C comment; what would end it is broken up."""
    lines = "\n\n".join([p.strip() for p in paragraphs if p.strip()]).replace("*/", "* /").splitlines()
    return "/*\n" + "\n".join([f" * {line}".rstrip() for line in lines]) + "\n */"


def _described(p: Prototype) -> str:
    width = max([len(x.name) for x in p.parameters], default=0)
    rows = [f"{x.name.ljust(width)}  {'out' if x.is_output else 'in '}  {_shape(x)}" for x in p.parameters]
    return comment([f"{p.name}: {p.meaning}", "\n".join(rows)])


def _shape(x: Parameter) -> str:
    shape = f"shape ({', '.join(map(str, x.spec.shape))})" if x.spec.shape else "a number"
    return f"{shape}, {x.spec.dtype}{'; ' + x.meaning if x.meaning else ''}"
