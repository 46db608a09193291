"""Tracing a function whole, with what it does to eager tensors: parameters, their gradients, optimisers' buffers.

The recorder is born below the eager tape, so the tape itself runs over symbols, and so does everything on it:

    w                Tensor₀(value)                      before
    w, during        Tensor₀(Symbol₋₁(value))            the tape, backward() and in-place writes see an ordinary value
    w, afterwards    Tensor₀(value)                      and the program has w as an input, and as a result if written

A tensor that the function did not make is lifted when it is first touched: it becomes a `Slot`. What is made during
the trace is known by its birth. When the trace is over there are two ways to go on:

    rollback    every slot is as it was; the program, which can be called again, does the work
    commit      the run that was recorded counts: every symbol is replaced by the value it had
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import WATCH, Box, apply, elder, fresh, read, refreshed, watching
from wengert.core.view import Detached, Root, View
from wengert.errors import TapeError, explain
from wengert.interpreters.record import Symbol, Trace, Variable
from wengert.interpreters.tape import AccumulateGrad, Node, leaf, mode
from wengert.spec import spec

__all__ = ["LEAF", "RESULT", "UNTRACKED", "Foreign", "Lift", "Slot", "number_of", "standing", "tape_of"]

_counting = threading.Lock()


class Foreign(BaseException):
    """A box of somebody else's transform was met: this call cannot be a program of its own. Never seen by users."""


UNTRACKED, LEAF, RESULT = range(3)


def standing(x: Any) -> int:
    """How a tensor stands on the eager tape: not at all, as a leaf, or as the result of an op."""
    return UNTRACKED if x.mark is None else LEAF if type(x.mark) is AccumulateGrad else RESULT


class Slot:
    """A tensor that the function uses and did not make: how it was, and the input that stands for it."""

    __slots__ = ("alias", "arg", "grad", "graded", "mark", "root", "seen", "tensor", "value", "variable")

    def __init__(self, tensor: Any, arg: int | None) -> None:
        self.tensor = tensor
        self.arg = arg
        self.value, self.mark, self.alias = tensor.value, tensor.mark, tensor.alias
        self.grad = tensor.__dict__.get("_grad")
        self.graded = False  # whether the function looked at its gradient
        self.variable: Variable | None = None  # None: it is derived from the slot that it is a view of
        alias = tensor.alias
        self.seen: Any = None
        self.root: Any = (alias.version, alias.owned, alias.strides) if isinstance(alias, Root) else None
        if type(alias) is Detached:
            self.seen = alias.seen
        elif type(alias) is View:
            self.seen = alias.version

    def restore(self) -> None:
        """Make the tensor what it was."""
        tensor, alias = self.tensor, self.alias
        tensor.value, tensor.mark, tensor.alias = self.value, self.mark, alias
        if self.root is not None:
            alias.version, alias.owned, alias.strides = self.root
        if type(alias) is Detached:
            alias.seen = self.seen
        elif type(alias) is View:
            alias.version = self.seen
        if self.grad is None:
            tensor.__dict__.pop("_grad", None)
        else:
            tensor.__dict__["_grad"] = self.grad


class Lift:
    """One trace below the eager tape, as a context: outside of it everything is as before, or committed."""

    def __init__(self, name: str) -> None:
        self.trace = Trace(name)
        self.numbers: dict[Variable, Any] = {}
        self.trace.given = self.numbers
        self.level = elder()
        self.start = fresh()
        self.slots: dict[int, Slot] = {}
        self.draws: list[tuple[Callable[[], Any], Variable]] = []
        self._made: dict[int, weakref.ref[Any]] = {}
        self._generators: dict[int, tuple[Any, Any]] = {}
        self._outer: Any = None

    # --- the trace as a context -------------------------------------------------------------------------------

    def __enter__(self) -> Lift:
        self._outer = watching.watcher, mode.traced
        if self._outer[0] is not None:
            self._outer[0].trace.short = False
        watching.watcher, mode.traced = self, True
        with _counting:
            WATCH.on += 1
        return self

    def pause(self) -> None:
        """Stop watching."""
        if self._outer is not None:
            with _counting:
                WATCH.on -= 1
            (watching.watcher, mode.traced), self._outer = self._outer, None
            self.trace.short = False
            if watching.watcher is not None:
                watching.watcher.trace.short = True

    def __exit__(self, *exc: object) -> None:
        self.rollback()
        self.trace.equations = []
        self.numbers.clear()  # the variables of the graph know the trace
        self.trace.closed = True

    def rollback(self) -> None:
        """Make every tensor, and every source of random numbers, what it was before the trace."""
        self.pause()
        for slot in self.slots.values():
            slot.restore()
        for generator, state in self._generators.values():
            generator.bit_generator.state = state
        self._generators.clear()

    # --- what the core tells the watcher ------------------------------------------------------------------------

    def born(self, box: Box) -> None:
        """A box was made."""
        if box.level == 0:
            self._made[id(box)] = weakref.ref(box)

    def see(self, operands: Sequence[Any]) -> None:
        """Boxes are about to be used."""
        for x in operands:
            if isinstance(x, Box):
                level = x.level
                if level == 0:
                    self._see_tensor(x)
                elif level != self.level and level < self.start:
                    raise Foreign

    def see_grad(self, tensor: Any) -> None:
        """The gradient of a tensor is about to be read or replaced."""
        if tensor.level == 0:
            self._see_tensor(tensor)
            if id(tensor) in self.slots:
                self.slots[id(tensor)].graded = True

    def draw(self, generator: Any, make: Callable[[], Any]) -> Any:
        """Random numbers: an input of the program, drawn anew for every run."""
        self._generators.setdefault(id(generator), (generator, generator.bit_generator.state))
        return self.ask(make)

    def ask(self, make: Callable[[], Any]) -> Any:
        """A number that Python knows: an input of the program, asked for anew by every run."""
        value = np.asarray(make())[()]
        variable = Variable(self.trace, spec(value))
        self.draws.append((make, variable))
        self.numbers[variable] = value
        return Symbol(value, variable, self.level)

    # --- lifting ---------------------------------------------------------------------------------------------------

    def _see_tensor(self, x: Any) -> None:
        value = x.value
        if isinstance(value, Box):
            if value.level != self.level:
                raise Foreign
        elif not self.made(x) and id(x) not in self.slots:
            self.lift(x)

    def made(self, x: Any) -> bool:
        """Whether the tensor was born during this trace."""
        reference = self._made.get(id(x))
        return reference is not None and reference() is x

    def lift(self, x: Any, arg: int | None = None) -> None:
        """Replace the value of a tensor by a symbol; a view is derived again from the tensor that it looks at."""
        slot = self.slots[id(x)] = Slot(x, arg)
        alias = x.alias
        if arg is not None and not (alias is None or type(alias) is Root):
            x.alias, alias = None, None  # an argument is an input of its own, whatever it is a view of
        source = alias.base if type(alias) is View else alias.source() if type(alias) is Detached else None
        if source is not None:
            if source.level:
                raise Foreign
            self._see_tensor(source)
            derived = source
            for op, params in alias.steps:
                derived = apply(op, (derived,), params)
            x.value = read(derived)
            if type(alias) is View:
                x.mark = derived.mark
            return
        slot.variable = Variable(self.trace, spec(x.value))
        self.numbers[slot.variable] = x.value
        x.value = Symbol(x.value, slot.variable, self.level)
        if standing(x) == RESULT:
            x.mark = leaf(x.shape, x.dtype, 0, _reached)

    # --- the end ---------------------------------------------------------------------------------------------------

    def alive(self) -> Iterator[Any]:
        """The tensors that were born during the trace and still are somebody's."""
        for reference in list(self._made.values()):
            tensor = reference()
            if tensor is not None:
                yield tensor

    def held_elsewhere(self, known: list[Any], others: Sequence[int]) -> bool:
        """Whether a tensor born during the trace is held by somebody else than this list and the slots' gradients.

        others: the ids of tensors that are held once more.
        """
        expected: dict[int, int] = {}
        for x in known:
            expected[id(x)] = expected.get(id(x), 0) + 1
        for n in [*others, *[id(slot.tensor.__dict__.get("_grad")) for slot in self.slots.values()]]:
            expected[n] = expected.get(n, 0) + 1
        for n in [id(t.alias.base) for t in self.alive() if type(t.alias) is View]:
            expected[n] = expected.get(n, 0) + 1
        x = None  # it would count
        # Three more refer to it: the generator, this loop, and getrefcount itself.
        return any([sys.getrefcount(t) - 3 > expected.get(id(t), 0) for t in self.alive()])

    def commit(self) -> None:
        """Let the recorded run count: every symbol becomes the value that it had."""
        self.pause()
        self._generators.clear()
        nodes: list[Node] = []
        for x in [*[slot.tensor for slot in self.slots.values()], *self.alive()]:
            x.value = number_of(x.value)
            if isinstance(x.mark, Node):
                nodes.append(x.mark)
        for slot in self.slots.values():
            tensor = slot.tensor
            if tensor.alias is not slot.alias and slot.alias is not None and tensor.alias is None:
                tensor.alias = slot.alias
        for node in tape_of(nodes):
            if node.saved is not None:
                node.saved = tuple([_numbers(args) for args in node.saved])
        self.slots.clear()


def _reached() -> Any:
    raise TapeError(
        explain(
            "backward() inside a compiled function reached a tensor that was computed outside of it.",
            "The graph behind that tensor belongs to one run, so a program cannot go through it again.",
            "Compute the tensor inside the compiled function, or call backward() outside.",
        )
    )


def number_of(x: Any) -> Any:
    """The value under all symbols of this run."""
    while isinstance(x, Symbol):
        refreshed(x)
        x = x.mark.trace.number(x)
    return x


def _numbers(args: Any) -> Any:
    if type(args) is tuple:
        return tuple([_numbers(a) for a in args])
    return number_of(args)


def tape_of(roots: Sequence[Node]) -> Iterator[Node]:
    """Every node that these nodes lead to, themselves included."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(node.edges)
            yield node
