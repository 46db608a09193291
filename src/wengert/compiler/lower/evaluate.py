"""Asking nodes for entries: the rules of maps run until only loads are left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Value
from wengert.compiler.lower.nodes import Flat, Node, Place, linear

__all__ = ["Evaluator"]


class Evaluator:
    """Computes entries of nodes, each once.

    known: entries of stored nodes that need no load, because they were computed where we are now. seen: told of every
    other read of a stored node. checks: conditions that rules need to hold, until somebody writes them down.
    """

    def __init__(self, builder: Builder, seen: Callable[[Node, Place], None] | None = None) -> None:
        self.b = builder
        self.seen = seen
        self.known: dict[tuple[Node, Place], Value] = {}
        self.checks: list[Value] = []
        self._memo: dict[Any, Value] = {}

    def at(self, node: Node, place: Place, guard: Value | None = None) -> Value:
        """The entry of a node, needed only where the guard holds."""
        found = self._direct(node, place, guard)
        if found is not None:
            return found
        return self.run(node.rule(self.b, place), guard, (node, place, guard and guard.serial))

    def run(self, asking: Any, guard: Value | None = None, key: Any = None) -> Value:
        """The Value that a rule returns when it gets what it asks for."""
        stack = [(key, asking, guard)]
        answer: Any = None
        while True:
            key, asking, guard = stack[-1]
            try:
                request = asking.send(answer)
            except StopIteration as done:
                answer = done.value
                self._memo[key] = answer
                stack.pop()
                if not stack:
                    return answer  # type: ignore[no-any-return]
                continue
            node, place = request[0], request[1]
            if node is None:  # a condition that has to hold here
                self.checks.append(place if guard is None else self.b("or", place, self.b("not", guard)))
                answer = None
                continue
            inner = guard if len(request) < 3 else self.b.all(guard, request[2])
            answer = self._direct(node, place, inner)
            if answer is None:
                stack.append(((node, place, inner and inner.serial), node.rule(self.b, place), inner))

    def _direct(self, node: Node, place: Place, guard: Value | None) -> Value | None:
        """An entry that needs no rule."""
        if (guard is not None and guard.op == "const" and not guard.attr) or 0 in node.shape:
            return self.b.const(0, node.code)  # nobody needs it: an array without entries is asked in vain only
        if node.stored is None:
            return self._memo.get((node, place, guard and guard.serial))
        known = self.known.get((node, place))
        if known is not None:
            return known
        if self.seen is not None:
            self.seen(node, place)
        return self.b.load(node.stored, place.at if type(place) is Flat else linear(place, node.shape), guard)
