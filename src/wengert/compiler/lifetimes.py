"""From when to when a temporary holds something.

0  for t:                 a, from before the loop to behind it:   (0,) .. (1,)
     0   a = f(a)         b, made anew by every iteration:        (0, 0) .. (0, 1), so it shares memory with c
     1   ... b ...
     2   c = ...          c                                       (0, 2) .. (0, 3)
     3   ... c ...
1  ... a ...
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from wengert.compiler.accesses import Access, accesses, common
from wengert.compiler.covered import written_first
from wengert.compiler.loops import Buffer, For, If, Program

__all__ = ["Life", "lifetimes", "overlap"]

Life = tuple[tuple[int, ...], tuple[int, ...]]


def lifetimes(program: Program, roots: dict[Buffer, Buffer]) -> dict[Buffer, Life]:
    """The places of the first and the last statement that need some memory. roots: whose memory a buffer is in."""
    first, last = [accesses(program.body, roots, last) for last in (False, True)]
    members: dict[Buffer, list[Buffer]] = {}
    for b, root in roots.items():
        if b in first:
            members.setdefault(root, []).append(b)
    out = {}
    for root, group in members.items():
        early, late = [list(chain.from_iterable([found[b] for b in group])) for found in (first, last)]
        depth = 1 + (_depth(early) if len({b.code for b in group}) == 1 else 0)
        out[root] = min([a.place[:depth] for a in early]), max([a.place[:depth] for a in late])
    return out


def _depth(found: Sequence[Access]) -> int:
    """In how many loops, from the outermost, a buffer is made anew by every iteration."""
    if any(a.index is None for a in found):
        return 0
    depth = 0
    for n, loop in enumerate(common(found), 1):
        if isinstance(loop, For) and loop.parallel:
            break  # iterations may run at once
        if isinstance(loop, If) or written_first(found, n, []):
            depth = n
        else:
            break
    return depth


def overlap(a: Life, b: Life) -> bool:
    """Whether two lives have a moment in common; the shorter place stands for all that is in it."""
    n = min(len(a[0]), len(b[0]))
    return a[0][:n] <= b[1][:n] and b[0][:n] <= a[1][:n]
