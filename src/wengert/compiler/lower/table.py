"""Which rows have a native lowering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["LOWERINGS", "STRUCTURED", "lowering", "structured"]

# name of the row -> function(nodes of the operands, params, specs of the results, dtypes of the operands) that gives a
# Node, a tuple of Nodes for an op with several results, or None: this case is NumPy's.
LOWERINGS: dict[str, Callable[..., Any]] = {}
# The same for rows whose params are graphs: function(plan, nodes of the operands, params) that gives a tuple or None.
STRUCTURED: dict[str, Callable[..., Any]] = {}


def lowering(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function as the lowering of rows."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        LOWERINGS.update(dict.fromkeys(names, function))
        return function

    return enter


def structured(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function as the lowering of a row with graphs."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        STRUCTURED[name] = function
        return function

    return enter
