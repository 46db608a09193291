"""Step sizes as functions of the number of the step, from 0 on: for the functional optimisers, and for `LambdaLR`.

    optimizer = wg.optim.adam(lr=wg.optim.schedules.warmup_cosine(1e-3, warmup=100, steps=1000))

They are plain NumPy, so compiled steps and loops (`wg.jit`, `wg.scan`) trace them, and the number may be an array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line

__all__ = [
    "Schedule",
    "constant",
    "cosine",
    "exponential",
    "join",
    "linear",
    "one_cycle",
    "piecewise",
    "polynomial",
    "warmup_cosine",
]

Schedule: TypeAlias = Callable[[Any], Any]


def constant(value: float) -> Schedule:
    """The same step size at every step.

    >>> import wengert as wg
    >>> wg.optim.schedules.constant(0.1)(7)
    0.1
    """
    return lambda step: value


def linear(start: float, end: float, steps: int) -> Schedule:
    """A line from `start` to `end` in so many steps; then `end`. Raises `InvalidArgument` for steps below 1.

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.linear(0.0, 1.0, steps=4)
    >>> [float(rate(step)) for step in (0, 1, 4, 5)]
    [0.0, 0.25, 1.0, 1.0]
    """
    return polynomial(start, end, steps, 1.0)


def polynomial(start: float, end: float, steps: int, power: float) -> Schedule:
    """From `start` to `end` in so many steps, as the share of the steps that is left to the given power.

    Raises `InvalidArgument` for steps below 1.

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.polynomial(1.0, 0.0, steps=4, power=2.0)
    >>> [float(rate(step)) for step in (0, 2, 4)]
    [1.0, 0.25, 0.0]
    """
    _check_length(steps)
    return lambda step: end + (start - end) * (1 - _share(step, steps)) ** power


def cosine(start: float, steps: int, end: float = 0.0) -> Schedule:
    """Half a cosine from `start` to `end` in so many steps; then `end`. Raises `InvalidArgument` for steps below 1.

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.cosine(1.0, steps=4)
    >>> [round(float(rate(step)), 3) for step in (0, 2, 4, 9)]
    [1.0, 0.5, 0.0, 0.0]
    """
    _check_length(steps)
    return lambda step: end + (start - end) * (1 + np.cos(np.pi * _share(step, steps))) / 2


def exponential(
    start: float, rate: float, steps: int = 1, staircase: bool = False, end: float | None = None
) -> Schedule:
    """Multiply by `rate` every so many steps: gradually, or all at once if it is to be a staircase.

    end: where it stops. Raises `InvalidArgument` for steps below 1.

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.exponential(1.0, 0.25, steps=2)
    >>> [float(rate(step)) for step in (0, 1, 2)]
    [1.0, 0.5, 0.25]
    """
    _check_length(steps)

    def schedule(step: Any) -> Any:
        times = np.floor(_number(step) / steps) if staircase else _number(step) / steps
        value = start * np.power(rate, times)
        return value if end is None else np.maximum(value, end) if rate < 1 else np.minimum(value, end)

    return schedule


def piecewise(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    """values[0] up to the first boundary, values[1] from there on, and so on.

    Raises `InvalidArgument` unless there is one more value than boundaries.

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.piecewise([2, 4], [1.0, 0.1, 0.01])
    >>> [float(rate(step)) for step in (0, 2, 5)]
    [1.0, 0.1, 0.01]
    """
    return join([constant(value) for value in values], boundaries, restart=False)


def join(schedules: Sequence[Schedule], boundaries: Sequence[int], restart: bool = True) -> Schedule:
    """One schedule after the other; the next one begins at each boundary, with its step 0 if it is to restart.

    Raises `InvalidArgument` unless there is one more schedule than boundaries.

    >>> import wengert as wg
    >>> from wengert.optim import schedules
    >>> rate = schedules.join([schedules.linear(0.0, 1.0, 2), schedules.cosine(1.0, 2)], [2])
    >>> [round(float(rate(step)), 3) for step in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if len(schedules) != len(boundaries) + 1:
        raise InvalidArgument(
            explain(
                f"a schedule at {user_line()} got {len(schedules)} pieces and {len(boundaries)} boundaries.",
                "There is a boundary between every two pieces.",
                "Give one boundary fewer than pieces.",
            )
        )

    def schedule(step: Any) -> Any:
        step = _number(step)
        value = schedules[0](step)
        for start, piece in zip(boundaries, schedules[1:], strict=True):
            # Before its start a piece is not looked at, whatever it gives there.
            since = np.maximum(step - start, 0) if restart else step
            value = np.where(step >= start, piece(since), value)
        return value

    return schedule


def warmup_cosine(peak: float, warmup: int, steps: int, start: float = 0.0, end: float = 0.0) -> Schedule:
    """A line from `start` to `peak` in `warmup` steps, then half a cosine to `end` at step `steps`.

    Raises `InvalidArgument` unless 1 ≤ warmup < steps.

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.warmup_cosine(1.0, warmup=2, steps=6)
    >>> [round(float(rate(step)), 3) for step in range(7)]
    [0.0, 0.5, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return join([linear(start, peak, warmup), cosine(peak, steps - warmup, end)], [warmup])


def one_cycle(
    peak: float,
    steps: int,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    anneal_strategy: str = "cos",
) -> Schedule:
    """Up from peak / div_factor to `peak` during a share `pct_start` of the steps, then down to nearly nothing.

    The values are those of `OneCycleLR`, whose source it names. Raises `InvalidArgument` for a share of the steps that
    is no step or all of them, and for a strategy other than "cos" and "linear".

    >>> import wengert as wg
    >>> rate = wg.optim.schedules.one_cycle(1.0, steps=5, pct_start=0.4)
    >>> [round(float(rate(step)), 3) for step in range(5)]
    [0.04, 1.0, 0.75, 0.25, 0.0]
    """
    up, down = pct_start * steps - 1, (1 - pct_start) * steps
    if not (up > 0 and down > 0 and anneal_strategy in ("cos", "linear")):
        raise InvalidArgument(
            explain(
                f"one_cycle at {user_line()} got steps={steps}, pct_start={pct_start}, "
                f"anneal_strategy={anneal_strategy!r}.",
                "There have to be steps on the way up and on the way down, along half a cosine or a line.",
                'Give 1 < pct_start · steps < steps, and "cos" or "linear".',
            )
        )
    first = peak / div_factor
    last = first / final_div_factor

    def schedule(step: Any) -> Any:
        step = _number(step)
        rising, falling = _share(step, up), _share(step - up, down)
        if anneal_strategy == "cos":
            rising, falling = (1 - np.cos(np.pi * rising)) / 2, (1 - np.cos(np.pi * falling)) / 2
        return np.where(step <= up, first + (peak - first) * rising, peak + (last - peak) * falling)

    return schedule


def _number(step: Any) -> Any:
    return step if hasattr(step, "dtype") else np.float64(step)


def _share(step: Any, steps: float) -> Any:
    """How much of the steps is done, from 0 to 1."""
    return np.clip(_number(step) / steps, 0.0, 1.0)


def _check_length(steps: int) -> None:
    if steps < 1:
        raise InvalidArgument(
            explain(
                f"a schedule at {user_line()} got steps={steps}.",
                "It goes from its first value to its last in that many steps.",
                "Give steps ≥ 1.",
            )
        )
