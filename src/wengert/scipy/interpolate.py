"""Twins of `scipy.interpolate`: differentiable where they are evaluated, and in the data they were made of."""

from __future__ import annotations

from wengert.scipy.bernstein import BPoly, NdPPoly
from wengert.scipy.bsplines import BSpline, make_interp_spline, splev, splint
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.grids import RegularGridInterpolator, interp1d, interpn
from wengert.scipy.piecewise import Akima1DInterpolator, CubicHermiteSpline, CubicSpline, PchipInterpolator, PPoly
from wengert.scipy.polynomials import (
    BarycentricInterpolator,
    KroghInterpolator,
    approximate_taylor_polynomial,
    barycentric_interpolate,
    krogh_interpolate,
    pade,
    pchip_interpolate,
)
from wengert.scipy.scattered import LinearNDInterpolator, NearestNDInterpolator, Rbf, RBFInterpolator, griddata
from wengert.scipy.smoothingsplines import make_smoothing_spline, make_splprep, make_splrep
from wengert.scipy.splinefits import make_lsq_spline, spalde, splprep, splrep, sproot
from wengert.scipy.surfaces import NdBSpline, RectBivariateSpline, bisplev
from wengert.scipy.univariate import InterpolatedUnivariateSpline, LSQUnivariateSpline, UnivariateSpline

__all__ = [
    "Akima1DInterpolator",
    "BPoly",
    "BSpline",
    "BarycentricInterpolator",
    "CubicHermiteSpline",
    "CubicSpline",
    "InterpolatedUnivariateSpline",
    "KroghInterpolator",
    "LSQUnivariateSpline",
    "LinearNDInterpolator",
    "NdBSpline",
    "NdPPoly",
    "NearestNDInterpolator",
    "PPoly",
    "PchipInterpolator",
    "RBFInterpolator",
    "Rbf",
    "RectBivariateSpline",
    "RegularGridInterpolator",
    "UnivariateSpline",
    "approximate_taylor_polynomial",
    "barycentric_interpolate",
    "bisplev",
    "griddata",
    "interp1d",
    "interpn",
    "krogh_interpolate",
    "make_interp_spline",
    "make_lsq_spline",
    "make_smoothing_spline",
    "make_splprep",
    "make_splrep",
    "pade",
    "pchip_interpolate",
    "spalde",
    "splev",
    "splint",
    "splprep",
    "splrep",
    "sproot",
]

__getattr__ = fall_through("scipy.interpolate")
