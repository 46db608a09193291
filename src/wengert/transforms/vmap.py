"""vmap: a function of one entry, applied to many at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, fresh, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.batch import Batched
from wengert.transforms.arguments import evaluate, opened

__all__ = ["vmap"]


def vmap(
    f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """The function that maps `f` over an axis of its arguments, as one program on larger arrays.

    in_axes: the axis of each argument: an integer for all, or a tuple with an integer, None (not mapped) or a
    pytree of these per argument; keyword arguments are mapped over axis 0. out_axes: where the new axis goes in
    the results. chunk_size: how many entries at a time, to bound memory.

    >>> import numpy as np, wengert as wg
    >>> wg.vmap(np.dot, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
        if len(axes) != len(args):
            raise InvalidArgument(
                explain(
                    f"vmap at {user_line()} got {len(args)} arguments and in_axes={in_axes!r}.",
                    "A tuple of in_axes has one entry per argument.",
                    "Write one integer for all arguments, or None for those that are not mapped.",
                )
            )
        leaves, structure = tree.flatten((args, kwargs))
        flat = [a for arg, axis in zip(args, axes, strict=True) for a in _spread(axis, arg)]
        flat += [0] * (len(leaves) - len(flat))
        fronted = [_fronted(unbridge(x), axis) for x, axis in zip(leaves, flat, strict=True)]
        n = _batch_size(fronted, flat)
        if chunk_size is None or n <= chunk_size:
            outs, out_structure, mapped = _run(f, structure, fronted, flat)
        else:
            parts = []
            for i in range(0, n, chunk_size):
                rows = [x if axis is None else x[i : i + chunk_size] for x, axis in zip(fronted, flat, strict=True)]
                parts.append(_run(f, structure, rows, flat))
            out_structure, mapped = parts[0][1:]
            outs = [
                np.concatenate(column) if m else column[0]
                for column, m in zip(zip(*[p[0] for p in parts], strict=True), mapped, strict=True)
            ]
        places = _spread(out_axes, out_structure.unflatten(outs))
        return out_structure.unflatten(
            [_placed(o, m, place, n) for o, m, place in zip(outs, mapped, places, strict=True)]
        )

    return function


def _run(f: Any, structure: tree.Structure, leaves: list[Any], axes: list[Any]) -> Any:
    level = fresh()
    boxes = [x if axis is None else Batched(x, None, level) for x, axis in zip(leaves, axes, strict=True)]
    args, kwargs = structure.unflatten(boxes)
    outs, out_structure = tree.flatten(evaluate(f, *args, **kwargs))
    outs = [unbridge(o) for o in outs]
    mapped = [isinstance(o, Batched) and o.level == level for o in outs]
    return [opened(o, Batched, level) for o in outs], out_structure, mapped


def _spread(axes: Any, subtree: Any) -> list[Any]:
    """One axis per leaf of a subtree, from a tree prefix of axes (integers or None)."""
    if axes is None or isinstance(axes, int | np.integer):
        return [axes] * len(tree.leaves(subtree))
    below = tree.children(subtree)
    above = tree.children(axes)
    if above is None or below is None or set(above) != set(below):
        raise InvalidArgument(
            explain(
                f"vmap at {user_line()}: the axes {axes!r} do not fit a {type(subtree).__name__}.",
                "Axes are a prefix of the tree they belong to: the same containers, lengths and keys.",
                "Give one integer for the whole container, or one per entry.",
            )
        )
    return [a for key, part in below.items() for a in _spread(above[key], part)]


def _fronted(x: Any, axis: Any) -> Any:
    if axis is None:
        return x
    x = x if isinstance(x, Box) else np.asarray(x)
    if not -x.ndim <= axis < x.ndim:
        raise InvalidArgument(
            explain(
                f"vmap at {user_line()} maps axis {axis} of an array of shape {x.shape}.",
                "The array does not have that axis.",
                "Give in_axes=None for an argument that is the same for every entry.",
            )
        )
    return np.moveaxis(x, axis, 0) if axis else x


def _batch_size(leaves: list[Any], axes: list[Any]) -> int:
    sizes = {x.shape[0] for x, axis in zip(leaves, axes, strict=True) if axis is not None}
    if len(sizes) == 1:
        return int(sizes.pop())
    raise InvalidArgument(
        explain(
            f"vmap at {user_line()} maps axes of lengths {sorted(sizes)}." if sizes else "vmap maps no argument.",
            "All mapped axes are walked together, so they must have one common length.",
            "Check in_axes against the shapes of the arguments.",
        )
    )


class First(int):
    """As an axis of results: they are the same for every entry, up to a choice that does not matter; take the first."""


FIRST = First()


def _placed(out: Any, mapped: bool, place: Any, n: int) -> Any:
    if isinstance(place, First):
        if not mapped:
            return out
        return out[0] if n else np.zeros(out.shape[1:], out.dtype)  # of no entry there is none
    if place is None:
        if mapped:
            raise InvalidArgument(
                explain(
                    f"vmap at {user_line()}: out_axes=None for a result that differs between entries.",
                    "Only a result that does not depend on mapped arguments has no mapped axis.",
                    "Give the axis where the entries should go.",
                )
            )
        return out
    if not mapped:
        out = np.copy(np.broadcast_to(out, (n, *np.shape(out))))
    return np.moveaxis(out, 0, place) if place else out
