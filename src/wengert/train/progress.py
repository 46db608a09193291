"""Progress: how far a loop has come, how fast it is, and the values it shows."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

import numpy as np

from wengert import tree

__all__ = ["Progress"]

_QUIET = 30.0  # seconds between lines where no bar can be drawn


class Progress:
    """Iterates over batches, and shows a bar with throughput, remaining time and the values given to `show`.

    In a terminal a bar is drawn by rich, if that is installed. Elsewhere, as in a file or a notebook's log, a line is
    written at the end, and every half minute.

    iterable: of batches; samples are counted by the length of the first array of a batch. total: how many batches, by
    default the length of the iterable if it has one. leave: let the bar, or its last line, stand when all is done.
    file: where to write, by default stderr. clock: seconds.

    >>> import sys, numpy as np
    >>> ticks = iter(np.arange(0.0, 10.0, 0.5))
    >>> bar = Progress([np.zeros(4), np.zeros(4)], "epoch 1", file=sys.stdout, clock=lambda: next(ticks))
    >>> for batch in bar:
    ...     bar.show(loss=0.5)
    epoch 1: 2/2, loss 0.5, 5.3 samples/s, 1.5 s
    """

    def __init__(
        self,
        iterable: Iterable[Any],
        label: str = "",
        total: int | None = None,
        *,
        leave: bool = True,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._iterable, self._label, self._leave = iterable, label, leave
        self._file = sys.stderr if file is None else file
        self._clock = clock
        self._total = _length(iterable) if total is None else total
        self._values: dict[str, float] = {}
        self._first = self._done = self._samples = 0
        self._counted = True
        self._began = 0.0

    def show(self, **values: Any) -> None:
        """Show these values, numbers or tensors of one, from now on."""
        self._values |= {name: float(x.item() if hasattr(x, "item") else x) for name, x in values.items()}

    def __iter__(self) -> Iterator[Any]:
        self._first = self._done = getattr(self._iterable, "resumes_at", 0)  # of a loader that was resumed
        self._samples = 0
        self._began = self._clock()
        drawn = _bar() if self._file.isatty() else None
        view = _Lines(self) if drawn is None else _Bar(self, drawn, self._file)
        try:
            for batch in self._iterable:
                size = _size(batch)
                yield batch
                self._done += 1
                self._samples += size or 0
                self._counted = self._counted and size is not None
                view.update()
        finally:
            view.close()

    # --- what is said -------------------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What the loop is called."""
        return self._label

    @property
    def total(self) -> int | None:
        """Batches in all, if that is known."""
        return self._total

    @property
    def leave(self) -> bool:
        """Whether something is to be seen when all is done."""
        return self._leave

    @property
    def done(self) -> int:
        """Batches so far."""
        return self._done

    def now(self) -> float:
        """Seconds since the loop began."""
        return self._clock() - self._began

    def details(self, seconds: float) -> str:
        """Values and throughput."""
        rate = (self._samples if self._counted else self._done - self._first) / seconds if seconds else 0.0
        shown = [f"{name} {x:.4g}" for name, x in self._values.items()]
        unit = "samples/s" if self._counted else "batches/s"
        return ", ".join([*shown, f"{rate:,.0f} {unit}" if rate >= 10 else f"{rate:.2g} {unit}"])

    def write(self, text: str) -> None:
        """Write a line."""
        print(text, file=self._file, flush=True)


class _Lines:
    """A line at the end, and now and then."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._next, self._seconds = progress, _QUIET, 0.0

    def update(self) -> None:
        self._seconds = self._progress.now()
        if self._seconds >= self._next:
            self._write()
            self._next = self._seconds + _QUIET

    def _write(self) -> None:
        p = self._progress
        of = "" if p.total is None else f"/{p.total}"
        name = f"{p.label}: " if p.label else ""
        p.write(f"{name}{p.done}{of}, {p.details(self._seconds)}, {self._seconds:.1f} s")

    def close(self) -> None:
        self._seconds = self._progress.now()
        if self._progress.leave:
            self._write()


class _Bar:
    """A bar that rich draws."""

    def __init__(self, progress: Progress, rich: Any, file: TextIO) -> None:
        self._progress = progress
        columns = [
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TextColumn("{task.fields[details]}"),
            rich.TimeRemainingColumn(elapsed_when_finished=True),
        ]
        console = importlib.import_module("rich.console").Console(file=file)
        self._drawn = rich.Progress(*columns, console=console, transient=not progress.leave)
        self._task = self._drawn.add_task(progress.label or "progress", total=progress.total, details="")
        self._drawn.start()

    def update(self) -> None:
        p = self._progress
        self._drawn.update(self._task, completed=p.done, details=p.details(p.now()))

    def close(self) -> None:
        self._drawn.stop()


def _bar() -> Any:
    """The module that draws bars; None where it is not installed, and lines have to do."""
    try:
        return importlib.import_module("rich.progress")
    except ImportError:
        return None


def _length(iterable: Any) -> int | None:
    """How many there are, if that is known; a loader of a stream has a length only if its dataset has."""
    try:
        return len(iterable)
    except TypeError:
        return None


def _size(batch: Any) -> int | None:
    """The number of samples in a batch: the length of its first array."""
    for leaf in tree.leaves(batch):
        if isinstance(getattr(leaf, "shape", None), tuple):
            return int(np.shape(leaf)[0]) if np.ndim(leaf) else None
    return None
