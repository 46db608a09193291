"""Twins of scipy.ndimage."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.ndimage

import wengert as wg
from tests.draws import C, F, P, R, S, U, V, at_kink


def twin(name: str, *sets: Any, **flags: Any) -> None:
    """A sample of a twin; the value is SciPy's."""
    S(f"scipy.ndimage.{name}", getattr(wg.scipy.ndimage, name), *sets, value=getattr(scipy.ndimage, name), **flags)


# fmt: off
# --- linear filters -----------------------------------------------------------------------------------------------

for _name in ("correlate1d", "convolve1d"):
    twin(_name, [R(5), R(3)], [R(3, 2), R(4), {"axis": 0, "mode": "constant", "cval": 2.0}],
         [R(4), R(3), {"mode": "nearest", "origin": 1}], [R(2, 3), R(2), {"mode": "mirror"}],
         [R(3), R(5), {"mode": "wrap"}], [R(1), R(3), {"mode": "mirror"}], [C(4), C(2)], [F(2, 3), R(3)],
         [F(3), R(3), {"output": np.float64}], [R(0, 3), R(2)])
for _name in ("correlate", "convolve"):
    twin(_name, [R(3, 4), R(2, 3)], [R(3, 3), R(2, 2), {"mode": "wrap", "origin": (-1, 0)}],
         [R(2, 2, 3), R(2, 2), {"axes": (2, 0), "mode": "constant", "cval": 1.0}], [C(2, 2), R(2, 2)],
         [F(2, 2), R(1, 2)])
twin("uniform_filter1d", [R(5), {"size": 3}], [R(2, 4), {"size": 2, "axis": 1, "mode": "nearest", "origin": -1}])
twin("uniform_filter", [R(3, 4), {"size": 3}], [R(3, 3), {"size": (2, 1), "mode": ("wrap", "mirror")}],
     [R(2, 3, 2), {"size": 2, "axes": (0, 1)}])
twin("gaussian_filter1d", [R(5), {"sigma": 0.8}], [R(2, 4), {"sigma": 1.0, "order": 2, "axis": 0, "mode": "wrap"}],
     [R(4), {"sigma": 1.0, "order": 1, "radius": 2}])
S("scipy.ndimage.gaussian_filter1d", lambda x, s, **kw: wg.scipy.ndimage.gaussian_filter1d(x, s, radius=2, **kw),
  [R(4), P()], [R(4), P(), {"order": 2}],
  value=lambda x, s, **kw: scipy.ndimage.gaussian_filter1d(x, s, radius=2, **kw))
twin("gaussian_filter", [R(3, 4), {"sigma": 0.7}], [R(3, 3), {"sigma": (0.5, 0), "order": (1, 0), "mode": "nearest"}],
     [F(3, 2), {"sigma": 0.5, "truncate": 2.0}], [C(3), {"sigma": 0.5}])
for _name in ("sobel", "prewitt"):
    twin(_name, [R(3, 4)], [R(3, 3), {"axis": 0, "mode": "constant", "cval": 1.0}])
twin("laplace", [R(3, 4)], [R(3, 3), {"mode": "wrap", "axes": (0,)}])
twin("gaussian_laplace", [R(3, 4), {"sigma": 0.6}], [R(3, 3), {"sigma": 0.5, "mode": "wrap", "axes": (0,)}])
twin("gaussian_gradient_magnitude", [R(3, 4), {"sigma": 0.6}],
     [R(3, 3), {"sigma": 0.5, "mode": "wrap", "truncate": 3.0}])


def _differences(x: Any, axis: int, *rest: Any) -> Any:
    return wg.scipy.ndimage.correlate1d(x, np.array([-1.0, 1.0, 0.5]), axis, *rest)


for _name in ("generic_laplace", "generic_gradient_magnitude"):
    S(f"scipy.ndimage.{_name}", lambda x, _name=_name, **kw: getattr(wg.scipy.ndimage, _name)(x, _differences, **kw),
      [R(3, 3)], [R(2, 3), {"mode": "wrap", "axes": (1,)}],
      value=lambda x, _name=_name, **kw: getattr(scipy.ndimage, _name)(x, _differences, **kw))

# --- interpolation ------------------------------------------------------------------------------------------------

twin("spline_filter1d", [R(5)], [R(2, 4), {"order": 2, "axis": 0, "mode": "reflect"}], [C(4), {"mode": "grid-wrap"}],
     [R(1), {"order": 4}])
twin("spline_filter", [R(3, 4)], [R(3, 3), {"order": 5, "mode": "grid-wrap"}])
for _mode in ("constant", "nearest", "mirror", "reflect", "wrap", "grid-wrap", "grid-constant"):
    twin("map_coordinates", [R(5), U(1, 4), {"order": 3, "mode": _mode, "cval": 1.0}],
         [R(3, 4), R(2, 3), {"order": 1, "mode": _mode}], order=2)
twin("map_coordinates", [R(4), U(1, 3), {"order": 0}], [R(4), R(1, 3), {"order": 2, "mode": "nearest"}],
     [R(5), R(1, 3), {"order": 5, "mode": "grid-mirror", "prefilter": False}], [C(4), U(1, 2)],
     [F(4), F(1, 2)], order=2)
twin("shift", [R(4), U(), {"order": 3}], [R(3, 3), U(2), {"order": 1, "mode": "wrap"}], order=2)
twin("zoom", [R(4), {"zoom": 1.6}], [R(2, 3), {"zoom": (2, 1.4), "order": 1, "mode": "grid-wrap", "grid_mode": True}])
S("scipy.ndimage.rotate", lambda x, a, **kw: wg.scipy.ndimage.rotate(x, 10 * a, reshape=False, **kw),
  [R(3, 4), U(), {"mode": "mirror"}], [R(2, 3, 2), U(), {"axes": (0, 1), "order": 1, "mode": "nearest"}], order=2,
  value=lambda x, a, **kw: scipy.ndimage.rotate(x, 10 * a, reshape=False, **kw))
twin("rotate", [R(3, 4), {"angle": 20.0, "mode": "wrap"}])
twin("affine_transform", [R(3, 3), U(2, 2), U(2), {"order": 1, "mode": "mirror"}],
     [R(4), U(1), U(1), {"output_shape": (2,)}], [R(3, 2), U(2, 3), {"order": 2, "mode": "nearest"}], order=2)


def _halfway(place: Any, *rest: Any) -> Any:
    return tuple([0.4 * n + 0.3 for n in place])


S("scipy.ndimage.geometric_transform", lambda x, **kw: wg.scipy.ndimage.geometric_transform(x, _halfway, **kw),
  [R(4)], [R(3, 2), {"order": 1, "mode": "nearest", "output_shape": (2, 2)}],
  value=lambda x, **kw: scipy.ndimage.geometric_transform(x, _halfway, **kw))

# --- ranks and labels ---------------------------------------------------------------------------------------------

_FOOTPRINT = np.array([[1, 0, 1], [0, 1, 1]])
for _name in ("maximum_filter", "minimum_filter", "median_filter"):
    twin(_name, [R(5), {"size": 3}], [R(3, 3), {"footprint": _FOOTPRINT, "mode": "constant", "cval": 0.2}],
         [R(2, 4), {"size": 2, "axes": (1,), "mode": "mirror", "origin": -1}], [F(4), {"size": 2}],
         at_kink(V(1.0, 1.0, 0.0), {"size": 3}))
for _name in ("maximum_filter1d", "minimum_filter1d"):
    twin(_name, [R(5), {"size": 3}], [R(3, 2), {"size": 2, "axis": 0, "mode": "wrap", "origin": -1}])
twin("rank_filter", [R(5), {"rank": 1, "size": 3}], [R(3, 3), {"rank": -2, "footprint": _FOOTPRINT, "mode": "nearest"}])
twin("percentile_filter", [R(5), {"percentile": 40, "size": 3}], [R(2, 4), {"percentile": -20, "size": (1, 3)}])
_LABELS = np.array([[1, 2, 0], [2, 2, 1]])
for _name in ("sum_labels", "mean", "variance", "standard_deviation"):
    twin(_name, [R(2, 3)], [R(2, 3), {"labels": _LABELS}], [R(2, 3), {"labels": _LABELS, "index": 2}],
         [R(2, 3), {"labels": _LABELS, "index": np.array([2, 1])}])
