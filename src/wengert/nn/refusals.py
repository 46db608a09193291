"""The errors of modules. Each is also the built-in that PyTorch raises there."""

from __future__ import annotations

from typing import Any

from wengert.errors import InvalidArgument, NotDifferentiable, explain, user_line

__all__ = [
    "BadName",
    "NoSuchPart",
    "Unfitting",
    "WrongKind",
    "check_name",
    "no_such",
    "not_a_parameter",
    "unborn",
    "wrong_kind",
]


class NoSuchPart(InvalidArgument, AttributeError):
    """A module has nothing of that name, or cannot hold anything yet."""


class BadName(InvalidArgument, KeyError):
    """A name that no part of a module can have, or that something else has."""

    def __str__(self) -> str:
        return str(self.args[0])  # that of KeyError would be the repr


class WrongKind(InvalidArgument, TypeError):
    """A part, an argument or a setting of another kind than is wanted."""


class Unfitting(InvalidArgument, RuntimeError):
    """A state, or what a hook returned, that does not fit the module."""


def unborn(module: Any, name: str) -> NoSuchPart:
    """The error of parts that come before there is anything to hold them."""
    return NoSuchPart(
        explain(
            f"{type(module).__name__}.{name} was set at {user_line()} before Module.__init__ ran.",
            "A module must be set up before it can hold parameters and modules.",
            "Write super().__init__() as the first line of its __init__.",
        )
    )


def not_a_parameter(module: Any, name: str, value: Any) -> NotDifferentiable:
    """The error of a parameter that would be replaced by something that is none."""
    return NotDifferentiable(
        explain(
            f"{type(module).__name__}.{name} was set at {user_line()} to a value of type {type(value).__name__}.",
            "It is a parameter, and an optimiser that knows it would go on training the old one.",
            f"Write nn.Parameter(value), or change the numbers: with wg.no_grad(): module.{name}.copy_(value).",
        )
    )


def wrong_kind(module: Any, name: str, value: Any, what: str) -> WrongKind:
    """The error of a part that is not what the module keeps under this name."""
    return WrongKind(
        explain(
            f"{type(module).__name__}.{name} was set at {user_line()} to a value of type {type(value).__name__}.",
            f"It is kept as a {what}.",
            f"Give a {what} or None, or take the old one out first: del module.{name}.",
        )
    )


def no_such(module: Any, target: str, what: str, have: list[str]) -> NoSuchPart:
    """The error of a dotted name that leads nowhere."""
    return NoSuchPart(
        explain(
            f"{type(module).__name__} has no {what} {target!r} (asked at {user_line()}).",
            f"Its {what}s are {', '.join(have) or 'none'}.",
            f"Write one of these names; named_{what}s() lists them.",
        )
    )


def check_name(module: Any, name: Any, what: str) -> None:
    """Raise unless a parameter, buffer or module (`what`) can be registered under this name."""
    roles = module.__dict__.get("_roles")
    if roles is None:
        raise unborn(module, name)
    where = f"{type(module).__name__} got a {what} at {user_line()} under the name {name!r}."
    if not isinstance(name, str):
        raise WrongKind(explain(where, "Names are text.", f"Write {str(name)!r}."))
    if not name or "." in name:
        reason = "Dots part the names of modules within modules." if name else "It would have no name."
        raise BadName(explain(where, reason, "Choose a name without dots, such as one that Python takes."))
    if hasattr(module, name) and not roles.get(name, "").startswith(what if what != "parameter" else (what, "frozen")):
        raise BadName(explain(where, "There is another attribute of that name.", "Choose another name."))
