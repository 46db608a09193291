"""Sorting the layers of a drawing so that few edges cross: every vertex goes to the mean place of its neighbours."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

__all__ = ["crossings", "sorted_layers"]

SWEEPS = 12


def sorted_layers(layers: Sequence[Sequence[int]], pieces: Sequence[tuple[int, int]], count: int) -> list[list[int]]:
    """The layers in the order with the fewest crossings that was met while sweeping to and fro."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in pieces:
        after[a].append(b)
        before[b].append(a)
    current = [list(layer) for layer in layers]
    place = [0] * count
    for layer in current:
        _number(layer, place)
    best, fewest = [list(layer) for layer in current], crossings(current, after, place)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        neighbours, order = (before, current[1:]) if sweep % 2 == 0 else (after, current[-2::-1])
        for layer in order:
            _sort(layer, neighbours, place)
        found = crossings(current, after, place)
        if found < fewest:
            best, fewest = [list(layer) for layer in current], found
    return best


def _number(layer: Sequence[int], place: list[int]) -> None:
    for n, v in enumerate(layer):
        place[v] = n


def _sort(layer: list[int], neighbours: Sequence[Sequence[int]], place: list[int]) -> None:
    """Sort by the mean place of the neighbours; who has none stays where it is, relative to the others."""
    wanted = {}
    for v in layer:
        near = neighbours[v]
        wanted[v] = sum([place[u] for u in near]) / len(near) if near else float(place[v])
    layer.sort(key=lambda v: (wanted[v], place[v]))
    _number(layer, place)


def crossings(layers: Sequence[Sequence[int]], after: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    """How many pairs of edges cross: of two edges, the one that starts further on ends less far."""
    total = 0
    for layer in layers:
        ends: list[int] = []
        for v in layer:
            targets = [place[w] for w in after[v]]
            total += sum([len(ends) - bisect_right(ends, t) for t in targets])
            for t in targets:
                insort(ends, t)
    return total
