"""Logger: values by step, to a table and to TensorBoard at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from wengert.train.events import EventWriter
from wengert.train.table import CSVLogger

__all__ = ["Logger"]


class Logger:
    """Writes values to ``log.csv`` in a folder, and to event files that TensorBoard reads.

    As a part of a `Checkpoint` it forgets, on resuming, what came after the checkpoint.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Logger(folder) as log:
    ...     log.log(1, loss=0.5)
    ...     print(pathlib.Path(folder, "log.csv").read_text(), end="")
    step,loss
    1,0.5
    """

    def __init__(self, folder: str | os.PathLike[str], *, csv: bool = True, tensorboard: bool = True) -> None:
        self.writers: dict[str, CSVLogger | EventWriter] = {}
        if csv:
            self.writers["csv"] = CSVLogger(Path(folder, "log.csv"))
        if tensorboard:
            self.writers["tensorboard"] = EventWriter(folder)

    def log(self, step: int, **values: Any) -> None:
        """Write values of a step: numbers, or tensors of one."""
        for writer in self.writers.values():
            writer.log(step, **values)

    def state_dict(self) -> dict[str, Any]:
        """The states of the writers."""
        return {name: writer.state_dict() for name, writer in self.writers.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Remove what came after; a writer that was not there then goes on as it is."""
        for name, writer in self.writers.items():
            if name in state:
                writer.load_state_dict(state[name])

    def close(self) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
