"""Which carries of a loop to remember on the way forward, so that it can be walked backwards.

Without a policy each step runs once and stores what its backward step reads. The policies remember carries only, and
run the steps from them to the next again:

    sqrt        about √n carries at equal distances; a stretch between two is run again with everything stored
    binomial    s = about log₂ n carries, placed so that each step is run again as few times, r, as s carries allow:
                n ≤ C(s + r, s)    (Griewank & Walther, Algorithm 799: revolve, ACM TOMS 26, 2000)

    0        m                    n       the right part with s - 1 carries, the left part with s, one round less:
    ├────────┼────────────────────┤       C(s + r, s) = C(s + r - 1, s) + C(s + r - 1, s - 1)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["binomial_split", "sweep_back"]

# (carry, first, last) → the carry after these steps, or None: run them, storing, and walk them back.
Advance = Callable[[Any, int, int], Any]
Retrace = Callable[[Any, int, int], None]


def sweep_back(policy: str | None, state: Any, n: int, advance: Advance, retrace: Retrace) -> None:
    """Walk n steps of a loop backwards from the initial carry.

    advance runs steps first to last without storing; retrace runs them storing, then walks them back. It is called
    for stretches that follow each other from the end to the beginning.
    """
    if policy is None:
        retrace(state, 0, n)
    elif policy == "sqrt":
        width = max(1, math.isqrt(n))
        starts = list(range(0, n, width))
        states = [state]
        for a in starts[1:]:
            states.append(advance(states[-1], a - width, a))
        for a in reversed(starts):
            retrace(states.pop(), a, min(a + width, n))
    else:
        _binomially(state, 0, n, max(1, n.bit_length()), advance, retrace)


def _binomially(state: Any, first: int, last: int, carries: int, advance: Advance, retrace: Retrace) -> None:
    while last - first > 1:
        middle = first + (binomial_split(last - first, carries) if carries else last - first - 1)
        _binomially(advance(state, first, middle), middle, last, max(carries - 1, 0), advance, retrace)
        last = middle
    if last > first:
        retrace(state, first, last)


def binomial_split(n: int, carries: int) -> int:
    """How many of n steps lie left of the next carry to remember, when `carries` more can be."""
    rounds = 1
    while math.comb(carries + rounds, carries) < n:
        rounds += 1
    return max(1, n - math.comb(carries + rounds - 1, carries - 1))
