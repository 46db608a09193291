"""The safetensors format: named arrays behind a JSON header; nothing in it is code.

    length of the header, 8 bytes | {"name": {"dtype", "shape", "data_offsets"}, …, "__metadata__": {…}} | the arrays

Written here because it is small and wengert needs NumPy only; other tools read our files, and we read theirs. Ours hold
a SHA-256 of the whole file, computed with zeros in its place, so that every flipped bit is found.
Source: https://huggingface.co/docs/safetensors (format).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wengert.errors import CorruptFile, InvalidArgument, explain, user_line
from wengert.train.atomic import replacing

__all__ = ["OURS", "read", "write"]

OURS = "wengert"  # the entry of the metadata by which our files are known

_CODES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "float32": "F32", "float64": "F64", "complex64": "C64",
}  # fmt: skip
_DTYPES = {code: np.dtype(name) for name, code in _CODES.items()}
_BFLOAT = "BF16"  # the upper half of a float32
_CHECKSUM = "sha256"
_ZEROS = "0" * 64
_LONGEST = 100_000_000  # bytes of header, by the format


def write(path: str | os.PathLike[str], arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """Write arrays and texts by name, atomically. Raises `InvalidArgument` for a dtype that the format has not."""
    # As the format's own library does: the widest first, so that every array is aligned; then by name.
    ordered = sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    header: dict[str, Any] = {"__metadata__": {**metadata, _CHECKSUM: _ZEROS}}
    end = 0
    for name, x in ordered:
        if x.dtype.name not in _CODES:
            raise InvalidArgument(
                explain(
                    f"{name} has the dtype {x.dtype}, and was to be saved at {user_line()}.",
                    f"A safetensors file knows {', '.join(_CODES)}.",
                    "Convert it, or save it as an array of these.",
                )
            )
        begin, end = end, end + x.nbytes
        header[name] = {"dtype": _CODES[x.dtype.name], "shape": list(x.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    start = len(text).to_bytes(8, "little") + text
    bodies = [np.ascontiguousarray(x, x.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data for _, x in ordered]
    digest = hashlib.sha256(start)
    for body in bodies:
        digest.update(body)
    with replacing(path) as file:
        file.write(start.replace(_entry(_ZEROS), _entry(digest.hexdigest()), 1))
        for body in bodies:
            file.write(body)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The arrays and the texts of a file. Raises `CorruptFile`, with what is wrong, if it is torn or was changed."""
    raw = Path(path).read_bytes()
    header, begin = _header(path, raw)
    metadata = header.pop("__metadata__", {})
    said = metadata.pop(_CHECKSUM, None)
    if said is not None or OURS in metadata:  # other tools write no checksum
        _check_sum(path, raw, str(said))
    return {name: _array(path, name, entry, raw, begin) for name, entry in header.items()}, metadata


def _header(path: Any, raw: bytes) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(raw[:8], "little")
    if len(raw) < 8 or length > _LONGEST:
        raise _corrupt(path, f"it does not begin with a safetensors header ({len(raw)} bytes in all)")
    if len(raw) < 8 + length:
        raise _corrupt(path, f"it ends after {len(raw)} bytes, within its header of {length}")
    try:
        header = json.loads(raw[8 : 8 + length])
        needed = max([entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"], default=0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise _corrupt(path, f"its header is damaged ({error})") from error
    if len(raw) != 8 + length + needed:
        raise _corrupt(path, f"it has {len(raw)} bytes, and its header speaks of {8 + length + needed}")
    return header, 8 + length


def _check_sum(path: Any, raw: bytes, said: str) -> None:
    before, entry, after = memoryview(raw), _entry(said), memoryview(b"")
    place = raw.find(entry)
    if place >= 0:
        before, after = before[:place], before[place + len(entry) :]
    digest = hashlib.sha256(before)
    digest.update(_entry(_ZEROS))
    digest.update(after)
    if digest.hexdigest() != said:
        raise _corrupt(path, "its checksum does not match: bits were changed after it was written")


def _entry(checksum: str) -> bytes:
    return f'"{_CHECKSUM}":"{checksum}"'.encode()


def _array(path: Any, name: str, entry: Any, raw: bytes, begin: int) -> Any:
    try:
        code, shape, (first, last) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        dtype = np.dtype(np.uint16) if code == _BFLOAT else _DTYPES[code]
        if last - first != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{last - first} bytes for shape {shape} of {code}")
        values = np.frombuffer(raw, dtype.newbyteorder("<"), math.prod(shape), begin + first).reshape(shape)
    except (ValueError, TypeError, KeyError) as error:
        raise _corrupt(path, f"its entry {name} is damaged or of an unknown kind ({error})") from error
    if code == _BFLOAT:
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return values.astype(dtype)


def _corrupt(path: Any, what: str) -> CorruptFile:
    return CorruptFile(
        explain(
            f"{os.fspath(path)} cannot be read: {what}.",
            "A file that is torn or damaged would give numbers that nobody computed.",
            "Use an older checkpoint, or a copy of this one; train.latest(folder) finds the last good one.",
        )
    )
