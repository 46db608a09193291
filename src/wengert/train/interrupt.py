"""Interrupt: Ctrl-C is answered where the loop asks for it, between two steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["Interrupt"]


class Interrupt:
    """While the block runs, Ctrl-C and SIGTERM only make this object true; a second Ctrl-C stops at once.

    So no step is left half done: the loop looks at the object between two steps, saves, and leaves. Raises
    `InvalidArgument` outside of the main thread, which alone receives signals.

    >>> import signal
    >>> with Interrupt() as interrupt:
    ...     for step in range(100):
    ...         if step == 3:
    ...             signal.raise_signal(signal.SIGINT)      # Ctrl-C
    ...         if interrupt:
    ...             break
    >>> step, interrupt.signal
    (3, <Signals.SIGINT: 2>)
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __bool__(self) -> bool:
        return self.signal is not None

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            raise InvalidArgument(
                explain(
                    f"train.Interrupt was entered at {user_line()} in a thread.",
                    "Python tells the main thread alone of signals.",
                    "Enter it in the main thread, and hand the object to the one that trains.",
                )
            )
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._noted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            # None is a handler that was not set from Python, and cannot be set again from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _noted(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)
