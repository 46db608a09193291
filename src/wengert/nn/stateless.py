"""Calling a module with other parameters than its own, and stacking several modules for `vmap`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn.module import Module

__all__ = ["functional_call", "stack_module_state"]


def functional_call(
    module: Module, parameters_and_buffers: Mapping[str, Any], args: Any = (), kwargs: Mapping[str, Any] | None = None
) -> Any:
    """Call a module as if its parameters and buffers were the given ones.

    parameters_and_buffers: arrays or boxes by dotted name; what is not named is the module's own. args: a tuple of
    arguments, or one argument. Raises `InvalidArgument` for a name that the module has not. The module is unchanged
    afterwards, also when the call fails.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.Linear(2, 1, bias=False)
    >>> f = lambda w: wg.nn.functional_call(layer, {"weight": w}, np.ones(2)).sum()
    >>> wg.grad(f)(np.zeros((1, 2)))
    array([[1., 1.]])
    """
    with _dressed(module, parameters_and_buffers):
        return module(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))


@contextmanager
def _dressed(module: Module, values: Mapping[str, Any]) -> Iterator[None]:
    """The module with these values in place of its own."""
    places = []
    for dotted in values:
        path, _, name = dotted.rpartition(".")
        owner = module.get_submodule(path)
        if owner._roles.get(name, "module") == "module":
            have = [n for n, _ in [*module.named_parameters(), *module.named_buffers()]]
            raise InvalidArgument(
                explain(
                    f"functional_call at {user_line()} got a value for {dotted!r}.",
                    f"{type(module).__name__} has {', '.join(have) or 'no parameters'}.",
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
