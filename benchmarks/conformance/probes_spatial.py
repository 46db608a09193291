"""`scipy.spatial` and its distances."""

from __future__ import annotations

from benchmarks.conformance.probe import each, probe
from tests.draws import P, R, V

# fmt: off
each("sp.spatial.distance.{}(x, y)", "braycurtis canberra chebyshev cityblock correlation cosine euclidean "
     "jensenshannon minkowski sqeuclidean", P(4), P(4))
each("sp.spatial.distance.{}(arr([1.0, 0.0, 2.0]), arr([0.0, 0.0, 1.0]), x)", "hamming jaccard", P(3))
each("sp.spatial.distance.{}(arr([True, False, True]), arr([False, False, True]), x)", "dice rogerstanimoto russellrao "
     "sokalsneath yule", P(3))
probe("sp.spatial.distance.mahalanobis(x, y, arr([[2.0, 0.5], [0.5, 1.0]]))", R(2), R(2))
probe("sp.spatial.distance.seuclidean(x, y, z)", R(3), R(3), P(3))
probe("sp.spatial.distance.cdist(x, y)", R(3, 2), R(4, 2))
probe("sp.spatial.distance.pdist(x)", R(4, 2))
probe("sp.spatial.distance.squareform(x)", P(6))
probe("sp.spatial.distance.directed_hausdorff(x, y)[0]", R(4, 2), R(3, 2))
each("sp.spatial.distance.{}(x)", "is_valid_dm num_obs_dm", V([[0.0, 1.0], [1.0, 0.0]]))
each("sp.spatial.distance.{}(x)", "is_valid_y num_obs_y", P(6))
probe("sp.spatial.distance_matrix(x, y)", R(3, 2), R(4, 2))
each("sp.spatial.{}(x, y)", "minkowski_distance minkowski_distance_p", R(3, 2), R(2))
probe("sp.spatial.procrustes(x, y)", R(4, 2), R(4, 2))
probe("sp.spatial.geometric_slerp(x / np.linalg.norm(x), y / np.linalg.norm(y), 0.3)", R(3), R(3))
probe("sp.spatial.tsearch(sp.spatial.Delaunay(arr([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])), x)", P(3, 2))
