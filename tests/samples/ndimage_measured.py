"""Twins of `scipy.ndimage`: morphology, measurements of labelled parts, filters of Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.ndimage
import scipy.signal

import wengert as wg
from tests.draws import C, F, P, R, S

N = wg.scipy.ndimage
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
CORNER = np.array([[1, 1, 0], [1, 0, 0]], bool)
LABELS = np.array([[1, 2, 0], [2, 2, 1]])


def twin(name: str, *sets: Any, **flags: Any) -> None:
    """A sample of a twin, compared with SciPy's own function."""
    S(f"scipy.ndimage.{name}", getattr(N, name), *sets, value=getattr(scipy.ndimage, name), **flags)


def named(name: str, *names: str) -> Any:
    """The twin as a function of these arguments by position."""
    return lambda *xs, **params: getattr(N, name)(*xs[:1], **dict(zip(names, xs[1:], strict=True)), **params)


def spread(line: Any, out: Any, factor: float = 1.0) -> None:
    """A function for `generic_filter1d`: nearby products."""
    out[:] = factor * line[:-1] * line[1:]


def weighted(x: Any, places: Any) -> Any:
    """A function of entries and their places."""
    return np.sum(x * x * (1 + places))


# fmt: off
for _name in ("grey_erosion", "grey_dilation"):
    twin(_name, [R(6), {"size": 3}], [R(3, 4), {"size": (2, 3), "mode": "nearest"}], [R(5), {"size": 4, "origin": 1}],
         [R(3, 4), {"footprint": CROSS, "mode": "constant", "cval": 0.5}], [R(3, 4), {"footprint": CORNER}],
         [R(2, 4), {"size": 2, "axes": (1,), "mode": "wrap"}], [F(5), {"size": 3, "output": np.float64}])
    S(f"scipy.ndimage.{_name}", named(_name, "structure"), [R(6), R(3)],
      [R(3, 4), R(2, 3), {"footprint": CORNER}], [R(5), R(2), {"mode": "mirror"}])
for _name in ("grey_opening", "grey_closing", "white_tophat", "black_tophat", "morphological_gradient",
              "morphological_laplace"):
    twin(_name, [R(7), {"size": 3}], [R(4, 4), {"footprint": CROSS}], [R(6), {"size": 2, "mode": "mirror"}])
    S(f"scipy.ndimage.{_name}", named(_name, "structure"), [R(6), R(3)])
twin("generic_filter", [R(5), {"function": np.prod, "size": 3}],
  [R(2, 3), {"function": lambda x, p: np.sum(x**p), "footprint": CORNER, "extra_arguments": (2,), "mode": "nearest"}],
  [R(4), {"function": lambda x, power: np.sum(x**power), "size": 2, "extra_keywords": {"power": 3}}])
twin("generic_filter1d", [R(5), {"function": spread, "filter_size": 2}],
  [R(3, 4), {"function": spread, "filter_size": 2, "axis": 0, "extra_keywords": {"factor": 2.0}, "mode": "wrap"}],
  [R(2, 3), {"function": spread, "filter_size": 2, "extra_arguments": (3.0,), "origin": -1}])

for _name in ("center_of_mass", "maximum", "minimum", "median", "sum"):
    twin(_name, [P(2, 3)], [P(2, 3), {"labels": LABELS}], [P(2, 3), {"labels": LABELS, "index": 2}],
         [P(2, 3), {"labels": LABELS, "index": np.array([2, 1])}])
twin("labeled_comprehension", *[
  [R(2, 3), {"labels": labels, "index": index, "func": func, "out_dtype": float, "default": -1.0,
             "pass_positions": func is weighted}]
  for labels, index, func in ((LABELS, [2, 1, 7], np.prod), (LABELS, 2, weighted), (LABELS, None, weighted),
                              (None, None, np.prod))])
twin("histogram", [P(2, 3), {"min": 0.0, "max": 2.0, "bins": 3}],
  [P(2, 3), {"min": 0.0, "max": 2.0, "bins": 3, "labels": LABELS, "index": 2}], concrete=True)

for _name, _size in (("fourier_gaussian", "sigma"), ("fourier_uniform", "size"), ("fourier_ellipsoid", "size"),
                     ("fourier_shift", "shift")):
    S(f"scipy.ndimage.{_name}", named(_name, _size), [C(5), P()], [C(4, 3), P(2), {"n": 5}],
      [C(3, 4), P(), {"n": 5, "axis": 0}], [C(2, 3, 2), P(3)])
    twin(_name, [R(5), {_size: 1.5}])
S("scipy.signal.sepfir2d", wg.scipy.signal.sepfir2d, [R(4, 5), R(3), R(5)], [R(3, 3), R(1), R(3)],
  [C(3, 4), R(3), R(1)], value=scipy.signal.sepfir2d)
