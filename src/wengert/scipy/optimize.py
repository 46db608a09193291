"""Twins of `scipy.optimize`: what is found is differentiable in ``args=`` and in tensors that functions close over.

The derivative comes from the equation that was solved (`wengert.scipy.implicit`), not from the iterations. Where no
``jac=`` is given and the method wants one, it is wengert's exact gradient instead of SciPy's differences.
"""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.fitting import curve_fit, least_squares, leastsq, nnls
from wengert.scipy.minima import brent, fmin, fminbound, golden, linprog, minimize, minimize_scalar
from wengert.scipy.roots import (
    anderson,
    bisect,
    brenth,
    brentq,
    broyden1,
    broyden2,
    diagbroyden,
    excitingmixing,
    fixed_point,
    fsolve,
    linearmixing,
    newton,
    newton_krylov,
    ridder,
    root,
    root_scalar,
    toms748,
)  # fmt: skip

__all__ = [
    "anderson", "bisect", "brent", "brenth", "brentq", "broyden1", "broyden2", "curve_fit", "diagbroyden",
    "excitingmixing", "fixed_point", "fmin", "fminbound", "fsolve", "golden", "least_squares", "leastsq",
    "linearmixing", "linprog", "minimize", "minimize_scalar", "newton", "newton_krylov", "nnls", "ridder", "root",
    "root_scalar", "toms748",
]  # fmt: skip

__getattr__ = fall_through("scipy.optimize")
