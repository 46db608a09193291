"""Drawing a graph in layers, from the inputs to the result.

The method is that of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Trans. SMC 11, 1981, in four steps: every vertex gets a layer, long edges are cut into pieces between
neighbouring layers, the layers are sorted so that few edges cross, and every vertex gets its place.

    layer 0   layer 1   layer 2
    [x1]──┬──▶[log]────▶[add]         a value is one wire that branches: the pieces of long edges
          └──▶[mul]────▶              from one source are shared

Layers run along one axis ("along"); within a layer vertices stand across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wengert.explanation.crossings import sorted_layers
from wengert.explanation.places import across

__all__ = ["Layout", "layout"]

Point = tuple[float, float]
Size = tuple[float, float]

WIRE = 12.0  # room across that a wire takes when it passes a layer
MOST_PIECES = 150  # of all edges of a wire that are drawn from end to end; beyond, each edge is drawn from its branch
MOST_CUTS = 20_000  # pieces of all wires; the longest wires beyond are drawn straight


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is.

    corners: of every vertex the corner with the smallest coordinates. routes: per edge its points. From the first to
    the second it bends, to the third it runs straight along a layer, to the fourth it bends, and so on.
    """

    corners: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def layout(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], gap: float = 90, spacing: float = 22, down: bool = False
) -> Layout:
    """Place vertices of these sizes (width, height) in layers from left to right, or from the top down.

    Edges are pairs (source, target); those against the order of the vertices, as cycles have, are drawn backwards.
    gap: between layers; spacing: between vertices of a layer. The result is the same every time.

    >>> found = layout([(50, 20)] * 3, [(0, 1), (1, 2), (0, 2)])
    >>> [x for x, _ in found.corners]
    [0.0, 140.0, 280.0]
    """
    turned = [(h, w) if down else (w, h) for w, h in sizes]
    drawing = _Drawing(turned, edges)
    corners, routes, length, breadth = drawing.placed(gap, spacing)
    if down:
        corners = [(y, x) for x, y in corners]
        routes = [[(y, x) for x, y in route] for route in routes]
        length, breadth = breadth, length
    return Layout(tuple(corners), tuple([tuple(route) for route in routes]), length, breadth)


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of every vertex: as early as possible, then as near to its readers as makes the edges shorter."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    rank = [0] * count
    for v in range(count):
        rank[v] = max([rank[u] + 1 for u in before[v]], default=0)
    for v in reversed(range(count)):
        # One layer further costs a layer for every edge that arrives, and saves one for every edge that leaves.
        if len(after[v]) > len(before[v]):
            rank[v] = min([rank[w] for w in after[v]]) - 1
    return rank


class _Drawing:
    """The graph with its long edges cut. Vertices from `count` on are pieces of wires."""

    def __init__(self, sizes: Sequence[Size], edges: Sequence[tuple[int, int]]) -> None:
        self.count = len(sizes)
        self.sizes = sizes
        self.edges = edges
        self.forward = [(min(a, b), max(a, b)) for a, b in edges]
        proper = [(a, b) for a, b in self.forward if a != b]
        self.rank = ranks(self.count, proper)
        self.layers: list[list[int]] = [[] for _ in range(max(self.rank, default=-1) + 1)]
        for v, r in enumerate(self.rank):
            self.layers[r].append(v)
        self.chains: dict[int, list[int]] = {}
        self.pieces: list[tuple[int, int]] = []  # edges between neighbouring layers
        self._cut(proper)

    def _cut(self, edges: Sequence[tuple[int, int]]) -> None:
        rank = list(self.rank)
        reach: dict[int, int] = {}
        for a, b in edges:
            reach[a] = max(reach.get(a, 0), rank[b] - rank[a])
        room = MOST_CUTS
        for source in sorted(reach, key=lambda v: (reach[v], v)):
            room -= reach[source] - 1
            if room < 0:
                break
            chain = [source]
            for r in range(rank[source] + 1, rank[source] + reach[source]):
                piece = len(rank)
                rank.append(r)
                self.layers[r].append(piece)
                self.pieces.append((chain[-1], piece))
                chain.append(piece)
            self.chains[source] = chain
        for a, b in dict.fromkeys(edges):
            self.pieces += [(self._wire(a, b)[-1], b)] if a in self.chains else []
        self.rank = rank

    def _wire(self, a: int, b: int) -> list[int]:
        """The source of an edge and the pieces of the wire up to its target; the source alone if it runs straight."""
        return self.chains.get(a, [a])[: max(1, self.rank[b] - self.rank[a])]

    def placed(self, gap: float, spacing: float) -> tuple[list[Point], list[list[Point]], float, float]:
        """Corners, routes, and the size of the whole."""
        layers = sorted_layers(self.layers, self.pieces, len(self.rank))
        breadths = [h for _, h in self.sizes] + [WIRE] * (len(self.rank) - self.count)
        centres = across(layers, self.pieces, breadths, spacing, self.count)
        lengths = [max([self.sizes[v][0] for v in layer if v < self.count], default=0.0) for layer in layers]
        starts = [0.0]
        for length in lengths:
            starts.append(starts[-1] + length + gap)
        first = min([centres[v] - breadths[v] / 2 for v in range(len(centres))], default=0.0)
        last = max([centres[v] + breadths[v] / 2 for v in range(len(centres))], default=0.0)
        centres = [c - first for c in centres]
        corners = [
            (float(starts[self.rank[v]] + (lengths[self.rank[v]] - w) / 2), centres[v] - h / 2)
            for v, (w, h) in enumerate(self.sizes)
        ]
        routes = self._routes(corners, centres, starts, lengths)
        return corners, routes, max(0.0, starts[-1] - gap), last - first

    def _routes(
        self, corners: Sequence[Point], centres: Sequence[float], starts: Sequence[float], lengths: Sequence[float]
    ) -> list[list[Point]]:
        ports = self._ports(centres)
        skipped = self._shared()
        routes = []
        for number, (a, b) in enumerate(self.forward):
            route = [(corners[a][0] + self.sizes[a][0], centres[a])]
            for piece in self._wire(a, b)[1:]:
                r = self.rank[piece]
                route += [(starts[r], centres[piece]), (starts[r] + lengths[r], centres[piece])]
            route = route[2 * skipped[number] :]
            route.append((corners[b][0], ports[number]))
            backwards = self.edges[number] != (a, b)
            routes.append(route[::-1] if backwards else route)
        return routes

    def _shared(self) -> list[int]:
        """Per edge, how many pieces need no drawing because another edge of the same long wire draws them."""
        skipped = [0] * len(self.edges)
        bundles: dict[int, list[tuple[int, int]]] = {}
        for number, (a, b) in enumerate(self.forward):
            bundles.setdefault(a, []).append((len(self._wire(a, b)) - 1, number))
        for bundle in bundles.values():
            if sum([pieces for pieces, _ in bundle]) > MOST_PIECES:
                drawn = 0
                for pieces, number in sorted(bundle):
                    skipped[number] = min(drawn, pieces)
                    drawn = max(drawn, pieces)
        return skipped

    def _ports(self, centres: Sequence[float]) -> list[float]:
        """Where each edge arrives: side by side, in the order in which the edges come."""
        arrivals: dict[int, list[tuple[float, int]]] = {}
        for number, (a, b) in enumerate(self.forward):
            arrivals.setdefault(b, []).append((centres[self._wire(a, b)[-1]], number))
        ports = [0.0] * len(self.edges)
        for b, found in arrivals.items():
            breadth = self.sizes[b][1]
            for place, (_, number) in enumerate(sorted(found), 1):
                ports[number] = centres[b] + breadth * ((place - 0.5) / len(found) - 0.5)
        return ports
