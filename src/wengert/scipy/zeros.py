"""Zeros of piecewise functions: how many there are is constant, each moves by the implicit-function rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.scipy.implicit import elementwise_root
from wengert.scipy.opaque import solved
from wengert.transforms.bodies import undecided

__all__ = ["require_numbers", "roots_of"]


def require_numbers(what: str, *values: Any) -> None:
    """Refuse batches and traces of values that decide what is computed: the number of knots or roots, say.

    Raises `BatchedValue` or `TracedValue`.

    >>> require_numbers("the number of roots", np.ones(2))
    """
    for x in values:
        if isinstance(x, Box) and undecided(x):
            x.concrete(what)


def roots_of(name: str, find: Any, equation: Any, *operands: Any) -> Any:
    """The places that ``find(*plain operands)`` gives, as roots of ``equation(x, *operands)``, each of its own."""
    require_numbers(f"the number of zeros in {name}", *operands)
    run = lambda *values: (np.asarray(find(*values), float), None)
    return solved(name, run, operands, push=elementwise_root(equation), closes=False)[0]
