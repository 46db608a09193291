"""Functions of SciPy for the rule book. SciPy is imported when one of them is first called, never before."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from wengert.errors import MissingDependency, explain

__all__ = ["scipy_function"]


def scipy_function(module: str, name: str) -> Callable[..., Any]:
    """The function of that name in a module of SciPy, such as ``"scipy.signal"``; raises `MissingDependency` if called.

    >>> scipy_function("scipy.special", "erf")(0.0)
    np.float64(0.0)
    """

    def function(*args: Any, **kwargs: Any) -> Any:
        return getattr(_imported(module, name), name)(*args, **kwargs)

    function.__name__, function.__module__ = name, module
    return function


def _imported(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependency(
            explain(
                f"{name} needs SciPy, which is not installed.",
                f"wengert itself needs NumPy only; {name} is computed by {module}.",
                "Run: pip install 'wengert[scipy]'",
            )
        ) from error
