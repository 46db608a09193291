"""Parameters that may be any numbers: maps from these onto the sets of `constraints`.

scale = D.biject_to(D.Normal(0.0, 1.0).arg_constraints["scale"])(free)      # for optimisers
x = D.biject_to(prior.support)(free)                                        # for samplers
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint, Independent, Interval
from wengert.distributions.transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    SigmoidTransform,
    StickBreakingTransform,
    Transform,
    identity_transform,
)
from wengert.errors import MissingRule, explain, user_line
from wengert.special import softplus

__all__ = ["CorrCholeskyTransform", "PositiveDefiniteTransform", "SoftmaxTransform", "biject_to", "transform_to"]


class SoftmaxTransform(Transform):
    """Weights exp(x) over their sum, to which many x lead; the inverse gives one of them.

    >>> import numpy as np, wengert as wg
    >>> wg.distributions.SoftmaxTransform()(np.zeros(4))
    array([0.25, 0.25, 0.25, 0.25])
    """

    axes = 1

    def _call(self, x: Any) -> Any:
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def _inverse(self, y: Any) -> Any:
        return np.log(y)


class PositiveDefiniteTransform(LowerCholeskyTransform):
    """Matrices to symmetric positive definite ones, L Lᵀ for the L of `LowerCholeskyTransform`."""

    def _call(self, x: Any) -> Any:
        root = super()._call(x)
        return np.matmul(root, np.swapaxes(root, -1, -2))

    def _inverse(self, y: Any) -> Any:
        return super()._inverse(np.linalg.cholesky(y))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Of the entries that are not above the diagonal: that of L, and of L Lᵀ, 2ⁿ ∏ Lᵢᵢⁿ⁻ⁱ for i from 0."""
        n = np.shape(x)[-1]
        powers = np.arange(n + 1, 1, -1).astype(x.dtype)  # of exp xᵢᵢ, one of them of L
        return n * np.log(2.0) + np.sum(powers * np.diagonal(x, axis1=-2, axis2=-1), axis=-1)


class CorrCholeskyTransform(Transform):
    """n (n - 1) / 2 numbers to the Cholesky factor of n × n correlations, row by row.

    With r = tanh x before the diagonal, an entry is r times the root of what the entries before it have left of the
    row's squares, 1 in all, so that L of row i and column j is rᵢⱼ ∏ₖ₍ⱼ √(1 - rᵢₖ²); the diagonal is what is left.

    >>> import numpy as np, wengert as wg
    >>> wg.distributions.CorrCholeskyTransform()(np.array([0.0]))
    array([[1., 0.],
           [0., 1.]])
    """

    @property
    def in_axes(self) -> int:
        return 1

    @property
    def out_axes(self) -> int:
        return 2

    def _placed(self, x: Any) -> tuple[Any, Any, Any]:
        """x below the diagonal, log(1 - r²) there, and half of its sum before each entry."""
        n = self.forward_shape(np.shape(x))[-1]
        place = np.zeros((n, n), np.intp)
        place[np.tril_indices(n, -1)] = np.arange(n * (n - 1) // 2)
        below = np.tril(x[..., place], -1)
        # 1 - tanh² = 4 / (e^x + e^-x)²
        log = 2 * (np.log(2.0) - np.abs(below) - softplus(-2 * np.abs(below)))
        log = np.tril(log, -1)
        return below, log, (np.cumsum(log, axis=-1) - log) / 2

    def _call(self, x: Any) -> Any:
        below, _, left = self._placed(x)
        n = np.shape(below)[-1]
        return (np.tanh(below) + np.eye(n, dtype=x.dtype)) * np.exp(left)

    def _inverse(self, y: Any) -> Any:
        n = np.shape(y)[-1]
        rows, columns = np.tril_indices(n, -1)
        square = np.square(y)
        # what is left of the row from an entry on, as a sum, which cancels nothing
        left = np.flip(np.cumsum(np.flip(square, axis=-1), axis=-1), axis=-1)
        return np.arctanh(y[..., rows, columns] / np.sqrt(left[..., rows, columns]))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # The map is triangular: of the entries before the diagonal the slope is (1 - r²) ∏ₖ √(1 - rᵢₖ²).
        _, log, left = self._placed(x)
        return np.sum(np.tril(log + left, -1), axis=(-2, -1))

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n = round((1 + (1 + 8 * shape[-1]) ** 0.5) / 2)
        return (*shape[:-1], n, n)

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)


def biject_to(constraint: Constraint) -> Transform:
    """A map from all numbers, or vectors of them, to a set, with an inverse and a log determinant.

    Raises `MissingRule` for a set of whole numbers, and others without a map.

    >>> import wengert as wg
    >>> D = wg.distributions
    >>> D.biject_to(D.constraints.interval(1.0, 3.0))(0.0)
    np.float64(2.0)
    """
    if isinstance(constraint, Independent):
        return IndependentTransform(biject_to(constraint.base_constraint), constraint.reinterpreted_batch_ndims)
    if isinstance(constraint, Interval) and not constraint.is_discrete:
        return _to_interval(constraint.lower_bound, constraint.upper_bound)
    if constraint is constraints.real:
        return identity_transform
    if constraint is constraints.simplex:
        return StickBreakingTransform()
    if constraint is constraints.lower_cholesky:
        return LowerCholeskyTransform()
    if constraint is constraints.corr_cholesky:
        return CorrCholeskyTransform()
    if constraint is constraints.positive_definite:
        return PositiveDefiniteTransform()
    raise MissingRule(
        explain(
            f"a map to {constraint} was asked for at {user_line()}.",
            "All numbers cannot be mapped to it one to one, or it is not known how.",
            "Maps go to real, intervals, simplex, lower_cholesky, corr_cholesky and positive_definite.",
        )
    )


def transform_to(constraint: Constraint) -> Transform:
    """A map from all numbers to a set, from arrays of the same shape; that of `biject_to` but for probabilities.

    >>> import numpy as np, wengert as wg
    >>> D = wg.distributions
    >>> D.transform_to(D.constraints.simplex)(np.zeros(2))
    array([0.5, 0.5])
    """
    if isinstance(constraint, Independent):
        return IndependentTransform(transform_to(constraint.base_constraint), constraint.reinterpreted_batch_ndims)
    return SoftmaxTransform() if constraint is constraints.simplex else biject_to(constraint)


def _to_interval(low: Any, high: Any) -> Transform:
    bounded, capped = bool(np.all(np.isfinite(low))), bool(np.all(np.isfinite(high)))
    if not bounded and not capped:
        return identity_transform
    if bounded and capped:
        return _then_moved(SigmoidTransform(), low, high - low)
    return _then_moved(ExpTransform(), low, 1.0) if bounded else _then_moved(ExpTransform(), high, -1.0)


def _then_moved(t: Transform, loc: Any, scale: Any) -> Transform:
    moved = np.any(np.asarray(loc) != 0) or np.any(np.asarray(scale) != 1)
    return ComposeTransform([t, AffineTransform(loc, scale)]) if moved else t
