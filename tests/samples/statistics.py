"""Order statistics, correlations, histograms, and what skips NaNs."""

from __future__ import annotations

import numpy as np

from tests.draws import B, C, F, I, P, R, S, U, V, at_kink

nan = np.nan
METHODS = (
    "linear lower higher nearest midpoint inverted_cdf averaged_inverted_cdf closest_observation "
    "interpolated_inverted_cdf hazen weibull median_unbiased normal_unbiased"
).split()

# fmt: off
# --- quantiles --------------------------------------------------------------------------------------------------

for _method in METHODS:
    S("quantile", np.quantile, [R(5), {"q": 0.37, "method": _method}])
for _name in ("quantile", "nanquantile"):
    S(_name, getattr(np, _name), [R(2, 3), {"q": [0.1, 0.9], "axis": 1}], [R(2, 3, 2), {"q": 0.5, "axis": (0, 2)}],
      [R(2, 3), {"q": [[0.2], [1.0]], "axis": 0, "keepdims": True}], [F(4), {"q": 0.4}], [R(4), {"q": 0}],
      [F(3), {"q": np.array([0.2])}], at_kink(V(1.0, nan, 3.0), {"q": 0.5}), [R(3), U()], [R(2, 3), U(2), {"axis": 1}])
    _f = getattr(np, _name)
    S(_name, lambda a, w, _f=_f, **kw: _f(a, [0.3, 0.8], weights=w, method="inverted_cdf", **kw),
      [R(4), P(4)], [R(2, 3), P(2, 3), {"axis": 0, "keepdims": True}])
S("quantile", lambda a, w: np.quantile(a, 0.4, weights=w, method="inverted_cdf", axis=1), [R(2, 3), P(3)])
for _method in METHODS:
    S("nanquantile", np.nanquantile, [V([[1.0, nan, 3.0, 7.0], [2.0, 5.0, 4.0, 0.0]]),
                                      {"q": [0.0, 0.3, 1.0], "method": _method, "axis": 1}])
S("nanquantile", lambda a, w: np.nanquantile(a, 0.6, weights=w, method="inverted_cdf"),
  [V(1.0, nan, 3.0, 0.5), P(4)])
S("percentile", np.percentile, [R(5), {"q": 30}], [R(2, 3), {"q": [10.0, 90.0], "axis": 1}], [F(4), {"q": 25.0}])
S("nanpercentile", np.nanpercentile, [V(1.0, nan, 3.0, 0.5), {"q": 30}], [R(2, 3), {"q": [10.0, 90.0], "axis": 1}])
S("median", np.median, [R(4)], [R(5)], [R(2, 3), {"axis": 1}], [R(2, 3), {"axis": (0, 1), "keepdims": True}], [F(4)],
  [C(3)], [R()], at_kink(V(1.0, nan)), [I(4)])
S("nanmedian", np.nanmedian, [R(4)], [V([[1.0, nan, 3.0], [nan, nan, 2.0]]), {"axis": 1}],
  at_kink(V([[nan, nan], [1.0, 2.0]]), {"axis": 1}), [F(3)],
  [V([[1.0, nan, 3.0, 0.0]]), {"axis": (0, 1), "keepdims": True}], [R()], [I(4)])

# --- correlations -----------------------------------------------------------------------------------------------

W = np.array([1.0, 2.0, 0.5, 1.5])
S("cov", np.cov, [R(2, 4)], [R(4)], [C(2, 3)], [R(4, 2), {"rowvar": False}], [R(2, 4), {"bias": True}],
  [R(2, 4), {"ddof": 0, "aweights": W}], [R(2, 4), {"aweights": W}], [R(2, 4), {"fweights": np.array([1, 2, 1, 3])}],
  [R(2, 4), R(2, 4)], [F(2, 4)], at_kink(F(2, 4), {"dtype": np.float32}),
  [R(2, 4), {"fweights": np.array([1, 2, 1, 3]), "aweights": W}])
S("cov", lambda x, w: np.cov(x, aweights=w), [R(2, 4), P(4)])
S("corrcoef", np.corrcoef, [R(2, 4)], [R(4, 3), {"rowvar": False}], [R(4), R(4)], [C(2, 4)], [R(4)], [F(2, 4)])

# --- histograms -------------------------------------------------------------------------------------------------

EDGES = np.array([-2.5, -1.0, 0.0, 1.5, 2.5])
S("bincount", np.bincount, [V(0, 2, 2, 1)], [V(0, 2), {"minlength": 6}], concrete=True)
S("bincount", lambda w, **kw: np.bincount([0, 3, 3, 1], w, **kw), [R(4)], [F(4)], [R(4), {"minlength": 6}])
S("histogram_bin_edges", np.histogram_bin_edges, [R(5)], [F(4), {"bins": 2}],
  at_kink(V(1.0, 1.0), {"bins": 2}), [I(5), {"bins": 3}])
S("histogram_bin_edges", lambda a, low: np.histogram_bin_edges(a, 3, (low, 7.0)), [R(3), R()], [F(3), F()],
  by_first=True)
S("histogram_bin_edges", lambda a, edges: np.histogram_bin_edges(a, edges), [R(3), V(EDGES)])
S("histogram_bin_edges", np.histogram_bin_edges, [R(8), {"bins": "auto"}], concrete=True)
S("histogram", np.histogram, [R(6), {"bins": 4}], [F(5), {"bins": 3}], [I(5), {"bins": 3}],
  [R(6), {"bins": 3, "density": True}])
S("histogram", lambda a, **kw: np.histogram(a, **kw)[0], [R(2, 3), {"bins": EDGES}],
  at_kink(V(-2.5, 0.0, 2.5, 4.0), {"bins": EDGES}), [R(5), {"bins": 3, "range": (-1.0, 1.0)}])
S("histogram", lambda a, w, **kw: np.histogram(a, weights=w, **kw), [R(5), P(5), {"bins": 3}],
  [R(2, 2), P(2, 2), {"bins": EDGES, "density": True}], [R(3), C(3), {"bins": EDGES}], [R(4), F(4), {"bins": EDGES}])
S("histogram", lambda a, edges: np.histogram(a, edges, density=True), [R(5), V(EDGES)])
S("histogram2d", np.histogram2d, [R(5), R(5), {"bins": 2}], [R(4), R(4), {"bins": [2, EDGES]}],
  [R(4), R(4), {"bins": EDGES, "density": True}])
S("histogram2d", lambda x, y, w: np.histogram2d(x, y, 2, weights=w), [R(4), R(4), P(4)])
S("histogramdd", np.histogramdd, [R(5, 2), {"bins": 2}], [R(5, 2), {"bins": (2, EDGES)}],
  [R(5, 3), {"bins": 2, "range": [(-1.0, 1.0), None, (-2.0, 2.0)]}])
S("histogramdd", lambda s, w: np.histogramdd(s, 2, density=True, weights=w), [R(5, 2), P(5)])
S("searchsorted", np.searchsorted, [V(1.0, 2.0, 3.0), U(2)], [V(0.2, 0.5, 0.7), U(2, 2), {"side": "right"}],
  [V(0.7, 0.2, 0.5), U(), {"sorter": np.array([1, 2, 0])}])
S("digitize", np.digitize, [U(4), V(0.2, 0.5, 0.7)], [U(2, 2), V(0.7, 0.5, 0.2)],
  [V(0.5, 1.0), V(0.5, 1.0), {"right": True}])

# --- skipping NaNs ------------------------------------------------------------------------------------------------

HOLES = V([[1.0, nan, 3.0], [0.5, -2.0, 4.0]])
LEFT = np.array([[True, True, False], [False, True, True]])
for _name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd"):
    S(_name, getattr(np, _name), [HOLES], [HOLES, {"axis": 1}], [HOLES, {"axis": (0, 1), "keepdims": True}], [F(3)],
      [C(2, 2), {"axis": 0}], [HOLES, {"axis": 0, "where": LEFT}], [R()], [F(3), {"dtype": float}])
S("nansum", np.nansum, [HOLES, {"initial": 2.0}], [R(0)], [I(3)])
S("nanprod", np.nanprod, [HOLES, {"axis": 1, "initial": 2.0}], [R(0)], [I(3)])
S("nanvar", np.nanvar, [HOLES, {"axis": 1, "ddof": 1}], [HOLES, {"correction": 1}], [HOLES, {"mean": 0.5}])
S("nanstd", np.nanstd, [HOLES, {"axis": 1, "ddof": 1}], at_kink(V(1.0, 1.0, nan)))
for _name in ("nanmax", "nanmin"):
    S(_name, getattr(np, _name), [HOLES], [HOLES, {"axis": 1}], [HOLES, {"axis": 0, "keepdims": True}], [F(3)], [I(3)],
      [HOLES, {"axis": 1, "initial": 0.2}], [HOLES, {"axis": 0, "where": np.array([[True], [True]]), "initial": 0.2}],
      at_kink(V([[nan, nan], [1.0, 2.0]]), {"axis": 1}), at_kink(V(2.0, nan, 2.0)))
for _name in ("nancumsum", "nancumprod"):
    S(_name, getattr(np, _name), [HOLES], [HOLES, {"axis": 1}], [F(3)], [C(2, 2), {"axis": 0}])
for _name in ("nanargmax", "nanargmin"):
    S(_name, getattr(np, _name), [HOLES], [HOLES, {"axis": 1}], [HOLES, {"axis": 0, "keepdims": True}])
S("isin", np.isin, [R(3), R(2)], [I(2, 3), I(2)], at_kink(V(1.0, 2.0), V(2.0, 3.0), {"invert": True}), [B(2), B(3)])
