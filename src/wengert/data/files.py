"""Tables in text files, and arrays in NumPy's archives."""

from __future__ import annotations

import csv
import os
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.data.samples import Samples
from wengert.errors import CorruptFile, InvalidArgument, explain, user_line

__all__ = ["read_csv", "read_npz"]

_MISSING = {"", "na", "nan", "null", "none", "?"}


def read_csv(
    path: str | os.PathLike[str],
    target: str | int = -1,
    *,
    delimiter: str = ",",
    header: bool | None = None,
    classes: bool | None = None,
    dtype: Any = np.float64,
) -> Samples:
    r"""A table of numbers, one sample per line, as features x and the target column y.

    target: the name or place of the column to predict. header: whether the first line has names; by default if one of
    its fields but the target's is no number. classes: whether the target names classes, which are numbered in sorted
    order; by default if one of them is no number. Fields of features that are empty, ``NA``, ``?`` or the like become
    NaN. Raises `CorruptFile` with the line for a line of another length, for text among numbers and for a target that
    is missing, and `InvalidArgument` if there is no such column.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/flowers.csv", "w") as file:
    ...         print("length,width,kind", "1,2,rose", "3,,tulip", sep="\n", file=file)
    ...     flowers = read_csv(f"{folder}/flowers.csv", "kind")
    >>> flowers.x, flowers.y, flowers.features, flowers.classes
    (array([[ 1.,  2.],
           [ 3., nan]]), array([0, 1]), ('length', 'width'), ('rose', 'tulip'))
    """
    rows = _rows(path, delimiter)
    width = len(rows[0][1])
    for line, fields in rows:
        if len(fields) != width:
            raise _bad_line(path, line, f"has {len(fields)} fields, and the first line has {width}")
    if header is None:
        header = isinstance(target, str) or any(
            not _is_number(field) for n, field in enumerate(rows[0][1]) if n not in (target, target + width)
        )
    names = rows.pop(0)[1] if header else [f"x{n}" for n in range(width)]
    place = _place(path, names, target)
    labels = [_target(path, line, fields[place]) for line, fields in rows]
    features = [name for n, name in enumerate(names) if n != place]
    x = np.array([_numbers(path, line, fields, place, names) for line, fields in rows], dtype)
    x = x.reshape(len(rows), len(features))
    if classes or (classes is None and any(not _is_number(label) for label in labels)):
        kinds, y = np.unique(np.array(labels, str), return_inverse=True)
        return Samples(x, y.astype(np.int64), features, kinds.tolist())
    wrong = [(line, label) for (line, _), label in zip(rows, labels, strict=True) if not _is_number(label)]
    if wrong:
        raise _bad_line(path, wrong[0][0], f"has the target {wrong[0][1]!r}, which is no number")
    return Samples(x, np.array([float(label) for label in labels], dtype), features)


def read_npz(path: str | os.PathLike[str], names: Sequence[str] = ()) -> dict[str, Any]:
    """The arrays of an archive that ``np.savez`` wrote, by name: those named, or all.

    Raises `InvalidArgument` if one is not there, and `CorruptFile` if the file is torn or damaged (every array has a
    checksum) or holds Python objects, which are refused because reading them can run any code.
    """
    try:
        with open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise _damaged(path, "it is one array, no archive; np.load reads it")
            missing = [name for name in names if name not in archive.files]
            if missing:
                raise InvalidArgument(
                    explain(
                        f"read_npz at {user_line()} found no {', '.join(missing)} in {os.fspath(path)}.",
                        f"It holds {', '.join(archive.files) or 'nothing'}.",
                        "Write these names, or none for all.",
                    )
                )
            return {name: archive[name] for name in names or archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(path, f"it is torn or damaged ({error})") from error
    except ValueError as error:
        if isinstance(error, InvalidArgument | CorruptFile):
            raise
        raise _damaged(path, f"it is no archive of plain arrays ({error})") from error


def _rows(path: str | os.PathLike[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            rows = [(reader.line_num, [field.strip() for field in row]) for row in reader if row]
    except csv.Error as error:
        raise _bad_line(path, reader.line_num, f"is no line of a table: {error}") from error
    except UnicodeDecodeError as error:
        raise _damaged(path, f"it is no text in UTF-8 ({error.reason} at byte {error.start})") from error
    if not rows:
        raise _damaged(path, "it is empty")
    return rows


def _place(path: Any, names: list[str], target: str | int) -> int:
    if isinstance(target, int) and -len(names) <= target < len(names):
        return target % len(names)
    if isinstance(target, str) and target in names:
        return names.index(target)
    raise InvalidArgument(
        explain(
            f"read_csv at {user_line()} found no column {target!r} in {os.fspath(path)}.",
            f"Its {len(names)} columns are {', '.join(names)}.",
            "Give one of these names, or a place such as -1.",
        )
    )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _target(path: Any, line: int, field: str) -> str:
    if field.lower() in _MISSING:
        raise _bad_line(path, line, f"has no target (its field is {field!r})")
    return field


def _numbers(path: Any, line: int, fields: list[str], target: int, names: list[str]) -> list[float]:
    numbers = []
    for n, field in enumerate(fields):
        if n == target:
            continue
        if field.lower() in _MISSING:
            numbers.append(np.nan)
        elif _is_number(field):
            numbers.append(float(field))
        else:
            raise _bad_line(path, line, f"has {field!r} in column {names[n]}, which is no number")
    return numbers


def _bad_line(path: Any, line: int, what: str) -> CorruptFile:
    return CorruptFile(
        explain(
            f"{os.fspath(path)}, line {line}: it {what}.",
            "All lines of a table have the same fields, and all columns but the target are numbers.",
            "Mend the file, or give the right delimiter=, header= and target=.",
        )
    )


def _damaged(path: Any, what: str) -> CorruptFile:
    return CorruptFile(
        explain(
            f"{os.fspath(path)} cannot be read: {what}.",
            "A file that is not whole would give data that nobody meant.",
            "Copy, download or write it again.",
        )
    )
