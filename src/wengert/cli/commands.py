"""The commands, by click."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

import wengert as library
from wengert.cli import report
from wengert.cli.demo import show
from wengert.cli.derivatives import Comparison, compare
from wengert.cli.refusal import Refusal, in_file
from wengert.cli.source import load
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


@wengert.command()
@click.option("--seed", default=0, show_default=True, help="Of the network's weights and the order of its examples.")
def demo(seed: int) -> None:
    """Differentiate a file, train a network on handwritten digits, minimise with an exact Hessian."""
    show(report.console(), differentiated, seed)
