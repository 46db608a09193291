"""One contestant in a process of its own, which imports nothing of the others.

    python -m benchmarks.nnbench.alone MODEL OPTIMIZER WAY

Prints the most memory that the process ever had, in KiB, after some steps; MODEL is the number of a model, WAY one of
PyTorch, eager and jit.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.nnbench.models import MODELS
from benchmarks.nnbench.training import OPTIMIZERS, training

STEPS = 20


def main(number: str, optimizer: str, way: str) -> None:
    """Train, and print the peak."""
    model = MODELS[int(number)]
    x, target = model.data()
    library = importlib.import_module("torch" if way == "PyTorch" else "wengert")
    made = model.make(library.nn)
    if way == "PyTorch":
        x, target = library.tensor(x), library.tensor(target)
    else:
        made.float()
    rule, options = OPTIMIZERS[optimizer]
    step = training(
        made, getattr(library.optim, rule)(made.parameters(), **options), getattr(library.nn.functional, model.loss)
    )
    if way == "jit":
        step = library.jit(step)
    for _ in range(STEPS):
        step(x, target)
    print(peak())


def peak() -> int:
    """The most memory of this program in KiB, as Linux tells; its ru_maxrss counts in that of the parent process."""
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)


if __name__ == "__main__":
    main(*sys.argv[1:])
