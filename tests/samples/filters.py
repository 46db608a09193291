"""Linear filters: the rows. What SciPy's functions make of them is in the samples of these."""

from __future__ import annotations

from tests.draws import C, F, P, R, S, row

# fmt: off
for _full in (True, False):
    S("linear_convolution", row("linear_convolution"),
      [R(5), R(2), {"axes": (0,), "full": _full, "fft": False}],
      [R(2, 5), R(1, 3), {"axes": (1,), "full": _full, "fft": False}],
      [R(2, 4), R(2, 4), {"axes": (1,), "full": _full, "fft": False}],
      [R(6, 2, 5), R(6, 1, 2), {"axes": (2,), "full": _full, "fft": False}],
      [R(3, 4), R(2, 2), {"axes": (0, 1), "full": _full, "fft": False}],
      [R(3, 2, 3), R(2, 1, 2), {"axes": (0, 2), "full": _full, "fft": False}],
      [C(5), C(2), {"axes": (0,), "full": _full, "fft": False}],
      [F(2, 3), F(1, 2), {"axes": (1,), "full": _full, "fft": False}],
      [R(0, 3), R(1, 2), {"axes": (1,), "full": _full, "fft": False}])
S("recursion", row("recursion"), [P(3), R(5), {"along": 0}], [P(2), R(2, 3), {"along": 1}], [C(2), R(3), {"along": 0}],
  [F(2), F(3), {"along": 0}], [P(2), R(0, 3), {"along": 1}])
S("resampling", row("resampling"), [R(4), R(3), {"up": 2, "down": 1, "along": 0, "count": 8}],
  [R(3), R(2, 5), {"up": 1, "down": 2, "along": 1, "count": 3}],
  [C(3), C(3), {"up": 3, "down": 2, "along": 0, "count": 4}],
  [F(3), F(3), {"up": 3, "down": 2, "along": 0, "count": 4}],
  [R(3), R(0, 3), {"up": 3, "down": 2, "along": 1, "count": 4}])
S("spline_coefficients", row("spline_coefficients"),
  [R(5), {"axis": 0, "order": 3, "mode": "mirror", "transposed": False}],
  [R(2, 4), {"axis": 1, "order": 2, "mode": "reflect", "transposed": False}],
  [C(4), {"axis": 0, "order": 5, "mode": "grid-wrap", "transposed": False}],
  [R(40), {"axis": 0, "order": 3, "mode": "mirror", "transposed": True}],
  [R(0, 3), {"axis": 1, "order": 3, "mode": "mirror", "transposed": False}])
