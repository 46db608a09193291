"""FILE:FUNCTION: the function of that name in an ordinary Python file."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from wengert.cli.refusal import Refusal, in_file

__all__ = ["Target", "load"]


class Target(NamedTuple):
    """A function and the file it came from."""

    path: str
    name: str
    function: Callable[..., Any]


def _is_own(value: object, module: object) -> bool:
    """Whether a file defines the function itself; what it imports is not what the user looks for."""
    return callable(value) and getattr(value, "__module__", None) == getattr(module, "__name__", "")


def load(target: str) -> Target:
    """Import the file that ``FILE:FUNCTION`` names and pick the function. Raises `Refusal`."""
    shown, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        raise Refusal(f"{target!r} is not of the form FILE:FUNCTION, such as model.py:energy.")
    path = os.path.abspath(shown)
    if not os.path.isfile(path):
        raise Refusal(f"there is no file {shown!r}.")
    module = _import(path, shown)
    functions = [key for key, value in vars(module).items() if _is_own(value, module) and not key.startswith("_")]
    found = getattr(module, name, None)
    if found is None:
        here = ", ".join(functions) or "no functions"
        raise Refusal(f"{shown} has no function {name!r}. It has: {here}.")
    if not callable(found):
        raise Refusal(f"{name!r} in {shown} is not a function but of type {type(found).__name__}.")
    return Target(path, name, found)


def _import(path: str, shown: str) -> Any:
    """Run the file as a module of its own; modules beside it can be imported, as with ``python FILE``."""
    spec = importlib.util.spec_from_loader("__wengert__", importlib.machinery.SourceFileLoader("__wengert__", path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, os.path.dirname(path))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise Refusal(f"importing {shown} failed at {in_file(error, path)}") from error
    return module
