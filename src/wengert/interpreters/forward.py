"""Forward accumulation: dual numbers x + t ε with ε² = 0.

    (x + t ε) (y + s ε) = x y + (t y + x s) ε          f(x + t ε) = f(x) + f'(x) t ε

The mark of a Dual is its tangent t; None is the zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.array import Array
from wengert.core.op import Op

__all__ = ["Dual"]


class Dual(Array):
    """A value and its tangent."""

    __slots__ = ()
    differentiates = True

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result, and its tangent by the op's forward rule."""
        values, tangents = [], []
        for x in operands:
            mine = isinstance(x, Dual) and x.level == level
            values.append(x.value if mine else x)
            tangents.append(x.mark if mine else None)
        moving = any([t is not None for t in tangents])
        if op.dual is not None and moving:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                outs, moved = op.dual(values, tangents, params)
            return tuple([Dual(o, fit(t, o), level) for o, t in zip(outs, moved, strict=True)])
        out = apply(op, values, params)
        tangent = None
        if op.vjps is not None and moving:
            # Partials of masked-out entries may be infinite; singular rows drop them.
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                tangent = op.jvp(values, out, tangents, params)
        if op.outputs == 1:
            return Dual(out, fit(tangent, out), level)
        tangent = tangent if tangent is not None else (None,) * len(out)
        return tuple([Dual(o, fit(t, o), level) for o, t in zip(out, tangent, strict=True)])

    @property
    def tracked(self) -> bool:
        """Whether there is a tangent, here or further inside."""
        return self.mark is not None or (isinstance(self.value, Array) and self.value.tracked)


def fit(tangent: Any, out: Any) -> Any:
    """The tangent in the shape and dtype of its value; None where the value has no derivative."""
    if tangent is None or out.dtype.kind not in "fc":
        return None
    if tangent.shape != out.shape:
        tangent = np.broadcast_to(tangent, out.shape)
    if tangent.dtype != out.dtype:
        if tangent.dtype.kind == "c" and out.dtype.kind != "c":
            tangent = np.real(tangent)
        tangent = tangent.astype(out.dtype)
    return tangent
