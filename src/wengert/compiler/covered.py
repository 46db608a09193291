"""Whether all that an iteration reads of a buffer has been written by it before.

Entries are marked one by one: stores of segments, borders and corners together cover what no single one does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from wengert.compiler.accesses import Access, common, without
from wengert.compiler.loops import For, Index, Var

__all__ = ["is_dense", "written_first"]

_MOST = 1 << 26  # entries that are marked; who has more is not looked at


def written_first(found: Sequence[Access], depth: int, fixed: Collection[Var]) -> bool:
    """Whether in every iteration of the loop around at a depth all that is read was written before.

    fixed: variables of the loops around whose iterations have entries of their own.
    """
    writes = [a for a in found if a.writes and not a.reads and _always(a, depth)]
    return all([_covered(a, [w for w in writes if w.place < a.place], depth, fixed) for a in found if a.reads])


def _always(a: Access, depth: int) -> bool:
    """Whether the store happens in every iteration."""
    return all([isinstance(x, For) for x in a.around[depth:]]) and getattr(a.what, "guard", None) is None


def _covered(read: Access, writes: Sequence[Access], depth: int, fixed: Collection[Var]) -> bool:
    """Whether these stores, those that share the same loops with the load, write all that it reads."""
    groups: dict[tuple[Var, ...], list[Index]] = {}
    for w in writes:
        shared = tuple([x.var for x in common([read, w])[depth:] if isinstance(x, For)])
        if read.index is None or w.index is None:
            continue
        if all([w.index.coefficient(v) == read.index.coefficient(v) for v in shared]):
            groups.setdefault(shared, []).append(without(w.index, [*fixed, *shared]))
    return any([_marked(without(read.index, [*fixed, *s]), g) for s, g in groups.items() if read.index is not None])


def _marked(wanted: Index, written: Sequence[Index]) -> bool:
    """Whether every entry of an index is one of some others."""
    if _is_empty(wanted):
        return True
    written = [i for i in written if not _is_empty(i)]
    ends = [i.range() for i in (wanted, *written)]
    known = [e for e in ends if e is not None]
    if len(known) < len(ends):
        return False
    low, high = min(e[0] for e in known), max(e[1] for e in known)
    if high - low >= _MOST:
        return False
    marks = np.zeros(high - low + 1, np.bool_)
    for i in written:
        _entries(marks, i, low)[...] = True
    return bool(_entries(marks, wanted, low).all())


def _is_empty(index: Index) -> bool:
    return any([v.stop <= v.start for v, _ in index.terms])


def _entries(marks: Any, index: Index, low: int) -> Any:
    """The marks of an index's entries, with an axis for each variable."""
    start = index.const - low + sum([v.start * c for v, c in index.terms])
    shape = [v.stop - v.start for v, _ in index.terms]
    return np.lib.stride_tricks.as_strided(marks[start:], shape, [c for _, c in index.terms])


def is_dense(index: Index) -> bool:
    """Whether an index takes every number between its ends."""
    span = 1
    for v, c in sorted(index.terms, key=lambda term: abs(term[1])):
        if abs(c) > span:
            return False
        span += abs(c) * (v.stop - v.start - 1)
    return not index.dynamic
