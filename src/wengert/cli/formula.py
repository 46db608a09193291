"""Expressions such as ``x1*x2 + sin(x1)`` as functions of their variables.

The text is parsed, and only what is listed here is carried out; nothing is ever handed to Python's own evaluation.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.cli.refusal import Refusal

__all__ = ["formula"]

_LONGEST = 10_000  # characters
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.Mod: operator.mod, ast.FloorDiv: operator.floordiv, ast.MatMult: operator.matmul,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(np, name)
    for name in (
        "abs absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil clip copysign cos cosh cumprod "
        "cumsum degrees diff divide dot exp exp2 expm1 fabs floor fmax fmin heaviside hypot inner log log10 log1p log2 "
        "logaddexp matmul max maximum mean min minimum multiply negative outer power prod radians reciprocal sign sin "
        "sinc sinh sort sqrt square std subtract sum tan tanh trace transpose trunc var where"
    ).split()
}
_FUNCTIONS |= {"ln": np.log, "norm": np.linalg.norm, "det": np.linalg.det, "inv": np.linalg.inv}


def formula(text: str) -> Callable[..., Any]:
    """The function that an expression is, of its variables in the order of their first mention. Raises `Refusal`."""
    if len(text) > _LONGEST:
        raise Refusal(f"the expression has {len(text)} characters, which is more than {_LONGEST}.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        _check(tree, text)
        names = _variables(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refusal(f"{text!r} is neither FILE:FUNCTION nor an expression such as x1*x2 + sin(x1).") from error

    def function(*args: Any, **kwargs: Any) -> Any:
        return _value(tree, {**dict(zip(names, args, strict=False)), **kwargs})

    function.__name__ = function.__qualname__ = "f"
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])  # type: ignore[attr-defined]
    return function


def _check(node: ast.AST, text: str) -> None:
    """Refuse everything that is not listed."""
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            parts: list[ast.AST] = []
        case ast.Name():
            parts = []
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            parts = [left, right]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            parts = [operand]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _OPERATORS for op in ops):
            parts = [left, *others]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            parts = [test, body, orelse]
        case ast.Call(func=func, args=args, keywords=[]) if _function_name(func) in _FUNCTIONS:
            parts = [*args]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            parts = [*items]
        case ast.Subscript(value=value, slice=ast.Constant(value=index)) if type(index) is int:
            parts = [value]
        case _:
            piece = ast.get_source_segment(text.strip(), node) or text
            raise Refusal(
                f"{piece!r} is not understood. An expression holds numbers, variables, + - * / ** % @, comparisons, "
                f"a if b else c, x[0], and NumPy's functions such as sin, exp, where, sum."
            )
    for part in parts:
        _check(part, text)


def _function_name(func: ast.AST) -> str:
    """``sin``, or the sin of ``np.sin``."""
    match func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name):
            return name
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="linalg"), attr=name):
            return name
    return ""


def _variables(node: ast.AST) -> list[str]:
    functions = {id(n) for call in ast.walk(node) if isinstance(call, ast.Call) for n in ast.walk(call.func)}
    found = [n for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in functions]
    found.sort(key=lambda n: (n.lineno, n.col_offset))
    return [name for name in dict.fromkeys([n.id for n in found]) if name not in _CONSTANTS]


def _value(node: ast.AST, names: dict[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names[name] if name in names else _CONSTANTS[name]
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, names), _value(right, names)
            if isinstance(a, int | float) and isinstance(b, int | float):
                with np.errstate(all="ignore"):
                    return _OPERATORS[type(op)](np.float64(a), b)  # Python's integers would grow without bound
            return _OPERATORS[type(op)](a, b)
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](_value(operand, names))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(v, names) for v in (left, *others)]
            truths = [_OPERATORS[type(op)](a, b) for op, a, b in zip(ops, values[:-1], values[1:], strict=True)]
            return functools.reduce(np.logical_and, truths)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return np.where(_value(test, names), _value(body, names), _value(orelse, names))
        case ast.Call(func=func, args=args):
            return _FUNCTIONS[_function_name(func)](*[_value(a, names) for a in args])
        case ast.Subscript(value=value, slice=ast.Constant(value=index)):
            return _value(value, names)[index]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return np.stack([_value(item, names) for item in items])
    raise TypeError(type(node).__name__)
