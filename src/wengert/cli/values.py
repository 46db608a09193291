"""--at: the values that a function is called with."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.cli.refusal import Refusal, one_line

__all__ = ["Arguments", "arguments"]


class Arguments(NamedTuple):
    """Positional and keyword arguments, and the name of each in that order. Arrays are of a floating dtype."""

    positional: list[Any]
    keywords: dict[str, Any]
    names: list[str]


def arguments(function: Callable[..., Any], texts: Sequence[str]) -> Arguments:
    """Read ``2``, ``x=2``, ``[1,2,3]``, ``x=data.npy`` … and fit them to the function. Raises `Refusal`."""
    if not texts:
        raise Refusal("give the values to differentiate at, such as --at 2 5 or --at x=2 y=[1,2,3].")
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for text in texts:
        name, given = _split(text)
        for key, value in _read(given, name, text).items():
            if key is None:
                if keywords:
                    raise Refusal(f"--at {text}: a value without a name follows one with a name.")
                positional.append(value)
            elif key in keywords:
                raise Refusal(f"--at {text}: {key} was given twice.")
            else:
                keywords[key] = value
    return Arguments(positional, keywords, _names(function, positional, keywords))


def _split(text: str) -> tuple[str | None, str]:
    name, equals, given = text.partition("=")
    return (name.strip(), given) if equals and name.strip().isidentifier() else (None, text)


def _read(given: str, name: str | None, text: str) -> dict[str | None, Any]:
    if given.endswith((".npy", ".npz")):
        return _read_file(given, name, text)
    try:
        value = ast.literal_eval(given.strip())
        if not _is_numbers(value):
            raise ValueError("not numbers")
        array = np.asarray(value, float)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError) as error:
        raise Refusal(
            f"--at {text}: {given!r} is not a number, a list of numbers without blanks, or a .npy or .npz file."
        ) from error
    return {name: _floating(array, text)}


def _is_numbers(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_numbers(v) for v in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_file(path: str, name: str | None, text: str) -> dict[str | None, Any]:
    """One array from .npy; from .npz the array of that name or the only one, without a name all of them."""
    try:
        with open(path, "rb") as file:
            loaded = np.load(file, allow_pickle=False)
            arrays = {None: loaded} if isinstance(loaded, np.ndarray) else dict(loaded.items())
    except (OSError, ValueError, EOFError) as error:
        raise Refusal(f"--at {text}: cannot read {path}: {one_line(error)}") from error
    if name is None:
        return {key: _floating(array, text) for key, array in arrays.items()}
    if len(arrays) > 1 and name not in arrays:
        raise Refusal(f"--at {text}: {path} holds {', '.join(map(str, arrays))}, and none of them is {name}.")
    array = arrays[name] if name in arrays else next(iter(arrays.values()))
    return {name: _floating(array, text)}


def _floating(array: Any, text: str) -> Any:
    """The array as floats (a NumPy scalar if 0-d): integers have no derivative, so they count as floats."""
    if array.dtype.kind not in "iuf":
        raise Refusal(f"--at {text}: numbers of dtype {array.dtype} cannot be differentiated at.")
    if not array.size:
        raise Refusal(f"--at {text}: there is no number in it.")
    if not np.all(np.isfinite(array)):
        raise Refusal(f"--at {text}: there is no derivative at infinity or NaN.")
    return (array if array.dtype.kind == "f" else array.astype(float))[()]


def _names(function: Callable[..., Any], positional: list[Any], keywords: dict[str, Any]) -> list[str]:
    """The parameter that each argument goes to."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # some built-in functions have none
        return [f"argument {n}" for n in range(len(positional))] + list(keywords)
    shown = f"{getattr(function, '__name__', 'the function')}{signature}"
    try:
        signature.bind(*positional, **keywords)
    except TypeError as error:
        raise Refusal(f"the values given by --at do not fit {shown}: {error}.") from error
    names = []
    for p in signature.parameters.values():
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
        elif p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}[{n}]" for n in range(len(positional) - len(names))]
    return names[: len(positional)] + list(keywords)
