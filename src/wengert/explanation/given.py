"""The arguments of an explained function: their names, which are traced, and which are differentiated."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.explanation.watch import bare

__all__ = ["Given", "given", "paths"]

Wrt = int | str | Sequence[int | str] | None


class Given:
    """Leaves of the arguments, flat. names: of each. traced: which are inputs; wanted: which are differentiated."""

    def __init__(
        self, leaves: list[Any], structure: tree.Structure, names: list[str], owners: list[int], wanted: list[bool]
    ) -> None:
        self.structure = structure
        self.names = names
        self.owners = owners  # the argument that each leaf belongs to
        self.wanted = wanted
        self.traced = [w or _is_smooth(x) for x, w in zip(leaves, wanted, strict=True)]
        self.leaves = [_as_input(x) if t else x for x, t in zip(leaves, self.traced, strict=True)]

    @property
    def inputs(self) -> list[int]:
        """The places of the traced leaves."""
        return [n for n, t in enumerate(self.traced) if t]

    def call(self, f: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        """The function at these inputs, the other leaves as they were given."""
        leaves = list(self.leaves)
        for n, x in zip(self.inputs, inputs, strict=True):
            leaves[n] = x
        args, kwargs = self.structure.unflatten(leaves)
        return f(*args, **kwargs)


def given(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], wrt: Wrt) -> Given:
    """Take the arguments apart. Raises `InvalidArgument` where `wrt` names no argument or nothing smooth."""
    labels = _labels(f, args, kwargs)
    values = [*args, *kwargs.values()]
    structure = tree.flatten((tuple(args), dict(kwargs)))[1]
    leaves, names, owners = [], [], []
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        for path, leaf in paths(value, label):
            leaves.append(leaf)
            names.append(path)
            owners.append(number)
    chosen = set(range(len(values))) if wrt is None else {_argument(w, labels, len(args)) for w in _several(wrt)}
    smooth = [owner in chosen and _is_smooth(x) for owner, x in zip(owners, leaves, strict=True)]
    if wrt is not None or not any(smooth):
        # Python's integers count as floats, where they are what is differentiated.
        smooth = [s or (o in chosen and _is_count(x)) for s, o, x in zip(smooth, owners, leaves, strict=True)]
    if not any(smooth):
        raise InvalidArgument(
            explain(
                f"wg.explain at {user_line()} has no argument to differentiate.",
                "There is no floating number among " + (", ".join(labels) or "no arguments at all") + ".",
                "Call wg.explain(f, x, y) with the numbers to explain the function at.",
            )
        )
    return Given(leaves, structure, names, owners, smooth)


def _several(wrt: Wrt) -> Sequence[int | str]:
    return (wrt,) if isinstance(wrt, int | str) or wrt is None else wrt  # type: ignore[return-value]


def _argument(w: int | str, labels: list[str], positional: int) -> int:
    if isinstance(w, str) and w in labels:
        return labels.index(w)
    if isinstance(w, int) and -positional <= w < positional:
        return w % positional
    raise InvalidArgument(
        explain(
            f"wrt={w!r} at {user_line()} names no argument.",
            f"The function was given {', '.join(labels) or 'no arguments'}.",
            "Give the name or the position of an argument.",
        )
    )


def _labels(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
    """The parameter that each argument goes to."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):  # some built-in functions have none
        parameters = []
    names: list[str] = []
    for p in parameters:
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
        elif p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}[{n}]" for n in range(len(args) - len(names))]
    names += [f"x{n}" for n in range(len(names), len(args))]
    return [*names[: len(args)], *kwargs]


def paths(value: Any, name: str) -> list[tuple[str, Any]]:
    """The leaves of a tree with the Python text that reaches them: ``params['w']``, ``layers[0].bias``."""
    inner = tree.children(value)
    if inner is None:
        return [(name, value)]
    if dataclasses.is_dataclass(value):
        fields = [f".{field.name}" for field in dataclasses.fields(value)]
    elif hasattr(type(value), "_fields"):
        fields = [f".{field}" for field in type(value)._fields]
    else:
        fields = [f"[{key!r}]" for key in inner]
    return [leaf for field, child in zip(fields, inner.values(), strict=True) for leaf in paths(child, name + field)]


def _is_smooth(x: Any) -> bool:
    if isinstance(x, float | complex):
        return True
    return isinstance(x, np.ndarray | np.generic | Box) and unbridge(x).dtype.kind in "fc"


def _is_count(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def _as_input(x: Any) -> Any:
    x = np.array(bare(unbridge(x)))
    return x.astype(float) if x.dtype.kind in "iu" else x
