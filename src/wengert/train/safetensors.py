"""Files of named arrays in the safetensors format, with a checksum over all that they say.

The format and its checks are the library's (https://huggingface.co/docs/safetensors); nothing in a file is code. A text
and the checksum are one entry of the metadata (several would be in random order), so that other tools read our files.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from wengert.errors import CorruptFile, InvalidArgument, MissingDependency, explain, user_line
from wengert.train.atomic import replacing

__all__ = ["read", "write"]

_OURS = "wengert"  # the entry of the metadata by which our files are known
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64", "F16": "float16", "F32": "float32", "F64": "float64", "C64": "complex64",
}  # fmt: skip
_BFLOAT = "BF16"  # the upper half of a float32


def _library(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependency(
            explain(
                "checkpoints need safetensors, which is not installed.",
                "wengert itself needs NumPy only; the format of the files is that library's.",
                "Run: pip install 'wengert[train]'",
            )
        ) from error


def write(path: str | os.PathLike[str] | BinaryIO, arrays: Mapping[str, Any], text: str) -> None:
    """Write arrays by name and a text; to a path, atomically.

    Raises `InvalidArgument` for a dtype that the format has not.
    """
    for name, x in arrays.items():
        if x.dtype.name not in _DTYPES.values():
            raise InvalidArgument(
                explain(
                    f"{name} has the dtype {x.dtype}, and was to be saved at {user_line()}.",
                    f"A safetensors file knows {', '.join(_DTYPES.values())}.",
                    "Convert it, or save it as an array of these.",
                )
            )
    native = {name: np.ascontiguousarray(x, x.dtype.newbyteorder("=")).reshape(x.shape) for name, x in arrays.items()}
    entry = json.dumps({"sha256": _digest(native, text), "text": text})
    raw = _library("safetensors.numpy").save(native, {_OURS: entry})
    with replacing(path) if isinstance(path, str | os.PathLike) else nullcontext(path) as file:
        file.write(raw)


def read(path: str | os.PathLike[str] | BinaryIO) -> tuple[dict[str, Any], str | None]:
    """The arrays and the text of a file; None in a file of another tool's.

    Raises `CorruptFile`, with what is wrong, if it is torn or was changed.
    """
    raw = Path(path).read_bytes() if isinstance(path, str | os.PathLike) else path.read()
    library = _library("safetensors")
    try:
        entries = library.deserialize(raw)
        arrays = {name: _array(entry) for name, entry in entries}
        metadata = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")]).get("__metadata__", {})
        ours = json.loads(metadata[_OURS]) if _OURS in metadata else None
        if ours is None and "sha256" not in str(metadata):  # where it is, a bit of our key was changed
            return arrays, None
        if ours is not None and ours["sha256"] == _digest(arrays, ours["text"]):
            return arrays, ours["text"]
    except (library.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise _corrupt(path, f"{error}".rstrip(".")) from error
    raise _corrupt(path, "its checksum does not match, so that bits were changed after it was written")


def _array(entry: Mapping[str, Any]) -> Any:
    code, shape = entry["dtype"], entry["shape"]
    if code == _BFLOAT:
        halves = np.frombuffer(entry["data"], "<u2").astype(np.uint32)
        return (halves << np.uint32(16)).view(np.float32).reshape(shape)
    dtype = np.dtype(_DTYPES[code])
    return np.frombuffer(entry["data"], dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def _digest(arrays: Mapping[str, Any], text: str) -> str:
    """The SHA-256 of names, dtypes, shapes, numbers and the text."""
    shown = [(name, x.dtype.name, list(x.shape)) for name, x in sorted(arrays.items())]
    found = hashlib.sha256(json.dumps([shown, text]).encode())
    for _, x in sorted(arrays.items()):
        found.update(np.ascontiguousarray(x, x.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _corrupt(path: Any, what: str) -> CorruptFile:
    return CorruptFile(
        explain(
            f"{path if isinstance(path, str | os.PathLike) else 'a file object'} cannot be read: {what}.",
            "A file that is torn or damaged would give numbers that nobody computed.",
            "Use an older checkpoint, or a copy of this one; train.latest(folder) finds the last good one.",
        )
    )
