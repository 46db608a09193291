"""The page of examples: ``python -m tests.examples.page [NAME ...]`` runs them all, or those, and writes it."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

__all__ = ["EXAMPLES", "FILE", "FOLDER", "PICTURES", "Ran", "drawn", "run", "title"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples"
FILE = ROOT / "docs" / "examples.md"
PICTURES = ROOT / "docs" / "examples"

EXAMPLES = (
    "linear_regression newton_rosenbrock derivatives sine_mlp spiral digits_mlp digits_cnn sine_lstm "
    "breast_cancer vae burgers neural_ode hamiltonian"
).split()

HEAD = """\
# Examples

Written by `python -m tests.examples.page`, which runs the examples; do not edit.

Each is one file that can be read from top to bottom, and run: `.venv/bin/python examples/spiral.py`. They need
`pip install '.[jit,data]'`. A function `picture(axes)` at the end of a file draws its picture below. The numbers are
what a virtual machine with two cores printed, NumPy's BLAS held to one thread (`OPENBLAS_NUM_THREADS=1`, which pays for
matrices as small as these); the seconds are those of the whole run, compiling included. `tests/examples` runs every one
and checks its result.

| example | what it shows | result | seconds |
|---|---|---|--:|
"""


class Ran(NamedTuple):
    """An example that was run: its names, what it printed, and how long it took in seconds."""

    names: dict[str, Any]
    output: str
    seconds: float


def run(name: str) -> Ran:
    """Run an example, with one thread for matrix products: two would wait for each other where others compute too."""
    printed, start = io.StringIO(), time.perf_counter()
    with contextlib.redirect_stdout(printed), threadpool_limits(1):
        names = runpy.run_path(str(FOLDER / f"{name}.py"))
    return Ran(names, printed.getvalue(), time.perf_counter() - start)


def title(name: str) -> str:
    """The first line of an example's docstring."""
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()[0].strip('"').rstrip(".")


def drawn(names: dict[str, Any]) -> bytes:
    """The picture of an example that was run, as a PNG file."""
    style: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    with rc_context(style), io.BytesIO() as file:
        figure = Figure((4.6, 3.2), layout="constrained")
        names["picture"](figure.subplots())
        figure.savefig(file, dpi=100, metadata={"Software": None})
        return file.getvalue()


def row(name: str, ran: Ran) -> str:
    """The line of the table."""
    result = ran.output.splitlines()[-1]
    return f"| [{name}](../examples/{name}.py) | {title(name)} | {result} | {ran.seconds:.1f} |\n"


def written(text: str) -> dict[str, str]:
    """The lines of the table on a page, by example."""
    return {found[1]: found[0] for found in re.finditer(r"^\| \[(\w+)\].*\n", text, re.MULTILINE)}


def write(names: Sequence[str]) -> None:
    """Run these examples, and write the page with what is known of the others."""
    rows = written(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    PICTURES.mkdir(exist_ok=True)
    for name in names:
        ran = run(name)
        rows[name] = row(name, ran)
        print(rows[name], end="")
        if "picture" in ran.names:
            (PICTURES / f"{name}.png").write_bytes(drawn(ran.names))
    shown = [name for name in EXAMPLES if (PICTURES / f"{name}.png").exists()]
    pictures = [f"\n## {name}\n\n{title(name)}.\n\n![{name}](examples/{name}.png)\n" for name in shown]
    FILE.write_text(HEAD + "".join(rows[name] for name in EXAMPLES if name in rows) + "".join(pictures), "utf-8")


if __name__ == "__main__":
    write(sys.argv[1:] or EXAMPLES)
