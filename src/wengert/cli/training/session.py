"""What surrounds a training loop that can be stopped at any moment: checkpoints, Ctrl-C, progress, a log, a picture.

    session.begin(loader, model=model, optimizer=optimizer)      # where the folder's last checkpoint stands
    for _ in session.epochs():
        for x, y in session.batches():
            session.note(step(x, y))
        session.finish(accuracy=…)                               # logged, saved

A checkpoint is taken between two steps only, so it never holds half of one.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import Signals
from typing import Any, Self

from rich.console import Console

from wengert.cli import report
from wengert.cli.refusal import Refusal
from wengert.cli.training import picture
from wengert.cli.training.settings import Settings, write
from wengert.creation import zeros_like
from wengert.data import DataLoader
from wengert.errors import CorruptFileWarning
from wengert.train import Checkpoint, Interrupt, Logger, Mean, Progress, save

__all__ = ["Interrupted", "Session"]


class Interrupted(Exception):
    """The user wants to stop, and everything is saved."""

    def __init__(self, step: int, epoch: int, signal: Signals) -> None:
        super().__init__(f"stopped after step {step}")
        self.step, self.epoch, self.signal = step, epoch, signal


class Session:
    """A run of a program in a folder.

    out: where to print. interrupt: asked between two steps. save_every: seconds between checkpoints within an epoch.
    """

    def __init__(self, out: Console, folder: Path, settings: Settings, interrupt: Interrupt, save_every: float) -> None:
        self.folder, self.settings = folder, settings
        self._out, self._interrupt, self._save_every = out, interrupt, save_every
        self._mean = Mean()
        self._step = 0
        self._headed = False
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    # --- the loop -------------------------------------------------------------------------------------------------

    def begin(self, loader: DataLoader, **parts: Any) -> None:
        """Stand where the run in this folder stopped; `parts` and the loader are what it consists of.

        Raises `Refusal` if there are checkpoints and none of them is whole.
        """
        self._loader, self._model = loader, parts["model"]
        write(self.folder, self.settings)
        self._log = self._open.enter_context(Logger(self.folder))
        self._run = Checkpoint(self.folder, loader=loader, loss=self._mean, log=self._log, **parts)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CorruptFileWarning)
            self._step = self._run.resume()
        for warning in caught:
            report.say(self._out, str(warning.message))
        if not self._step and any(self.folder.glob("step-*")):
            raise Refusal(
                f"no checkpoint in {self.folder} is whole.",
                "What was learned is in none of its files any more; they were left as *.corrupt.",
                "Begin a new run in another folder, or remove this one.",
            )
        count = sum(p.size for p in self._model.parameters())
        report.say(self._out, f"{self.settings.program}: {count:,} parameters, seed {self.settings.seed}")
        if self._step:
            _prepare(self._model)
            report.say(
                self._out, f"Going on after step {self._step}, in epoch {self._epoch} of {self.settings.epochs}."
            )
        self._saved = self._began = time.monotonic()

    @property
    def _epoch(self) -> int:
        """The number of the epoch under way, from 1."""
        return min(self._loader.epoch + 1, self.settings.epochs)

    def epochs(self) -> Iterator[int]:
        """The epochs that remain, from 1. Raises `Interrupted` after one in which the user wanted to stop."""
        while self._loader.epoch < self.settings.epochs:
            yield self._epoch
            if self._interrupt and self._loader.epoch < self.settings.epochs:
                raise self._interrupted()

    def batches(self) -> Iterator[Any]:
        """The batches of the epoch that remain. Raises `Interrupted` after one in which the user wanted to stop."""
        label = f"epoch {self._epoch}/{self.settings.epochs}"
        self._progress = Progress(self._loader, label, leave=False)
        for batch in self._progress:
            yield batch
            if self._interrupt or time.monotonic() - self._saved >= self._save_every:
                self._save()
            if self._interrupt:
                raise self._interrupted()

    def note(self, loss: Any) -> None:
        """Count a step with its loss."""
        self._step += 1
        self._mean.update(loss)
        self._log.log(self._step, loss=loss)
        self._progress.show(loss=self._mean.compute())

    def finish(self, **values: float) -> None:
        """End an epoch, with what was measured after it."""
        epoch, shown = self._loader.epoch, {"training_loss": self._mean.compute(), **values}
        self._log.log(self._step, epoch=epoch, **shown)
        self._mean.reset()
        self._save()
        if not self._headed:
            report.say(self._out, "epoch" + "".join(f"  {name.replace('_', ' '):>15}" for name in shown))
            self._headed = True
        report.say(self._out, f"{epoch:5}" + "".join(f"  {value:15.4f}" for value in shown.values()))

    def _save(self) -> None:
        self._run.save(self._step)
        self._saved = time.monotonic()

    def _interrupted(self) -> Interrupted:
        return Interrupted(self._step, self._epoch, self._interrupt.signal or Signals.SIGINT)

    # --- the end --------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Print a text."""
        report.say(self._out, text)

    def end(self, panel: Callable[[Any], None]) -> None:
        """Write the model and the picture; `panel` draws predictions on a matplotlib (sub)figure."""
        save(self.folder / "model.safetensors", self._model.state_dict())
        picture.draw(self.folder / "picture.png", self.settings.program, self.folder / "log.csv", panel)
        report.say(self._out, f"\n{time.monotonic() - self._began:.1f} s. In {self.folder}: picture.png, log.csv,")
        report.say(self._out, "model.safetensors, checkpoints, and events for TensorBoard.")


def _prepare(model: Any) -> None:
    """Gradients of zero, as after a step.

    A compiled step that finds none makes them, which is another program, and other programs round differently. For the
    same reason the programs have their step size in a tensor: a number would be a constant of the first program.
    """
    for p in model.parameters():
        p.grad = zeros_like(p.detach())
