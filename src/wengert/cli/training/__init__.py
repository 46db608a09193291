"""`wengert train`: programs that train a model on real data, each a short script over one loop.

__init__  the programs by name, and how one is started
settings  what a run was started with, and what speaks against starting it
loop      steps over batches, and a validation after every epoch
session   what surrounds the loop: checkpoints, Ctrl-C, progress, the log
picture   the PNG at the end
digits, texts            what two programs share: data, scores, a panel of the picture
digits_mlp, digits_cnn, text_gru, text_transformer, two_moons    the programs
"""

from __future__ import annotations

import difflib
import importlib
import shlex
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from wengert.cli import report
from wengert.cli.refusal import Refusal
from wengert.errors import CorruptFile, MissingDependency, StructureMismatch
from wengert.train import Interrupt

__all__ = ["PROGRAMS", "start"]

PROGRAMS = {
    "digits-mlp": "handwritten digits, by three dense layers",
    "digits-cnn": "handwritten digits, by convolutions",
    "text-gru": "the next character of a text, by gated recurrent units",
    "text-transformer": "the next character of a text, by attention",
    "two-moons": "two classes of points in the plane",
}
EXTRAS = {"sklearn": "data", "matplotlib": "plot"}


def start(
    out: Console,
    name: str,
    folder: str | None,
    *,
    resume: bool = False,
    epochs: int | None = None,
    seed: int | None = None,
    file: str | None = None,
    save_every: float = 60.0,
) -> None:
    """Train the program of that name in a folder; what is None is the program's default, or the resumed run's.

    Raises `Refusal`, before anything is written, if it cannot be done.
    """
    if name not in PROGRAMS:
        near = difflib.get_close_matches(name, PROGRAMS, 1)
        raise Refusal(
            f"there is no program {name!r} to train.",
            f"There are {', '.join(PROGRAMS)}.",
            f"Write: wengert train {near[0] if near else 'digits-mlp'}",
        )
    settings, session, program = (_part(part) for part in ("settings", "session", name.replace("-", "_")))
    run = Path("runs", name) if folder is None else Path(folder)
    chosen = settings.opened(run, name, program.EPOCHS, resume=resume, epochs=epochs, seed=seed, file=file)
    with Interrupt() as interrupt, session.Session(out, run, chosen, interrupt, save_every) as running:
        try:
            program.train(running)
        except session.Interrupted as stopped:
            report.say(out, f"Stopped after step {stopped.step}, in epoch {stopped.epoch} of {chosen.epochs}.")
            report.say(out, f"Go on with: wengert train {name} --out {shlex.quote(str(run))} --resume")
            sys.exit(128 + stopped.signal)
        except (CorruptFile, MissingDependency, StructureMismatch) as error:
            raise Refusal(*str(error).splitlines()) from error


def _part(name: str) -> Any:
    """A module of this package; they need packages that the library itself does not."""
    try:
        return importlib.import_module(f"wengert.cli.training.{name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise Refusal(
            f"training needs {package}, which is not installed.",
            "Digits come with scikit-learn, and the picture at the end is drawn by matplotlib.",
            "Run: pip install 'wengert[cli,data,plot]'",
        ) from error
