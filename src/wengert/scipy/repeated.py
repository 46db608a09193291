"""A function that a solver calls over and over: recorded once, then replayed on numbers.

The right sides of sensitivity and adjoint equations are transforms of what a user wrote, `vjp` in `vmap`, say, and what
transforms do in Python is most of their time. None of it depends on the numbers, unless the user's function decides by
them; then it is called each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.compiler.interpret import Interpreted
from wengert.core.apply import capturing
from wengert.ops.spelling import lift
from wengert.transforms.bodies import Closure

__all__ = ["Repeated"]

Function = Callable[..., Any]


class Repeated:
    """A function of arrays with one result, which is recorded when it is first bound; it may close over boxes.

    It must do the same for all numbers: what it reads from elsewhere is read while it is recorded.
    """

    def __init__(self, f: Function) -> None:
        self.f = f
        self._boxes: list[Any] = []
        self._program: Interpreted | None = None
        self._tried = False

    def bound(self, *samples: Any) -> Function:
        """The function for arguments like these, and for the numbers that the boxes stand for now."""
        if not self._tried:
            self._tried = True
            self._record(samples)
        if self._program is None:
            return self.f
        run, numbers = self._program.values, [_number(x) for x in self._boxes]
        return lambda *args: run(*numbers, *args)[0]

    def _record(self, samples: Any) -> None:
        closure = Closure()
        try:
            body = closure.record(lambda *args: (lift(self.f(*args)),), samples)
        except Exception:  # whatever it is: to call the function tells, if it is more than a decision by numbers
            return
        self._boxes = closure.boxes
        self._program = Interpreted(closure.graph(body))


def _number(box: Any) -> Any:
    """What a box stands for, as whoever sees the operands of ops has it (`opaque.Closed`)."""
    capture = capturing()
    shown = capture([box]) if capture is not None else None
    return np.asarray(box if shown is None else shown[0])[()]
