"""Steps in place: what a compiled step replaces (parameters, gradients, buffers) is written where the old one lies.

    value ──▶ program ──▶ value        the tensor's own array, if nobody else holds it; else a copy that is its own then
    grad  ─ ─ (not read) ─▶ grad       the old gradient's array, if nobody else holds it; else a new one

So the first call of a step may allocate, and those after it do not. Whoever keeps an array from before a step keeps its
numbers: an array is overwritten only if the tensor has the one reference to it that there is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wengert.compiler.arguments import ARRAY
from wengert.core.view import Root

if TYPE_CHECKING:
    from wengert.compiler.recipe import Recipe

__all__ = ["InPlace", "in_place", "own"]


class InPlace(NamedTuple):
    """Which inputs of a step's program its results take over.

    pairs: of an input and an output, by their numbers. values: the slots whose tensor's array is given away. grads: the
    slots whose old gradient's array is. spares: per output that gets memory from elsewhere the slot whose gradient it
    becomes.
    """

    pairs: tuple[tuple[int, int], ...] = ()
    values: frozenset[int] = frozenset()
    grads: frozenset[int] = frozenset()
    spares: tuple[tuple[int, int], ...] = ()

    def operands(self, inputs: Sequence[int], recipe: Recipe, tensors: Sequence[Any]) -> list[Any]:
        """The values of these slots, those that are given away in memory of their own."""
        return [
            own(tensors[n], None)
            if n in self.values
            else own(tensors[n], tensors[recipe.slots[n].grad_of or 0])
            if n in self.grads
            else tensors[n].value
            for n in inputs
        ]

    def memory(self, tensors: Sequence[Any]) -> list[Any]:
        """An array for each spare: the gradient that is there and will be forgotten, or a new one."""
        return [_old_gradient(tensors[n]) for _, n in self.spares]

    def forget(self, tensors: Sequence[Any]) -> None:
        """Let go of gradients that were to be overwritten: a program that failed may have begun to."""
        for _, n in self.spares:
            tensors[n].__dict__.pop("_grad", None)


def in_place(recipe: Recipe) -> InPlace:
    """What a recipe may do in place: what it writes to tensors and arguments anyway."""
    if recipe.tracked:
        return InPlace()
    argument = {leaf: n for n, leaf in enumerate(recipe.traced) if recipe.kinds[leaf] == ARRAY}
    slot = {s: len(recipe.traced) + n for n, s in enumerate(recipe.inputs)}
    of_grad = {h.grad_of: s for s, h in enumerate(recipe.slots) if h.grad_of is not None and h.is_input}
    pairs, values, grads, spares = [], set(), set(), []
    for kind, to, output in recipe.effects:
        if kind == "argument" and to in argument:
            pairs.append((argument[to], output))
        elif kind == "value" and to in slot:
            pairs.append((slot[to], output))
            values.add(to)
        elif kind == "grad" and to in of_grad:
            pairs.append((slot[of_grad[to]], output))
            grads.add(of_grad[to])
        elif kind == "grad":
            spares.append((output, to))
    return InPlace(tuple(pairs), frozenset(values), frozenset(grads), tuple(spares))


class _Holder:
    """Something that refers to a value, as a tensor does."""

    value: Any


def _references() -> int:
    holder = _Holder()
    holder.value = object()
    return sys.getrefcount(holder.value)


_ONE = _references()  # what getrefcount says of a value that one object has, while it asks


def own(tensor: Any, owner: Any) -> Any:
    """The array of a tensor, or a copy if others may see it. owner: the tensor whose gradient it is."""
    alias = tensor.alias
    # A gradient is referred to by its owner and by the list of this call's tensors.
    seen = owner is not None and sys.getrefcount(owner.__dict__["_grad"]) > _ONE + 2
    if seen or not (alias is None or type(alias) is Root) or not _is_alone(tensor):
        return np.array(tensor.value)
    return tensor.value


def _is_alone(tensor: Any) -> bool:
    """Whether nothing but the tensor refers to its array, which has its numbers for itself."""
    if sys.getrefcount(tensor.value) != _ONE or type(tensor.value) is not np.ndarray:
        return False
    flags = tensor.value.flags
    return bool(flags.owndata and flags.carray)


def _old_gradient(tensor: Any) -> Any:
    state, value = tensor.__dict__, tensor.value
    if "_grad" in state and sys.getrefcount(state["_grad"]) == _ONE:
        grad = state["_grad"]
        if _is_alone(grad) and grad.value.shape == value.shape and grad.value.dtype == value.dtype:
            return grad.value
    return np.empty(value.shape, value.dtype)
