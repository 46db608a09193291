"""Calling a module that has hooks, and registering them.

    args ── Watch ──▶ forward ── Watch ──▶ out
         ◀── grad_input        ◀── grad_output

A `Watch` passes tensors on, and on the way back shows all their gradients to a function at once. If none of the
arguments is on the way of a gradient, that of the inputs is known, as None, when that of the outputs is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wengert.autograd.function import Function
from wengert.core.apply import Box
from wengert.errors import explain, user_line, user_stacklevel
from wengert.interpreters.tape import Handle, Hooks
from wengert.nn.refusals import Unfitting

__all__ = ["Hook", "Hooked", "called"]


@dataclass(frozen=True, eq=False)
class Hook:
    """A function that was registered. keywords: it takes those of the call, too. always: also if the call fails."""

    function: Callable[..., Any]
    keywords: bool = False
    always: bool = False

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        return self.function(*args)


class Hooked:
    """The base of what has hooks of its call. Copies and pickles of it have the same ones."""

    def _hook(self, kind: str, hook: Hook, prepend: bool = False) -> Handle:
        hooks = self.__dict__["_hooks"].setdefault(kind, Hooks())
        earlier = list(hooks.items()) if prepend else []
        handle = Handle(hooks, hook)
        for key, other in earlier:
            del hooks[key]
            hooks[key] = other
        return handle

    def _hooks_of(self, kind: str) -> list[Hook]:
        """The hooks of a kind as they are now, in the order in which they are called."""
        return list(self.__dict__["_hooks"].get(kind, {}).values())

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args)`` before ``forward``; what it returns, if not None, are the arguments.

        prepend: before the hooks that there are. with_kwargs: call ``hook(module, args, kwargs)``, which returns both.
        """
        return self._hook("before", Hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> Handle:
        """Call ``hook(module, args, output)`` after ``forward``; what it returns, if not None, is the output.

        prepend: before the hooks that there are. with_kwargs: call ``hook(module, args, kwargs, output)``.
        always_call: also if ``forward`` or another hook raises; the output is None then, and what this hook raises
        itself becomes a warning.
        """
        return self._hook("after", Hook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[[Any, Any], Any], prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_output)`` when the gradient of the outputs is known; it may return another."""
        return self._hook("back before", Hook(hook), prepend)

    def register_full_backward_hook(self, hook: Callable[[Any, Any, Any], Any], prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` when that of the inputs is; it may return another of these.

        There is an entry for each positional argument and each output, None for one that has no gradient.
        """
        return self._hook("back after", Hook(hook), prepend)


def called(module: Hooked, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """``module.forward(*args, **kwargs)`` with the hooks that were registered."""
    done: list[Hook] = []
    try:
        return _through(module, args, kwargs, done)
    except Exception:
        for hook in module._hooks_of("after"):
            if hook.always and hook not in done:
                _call_anyway(hook, module, args, kwargs)
        raise


def _through(module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], done: list[Hook]) -> Any:
    """The call and its hooks, where all goes well; those that were called after ``forward`` are noted down."""
    back_before, back_after = module._hooks_of("back before"), module._hooks_of("back after")
    for hook in module._hooks_of("before"):
        args, kwargs = _new_arguments(module, hook, args, kwargs)
    back = _Back(module, back_before, back_after, len(args))
    args = back.watch_inputs(args) if back_after else args
    out = module.forward(*args, **kwargs)
    for hook in module._hooks_of("after"):
        done.append(hook)
        given = hook(module, args, kwargs, out) if hook.keywords else hook(module, args, out)
        out = out if given is None else given
    if not (back_before or back_after):
        return out
    if not isinstance(out, tuple):
        return back.watch_outputs((out,))[0]
    watched = back.watch_outputs(out)
    return type(out)._make(watched) if hasattr(out, "_make") else watched


def _new_arguments(
    module: Any, hook: Hook, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments after a hook had its say."""
    if not hook.keywords:
        given = hook(module, args)
        return (args if given is None else given if isinstance(given, tuple) else (given,)), kwargs
    given = hook(module, args, kwargs)
    if given is None:
        return args, kwargs
    if isinstance(given, tuple) and len(given) == 2:
        return given
    raise Unfitting(
        explain(
            f"a hook before {type(module).__name__}.forward at {user_line()} returned a {type(given).__name__}.",
            "It was registered with_kwargs, so that what it returns takes the place of both kinds of arguments.",
            "Return None or (args, kwargs).",
        )
    )


def _call_anyway(hook: Hook, module: Any, args: Any, kwargs: Any) -> None:
    """Call a hook though the call of its module failed, which is what the user is to hear of."""
    try:
        hook(*((module, args, kwargs, None) if hook.keywords else (module, args, None)))
    except Exception as error:
        warnings.warn(
            f"a forward hook with always_call=True raised as well, after forward had failed: {error}",
            stacklevel=user_stacklevel(),
        )


class _Back:
    """The hooks of one call's way back."""

    def __init__(self, module: Any, before: list[Hook], after: list[Hook], inputs: int) -> None:
        self.module, self.before, self.after, self.inputs = module, before, after, inputs
        self.reaches_inputs = False
        self.grad_output: Any = None

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, whose gradients are shown to the hooks if there are any."""
        self.reaches_inputs = any([isinstance(x, Box) and x.tracked for x in args])
        return _watched(args, self.leave) if self.reaches_inputs else args

    def watch_outputs(self, outs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The outputs, whose gradients are shown to the hooks."""
        return _watched(outs, self.arrive)

    def arrive(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the outputs are known."""
        grads = _changed(self.before, self.module, grads)
        if self.reaches_inputs:
            self.grad_output = grads
        else:
            self._tell_of_no_gradient(grads)
        return grads

    def leave(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the inputs are known; some came another way than through outputs that were watched."""
        if self.grad_output is None:
            return grads
        arrived, self.grad_output = self.grad_output, None
        return _changed(self.after, self.module, grads, arrived)

    def _tell_of_no_gradient(self, grad_output: tuple[Any, ...]) -> None:
        nothing = (None,) * self.inputs
        if any(x is not None for x in _changed(self.after, self.module, nothing, grad_output)):
            raise Unfitting(
                explain(
                    f"a backward hook of {type(self.module).__name__} at {user_line()} returned a gradient.",
                    "None of the arguments requires one.",
                    "Return None.",
                )
            )


def _changed(hooks: list[Hook], module: Any, grads: tuple[Any, ...], *more: Any) -> tuple[Any, ...]:
    """The gradients after every hook had its say."""
    for hook in hooks:
        given = hook(module, grads, *more)
        if given is None:
            continue
        new = given if isinstance(given, tuple) else (given,)
        if len(new) != len(grads):
            raise Unfitting(
                explain(
                    f"a backward hook of {type(module).__name__} at {user_line()} returned {len(new)} gradients.",
                    f"It got {len(grads)}, and each of them goes its own way.",
                    "Return None, or as many as there were.",
                )
            )
        grads = new
    return grads


class Watch(Function):
    """The tensors as they are; `show(gradients)` sees their gradients together, and may return others."""

    @staticmethod
    def forward(ctx: Any, show: Callable[[Any], Any], *xs: Any) -> Any:
        """The tensors."""
        ctx.show = show
        ctx.set_materialize_grads(False)
        return tuple([x.clone() for x in xs])

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The gradients, or what the function makes of them."""
        return None, *ctx.show(grads)


def _watched(values: tuple[Any, ...], show: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The values, those that are on the way of a gradient under watch; the others' gradients are shown as None."""
    places = [n for n, x in enumerate(values) if isinstance(x, Box) and x.tracked]
    if not places:
        return values

    def show_all(grads: tuple[Any, ...]) -> Any:
        every: list[Any] = [None] * len(values)
        for n, grad in zip(places, grads, strict=True):
            every[n] = grad
        shown = show(tuple(every))
        return tuple([shown[n] for n in places])

    full = list(values)
    for n, x in zip(places, Watch.apply(show_all, *[values[n] for n in places]), strict=True):
        full[n] = x
    return tuple(full)
