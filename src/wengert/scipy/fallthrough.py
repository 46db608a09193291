"""Names without a twin are SciPy's own."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

__all__ = ["fall_through"]


def fall_through(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module of twins: names that it lacks are those of SciPy's `module`.

    module: full name, such as ``"scipy.linalg"``.

    >>> fall_through("scipy.linalg")("hilbert")(1)
    array([[1.]])
    """
    theirs = importlib.import_module(module)

    def getattribute(name: str) -> Any:
        if name.startswith("__"):  # a module without __path__ must not look like SciPy's package
            raise AttributeError(f"module {module.replace('scipy', 'wengert.scipy', 1)!r} has no attribute {name!r}")
        return getattr(theirs, name)

    return getattribute
