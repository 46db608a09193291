"""How a recorded contribution could be mended, should it turn out to be NaN where no cotangent reached.

A recording cannot look at numbers, and to make every contraction strong would double its work. So it notes beside the
variable of a contribution by which rule, cotangent and values it came about; the compiler makes of it what an eager
sweep would have done (`masked`), for a run in which a NaN shows up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, fresh, refreshed
from wengert.core.op import Formula, Op

__all__ = ["Mend", "note"]

Mender = Callable[[Op, Formula, Any, Sequence[Any], Any], Any]
# Of a recording; known by its trace, because interpreters do not know each other.
Variable = Any


class _Known(NamedTuple):
    """The place of a variable's value."""

    variable: Variable


class _Layer(NamedTuple):
    """A box around variables or constants: its class, what is in it, its level."""

    cls: type
    value: Any
    level: int


class _Unknown(Exception):
    """A value that belongs to another derivative."""


class Mend(NamedTuple):
    """A contribution `c` of a rule; all of it with variables in the place of symbols.

    Of what a primitive's rule reads the shapes and dtypes are enough: it is asked with other numbers.
    """

    mender: Mender
    op: Op
    rule: Formula
    g: Any
    args: tuple[Any, ...]
    c: Any

    def is_possible(self, values: Mapping[Variable, Any]) -> bool:
        """Whether all that it depends on is there."""
        return _variables((self.g, self.args, self.c)) <= values.keys()

    def apply(self, values: Mapping[Variable, Any]) -> Any:
        """What to put in the place of the contribution's variable."""
        parts = (self.g, self.args, self.c)
        levels = {level: fresh() for level in sorted(_levels(parts))}
        g, args, c = _filled(parts, values, levels)
        mended = self.mender(self.op, self.rule, g, args, c)
        for _ in levels:
            mended = mended.value
        return mended


def note(mender: Mender, op: Op, rule: Formula, g: Any, args: Sequence[Any], c: Any) -> None:
    """Let the recording that `c` is a symbol of know how it could be mended."""
    variable = _variable(c)
    if variable is None or variable.trace.closed:
        return
    try:
        read = tuple(args) if op.kind == "multilinear" else _blank(tuple(args))
        parts = [_emptied(x, variable.trace) for x in (g, read, c)]
    except _Unknown:
        return
    variable.trace.mends[variable] = Mend(mender, op, rule, *parts)


def _variable(x: Any) -> Variable:
    """The variable that a box stands for, maybe for many at once; None if it is a constant, or has a derivative."""
    while isinstance(x, Box):
        if x.alias is not None:
            refreshed(x)
        if hasattr(x.mark, "trace"):
            return None if hasattr(x.mark, "value") else x.mark
        if x.mark is not None:
            return None
        x = x.value
    return None


def _emptied(x: Any, trace: Any) -> Any:
    """A value with variables for its symbols."""
    if type(x) is tuple:
        return tuple([_emptied(y, trace) for y in x])
    if not isinstance(x, Box):
        return trace.kept(x)
    if x.alias is not None:
        refreshed(x)
    if x.mark is None:
        return _Layer(type(x), _emptied(x.value, trace), x.level)
    if getattr(x.mark, "trace", None) is not trace:
        raise _Unknown
    return x.mark.value if hasattr(x.mark, "value") else _Known(x.mark)


def _blank(x: Any) -> Any:
    """Zeros that take no memory in the place of floats."""
    if type(x) is tuple:
        return tuple([_blank(y) for y in x])
    if not isinstance(x, Box | np.ndarray | np.generic) or x.dtype.kind not in "fc":
        return x
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def _levels(x: Any) -> set[int]:
    if type(x) is _Layer:
        return {x.level, *_levels(x.value)}
    return set().union(*map(_levels, x)) if type(x) is tuple else set()


def _variables(x: Any) -> set[Variable]:
    if type(x) is _Layer:
        return _variables(x.value)
    if type(x) is tuple:
        return set().union(*map(_variables, x))
    return {x.variable} if type(x) is _Known else set()


def _filled(x: Any, values: Mapping[Variable, Any], levels: Mapping[int, int]) -> Any:
    """A value again, from those of its variables."""
    if type(x) is tuple:
        return tuple([_filled(y, values, levels) for y in x])
    if type(x) is _Layer:
        return x.cls(_filled(x.value, values, levels), None, levels[x.level])
    return values[x.variable] if type(x) is _Known else x
