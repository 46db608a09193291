"""How NumPy's operations on sets are spelled with the rows: their values are a gather.

How many values there are depends on the values themselves, so that these functions need plain numbers (`concrete`);
which entries they are is locally constant. Of equal entries the first one gets the derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.op import Op, primitive
from wengert.core.protocols import SPELLINGS, spell
from wengert.ops.spelling import lift

__all__: list[str] = []

_find: Any = np.unique


def _bare(x: Any, what: str) -> Any:
    x = lift(x)
    return np.asarray(x.concrete(what)) if isinstance(x, Box) else x


@spell(np.unique)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None,
    *, equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    """The different values in order; on request where they are, which one each entry is, and how often."""
    ar = lift(ar)
    found = _find(_bare(ar, "np.unique"), True, return_inverse, return_counts, axis, equal_nan=equal_nan)
    first = found[1]
    values = np.ravel(ar)[first] if axis is None else np.take(ar, first, axis=axis)
    rest = found[1 if return_index else 2 :]
    return (values, *rest) if rest else values


def _unique_as(name: str) -> Any:
    f = getattr(np, name)

    def function(x: Any, /) -> Any:
        x = lift(x)
        bare = _bare(x, f"np.{name}")
        found = f(bare)
        values = found if name == "unique_values" else found.values
        first = _places(np.ravel(bare), values)
        gathered = np.ravel(x)[first]
        return gathered if name == "unique_values" else found._replace(values=gathered)

    return function


def _places(entries: Any, values: Any) -> Any:
    """Where each of the values, NaNs included, is first found among the entries."""
    order = np.argsort(entries, kind="stable")
    place = np.searchsorted(entries[order], values)
    nans = np.isnan(values)
    place = place + np.where(nans, np.cumsum(nans) - 1, 0)
    return order[place]


for _name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    spell(getattr(np, _name))(_unique_as(_name))


@spell(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The different values of both arrays, in order."""
    return np.unique(np.concatenate([np.ravel(lift(ar1)), np.ravel(lift(ar2))]))


@spell(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The values that both arrays have, in order: the entries of the first one."""
    bare = _bare(ar1, "np.intersect1d"), _bare(ar2, "np.intersect1d")
    _, first, second = np.intersect1d(*bare, assume_unique, return_indices=True)
    values = np.ravel(lift(ar1))[first]
    return (values, first, second) if return_indices else values


@spell(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The values of the first array that the second does not have."""
    ar1 = np.ravel(lift(ar1)) if assume_unique else np.unique(lift(ar1))
    keep = ~np.isin(_bare(ar1, "np.setdiff1d"), _bare(ar2, "np.setdiff1d"))
    return ar1[np.flatnonzero(keep)]


@spell(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The values that just one of both arrays has, in order."""
    if not assume_unique:
        ar1, ar2 = np.unique(lift(ar1)), np.unique(lift(ar2))
    both = np.sort(np.concatenate([np.ravel(lift(ar1)), np.ravel(lift(ar2))]))
    bare = _bare(both, "np.setxor1d")
    differs = np.concatenate([[True], bare[1:] != bare[:-1], [True]])
    return both[np.flatnonzero(differs[1:] & differs[:-1])] if bare.size else both


# Whether each entry is one of the test values: a truth value, whatever the numbers are.
_isin: Op = primitive(
    lambda element, test, invert: np.isin(element, test, invert=invert), "element test", name="isin",
    vjp={"element": 0, "test": 0}, jvp={"element": 0, "test": 0},
    vmap=lambda n, operands, batched, params: _isin_batched(n, operands, batched, params),
)  # fmt: skip


def _isin_batched(n: int, operands: Any, batched: Any, params: Any) -> Any:
    (element, test), (varied, many) = operands, batched
    if not many:
        return apply(_isin, (element, test), params)
    return np.stack([apply(_isin, (element[i] if varied else element, test[i]), params) for i in range(n)])


@spell(np.isin)
def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Any:
    """Whether each entry is one of the test values."""
    return _isin(lift(element), lift(test_elements), invert=bool(invert))


if hasattr(np, "in1d"):  # until NumPy 2.4
    SPELLINGS[np.in1d] = lambda ar1, ar2, *args, **kwargs: isin(np.ravel(lift(ar1)), ar2, *args, **kwargs)  # noqa: NPY201
