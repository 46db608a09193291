"""The tensors of a model: Parameter, a leaf that is trained, and Buffer, which is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box, read
from wengert.errors import NotDifferentiable, explain, user_line
from wengert.interpreters.tensor import Tensor, constant

__all__ = ["Buffer", "Parameter", "buffer_role", "is_made"]


class _Made(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return type(x) is Tensor and x.level == 0 and x.is_leaf and (x.requires_grad or "_parameter" in x.__dict__)


class Parameter(metaclass=_Made):
    """Make a leaf tensor that a `Module` trains.

    data: an array-like or tensor, whose memory is shared if it is a floating tensor, and copied otherwise; no numbers
    by default. requires_grad: whether ``backward()`` fills its ``.grad``. The result is an ordinary `Tensor`, so that
    the tape takes its shortest way with it; ``isinstance(x, nn.Parameter)`` holds for leaves that require a gradient
    and for what was made here. Raises `NotDifferentiable` for integers.

    >>> import numpy as np, wengert as wg
    >>> w = wg.nn.Parameter(np.ones(2))
    >>> w
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    >>> isinstance(w, wg.nn.Parameter)
    True
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """A tensor, not an instance of this class."""
        data = () if data is None else data
        if isinstance(data, Box):
            made = data.detach()
        else:
            made = constant(np.array(data)[()])
        if read(made).dtype.kind not in "fc":
            raise NotDifferentiable(
                explain(
                    f"nn.Parameter at {user_line()} got numbers of dtype {made.dtype}.",
                    "Only floating point and complex numbers can be trained.",
                    "Give floats, or keep the numbers as a buffer: self.register_buffer(name, numbers).",
                )
            )
        made.__dict__["_parameter"] = True  # nothing else tells it apart from other leaves and constants
        return made.requires_grad_(requires_grad)


class _Kept(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return buffer_role(x) is not None


class Buffer(metaclass=_Kept):
    """Make a tensor that a `Module` to which it is assigned keeps as a buffer: it belongs to the model, untrained.

    data: an array-like or tensor, whose memory is shared if it is a tensor. persistent: whether it is in the
    `state_dict`. The result is an ordinary `Tensor`; `Module.register_buffer` says the same by name.

    >>> import numpy as np, wengert as wg
    >>> model = wg.nn.Module()
    >>> model.mean = wg.nn.Buffer(np.zeros(2))
    >>> list(model.state_dict()), isinstance(model.mean, wg.nn.Buffer)
    (['mean'], True)
    """

    def __new__(cls, data: Any, *, persistent: bool = True) -> Any:
        """A tensor, not an instance of this class."""
        made = data.detach() if isinstance(data, Box) else constant(np.array(data)[()])
        made.__dict__["_buffer"] = "buffer" if persistent else "buffer, not saved"
        return made


def is_made(x: Any) -> bool:
    """Whether a tensor was made by `Parameter`, and is not just a leaf that requires a gradient."""
    return type(x) is Tensor and "_parameter" in x.__dict__


def buffer_role(x: Any) -> str | None:
    """What a module keeps a tensor as that was made by `Buffer`."""
    return x.__dict__.get("_buffer") if type(x) is Tensor else None
