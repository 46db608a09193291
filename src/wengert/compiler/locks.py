"""Locks that a forked child finds open.

Only the forking thread lives on in the child. A lock that another thread held at that moment would stay shut for ever,
so every lock made here is taken before a fork and given back after it, on both sides.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["lock"]


def lock() -> AbstractContextManager[bool]:
    """A re-entrant lock that is right after a fork; it is never given up, so make it at module level."""
    made = threading.RLock()
    if hasattr(os, "register_at_fork"):
        release = made.release
        os.register_at_fork(before=made.acquire, after_in_parent=release, after_in_child=release)
    return made
