"""Rows that are code of this library's own, and not made of others: their source, so that it stands alone.

Annotations are left out, and what a function reads of its module comes along: functions, constants, imports.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from wengert.core.op import Op

__all__ = ["Borrowed", "can_borrow"]

_OURS = __name__.partition(".")[0] + "."


def can_borrow(function: Any) -> bool:
    """Whether the source of a function can be taken over: it is Python of this library."""
    return isinstance(function, FunctionType) and _is_ours(function.__module__) and _definition(function) is not None


def _is_ours(module: Any) -> bool:
    return isinstance(module, str) and module.startswith(_OURS)


class Borrowed:
    """Sources that were taken over. fresh: makes a name that nothing else has; imports: the lines that they need."""

    def __init__(self, fresh: Callable[[str], str]) -> None:
        self._fresh = fresh
        self._names: dict[Any, str] = {}
        self._texts: list[str] = []
        self.imports: set[str] = set()

    def name(self, function: Any, wanted: str) -> str:
        """What the function is called in the new source."""
        key = _key(function)
        if key not in self._names:
            self._names[key] = self._fresh(wanted)
            self._define(function, self._names[key])
        return self._names[key]

    def text(self) -> str:
        """The sources, which a formatter shall leave as they are."""
        return "\n\n".join(["# fmt: off", *self._texts, "# fmt: on"]) + "\n" if self._texts else ""

    def _define(self, function: Any, name: str) -> None:
        """The function, after all that it reads."""
        definition = _definition(function)
        assert definition is not None
        cells = [c.cell_contents for c in function.__closure__ or ()]
        own = dict(zip(function.__code__.co_freevars, cells, strict=True))
        self._write(definition, {definition.name: name}, {**function.__globals__, **own}, function.__module__)

    def _write(self, statement: ast.stmt, names: dict[str, str], known: dict[str, Any], module: str) -> None:
        """A statement under new names, after all that it reads."""
        bare = _Bare().visit(_copied(statement))
        read = {n.id for n in ast.walk(bare) if isinstance(n, ast.Name)} - names.keys() - _locals(bare)
        renamed = dict(names)
        for other in sorted(read & known.keys()):
            renamed[other] = self._resolved(module, other, known[other])
        self._texts.append(ast.unparse(_Renamed(renamed).visit(bare)) + "\n")

    def _resolved(self, module: str, name: str, value: Any) -> str:
        """What a name that a function reads is in the new source."""
        value = value.impl if isinstance(value, Op) else value
        home = getattr(value, "__module__", None)
        if isinstance(value, ModuleType):
            return self._imported("import ", value.__name__, name)
        if isinstance(value, np.ufunc):
            return self._constant(name, f"np.{value.__name__}", "import numpy as np")
        if callable(value) and isinstance(home, str) and not _is_ours(home):
            return self._imported(f"from {_public(home, value)} import ", value.__name__, name)
        if isinstance(value, FunctionType):
            key = _key(value)
            if key not in self._names:
                self._names[key] = self._other(name)
                self._define(value, self._names[key])
            return self._names[key]
        if isinstance(value, bool | int | float | complex | str | type(None)):
            return self._constant(name, repr(value))
        home = home if isinstance(value, type) and isinstance(home, str) else module
        name = value.__name__ if isinstance(value, type) else name
        if (home, name) not in self._names:
            statement = _statements(home)[name]
            together = _bound(statement)
            self._names.update({(home, other): self._other(other) for other in together})
            new = {other: self._names[home, other] for other in together}
            self._write(statement, new, vars(sys.modules[home]), home)
        return self._names[home, name]

    def _imported(self, start: str, what: str, name: str) -> str:
        if (start, what) not in self._names:
            self._names[start, what] = self._other(name)
            shown = self._names[start, what]
            self.imports.add(start + what + (f" as {shown}" if shown != what else ""))
        return self._names[start, what]

    def _constant(self, name: str, text: str, needed: str = "") -> str:
        if (name, text) not in self._names:
            self._names[name, text] = self._other(name)
            self._texts.append(f"{self._names[name, text]} = {text}\n")
            self.imports.update([needed] if needed else [])
        return self._names[name, text]

    def _other(self, wanted: str) -> str:
        """A name for what only borrowed functions read; its underscore stays, so that no variable of theirs has it."""
        name, n = wanted, 2
        while name in self._names.values():
            name, n = f"{wanted}{n}", n + 1
        return name


def _public(module: str, value: Any) -> str:
    """The module that users import it from."""
    outer = module.partition("._")[0]
    return outer if getattr(sys.modules.get(outer), value.__name__, None) is value else module


def _key(function: Any) -> Any:
    return function.__code__, tuple([id(c.cell_contents) for c in function.__closure__ or ()])


# --- sources --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))


@lru_cache(maxsize=64)
def _statements(module: str) -> dict[str, ast.stmt]:
    """The classes and assignments of a module, by name."""
    found: dict[str, ast.stmt] = {}
    for statement in _tree(module).body:
        if isinstance(statement, ast.ClassDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            found.update(dict.fromkeys(_bound(statement), statement))
    return found


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module gives values to."""
    if isinstance(statement, ast.ClassDef):
        return [statement.name]
    return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _definition(function: Any) -> ast.FunctionDef | None:
    """The definition of a function; a lambda becomes one."""
    for node in _functions(function.__module__, function.__code__):
        if isinstance(node, ast.FunctionDef):
            return node
        body = ast.copy_location(ast.Return(node.body), node)
        made = ast.FunctionDef("_made", node.args, [body], [], None)
        return ast.fix_missing_locations(ast.copy_location(made, node))
    return None


def _functions(module: str, code: CodeType) -> Iterator[ast.FunctionDef | ast.Lambda]:
    """The functions of a module that begin where this code does and take the same arguments."""
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
    names = sorted(code.co_varnames[:count])
    for node in ast.walk(_tree(module)):
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        first = min([node.lineno, *[d.lineno for d in decorators]])
        args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *filter(None, [node.args.vararg])]
        if first == code.co_firstlineno and sorted([a.arg for a in args]) == names:
            yield node


def _copied(statement: ast.stmt) -> ast.stmt:
    return ast.parse(ast.unparse(statement)).body[0]


def _locals(statement: ast.stmt) -> set[str]:
    """Names that a function binds itself."""
    if not isinstance(statement, ast.FunctionDef):
        return set()
    bound = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return bound | {n.arg for n in ast.walk(statement) if isinstance(n, ast.arg)}


class _Bare(ast.NodeTransformer):
    """Leaves out annotations and decorators."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns, node.decorator_list = None, []
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node  # the annotations of its fields are what a NamedTuple is made of

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        assigned: ast.AST = self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))
        return assigned


class _Renamed(ast.NodeTransformer):
    """Gives what comes from a module its new names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)
