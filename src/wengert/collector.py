"""Python's garbage collector, told to wait: a large graph is many objects and no garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["waiting"]


@contextmanager
def waiting() -> Iterator[None]:
    """No collections inside: going through all equations again and again takes longer than the work on them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
