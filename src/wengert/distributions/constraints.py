"""Where numbers may lie: the support of a distribution, and its parameters.

D.Gamma(2.0, 1.0).support                  # constraints.nonnegative
D.constraints.simplex.check(x)             # an array of truth values
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "Constraint", "Independent", "Interval", "boolean", "corr_cholesky", "greater_than", "greater_than_eq",
    "half_open_interval", "independent", "integer_interval", "interval", "less_than", "lower_cholesky",
    "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive", "positive_definite",
    "positive_integer", "real", "real_vector", "simplex", "symmetric", "unit_interval",
]  # fmt: skip

_NEAR = 1e-6  # by how much sums and products may be off


class Constraint:
    """A set of numbers, or of arrays of `event_dim` axes."""

    event_dim: int = 0
    is_discrete: bool = False

    def check(self, value: Any) -> Any:
        """Which of the values lie in the set: truth values, one per array."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", type(self).__name__.strip("_")).lower()


@dataclass(frozen=True, repr=False)
class Interval(Constraint):
    """Numbers between two bounds, arrays or infinite ones too. with_lower, with_upper: whether they belong to it."""

    lower_bound: Any = -np.inf
    upper_bound: Any = np.inf
    with_lower: bool = True
    with_upper: bool = True
    is_discrete: bool = False

    def check(self, value: Any) -> Any:
        above = np.greater_equal(value, self.lower_bound) if self.with_lower else np.greater(value, self.lower_bound)
        below = np.less_equal(value, self.upper_bound) if self.with_upper else np.less(value, self.upper_bound)
        inside = above & below
        return inside & (np.floor(value) == value) if self.is_discrete else inside

    def __repr__(self) -> str:
        ends = "[" if self.with_lower else "(", "]" if self.with_upper else ")"
        kind = "integer_interval" if self.is_discrete else "interval"
        return f"{kind}{ends[0]}{self.lower_bound}, {self.upper_bound}{ends[1]}"


@dataclass(frozen=True, repr=False)
class Independent(Constraint):
    """Arrays whose parts, along their first axes, all lie in another set."""

    base_constraint: Constraint
    reinterpreted_batch_ndims: int

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """The axes of an array."""
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether that of the parts is."""
        return self.base_constraint.is_discrete

    def check(self, value: Any) -> Any:
        each = self.base_constraint.check(value)
        return np.all(each, axis=tuple(range(-self.reinterpreted_batch_ndims, 0)))

    def __repr__(self) -> str:
        return f"independent({self.base_constraint}, {self.reinterpreted_batch_ndims})"


class _Real(Constraint):
    def check(self, value: Any) -> Any:
        return np.equal(value, value)  # NaN is not


class _Simplex(Constraint):
    event_dim = 1

    def check(self, value: Any) -> Any:
        return np.all(np.greater_equal(value, 0), axis=-1) & (np.abs(np.sum(value, axis=-1) - 1) < _NEAR)


class _OneHot(Constraint):
    event_dim = 1
    is_discrete = True

    def check(self, value: Any) -> Any:
        return np.all(np.equal(value, 0) | np.equal(value, 1), axis=-1) & (np.sum(value, axis=-1) == 1)


class _Multinomial(Constraint):
    event_dim = 1
    is_discrete = True

    def __init__(self, upper_bound: int) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return np.all(nonnegative_integer.check(value), axis=-1) & (np.sum(value, axis=-1) == self.upper_bound)


class _Matrices(Constraint):
    event_dim = 2


class _LowerTriangular(_Matrices):
    def check(self, value: Any) -> Any:
        return np.all(np.triu(value, 1) == 0, axis=(-2, -1))


class _LowerCholesky(_LowerTriangular):
    def check(self, value: Any) -> Any:
        return super().check(value) & np.all(np.diagonal(value, axis1=-2, axis2=-1) > 0, axis=-1)


class _CorrCholesky(_LowerCholesky):
    def check(self, value: Any) -> Any:
        lengths = np.sum(np.square(value), axis=-1)
        return super().check(value) & np.all(np.abs(lengths - 1) < _NEAR, axis=-1)


class _Symmetric(_Matrices):
    def check(self, value: Any) -> Any:
        return np.all(np.abs(value - np.swapaxes(value, -1, -2)) <= _NEAR, axis=(-2, -1))


class _PositiveDefinite(_Symmetric):
    def check(self, value: Any) -> Any:
        return super().check(value) & np.all(np.linalg.eigvalsh(value) > 0, axis=-1)


real = _Real()
positive = Interval(0.0, with_lower=False)
nonnegative = Interval(0.0)
unit_interval = Interval(0.0, 1.0)
boolean = Interval(0, 1, is_discrete=True)
nonnegative_integer = Interval(0, is_discrete=True)
positive_integer = Interval(1, is_discrete=True)
simplex, one_hot = _Simplex(), _OneHot()
lower_triangular, lower_cholesky, corr_cholesky = _LowerTriangular(), _LowerCholesky(), _CorrCholesky()
symmetric, positive_definite = _Symmetric(), _PositiveDefinite()


def interval(lower_bound: Any, upper_bound: Any) -> Interval:
    """Numbers between two bounds, which belong to it."""
    return Interval(lower_bound, upper_bound)


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Interval:
    """Numbers from the lower bound on, below the upper one."""
    return Interval(lower_bound, upper_bound, with_upper=False)


def greater_than(lower_bound: Any) -> Interval:
    """Numbers above a bound."""
    return Interval(lower_bound, with_lower=False)


def greater_than_eq(lower_bound: Any) -> Interval:
    """Numbers from a bound on."""
    return Interval(lower_bound)


def less_than(upper_bound: Any) -> Interval:
    """Numbers below a bound."""
    return Interval(-np.inf, upper_bound, with_upper=False)


def integer_interval(lower_bound: Any, upper_bound: Any) -> Interval:
    """Whole numbers between two bounds, which belong to it."""
    return Interval(lower_bound, upper_bound, is_discrete=True)


def multinomial(upper_bound: int) -> Constraint:
    """Counts that add up to a number."""
    return _Multinomial(upper_bound)


def independent(base_constraint: Constraint, reinterpreted_batch_ndims: int) -> Constraint:
    """Arrays whose parts, along so many first axes, all lie in another set; that one itself for no axes."""
    return Independent(base_constraint, reinterpreted_batch_ndims) if reinterpreted_batch_ndims else base_constraint


real_vector = independent(real, 1)
