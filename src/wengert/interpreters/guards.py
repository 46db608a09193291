"""Guards: plain arrays that were changed in place after an op had saved them, and who did it.

NumPy does not announce writes to a plain array. A small one is therefore copied when it is saved; of a large one some
entries are remembered, and looked at again before it is used. A written tensor needs none of this: it is renamed.
"""

from __future__ import annotations

import ast
import linecache
import os
from collections.abc import Sequence
from types import CodeType
from typing import Any, NamedTuple

from wengert.errors import MutatedArray, explain, user_frame, user_line

__all__ = ["SMALL", "Guard", "protected"]

SMALL = 16384  # bytes; copying fewer costs less than guarding them

# Methods and functions that write into an array.
_METHODS = frozenset("fill sort partition put resize setfield byteswap itemset".split())
_FUNCTIONS = frozenset("copyto put place putmask fill_diagonal put_along_axis at shuffle".split())
_VIEWS = frozenset("reshape ravel view transpose swapaxes squeeze diagonal".split())


def protected(x: Any) -> Any:
    """What to save of a plain array: a copy if it is small and somebody could write to it."""
    return x.copy() if x.nbytes <= SMALL and x.flags.writeable else x


class Guard:
    """Some entries of a large plain array, as they were when an op saved it, and where that was."""

    __slots__ = ("array", "code", "entries", "line", "names")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.entries = self._sample()
        # What it takes to find the writer later; nobody waits for it now.
        frame = user_frame()
        if frame is not None:
            self.code, self.line, self.names = frame.f_code, frame.f_lineno, frame.f_globals

    def _sample(self) -> bytes:
        return bytes(self.array.flat[:: max(1, self.array.size // 61)].tobytes())

    def _place(self) -> str:
        return f"{os.path.basename(self.code.co_filename)}:{self.line}" if hasattr(self, "code") else "an unknown line"

    def _scopes(self) -> list[_Scope]:
        """The function that saved the array: with its global names, or else with those that the line reads."""
        if not hasattr(self, "code"):
            return []
        names = {name for name, x in self.names.items() if _shares(x, self.array)}
        return [_scope(self.code, names or _names_on(self.code.co_filename, self.line))]

    def check(self, name: str) -> None:
        """Raise if the array was written to since; name: of who needs it."""
        if self._sample() == self.entries:
            return
        writes = _writes(_running(self.array)) or _writes(self._scopes())
        blamed = f"It was written to at {' or '.join(writes[:3])}; its" if writes else "Its"
        raise MutatedArray(
            explain(
                f"{name} saved a plain {self.array.dtype} array of shape {self.array.shape} at {self._place()}, which "
                f"was changed in place before the backward pass at {user_line()}.",
                f"{blamed} old values are needed for the gradient, and NumPy does not announce writes to plain arrays.",
                "Write a = a * 2 instead of a *= 2, use a.copy() in the op, or make it a tensor with wg.tensor(a).",
            )
        )


class _Scope(NamedTuple):
    """The lines of a function, and the names that an array has there."""

    file: str
    first: int
    last: int
    names: set[str]


def _scope(code: CodeType, names: set[str]) -> _Scope:
    last = max([line for _, _, line in code.co_lines() if line is not None], default=code.co_firstlineno)
    return _Scope(code.co_filename, code.co_firstlineno, last, names)


def _running(array: Any) -> list[_Scope]:
    """The scopes of the functions that are running, up to the line where they are."""
    found = []
    frame = user_frame()
    while frame is not None:
        names = {name for name, x in {**frame.f_globals, **frame.f_locals}.items() if _shares(x, array)}
        found.append(_scope(frame.f_code, names)._replace(last=frame.f_lineno))
        frame = frame.f_back
    return found


def _writes(scopes: Sequence[_Scope]) -> list[str]:
    """The statements that write to a variable which is the array, or a view of it."""
    found: list[str] = []
    for file, first, last, names in scopes:
        for line in _lines_that_write(file, names) if names else ():
            text = f"{os.path.basename(file)}:{line} ({linecache.getline(file, line).strip()})"
            if first <= line <= last and text not in found:
                found.append(text)
    return found


def _shares(x: Any, array: Any) -> bool:
    return type(x) is type(array) and (x is array or x.base is array or (x.base is not None and x.base is array.base))


def _lines_that_write(file: str, names: set[str]) -> list[int]:
    try:
        module = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:  # the lines of a notebook's cell, or of nothing at all
        return []
    names = names | _views(module, names)
    return sorted({node.lineno for node in ast.walk(module) if isinstance(node, ast.stmt) and _writes_to(node, names)})


def _names_on(file: str, line: int) -> set[str]:
    """The variables that the statements on a line read."""
    try:
        module = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return set()
    found = [n for n in ast.walk(module) if isinstance(n, ast.Name) and n.lineno <= line <= (n.end_lineno or line)]
    return {n.id for n in found if isinstance(n.ctx, ast.Load)}


def _views(module: ast.Module, names: set[str]) -> set[str]:
    """The variables that are bound to views of these."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and _root(node.value) in names | found:
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _writes_to(node: ast.stmt, names: set[str]) -> bool:
    """Whether a statement (not those inside it) writes into one of these variables in place."""
    if isinstance(node, ast.AugAssign):
        return _root(node.target) in names
    if isinstance(node, ast.Assign):
        subscripts = [t for target in node.targets for t in ast.walk(target) if isinstance(t, ast.Subscript)]
        if any(_root(t) in names for t in subscripts):
            return True
    calls = [c for c in ast.walk(node) if isinstance(c, ast.Call)] if isinstance(node, ast.Expr | ast.Assign) else []
    return any(_call_writes(c, names) for c in calls)


def _call_writes(call: ast.Call, names: set[str]) -> bool:
    if any(k.arg == "out" and _root(k.value) in names for k in call.keywords):
        return True
    f = call.func
    if not isinstance(f, ast.Attribute):
        return False
    if f.attr in _METHODS and _root(f.value) in names:
        return True
    return f.attr in _FUNCTIONS and bool(call.args) and _root(call.args[0]) in names


def _root(node: ast.expr) -> str | None:
    """The variable at the root of ``a[...]``, ``a.T[0]``, ``a.reshape(2, 3)`` and the like."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred | ast.Call):
        if not isinstance(node, ast.Call):
            node = node.value
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
            node = node.func.value
        else:
            return None
    return node.id if isinstance(node, ast.Name) else None
