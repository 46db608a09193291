"""Columns of a sparse matrix that can be found together, because no row sees two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["colour"]


def colour(pattern: Any, kinds: Any) -> list[Any]:
    """Groups of column numbers, none of whose patterns overlap; only columns of one kind are together.

    pattern: a boolean matrix. Greedy, the fullest columns first (A. R. Curtis, M. J. D. Powell and J. K. Reid, "On the
    estimation of sparse Jacobian matrices", 1974).
    """
    groups: list[list[int]] = []
    taken: list[Any] = []
    for column in np.argsort(-pattern.sum(axis=0), kind="stable"):
        rows = pattern[:, column]
        if not rows.any():
            continue
        for group, used in zip(groups, taken, strict=True):
            if kinds[group[0]] == kinds[column] and not np.any(used & rows):
                group.append(int(column))
                used |= rows
                break
        else:
            groups.append([int(column)])
            taken.append(rows.copy())
    return [np.array(sorted(group)) for group in groups]
