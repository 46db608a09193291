"""A log as a table in a text file: a row for each step, a column for each name."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self

from wengert.errors import InvalidArgument, explain, user_line
from wengert.train.atomic import replacing

__all__ = ["CSVLogger"]

_STEP = "step"


class CSVLogger:
    """Writes values by step to a CSV file, and goes on with one that is there.

    Values of one step share a row, whether they come at once or not. A step that comes again, or before the last one,
    removes the rows from there on: they belong to a run that was left. A torn last line is dropped when the file is
    opened. So the file of a run that was killed and resumed is that of one that was not.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with CSVLogger(f"{folder}/log.csv") as log:
    ...         log.log(1, loss=0.5)
    ...         log.log(2, loss=0.25, accuracy=1.0)
    ...     print(pathlib.Path(folder, "log.csv").read_text())
    step,loss,accuracy
    1,0.5,
    2,0.25,1.0
    <BLANKLINE>
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO | None = None
        self._open([], None)

    def _open(self, columns: list[str], until: int | None) -> BinaryIO:
        """Write the file anew, with these further columns and without the rows after a step, and open it."""
        self.close()
        names, rows = _read(self.path)
        self._names = [*names, *columns]
        rows = [row for row in rows if until is None or int(row[_STEP]) <= until]
        with replacing(self.path) as file:
            for row in [{name: name for name in self._names}, *rows]:
                file.write(_line(self._names, row))
        self._last = rows[-1] if rows else {}
        self._file = open(self.path, "ab")  # noqa: SIM115 (stays open between rows)
        self._place = self._file.tell() - (len(_line(self._names, self._last)) if rows else 0)
        return self._file

    @property
    def step(self) -> int | None:
        """The last step that was logged."""
        return int(self._last[_STEP]) if self._last else None

    def log(self, step: int, **values: Any) -> None:
        """Write values of a step: numbers, or tensors of one."""
        columns = [name for name in values if name not in self._names]
        file = self._file
        if columns or file is None or (self.step is not None and step < self.step):
            file = self._open(columns, step)
        row = {name: repr(float(x.item() if hasattr(x, "item") else x)) for name, x in values.items()}
        if step == self.step:
            self._last |= row
            file.truncate(self._place)
        else:
            self._last = {_STEP: str(step)} | row
            self._place = file.seek(0, io.SEEK_END)
        file.write(_line(self._names, self._last))
        file.flush()

    def state_dict(self) -> dict[str, Any]:
        """The last step, after everything up to it is on disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())
        return {"step": self.step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Remove the rows after that step."""
        self._open([], -1 if state["step"] is None else state["step"])

    def close(self) -> None:
        """Close the file; another `log` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _line(names: list[str], row: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([row.get(name, "") for name in names])
    return text.getvalue().encode()


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Names and rows of the lines that are whole."""
    text = path.read_bytes() if path.exists() else b""
    whole = text[: text.rfind(b"\n") + 1].decode(errors="replace")
    reader = csv.DictReader(io.StringIO(whole, newline=""))
    rows = list(reader)
    names = list(reader.fieldnames or [_STEP])
    if names[0] != _STEP or any(not row[_STEP].isdecimal() for row in rows):
        raise InvalidArgument(
            explain(
                f"{path} was to be a log at {user_line()}, and is another file.",
                f"A log begins with the column {_STEP!r}, of whole numbers; this file would be lost.",
                "Give another name, or move the file away.",
            )
        )
    return names, [{name: value or "" for name, value in row.items() if name in names} for row in rows]
