"""Distances of points, in the points, the weights and the parameters."""

from __future__ import annotations

import numpy as np

from tests.draws import B, F, P, R, S, V, at_kink
from wengert.scipy import spatial
from wengert.scipy.spatial import distance

TRUTHS = "dice jaccard rogerstanimoto russellrao sokalsneath yule".split()
BITS = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]], bool)
OTHER = np.array([[0, 0, 1, 1], [1, 0, 1, 0]], bool)

# fmt: off
for _name in "braycurtis canberra chebyshev cityblock correlation cosine euclidean minkowski sqeuclidean".split():
    S(f"scipy.spatial.distance.{_name}", lambda u, v, w=None, _name=_name: getattr(distance, _name)(u, v, w=w),
      [R(4), R(4)], [P(4), P(4), P(4)])
    S("scipy.spatial.distance.cdist", lambda a, b, _name=_name: distance.cdist(a, b, _name), [P(3, 4), R(2, 4)])
    S("scipy.spatial.distance.pdist", lambda a, w, _name=_name: distance.pdist(a, _name, w=w), [P(3, 4), P(4)])
for _name in TRUTHS:
    S(f"scipy.spatial.distance.{_name}", lambda w, _name=_name: getattr(distance, _name)(BITS[0], OTHER[0], w=w),
      [P(4)])
    S("scipy.spatial.distance.cdist", lambda w, _name=_name: distance.cdist(BITS, OTHER, _name, w=w), [P(4)])
    S("scipy.spatial.distance.pdist", lambda a, _name=_name: distance.pdist(a, _name), [B(4, 3)])
S("scipy.spatial.distance.hamming", lambda w: distance.hamming(np.array([1.0, 0, 2]), np.array([1.0, 1, 0]), w), [P(3)])
S("scipy.spatial.distance.correlation", lambda u, v: distance.correlation(u, v, centered=False), [R(4), R(4)])
S("scipy.spatial.distance.minkowski", lambda u, v, p, w=None: distance.minkowski(u, v, p, w), [R(3), R(3), {"p": 3.0}],
  [R(3), R(3), {"p": np.inf}], [R(3), R(3), {"p": 0.5}])
S("scipy.spatial.distance.mahalanobis", lambda u, v, a: distance.mahalanobis(u, v, a @ a.T), [R(3), R(3), R(3, 3)])
S("scipy.spatial.distance.seuclidean", distance.seuclidean, [R(3), R(3), P(3)])
S("scipy.spatial.distance.jensenshannon", distance.jensenshannon, [P(3), P(3)], [P(3), P(3), {"base": 2.0}],
  [P(2, 3), P(2, 3), {"axis": 1, "keepdims": True}])
S("scipy.spatial.distance.cdist", distance.cdist, [R(3, 2), R(2, 2)], [R(3, 2), R(2, 2), {"metric": "m", "p": 3}],
  at_kink(V([[1.0, 2.0], [0.0, 1.0]]), V([[1.0, 2.0], [3.0, 1.0]])), [R(0, 2), R(3, 2)], [F(2, 3), F(3, 3)],
  [R(3, 2), R(3, 2), {"metric": "seuclidean"}], [R(4, 2), R(3, 2), {"metric": "mahalanobis"}],
  [P(3, 2), P(2, 2), {"metric": "js"}])
S("scipy.spatial.distance.cdist", lambda a, b, V: distance.cdist(a, b, "seuclidean", V=V), [R(3, 2), R(2, 2), P(2)])
S("scipy.spatial.distance.cdist", lambda a, b: distance.cdist(a, b, lambda u, v: np.sum(np.sin(u) * v)),
  [R(3, 2), R(2, 2)])
S("scipy.spatial.distance.pdist", distance.pdist, [R(3, 2)], [R(1, 2)], [R(5, 2), {"metric": "mahalanobis"}],
  [R(4, 2), {"metric": "se"}], [R(4, 2), {"metric": "canberra"}], [F(3, 2)])
S("scipy.spatial.distance.pdist", lambda a: distance.pdist(a, lambda u, v: np.sum(np.sin(u) * v)), [R(3, 2)])
S("scipy.spatial.distance.squareform", distance.squareform, [R(6)], [R(1)], [F(3)])
S("scipy.spatial.distance.squareform", lambda a: distance.squareform((a + a.T) * (1 - np.eye(3))), [R(3, 3)])
S("scipy.spatial.distance.directed_hausdorff", lambda a, b: distance.directed_hausdorff(a, b)[0], [R(4, 2), R(3, 2)])
S("scipy.spatial.distance.is_valid_dm", distance.is_valid_dm, [V([[0.0, 1.0], [1.0, 0.0]])], [R(2, 2)], concrete=True)

S("scipy.spatial.minkowski_distance", spatial.minkowski_distance, [R(3, 2), R(2)], [R(2), R(2), {"p": 3.0}])
S("scipy.spatial.minkowski_distance_p", spatial.minkowski_distance_p, [R(3, 2), R(2)], [R(2), R(2), {"p": np.inf}],
  [R(2), R(2), {"p": 1}])
S("scipy.spatial.distance_matrix", spatial.distance_matrix, [R(3, 2), R(2, 2)], [R(3, 2), R(2, 2), {"p": 1}])
S("scipy.spatial.procrustes", spatial.procrustes, [R(4, 2), R(4, 2)])
