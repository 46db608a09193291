"""Calling a module with other parameters than its own, and stacking several modules for `vmap`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn.module import Module
from wengert.nn.refusals import Unfitting

__all__ = ["functional_call", "stack_module_state"]


def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    strict: bool = False,
) -> Any:
    """Call a module as if its parameters and buffers were the given ones.

    parameters_and_buffers: arrays or boxes by dotted name, in one dict or several; what is not named is the module's
    own. args: a tuple of arguments, or one argument. strict: everything must be named. Raises `InvalidArgument` for a
    name that the module has not, or that is missing. The module is unchanged afterwards, also when the call fails.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.Linear(2, 1, bias=False)
    >>> f = lambda w: wg.nn.functional_call(layer, {"weight": w}, np.ones(2)).sum()
    >>> wg.grad(f)(np.zeros((1, 2)))
    array([[1., 1.]])
    """
    given = [parameters_and_buffers] if isinstance(parameters_and_buffers, Mapping) else parameters_and_buffers
    values = {name: x for part in given for name, x in part.items()}
    if strict:
        _check_complete(module, values)
    with _dressed(module, values):
        return module(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))


def _names(module: Module) -> list[str]:
    return [name for name, _ in [*module.named_parameters(), *module.named_buffers()]]


def _check_complete(module: Module, values: Mapping[str, Any]) -> None:
    missing = [name for name in _names(module) if name not in values]
    if missing:
        raise Unfitting(
            explain(
                f"functional_call with strict=True at {user_line()} got no value for {', '.join(missing)}.",
                "Every parameter and buffer is to be given.",
                "Give them too, or leave strict=True out.",
            )
        )


@contextmanager
def _dressed(module: Module, values: Mapping[str, Any]) -> Iterator[None]:
    """The module with these values in place of its own."""
    places = []
    for dotted in values:
        path, _, name = dotted.rpartition(".")
        owner = module.get_submodule(path)
        if owner._roles.get(name, "module") == "module":
            raise Unfitting(
                explain(
                    f"functional_call at {user_line()} got a value for {dotted!r}.",
                    f"{type(module).__name__} has {', '.join(_names(module)) or 'no parameters'}.",
                    "Name them as named_parameters() and named_buffers() do.",
                )
            )
        places.append((owner.__dict__, name, values[dotted]))
    kept = [own[name] for own, name, _ in places]
    try:
        for own, name, value in places:
            own[name] = value
        yield
    finally:
        for (own, name, _), value in zip(places, kept, strict=True):
            own[name] = value


def stack_module_state(modules: Sequence[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of modules of one architecture, stacked along a new first axis, by name.

    >>> import numpy as np, wengert as wg
    >>> models = [wg.nn.Linear(2, 1) for _ in range(5)]
    >>> parameters, buffers = wg.nn.stack_module_state(models)
    >>> call = lambda p: wg.nn.functional_call(models[0], p, np.ones(2))
    >>> wg.vmap(call)(parameters).shape
    (5, 1)
    """
    if not modules:
        raise InvalidArgument(
            explain(
                f"stack_module_state at {user_line()} got no modules.",
                "There is nothing to stack.",
                "Give a list of modules of one architecture.",
            )
        )
    stacked = []
    for named in ("named_parameters", "named_buffers"):
        states = [{name: x.detach() for name, x in getattr(module, named)()} for module in modules]
        stacked.append({name: np.stack([state[name] for state in states]) for name in states[0]})
    return stacked[0], stacked[1]
