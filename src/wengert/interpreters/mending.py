"""How a recorded contribution could be mended, should it turn out to be NaN where no cotangent reached.

A recording cannot look at numbers, and to make every contraction strong would double its work. So it notes beside the
variable of a contribution by which rule, cotangent and values it came about; the compiler makes of it what an eager
sweep would have done (`masked`), for a run in which a NaN shows up.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, fresh, refreshed
from wengert.core.formula import Formula
from wengert.core.op import Op

__all__ = ["Mend", "blank", "hides", "note"]

Mender = Callable[[Op, Formula, Any, Sequence[Any], Any, bool], Any]
# Of a recording; known by its spec, because interpreters do not know each other.
Variable = Any


class _Known(NamedTuple):
    """The place of a variable's value."""

    variable: Variable


class _Layer(NamedTuple):
    """A box around a value: its class, what it holds, what its mark is (a tangent, or None), its level."""

    cls: type
    value: Any
    mark: Any
    level: int


class _Unknown(Exception):
    """A value that belongs to another derivative."""


class Mend(NamedTuple):
    """A contribution `c` of a rule; all of it with places in the place of symbols.

    Of what a primitive's rule reads the shapes and dtypes are there: it is asked with other numbers. c has NaNs for
    numbers. way: from c to its variable, by the levels of the boxes around, and whether it is their value or tangent.
    """

    mender: Mender
    op: Op
    rule: Formula
    g: Any
    args: tuple[Any, ...]
    c: Any
    inner: bool
    variable: Variable
    way: tuple[tuple[int, bool], ...]

    def is_possible(self, values: Mapping[Variable, Any]) -> bool:
        """Whether all that it depends on is there."""
        return self.needs <= values.keys()

    @property
    def needs(self) -> set[Variable]:
        """The variables that it depends on."""
        return _variables((self.g, self.args, self.c))

    def renamed(self, names: Mapping[Variable, Variable]) -> Mend:
        """The same where variables have other names, or are constants."""
        g, args, c = _renamed((self.g, self.args, self.c), names)
        return self._replace(g=g, args=args, c=c, variable=names.get(self.variable, self.variable))

    def hand_on(self, values: Mapping[Variable, Any]) -> None:
        """Let the recordings that the values are of know it, too: its graph is run on them."""
        if not self.is_possible(values):
            return
        parts = (self.g, self.args, self.c)
        levels = {level: fresh() for level in sorted(_levels(parts))}
        g, args, c = _filled(parts, values, levels)
        found = values[self.variable]
        around = [(levels[level], is_tangent) for level, is_tangent in self.way]
        note(self.mender, self.op, self.rule, g, args, c if around else found, self.inner, found, around)

    def contribution(self, needs: Sequence[Variable]) -> Callable[..., Any]:
        """The contribution as a function of what it came out as, and of the values of all that it depends on."""

        def contribution(c: Any, *values: Any) -> Any:
            if not np.isnan(c).any():
                return c
            return self.apply({**dict(zip(needs, values, strict=True)), self.variable: c})

        return contribution

    def apply(self, values: Mapping[Variable, Any]) -> Any:
        """What to put in the place of the contribution's variable."""
        parts = (self.g, self.args, self.c)
        levels = {level: fresh() for level in sorted(_levels(parts))}
        g, args, c = _filled(parts, values, levels)
        mended = self.mender(self.op, self.rule, g, args, c, self.inner)
        old = values[self.variable]
        for level, is_tangent in self.way:
            if isinstance(mended, Box) and mended.level == levels[level]:
                mended = mended.mark if is_tangent else mended.value
            elif is_tangent:
                mended = None
        return np.where(np.isnan(old), 0 if mended is None else mended, old)


def note(
    mender: Mender,
    op: Op,
    rule: Formula,
    g: Any,
    args: Sequence[Any],
    c: Any,
    inner: bool,
    found: Any = None,
    around: Sequence[tuple[int, bool]] = (),
) -> None:
    """Let the recording that `c` is of know how it, and its tangent, could be mended.

    found: a part of `c` that is to be mended alone; around: the way to it.
    """
    for variable, way in _ways(c if found is None else found):
        if variable.trace.closed:
            continue
        dropped = {level for level, is_tangent in way if not is_tangent}
        try:
            of_g, of_args, of_c = [_emptied(x, variable.trace, dropped) for x in (g, tuple(args), c)]
        except _Unknown:
            continue
        known = _levels((of_g, of_args, of_c))
        left = tuple([step for step in (*around, *way) if step[0] in known])
        mend = Mend(mender, op, rule, of_g, of_args, _undefined(of_c), inner, variable, left)
        variable.trace.mends[variable] = mend


def hides(param: Any) -> bool:
    """Whether a param of an op is a graph, or a program, that hides operands; of several branches one is hidden."""
    if type(param) is tuple:
        return any([hasattr(x, "equations") for x in param])
    return bool(getattr(getattr(param, "graph", param), "masks", False))


def _ways(x: Any) -> Iterator[tuple[Variable, tuple[tuple[int, bool], ...]]]:
    """The variables that a box stands for, and the ways to them. A tape mends itself: it reads mended values."""
    if not isinstance(x, Box):
        return
    if x.alias is not None:
        refreshed(x)
    if _is_recorded(x):
        if not hasattr(x.mark, "value"):
            yield x.mark, ()
        return
    tangent = x.mark if isinstance(x.mark, Box) else None
    for inside, is_tangent in ((x.value, False), (tangent, True)):
        for variable, way in _ways(inside):
            yield variable, ((x.level, is_tangent), *way)


def _is_recorded(x: Box) -> bool:
    """Whether the mark of a box is a variable, or a constant, of a recording."""
    return hasattr(x.mark, "spec")


def _emptied(x: Any, trace: Any, dropped: Container[int]) -> Any:
    """A value with places for its symbols, without the tangents of some levels."""
    if type(x) is tuple:
        return tuple([_emptied(y, trace, dropped) for y in x])
    if not isinstance(x, Box):
        return trace.kept(x)
    if x.alias is not None:
        refreshed(x)
    if _is_recorded(x):
        if x.mark.trace is not trace:
            raise _Unknown
        return x.mark.value if hasattr(x.mark, "value") else _Known(x.mark)
    value = _emptied(x.value, trace, dropped)
    is_batch = x.mark is None and not x.differentiates
    if not is_batch and (x.level in dropped or not isinstance(x.mark, Box | np.ndarray | np.generic)):
        return value
    return _Layer(type(x), value, None if is_batch else _emptied(x.mark, trace, dropped), x.level)


def blank(x: Any) -> Any:
    """Zeros that take no memory in the place of floats: for rules that are asked with other numbers."""
    if type(x) is tuple:
        return tuple([blank(y) for y in x])
    if not isinstance(x, Box | np.ndarray | np.generic) or x.dtype.kind not in "fc":
        return x
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def _undefined(x: Any) -> Any:
    """NaNs in the place of variables: what cannot be mended stays as it is."""
    if type(x) is _Layer:
        return x._replace(value=_undefined(x.value), mark=_undefined(x.mark))
    if type(x) is _Known:
        return np.broadcast_to(np.full((), np.nan, x.variable.spec.dtype), x.variable.spec.shape)
    return x


def _levels(x: Any) -> set[int]:
    if type(x) is _Layer:
        return {x.level, *_levels(x.value), *_levels(x.mark)}
    return set().union(*map(_levels, x)) if type(x) is tuple else set()


def _variables(x: Any) -> set[Variable]:
    if type(x) is _Layer:
        return _variables(x.value) | _variables(x.mark)
    if type(x) is tuple:
        return set().union(*map(_variables, x))
    return {x.variable} if type(x) is _Known else set()


def _renamed(x: Any, names: Mapping[Variable, Variable]) -> Any:
    if type(x) is tuple:
        return tuple([_renamed(y, names) for y in x])
    if type(x) is _Layer:
        return x._replace(value=_renamed(x.value, names), mark=_renamed(x.mark, names))
    if type(x) is not _Known:
        return x
    new = names.get(x.variable, x.variable)
    return _Known(new) if hasattr(new, "trace") else new  # a constant


def _filled(x: Any, values: Mapping[Variable, Any], levels: Mapping[int, int]) -> Any:
    """A value again, from those of its variables."""
    if type(x) is tuple:
        return tuple([_filled(y, values, levels) for y in x])
    if type(x) is _Layer:
        return x.cls(_filled(x.value, values, levels), _filled(x.mark, values, levels), levels[x.level])
    return values[x.variable] if type(x) is _Known else x
