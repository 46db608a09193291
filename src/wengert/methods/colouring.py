"""Columns of a sparse matrix that can be found together, because no row sees two of them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import numpy as np

__all__ = ["colour"]


def colour(pattern: Any, kinds: Any) -> list[Any]:
    """Groups of column numbers, none of whose patterns overlap; only columns of one kind are together.

    pattern: a boolean matrix. Greedy, the fullest columns first (A. R. Curtis, M. J. D. Powell and J. K. Reid, "On the
    estimation of sparse Jacobian matrices", 1974).
    """
    groups: list[list[int]] = []
    busy = [0] * len(pattern)  # per row, the groups that it sees, as the bits of a number
    same: dict[Any, int] = {}  # per kind, its groups
    for column in np.argsort(-pattern.sum(axis=0), kind="stable"):
        rows = np.flatnonzero(pattern[:, column])
        if not len(rows):
            continue
        kind = kinds[column]
        free = same.get(kind, 0) & ~reduce(or_, [busy[r] for r in rows])
        group = (free & -free).bit_length() - 1 if free else len(groups)
        if not free:
            groups.append([])
            same[kind] = same.get(kind, 0) | 1 << group
        groups[group].append(int(column))
        for r in rows:
            busy[r] |= 1 << group
    return [np.array(sorted(group)) for group in groups]
