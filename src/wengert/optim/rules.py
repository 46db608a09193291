"""What the rules of the optimisers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line

__all__ = [
    "averaged",
    "check_options",
    "counted",
    "decayed",
    "downhill",
    "gradient_of",
    "is_on",
    "pairs",
    "unbiased",
    "unpaired",
]


def is_on(option: Any) -> bool:
    """Whether an option is not 0; one that is traced is not."""
    return isinstance(option, Box) or bool(option)


def downhill(gradient: Any, group: Mapping[str, Any]) -> Any:
    """The gradient to descend along: turned round for `maximize`."""
    return -gradient if group["maximize"] else gradient


def gradient_of(value: Any, gradient: Any, group: Mapping[str, Any]) -> Any:
    """The gradient to descend along, with λ w added for `weight_decay`."""
    g = downhill(gradient, group)
    return g + group["weight_decay"] * value if is_on(group["weight_decay"]) else g


def decayed(value: Any, gradient: Any, group: Mapping[str, Any]) -> tuple[Any, Any]:
    """The parameter and the gradient after `weight_decay`, which shrinks the former or is part of the latter."""
    if not group["decoupled_weight_decay"]:
        return value, gradient_of(value, gradient, group)
    return value - group["lr"] * group["weight_decay"] * value, downhill(gradient, group)


def averaged(state: dict[str, Any], name: str, beta: Any, x: Any) -> Any:
    """The moving average β a + (1 - β) x, which the state keeps."""
    state[name] = beta * state[name] + (1 - beta) * x
    return state[name]


def unbiased(beta: Any, state: Mapping[str, Any], dtype: Any) -> Any:
    """1 / (1 - βᵗ), by which an average that started at 0 is too small after t steps."""
    return (1 / (1 - beta ** state["step"])).astype(dtype)


def counted(state: dict[str, Any]) -> Any:
    """The number of this step, from 1 on, which the state keeps."""
    state["step"] = state["step"] + 1
    return state["step"]


def check_options(name: str, group: Mapping[str, Any], *options: str) -> None:
    """Raise `InvalidArgument` for a negative step size or option, and for betas outside of [0, 1)."""
    for option in ("lr", *options):
        if option in group and not np.all(np.asarray(group[option]) >= 0):
            raise InvalidArgument(
                explain(
                    f"{name} at {user_line()} got {option}={group[option]}.",
                    "It would diverge.",
                    f"Give {option} ≥ 0.",
                )
            )
    for beta in group.get("betas", ()):
        if not 0 <= beta < 1:
            raise InvalidArgument(
                explain(
                    f"{name} at {user_line()} got betas={group['betas']}.",
                    "A beta is the weight of the past in a moving average.",
                    "Give numbers from 0 on and smaller than 1.",
                )
            )


def pairs(x: Any) -> Any:
    """A complex array as pairs of real numbers along a new last axis; a real one as it is."""
    return np.stack([np.real(x), np.imag(x)], axis=-1) if x.dtype.kind == "c" else x


def unpaired(x: Any, like: Any) -> Any:
    """The way back, if `like` is complex."""
    return (x[..., 0] + 1j * x[..., 1]).astype(like.dtype) if like.dtype.kind == "c" else x
