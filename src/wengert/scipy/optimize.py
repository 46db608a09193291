"""Twins of `scipy.optimize`: what is found is differentiable in ``args=`` and in tensors that functions close over.

The derivative comes from the equation that was solved (`wengert.scipy.implicit`), not from the iterations. Where no
``jac=`` is given and the method wants one, it is wengert's exact gradient instead of SciPy's differences.
"""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.fitting import curve_fit, least_squares
from wengert.scipy.minima import brent, fmin, fminbound, golden, linprog, minimize, minimize_scalar
from wengert.scipy.roots import (
    bisect,
    brenth,
    brentq,
    fixed_point,
    fsolve,
    newton,
    ridder,
    root,
    root_scalar,
    toms748,
)

__all__ = [
    "bisect",
    "brent",
    "brenth",
    "brentq",
    "curve_fit",
    "fixed_point",
    "fmin",
    "fminbound",
    "fsolve",
    "golden",
    "least_squares",
    "linprog",
    "minimize",
    "minimize_scalar",
    "newton",
    "ridder",
    "root",
    "root_scalar",
    "toms748",
]

__getattr__ = fall_through("scipy.optimize")
