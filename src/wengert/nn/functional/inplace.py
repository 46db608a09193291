"""Activations that write their result into their input: functions of `nn.functional` with PyTorch's underscore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.nn.functional import activation, pointwise

__all__ = ["celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "rrelu_", "selu_", "threshold_"]


def _written(f: Callable[..., Any]) -> Callable[..., Any]:
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        return f(input, *args, inplace=True, **kwargs)

    function.__name__ = function.__qualname__ = f"{f.__name__}_"
    function.__module__ = __name__
    function.__doc__ = f"`{f.__name__}`, written into `input`."
    return function


celu_ = _written(pointwise.celu)
elu_ = _written(pointwise.elu)
hardtanh_ = _written(pointwise.hardtanh)
leaky_relu_ = _written(activation.leaky_relu)
relu_ = _written(activation.relu)
rrelu_ = _written(pointwise.rrelu)
selu_ = _written(pointwise.selu)
threshold_ = _written(pointwise.threshold)
