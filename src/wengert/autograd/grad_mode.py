"""Whether the tape records: no_grad, enable_grad, set_grad_enabled, inference_mode.

Each is a context manager and a decorator. A tape born before `mode.floor` is at rest, so `no_grad` raises the floor
to now: what is inside a transform that is called within still records.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from typing import Any, Self

from wengert.core.apply import fresh
from wengert.interpreters.tape import mode

__all__ = [
    "Setting",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]

Function = Callable[..., Any]


def is_grad_enabled() -> bool:
    """Whether ops on tensors are recorded in this thread now."""
    return mode.floor == 0


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return mode.inference


class Setting:
    """A setting of this thread, for a ``with`` block or for every call of a decorated function."""

    def __init__(self) -> None:
        self._before: list[Any] = []

    def enter(self) -> Any:
        """Change the setting; returns what `leave` needs to take it back."""
        raise NotImplementedError

    def leave(self, before: Any) -> None:
        """Take the change back."""
        raise NotImplementedError

    def again(self) -> Setting:
        """Another one like this, for one call of a decorated function."""
        return type(self)()

    def __enter__(self) -> Self:
        self._before.append(self.enter())
        return self

    def __exit__(self, *exc: object) -> None:
        self.leave(self._before.pop())

    def __call__(self, function: Any) -> Any:
        """Decorate a function, or a generator function, whose code between two yields then runs inside."""
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                return _resumed_inside(self.again, function(*args, **kwargs))

            return generator

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.again():
                return function(*args, **kwargs)

        return wrapped


def _resumed_inside(setting: Callable[[], Setting], body: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a generator so that its own code sees the setting and its consumer's does not."""
    resume: Callable[[], Any] = lambda: next(body)
    while True:
        try:
            with setting():
                item = resume()
        except StopIteration as stop:
            return stop.value
        try:
            sent = yield item
        except GeneratorExit:
            with setting():
                body.close()
            raise
        except BaseException as error:
            resume = functools.partial(body.throw, error)
        else:
            resume = functools.partial(body.send, sent)


class _Floor(Setting):
    """A setting of the floor."""

    def leave(self, before: Any) -> None:
        """Put the floor back."""
        mode.floor = before


class no_grad(_Floor):  # noqa: N801 - PyTorch's name
    """Record nothing: for evaluation, and for updates of parameters.

    >>> import wengert as wg
    >>> w = wg.ones(2, requires_grad=True)
    >>> with wg.no_grad():
    ...     w -= 0.5
    >>> w
    tensor([0.5, 0.5], requires_grad=True)
    >>> @wg.no_grad()
    ... def evaluate(x):
    ...     return x * w
    >>> evaluate(w).requires_grad
    False
    """

    def __new__(cls, function: Any = None) -> Any:
        """``@no_grad`` without parentheses decorates as well."""
        setting = super().__new__(cls)
        if function is None:
            return setting
        setting.__init__()  # type: ignore[misc]
        return setting(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__()

    def enter(self) -> Any:
        """Put every tape that exists to rest."""
        before, mode.floor = mode.floor, fresh()
        return before


class enable_grad(_Floor):  # noqa: N801
    """Record again, inside `no_grad`.

    >>> import wengert as wg
    >>> x = wg.ones(2, requires_grad=True)
    >>> with wg.no_grad(), wg.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    def enter(self) -> Any:
        """Let every tape record."""
        before, mode.floor = mode.floor, 0
        return before


class set_grad_enabled(_Floor):  # noqa: N801
    """Record or not, as `enabled` says: at once when called, until the end of the block when used with ``with``.

    >>> import wengert as wg
    >>> x = wg.ones(2, requires_grad=True)
    >>> with wg.set_grad_enabled(False):
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self, enabled: bool) -> None:
        super().__init__()
        self.enabled = enabled
        self._outer: Any = mode.floor
        mode.floor = 0 if enabled else fresh()

    def enter(self) -> Any:
        """The change was made when the setting was; see to it that it is so."""
        mode.floor = 0 if self.enabled else fresh()
        return self._outer

    def again(self) -> Setting:
        """The same setting for one call."""
        return set_grad_enabled(self.enabled)

    def __call__(self, function: Any) -> Any:
        """Decorate a function; the setting is for its calls only, so what was changed at once is taken back."""
        mode.floor = self._outer
        return super().__call__(function)


class inference_mode(Setting):  # noqa: N801
    """Like `no_grad`, and `is_inference_mode_enabled` says so; with ``mode=False`` records again.

    Tensors made inside are ordinary constants. (PyTorch forbids their later use in a recorded computation, because it
    keeps no versions of them; here values are never changed in place, so there is nothing to forbid.)
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode

    def enter(self) -> Any:
        """Put the tapes to rest, or let them record."""
        before = mode.floor, mode.inference
        mode.floor, mode.inference = (fresh(), True) if self.mode else (0, False)
        return before

    def leave(self, before: Any) -> None:
        """Put floor and flag back."""
        mode.floor, mode.inference = before

    def again(self) -> Setting:
        """The same setting for one call."""
        return inference_mode(self.mode)
