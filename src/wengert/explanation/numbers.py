"""Numbers as a reader wants them: few digits, small arrays whole, large ones by their ends."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["count_of", "shape_text", "short"]


def short(x: Any, digits: int = 4) -> str:
    """A value on one line."""
    if x is None:
        return "·"
    if isinstance(x, tuple):
        return "(" + ", ".join([short(y, digits) for y in x]) + ")"
    if isinstance(x, str):
        return x
    x = np.asarray(x)
    if x.ndim == 0:
        return _number(x.item(), digits)
    if x.size == 0:
        return f"empty {x.shape}"
    if x.size <= 6:
        return _nested(x, digits)
    flat = x.reshape(-1)
    ends = [_number(v.item(), digits) for v in (flat[0], flat[1], flat[-1])]
    return f"[{ends[0]}, {ends[1]}, … {ends[2]}] {shape_text(x.shape)}"


def _nested(x: Any, digits: int) -> str:
    if x.ndim == 0:
        return _number(x.item(), digits)
    return "[" + ", ".join([_nested(row, digits) for row in x]) + "]"


def _number(x: Any, digits: int) -> str:
    if isinstance(x, bool | int | str):
        return str(x)
    if isinstance(x, complex):
        return f"{x:.{digits}g}"
    if x == 0:
        return "0"
    if abs(x) < 0.1:
        return f"{x:.{digits - 1}g}"
    return f"{x:.{digits}g}" if abs(x) >= 10**digits else _trimmed(f"{x:.{digits - 1}f}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as 3×4; "" for a number."""
    return "×".join(map(str, shape))


def count_of(n: int, what: str) -> str:
    """A number of things."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
