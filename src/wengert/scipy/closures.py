"""What the functions close over that a solver gets: found while it runs, and exchanged when it runs again.

A solver gets user functions, ``root(lambda x: x**3 - c, x0)``, and `c` may be a tensor that nobody hands over. The
solver is run on plain numbers while every op shows its operands (`core.apply.closing`): boxes seen there are what the
user's functions close over. Afterwards the functions can be run with other values, boxes perhaps, in their places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.core.apply import Box, Capture, apply, capturing, closing, fresh, read, refreshed, unbridge
from wengert.core.array import Array
from wengert.core.op import Op
from wengert.errors import LostGradient, explain, user_line
from wengert.interpreters.tape import mode
from wengert.interpreters.tensor import Tensor
from wengert.ops.spelling import lift
from wengert.transforms.bodies import sample

__all__ = ["Closed", "closes_over", "double_precision", "moves", "plain", "shown"]


def plain(x: Any) -> Any:
    """The numbers of a box, of a batch its first entry; anything else unchanged."""
    x = unbridge(x)
    return sample(x)[()] if isinstance(x, Box) else x


# SciPy's solvers compute in double precision, and what they call has to keep up with their tolerances.
DOUBLE: dict[Any, Any] = {np.dtype(np.float16): np.float64, np.dtype(np.float32): np.float64}
DOUBLE[np.dtype(np.complex64)] = np.complex128


def double_precision(x: Any) -> Any:
    """An array or box in double precision; anything else unchanged."""
    wider = DOUBLE.get(x.dtype) if isinstance(x, Box | np.ndarray | np.generic) else None
    return x if wider is None else x.astype(wider)


class Sealed(Array):
    """A value that a solver's function computes with, while some of the boxes it closes over stand for others.

    What is inside belongs to those who called the function: it may hold these very boxes, and means them. So an op on
    sealed values is an op of theirs, out of sight of who replaces. mark: who saw operands when it was sealed.
    """

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Apply the op to what is inside, and seal the result."""
        mine = [isinstance(x, Sealed) and x.level == level for x in operands]
        outside = next(x.mark for x, m in zip(operands, mine, strict=True) if m)
        with closing(outside.capture):
            out = apply(op, [x.value if m else x for x, m in zip(operands, mine, strict=True)], params)
        if op.outputs == 1:
            return Sealed(out, outside, level)
        return tuple([Sealed(o, outside, level) for o in out])

    @property
    def tracked(self) -> bool:
        """Whether what is inside is."""
        return isinstance(self.value, Array) and self.value.tracked


class _Outside(NamedTuple):
    """Who sees the operands of the ops of those who call a solver's function."""

    capture: Capture | None


class Closed:
    """What the functions that a solver calls close over, in the order of their first use."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.boxes: list[Any] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._level = fresh()  # boxes that are younger are made by the functions themselves

    def collecting(self) -> _Replacing:
        """To run with the numbers of every box that is met, however deep inside others, and to enter it here."""
        return _Replacing(self._entered, self._level)

    def replaced(self, values: Sequence[Any]) -> _Replacing:
        """To run with these values in place of the boxes."""
        seal = self._seal()
        return _Replacing(self._substitution([seal(x) for x in values]), self._level)

    def opened(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """`f` as a function of the values of the boxes, and of its arguments: ``g(values, *args)``."""

        def function(values: Sequence[Any], *args: Any) -> Any:
            seal = self._seal()
            replacing = _Replacing(self._substitution([seal(x) for x in values]), self._level)
            with replacing:
                out = tree.map(lambda x: replacing.shown(unbridge(x)), f(*tree.map(seal, args)))
            return tree.map(lambda x: x.value if isinstance(x, Sealed) and x.mark is seal.outside else x, out)

        return function

    def _seal(self) -> _Seal:
        return _Seal(self._level)

    def _entered(self, x: Any) -> Any:
        """The numbers of a box, which is entered if its functions did not make it."""
        if x.level > self._level:
            return x
        if isinstance(x, Tensor) and not x.tracked:
            value = read(x)
            return self._entered(value) if isinstance(value, Box) else double_precision(np.asarray(value)[()])
        key = _key(x)
        if key not in self._numbers:
            self._numbers[key] = len(self.boxes)
            self.boxes.append(x.copied())
        return double_precision(plain(x))

    def _substitution(self, values: Sequence[Any]) -> Callable[[Any], Any]:
        """What to put in the place of a box."""

        def found(x: Any) -> Any:
            if x.level > self._level:
                return x
            n = self._numbers.get(_key(x))
            if n is not None:
                return values[n]
            if x.level >= 0 and x.tracked:
                raise self._unseen(x)
            return x

        return found

    def _unseen(self, x: Any) -> LostGradient:
        return LostGradient(
            explain(
                f"{self.name} at {user_line()} got a function that uses a tensor {x.shape} for the first time.",
                "Its first runs show what it closes over and the result depends on, and this was not among it.",
                "Hand it over in args=, or write np.where(condition, a, b) instead of branching.",
            )
        )


class _Seal:
    """Seals what may hold boxes of a level or older, at a new level."""

    def __init__(self, oldest: int) -> None:
        self.oldest, self.level, self.outside = oldest, fresh(), _Outside(capturing())

    def __call__(self, x: Any) -> Any:
        x = unbridge(x)
        return Sealed(x, self.outside, self.level) if self._holds_older(x) else x

    def _holds_older(self, x: Any) -> bool:
        if not isinstance(x, Box):
            return False
        if refreshed(x):
            return self._holds_older(x)
        return x.level <= self.oldest or self._holds_older(x.value) or self._holds_older(x.mark)


def _key(x: Any) -> tuple[Any, ...]:
    return type(x), id(x.value), id(x.mark), x.level


class _Replacing:
    """Shows every box of a level or older that an op gets to `found`, and uses what it gives instead.

    Then those that did so before get to see it. As a context: does so for all ops of this thread.
    """

    def __init__(self, found: Callable[[Any], Any], oldest: int) -> None:
        self.found = found
        self.used = False  # whether anything was replaced so far
        self.outer = outer = capturing()
        self.reach: float = oldest  # the youngest box that anybody wants to see
        if outer is not None:
            self.reach = max(oldest, outer.reach) if isinstance(outer, _Replacing) else np.inf
        self._closing = closing(self)

    def __call__(self, operands: Sequence[Any]) -> Sequence[Any] | None:
        if not any([isinstance(x, Box) and (x.level <= self.reach or x.alias is not None) for x in operands]):
            return None
        given = [self.shown(x) for x in operands]
        replaced = any([a is not b for a, b in zip(given, operands, strict=True)])
        self.used = self.used or replaced
        further = self.outer(given) if self.outer is not None else None
        if further is not None:
            return further
        return given if replaced else None

    def shown(self, x: Any) -> Any:
        """What to use instead of `x`."""
        if not isinstance(x, Box):
            return x
        refreshed(x)
        return self.found(x)

    def __enter__(self) -> None:
        self._plain, mode.plain = mode.plain, False  # so that every op passes by here
        self._closing.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._closing.__exit__(*exc)
        mode.plain = self._plain


def moves(t: Any) -> bool:
    """Whether a tangent is there, and not plainly zero."""
    return t is not None and (isinstance(t, Box) or bool(np.any(t)))


def shown(x: Any) -> Any:
    """What a solver's function returned, be it a box as it is, shown like the operand of an op."""
    x, capture = lift(x), capturing()
    found = capture([x]) if capture is not None and isinstance(x, Box) else None
    return x if found is None else found[0]


def closes_over() -> bool:
    """Whether the functions of the solver that runs here have used a box so far that they close over."""
    capture = capturing()
    return isinstance(capture, _Replacing) and capture.used
