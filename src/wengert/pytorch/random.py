"""PyTorch's random numbers that fill a tensor, or that are drawn with the probabilities in one: no derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.generator import source
from wengert.pytorch.spelled import writable

__all__ = ["bernoulli", "binomial", "multinomial", "poisson"]


def _plain(x: Any) -> Any:
    """The numbers of an array: whatever is drawn by them has no derivative."""
    return x.detach().plain("a random number") if isinstance(x, Box) and hasattr(x, "detach") else np.asarray(x)


def _made(values: Any, dtype: Any) -> Any:
    return values.astype(dtype) if isinstance(values, Box) else writable(np.asarray(values, dtype))


def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> Any:
    """1 with the probabilities in `input` (or p everywhere), else 0.

    >>> import wengert as wg
    >>> wg.bernoulli(wg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    chance = _plain(input if p is None else p)
    return _made(source(generator).random(np.shape(input)) < chance, input.dtype)


def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """How many of `count` trials succeed that do so with a probability."""
    counts = _plain(count)
    return _made(source(generator).binomial(counts.astype(np.int64), _plain(prob)), counts.dtype)


def poisson(input: Any, generator: Any = None) -> Any:
    """Poisson's numbers of the means in `input`."""
    return _made(source(generator).poisson(_plain(input)), input.dtype)


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """Indices along the last axis, drawn with probabilities in the ratio of the entries there.

    >>> import wengert as wg
    >>> wg.multinomial(wg.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    if num_samples < 1 or np.ndim(input) not in (1, 2):
        raise InvalidArgument(
            explain(
                f"multinomial at {user_line()} got {num_samples} samples to draw, weights of shape {np.shape(input)}.",
                "At least one is drawn, by a vector of weights or by each row of a matrix.",
                "Give num_samples ≥ 1 and weights of shape (n) or (rows, n).",
            )
        )
    weights, drawing = _plain(input), source(generator)
    rows = np.reshape(weights / weights.sum(-1, keepdims=True), (-1, weights.shape[-1]))
    drawn = [drawing.choice(rows.shape[-1], num_samples, replacement, row) for row in rows]
    return _made(np.stack(drawn).reshape((*weights.shape[:-1], num_samples)), np.int64)


# --- tensors filled in place -----------------------------------------------------------------------------------------


def _integers(source: Any, like: Any, low: Any = 0, high: Any = None) -> Any:
    low, high = (0, low) if high is None and low else (low, high)
    if high is None:  # as many integers as the dtype tells apart
        high = 2 ** (np.finfo(like.dtype).nmant + 1) if like.dtype.kind == "f" else np.iinfo(like.dtype).max
    return source.integers(low, high, like.shape, endpoint=False)


# name: what is drawn by a NumPy Generator for a tensor and the method's arguments.
_DRAWN: dict[str, Callable[..., Any]] = {
    "bernoulli": lambda source, like, p=0.5: source.random(like.shape) < _plain(p),
    "cauchy": lambda source, like, median=0.0, sigma=1.0: median + sigma * source.standard_cauchy(like.shape),
    "exponential": lambda source, like, lambd=1.0: source.exponential(1 / lambd, like.shape),
    "geometric": lambda source, like, p: source.geometric(p, like.shape),
    "log_normal": lambda source, like, mean=1.0, std=2.0: source.lognormal(mean, std, like.shape),
    "normal": lambda source, like, mean=0.0, std=1.0: source.normal(mean, std, like.shape),
    "random": _integers,
    "uniform": lambda source, like, low=0.0, high=1.0: source.uniform(low, high, like.shape),
}

# PyTorch calls the ends of an interval by words that are no names in Python.
_ENDS = {"from": "low", "to": "high"}


def _fill(name: str, draw: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any, generator: Any = None, **kwargs: Any) -> Any:
        values = draw(source(generator), self, *args, **{_ENDS.get(key, key): x for key, x in kwargs.items()})
        self.assign(values, "unsafe")
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"Write random numbers into the tensor: {name.replace('_', '-')}."
    return method


FILLS = {f"{name}_": _fill(name, draw) for name, draw in _DRAWN.items()}
"""The methods that write random numbers into a tensor."""
