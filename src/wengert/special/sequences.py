"""Functions of all orders v₀, v₀ + 1, …, v at one point, and their derivatives, where v₀ is the fraction of v."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.special import airy, hypergeometric

__all__ = ["lmbda", "pbdv_seq", "pbvv_seq"]


def _theirs(name: str, order: Any, x: Any) -> Any:
    """The value by SciPy's own function."""
    return getattr(importlib.import_module("scipy.special"), name)(order, x)


def _orders(name: str, v: Any, x: Any, least: int) -> Any:
    """The orders up to v, of which there are at least so many."""
    if not v >= 0 or np.ndim(x):
        raise InvalidArgument(
            explain(
                f"scipy.special.{name} at {user_line()} got the order {v} and an argument of shape {np.shape(x)}.",
                "It is a sequence of the orders from the fraction of v up to v ≥ 0, at one number.",
                "Give an order that is not negative and a number; wengert.vmap takes one number after the other.",
            )
        )
    first, last = math.modf(v)
    return first + np.arange(max(int(last), least - 1) + 1)


def pbdv_seq(v: float, x: Any) -> Any:
    """Parabolic cylinder functions D of the orders v - int(v), …, v at x, and their derivatives; two at least.

    Example:
        >>> from wengert.special import pbdv_seq
        >>> pbdv_seq(1, 0.0)[0]
        array([1., 0.])
    """
    if not isinstance(x, Box):
        return _theirs("pbdv_seq", v, x)
    return airy.pbdv(_orders("pbdv_seq", v, x, 2), x)


def pbvv_seq(v: float, x: Any) -> Any:
    """Parabolic cylinder functions V of the orders v - int(v), …, v at x, and their derivatives; two at least.

    Example:
        >>> from wengert.special import pbvv_seq
        >>> pbvv_seq(1.5, 0.7)[0].round(6)
        array([-0.061218, -0.641861])
    """
    if not isinstance(x, Box):
        return _theirs("pbvv_seq", v, x)
    return airy.pbvv(_orders("pbvv_seq", v, x, 2), x)


def lmbda(v: float, x: Any) -> Any:
    """Jahnke and Emde's Λ_v(x) = Γ(v + 1) J_v(x) / (x/2)^v of the orders v - int(v), …, v, and their derivatives.

    Λ_v(x) is the hypergeometric ₀F₁(; v + 1; -x²/4), and Λ_v' = -x Λ_{v+1} / (2 (v + 1)).

    Example:
        >>> from wengert.special import lmbda
        >>> lmbda(0, 0.0)[0]
        array([1.])
    """
    if not isinstance(x, Box):
        return _theirs("lmbda", v, x)
    b = _orders("lmbda", v, x, 1) + 1
    z = -0.25 * np.square(x)
    return hypergeometric.hyp0f1(b, z), x / (-2 * b) * hypergeometric.hyp0f1(b + 1, z)
