"""Loading a `state_dict` into a module: everything is checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from wengert.autograd import no_grad
from wengert.core.apply import read
from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["Loaded", "load"]


class Loaded(NamedTuple):
    """What did not match: names the module has and the state has not, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load(module: Any, state: Mapping[str, Any], strict: bool) -> Loaded:
    """Copy the numbers of a state into a module's parameters and buffers; all of them, or none."""
    mine = module.state_dict()
    result = Loaded([name for name in mine if name not in state], [name for name in state if name not in mine])
    wrong = [f"missing: {', '.join(result.missing_keys)}"] if strict and result.missing_keys else []
    wrong += [f"unexpected: {', '.join(result.unexpected_keys)}"] if strict and result.unexpected_keys else []
    new = {name: np.asarray(_plain(state[name])) for name in mine if name in state}
    wrong += [
        f"{name} has shape {value.shape}, not {mine[name].shape}"
        for name, value in new.items()
        if value.shape != mine[name].shape
    ]
    if wrong:
        raise InvalidArgument(
            explain(
                f"{type(module).__name__}.load_state_dict at {user_line()}: {'; '.join(wrong)}.",
                "The state belongs to a model of another architecture; nothing was loaded.",
                "Build the model as it was when it was saved, or load what fits: load_state_dict(state, strict=False)."
                if not any("shape" in line for line in wrong)
                else "Build the model as it was when it was saved.",
            )
        )
    with no_grad():
        for name, value in new.items():
            mine[name][...] = value
    return result


def _plain(x: Any) -> Any:
    """The numbers of a tensor; an array as it is."""
    return read(x.detach()) if hasattr(x, "detach") else x
