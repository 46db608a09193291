"""What distributions of vectors and matrices share: frozen form, quadratic forms, refusals."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.stats as theirs

from wengert.errors import MissingRule, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.choice import Standing, has_box

__all__ = ["Joint", "definite", "double", "refused", "semidefinite"]

_OF_X = frozenset("pdf logpdf pmf logpmf cdf logcdf".split())


def double(x: Any) -> Any:
    """An array or box in double precision, in which SciPy computes these."""
    return lift(x).astype(float)


class Joint(Standing):
    """A distribution of SciPy, by its name: attributes without a formula are SciPy's own."""

    def __init__(self, name: str) -> None:
        self.theirs: Any = getattr(theirs, name)
        self.__doc__ = f"`scipy.stats.{name}`, differentiable in its argument and parameters."
        self.__signature__ = inspect.signature(self.theirs)

    def standing_for(self) -> Any:
        """SciPy's own distribution."""
        return self.theirs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)

    def __call__(self, *args: Any, **kwds: Any) -> Any:
        """The distribution with these parameters; SciPy's own arguments."""
        if not has_box(args, kwds):
            return JointlyFrozen(self, args, kwds, self.theirs(*args, **kwds))
        return JointlyFrozen(self, args, kwds, None)


class JointlyFrozen:
    """A distribution with parameters: ``wishart(5, scale).logpdf(x)``. What needs plain numbers only is SciPy's own."""

    def __init__(self, dist: Joint, args: tuple[Any, ...], kwds: Mapping[str, Any], frozen: Any) -> None:
        names = list(inspect.signature(type(dist.theirs).__call__).parameters)[1:]
        self.dist, self._frozen = dist, frozen
        self.given = dict(zip(names, args, strict=False)) | dict(kwds)

    def __getattr__(self, name: str) -> Any:
        if name not in vars(type(self.dist)):
            frozen = self.dist.theirs(**self.given) if self._frozen is None else self._frozen
            return getattr(frozen, name)
        method = getattr(self.dist, name)
        known = inspect.signature(method).parameters
        given = {key: x for key, x in self.given.items() if key in known}
        if name in _OF_X:
            return lambda *x, **more: method(*x, **given, **more)
        return lambda: method(**given)


def refused(name: str) -> Callable[..., Any]:
    """A method of SciPy's for plain numbers, that has no derivative rule."""

    def choose(self: Joint, *args: Any, **kwargs: Any) -> Any:
        theirs_own = getattr(self.theirs, name)
        if not has_box(args, kwargs):
            return theirs_own(*args, **kwargs)
        kind = type(self.theirs).__name__.removesuffix("_gen")
        raise MissingRule(
            explain(
                f"scipy.stats.{kind}.{name} has no derivative rule (reached from {user_line()}).",
                "SciPy estimates this integral from random points, and no formula of its derivative is known here.",
                f"Its logpdf is differentiable; or give a rule: wg.custom({kind}.{name}, vjp=...).",
            )
        )

    return functools.wraps(getattr(theirs.multivariate_normal, name))(choose)


# --- quadratic forms --------------------------------------------------------------------------------------------


def definite(offset: Any, matrix: Any) -> tuple[Any, Any]:
    """dᵀ M⁻¹ d for every d (..., n), and ln |M|; M = L Lᵀ, and the form is |L⁻¹ d|²."""
    n = offset.shape[-1]
    root = np.linalg.cholesky(matrix)
    scaled = np.linalg.solve(root, np.moveaxis(np.reshape(offset, (-1, n)), 0, 1))
    distance = np.reshape(np.sum(scaled * scaled, axis=0), offset.shape[:-1])
    return distance, 2 * np.sum(np.log(np.diagonal(root)))


def semidefinite(offset: Any, matrix: Any) -> tuple[Any, Any, Any, Any]:
    """dᵀ M⁺ d, the logarithm of the product of what eigenvalues are not zero, their number, and where M has d.

    With the projection P = M M⁺ on the range of M, that product is |M + (1 - P)|.
    """
    n = offset.shape[-1]
    cutoff = 1e6 * np.finfo(float).eps
    inverse = np.linalg.pinv(matrix, rcond=cutoff, hermitian=True)
    onto = matrix @ inverse
    away = np.eye(n) - onto
    distance = np.sum((offset @ inverse) * offset, axis=-1)
    tolerance = 1e3 * cutoff * np.max(np.abs(np.linalg.eigvalsh(matrix)))
    within = np.sum((offset @ away) ** 2, axis=-1) < tolerance**2
    return distance, np.linalg.slogdet(matrix + away)[1], np.round(np.trace(onto)), within
