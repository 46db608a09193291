"""Box, level and apply: how an op finds the interpreter that handles it.

Every transform draws a number, its level, and wraps its inputs in boxes of that level. An op goes to the
youngest box among its operands (the highest level); the interpreter of that box opens the boxes of its own
level and applies what it has to compute to the values inside, which are strictly older, down to NumPy:

    multiply(Dual₂(Tensor₁(x)), Tensor₁(y))
        └ level 2, forward:  apply(multiply, Tensor₁(x), Tensor₁(y)), apply(multiply, tangent, Tensor₁(y))
            └ level 1, reverse:  np.multiply(x, y), and a node on the tape
                └ NumPy

There is no stack of transforms and no global mode: what nests is told by the numbers alone, so an exception
leaves nothing behind and perturbations of different transforms cannot be confused.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wengert.errors import NotDifferentiable, explain, user_line

if TYPE_CHECKING:
    from wengert.core.op import Op

__all__ = [
    "NO_PARAMS",
    "WATCH",
    "Box",
    "Capture",
    "apply",
    "capturing",
    "closing",
    "elder",
    "fresh",
    "is_known",
    "look_with",
    "read",
    "refreshed",
    "refuse_subclass",
    "unbridge",
    "watcher",
    "watching",
]

NO_PARAMS: dict[str, Any] = {}
_LOOK: dict[str, Any] = {"copy": True}  # looks at a box and keeps nothing of it

_births = itertools.count(1)
_elders = itertools.count(-1, -1)
_OBJECT = np.dtype(object)


def fresh() -> int:
    """The next level. Level 0 is the eager tape's."""
    return next(_births)


def elder() -> int:
    """A level below the eager tape, for who is to see what the tape itself does."""
    return next(_elders)


class _Watch:
    """How many functions are being traced whole right now, in all threads (`wengert.compiler.lift`).

    Such a trace looks at every box before it is used: what was there before is an input. While it is 0, as it is
    nearly always, nobody has to be asked. closing: how many bodies of loops are being recorded (`closing`). looking:
    how many want to see what every op makes (`look_with`).
    """

    __slots__ = ("closing", "looking", "on")

    def __init__(self) -> None:
        self.on = 0
        self.closing = 0
        self.looking = 0


WATCH = _Watch()


# Sees an op, its operands, its params and its result.
Looker = Callable[[Any, Sequence[Any], Mapping[str, Any], Any], None]


class _Watching(threading.local):
    watcher: Any = None
    lookers: tuple[Looker, ...] = ()


watching = _Watching()


def watcher() -> Any:
    """The trace that this thread is in, which wants to see boxes before they are used; None nearly always."""
    return watching.watcher if WATCH.on else None


class Box:
    """A value with a mark: what one interpreter knows about an array.

    value: an ndarray, a NumPy scalar or a strictly older box. mark: the interpreter's own note about it (the
    node on a tape, the tangent, the variable of a graph, the pattern). level: when its transform was born.
    alias: None, or how this box shares memory with others (`core.view`).

    All subclasses have this very layout, so that a written array can take over the result of the write
    whatever interpreter produced it (`become`).
    """

    __slots__ = ("__dict__", "__weakref__", "alias", "level", "mark", "value")
    value: Any
    mark: Any
    level: int
    alias: Any

    # Whether the numbers inside may decide something: those of a trace are of one run only.
    known: Any = True
    # Whether the mark is a derivative: a node or a tangent, None where there is none.
    differentiates: ClassVar[bool] = False

    # The interpreter: `process(op, operands, params, level)` gives the op's result as a box of this level.
    process: ClassVar[Any]

    if TYPE_CHECKING:  # the attributes of an Array

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, value: Any, mark: Any, level: int) -> None:
        self.value = value
        self.mark = mark
        self.level = level
        self.alias = None
        if WATCH.on and not level and watching.watcher is not None:
            watching.watcher.born(self)

    # The shortest way to `apply` a row of one result to one or two operands; an interpreter may know a shorter one.

    @staticmethod
    def process_one(op: Op, x: Any) -> Any:
        """Apply a row of one operand to a box."""
        return apply(op, (x,))

    @staticmethod
    def process_two(op: Op, x: Any, y: Any) -> Any:
        """Apply a row of two operands, at least one of which is a box."""
        return apply(op, (x, y))

    def become(self, other: Box) -> None:
        """Become what `other` is: the Python object stays, its content is replaced."""
        if type(self) is not type(other) and not isinstance(self, type(other)):
            self.__class__ = type(other)
        self.value = other.value
        self.mark = other.mark
        self.level = other.level

    def copied(self) -> Box:
        """Another box of the same content, that shares no view with anything."""
        return type(self)(self.value, self.mark, self.level)

    def snapshot(self) -> Any:
        """What to remember of this box: its content now, safe from later writes to the user's object."""
        return self.copied()


def apply(op: Op, operands: Sequence[Any], params: Mapping[str, Any] = NO_PARAMS) -> Any:
    """Apply an op to operands: by the youngest box's interpreter, or by NumPy when there is no box."""
    if WATCH.on and watching.watcher is not None:
        watching.watcher.see(operands)
    youngest = None
    level = -(1 << 62)  # older than any
    mixed = False
    for x in operands:
        if isinstance(x, Box):
            if x.alias is not None:
                x.alias.sync(x, op, params)
            if x.level != level:
                mixed = mixed or youngest is not None
                if x.level > level:
                    youngest, level = x, x.level
        elif type(x) is np.ndarray and x.dtype is _OBJECT:
            return apply(op, [unbridge(y) for y in operands], params)
        elif type(x) not in _FIRM and (tight := _tightened(operands)) is not None:
            return apply(op, tight, params)
    if youngest is None:
        return op.impl(*operands, **params)
    if WATCH.closing and (capture := _capture.by) is not None and (captured := capture(operands)) is not None:
        return apply(op, captured, params)
    if mixed:
        operands = [x.snapshot() if isinstance(x, Box) and x.level < level else x for x in operands]
    out = youngest.process(op, operands, params, level)
    if WATCH.looking:
        for look in watching.lookers:
            look(op, operands, params, out)
    if op.attach is not None:
        op.attach(out, operands[0], op, params)
    return out


# While the body of a loop is recorded, what it closes over belongs to the body: the recorder gets to see every operand
# and replaces boxes older than itself by its own.
Capture = Callable[[Sequence[Any]], Sequence[Any] | None]


class _Capturing(threading.local):
    by: Capture | None = None


_capture = _Capturing()


def capturing() -> Capture | None:
    """Who sees the operands of every op of this thread now."""
    return _capture.by


@contextmanager
def closing(capture: Capture | None) -> Iterator[None]:
    """Show the operands of every op of this thread to `capture`, which gives others or None, or to nobody."""
    outer, _capture.by = _capture.by, capture
    with _counting:
        WATCH.closing += 1
    try:
        yield
    finally:
        with _counting:
            WATCH.closing -= 1
        _capture.by = outer


_counting = threading.Lock()


def look_with(lookers: tuple[Looker, ...]) -> tuple[Looker, ...]:
    """Show every op on boxes of this thread, with its operands, params and result, to these; who looked before."""
    before = watching.lookers
    watching.lookers = lookers
    with _counting:
        WATCH.looking += len(lookers) - len(before)
    return before


# Types that NumPy takes as operands, and that rules could not compute with.
_REFUSED = (np.ma.MaskedArray, np.matrix)
# Types that need no second look, as far as they are known: all but those, lists, and complex numbers.
_FIRM: set[type] = {np.ndarray, float, int, bool, np.float64, np.float32, np.int64, np.bool_}
_LOOSE = (complex, list, tuple)


def refuse_subclass(x: Any, what: str) -> None:
    """Raise `NotDifferentiable` for arrays whose arithmetic is not an array's; what: who got it."""
    if type(x) is np.ndarray:
        return
    if type(x).__module__.startswith("scipy.sparse"):
        raise NotDifferentiable(
            explain(
                f"{what} at {user_line()} got a sparse {type(x).__name__} of shape {x.shape}.",
                "Of a sparse matrix of SciPy's we take products with arrays.",
                "Write A @ x, x @ A, A.toarray(), or wengert.scipy.sparse.csr_array for tensors as entries.",
            )
        )
    if not isinstance(x, _REFUSED):
        return
    masked = isinstance(x, np.ma.MaskedArray)
    raise NotDifferentiable(
        explain(
            f"{what} at {user_line()} got a {'masked array' if masked else 'np.matrix'} of shape {x.shape}.",
            "Its mask would be lost." if masked else "Its * is a matrix product, and its axes are always two.",
            "Write np.where(mask, 0, x.data), or x.filled(0) with the mask as an array of its own."
            if masked
            else "Write np.asarray(x).",
        )
    )


_MANY = 1000  # as many types as a program has that does not make classes all the time


def _tightened(operands: Sequence[Any]) -> list[Any] | None:
    """Lists as arrays, and a complex number that meets a float64 as complex128; None if there is nothing to do.

    1j * np.float64(2) is Python's complex, because float64 is also Python's float.
    """
    if not any([isinstance(x, Box) for x in operands]):
        return None
    for x in operands:
        refuse_subclass(x, "an op on a tensor")
        if not isinstance(x, _LOOSE) and len(_FIRM) < _MANY:
            _FIRM.add(type(x))
    double = any([isinstance(x, Box) and x.dtype == np.float64 for x in operands])
    tight = [
        _stacked(x) if isinstance(x, list | tuple) else np.complex128(x) if type(x) is complex and double else x
        for x in operands
    ]
    return tight if any([a is not b for a, b in zip(tight, operands, strict=True)]) else None


def _stacked(x: Any) -> Any:
    """Nested lists of numbers and boxes as one array or box."""
    if isinstance(x, list | tuple) and _has_box(x):
        return np.stack([_stacked(item) for item in x])
    return x if isinstance(x, Box) else unbridge(np.asarray(x))


def _has_box(x: Any) -> bool:
    return isinstance(x, Box) or (isinstance(x, list | tuple) and any([_has_box(item) for item in x]))


def read(x: Any) -> Any:
    """A box's value, up to date with the array that it may be a view of; anything else unchanged."""
    if isinstance(x, Box):
        if WATCH.on and watching.watcher is not None:
            watching.watcher.see((x,))
        if x.alias is not None:
            x.alias.sync(x, None, NO_PARAMS)
        return x.value
    return x


def is_known(x: Any) -> bool:
    """Whether the numbers of a value are those of every run, so that something may be decided by them."""
    while isinstance(x, Box):
        if not x.known:
            return False
        x = x.value
    return True


def refreshed(x: Box) -> bool:
    """Bring a view up to date; whether it was not, so that it may now be a box of another interpreter."""
    return x.alias is not None and x.alias.sync(x, None, _LOOK)


def unbridge(x: Any) -> Any:
    """Stack an object array of boxes (what ``np.array([t0, t1])`` makes) into one box; else unchanged."""
    if type(x) is not np.ndarray or x.dtype is not _OBJECT:
        return x
    if any(isinstance(item, Box) for item in x.flat):
        return np.reshape(np.stack(list(x.flat)), x.shape)
    return x.astype(np.float64)
