"""Checkpoints: the whole of a training run in one file, from which it goes on bit by bit as if never interrupted."""

from __future__ import annotations

import copy
import os
import random
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from wengert.errors import (
    CorruptFile,
    CorruptFileWarning,
    InvalidArgument,
    StructureMismatch,
    explain,
    user_line,
    user_stacklevel,
)
from wengert.generator import default_generator
from wengert.train.atomic import sweep
from wengert.train.state import load, save

__all__ = ["Checkpoint", "latest"]

_NAME = re.compile(r"step-(\d+)\.safetensors")


class Checkpoint:
    """Saves and restores what a training run consists of.

    folder: where the files are, one for each step that was saved; made when needed.
    keep: how many of them to keep, the last ones.
    parts: by name, whatever has ``state_dict`` and ``load_state_dict``: model, optimiser, scheduler, data loader,
    metrics, early stopping, loggers; also random generators. The global generators (wengert's, NumPy's, Python's) are
    saved always.

    A file is written beside the others and renamed when it is complete and on disk, so that a process may be killed at
    any moment. Raises `InvalidArgument` for parts without a state.

    >>> import tempfile, wengert as wg
    >>> model = wg.nn.Linear(2, 1)
    >>> optimizer = wg.optim.Adam(model.parameters())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = wg.train.Checkpoint(folder, model=model, optimizer=optimizer)
    ...     first = run.resume()          # 0: there is nothing yet
    ...     path = run.save(100)
    ...     wg.train.Checkpoint(folder, model=model, optimizer=optimizer).resume(), path.name
    (100, 'step-0000000100.safetensors')
    """

    def __init__(self, folder: str | os.PathLike[str], *, keep: int = 3, **parts: Any) -> None:
        self.folder, self.keep = Path(folder), keep
        self.parts = {name: _Bits(x) if isinstance(x, np.random.Generator) else x for name, x in parts.items()}
        self.values: dict[str, Any] = {}
        stateless = [
            n for n, x in self.parts.items() if not (hasattr(x, "state_dict") and hasattr(x, "load_state_dict"))
        ]
        if stateless or keep < 1:
            raise InvalidArgument(
                explain(
                    f"Checkpoint at {user_line()} got "
                    + (
                        f"{stateless[0]} of type {type(parts[stateless[0]]).__name__}."
                        if stateless
                        else f"keep={keep}."
                    ),
                    "Parts have state_dict() and load_state_dict(), and at least one file is kept.",
                    "Give plain values when saving: save(step, params=params); resume() puts them into .values.",
                )
            )

    def save(self, step: int, **values: Any) -> Path:
        """Write a checkpoint and return its path.

        step: how many steps were done. values: anything else that is to be found in `values` after resuming: nested
        dicts, lists and tuples of arrays, tensors, numbers and texts.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        # The generators come last, because a part may draw its seed when it is asked for its state.
        state = {name: part.state_dict() for name, part in self.parts.items()}
        path = self.folder / f"step-{step:010}.safetensors"
        save(path, {"step": step, "parts": state, "values": values, "generators": _Globals.state_dict()})
        for old in [p for n, p in _checkpoints(self.folder) if n < step][self.keep - 1 :]:
            old.unlink(missing_ok=True)
        return path

    def resume(self, path: str | os.PathLike[str] | None = None) -> int:
        """Restore the last good checkpoint, or that of a path; returns its step, or 0 if there is none.

        A corrupt file is named in a `CorruptFileWarning` and set aside as ``….corrupt``, and the one before it is used.
        Raises `CorruptFile` if that of the path is, and `StructureMismatch` if it has other parts than this; what the
        parts themselves refuse is raised, after all of them were put back as they were.
        """
        found = _newest(self.folder, set_aside=True) if path is None else (Path(path), load(path))
        if found is None:
            return 0
        file, state = found
        self._restore(file, state)
        return int(state["step"])

    def _restore(self, file: Path, state: Any) -> None:
        if not isinstance(state, dict) or set(state) != {"step", "parts", "values", "generators"}:
            raise _mismatch(file, "is no checkpoint of a training run", "train.load reads other files.")
        if set(state["parts"]) != set(self.parts):
            raise _mismatch(
                file,
                f"has the parts {', '.join(state['parts']) or 'none'}, not {', '.join(self.parts) or 'none'}",
                "Build the Checkpoint with the parts that were saved.",
            )
        parts = [*self.parts.values(), _Globals]
        new = [*[state["parts"][name] for name in self.parts], state["generators"]]
        old = [copy.deepcopy(part.state_dict()) for part in parts]
        for n, (part, value) in enumerate(zip(parts, new, strict=True)):
            try:
                part.load_state_dict(value)
            except BaseException:
                for changed, before in zip(parts[:n], old[:n], strict=True):
                    changed.load_state_dict(before)
                raise
        self.values = state["values"]


def latest(folder: str | os.PathLike[str]) -> Path | None:
    """The last checkpoint in a folder that is whole; None if there is none.

    Later ones that are torn or damaged are named in a `CorruptFileWarning`.
    """
    found = _newest(Path(folder), set_aside=False)
    return None if found is None else found[0]


def _checkpoints(folder: Path) -> Iterator[tuple[int, Path]]:
    """Steps and files, the last step first."""
    names = [(_NAME.fullmatch(path.name), path) for path in folder.iterdir()] if folder.is_dir() else []
    yield from sorted([(int(match[1]), path) for match, path in names if match], reverse=True)


def _newest(folder: Path, set_aside: bool) -> tuple[Path, Any] | None:
    for _, path in _checkpoints(folder):
        try:
            return path, load(path)
        except CorruptFile as error:
            where = " It is called ….corrupt now." if set_aside else ""
            warnings.warn(f"{error.args[0].splitlines()[0]}{where}", CorruptFileWarning, user_stacklevel())
            if set_aside:
                path.rename(path.with_name(path.name + ".corrupt"))
    return None


class _Bits:
    """A NumPy generator as a part."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._bits = generator.bit_generator

    def state_dict(self) -> dict[str, Any]:
        return dict(self._bits.state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._bits.state = state


class _Globals:
    """The generators that belong to nobody: of wengert, NumPy and Python."""

    @staticmethod
    def state_dict() -> dict[str, Any]:
        return {
            "wengert": default_generator().state_dict(),
            "numpy": np.random.get_state(legacy=False),  # noqa: NPY002 (others draw from it)
            "python": random.getstate(),
        }

    @staticmethod
    def load_state_dict(state: dict[str, Any]) -> None:
        default_generator().load_state_dict(state["wengert"])
        np.random.set_state(state["numpy"])  # noqa: NPY002
        random.setstate(state["python"])


def _mismatch(file: Path, what: str, instead: str) -> StructureMismatch:
    return StructureMismatch(
        explain(
            f"{file} {what} (resumed at {user_line()}).",
            "A run can only go on with everything that it consisted of; nothing was loaded.",
            instead,
        )
    )
