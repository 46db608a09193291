"""Splines of one variable as objects, in FITPACK's manner: twins of `UnivariateSpline` and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.scipy.bsplines import BSpline, splev, splint
from wengert.scipy.piecewise import floats
from wengert.scipy.splinefits import Fit, fitted, spalde, sproot, weights_of

__all__ = ["InterpolatedUnivariateSpline", "LSQUnivariateSpline", "UnivariateSpline"]

_BEYOND = {0: 0, 1: 1, 2: 2, 3: 3, "extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}


class UnivariateSpline:
    """`scipy.interpolate.UnivariateSpline`: a smoothing spline, differentiable in the samples and the argument.

    x, y: samples (m,). w: weights (m,). bbox: the ends, by default of x. k: degree, 1 to 5. s: how large
    Σ (w (y - spline))² may be, m by default; the choice of knots among the samples counts as constant. ext: beyond the
    ends "extrapolate", "zeros", "raise" (ValueError) or "const". Raises ValueError for another.

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(5.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.UnivariateSpline(x, y, s=0)(1.5))(np.zeros(5)).round(4)
    array([-0.0469,  0.5   ,  0.6563, -0.125 ,  0.0156])
    """

    def __init__(
        self, x: Any, y: Any, w: Any = None, bbox: Any = (None, None), k: int = 3, s: Any = None, ext: Any = 0,
        check_finite: bool = False,
    ) -> None:  # fmt: skip
        self._fit(x, y, w, bbox, k, len(x) if s is None else s, None, ext)

    def _fit(self, x: Any, y: Any, w: Any, bbox: Any, k: int, s: Any, t: Any, ext: Any) -> None:
        x, y = floats(x), floats(y)
        ends = (x[0] if bbox[0] is None else bbox[0], x[-1] if bbox[1] is None else bbox[1])
        self._samples = (x, y[:, None], weights_of(w, x), ends, k)
        self._hold(fitted(type(self).__name__, *self._samples, s, t), ext)

    def _hold(self, fit: Fit, ext: Any) -> None:
        if ext not in _BEYOND:
            raise ValueError(f"Unknown extrapolation mode {ext}.")
        self.ext = _BEYOND[ext]
        self._residual = fit.residual
        self._eval_args = (fit.t, np.concatenate([fit.c[:, 0], np.zeros(fit.k + 1)]), fit.k)

    def set_smoothing_factor(self, s: Any) -> None:
        """Fit the same samples with another s."""
        self._hold(fitted(type(self).__name__, *self._samples, s), self.ext)

    def __call__(self, x: Any, nu: int = 0, ext: Any = None) -> Any:
        """The values at x, or those of the nu-th derivative."""
        return splev(x, self._eval_args, nu, self.ext if ext is None else _BEYOND[ext])

    def get_knots(self) -> Any:
        """The knots, the ends once each."""
        t, _, k = self._eval_args
        return t[k : len(t) - k]

    def get_coeffs(self) -> Any:
        """The coefficients of the B-splines."""
        t, c, k = self._eval_args
        return c[: len(t) - k - 1]

    def get_residual(self) -> Any:
        """Σ (w (y - spline))²."""
        return self._residual

    def integral(self, a: Any, b: Any) -> Any:
        """The integral from a to b; beyond the ends the spline counts as 0."""
        return splint(a, b, self._eval_args)

    def derivatives(self, x: Any) -> Any:
        """The value and all derivatives at a number x."""
        return spalde(x, self._eval_args)

    def roots(self) -> Any:
        """The zeros of a cubic spline. Raises NotImplementedError for others."""
        t, c, k = self._eval_args
        if k != 3:
            raise NotImplementedError("finding roots unsupported for non-cubic splines")
        return sproot((t, c, k), 3 * (len(t) - 7) + 10)

    def derivative(self, n: int = 1) -> UnivariateSpline:
        """The spline of the n-th derivative."""
        return self._made(self._bspline().derivative(n), 1 if self.ext == 3 else self.ext)

    def antiderivative(self, n: int = 1) -> UnivariateSpline:
        """The spline of the n-th antiderivative, 0 at the first knot."""
        return self._made(self._bspline().antiderivative(n), self.ext)

    def _bspline(self) -> BSpline:
        return BSpline(*self._eval_args)

    @staticmethod
    def _made(spline: BSpline, ext: int) -> UnivariateSpline:
        made = object.__new__(UnivariateSpline)
        n = len(spline.t) - spline.k - 1
        made._hold(Fit(spline.t, spline.c[:n, None], spline.k, None), ext)
        return made


class InterpolatedUnivariateSpline(UnivariateSpline):
    """`scipy.interpolate.InterpolatedUnivariateSpline`: the spline through all samples; arguments as there.

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(3.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.InterpolatedUnivariateSpline(x, y, k=1)(1.25))(np.zeros(3))
    array([0.  , 0.75, 0.25])
    """

    def __init__(
        self, x: Any, y: Any, w: Any = None, bbox: Any = (None, None), k: int = 3, ext: Any = 0,
        check_finite: bool = False,
    ) -> None:  # fmt: skip
        self._fit(x, y, w, bbox, k, 0, None, ext)


class LSQUnivariateSpline(UnivariateSpline):
    """`scipy.interpolate.LSQUnivariateSpline`: the spline of least squares with given inner knots t.

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(3.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.LSQUnivariateSpline(x, y, [], k=1)(0.0))(np.zeros(3)).round(4)
    array([ 0.8333,  0.3333, -0.1667])
    """

    def __init__(
        self, x: Any, y: Any, t: Any, w: Any = None, bbox: Any = (None, None), k: int = 3, ext: Any = 0,
        check_finite: bool = False,
    ) -> None:  # fmt: skip
        self._fit(x, y, w, bbox, k, None, t, ext)
