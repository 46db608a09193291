"""IDX files, the format of MNIST: numbers of one type in an array of any rank, big-endian, often gzipped.

    0 0 type rank | length of each axis, 4 bytes each | the numbers

Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from wengert.data.samples import Samples
from wengert.errors import CorruptFile, InvalidArgument, explain, user_line

__all__ = ["load_mnist", "read_idx", "write_idx"]

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CODES = {np.dtype(name).newbyteorder("="): code for code, name in _TYPES.items()}


def read_idx(path: str | os.PathLike[str]) -> Any:
    """The array in an IDX file, gzipped or not.

    Raises `CorruptFile`, saying what is wrong, if the file is torn, damaged or of another format.

    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/a.idx.gz", np.array([[1, 2], [3, 4]], np.int16))
    ...     read_idx(f"{folder}/a.idx.gz")
    array([[1, 2],
           [3, 4]], dtype=int16)
    """
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _corrupt(path, f"its compressed data are torn or damaged ({error})") from error
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in _TYPES:
        raise _corrupt(path, f"it begins with {raw[:4].hex(' ') or 'nothing'}, not with 00 00 and a type from 08 to 0e")
    dtype, begin = np.dtype(_TYPES[raw[2]]), 4 + 4 * raw[3]
    if len(raw) < begin:
        raise _corrupt(path, f"it ends within its header, after {len(raw)} of {begin} bytes")
    shape = tuple(np.frombuffer(raw, ">u4", raw[3], 4).tolist())
    wanted = math.prod(shape) * dtype.itemsize
    if len(raw) - begin != wanted:
        raise _corrupt(path, f"it holds {len(raw) - begin} bytes of data, and shape {shape} of {dtype} needs {wanted}")
    return np.frombuffer(raw, dtype, offset=begin).reshape(shape).astype(dtype.newbyteorder("="))


def write_idx(path: str | os.PathLike[str], array: Any) -> None:
    """Write an array as an IDX file, gzipped if the name ends in ``.gz``.

    Raises `InvalidArgument` for a dtype that the format does not have.
    """
    x = np.asarray(array)
    if x.dtype not in _CODES:
        raise InvalidArgument(
            explain(
                f"write_idx at {user_line()} got an array of {x.dtype}.",
                f"The format knows {', '.join(str(dtype) for dtype in _CODES)}.",
                "Convert it, array.astype(np.float32).",
            )
        )
    header = bytes([0, 0, _CODES[x.dtype], x.ndim]) + np.array(x.shape, ">u4").tobytes()
    body = header + x.astype(x.dtype.newbyteorder(">")).tobytes()
    Path(path).write_bytes(gzip.compress(body, mtime=0) if str(path).endswith(".gz") else body)


def load_mnist(folder: str | os.PathLike[str], train: bool = True, *, dtype: Any = np.float32) -> Samples:
    """Images and labels in MNIST's files (or of Fashion-MNIST and other sets with the same names) in a folder.

    x has the shape (samples, 1, rows, columns), from 0 to 1. Raises `InvalidArgument` if a file is not there, and
    `CorruptFile` if one is damaged or they do not belong together.
    """
    part = "train" if train else "t10k"
    pixels = read_idx(_found(folder, f"{part}-images", "idx3-ubyte"))
    labels = read_idx(_found(folder, f"{part}-labels", "idx1-ubyte"))
    if pixels.ndim != 3 or labels.shape != pixels.shape[:1]:
        raise _corrupt(folder, f"images of shape {pixels.shape} and labels of shape {labels.shape} do not match")
    x, y = pixels[:, None].astype(dtype) / np.dtype(dtype).type(255), labels.astype(np.int64)
    return Samples(x, y, (), [str(n) for n in range(int(y.max(initial=-1)) + 1)])


def _found(folder: str | os.PathLike[str], stem: str, kind: str) -> Path:
    for name in (f"{stem}-{kind}", f"{stem}.{kind}"):
        for path in (Path(folder, name), Path(folder, f"{name}.gz")):
            if path.exists():
                return path
    raise InvalidArgument(
        explain(
            f"there is no {stem}-{kind}, gzipped or not, in {os.fspath(folder)}.",
            "load_mnist reads the files as they are published.",
            "Put the four files into one folder, and give its name.",
        )
    )


def _corrupt(path: Any, what: str) -> CorruptFile:
    return CorruptFile(
        explain(
            f"{os.fspath(path)} cannot be read: {what}.",
            "An IDX file says how many numbers it holds, and holds exactly these.",
            "Copy or download it again.",
        )
    )
