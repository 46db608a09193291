"""Borders around arrays, in every mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.draws import C, F, I, R, S


def ends(vector: Any, width: Any, axis: int, kwargs: Any) -> None:
    """A border written by a function: twice the entry at the end."""
    vector[: width[0]] = 2 * vector[width[0]]
    vector[vector.shape[0] - width[1] :] = kwargs["value"]


# fmt: off
MODES = ("constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap")
for _mode in MODES:
    S("pad", np.pad, [R(2, 3), {"pad_width": ((1, 2), (0, 3)), "mode": _mode}])
for _mode in ("linear_ramp", "mean", "reflect"):
    S("pad", np.pad, [F(3), {"pad_width": 4, "mode": _mode}], [I(3, below=9), {"pad_width": (2, 1), "mode": _mode}])
for _mode in ("maximum", "mean", "median", "minimum"):
    S("pad", np.pad, [R(2, 3), {"pad_width": 1, "mode": _mode, "stat_length": ((1, 2), (2, 1))}],
      [R(4), {"pad_width": 1, "mode": _mode, "stat_length": 2}])
for _mode in ("reflect", "symmetric"):
    S("pad", np.pad, [R(2, 3), {"pad_width": ((2, 5), (4, 1)), "mode": _mode, "reflect_type": "odd"}],
      [C(3), {"pad_width": (0, 9), "mode": _mode, "reflect_type": "odd"}],
      [I(3, below=9), {"pad_width": 2, "mode": _mode, "reflect_type": "odd"}],
      [R(1), {"pad_width": 2, "mode": _mode, "reflect_type": "odd"}])
S("pad", lambda x, v: np.pad(x, 1, constant_values=v), [R(2, 2), R()], [R(2, 2), R(2)], [R(2, 1), R(2, 2)],
  by_first=True)
S("pad", lambda x, v: np.pad(x, 2, "linear_ramp", end_values=v), [R(3), R()], [R(2, 2), R(2, 2)], by_first=True)
S("pad", np.pad, [R(2), {"pad_width": 1, "constant_values": ((1.0, 2.0),)}],
  [R(2, 2), {"pad_width": {-1: (1, 2)}, "mode": "edge"}])
S("pad", lambda x: np.pad(x, (2, 1), "empty")[2:-1], [R(3)])
S("pad", np.pad, [R(2, 3), {"pad_width": ((1, 0), (2, 1)), "mode": ends, "value": 5.0}])
