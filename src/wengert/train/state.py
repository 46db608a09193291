"""States as files: nested dicts, lists and tuples of arrays, tensors, numbers and texts, exactly as they were.

Arrays go into the file under dotted names (``model.0.weight``), where other tools find them; how they nest, and
all that is no array, is a JSON text in the metadata. What JSON does not have is an object with one key that begins with
"!":

    {"!tensor": name}  {"!array": name}  {"!scalar": name}  {"!tuple": […]}  {"!dict": [[key, value], …]}
    {"!complex": [re, im]}
"""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

import numpy as np

from wengert.core.apply import Box, read as numbers
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tensor import constant
from wengert.train import safetensors

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str] | BinaryIO, state: Any) -> None:
    """Write a state to a safetensors file, with a checksum; atomically, unless the file is open already.

    state: nested dicts, lists and tuples of tensors, arrays, numbers, texts, booleans and None. Raises
    `InvalidArgument` for anything else.

    >>> import tempfile, wengert as wg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wg.train.save(f"{folder}/a.safetensors", {"w": wg.ones(2), "betas": (0.9, 0.999), 3: None})
    ...     wg.train.load(f"{folder}/a.safetensors")
    {'w': tensor([1., 1.]), 'betas': (0.9, 0.999), 3: None}
    """
    arrays: dict[str, Any] = {}
    text = json.dumps(_encoded(state, (), arrays), separators=(",", ":"))
    safetensors.write(path, arrays, text)


def load(path: str | os.PathLike[str] | BinaryIO) -> Any:
    """The state in a file that `save` wrote; of another tool's safetensors file, the arrays by name.

    Raises `CorruptFile`, with what is wrong, if the file is torn or was changed. Nothing in a file can run code.
    """
    arrays, text = safetensors.read(path)
    return arrays if text is None else _decoded(json.loads(text), arrays)


def _encoded(x: Any, place: tuple[str, ...], arrays: dict[str, Any]) -> Any:
    if x is None or isinstance(x, bool | str) or type(x) in (int, float):
        return x
    if isinstance(x, Box):
        return {"!tensor": _kept(numbers(x.detach()), place, arrays)}
    if isinstance(x, np.ndarray):
        return {"!array": _kept(x, place, arrays)}
    if isinstance(x, np.generic):
        return {"!scalar": _kept(x, place, arrays)}
    if isinstance(x, complex):
        return {"!complex": [x.real, x.imag]}
    if isinstance(x, list):
        return [_encoded(value, (*place, str(n)), arrays) for n, value in enumerate(x)]
    if type(x) is tuple:
        return {"!tuple": [_encoded(value, (*place, str(n)), arrays) for n, value in enumerate(x)]}
    if isinstance(x, dict):
        if all(isinstance(key, str) and not key.startswith("!") for key in x):
            return {key: _encoded(value, (*place, key), arrays) for key, value in x.items()}
        pairs = [[_encoded(k, place, arrays), _encoded(v, (*place, str(k)), arrays)] for k, v in x.items()]
        return {"!dict": pairs}
    raise InvalidArgument(
        explain(
            f"{'.'.join(place) or 'a state'} is a {type(x).__name__}, and was to be saved at {user_line()}.",
            "A file holds dicts, lists and tuples of tensors, arrays, numbers and texts; others could run code.",
            "Save its state_dict() or its tree.leaves(), or what it is made from.",
        )
    )


def _kept(x: Any, place: tuple[str, ...], arrays: dict[str, Any]) -> Any:
    """Put an array among those to be written; returns its name, and its dtype if the format does not have that."""
    x = np.asarray(x)
    name = stem = ".".join(place) or "state"
    count = 1
    while name in arrays:  # keys may hold dots, too
        count += 1
        name = f"{stem}~{count}"
    if x.dtype == np.complex128:
        arrays[name] = np.ascontiguousarray(x).reshape(*x.shape, 1).view(np.float64)
        return [name, x.dtype.name]
    arrays[name] = x
    return name


def _decoded(x: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(x, list):
        return [_decoded(value, arrays) for value in x]
    if not isinstance(x, dict):
        return x
    if len(x) == 1:
        [(tag, inner)] = x.items()
        if tag in ("!tensor", "!array", "!scalar"):
            array = _found(inner, arrays)
            plain = array if tag == "!array" else array[()]
            return constant(plain) if tag == "!tensor" else plain
        if tag == "!tuple":
            return tuple([_decoded(value, arrays) for value in inner])
        if tag == "!dict":
            return {_decoded(key, arrays): _decoded(value, arrays) for key, value in inner}
        if tag == "!complex":
            return complex(*inner)
    return {key: _decoded(value, arrays) for key, value in x.items()}


def _found(name: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(name, str):
        return arrays[name]
    name, dtype = name
    return arrays[name].view(dtype)[..., 0]
