"""Placed: what PyTorch code asks a tensor about its dtype, size and device, and new tensors like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.core import protocols
from wengert.core.array import Array
from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["Device", "Placed", "check_device", "device"]


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


class Placed(Array):
    """An array with PyTorch's casts and questions."""

    __slots__ = ()

    is_cuda = False
    is_sparse = False
    is_quantized = False
    layout = "strided"

    @property
    def device(self) -> Device:
        """Where the values lie: "cpu"."""
        return CPU

    def to(self, *args: Any, device: Any = None, dtype: Any = None, copy: bool = False, **rest: Any) -> Any:
        """The tensor in another dtype: ``x.to(wg.float32)``, ``x.to("cpu")``, ``x.to(other)``."""
        for arg in args:
            if isinstance(arg, Array):
                dtype = arg.dtype
            elif isinstance(arg, Device) or (isinstance(arg, str) and arg.split(":")[0] not in np.sctypeDict):
                device = arg
            elif not isinstance(arg, bool):
                dtype = arg
        check_device(device)
        if dtype is not None and np.dtype(dtype) != self.dtype:
            return protocols.astype(self, dtype)
        return self.copy() if copy else self

    def cpu(self) -> Any:
        """This tensor: it lies in main memory."""
        return self

    def cuda(self, device: Any = "cuda") -> Any:
        """Refused: there is no GPU here."""
        check_device(device or "cuda")
        return self

    def dim(self) -> int:
        """The number of axes."""
        return self.ndim

    def numel(self) -> int:
        """The number of entries."""
        return self.size

    def element_size(self) -> int:
        """Bytes per entry."""
        return self.itemsize

    def is_floating_point(self) -> bool:
        """Whether the entries are real floating point numbers."""
        return bool(self.dtype.kind == "f")

    def is_complex(self) -> bool:
        """Whether the entries are complex numbers."""
        return bool(self.dtype.kind == "c")

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """A tensor of the given numbers in this one's dtype."""
        check_device(device)
        return _made(np.array(data, dtype or self.dtype), requires_grad)

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """Zeros of another shape in this tensor's dtype."""
        return self.new_full(_shape(size), 0, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """Ones of another shape in this tensor's dtype."""
        return self.new_full(_shape(size), 1, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """One value in another shape, in this tensor's dtype."""
        check_device(device)
        return _made(np.full(size, fill_value, dtype or self.dtype), requires_grad)


def _shape(size: Sequence[Any]) -> tuple[int, ...]:
    """``f(2, 3)`` and ``f((2, 3))`` alike."""
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], tuple | list) else tuple(size)


def _made(value: Any, requires_grad: bool) -> Any:
    made: Any = Array.constant(value[()])
    return made.requires_grad_(requires_grad)


def _caster(name: str, dtype: Any) -> Callable[..., Any]:
    def cast(self: Placed) -> Any:
        return self.to(dtype)

    cast.__name__, cast.__qualname__ = name, f"Placed.{name}"
    cast.__doc__ = f"The values as {np.dtype(dtype)}."
    return cast


# PyTorch's names of casts. They are set here because in the class body they would hide Python's types.
for _name, _dtype in {
    "half": np.float16, "float": np.float32, "double": np.float64, "cfloat": np.complex64, "cdouble": np.complex128,
    "short": np.int16, "int": np.int32, "long": np.int64, "bool": np.bool_,
}.items():  # fmt: skip
    setattr(Placed, _name, _caster(_name, _dtype))


def _type(self: Placed, dtype: Any = None) -> Any:
    """The values in another dtype; without one, the name of this one."""
    return f"tensor.{self.dtype}" if dtype is None else self.to(dtype)


Placed.type = _type  # type: ignore[attr-defined]
