"""Twins of `scipy.interpolate`: differentiable where they are evaluated, and in the data they were made of."""

from __future__ import annotations

from wengert.scipy.bsplines import BSpline, make_interp_spline, splev, splint
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.grids import RegularGridInterpolator, interp1d, interpn
from wengert.scipy.piecewise import Akima1DInterpolator, CubicHermiteSpline, CubicSpline, PchipInterpolator, PPoly

__all__ = [
    "Akima1DInterpolator",
    "BSpline",
    "CubicHermiteSpline",
    "CubicSpline",
    "PPoly",
    "PchipInterpolator",
    "RegularGridInterpolator",
    "interp1d",
    "interpn",
    "make_interp_spline",
    "splev",
    "splint",
]

__getattr__ = fall_through("scipy.interpolate")
