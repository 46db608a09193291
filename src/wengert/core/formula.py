"""What a rule reads, bound once: the formula of one operand.

A rule names what it reads: operands by their names, params by theirs, and the reserved names

    g  cotangent    t  tangent    out  the result    like  Spec of the operand    likes  Specs of all operands
    i  the operand's position    others  the operands but this one    value  this operand (of a variadic row)
    values  all operands    like_shape  the operand's shape alone

The names are bound once, when the row is defined. A tape then saves exactly the values that are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wengert.spec import Spec, Specs, spec

__all__ = ["Env", "Formula", "Rule"]

Rule = Callable[..., Any]


class Formula:
    """A rule of one operand, and the values it reads: ``function(g, *gather((*operands, out), params))``."""

    __slots__ = ("function", "gather", "position", "saves", "sources", "strong")

    def __init__(self, function: Rule, sources: tuple[Any, ...], position: int) -> None:
        self.function = function
        self.strong: Rule | None = None  # the function, with a product in which a zero wins over infinity and NaN
        self.sources = sources  # operand positions (int; -1 is the result), or names
        self.position = position
        self.saves = any(isinstance(s, int) or s in ("others", "value", "values") for s in sources)
        self.gather = _gatherer(sources, position)

    def at(self, position: int) -> Formula:
        """The same rule for another operand of a variadic row."""
        return Formula(self.function, self.sources, position)


_RESERVED = {
    "like": "_tuple(Spec, (env[{i}].shape, env[{i}].dtype))",
    "like_shape": "env[{i}].shape",
    "likes": "_likes(env)",
    "i": "{i}",
    "value": "env[{i}]",
    "others": "(*env[:{i}], *env[{i} + 1 : -1])",
    "values": "tuple(env[:-1])",
}


class Env(tuple[Any, ...]):
    """Operands and result of an op of many operands: what its rules read of all of them is made once."""

    likes: Specs | None = None


def _likes(env: tuple[Any, ...]) -> Specs:
    if type(env) is not Env:
        return Specs([spec(x) for x in env[:-1]])
    if env.likes is None:
        env.likes = Specs([spec(x) for x in env[:-1]])
    return env.likes


def _gatherer(sources: tuple[Any, ...], i: int) -> Callable[[Sequence[Any], Mapping[str, Any]], tuple[Any, ...]]:
    """``lambda env, params: (env[0], params['axis'], )`` and the like: written out once, for it runs per op."""
    parts = [
        f"env[{s}]" if isinstance(s, int) else _RESERVED[s].format(i=i) if s in _RESERVED else f"params[{s!r}]"
        for s in sources
    ]
    known = {"Spec": Spec, "_likes": _likes, "_tuple": tuple.__new__}
    return eval(f"lambda env, params: ({''.join(part + ', ' for part in parts)})", known)  # type: ignore[no-any-return]
