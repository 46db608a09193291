"""Modules in another dtype; and the other devices, of which there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wengert.autograd import no_grad
from wengert.errors import explain, refuse, user_line
from wengert.interpreters.placed import check_device, wishes
from wengert.nn.refusals import WrongKind

__all__ = ["Movable"]


class Movable:
    """What a `Module` does with the numbers of all its parameters and buffers."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        """Replace the numbers of all parameters, of their gradients, and of all buffers by what a function makes.

        The tensors stay the same, so that an optimiser goes on with them. recurse: in the submodules, too.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for _, x in self._held("parameter", "frozen", "buffer", "buffer, not saved"):
                _replace(x, fn)
        return self

    def to(
        self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False, memory_format: Any = None
    ) -> Self:
        """Change the dtype of all floating parameters and buffers, which stay the same tensors; returns this module.

        The argument is a dtype, a tensor whose dtype to take, or a device, of which there is one ("cpu").
        non_blocking, memory_format: taken for PyTorch's sake; numbers are where they are.
        """
        dtype, device = wishes(args, dtype, device)
        check_device(device)
        if dtype is None:
            return self
        wanted = np.dtype(dtype)
        if wanted.kind not in "fc":
            raise WrongKind(
                explain(
                    f"{type(self).__name__}.to was called with dtype {wanted} at {user_line()}.",
                    "Parameters are floating point or complex numbers.",
                    "Write module.to(np.float32), for instance; type() changes the buffers of integers, too.",
                )
            )
        return self._apply(lambda x: x.to(wanted) if x.dtype.kind in "fc" else x)

    def _real(self, dtype: Any) -> Self:
        return self._apply(lambda x: x.to(dtype) if x.dtype.kind == "f" else x)

    def float(self) -> Self:
        """Single precision, of what is real; integers and complex numbers stay."""
        return self._real(np.float32)

    def double(self) -> Self:
        """Double precision, of what is real."""
        return self._real(np.float64)

    def half(self) -> Self:
        """Half precision, of what is real."""
        return self._real(np.float16)

    def bfloat16(self) -> Self:
        """Refused: NumPy has no such numbers."""
        raise refuse(
            f"{type(self).__name__}.bfloat16 was called",
            "NumPy has no numbers of 16 bits with 8 bits of exponent.",
            "Write module.half() for 16 bits, or module.float() for their range.",
        )

    def type(self, dst_type: Any) -> Self:
        """Another dtype, of all parameters and buffers."""
        return self._apply(lambda x: x.to(np.dtype(dst_type)))

    def cpu(self) -> Self:
        """The module itself: there is no other device."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Refused: there is no GPU here."""
        check_device("cuda" if device is None else device)
        return self

    def to_empty(self, *, device: Any = None, recurse: bool = True) -> Self:
        """Give all parameters and buffers memory that is not filled in; returns this module."""
        check_device(device)
        return self._apply(np.empty_like, recurse)

    def share_memory(self) -> Self:
        """Refused: a tensor is an ordinary array, which belongs to one process."""
        raise refuse(
            f"{type(self).__name__}.share_memory was called",
            "Tensors are NumPy arrays in the memory of one process.",
            "Send module.state_dict() to the other process, and load it there.",
        )


def _replace(x: Any, fn: Callable[[Any], Any]) -> None:
    """Change the numbers of a tensor that others hold, and those of its gradient."""
    seen, slope, asked = x.detach(), x.grad, x.requires_grad
    new, new_slope = fn(seen), None if slope is None else fn(slope)
    if new is seen:
        return
    x.grad = None
    x.requires_grad_(False)
    x.data = new
    x.requires_grad_(asked)
    x.grad = new_slope
