"""Factorials, binomials and multivariate gamma functions, as functions of real or complex numbers."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain
from wengert.ops import spelling
from wengert.ops.special import factorials
from wengert.ops.special.everyday import gamma

__all__ = ["comb", "factorial", "factorial2", "factorialk", "multigammaln", "perm"]


def _theirs(name: str) -> Any:
    return getattr(importlib.import_module("scipy.special"), name)


def _exact(name: str, *args: Any, **kwargs: Any) -> Any:
    """SciPy's integers: they have no derivative, so tensors are refused."""
    if any(isinstance(x, Box) for x in args):
        raise InvalidArgument(
            explain(
                f"{name} with exact=True was called with a tensor.",
                "Exact results are Python's integers, which have no derivative.",
                "Leave exact=True out.",
            )
        )
    return _theirs(name)(*args, **kwargs, exact=True)


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """How many ways there are to take k of N things, by gamma functions between the integers.

    Args:
        N: how many there are, numbers or arrays. The result is 0 for k > N, N < 0 or k < 0.
        k: how many are taken.
        exact: SciPy's integer arithmetic, for plain numbers only.
        repetition: whether a thing may be taken more than once.

    Example:
        >>> from wengert.special import comb
        >>> comb(5, 2)
        np.float64(10.0)
    """
    if exact:
        return _exact("comb", N, k, repetition=repetition)
    N, k = spelling.lift(N), spelling.lift(k)
    if repetition:
        return np.where((k == 0) & (N >= 0), 1.0, factorials.binom(N + k - 1, k))[()]
    return _inside(factorials.binom(N, k), N, k)


def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """How many sequences of k of N things there are: N! / (N - k)!, 0 for k > N, N < 0 or k < 0.

    Args:
        N: how many there are, numbers or arrays.
        k: how many are taken.
        exact: SciPy's integer arithmetic, for plain numbers only.

    Example:
        >>> from wengert.special import perm
        >>> perm(5, 2)
        np.float64(20.0)
    """
    if exact:
        return _exact("perm", N, k)
    N, k = spelling.lift(N), spelling.lift(k)
    return _inside(factorials.poch(N - k + 1, k), N, k)


def _inside(value: Any, N: Any, k: Any) -> Any:
    return np.where((k <= N) & (N >= 0) & (k >= 0), value, np.zeros((), value.dtype))[()]


def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """n! = Γ(n + 1).

    Args:
        n: numbers or arrays.
        exact: SciPy's integer arithmetic, for plain numbers only.
        extend: what negative n give: "zero", or "complex" for the gamma function, also of complex n.

    Example:
        >>> from wengert.special import factorial
        >>> factorial(4)
        np.float64(24.0)
    """
    return _multifactorial("factorial", n, 1, exact, extend)


def factorial2(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """n!! = n (n - 2) (n - 4) …; the arguments are those of `factorial`, and real n need ``extend="complex"``.

    Example:
        >>> from wengert.special import factorial2
        >>> round(float(factorial2(5.0, extend="complex")), 9)
        15.0
    """
    return _multifactorial("factorial2", n, 2, exact, extend)


def factorialk(n: Any, k: Any, exact: bool = False, extend: str = "zero") -> Any:
    """n (n - k) (n - 2k) …; the arguments are those of `factorial2`.

    With ``extend="complex"``, where k may be any number but 0, it is k^{(n-1)/k} Γ(n/k + 1) / Γ(1/k + 1).

    Example:
        >>> from wengert.special import factorialk
        >>> round(float(factorialk(7.0, 3, extend="complex")), 9)
        28.0
    """
    return _multifactorial("factorialk", n, k, exact, extend)


def _multifactorial(name: str, n: Any, k: Any, exact: bool, extend: str) -> Any:
    if not isinstance(n, Box) and not isinstance(k, Box):
        more = (k,) if name == "factorialk" else ()
        return _theirs(name)(n, *more, exact=exact, extend=extend)
    if exact:
        return _exact(name, n, k)
    n = spelling.lift(n)
    if extend not in ("zero", "complex"):
        raise ValueError(f"argument `extend` must be either 'zero' or 'complex', received: {extend}")
    if extend == "zero" and (n.dtype.kind == "c" or (n.dtype.kind == "f" and name != "factorial")):
        raise InvalidArgument(
            explain(
                f"{name} of {n.dtype} numbers was called without extend='complex'.",
                "Between the integers it is defined by the gamma function, with other values at negative n.",
                "Pass extend='complex', as with SciPy.",
            )
        )
    if isinstance(k, int) and k == 1:
        value = gamma(n + 1)
        return value if extend == "complex" else np.where(n >= 0, value, np.zeros(()))
    if extend == "zero":  # integers: a tensor of them has no derivative
        return _theirs(name)(n.plain(name), *((k,) if name == "factorialk" else ()), extend=extend)
    unit = factorials.rgamma(1 / k + 1)
    if isinstance(k, int | float | complex):
        unit, k = unit.item(), np.complex128(k) if isinstance(k, complex) or k < 0 else k
    return np.power(k, (n - 1) / k) * gamma(n / k + 1) * unit


def multigammaln(a: Any, d: int) -> Any:
    """ln Γ_d(a), the logarithm of the multivariate gamma function of dimension d.

    Args:
        a: numbers greater than (d - 1)/2.
        d: the dimension, an integer.

    Example:
        >>> from wengert.special import multigammaln
        >>> multigammaln(3.0, 1)
        np.float64(0.6931471805599453)
    """
    if not np.isscalar(d) or int(d) != d:  # type: ignore[arg-type]
        raise ValueError("d should be a positive integer (dimension)")
    if not isinstance(a, Box):
        return _theirs("multigammaln")(a, d)
    return factorials.multigammaln(a, int(d))
