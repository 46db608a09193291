"""Descent with all samples at once: L-BFGS of SciPy on a tree of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

from wengert import tree

__all__ = ["descend"]


def descend(f: Callable[[Any], tuple[Any, Any]], params: Any, **options: Any) -> tuple[Any, Any]:
    """The parameters where f is least, and SciPy's result. f gives a value and its gradient; options: of "L-BFGS-B"."""
    leaves, structure = tree.flatten(params)
    ends = np.cumsum([leaf.size for leaf in leaves])[:-1]

    def taken_apart(flat: Any) -> Any:
        parts = zip(np.split(flat, ends), leaves, strict=True)
        return structure.unflatten([part.reshape(leaf.shape).astype(leaf.dtype) for part, leaf in parts])

    def flattened(parts: Any) -> Any:
        return np.concatenate([np.ravel(part) for part in tree.leaves(parts)]).astype(float)

    def value(flat: Any) -> Any:
        found, gradient = f(taken_apart(flat))
        return float(found), flattened(gradient)

    result = minimize(value, flattened(params), jac=True, method="L-BFGS-B", options=options)
    return taken_apart(result.x), result
