"""The command `wengert`: differentiate a file's function, or show what the library does.

It needs click and rich (the extra `cli`), which nothing else in the library does.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

__all__ = ["main"]

_NEEDED = ("click", "rich")


def main(args: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (by default the process's own). Exits; returns 2 if it cannot be run."""
    try:
        commands = importlib.import_module("wengert.cli.commands")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _NEEDED:
            raise
        print(f"Error: the command needs {error.name}. Run: pip install 'wengert[cli]'", file=sys.stderr)
        return 2
    return int(commands.wengert.main(args=args, prog_name="wengert") or 0)
