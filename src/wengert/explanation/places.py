"""The places of vertices within their layers: as near to their neighbours as the others of the layer allow.

Layer by layer this is a least-squares problem with an order to keep,

    minimise Σ wᵢ (xᵢ - dᵢ)²  subject to  xᵢ₊₁ - xᵢ ≥ sᵢ,

which becomes isotonic regression when the separations are subtracted, and is solved in linear time by pooling adjacent
violators (R. E. Barlow et al., Statistical Inference under Order Restrictions, 1972).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["across", "pooled"]

SWEEPS = 12
# Pieces of wires pull harder, so that long wires run straight; so do computed values, and inputs give way to them.
THROUGH, HALF, COMPUTED, INPUT = 8.0, 3.0, 4.0, 1.0


def across(
    layers: Sequence[Sequence[int]],
    pieces: Sequence[tuple[int, int]],
    breadths: Sequence[float],
    spacing: float,
    vertices: int,
) -> list[float]:
    """The centre of every vertex across the layers; numbers from `vertices` on are pieces of wires."""
    near: list[list[tuple[int, float]]] = [[] for _ in breadths]
    computed = {b for _, b in pieces}
    for a, b in pieces:
        plain = COMPUTED if a in computed else INPUT
        pull = (plain, HALF, THROUGH)[(a >= vertices) + (b >= vertices)]
        near[a].append((b, pull))
        near[b].append((a, pull))
    centres = [0.0] * len(breadths)
    offsets = []
    for layer in layers:
        at = [0.0]
        for u, v in pairwise(layer):
            at.append(at[-1] + (breadths[u] + breadths[v]) / 2 + spacing)
        offsets.append(at)
        for v, x in zip(layer, at, strict=False):
            centres[v] = x - at[-1] / 2
    for sweep in range(SWEEPS):
        order = range(len(layers)) if sweep % 2 == 0 else range(len(layers) - 1, -1, -1)
        for r in order:
            _settle(layers[r], offsets[r], near, centres)
    return centres


def _settle(
    layer: Sequence[int], offsets: Sequence[float], near: Sequence[Sequence[tuple[int, float]]], centres: list[float]
) -> None:
    wanted, weights = [], []
    for v, offset in zip(layer, offsets, strict=False):
        weight = sum([pull for _, pull in near[v]])
        mean = sum([centres[u] * pull for u, pull in near[v]]) / weight if weight else centres[v]
        wanted.append(mean - offset)
        weights.append(weight or 0.1)
    for v, offset, x in zip(layer, offsets, pooled(wanted, weights), strict=False):
        centres[v] = x + offset


def pooled(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing numbers that are nearest to the wanted ones.

    >>> pooled([1.0, 5.0, 3.0, 6.0], [1, 1, 1, 1])
    [1.0, 4.0, 4.0, 6.0]
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for x, w in zip(wanted, weights, strict=True):
        mean, weight, count = x, float(w), 1
        while pools and pools[-1][0] > mean:
            other, more, others = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight += more
            count += others
        pools.append((mean, weight, count))
    return [mean for mean, _, count in pools for _ in range(count)]
