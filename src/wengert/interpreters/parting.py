"""Where a reverse rule is 0/0: l'Hôpital's rule, by derivatives of the cotangents.

The adjoint of `eigh` divides by differences of eigenvalues. Where two coincide, so do their shares in the dividend, for
any function that has a derivative, and the quotient is that of the derivatives along a direction k in which the
eigenvalues part. These need no other run of the function: with L the loss as a function of the op's results r, second
derivatives are symmetric, so

    ∂ₖ ∇L(r)  =  ∇ ⟨∇L(r), k⟩

which is one sweep from the roots to the op, recorded, and a second one from ⟨∇L, k⟩ back to it; and so on for higher
derivatives, which are needed where the result is to be differentiated again. The sweeps go over the nodes that are
younger than the op, all of which still have what they saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box, fresh, is_known, read
from wengert.core.array import Array
from wengert.core.op import Parted
from wengert.errors import NotDifferentiable, explain, user_line
from wengert.interpreters.tape import Node, Wrap

__all__ = ["Layer", "parted"]

# From roots with their cotangents, how to wrap saved values, and how often the result will be differentiated, to the
# cotangents of the node's results; None if none arrives.
Roots = Sequence[tuple[Node, Any]]
Walk = Callable[[Roots, Wrap | None, int], Any]

# Each derivative is a sweep over the sweep before, so that their cost grows exponentially.
_MOST = 4


class Layer:
    """Wraps a saved value and the node that made it as a tracked tensor again, so that a sweep is recorded.

    level: of that tensor. below: the layer that records the same sweep at an older level.
    """

    __slots__ = ("below", "level")

    def __init__(self, level: int, below: Wrap | None = None) -> None:
        self.level = level
        self.below = below

    def __call__(self, value: Any, node: Node) -> Any:
        """The saved value as a tensor; as it is where it was recorded further outside, so that it has been wrapped."""
        if node.level > self.level or (isinstance(value, Box) and value.level >= self.level):
            return value
        made = Array.constant(value if self.below is None else self.below(value, node))
        made.mark, made.level, made.alias = node, self.level, None
        return made


def parted(node: Node, g: Any, args: Sequence[Any], roots: Roots, wrap: Wrap | None, again: int, walk: Walk) -> Any:
    """The cotangents of a node's results, with their derivatives if some of its results coincide.

    args: what the node's rule reads. roots: where the sweep began. wrap: how it is recorded. again: how often its
    result will be differentiated by sweeps over it. Raises `NotDifferentiable` if too many derivatives are needed.
    """
    assert node.op.parting is not None
    values = _flat(args)
    if not all([is_known(x) for x in values]) or (directions := node.op.parting(g, *args)) is None:
        return g
    below = max([_below(x) for x in values])
    count = 1 + again + below
    if count > _MOST:
        raise NotDifferentiable(
            explain(
                f"{node.op.name} needs {count} further derivatives of all that follows it, at {user_line()}.",
                "Its values coincide, where one derivative is the limit of a quotient, and those of chains multiply.",
                "Use a function of the matrix itself (wg.scipy.linalg.sqrtm, expm, ...), or move off the point.",
            )
        )
    found = Parted(g)
    found.along = _along(node, directions, roots, wrap, count, below, walk)
    return found


def _along(
    node: Node, directions: Any, roots: Roots, wrap: Wrap | None, count: int, below: int, walk: Walk
) -> Sequence[Any]:
    """The first `count` derivatives of the cotangents, by sweeps recorded at a level of their own.

    It is younger than whatever the cotangents are made of, such as a batch of them.
    """
    level = fresh()
    inner = Layer(level, wrap)

    def again(left: int) -> int:
        # Each further sweep differentiates once, and once more where it comes to coinciding values.
        return max(2 * left - below, 0)

    moved = walk(roots, inner, again(count))
    out = []
    for left in reversed(range(count)):
        roots = [(x.mark, k) for x, k in zip(moved or (), directions, strict=False) if _on_tape(x, k, level)]
        moved = walk(roots, inner if left else wrap, again(left)) if roots else None
        arrived = moved or [None] * len(directions)
        out.append([_zeros(s) if x is None else _opened(x, level) for x, s in zip(arrived, node.specs, strict=True)])
    return out


def _on_tape(x: Any, k: Any, level: int) -> bool:
    return k is not None and isinstance(x, Box) and x.level == level and isinstance(x.mark, Node)


def _opened(x: Any, level: int) -> Any:
    return read(x) if isinstance(x, Box) and x.level == level else x


def _zeros(spec: Any) -> Any:
    shape, dtype = spec
    return np.broadcast_to(np.zeros((), dtype), shape)


def _flat(args: Any) -> list[Any]:
    return [x for a in args for x in _flat(a)] if isinstance(args, tuple) else [args]


def _below(x: Any) -> int:
    """How often transforms further inside differentiate what is computed from a value.

    A forward one does so once, or once per coefficient of a series; a sweep once, and once more where it comes to
    coinciding values itself.
    """
    count = 0
    while isinstance(x, Box):
        if x.mark is not None and x.differentiates:
            count += 2 if isinstance(x.mark, Node) else len(x.mark) if isinstance(x.mark, list) else 1
        x = x.value
    return count
