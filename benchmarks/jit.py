"""The compiler against JAX, PyTorch, Numba, CasADi, NumPy and hand-written C, row by row, with the bars to be met.

    scripts/bench jit                       the whole table
    scripts/bench jit gmm "Rosenbrock"      the rows whose group or name contains one of these
    scripts/bench jit --held-out            other shapes and functions of the same kinds
    scripts/bench jit --quick               shorter: no torch.compile, no row marked slow, fewer repeats

One thread, pinned to one core; a process per group, in which the contestants of a row take turns; medians. Results
are compared before anything is timed. A gradient that a human derived (C, Numba's loops, NumPy's) is shown, and
has to agree, but the bar of the Python-level peers is about those that derive it themselves; such a time is marked *.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import wengert as wg
from benchmarks.jitbench import peers
from benchmarks.jitbench.measure import difference, leaves, medians
from benchmarks.jitbench.starting import Once
from benchmarks.jitbench.work import Run, Work

GROUPS = ("calls", "sums", "gmm", "bundle", "lstm", "timeloops", "matrices", "learning", "starting")
HELD_OUT = ("broadcasts", "smallbatches", "signals", "models")
COLUMNS = ("wengert", "jax", "torch", "numba", "casadi", "numpy", "c")
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "WENGERT_THREADS": "1",
}
NAME_WIDTH = 46


def identity(f: Any) -> Any:
    """Stands in for wg.jit where there is none: the eager tape."""
    return f


def shown(time: float | None, mark: str = "") -> str:
    """A time in µs or ms, in nine characters."""
    if time is None:
        return f"{'-':>10}"
    scale, unit = (1e9, "ns") if time < 1e-6 else (1e6, "µs") if time < 1e-3 else (1e3, "ms") if time < 1 else (1, "s")
    return f"{time * scale:>6.4g}{unit}{mark:1}".rjust(10)


def head() -> str:
    return f"{'':{NAME_WIDTH}}" + "".join(f"{c:>10}" for c in COLUMNS) + f"{'÷peer (bar)':>16}{'÷C (bar)':>14}"


# --- one row ----------------------------------------------------------------------------------------------


def measure(work: Work, quick: bool) -> str:
    """The line of a row."""
    if quick and work.slow:
        return f"{work.name:{NAME_WIDTH}}  left out by --quick"
    args = work.args()
    runs: dict[str, Run] = {}
    notes = []
    expected = None
    for name, builder in work.builders(getattr(wg, "jit", identity)).items():
        try:
            run = builder(*args)
            found = leaves(run())
        except peers.Missing as missing:
            if name == "wengert":
                return f"{work.name:{NAME_WIDTH}}  left out: {missing}"
            notes.append(str(missing))
            continue
        except Exception as error:  # of ours or a peer's: said in the table, and the next row goes on
            what = f"{name} FAILED: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
            if name == "wengert":
                return f"{work.name:{NAME_WIDTH}}  {what}"
            notes.append(what)
            continue
        expected = found if expected is None else expected
        gap = difference(found, expected)
        if gap > work.tolerance:
            notes.append(f"{name} DISAGREES by {gap:.1e}")
            continue
        if name == "torch":
            notes.append(f"torch: {run.way}")  # type: ignore[attr-defined]
        runs[name] = called_from_python(run) if work.called and name == "c" else run
    times = medians(runs, budget=0.3 if quick else 3.0)
    return line(work, times, notes)


def called_from_python(run: Run) -> Run:
    """The run without its own way to repeat."""
    return lambda: run()


def line(work: Work, times: dict[str, float], notes: list[str]) -> str:
    """Times, ratios and the verdict."""
    ours = times["wengert"]
    derived = {n: t for n, t in times.items() if n not in ("wengert", "c") and n not in work.by_hand}
    if work.against:
        derived = {n: t for n, t in derived.items() if n == work.against}
    verdicts = []
    cells = [shown(times.get(c), "*" if c in work.by_hand else "") for c in COLUMNS]
    peer = against_bar(ours, min(derived.values(), default=None), work.bar, verdicts)
    hand = against_bar(ours, times.get("c"), work.c_bar, verdicts)
    if work.at_most is not None:
        verdicts.append(ours <= work.at_most)
        notes.append(f"at most {shown(work.at_most).strip()}")
    return f"{work.name:{NAME_WIDTH}}{''.join(cells)}{peer:>16}{hand:>14}  {verdict(verdicts)}{remark(notes)}"


def against_bar(ours: float, other: float | None, bar: float | None, verdicts: list[bool]) -> str:
    """A ratio and its bar."""
    if other is None:
        return "-"
    ratio = ours / other
    if bar is None:
        return f"{ratio:.2f}"
    verdicts.append(ratio <= bar)
    return f"{ratio:.2f} ({bar:.2g})"


def verdict(verdicts: Iterable[bool]) -> str:
    found = list(verdicts)
    return ("met" if all(found) else "MISSED") if found else "no bar"


def remark(notes: list[str]) -> str:
    return f"  [{'; '.join(dict.fromkeys(notes))}]" if notes else ""


def measure_once(work: Once, quick: bool) -> str:
    """The line of a row of waiting."""
    times, notes = work.measure(quick)
    cells = "".join(shown(times.get(c)) for c in COLUMNS)
    found = verdict([times["wengert"] <= work.at_most] if "wengert" in times else [])
    notes.append(f"at most {shown(work.at_most).strip()}")
    return f"{work.name:{NAME_WIDTH}}{cells}{'':30}  {found}{remark(notes)}"


# --- groups -----------------------------------------------------------------------------------------------


def chosen(group: str, names: list[str]) -> list[Work | Once]:
    """The rows of a group that one of the names means; all if there is no name."""
    works = importlib.import_module(f"benchmarks.jitbench.{group}").WORKS
    wanted = [n.lower() for n in names]
    return [w for w in works if not names or group in wanted or any(n in w.name.lower() for n in wanted)]


def run_group(group: str, names: list[str], quick: bool) -> None:
    """Measure here."""
    if hasattr(os, "sched_setaffinity"):  # libraries make as many workers as there are cores: on one core, one
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for work in chosen(group, names):
        print(measure_once(work, quick) if isinstance(work, Once) else measure(work, quick), flush=True)


def run_apart(group: str, arguments: list[str], quick: bool) -> list[str]:
    """Measure in a process of its own, and give its lines; they are printed as they come."""
    environment = {**os.environ, **ONE_THREAD} | ({peers.QUICK: "1"} if quick else {})
    command = [sys.executable, "-m", "benchmarks.jit", "--here", group, *arguments]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        for text in child.stdout or ():
            print(text, end="", flush=True)
            lines.append(text)
    if child.returncode:
        lines.append(f"{group} DIED with status {child.returncode}\n")
        print(lines[-1], end="", flush=True)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench jit", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="groups, or parts of the names of rows")
    parser.add_argument("--quick", action="store_true", help="no torch.compile, no slow rows, fewer repeats")
    parser.add_argument("--held-out", action="store_true", help="other work of the same kinds")
    parser.add_argument("--here", metavar="GROUP", help="measure one group in this process")
    options = parser.parse_args()
    if options.here:
        run_group(options.here, options.names, options.quick)
        return 0
    if not hasattr(wg, "jit"):
        print("wg.jit does not exist: the column wengert is the eager tape.")
    print(head())
    arguments = [*options.names, *(["--quick"] if options.quick else [])]
    lines: list[str] = []
    for group in HELD_OUT if options.held_out else GROUPS:
        if chosen(group, options.names):
            lines += run_apart(group, arguments, options.quick)
    met, missed = (sum(f"  {word}" in text for text in lines) for word in ("met", "MISSED"))
    print(f"{met} met, {missed} missed. * derived by hand")
    return int(any(bad in text for text in lines for bad in ("DISAGREES", "DIED", "FAILED")))


if __name__ == "__main__":
    sys.exit(main())
