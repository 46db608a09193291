"""What PyTorch code asks a tensor about its dtype, size and device, new tensors like it, and its values off the tape.

Code within a transform asks the same of the boxes of every interpreter, so that this is attached to `Array`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.core import protocols
from wengert.core.apply import apply, read
from wengert.core.array import Array
from wengert.core.op import TABLE
from wengert.core.view import View
from wengert.errors import InvalidArgument, TapeError, explain, user_line

__all__ = ["Device", "check_device", "device", "off_the_tape", "wishes"]


class Device:
    """Where a tensor lies: always "cpu". Equal to its name as text.

    >>> import wengert as wg
    >>> wg.ones(2).device, wg.ones(2).device == "cpu"
    (device(type='cpu'), True)
    """

    __slots__ = ()
    type = "cpu"
    index = None

    def __init__(self, name: Any = "cpu") -> None:
        check_device(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


def check_device(device: Any) -> None:
    """Raise unless `device` is None or the CPU."""
    if device is not None and str(device).split(":")[0] != "cpu":
        raise InvalidArgument(
            explain(
                f"device={device!r} at {user_line()}.",
                "Tensors are NumPy arrays, which live in the computer's main memory.",
                'Leave device out, or write device="cpu".',
            )
        )


CPU = Device()
device = Device  # PyTorch's name: wg.device("cpu")


def wishes(args: Sequence[Any], dtype: Any, device: Any) -> tuple[Any, Any]:
    """The dtype and the device that the arguments of a `to` ask for; a bool there is PyTorch's ``non_blocking``."""
    for arg in args:
        if isinstance(arg, Array):
            dtype = arg.dtype
        elif isinstance(arg, Device) or (isinstance(arg, str) and arg.split(":")[0] not in np.sctypeDict):
            device = arg
        elif not isinstance(arg, bool):
            dtype = arg
    return dtype, device


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    setattr(Array, function.__name__, function)
    return function


@_method
def to(self: Array, *args: Any, device: Any = None, dtype: Any = None, copy: bool = False, **rest: Any) -> Any:
    """The tensor in another dtype: ``x.to(wg.float32)``, ``x.to("cpu")``, ``x.to(other)``."""
    dtype, device = wishes(args, dtype, device)
    check_device(device)
    if dtype is not None and np.dtype(dtype) != self.dtype:
        return protocols.astype(self, dtype)
    return self.copy() if copy else self


@_method
def cpu(self: Array) -> Any:
    """This tensor: it lies in main memory."""
    return self


@_method
def cuda(self: Array, device: Any = "cuda") -> Any:
    """Refused: there is no GPU here."""
    check_device(device or "cuda")
    return self


@_method
def dim(self: Array) -> int:
    """The number of axes."""
    return self.ndim


@_method
def numel(self: Array) -> int:
    """The number of entries."""
    return self.size


@_method
def element_size(self: Array) -> int:
    """Bytes per entry."""
    return self.itemsize


@_method
def is_floating_point(self: Array) -> bool:
    """Whether the entries are real floating point numbers."""
    return bool(self.dtype.kind == "f")


@_method
def is_complex(self: Array) -> bool:
    """Whether the entries are complex numbers."""
    return bool(self.dtype.kind == "c")


@_method
def new_tensor(self: Array, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of the given numbers in this one's dtype."""
    check_device(device)
    return _made(np.array(data, dtype or self.dtype), requires_grad)


@_method
def new_zeros(self: Array, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of another shape in this tensor's dtype."""
    return self.new_full(_shape(size), 0, dtype=dtype, device=device, requires_grad=requires_grad)


@_method
def new_ones(self: Array, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of another shape in this tensor's dtype."""
    return self.new_full(_shape(size), 1, dtype=dtype, device=device, requires_grad=requires_grad)


@_method
def new_full(
    self: Array, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """One value in another shape, in this tensor's dtype."""
    check_device(device)
    return _made(np.full(size, fill_value, dtype or self.dtype), requires_grad)


# --- without the tape ---------------------------------------------------------------------------------------------


@_method
def detach(self: Array) -> Any:
    """The same values, which derivatives do not flow through; writes to either are seen by both."""
    return apply(TABLE["stop_gradient"], (self,))


@_method
def detach_(self: Array) -> Any:
    """Let derivatives no longer flow through this array, in place; raises `TapeError` for a view."""
    self.become(off_the_tape(self))
    return self


def off_the_tape(x: Array) -> Any:
    """What an array becomes by `detach_`, a box without an alias."""
    read(x)
    if type(x.alias) is View:
        raise TapeError(
            explain(
                f"detach_() at {user_line()} on a view.",
                "It shares memory with its base, whose gradient it cannot drop.",
                "Write y = y.detach().",
            )
        )
    return apply(TABLE["stop_gradient"], (x,))


@_method
def clone(self: Array, **memory_format: Any) -> Any:
    """A copy that gradients flow through."""
    return self.copy()


@_method
def numpy(self: Array, *, force: bool = False) -> Any:
    """The values as an ndarray of their own; raises `LostGradient` if tracked, unless forced."""
    return np.array(self.detach().plain("numpy()") if force else self.plain("numpy()"))


def _requires_grad(self: Array) -> bool:
    """Whether derivatives flow through this array."""
    if self.differentiates:
        return self.tracked
    return isinstance(self.value, Array) and bool(self.value.requires_grad)


def _shape(size: Sequence[Any]) -> tuple[int, ...]:
    """``f(2, 3)`` and ``f((2, 3))`` alike."""
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], tuple | list) else tuple(size)


def _made(value: Any, requires_grad: bool) -> Any:
    made: Any = Array.constant(value[()])
    return made.requires_grad_(requires_grad)


def _caster(name: str, dtype: Any) -> Callable[..., Any]:
    def cast(self: Array) -> Any:
        return self.to(dtype)

    cast.__name__, cast.__qualname__ = name, f"Array.{name}"
    cast.__doc__ = f"The values as {np.dtype(dtype)}."
    return cast


# PyTorch's names of casts, some of which are those of Python's types.
for _name, _dtype in {
    "half": np.float16, "float": np.float32, "double": np.float64, "cfloat": np.complex64, "cdouble": np.complex128,
    "short": np.int16, "int": np.int32, "long": np.int64, "bool": np.bool_,
}.items():  # fmt: skip
    setattr(Array, _name, _caster(_name, _dtype))


def _type(self: Array, dtype: Any = None) -> Any:
    """The values in another dtype; without one, the name of this one."""
    return f"tensor.{self.dtype}" if dtype is None else self.to(dtype)


for _name, _attribute in {
    "type": _type,
    "device": property(lambda self: CPU, doc='Where the values lie: "cpu".'),
    "data": property(lambda self: self.detach(), doc="The values, which derivatives do not flow through."),
    "requires_grad": property(_requires_grad),
    "layout": "strided",
    "is_cuda": False,
    "is_sparse": False,
    "is_quantized": False,
}.items():
    setattr(Array, _name, _attribute)
