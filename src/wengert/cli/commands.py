"""The commands, by click."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

import wengert as library
from wengert.cli import report
from wengert.cli.compared import compared, print_compared
from wengert.cli.demo import show
from wengert.cli.derivatives import Comparison, compare
from wengert.cli.explained import explained, print_explanation, write_page
from wengert.cli.refusal import Refusal, in_file
from wengert.cli.source import load
from wengert.cli.training import PROGRAMS, start
from wengert.cli.values import arguments
from wengert.errors import WengertError

__all__ = ["wengert"]


class _ManyValues(click.Command):
    """A command whose ``--at 2 -5 x=3`` takes everything up to the next option, negative numbers included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spell ``--at 2 5`` as ``--at=2 --at=5``, which click understands."""
        spelled: list[str] = []
        taking = False
        for arg in args:
            if arg.startswith("--"):
                taking = arg == "--at"
                if taking:
                    continue
            spelled.append(f"--at={arg}" if taking else arg)
        return super().parse_args(ctx, spelled)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(library.__version__, prog_name="wengert", message="%(prog)s %(version)s")
def wengert() -> None:
    """Derivatives of ordinary NumPy code."""


EXAMPLES = """\b
Examples:
  wengert grad model.py:energy --at 2 5
  wengert grad model.py:energy --at x=2 'y=[1,2,3]'
  wengert grad model.py:energy --at x=data.npy
"""


@wengert.command(cls=_ManyValues, epilog=EXAMPLES)
@click.argument("target", metavar="FILE:FUNCTION")
@click.option("--at", "values", multiple=True, metavar="VALUE...", help="Where: 2 5, or x=2 y=[1,2,3], or x=data.npy.")
def grad(target: str, values: Sequence[str]) -> None:
    """Differentiate a function of a NumPy file by reverse and forward accumulation and by central differences.

    Numbers and nested lists of numbers are read, written without blanks; an .npz file gives every array by its name.
    All of them are differentiated. A vector-valued function gets its Jacobian.
    """
    report.print_comparison(report.console(), target, differentiated(target, values))


def differentiated(target: str, values: Sequence[str]) -> Comparison:
    """The comparison of a target's derivatives at values given as text. Raises `Refusal`."""
    path, name, function = load(target)
    given = arguments(function, values)
    try:
        return compare(function, given)
    except (Exception, SystemExit) as error:
        what = f"{type(error).__name__}: {error}" if isinstance(error, WengertError) else in_file(error, path)
        raise Refusal(f"{os.path.basename(path)}:{name} cannot be differentiated here. {what}") from error


EXPLAIN_EXAMPLES = """\b
Examples:
  wengert explain "x1*x2 + sin(x1)" --at x1=2 x2=3
  wengert explain "log(x1) + x1*x2 - sin(x2)" --at 2 5 --as latex
  wengert explain model.py:energy --at x=2 'y=[1,2,3]' --wrt x
  wengert explain "x1*x2 + sin(x1)" --at 2 3 --html page.html --open
"""


@wengert.command(cls=_ManyValues, epilog=EXPLAIN_EXAMPLES)
@click.argument("target", metavar="FILE:FUNCTION|EXPRESSION")
@click.option("--at", "values", multiple=True, metavar="VALUE...", help="Where: 2 5, or x=2 y=[1,2,3], or x=data.npy.")
@click.option("--wrt", multiple=True, metavar="NAME", help="Differentiate this argument only; may be given again.")
@click.option("--as", "form", type=click.Choice(["text", "latex", "mermaid", "dot"]), default="text", show_default=True)
@click.option("--depth", type=click.IntRange(1), help="Show blocks, telling so many levels of functions apart.")
@click.option("--html", type=click.Path(dir_okay=False), help="Write a page to walk through, instead of printing.")
@click.option("--open", "show", is_flag=True, help="Show that page in a browser; without --html, a temporary one.")
def explain(
    target: str, values: Sequence[str], wrt: Sequence[str], form: str, depth: int | None, html: str | None, show: bool
) -> None:
    """Show how a value and its derivatives come about: the forward trace and the reverse trace, step by step.

    An expression holds numbers, variables, + - * / ** and NumPy's functions; it is parsed, never run as Python code.
    """
    e = explained(target, values, wrt)
    if html is not None or show:
        report.say(report.console(), f"Wrote {write_page(e, html, show)}")
    elif form == "text":
        print_explanation(report.console(), e, depth)
    else:
        report.say(report.console(), getattr(e, form).rstrip("\n"))


COMPARE_EXAMPLES = """\b
Examples:
  wengert compare model.py:energy --at x=2 'y=[1,2,3]'
  wengert compare model.py:energy --at x=data.npy --no-times
"""


@wengert.command("compare", cls=_ManyValues, epilog=COMPARE_EXAMPLES)
@click.argument("target", metavar="FILE:FUNCTION")
@click.option("--at", "values", multiple=True, metavar="VALUE...", help="Where: 2 5, or x=2 y=[1,2,3], or x=data.npy.")
@click.option("--times/--no-times", default=True, show_default=True, help="Measure time and memory.")
def compare_ways(target: str, values: Sequence[str], times: bool) -> None:
    """Differentiate a function in every way there is, and say which wins.

    The ways are differences, the complex step, SymPy, forward and reverse accumulation, and compiled code.
    """
    print_compared(report.console(), target, compared(target, values, times))


@wengert.command()
@click.option("--seed", default=0, show_default=True, help="Of the network's weights and the order of its examples.")
def demo(seed: int) -> None:
    """Differentiate a file, train a network on handwritten digits, minimise with an exact Hessian."""
    show(report.console(), differentiated, seed)


PROGRAM_LIST = "\n".join(["\b", "Programs:", *[f"  {name:17} {what}" for name, what in PROGRAMS.items()]])


@wengert.command(epilog=PROGRAM_LIST)
@click.argument("name")
@click.option("--out", "folder", type=click.Path(), metavar="DIR", help="Folder of the run.  [default: runs/NAME]")
@click.option("--resume", is_flag=True, help="Go on with the run in that folder, as if it had never stopped.")
@click.option(
    "--epochs", type=click.IntRange(1), help="How often to go through the data; each program has its default."
)
@click.option("--seed", type=click.IntRange(0), help="Decides everything random.  [default: 0]")
@click.option("--file", metavar="TEXT", help="A text to learn, in UTF-8.  [default: a part of Python's documentation]")
@click.option("--save-every", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS",
              help="A checkpoint is written so often, and after every epoch.")  # fmt: skip
def train(
    name: str,
    folder: str | None,
    resume: bool,
    epochs: int | None,
    seed: int | None,
    file: str | None,
    save_every: float,
) -> None:
    """Train a model, show how it goes, and draw a picture of the losses and of what it predicts.

    Ctrl-C stops after the step that is under way. After that, or after a crash, --resume goes on bit by bit.
    """
    start(
        report.console(), name, folder, resume=resume, epochs=epochs, seed=seed, file=file, save_every=save_every
    )  # fmt: skip
