"""Calls that the trampoline does by itself: how their arguments and results nest, in its own terms."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.compiler.arguments import ARRAY, NUMBER, SCALAR, STATIC, Call
from wengert.compiler.recipe import Recipe
from wengert.compiler.signature import Constant, Fields, Output, Placed, Signature
from wengert.spec import Spec, spec
from wengert.tree import Structure, is_fields, is_namedtuple

__all__ = ["direct", "writing"]


def direct(
    recipe: Recipe, taken: Call, args: tuple[Any, ...], kwargs: dict[str, Any], places: Sequence[int | None]
) -> tuple[Any, ...] | None:
    """The trampoline's signature for calls like this one, and a function that makes the result if it cannot.

    args, kwargs: as the caller wrote them. places: which of the arguments of `taken` each of them is; None if it is
    named static. None if such calls have to be looked at in Python: objects of registered classes, memory maps.
    """
    number = {n: k for k, n in enumerate(recipe.traced)}
    items = iter([_item(x, k, number.get(n, 0)) for x, k, n in zip(taken.leaves, taken.kinds, taken.same, strict=True)])
    by_position, by_keyword = taken.structure.children
    parts = [_nested(child, items) for child in (*by_position.children, *by_keyword.children)]
    arguments = [Constant(x) if n is None else parts[n] for x, n in zip((*args, *kwargs.values()), places, strict=True)]
    if None in arguments:
        return None
    outputs = [Output(tuple(s.shape), s.dtype) for s in map(_spec, recipe.callee.graph.outputs)]
    result = _result(recipe, recipe.structure, iter(range(len(recipe.results))))
    if result is not None:
        return (Signature(arguments, outputs, result[0], tuple(kwargs)),)
    # The numbers of all outputs as a tuple, and `finish` to make of them what the function returns.
    signature = Signature(arguments, outputs, tuple(range(len(outputs))), tuple(kwargs))
    return signature, lambda *outs: recipe.assembled(outs, outs, (), ())


def writing(signature: Signature, number: int) -> Signature:
    """The same, its only result in an array that is given as ``out=`` after the other arguments, input `number`."""
    [output] = signature.outputs
    out = Placed(Spec(output.shape, output.dtype), number)
    names = (*signature.names, "out")
    return Signature((*signature.arguments, out), [output._replace(reuse=number)], signature.result, names)


def _spec(x: Any) -> Any:
    return getattr(x, "spec", None) or spec(x)


def _item(x: Any, kind: str, number: int) -> Any:
    """A leaf of the arguments: a Spec or a scalar type, and which input it is; or a Constant."""
    if kind == STATIC:
        return Constant(x)
    if kind == ARRAY:
        return Placed(Spec(x.shape, x.dtype.newbyteorder("=")), number) if type(x) is np.ndarray else None
    if kind == SCALAR:
        return Placed(x.dtype.type, number)
    return Placed(type(x), number) if kind == NUMBER else None


def _nested(structure: Structure, leaves: Any) -> Any:
    """Containers of items; None for those of types that the trampoline does not know."""
    cls = structure.cls
    if cls is None:
        return next(leaves)
    parts = [_nested(child, leaves) for child in structure.children]
    if any(p is None for p in parts):
        return None
    if cls is type(None):
        return Constant(None)
    if cls in (tuple, list):
        return cls(parts)
    if cls is dict and all(type(key) is str for key in structure.static):
        return dict(zip(structure.static, parts, strict=True))
    if is_namedtuple(cls):
        return cls(*parts)
    if is_fields(cls) and _is_plain(cls, structure.static):
        return Fields(cls, dict(zip(structure.static, parts, strict=True)))
    return None


def _is_plain(cls: type, names: Sequence[str]) -> bool:
    """Whether reading these attributes of an object of a class runs nobody's code."""
    if inspect.getattr_static(cls, "__getattribute__") is not object.__dict__["__getattribute__"]:
        return False
    found = [inspect.getattr_static(cls, name, None) for name in names]
    return not any([hasattr(type(x), "__get__") and not isinstance(x, types.MemberDescriptorType) for x in found])


def _result(recipe: Recipe, structure: Structure, numbers: Any) -> tuple[Any] | None:
    """How results nest, in a tuple of one; None if the trampoline cannot make them."""
    if structure.cls is type(None):
        return (None,)
    if structure.cls is None:
        kind, what = recipe.results[next(numbers)]
        if kind == "object":
            return (Constant(what),)
        zero_d = kind in ("array", "scalar") and not _spec(recipe.callee.graph.outputs[what]).shape
        return (what,) if kind in ("array", "scalar") and zero_d == (kind == "scalar") else None
    if structure.cls not in (tuple, list, dict):
        return None
    parts = [_result(recipe, child, numbers) for child in structure.children]
    if any(p is None for p in parts):
        return None
    items = [p[0] for p in parts if p is not None]
    return (dict(zip(structure.static, items, strict=True)) if structure.cls is dict else structure.cls(items),)
