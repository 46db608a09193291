"""PyTorch's names of special functions: SciPy's under another name, and the Chebyshev polynomials that SciPy lacks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import BY_NAME, deliver
from wengert.special.derived import spherical_jn

ALIASES = {
    "bessel_j0": "j0", "bessel_j1": "j1", "bessel_y0": "y0", "bessel_y1": "y1",
    "modified_bessel_i0": "i0", "modified_bessel_i1": "i1", "modified_bessel_k0": "k0", "modified_bessel_k1": "k1",
    "scaled_modified_bessel_k0": "k0e", "scaled_modified_bessel_k1": "k1e",
}  # fmt: skip

# Those of a degree, which comes second here and first in SciPy.
POLYNOMIALS = {
    "chebyshev_polynomial_t": "eval_chebyt", "chebyshev_polynomial_u": "eval_chebyu",
    "hermite_polynomial_h": "eval_hermite", "hermite_polynomial_he": "eval_hermitenorm",
    "laguerre_polynomial_l": "eval_laguerre", "legendre_polynomial_p": "eval_legendre",
    "shifted_chebyshev_polynomial_t": "eval_sh_chebyt", "shifted_chebyshev_polynomial_u": "eval_sh_chebyu",
}  # fmt: skip


def _delivered(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: the result is written into ``out=``, if that is given."""

    @functools.wraps(f)
    def function(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        return result if out is None else deliver(result, out, f.__name__)

    return function


@_delivered
def airy_ai(x: Any) -> Any:
    """Airy's function Ai.

    Example:
        >>> from wengert.special import airy_ai
        >>> round(float(airy_ai(0.0)), 6)
        0.355028
    """
    return BY_NAME["airy"](x)[0]


@_delivered
def spherical_bessel_j0(x: Any) -> Any:
    """The spherical Bessel function j₀(x) = sin x / x."""
    return spherical_jn(0, x)


def _of_degree(f: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Decorator: the degree is cut to an integer, as in PyTorch; of a negative one the polynomial is 0."""

    @_delivered
    @functools.wraps(f)
    def function(x: Any, n: Any) -> Any:
        n = (n if isinstance(n, Box) else np.asarray(n)).astype(np.int64)
        dtype = x.dtype if getattr(x, "dtype", None) == np.float32 else np.dtype(np.float64)
        return np.where(n < 0, dtype.type(0), f(x, n).astype(dtype, copy=False))[()]

    return function


# With x = cos θ: Vₙ = cos((n + ½)θ) / cos(θ/2) = Uₙ - Uₙ₋₁ and Wₙ = sin((n + ½)θ) / sin(θ/2) = Uₙ + Uₙ₋₁, U₋₁ = 0.
@_of_degree
def chebyshev_polynomial_v(x: Any, n: Any) -> Any:
    """Chebyshev's polynomial of the third kind."""
    u = BY_NAME["eval_chebyu"]
    return u(n, x) - u(n - 1, x)


@_of_degree
def chebyshev_polynomial_w(x: Any, n: Any) -> Any:
    """Chebyshev's polynomial of the fourth kind."""
    u = BY_NAME["eval_chebyu"]
    return u(n, x) + u(n - 1, x)


@_of_degree
def shifted_chebyshev_polynomial_v(x: Any, n: Any) -> Any:
    """Chebyshev's polynomial of the third kind on [0, 1]."""
    return chebyshev_polynomial_v(2 * x - 1, n)


@_of_degree
def shifted_chebyshev_polynomial_w(x: Any, n: Any) -> Any:
    """Chebyshev's polynomial of the fourth kind on [0, 1]."""
    return chebyshev_polynomial_w(2 * x - 1, n)


def _polynomial(name: str, theirs: str) -> Any:
    def function(x: Any, n: Any) -> Any:
        return BY_NAME[theirs](n, x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``scipy.special.{theirs}(n, x)``."
    return _of_degree(function)


_FOUND = {name: BY_NAME[theirs] for name, theirs in ALIASES.items()}
_FOUND |= {name: _polynomial(name, theirs) for name, theirs in POLYNOMIALS.items()}
globals().update(_FOUND)

__all__ = sorted([  # noqa: PLE0605 (a list)
    *_FOUND, "airy_ai", "chebyshev_polynomial_v", "chebyshev_polynomial_w", "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w", "spherical_bessel_j0",
])  # fmt: skip
