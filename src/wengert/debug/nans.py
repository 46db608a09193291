"""nans: raise where a NaN or an infinity is born, in a value, a tangent or an adjoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.autograd.grad_mode import Setting
from wengert.compiler.api import unpublish
from wengert.core.apply import Box, look_with, watching
from wengert.core.formula import Formula
from wengert.core.op import Op
from wengert.debug.frames import in_a_rule
from wengert.debug.rewrites import rewrite
from wengert.errors import NonFinite, explain, user_line
from wengert.explanation.births import birth_class
from wengert.explanation.watch import bare
from wengert.interpreters.tape import Node, mode

__all__ = ["nans"]


class nans(Setting):  # noqa: N801 - reads as what it is about: with wg.debug.nans()
    """Raise `NonFinite` at the op in which a NaN or an infinity is born; for a ``with`` block or a decorated function.

    infs: whether infinities count. Values, tangents and adjoints of tensors are looked at, on the eager tape, in every
    transform and in compiled functions, which run uncompiled meanwhile; what plain NumPy computes is not seen. A NaN
    that is given is not born; nor is one in an adjoint that a mask keeps out; one in a value is, whatever becomes of
    it. The error tells op, operand, the user's line (of an adjoint that of the forward op), what went wrong and what to
    write instead.
    While no block is active nothing is looked at, and nothing is slower.

    >>> import numpy as np, wengert as wg
    >>> with wg.debug.nans():
    ...     wg.grad(lambda x: np.sqrt(np.sum(x * x)))(np.zeros(2))
    Traceback (most recent call last):
    ...
    wengert.errors.NonFinite: An infinity was born in the adjoint of operand `x` of sqrt, recorded at ...
    The local derivative is inf and the cotangent 1: an infinite slope.
    Write np.linalg.norm or np.hypot for the root of a sum of squares (their derivative at 0 is 0), or ...
    """

    def __init__(self, infs: bool = True) -> None:
        super().__init__()
        self.infs = infs

    def again(self) -> nans:
        """The same setting for one call."""
        return nans(self.infs)

    def enter(self) -> Any:
        """Begin to look."""
        unpublish()
        before = mode.inspect, mode.noting, look_with((*watching.lookers, _Values(self._test)))
        mode.inspect, mode.noting = self._adjoint, True
        return before

    def leave(self, before: Any) -> None:
        """Look no more."""
        mode.inspect, mode.noting, lookers = before
        look_with(lookers)

    def _test(self, x: Any) -> str:
        """The kind of what is not finite among the numbers of a value: "NaN", "infinity" or ""."""
        x = np.asarray(x)
        if x.dtype.kind not in "fc" or np.isfinite(x).all():
            return ""
        if np.isnan(x).any():
            return "NaN"
        return "infinity" if self.infs else ""

    def _adjoint(self, node: Node, rule: Formula, g: Any, args: Sequence[Any], c: Any) -> None:
        """Look at the contribution of a rule in a sweep."""
        if isinstance(c, tuple) or c is None or isinstance(g, tuple):
            return
        numbers, given = np.asarray(bare(c)), np.asarray(bare(g))
        kind = self._test(numbers)
        if not kind:
            self._tangents_of_adjoint(node, rule, g, c)
        saved = [self._test(bare(a)) for a in args if isinstance(a, Box | np.ndarray | np.generic)]
        if not kind or kind in saved or self._test(given) in (kind, "NaN"):
            return  # it came from a value that the rule reads, or with the cotangent
        op, n = node.op, rule.position
        name = _operand(op, n)
        line = node.extra.trace if node.extra is not None and node.extra.trace else "a line before the block"
        local, at = _local_derivative(op, rule, args, numbers, self._test)
        where = _entry(given, at)
        if kind == "NaN":
            cause = "0·∞" if (not where and np.isinf(local)) or (not local and np.isinf(where)) else "undefined"
        else:
            cause = "an infinite slope" if not np.isfinite(local) else "an overflow"
        raise NonFinite(
            explain(
                f"{_a(kind)} was born in the adjoint of operand `{name}` of {op.name}, recorded at {line}"
                f"{f', entry {list(at)}' if at else ''}.",
                f"The local derivative is {local:.4g} and the cotangent {where:.4g}: {cause}.",
                rewrite(op.name, "" if op.name != "multiply" else cause),
            ),
            what="adjoint", op=op.name, operand=name, line=line, cause=cause,
        )  # fmt: skip

    def _tangents_of_adjoint(self, node: Node, rule: Formula, g: Any, c: Any) -> None:
        """Look at the tangents that a contribution carries, in a second derivative."""
        given = [self._test(t) for t in _tangents(g)]
        for t in _tangents(c):
            kind = self._test(t)
            if kind and kind not in given:
                line = node.extra.trace if node.extra is not None and node.extra.trace else "a line before the block"
                name, at = _operand(node.op, rule.position), _first(t, kind)
                cause = "undefined" if kind == "NaN" else "an infinite slope"
                raise NonFinite(
                    explain(
                        f"{_a(kind)} was born in the tangent of the adjoint of operand `{name}` of {node.op.name}, "
                        f"recorded at {line}{f', entry {list(at)}' if at else ''}.",
                        f"The second derivative of {node.op.name} is not finite there: {cause}.",
                        rewrite(node.op.name, ""),
                    ),
                    what="adjoint", op=node.op.name, operand=name, line=line, cause=cause,
                )  # fmt: skip


class _Values:
    """Looks at values and tangents."""

    def __init__(self, test: Callable[[Any], str]) -> None:
        self.test = test

    def __call__(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], out: Any) -> None:
        for o in out if isinstance(out, tuple) else (out,):
            if not isinstance(o, Box):
                continue
            self._value(op, operands, o)
            while isinstance(o, Box):
                if o.differentiates and isinstance(o.mark, Box | np.ndarray | np.generic):
                    self._tangent(op, operands, o)
                o = o.value

    def _value(self, op: Op, operands: Sequence[Any], out: Any) -> None:
        kind = self.test(bare(out))
        if not kind:
            return
        numbers = [np.asarray(bare(x)) for x in operands]
        if any(self.test(x) in (kind, "NaN") for x in numbers) or in_a_rule():
            return  # it came from an operand; or it is the matter of a tangent or an adjoint
        cause = birth_class(op.name, numbers, kind)
        at = _first(bare(out), kind)
        shown = [f"{_operand(op, n)} = {_entry(x, at):.4g}" for n, x in enumerate(numbers) if x.dtype.kind in "fciu"]
        line = user_line()
        raise NonFinite(
            explain(
                f"{_a(kind)} was born in the value of {op.name} at {line}{f', entry {list(at)}' if at else ''}.",
                f"Its operands are {', '.join(shown)}: {cause}.",
                rewrite(op.name, cause),
            ),
            what="value", op=op.name, operand=_operand(op, _guilty(numbers, at)), line=line, cause=cause,
        )  # fmt: skip

    def _tangent(self, op: Op, operands: Sequence[Any], out: Any) -> None:
        kind = self.test(bare(out.mark))
        moving = [x for x in operands if isinstance(x, Box) and x.level == out.level and x.mark is not None]
        if not kind or any(self.test(bare(x.mark)) in (kind, "NaN") for x in moving) or in_a_rule():
            return
        at = _first(bare(out.mark), kind)
        shown = [
            f"{_operand(op, n)} = {_entry(np.asarray(bare(x)), at):.4g}"
            for n, x in enumerate(operands)
            if np.asarray(bare(x)).dtype.kind in "fciu"
        ]
        line, cause = user_line(), "0·∞" if kind == "NaN" else "an infinite slope"
        raise NonFinite(
            explain(
                f"{_a(kind)} was born in the tangent of {op.name} at {line}{f', entry {list(at)}' if at else ''}.",
                f"Its operands are {', '.join(shown)}, where the slope is not finite: {cause}.",
                rewrite(op.name, ""),
            ),
            what="tangent", op=op.name, operand=_operand(op, 0), line=line, cause=cause,
        )  # fmt: skip


def _tangents(x: Any) -> list[Any]:
    """The numbers of all tangents that a value carries."""
    found = []
    while isinstance(x, Box):
        if x.differentiates and isinstance(x.mark, Box | np.ndarray | np.generic):
            found.append(bare(x.mark))
        x = x.value
    return found


def _a(kind: str) -> str:
    return "A NaN" if kind == "NaN" else "An infinity"


def _operand(op: Op, position: int) -> str:
    if op.variadic and position >= len(op.names) - 1:
        return f"{op.names[-1]}[{position - len(op.names) + 1}]"
    return op.names[position]


def _first(numbers: Any, kind: str) -> tuple[int, ...]:
    """The first entry with a NaN or an infinity."""
    numbers = np.asarray(numbers)
    hit = np.isnan(numbers) if kind == "NaN" else np.isinf(numbers)
    return tuple([int(k[0]) for k in np.nonzero(hit)]) if numbers.ndim else ()


def _entry(x: Any, at: tuple[int, ...]) -> Any:
    """The entry of an array that is broadcast to the place; its least regular one where the shapes do not fit."""
    x = np.asarray(x)
    if x.ndim <= len(at):
        place = tuple([min(k, n - 1) for k, n in zip(at[len(at) - x.ndim :], x.shape, strict=True)])
        if all(k >= 0 for k in place):
            return x[place]
    flat = x.reshape(-1)
    worst = flat[~np.isfinite(flat)] if x.dtype.kind in "fc" else flat[:0]
    return worst[0] if worst.size else flat[0] if flat.size else np.nan


def _guilty(numbers: Sequence[Any], at: tuple[int, ...]) -> int:
    """The operand that is infinite, or zero, or else the first."""
    for test in (np.isinf, lambda x: x == 0):
        for n in reversed(range(len(numbers))):
            if numbers[n].dtype.kind in "fciu" and numbers[n].size and np.any(test(_entry(numbers[n], at))):
                return n
    return 0


def _local_derivative(
    op: Op, rule: Formula, args: Sequence[Any], numbers: Any, test: Callable[[Any], str]
) -> tuple[Any, tuple[int, ...]]:
    """The local derivative where the contribution is not finite (the first such entry), and that entry."""
    at = _first(numbers, test(numbers))
    if op.kind == "elementwise":
        partial = op.partials[rule.position].function
        with np.errstate(all="ignore"):
            local = partial(*[bare(a) for a in args]) if callable(partial) else partial
        return _entry(np.asarray(local, dtype=numbers.dtype), at), at
    found = [_entry(np.asarray(bare(a)), ()) for a in args if isinstance(a, Box | np.ndarray | np.generic)]
    return next((x for x in found if test(x)), numbers[at]), at
