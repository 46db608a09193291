"""The methods and attributes of ndarray that are a line over something else; attached to `Array` here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wengert.core import protocols
from wengert.core.apply import refreshed
from wengert.core.array import Array
from wengert.core.protocols import call
from wengert.core.view import View, laid_out
from wengert.errors import InvalidArgument, ReadOnly, explain, user_line

__all__ = ["Flat"]


class Flat:
    """The entries of an array in C order: ``x.flat[3]``, ``x.flat[:] = 0``, iteration."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return self._array.size

    def __iter__(self) -> Iterator[Any]:
        return iter(call(np.ravel, self._array))

    def __getitem__(self, key: Any) -> Any:
        return call(np.copy, call(np.ravel, self._array)[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        flat = call(np.copy, call(np.ravel, self._array))
        flat[key] = value
        self._array.assign(flat.reshape(self._array.shape))


def _set_flat(self: Array, value: Any) -> None:
    self.flat[:] = value


def _base(self: Array) -> Any:
    return self.alias.base if type(self.alias) is View else None


for _name, _attribute in {
    "flat": property(Flat, _set_flat, doc="The entries in C order, to read, write and iterate."),
    "base": property(_base, doc="The array that this is a view of, or None."),
    "flags": property(lambda self: laid_out(self).flags, doc="How NumPy's array would lie in memory."),
}.items():
    setattr(Array, _name, _attribute)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    setattr(Array, function.__name__, function)
    return function


@_method
def tolist(self: Array) -> Any:
    """Nested lists of Python numbers, or of 0-d boxes if the values are tracked."""
    refreshed(self)
    if not self.tracked:
        return np.asarray(self.plain("tolist()")).tolist()
    return [row.tolist() for row in self] if self.ndim else self


@_method
def tobytes(self: Array, order: Any = "C") -> bytes:
    """The bytes of the values; raises `LostGradient` if they are tracked."""
    return np.asarray(self.plain("tobytes()")).tobytes(order)


def _of_the_bytes(name: str) -> None:
    """A method of ndarray's that reads the bytes: of plain numbers; raises `LostGradient` if they are tracked."""

    def method(self: Array, *args: Any, **kwargs: Any) -> Any:
        return getattr(np.asarray(self.plain(f"{name}()")), name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"ndarray.{name} of the plain numbers; raises `LostGradient` if they are tracked."
    _method(method)


for _bytes in ("byteswap", "getfield", "tofile", "dump", "dumps"):
    _of_the_bytes(_bytes)


def _shift(name: str, f: Any) -> None:
    setattr(Array, f"__r{name}__", lambda self, y: call(f, y, self))
    setattr(Array, f"__i{name}__", lambda self, y: self._updated(call(f, self, y)))


_shift("lshift", np.left_shift)
_shift("rshift", np.right_shift)


@_method
def flatten(self: Array, order: str = "C") -> Any:
    """A copy as one axis."""
    return call(np.copy, call(np.ravel, self, order=order))


@_method
def fill(self: Array, value: Any) -> None:
    """Write one value everywhere."""
    self[...] = value


@_method
def sort(self: Array, axis: int = -1, **kwargs: Any) -> None:
    """Sort in place."""
    self.assign(call(np.sort, self, axis=axis, **kwargs))


@_method
def partition(self: Array, kth: Any, axis: int = -1, **kwargs: Any) -> None:
    """Bring the kth smallest values to their places, in place; the others are sorted as well."""
    self.sort(axis)


@_method
def compress(self: Array, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """The slices along an axis where a condition holds."""
    return call(np.compress, condition, self, axis=axis, out=out)


@_method
def resize(self: Array, *shape: Any, **kwargs: Any) -> None:
    """Refused: the size of a box is fixed."""
    raise InvalidArgument(
        explain(
            f"resize() in place at {user_line()}.",
            "A tensor's size is fixed, because others may look at it.",
            "Write x = np.resize(x, shape).",
        )
    )


@_method
def setflags(self: Array, **flags: Any) -> None:
    """Refused: boxes have no flags."""
    raise ReadOnly(
        explain(
            f"setflags() of a tensor at {user_line()}.",
            "A write gives the tensor a new value and never touches the old one, so there is nothing to protect.",
            "Leave the call out.",
        )
    )


@_method
def to_device(self: Array, device: Any, /, *, stream: Any = None) -> Any:
    """This array, whose device is the CPU."""
    if str(device) != "cpu":
        raise InvalidArgument(
            explain(
                f"to_device({device!r}) at {user_line()}.",
                "wengert computes on the CPU.",
                'Write "cpu", or leave it out.',
            )
        )
    return self


@_method
def block_until_ready(self: Array) -> Any:
    """This array: nothing here is asynchronous."""
    return self


# Methods that are a NumPy function of the same name and arguments; PyTorch's dim= and keepdim= are understood.
for _name in (
    "all any argmax argmin argpartition argsort choose clip conj conjugate cumprod cumsum diagonal dot max "
    "mean min nonzero prod ptp put ravel repeat round searchsorted squeeze std sum swapaxes take trace var "
    # NumPy's object loops call these by name.
    "sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 "
    "log1p sqrt cbrt square reciprocal fabs sign floor ceil trunc rint degrees radians deg2rad rad2deg hypot "
    "logaddexp logaddexp2 isfinite isinf isnan"
).split():
    setattr(Array, _name, protocols.method(_name))
