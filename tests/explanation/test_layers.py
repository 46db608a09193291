"""Drawing in layers: edges run forwards, boxes keep their distance, and nothing depends on chance."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import minimize

from wengert.explanation.crossings import crossings, sorted_layers
from wengert.explanation.layers import layout
from wengert.explanation.places import pooled

SIZE = (100.0, 40.0)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    count = draw(st.integers(1, 14))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda e: e[0] != e[1])
    return count, draw(st.lists(pairs, max_size=30)) if count > 1 else []


@given(graphs(), st.booleans())
def test_boxes_do_not_touch(graph: tuple[int, list[tuple[int, int]]], down: bool) -> None:
    count, edges = graph
    found = layout([SIZE] * count, edges, down=down)
    for n, (x, y) in enumerate(found.corners):
        assert x >= -1e-6 and y >= -1e-6
        assert x + SIZE[0] <= found.width + 1e-6 and y + SIZE[1] <= found.height + 1e-6
        for u, v in found.corners[:n]:
            assert abs(x - u) >= SIZE[0] - 1e-6 or abs(y - v) >= SIZE[1] - 1e-6


@given(graphs())
def test_edges_of_an_evaluation_run_forwards_from_box_to_box(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = graph
    edges = [(min(e), max(e)) for e in edges]
    found = layout([SIZE] * count, edges)
    for (a, b), route in zip(edges, found.routes, strict=True):
        (x, y), (u, v) = found.corners[a], found.corners[b]
        assert route[0] == (x + SIZE[0], pytest.approx(y + SIZE[1] / 2))
        assert route[-1][0] == u and v < route[-1][1] < v + SIZE[1]
        assert len(route) % 2 == 0
        assert all(p[0] <= q[0] for p, q in pairwise(route))


def test_an_edge_against_the_order_is_drawn_backwards() -> None:
    found = layout([SIZE] * 2, [(0, 1), (1, 0)])
    assert found.routes[1][0] > found.routes[1][-1]


def test_an_input_stands_next_to_its_only_reader() -> None:
    found = layout([SIZE] * 5, [(0, 2), (2, 3), (3, 4), (1, 4)])
    assert found.corners[1][0] == found.corners[3][0]


def test_crossings_are_counted_and_removed() -> None:
    layers, pieces = [[0, 1, 2], [3, 4, 5]], [(0, 5), (1, 4), (2, 3)]
    after = [[b for a, b in pieces if a == v] for v in range(6)]
    assert crossings(layers, after, [0, 1, 2, 0, 1, 2]) == 3
    assert sorted_layers(layers, pieces, 6)[1] == [5, 4, 3]


def test_a_chain_is_a_straight_line() -> None:
    found = layout([SIZE] * 6, list(pairwise(range(6))))
    assert {y for _, y in found.corners} == {0.0}


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0.1, 5)), min_size=1, max_size=6))
def test_pooling_solves_the_least_squares_problem(pairs: list[tuple[float, float]]) -> None:
    wanted, weights = (np.array(column) for column in zip(*pairs, strict=True))
    found = np.array(pooled(list(wanted), list(weights)))
    assert np.all(np.diff(found) >= -1e-12)

    def cost(x: np.ndarray) -> float:
        return float(np.sum(weights * (x - wanted) ** 2))

    order = [{"type": "ineq", "fun": lambda x, n=n: x[n + 1] - x[n]} for n in range(len(wanted) - 1)]
    best = minimize(cost, np.sort(wanted), constraints=order, method="SLSQP", options={"maxiter": 500})
    assert cost(found) <= cost(best.x) + 1e-6 * (1 + cost(best.x))


def test_long_wires_and_many_edges_stay_small() -> None:
    count = 2000
    edges = [*pairwise(range(count)), *[(0, v) for v in range(2, count)]]
    found = layout([SIZE] * count, edges)
    assert sum(map(len, found.routes)) < 20 * count
