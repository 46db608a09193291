"""Training steps against PyTorch: eager and compiled, time and memory, with the bars to be met.

    scripts/bench nn                        the whole table, one thread
    scripts/bench nn LSTM "28x28"           the models whose name contains one of these
    scripts/bench nn --threads 2            with two threads, PyTorch's and ours

A step clears the gradients, runs the model and the loss, goes backward and updates all parameters. Every contestant is
the same text over the same parameters, in float32; PyTorch runs as its users run it, eagerly. Losses and parameters
are compared before anything is timed. They take turns in one process; medians. Memory is what a step adds at its peak
(`nnbench.memory` says how it is counted), and the peak of a process that only trains this model.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import torch

import wengert as wg
from benchmarks._timing import ratio
from benchmarks.jitbench.measure import medians
from benchmarks.nnbench.memory import process_bytes, step_bytes
from benchmarks.nnbench.models import MODELS, Model
from benchmarks.nnbench.steps import agree, contestants
from benchmarks.nnbench.training import OPTIMIZERS

NAME_WIDTH = 44
# Libraries read these when they are loaded, so a run is a process of its own.
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "WENGERT_THREADS")
QUIET = {"KINETO_LOG_LEVEL": "99"}  # PyTorch's profiler otherwise says when it starts
WAYS = ("PyTorch", "eager", "jit")


def head() -> str:
    """The line above the table."""
    columns = "".join(f"{way:>10}" for way in WAYS) + f"{'eager':>13}{'jit':>13}"
    memory = "".join(f"{way:>9}" for way in WAYS)
    return f"{'':{NAME_WIDTH}}{columns}  |{memory}  |{memory}"


def against(found: float, bar: float | None) -> str:
    """A ratio, with its bar and whether it misses it."""
    if bar is None:
        return f"{found:.2f}"
    return f"{found:.2f} {'≤' if found <= bar else '>'} {bar:.2f}"


def measure(model: Model, optimizer: str, budget: float) -> tuple[str, list[bool]]:
    """The line of a model, and whether it meets each of its bars."""
    found = contestants(model, optimizer)
    agree(found, optimizer)
    times = medians({name: each.step for name, each in found.items()}, budget, at_least=15)
    bars = {"eager": model.eager, "jit": model.compiled}
    ratios = {way: ratio(times, way, "PyTorch") for way in bars}
    bytes_ = {name: step_bytes(name, each) for name, each in found.items()}
    whole = {name: process_bytes(model, optimizer, name) for name in found}
    cells = "".join(f"{1e6 * times[way]:>10.0f}" for way in WAYS)
    cells += "".join(f"{against(ratios[way], bar):>13}" for way, bar in bars.items())
    cells += "  |" + "".join(f"{bytes_[way] / 2**10:>9.0f}" for way in WAYS)
    cells += "  |" + "".join(f"{whole[way] / 2**20:>9.0f}" for way in WAYS)
    met = [ratios[way] <= bar for way, bar in bars.items() if bar is not None]
    met += [found[way] <= found["PyTorch"] for found in (bytes_, whole) for way in bars]
    return f"{model.name + ', ' + optimizer:{NAME_WIDTH}}{cells}", met


def run(names: list[str], budget: float, threads: int) -> int:
    """Measure here; the number of bars that are missed."""
    torch.set_num_threads(threads)
    wg.config.threads = threads
    print(f"Threads: {threads}. µs per step; ratios to PyTorch with bars | KiB of a step | MiB of a process")
    print(head())
    verdicts: list[bool] = []
    for model in MODELS:
        if not names or any(name.lower() in model.name.lower() for name in names):
            for optimizer in OPTIMIZERS:
                text, met = measure(model, optimizer, budget)
                print(text, flush=True)
                verdicts += met
    print(f"{sum(verdicts)} bars met, {len(verdicts) - sum(verdicts)} missed")
    return len(verdicts) - sum(verdicts)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench nn", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of the names of models")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch, of wengert and of the matrix products")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each line")
    options = parser.parse_args()
    pools = dict.fromkeys(POOLS, str(options.threads)) | QUIET
    if any(os.environ.get(name) != value for name, value in pools.items()):
        command = [sys.executable, "-m", "benchmarks.nn", *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, **pools}, check=False).returncode
    run(options.names, options.seconds, options.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
