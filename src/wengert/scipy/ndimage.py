"""Twins of `scipy.ndimage`: filters, rank filters, interpolation and measurements that differentiate."""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.interpolating import (
    affine_transform,
    geometric_transform,
    map_coordinates,
    rotate,
    shift,
    spline_filter,
    spline_filter1d,
    zoom,
)
from wengert.scipy.ndfilters import (
    convolve,
    convolve1d,
    correlate,
    correlate1d,
    gaussian_filter,
    gaussian_filter1d,
    gaussian_gradient_magnitude,
    gaussian_laplace,
    generic_gradient_magnitude,
    generic_laplace,
    laplace,
    prewitt,
    sobel,
    uniform_filter,
    uniform_filter1d,
)
from wengert.scipy.ranking import (
    maximum_filter,
    maximum_filter1d,
    mean,
    median_filter,
    minimum_filter,
    minimum_filter1d,
    percentile_filter,
    rank_filter,
    standard_deviation,
    sum_labels,
    variance,
)

__all__ = [
    "affine_transform",
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "gaussian_filter",
    "gaussian_filter1d",
    "gaussian_gradient_magnitude",
    "gaussian_laplace",
    "generic_gradient_magnitude",
    "generic_laplace",
    "geometric_transform",
    "laplace",
    "map_coordinates",
    "maximum_filter",
    "maximum_filter1d",
    "mean",
    "median_filter",
    "minimum_filter",
    "minimum_filter1d",
    "percentile_filter",
    "prewitt",
    "rank_filter",
    "rotate",
    "shift",
    "sobel",
    "spline_filter",
    "spline_filter1d",
    "standard_deviation",
    "sum_labels",
    "uniform_filter",
    "uniform_filter1d",
    "variance",
    "zoom",
]

__getattr__ = fall_through("scipy.ndimage")
