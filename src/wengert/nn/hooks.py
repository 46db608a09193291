"""Calling a module that has hooks.

    args ── Watch ──▶ forward ── Watch ──▶ out
         ◀── grad_input        ◀── grad_output

A `Watch` passes tensors on, and on the way back shows all their gradients to a function at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wengert.autograd.function import Function
from wengert.core.apply import Box

__all__ = ["called", "with_keywords"]


class Watch(Function):
    """The tensors as they are; `show(gradients)` sees their gradients together, and may return others."""

    @staticmethod
    def forward(ctx: Any, show: Callable[[Any], Any], *xs: Any) -> Any:
        """The tensors."""
        ctx.show = show
        return tuple([x.clone() for x in xs])

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The gradients, or what the function makes of them."""
        return None, *(ctx.show(grads) or grads)


def called(module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """``module.forward(*args, **kwargs)`` with the hooks that were registered."""
    hooks = {kind: list(found.values()) for kind, found in module.__dict__["_hooks"].items()}
    for hook in hooks.get("before", ()):
        given = hook(module, args, kwargs)
        args, kwargs = (args, kwargs) if given is None else given
    arrived: list[Any] = []
    if hooks.get("back after"):
        args = _watched(args, lambda grads: _changed(hooks["back after"], module, grads, *arrived))
    out = module.forward(*args, **kwargs)
    for hook in hooks.get("after", ()):
        given = hook(module, args, kwargs, out)
        out = out if given is None else given
    if hooks.get("back before") or hooks.get("back after"):

        def arrive(grads: Any) -> Any:
            grads = _changed(hooks.get("back before", ()), module, grads)
            arrived[:] = [grads]
            return grads

        several = isinstance(out, tuple | list)
        watched = _watched(tuple(out) if several else (out,), arrive)
        out = type(out)(watched) if several else watched[0]
    return out


def with_keywords(kind: str, hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that takes keyword arguments, and before ``forward`` may return them, of one that does not."""
    if kind == "after":
        return lambda module, args, kwargs, out: hook(module, args, out)

    def before(module: Any, args: Any, kwargs: Any) -> Any:
        given = hook(module, args)
        return None if given is None else (given if isinstance(given, tuple) else (given,), kwargs)

    return before


def _changed(hooks: Any, module: Any, grads: Any, *more: Any) -> Any:
    """The gradients after every hook had its say."""
    for hook in hooks:
        given = hook(module, grads, *more)
        if given is not None:
            grads = given if isinstance(given, tuple) else (given,)
    return grads


def _watched(values: tuple[Any, ...], show: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The values, the tensors among them under watch."""
    places = [n for n, x in enumerate(values) if isinstance(x, Box)]
    if not places:
        return values
    seen = Watch.apply(show, *[values[n] for n in places])
    full = list(values)
    for n, x in zip(places, seen, strict=True):
        full[n] = x
    return tuple(full)
