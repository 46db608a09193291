"""Links: applications of ops as the two sweeps of an explanation see them, whether traced or found on a tape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from wengert.core.apply import apply
from wengert.core.formula import Env
from wengert.core.op import Op
from wengert.explanation import partials
from wengert.interpreters.forward import fit
from wengert.transforms.reverse import vjp

__all__ = ["Applied", "Link"]


class Link(Protocol):
    """An application of an op."""

    op: Op

    @property
    def operands(self) -> Sequence[int | None]:
        """The numbers of the steps that were read; None is a constant."""
        ...

    @property
    def results(self) -> Sequence[int]:
        """The numbers of the steps that were made."""
        ...

    def pull(self, gs: Sequence[Any], wanted: Sequence[int]) -> dict[int, Any]:
        """What each wanted operand gets of the cotangents of the results, by position."""
        ...

    def push(self, tangents: Sequence[Any]) -> Sequence[Any]:
        """The tangents of the results; None is zero."""
        ...

    def local(self, position: int, names: Sequence[str]) -> tuple[Any, str]:
        """The local derivative (numbers or words) and its formula. names: of the operands and the result."""
        ...

    def saved(self, wanted: Sequence[int]) -> int:
        """Bytes that a tape keeps for pulling to the wanted operands."""
        ...


class Applied:
    """A traced application, with all its values."""

    __slots__ = ("op", "operands", "out", "params", "results", "values")

    def __init__(
        self, op: Op, values: Sequence[Any], params: Mapping[str, Any], outs: Sequence[Any],
        operands: Sequence[int | None], results: Sequence[int],
    ) -> None:  # fmt: skip
        self.op = op
        self.values = values
        self.params = params
        self.out = outs[0] if op.outputs == 1 else tuple(outs)
        self.operands = operands
        self.results = results

    @property
    def _several(self) -> bool:
        return self.op.outputs != 1 or self.op.joint_vjp is not None or self.op.taped is not None

    def pull(self, gs: Sequence[Any], wanted: Sequence[int]) -> dict[int, Any]:
        """By the rule of every operand; an op of several results is differentiated as a function of its own."""
        if self._several:
            return self._pull_all(gs, wanted)
        (g,) = gs
        out: Any = self.out
        formulas = self.op.conj_vjps if out.dtype.kind == "c" else self.op.vjps
        env = Env((*self.values, self.out)) if len(self.values) > 2 else (*self.values, self.out)
        found = {}
        for position in wanted:
            formula = formulas[position]
            if formula is not None:
                found[position] = formula.function(g, *formula.gather(env, self.params))
        return found

    def _pull_all(self, gs: Sequence[Any], wanted: Sequence[int]) -> dict[int, Any]:
        def function(*chosen: Any) -> Any:
            values = list(self.values)
            for position, x in zip(wanted, chosen, strict=True):
                values[position] = x
            return apply(self.op, values, self.params)

        _, pullback = vjp(function, *[self.values[p] for p in wanted])
        given = gs[0] if self.op.outputs == 1 else tuple(gs)
        return dict(zip(wanted, pullback(given), strict=True))

    def push(self, tangents: Sequence[Any]) -> Sequence[Any]:
        """By the op's forward rule."""
        op = self.op
        if op.vjps is None or all(t is None for t in tangents):
            return [None] * len(self.results)
        if op.dual is not None:
            moved = op.dual(self.values, tangents, self.params)[1]
        else:
            moved = op.jvp(self.values, self.out, tangents, self.params)
        if op.outputs == 1:
            return [fit(moved, self.out)]
        moved = (None,) * len(self.out) if moved is None else moved
        return [fit(t, o) for t, o in zip(moved, self.out, strict=True)]

    def local(self, position: int, names: Sequence[str]) -> tuple[Any, str]:
        """Of an elementwise op its partial and the formula of it, of others a description."""
        op = self.op
        if op.kind != "elementwise":
            return partials.linear_text(op, position, names), ""
        local = partials.numbers(op, position, self.values, self.out, self.params)
        return local, partials.formula_text(op, position, self.values, self.out, self.params, names)

    def saved(self, wanted: Sequence[int]) -> int:
        """Bytes of the operands and results that the wanted rules read, each once."""
        kept: dict[int, Any] = {}
        for position in wanted:
            formula = self.op.vjps[position]
            for source in formula.sources if formula is not None else ():
                for n in _positions(source, formula.position, len(self.values)):
                    kept[n] = self.out if n < 0 else self.values[n]
        return sum([_nbytes(x) for x in kept.values()])


def _positions(source: Any, own: int, count: int) -> Sequence[int]:
    if isinstance(source, int):
        return (source,)
    if source == "value":
        return (own,)
    if source in ("others", "values"):
        return [n for n in range(count) if source == "values" or n != own]
    return ()


def _nbytes(x: Any) -> int:
    if isinstance(x, tuple):
        return sum([_nbytes(y) for y in x])
    return int(x.nbytes) if isinstance(x, np.ndarray | np.generic) else 0
