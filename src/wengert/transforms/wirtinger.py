"""Complex derivatives: both Wirtinger derivatives of any function, and the one of a holomorphic function.

With z = x + iy a real-differentiable f: ℂⁿ → ℂᵐ has the differential  df = A dz + B dz̄,  where

    A = ∂f/∂z = (∂f/∂x - i ∂f/∂y) / 2        B = ∂f/∂z̄ = (∂f/∂x + i ∂f/∂y) / 2

and f is holomorphic where B = 0 (W. Wirtinger, 1927; K. Kreutz-Delgado, "The complex gradient operator and the
CR-calculus", 2009). For real f the gradient of `grad` is 2 B.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import unbridge
from wengert.transforms.arguments import differentiable, partial_in, picked
from wengert.transforms.matrices import jacobian

__all__ = ["wirtinger"]

Function = Callable[..., Any]


def wirtinger(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The function that returns both Wirtinger derivatives ``(∂f/∂z, ∂f/∂z̄)`` of `f`, each shaped as `jacobian`.

    argnums: as with `grad`; real arguments count as complex ones. Results may be real or complex, and nested in
    containers. Raises `NotDifferentiable` for integer arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.wirtinger(lambda z: z**2)(1 + 2j)
    (np.complex128(2+4j), np.complex128(0j))
    >>> wg.wirtinger(lambda z: np.abs(z) ** 2)(1 + 2j)
    (np.complex128(1-2j), np.complex128(1+2j))
    """

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        inner = partial_in(f, args, argnums, kwargs)
        z = tree.map(lambda leaf: differentiable(leaf, "wirtinger"), picked(args, argnums))
        nest: list[tree.Structure] = []

        def parts(x: Any, y: Any) -> Any:
            outs, structure = tree.flatten(inner(tree.map(lambda a, b: a + 1j * b, x, y)))
            nest[:] = [structure]
            outs = [unbridge(o) for o in outs]
            return [np.real(o) for o in outs], [np.imag(o) for o in outs]

        x, y = tree.map(np.real, z), tree.map(lambda leaf: np.imag(leaf) + 0 * np.real(leaf), z)
        real, imaginary = jacobian(parts, argnums=(0, 1))(x, y)
        # Of each result the pair of what its real and its imaginary part have for derivatives by x and by y.
        pairs = list(zip(real, imaginary, strict=True))
        return tuple([nest[0].unflatten([_half(u, v, sign) for u, v in pairs]) for sign in (-1j, 1j)])

    return function


def _half(u: Any, v: Any, sign: complex) -> Any:
    """(∂f/∂x ± i ∂f/∂y) / 2 of f = u + iv."""
    (ux, uy), (vx, vy) = u, v
    return tree.map(lambda a, b, c, d: ((a + 1j * b) + sign * (c + 1j * d)) / 2, ux, vx, uy, vy)
