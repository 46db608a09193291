"""NumPy programs as strangers write them, with arguments: what a compiler has to get right, one idiom each.

A program is a plain function over NumPy, or over wengert's own transforms and loops. Its arguments are made anew by
every call of `args`. `smooth` names the arguments that it has a derivative in. The programs themselves are in
`corpus_arrays` and `corpus_models`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["PROGRAMS", "Corpus", "numbers", "program"]


class Corpus(NamedTuple):
    """A program and its arguments; `smooth`: positions of the arguments with a derivative."""

    name: str
    function: Callable[..., Any]
    args: Callable[[], tuple[Any, ...]]
    smooth: tuple[int, ...]


PROGRAMS: list[Corpus] = []


def numbers(*shape: int, dtype: Any = float, phase: float = 1.0) -> Any:
    """Numbers of both signs between -1 and 1, no two alike."""
    return np.sin(phase + 1.7 * np.arange(np.prod(shape, dtype=int))).reshape(shape).astype(dtype)


def program(*args: Any, smooth: tuple[int, ...] = (0,)) -> Callable[[Any], Any]:
    """Enter a program. Arguments are numbers of a shape if a tuple of integers, else what they are."""

    def made() -> tuple[Any, ...]:
        return tuple(
            numbers(*a, phase=1.0 + k) if isinstance(a, tuple) else a.copy() if isinstance(a, np.ndarray) else a
            for k, a in enumerate(args)
        )

    def enter(function: Any) -> Any:
        PROGRAMS.append(Corpus(function.__name__, function, made, smooth))
        return function

    return enter
