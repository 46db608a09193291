"""A traced function as something to call again: what goes into its program, and what is made of the results.

arguments ─┐                        ┌─ results       as the eager function returns them
slots ─────┼─ program (a Graph) ────┼─ effects       values and gradients of tensors, arguments written in place
draws ─────┘                        └
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.compiler.arguments import BOX, NUMBER, STATIC, TENSOR, as_number
from wengert.compiler.call import Callee, call
from wengert.compiler.inplace import in_place
from wengert.compiler.lift import standing
from wengert.compiler.places import Place, Watched
from wengert.core.apply import Box, apply, read, watcher
from wengert.core.view import Root, write
from wengert.interpreters.tensor import Tensor, constant

__all__ = ["Effect", "Held", "Recipe", "Result"]


class Result(NamedTuple):
    """One leaf of what the function returns.

    kind: what eager code gives there. what: a result of the program (its number), an argument, a slot, or the object.
    """

    kind: str
    what: Any


class Effect(NamedTuple):
    """Something that the function writes. kind: argument, value, grad or no_grad; to: an argument or slot."""

    kind: str
    to: int
    output: int


class Held(NamedTuple):
    """A tensor that the function uses: where it is found at a call, and what it must be like.

    Found in the arguments, as the gradient of another slot, at a place, or held here.
    """

    arg: int | None
    grad_of: int | None
    tensor: Any
    shape: tuple[int, ...]
    dtype: Any
    standing: int
    graded: bool
    has_grad: bool
    is_input: bool
    place: Place | None = None

    def find(self, leaves: Sequence[Any], before: Sequence[Any], trace: Any) -> Any:
        """The tensor of this call; None if it is not like the one that was traced. trace: who wants to see it."""
        arg, grad_of, t, shape, dtype, wanted, graded, has_grad, _, place = self
        if t is None:
            if arg is not None:
                t = leaves[arg]
            elif grad_of is not None:
                t = before[grad_of].__dict__.get("_grad")
            elif place is not None:
                t = place.get()
            if not isinstance(t, Tensor):
                return None
        if trace is not None:
            trace.see((t,))
        if t.alias is not None:
            read(t)
        value = t.value
        if value.shape != shape or value.dtype != dtype or standing(t) != wanted:
            return None
        return None if graded and ("_grad" in t.__dict__) != has_grad else t


class Recipe:
    """One way to call a traced function: the program, and what is around it."""

    def __init__(
        self,
        callee: Callee,
        kinds: Sequence[str],
        same: Sequence[int],
        slots: Sequence[Held],
        draws: Sequence[Callable[[], Any]],
        results: Sequence[Result],
        structure: tree.Structure,
        effects: Sequence[Effect],
        moving: Sequence[tuple[Place, type]] = (),
        rebound: Sequence[tuple[Place, bool]] = (),
        watched: Watched | None = None,
    ) -> None:
        self.callee = callee
        self.kinds = tuple(kinds)
        self.traced = [n for n, kind in enumerate(kinds) if kind not in (STATIC, TENSOR) and same[n] == n]
        self.slots = tuple(slots)
        self.inputs = [n for n, slot in enumerate(slots) if slot.is_input]
        self.draws = tuple(draws)
        self.results = tuple(results)
        self.structure = structure
        self.effects = tuple(effects)
        self.written = [to for kind, to, _ in effects if kind == "argument"]
        self.moving = tuple(moving)
        self.rebound = tuple(rebound)
        self.watched = watched
        self.tracked = any(r.kind == "tracked" for r in results)
        self.in_place = in_place(self)
        if not callee.into and callee.program is None:
            callee.donate = (*callee.donate, *self.in_place.pairs)
            callee.into = tuple([output for output, _ in self.in_place.spares])
        # Nothing but arrays and numbers go in and come out: the trampoline can do the whole call.
        self.published: set[Any] = set()  # the ways to write a call that it does
        self.is_plain = not (self.slots or self.draws or self.effects or self.moving or {TENSOR, BOX} & set(kinds))

    def tensors(self, leaves: Sequence[Any]) -> list[Any] | None:
        """The tensors of this call; None if they, or what is beside them, are not like what was traced."""
        if self.watched is not None and not self.watched.is_same():
            return None
        if self.moving and any([type(place.get()) is not kind for place, kind in self.moving]):
            return None
        found: list[Any] = []
        trace = watcher()
        for slot in self.slots:
            t = slot.find(leaves, found, trace)
            if t is None:
                return None
            found.append(t)
        return found

    def is_inside(self, tensors: Sequence[Any]) -> bool:
        """Whether the call is part of another interpreter's work, so that boxes have to go through the program."""
        return BOX in self.kinds or any([isinstance(t.value, Box) for t in tensors])

    def run(
        self, leaves: Sequence[Any], tensors: Sequence[Any], places: Mapping[int, Any] = MappingProxyType({})
    ) -> Any:
        """Run the program on numbers, do what it says to the tensors, and return its results.

        places: arrays that results of the program are to be written to, if possible.
        """
        drawn = self._drawn()
        args = [as_number(leaves[n]) if self.kinds[n] == NUMBER else _native(leaves[n]) for n in self.traced]
        if self.tracked:
            operands = [*args, *[tensors[n] for n in self.inputs], *drawn]
            boxes = apply(call, operands, {"program": self.callee})
            outs: Sequence[Any] = [read(o) for o in boxes]
        else:
            values = self.in_place.operands(self.inputs, self, tensors)
            callee = self.callee.writing((*self.callee.into, *places)) if places else self.callee
            try:
                outs = boxes = callee(*args, *values, *drawn, *self.in_place.memory(tensors), *places.values())
            except BaseException:
                self.in_place.forget(tensors)
                raise
            del args, values
        if self.effects:
            self._write(outs, leaves, tensors)
        return self.assembled(outs, boxes, leaves, tensors)

    def assembled(
        self, outs: Sequence[Any], boxes: Sequence[Any], leaves: Sequence[Any], tensors: Sequence[Any]
    ) -> Any:
        """What the function returns, from the results of the program."""
        found = self._found(outs, boxes, leaves, tensors)
        return found[0] if self.structure.cls is None else self.structure.unflatten(found)

    def _found(self, outs: Sequence[Any], boxes: Sequence[Any], leaves: Sequence[Any], tensors: Sequence[Any]) -> Any:
        found: list[Any] = []
        for kind, what in self.results:
            if kind == "array":
                o = outs[what]
                found.append(o if isinstance(o, np.ndarray) else np.asarray(o))
            elif kind == "scalar":
                found.append(outs[what][()])
            elif kind == "tracked":
                found.append(boxes[what])
            elif kind == "tensor":
                found.append(constant(outs[what][()]))
            elif kind == "leaf":
                found.append(constant(outs[what][()]).requires_grad_())
            elif kind == "number":
                found.append(outs[what].item())
            else:
                found.append(self._same(kind, what, leaves, tensors))
        return found

    def _drawn(self) -> list[Any]:
        """Inputs that are no arguments and no tensors: random numbers, and numbers in attributes and the like."""
        if not (self.draws or self.moving):
            return _NONE
        drawn = [np.asarray(make())[()] for make in self.draws]
        return drawn + [as_number(place.get()) for place, _ in self.moving]

    def run_inside(self, leaves: Sequence[Any], tensors: Sequence[Any]) -> Any:
        """Apply the program as one op to boxes; there are no effects."""
        drawn = self._drawn()
        args = [as_number(leaves[n]) if self.kinds[n] == NUMBER else leaves[n] for n in self.traced]
        outs = apply(call, [*args, *[tensors[n] for n in self.inputs], *drawn], {"program": self.callee})
        shared = ("array", "scalar", "number", "tracked", "tensor", "leaf")
        found = [
            outs[what] if kind in shared else self._same(kind, what, leaves, tensors) for kind, what in self.results
        ]
        return self.structure.unflatten(found)

    def _same(self, kind: str, what: Any, leaves: Sequence[Any], tensors: Sequence[Any]) -> Any:
        if kind == "argument":
            return leaves[what]
        if kind == "slot":
            return tensors[what]
        return what.copy() if kind == "constant" else what

    def _write(self, outs: Sequence[Any], leaves: Sequence[Any], tensors: Sequence[Any]) -> None:
        for to in self.written:
            if not leaves[to].flags.writeable:
                raise ValueError("output array is read-only")
        for kind, to, output in self.effects:
            if kind == "argument":
                if outs[output] is not leaves[to]:
                    leaves[to][...] = outs[output]
            elif kind == "value":
                _take(tensors[to], _value(outs[output]))
            elif kind == "tensor":
                place, is_leaf = self.rebound[to]
                place.put(constant(_value(outs[output])).requires_grad_(is_leaf))
            elif kind == "place":
                self.moving[to][0].put(outs[output].item())
            elif kind == "grad":
                _give_grad(tensors[to].__dict__, outs[output])
            else:
                tensors[to].__dict__.pop("_grad", None)


_NONE: list[Any] = []


def _value(x: Any) -> Any:
    """A result as tensors have it: an array itself, not a view of it, or a scalar."""
    return x if x.shape else x[()]


def _give_grad(state: dict[str, Any], value: Any) -> None:
    """Let a tensor with this state have a gradient. One that nobody else knew was overwritten: it is the new one."""
    old = state.get("_grad")
    if old is None or old.value is not value or old.mark is not None:
        state["_grad"] = constant(_value(value))


def _take(tensor: Any, value: Any) -> None:
    """Let a tensor have a new value, as an in-place write does that no tape records."""
    alias = tensor.alias
    if alias is not None and type(alias) is not Root:
        write(tensor, constant(value))
        return
    tensor.value = value
    if alias is None:
        alias = tensor.alias = Root()
    alias.version += 1
    alias.owned = False


def _native(x: Any) -> Any:
    """An array in the machine's byte order, of NumPy's own class."""
    if type(x) is np.ndarray and x.dtype.isnative:
        return x
    if isinstance(x, np.ndarray) and not x.dtype.isnative:
        return x.astype(x.dtype.newbyteorder("="))
    return x.view(np.ndarray) if isinstance(x, np.ndarray) and type(x) is not np.ndarray else x
