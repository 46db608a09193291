"""Steps of many parameters as one compiled pass over their arrays, where there is a compiler and it pays.

    values, gradients, states, options ──▶ kernel ──▶ values, states     in the arrays that the tensors have

The kernel is the rule itself, compiled: it reads and writes each number once, where NumPy makes an array per operation.
Which way a step goes depends on shapes and dtypes alone, so training that is resumed goes on as it would have.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.compiler import capi, llvm
from wengert.compiler.api import jit
from wengert.compiler.inplace import own
from wengert.core.apply import read, watcher
from wengert.interpreters.tensor import Tensor

if TYPE_CHECKING:
    from wengert.optim.optimizer import Optimizer

__all__ = ["bundles", "fused_step"]

FEWEST = 1024  # numbers of a bundle, from where on one kernel beats a few calls of NumPy
MOST = 16  # parameters of a bundle: compiling takes time in proportion, calling does not
Ready = tuple[Tensor, Any]  # a parameter, and its gradient's numbers
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def bundles(rule: type[Optimizer], ready: list[Ready], group: Mapping[str, Any]) -> list[tuple[bool, list[Ready]]]:
    """The parameters in parts, each with whether it is to be updated by a kernel."""
    if watcher() is not None or isinstance(group.get("lr"), Tensor) or not _can_fuse(rule):  # type: ignore[arg-type]  # classes have a hash
        return [(False, ready)]
    plain: list[Ready] = []
    others: list[Ready] = []
    for pair in ready:
        (plain if _is_plain(*pair) else others).append(pair)
    parts = [plain[n : n + MOST] for n in range(0, len(plain), MOST)]
    return [(sum([slope.size for _, slope in part]) >= FEWEST, part) for part in parts] + [(False, others)]


@functools.cache
def _can_fuse(rule: Any) -> bool:
    """Whether there is a compiler, and the rule is one of ours, for each entry: a user's own may not be traceable."""
    ours = [
        getattr(getattr(rule, name), "__module__", "").startswith("wengert.optim.") for name in ("start", "updated")
    ]
    return bool(rule.entrywise and llvm.available() and capi.native() and all(ours))


def _is_plain(p: Tensor, slope: Any) -> bool:
    value = read(p)
    return (
        type(value) is np.ndarray
        and type(slope) is np.ndarray
        and value.dtype in _DTYPES
        and value.dtype == slope.dtype
        and value.shape == slope.shape
    )


def fused_step(
    rule: type[Optimizer], ready: Sequence[Ready], states: Sequence[Mapping[str, Any]], group: Mapping[str, Any]
) -> tuple[list[Any], list[dict[str, Any]]]:
    """The new values of parameters and of what is remembered of them.

    The kernel gets flat arrays, and writes to them unless somebody else has their memory, too.
    """
    fixed, live = _options(group)
    arrays = [_contiguous(own(p, None)) for p, _ in ready]
    remembered = [{name: _contiguous(own(x, None)) for name, x in state.items()} for state in states]
    values = [_flat(x) for x in arrays]
    gradients = [_flat(slope) for _, slope in ready]
    flat = [{name: _flat(x) if x.ndim else x for name, x in state.items()} for state in remembered]
    shapes = tuple([(x.size, x.dtype.char) for x in values])
    names = tuple([tuple(state) for state in states])
    kernel = _kernel(rule, fixed, shapes, names)  # type: ignore[arg-type]  # classes have a hash
    news, kept = kernel(values, gradients, flat, live)
    return (
        [_shaped(new, x, array) for new, x, array in zip(news, values, arrays, strict=True)],
        [
            {name: _shaped(new[name], old[name], arrays[name]) for name in new}
            for new, old, arrays in zip(kept, flat, remembered, strict=True)
        ],
    )


def _flat(x: Any) -> Any:
    return x if x.ndim == 1 else x.reshape(-1)


def _contiguous(x: Any) -> Any:
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def _shaped(new: Any, old: Any, array: Any) -> Any:
    """A result of the kernel in its shape: the very array if it was written in place."""
    if new is old and array.ndim:
        return array
    return new.reshape(array.shape) if array.ndim > 1 else new


def _options(group: Mapping[str, Any]) -> tuple[tuple[tuple[str, Any], ...], dict[str, Any]]:
    """The options that a kernel is for, and those that it takes as numbers, because schedules change them.

    Where an option is 0 rules leave something out, so a 0 is one of the former.
    """
    fixed: list[tuple[str, Any]] = []
    live: dict[str, Any] = {}
    for name, option in group.items():
        # The usual kinds of options first: this is done at every step.
        kind = type(option)
        number = (option or None) if kind is float else None if kind is bool else _number(option)
        if number is None:
            fixed.append((name, tuple(option) if kind is list else option))
        else:
            live[name] = number
    return tuple(fixed), live


def _number(option: Any) -> Any:
    """A number other than 0, or several, as Python's; None for anything else."""
    if isinstance(option, tuple | list):
        numbers = tuple([_number(x) for x in option])
        return None if None in numbers else numbers
    if isinstance(option, bool | np.bool_) or not isinstance(option, float | int | np.floating | np.integer):
        return None
    return float(option) or None


@functools.lru_cache(maxsize=256)
def _kernel(rule: Any, fixed: Any, shapes: Any, names: Any) -> Any:
    """The compiled rule for parameters of these shapes; each has a kernel of its own, which is traced once."""

    def updated(values: Any, gradients: Any, states: Any, live: Any) -> Any:
        group, news, kept = {**dict(fixed), **live}, [], []
        for value, gradient, state in zip(values, gradients, states, strict=True):
            new = dict(state)
            news.append(rule.updated(value, gradient, new, group))
            kept.append(new)
        return news, kept

    updated.__name__ = updated.__qualname__ = f"{rule.__name__}.step"
    return jit(updated, donate=(0, 2))
