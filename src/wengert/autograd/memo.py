"""What a call of a Function leaves for its derivatives: values by reference, everything else as it is.

`forward` runs once, at the very bottom, on plain numbers. Each interpreter above has its own version of the operands
and results, so what is saved is remembered by where it came from:

    ctx.save_for_backward(x, y, h)         x is operand 0, y is result 0, h is neither: it becomes one more
    → Ref(input 0), Ref(output 0), Ref(residual 0)       result of the op, behind the results of the function

and every derivative gets a context in which the references are filled with the versions of its own level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.core.array import Array
from wengert.core.view import version
from wengert.errors import InvalidArgument, explain

__all__ = ["Memo", "Ref", "References", "is_numeric"]


class Ref(NamedTuple):
    """The place of a value among the operands, results or residuals of a call."""

    kind: str
    number: int


class _Slot:
    """A leaf that stands for a reference (a Ref is a tuple, which a tree would take apart)."""

    __slots__ = ("ref",)

    def __init__(self, ref: Ref) -> None:
        self.ref = ref


def is_numeric(x: Any) -> bool:
    """Whether `x` is an array of numbers or truths: a box, an ndarray or a NumPy scalar."""
    return isinstance(x, Array) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "biufc")


class References:
    """Finds where values came from while a call is being remembered."""

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any], dirty: Sequence[Any]) -> None:
        self.residuals: list[Any] = []
        self._alive = [*inputs, *outputs]  # so that no id is used twice
        self._refs: dict[int, Ref] = {}
        overwritten = {id(x) for x in dirty}
        for n, x in enumerate(inputs):
            # An operand that forward wrote to has not the operand's value any more.
            if id(x) not in overwritten and not (isinstance(x, Array) and version(x)):
                self._refs[id(x)] = Ref("input", n)
        for n, x in enumerate(outputs):
            self._refs.setdefault(id(x), Ref("output", n))

    def slot(self, x: Any) -> Any:
        """The slot of an array; anything else unchanged."""
        if not is_numeric(x):
            return x
        if id(x) not in self._refs:
            if _has_tape(x):
                return x
            self._refs[id(x)] = Ref("residual", len(self.residuals))
            self.residuals.append(x)
            self._alive.append(x)
        return _Slot(self._refs[id(x)])

    def slots(self, container: Any) -> Any:
        """The container with every array in it replaced by its slot."""
        return tree.map(self.slot, container)


def _has_tape(x: Any) -> bool:
    """Whether it was computed under `enable_grad`, so that backward can go through a graph of forward's own."""
    return isinstance(x, Array) and not x.level and x.tracked and isinstance(x.value, np.ndarray | np.generic)


class Memo:
    """How a call ended: its results, what it saved, and its context's attributes, with slots for arrays."""

    def __init__(
        self,
        results: Any,
        outputs: int,
        state: dict[str, Any],
        saved: tuple[Any, ...] = (),
        saved_forward: tuple[Any, ...] | None = None,
        *,
        residuals: int = 0,
        every: bool = False,
        materialize: bool = True,
        nondiff: frozenset[int] = frozenset(),
        dirty: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.results = results  # what forward returned: one thing or a tuple, with slots
        self.outputs = outputs  # how many results are arrays
        self.state = state
        self.saved = saved
        self.saved_forward = saved if saved_forward is None else saved_forward
        self.residuals = residuals
        self.materialize = materialize
        self.nondiff = nondiff
        self.dirty = dirty  # pairs of an operand that was written to and the result that it became
        slots = [x for x in tree.leaves((state, self.saved, self.saved_forward)) if isinstance(x, _Slot)]
        self._kept = {slot.ref for slot in slots}
        self._every = every

    def keeps(self, ref: Ref) -> bool:
        """Whether a derivative may ask for this value."""
        return self._every or ref.kind == "residual" or ref in self._kept

    def filled(self, container: Any, value: Callable[[Ref], Any]) -> Any:
        """The container with every slot filled."""
        return tree.map(lambda x: value(x.ref) if isinstance(x, _Slot) else x, container)

    def same_as(self, other: Memo) -> bool:
        """Whether two calls differ in the values of arrays only."""
        mine, structure = tree.flatten(self._content())
        theirs, other_structure = tree.flatten(other._content())
        return structure == other_structure and all(_same(a, b) for a, b in zip(mine, theirs, strict=True))

    def _content(self) -> tuple[Any, ...]:
        flags = (self.outputs, self.residuals, self.materialize, sorted(self.nondiff), self.dirty)
        return self.results, self.state, self.saved, self.saved_forward, flags


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, _Slot):
        return isinstance(b, _Slot) and a.ref == b.ref
    return a is b or (type(a) is type(b) and bool(a == b))


def merged(memos: Sequence[Memo], name: str) -> Memo:
    """The one memo of a batch of calls; raises if their contexts differ in more than arrays."""
    first = memos[0]
    if all(first.same_as(memo) for memo in memos[1:]):
        return first
    raise InvalidArgument(
        explain(
            f"{name} under vmap: its forward left different attributes on ctx, or other results, for some entries.",
            "Plain Python values on ctx belong to the whole batch, so there is not one backward for all entries.",
            "Keep what depends on the input as an array (ctx.save_for_backward), or give a vmap staticmethod.",
        )
    )
