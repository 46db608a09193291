"""Forward accumulation on eager tensors: dual numbers inside ``with dual_level():``."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, NamedTuple

from wengert.core.apply import Box, fresh, read
from wengert.errors import InvalidArgument, NotDifferentiable, TapeError, explain, user_line
from wengert.interpreters.forward import Dual, fit
from wengert.interpreters.tape import as_tensor

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class _Levels(threading.local):
    def __init__(self) -> None:
        self.open: list[int] = []


_levels = _Levels()


class UnpackedDualTensor(NamedTuple):
    """A value and its tangent, None if it is zero."""

    primal: Any
    tangent: Any


def enter_dual_level() -> int:
    """Open a level by hand; `dual_level` does it for a block."""
    _levels.open.append(fresh())
    return _levels.open[-1]


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level that was opened last."""
    _levels.open.remove(_current("exit_dual_level") if level is None else level)


class dual_level:  # noqa: N801 - PyTorch's name
    """A block in which tensors may carry tangents. Blocks nest, for derivatives of higher order.

    >>> import wengert as wg
    >>> import wengert.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     x = fwAD.make_dual(wg.tensor(3.0), wg.tensor(1.0))
    ...     fwAD.unpack_dual(x * x)
    UnpackedDualTensor(primal=tensor(9.), tangent=tensor(6.))
    """

    def __enter__(self) -> int:
        self._level = enter_dual_level()
        return self._level

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        exit_dual_level(level=self._level)


def _current(what: str) -> int:
    if not _levels.open:
        raise TapeError(
            explain(
                f"{what} at {user_line()} outside of a dual level.",
                "A tangent belongs to a level, which says which derivative it is of.",
                "Put it inside `with wg.autograd.forward_ad.dual_level():`.",
            )
        )
    return _levels.open[-1]


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """The dual number of a tensor and a tangent of its shape and dtype."""
    level = _current("make_dual") if level is None else level
    primal = tensor if isinstance(tensor, Box) else as_tensor(tensor)
    if primal.dtype.kind not in "fc":
        raise NotDifferentiable(
            explain(
                f"make_dual at {user_line()} got a tensor of dtype {primal.dtype}.",
                "Integers and booleans have no tangents.",
                "Write x.double().",
            )
        )
    if tangent.shape != primal.shape:
        raise InvalidArgument(
            explain(
                f"make_dual at {user_line()} got a tangent of shape {tangent.shape} for a tensor of {primal.shape}.",
                "A tangent has one entry per entry of its tensor.",
                "Give wg.ones_like(x), or a direction of the shape of x.",
            )
        )
    read(primal)
    read(tangent)
    return Dual(primal.copied(), fit(tangent.copied() if isinstance(tangent, Box) else tangent, primal), level)


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The value and the tangent of a dual number; the tangent is None for a plain tensor, or after its level."""
    if level is None:
        level = _levels.open[-1] if _levels.open else -1
    value = read(tensor)
    if isinstance(tensor, Dual) and tensor.level == level:
        return UnpackedDualTensor(as_tensor(value), as_tensor(tensor.mark))
    return UnpackedDualTensor(tensor, None)
