"""Anomaly mode: find the forward line of a NaN, or of an error, that is born in a backward pass."""

from __future__ import annotations

from typing import Any

from wengert.interpreters.tape import mode

__all__ = ["detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"]


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on in this thread."""
    return mode.anomaly


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Switch anomaly mode on or off: at once when called, until the end of the block when used with ``with``.

    While it is on, every op notes where it was recorded, and a backward pass that meets a NaN (unless `check_nan` is
    False) raises with that line. It is slow.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = _get()
        _set(mode, check_nan)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        _set(*self._before)


class detect_anomaly:  # noqa: N801
    """Anomaly mode for a ``with`` block.

    >>> import numpy as np, wengert as wg
    >>> x = wg.tensor(0.0, requires_grad=True)
    >>> with wg.autograd.detect_anomaly(), np.errstate(invalid="ignore"):
    ...     (x / x).backward()
    Traceback (most recent call last):
    ...
    wengert.errors.AnomalyDetected: Function DivBackward0 returned nan values in its 1th output.
    ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = _get()
        _set(True, self.check_nan)

    def __exit__(self, *exc: object) -> None:
        _set(*self._before)


def _get() -> tuple[bool, bool]:
    return mode.anomaly, mode.check_nan


def _set(anomaly: bool, check_nan: bool) -> None:
    mode.anomaly, mode.check_nan = anomaly, check_nan
    mode.noting = anomaly or mode.pack is not None or mode.inspect is not None
