"""A twin is SciPy's function on arrays, and a composite over the rule book on boxes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from wengert import tree
from wengert.core.apply import Box

__all__ = ["Standing", "has_box", "known", "theirs_of", "twin_of"]

P = ParamSpec("P")
R = TypeVar("R")


class Standing:
    """An object of ours that stands for one of SciPy's."""

    def boxed(self) -> bool:
        """Whether a box is in it."""
        return False

    def standing_for(self) -> Any:
        """The object of SciPy's, of plain numbers."""
        raise NotImplementedError


def theirs_of(x: Any) -> Any:
    """What SciPy may be given: its own object for one that stands for it and holds no box; else unchanged."""
    return x.standing_for() if isinstance(x, Standing) and not x.boxed() else x


def has_box(*values: Any) -> bool:
    """Whether a box is among the leaves of the values, or in an object array of theirs."""
    return any([_is_or_holds_box(x) for x in tree.leaves(list(values))])


def _is_or_holds_box(x: Any) -> bool:
    if isinstance(x, Box):
        return True
    if isinstance(x, Standing):
        return x.boxed()
    return type(x) is np.ndarray and x.dtype == object and any([isinstance(item, Box) for item in x.flat])


def _never(*args: Any, **kwargs: Any) -> bool:
    return False


def known(x: Any, what: str) -> Any:
    """The numbers of an operand on which the shape of a result depends.

    what: who asks. Raises `BatchedValue` or `TracedValue` where there is no single number.

    >>> known(np.ones(2), "scipy.linalg.orth")
    array([1., 1.])
    """
    return x.concrete(what) if isinstance(x, Box) else x


def twin_of(
    theirs: Callable[..., Any], unless: Callable[..., bool] = _never
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: call SciPy's function itself as long as there is no box among the arguments.

    unless: says of arguments whether ours is to be called with plain numbers, too, since SciPy's does not survive them.

    >>> import numpy as np
    >>> twin_of(np.exp)(lambda x: "ours")(0.0)
    np.float64(1.0)
    """

    def choose(ours: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(ours)
        def twin(*args: P.args, **kwargs: P.kwargs) -> R:
            if has_box(args, kwargs) or unless(*args, **kwargs):
                return ours(*args, **kwargs)
            given, named = tree.map(theirs_of, (args, kwargs))
            return theirs(*given, **named)  # type: ignore[no-any-return]

        return twin

    return choose
