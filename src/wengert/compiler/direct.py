"""Calls that the trampoline does by itself: how their arguments and results nest, in its own terms."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.compiler.arguments import ARRAY, NUMBER, SCALAR, STATIC, Call
from wengert.compiler.recipe import Recipe
from wengert.compiler.signature import Constant, Output, Signature
from wengert.spec import spec
from wengert.tree import Structure

__all__ = ["direct"]


def direct(recipe: Recipe, taken: Call) -> tuple[Any, ...] | None:
    """The trampoline's signature for calls like this one, and a function that makes the result if it cannot.

    None if such calls have to be looked at in Python: keyword arguments, static values, containers of other types.
    """
    args, named = taken.structure.children
    if named.count or taken.static or STATIC in taken.kinds or list(taken.same) != list(range(len(taken.same))):
        return None
    found = [_item(x, kind) for x, kind in zip(taken.leaves, taken.kinds, strict=True)]
    if None in found:
        return None
    arguments = _nested(args, iter(found))
    if arguments is None:
        return None
    outputs = [Output(tuple(s.shape), s.dtype) for s in map(_spec, recipe.callee.graph.outputs)]
    result = _result(recipe, recipe.structure, iter(range(len(recipe.results))))
    if result is not None:
        return (Signature(arguments, outputs, result[0]),)
    # The numbers of all outputs as a tuple, and `finish` to make of them what the function returns.
    return Signature(arguments, outputs, tuple(range(len(outputs)))), lambda *outs: recipe.assembled(outs, outs, (), ())


def _spec(x: Any) -> Any:
    return getattr(x, "spec", None) or spec(x)


def _item(x: Any, kind: str) -> Any:
    """A leaf of the arguments: a Spec, or a scalar type."""
    if kind == ARRAY:
        return spec(x) if type(x) is np.ndarray and x.dtype.isnative else None
    if kind == SCALAR:
        return x.dtype.type
    return type(x) if kind == NUMBER and type(x) is not complex else None


def _nested(structure: Structure, leaves: Any) -> Any:
    """Tuples and lists of items; None for containers of other types."""
    if structure.cls is None:
        return next(leaves)
    if structure.cls not in (tuple, list):
        return None
    parts = [_nested(child, leaves) for child in structure.children]
    return None if any(p is None for p in parts) else structure.cls(parts)


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
    if structure.cls not in (tuple, list):
        return None
    parts = [_result(recipe, child, numbers) for child in structure.children]
    return None if any(p is None for p in parts) else (structure.cls([p[0] for p in parts if p is not None]),)
