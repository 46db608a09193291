"""Names without a twin are SciPy's own; a function of SciPy's that fails on tensors says that they are the cause."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

from wengert import tree
from wengert.errors import LostGradient, WengertError, explain, user_line
from wengert.scipy.choice import Standing, has_box, theirs_of
from wengert.scipy.closures import plain
from wengert.scipy.untwinned import instead

__all__ = ["fall_through"]


def fall_through(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module of twins: names that it lacks are those of SciPy's `module`.

    Functions refuse tensors that they fail on (`LostGradient`); all else is SciPy's very object.
    module: full name, such as ``"scipy.linalg"``.

    >>> fall_through("scipy.linalg")("hilbert")(1)
    array([[1.]])
    """
    theirs = importlib.import_module(module)

    @functools.cache
    def guarded(name: str) -> Any:
        found = getattr(theirs, name)
        return _guarded(found, f"{module}.{name}") if _is_function(found) else found

    def getattribute(name: str) -> Any:
        if name.startswith("__"):  # a module without __path__ must not look like SciPy's package
            raise AttributeError(f"module {module.replace('scipy', 'wengert.scipy', 1)!r} has no attribute {name!r}")
        return guarded(name)

    return getattribute


def _is_function(x: Any) -> bool:
    """Whether this is a function, in Python or compiled by Cython; no class, ufunc, module or distribution."""
    compiled = type(x).__name__ in ("cython_function_or_method", "fused_cython_function")
    return compiled or isinstance(x, FunctionType | BuiltinFunctionType)


def _guarded(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, whose error on tensors is told from a mistake of the caller's: that it makes on arrays, too."""

    @functools.wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree.map(theirs_of, (args, kwargs))
        if not has_box(args, kwargs):
            return f(*args, **kwargs)
        try:
            return f(*args, **kwargs)
        except WengertError:
            raise
        except Exception as error:
            if not _runs(f, *tree.map(_bare, (args, kwargs))):
                raise
            said = str(error).partition("\n")[0]
            raise LostGradient(
                explain(
                    f"{name} at {user_line()} got a tensor, and failed with {type(error).__name__}: {said}",
                    "It runs on plain numbers only, and wengert has no twin of it.",
                    instead(name),
                )
            ) from error

    return function


def _bare(x: Any) -> Any:
    return x.standing_for() if isinstance(x, Standing) else plain(x)


def _runs(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    try:
        f(*args, **kwargs)
    except Exception:
        return False
    return True
