"""Whether it is the user's code that is running, or a rule of the rule book."""

from __future__ import annotations

import os
import sys
from types import FrameType

from wengert.errors import user_frame

__all__ = ["in_a_rule"]

# The functions that rules are called from: a sweep, and the forward rule of an op.
_CALLERS = frozenset({("sweep.py", "_walk"), ("op.py", "jvp")})


def in_a_rule() -> bool:
    """Whether a rule is running: what it computes on the way is part of a derivative, and no step of the user's."""
    frame: FrameType | None = sys._getframe(1)
    end = user_frame()
    while frame is not None and frame is not end:
        code = frame.f_code
        if (os.path.basename(code.co_filename), code.co_name) in _CALLERS:
            return True
        frame = frame.f_back
    return False
