"""wengert differentiates ordinary NumPy code, in every way there is."""

from __future__ import annotations

import importlib
from typing import Any

from wengert import ops as _ops

__version__ = "0.1.0"

# Where each public name lives. A name is imported when it is first used.
_EXPORTS: dict[str, str] = {
    "wengert.errors": "WengertError InvalidArgument LostGradient MissingRule NotDifferentiable FreedGraph",
    "wengert.interpreters.tensor": "Tensor",
    "wengert.interpreters.record": "Graph",
    "wengert.transforms.reverse": "grad value_and_grad vjp",
    "wengert.transforms.forward": "jvp linearize derivative",
    "wengert.transforms.matrices": "jacobian jacfwd jacrev hessian hvp",
    "wengert.transforms.vmap": "vmap",
    "wengert.transforms.trace": "trace",
    "wengert.transforms.custom": "checkpoint custom custom_jvp custom_vjp stop_gradient",
}
_MODULES = ("tree", "errors", "autograd", "nn", "optim")
_HOME = {name: module for module, names in _EXPORTS.items() for name in names.split()}

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"wengert.{name}")
    else:
        raise AttributeError(f"module 'wengert' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
