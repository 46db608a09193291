"""Hooks of optimisers: functions that are called before and after steps, and before and after saving and loading."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tape import Handle, Hooks

__all__ = ["Hooked"]

Hook = Callable[..., Any]


class Hooked:
    """The base of what has hooks. The `step` of every subclass is surrounded by those of steps."""

    step: ClassVar[Callable[..., Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in cls.__dict__:
            cls.step = _surrounded(cls.__dict__["step"])

    def register_step_pre_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` before each step.

        What it returns, if not None, are the arguments of the step, ``(args, kwargs)``. As in PyTorch the optimiser is
        itself the first of them.
        """
        return Handle(self._hooks("step_pre"), hook)

    def register_step_post_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return Handle(self._hooks("step_post"), hook)

    def register_state_dict_pre_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer)`` before each `state_dict`."""
        return Handle(self._hooks("save_pre"), hook)

    def register_state_dict_post_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer, state_dict)`` after each `state_dict`; what it returns, if not None, is the state."""
        return Handle(self._hooks("save_post"), hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer, state_dict)`` before each `load_state_dict`; what it returns, if not None, is loaded.

        The hook gets a copy of the dict, into which it may write.
        """
        return Handle(self._hooks("load_pre"), hook)

    def register_load_state_dict_post_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer)`` after each `load_state_dict`."""
        return Handle(self._hooks("load_post"), hook)

    def _hooks(self, kind: str) -> Hooks:
        found: Hooks = self.__dict__.setdefault("_hooks_of", {}).setdefault(kind, Hooks())
        return found

    def _registered(self, kind: str) -> list[Hook]:
        return list(self.__dict__.get("_hooks_of", {}).get(kind, {}).values())

    def _tell(self, kind: str, *args: Any) -> None:
        """Call the hooks of a kind, whose results are of no interest."""
        for hook in self._registered(kind):
            hook(self, *args)

    def _passed(self, kind: str, value: Any) -> Any:
        """What the hooks of a kind make of a value, one after the other."""
        for hook in self._registered(kind):
            result = hook(self, value)
            value = value if result is None else result
        return value

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles have no hooks, which are functions of whoever registered them."""
        return {name: value for name, value in self.__dict__.items() if name != "_hooks_of"}


def _surrounded(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step and its hooks; within the step of a subclass, which has called them, the step alone."""

    @functools.wraps(step)
    def surrounded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if "_hooks_of" not in self.__dict__ or type(self).step is not surrounded:
            return step(self, *args, **kwargs)
        positional: Any = (self, *args)
        for hook in self._registered("step_pre"):
            result = hook(self, positional, kwargs)
            if result is not None:
                positional, kwargs = _arguments(result)
        loss = step(*positional, **kwargs)
        self._tell("step_post", positional, kwargs)
        return loss

    return surrounded


def _arguments(result: Any) -> tuple[Any, dict[str, Any]]:
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        return result
    raise InvalidArgument(
        explain(
            f"a hook before the step at {user_line()} returned a {type(result).__name__}.",
            "What it returns takes the place of the arguments of the step.",
            "Return None, or (args, kwargs), where args[0] is the optimiser.",
        )
    )
