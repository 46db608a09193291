"""What a run was started with: kept in its folder, so that ``--resume`` needs nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wengert.cli.refusal import Refusal
from wengert.train.atomic import replacing

__all__ = ["Settings", "opened", "write"]

NAME = "settings.json"


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run goes.

    program: its name. epochs: how many. seed: of everything random. file: the text to learn, if one was given.
    digest: of what that text was, SHA-256.
    """

    program: str
    epochs: int
    seed: int
    file: str | None = None
    digest: str | None = None


def opened(
    folder: Path, program: str, usual: int, *, resume: bool, epochs: int | None, seed: int | None, file: str | None
) -> Settings:
    """The settings of a new run, which are still to be written, or of the one that is in the folder.

    usual: the program's epochs if None are given. Raises `Refusal` for a folder that holds another run, or none to
    resume, and for a text that cannot be read or is another one now.
    """
    if file is not None and not program.startswith("text-"):
        raise Refusal(
            f"{program} reads no --file.",
            "Only text-gru and text-transformer learn from a text that you give.",
            f"Leave --file out, or write: wengert train text-gru --file {file}",
        )
    if resume:
        return _kept(folder, {"program": program, "epochs": epochs, "seed": seed, "file": _absolute(file)})
    if (folder / NAME).exists() or any(folder.glob("step-*")):
        raise Refusal(
            f"{folder} holds a run already.",
            "A new one would overwrite it.",
            "Add --resume to go on with it, or choose another folder with --out.",
        )
    return Settings(program, usual if epochs is None else epochs, seed or 0, _absolute(file), _digest(file))


def write(folder: Path, settings: Settings) -> None:
    """Keep the settings in the folder, which is made. Raises `Refusal` if that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / NAME) as file:
            file.write(json.dumps(dataclasses.asdict(settings), indent=2).encode() + b"\n")
    except OSError as error:
        raise Refusal(
            f"cannot write into {folder}: {error.strerror}.",
            "A run keeps its checkpoints, its log and its pictures there.",
            "Choose another folder with --out.",
        ) from error


def _kept(folder: Path, given: dict[str, Any]) -> Settings:
    """The settings in a folder, with which what was given must agree."""
    path = folder / NAME
    if not path.exists():
        raise Refusal(
            f"{folder} holds no run to go on with.",
            f"A run has its {NAME} there from its first moment.",
            "Look at --out, or leave --resume out to begin a new run.",
        )
    try:
        kept = Settings(**json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise Refusal(
            f"{path} is damaged: {error}.",
            "It says with what the run was started, without which it cannot go on.",
            "Write it again as another run's looks, with the program, epochs and seed of this one.",
        ) from error
    for name, value in given.items():
        if value is not None and value != getattr(kept, name):
            raise Refusal(
                f"the run in {folder} has the {name} {getattr(kept, name)}, not {value}.",
                "It goes on as it began, bit by bit, and cannot with something else.",
                "Leave out what differs, or begin a new run in another folder.",
            )
    if _digest(kept.file) != kept.digest:
        raise Refusal(
            f"{kept.file} is not the text any more that the run in {folder} began with.",
            "Its characters are what the model's outputs stand for.",
            "Put the old text back, or begin a new run in another folder.",
        )
    return kept


def _absolute(file: str | None) -> str | None:
    return None if file is None else str(Path(file).resolve())


def _digest(file: str | None) -> str | None:
    """What tells texts apart. Raises `Refusal` if the file cannot be read."""
    if file is None:
        return None
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise Refusal(
            f"cannot read {file}: {error.strerror}.",
            "The model learns the characters of a text file.",
            "Give the path of a text file in UTF-8, or leave --file out.",
        ) from error
