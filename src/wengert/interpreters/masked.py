"""Strong zeros: a cotangent of zero stays zero, however infinite or undefined what it is multiplied with.

    y = np.where(m, np.exp(x), 0)      ḡ(exp) = 0 where m is false      ḡ(x) = 0 · exp(x) = 0 · ∞      is 0, not NaN

Products of finite numbers need no care, so a sweep takes none at first. Only if a NaN arrives at its end it is
repeated, and each contribution with a NaN is examined: the NaN stays where a cotangent that is not zero brought it, and
is 0 elsewhere.
A sweep that is itself recorded, by a trace or for second derivatives, multiplies partials behind a mask by
`strong_multiply` from the outset: a trace cannot look at numbers, and a zero of the first sweep is one for the second.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, is_known
from wengert.core.formula import Formula
from wengert.core.op import Op
from wengert.interpreters.mending import Mend, blank, hides, note
from wengert.interpreters.tape import SPECIAL

__all__ = ["handed_on", "has_nan", "is_mask", "jointly", "name_inner", "spared", "strengthened", "strong"]


def has_nan(x: Any) -> bool:
    """Whether a value, or a tangent that it carries, has a NaN; False if that is not to be known."""
    if isinstance(x, Box):
        if not x.known:
            return False
        return has_nan(x.value) or (isinstance(x.mark, np.ndarray | np.generic | Box) and has_nan(x.mark))
    if isinstance(x, tuple):
        return any([has_nan(y) for y in x])
    if x is None or x.dtype.kind not in "fc":
        return False
    # A sum of squares is NaN if a term is, or if infinities cancel; only then it is worth looking at each.
    total = np.vdot(x, x) if x.flags.c_contiguous else np.add.reduce(x, None)
    return bool(total != total and np.isnan(x).any())


def strong(op: Op, rule: Formula, g: Any, args: Sequence[Any], inner: bool = False) -> Any:
    """The contribution of a rule behind a mask, where nothing may be decided by numbers but those of constants."""
    if rule.strong is not None:
        return rule.strong(g, *args)
    c = rule.function(g, *args)
    if op.kind == "multilinear" and _count(args) and not all(map(_is_finite, args)):
        return _contracted(rule, g, args, c)
    if op.joint_vjp is not None or not _is_cotangent(g):
        return c
    if op.kind == "primitive" and any(True for _ in _nodes(c)):
        # Another tape walks back through it: what is mended afterwards would be hidden in the value only. A cotangent
        # that only happens to be zero here has derivatives, so nothing else may become one.
        return np.where(np.isnan(c), _only_reached(rule, g, args, c), c)
    if op.kind in ("multilinear", "primitive"):
        note(mended, op, rule, g, args if op.kind == "multilinear" else blank(tuple(args)), c, inner)
    return c


def jointly(node: Any, g: Any, args: Sequence[Any], strong: bool, careful: bool) -> Sequence[Any]:
    """The contributions of a row that has one rule for all operands, as `strong` and `strengthened` have others'.

    When the graph of such a row was recorded, nothing was known of the mask. The rule for what is masked takes care in
    every step of a loop, so it is asked only where a NaN shows up, or another tape walks back through what it gives.
    """
    every: Sequence[Any] = node.op.joint_vjp(g, node, args)
    behind = node.op.masked_vjp
    if behind is None or getattr(node.params.get("body"), "masks", False):
        return every  # a loop with a mask takes care in any case
    if (strong and any(True for c in every for _ in _nodes(c))) or (careful and any(map(has_nan, every))):
        return behind(g, node, args)  # type: ignore[no-any-return]
    if strong:
        walked = _Walked(node.params, node.rules)
        read = (tuple(args[0]), blank(tuple(args[1])))
        for rule in node.rules:
            mender = functools.partial(_behind, walked, rule.position)
            note(mender, node.op, rule, tuple(g), read, every[rule.position], node.inner)
    return every


class _Walked(NamedTuple):
    """What a rule asks of a node."""

    params: Mapping[str, Any]
    rules: Sequence[Formula]


def _behind(
    node: _Walked, position: int, op: Op, rule: Formula, g: Any, args: Sequence[Any], c: Any, inner: bool
) -> Any:
    """The contribution to one operand by the rule for what is masked."""
    assert op.masked_vjp is not None
    return op.masked_vjp(g, node, args)[position]


def _is_finite(a: Any) -> bool:
    """Whether constants among what a rule reads are finite."""
    if type(a) is tuple:
        return all(map(_is_finite, a))
    return type(a) is not np.ndarray or a.dtype.kind not in "fc" or bool(np.isfinite(a).all())


def mended(op: Op, rule: Formula, g: Any, args: Sequence[Any], c: Any, inner: bool) -> Any:
    """The contribution `c` as `strengthened` has it, whether it has NaNs or not."""
    if op.kind == "multilinear":
        return _only_reached(rule, g, args, _contracted(rule, g, args, c, inner), inner, _Ones())
    return _only_reached(rule, g, args, c)


def strengthened(op: Op, rule: Formula, g: Any, args: Sequence[Any], c: Any, inner: bool = False) -> Any:
    """The contribution `c` of a rule to an operand, with zeros for the NaNs that came from zero cotangents.

    inner: the op is part of a sweep behind a mask that was recorded. Among what its rule reads are then cotangents of
    that sweep, whose zeros win, too.
    """
    if c is None or not isinstance(c, Box | np.ndarray | np.generic) or not has_nan(c):
        return c
    if rule.strong is not None:
        # A partial of zero does not win over an infinite cotangent here, as it does behind a switch.
        better = rule.strong(g, *args)
        return better if inner else np.where(np.isfinite(g), better, c)
    if op.kind == "elementwise" or op.joint_vjp is not None or not _is_cotangent(g):
        return c
    # Finite entries stay as they are: what a rule makes of other numbers may be zero for another reason.
    return np.where(_undefined(c), mended(op, rule, g, args, c, inner), c)


def _undefined(x: Any) -> Any:
    """Where a value, or a tangent that it carries, is NaN."""
    if not isinstance(x, Box) or hasattr(x.mark, "spec"):  # the variable of a recording, which carries none
        return np.isnan(x)
    found = _undefined(x.value)
    if isinstance(x.mark, np.ndarray | np.generic | Box):
        found = found | _undefined(x.mark)
    return type(x)(found, None, x.level) if x.mark is None and not x.differentiates else found


def is_mask(node: Any) -> bool:
    """Whether a node hides operands, which then get a cotangent of zero, or is part of a sweep behind one that does."""
    if node.op.masks or node.inner:
        return True
    return node.op.joint_vjp is not None and any(map(hides, node.params.values()))


def name_inner(cotangents: Iterable[Any], begun: int) -> None:
    """Let the nodes that a recorded sweep behind a mask made know that they are part of it (`strengthened`).

    cotangents: what it found. begun: an order that was given when it began; orders count down.
    """
    found = list(cotangents)
    stack = [node for x in found for node in _nodes(x)]
    unknown = not all(map(is_known, found))
    while stack:
        node = stack.pop()
        if node.order < begun and not node.inner:
            node.inner = True
            if unknown:
                node.kind = node.kind and SPECIAL  # care is taken from the outset
            stack += node.edges


def handed_on(mend: Mend, values: Mapping[Any, Any], begun: int) -> Any:
    """The contribution that `mend` is about, in a graph that is run on these values; begun: as in `name_inner`."""
    c = values[mend.variable]
    if not isinstance(c, Box):
        return mend.apply(values) if has_nan(c) and mend.is_possible(values) else c
    name_inner([c], begun)
    if mend.op.kind == "primitive" and not mend.way and mend.is_possible(values) and any(True for _ in _nodes(c)):
        return mend.apply(values)  # as in `strong`
    mend.hand_on(values)
    return c


def _nodes(x: Any) -> Iterable[Any]:
    while isinstance(x, Box):
        if hasattr(x.mark, "edges"):
            yield x.mark
        x = x.value


# Below, other numbers in the place of what a rule reads tell what reaches what. Random ones do not cancel.


def _contracted(rule: Formula, g: Any, args: Sequence[Any], c: Any, inner: bool = False) -> Any:
    """Σ g a of a contraction, without the terms in which g is 0 and a is not finite; `inner`: or the other way round.

    Without all terms with a factor that is not finite it is the rule of zeros in their place; where one of these terms
    has no factor 0, `c` stays.
    """
    ones = _Ones()
    factors = (g, tuple(args))
    finite = _changed(factors, lambda x, n: _finite(x) if n > 0 or inner else x)
    reached: Any = False
    for chosen in range(0 if inner else 1, _count(factors)):

        def probe(x: Any, n: int, chosen: int = chosen) -> Any:
            if n == chosen:
                return np.where(np.isfinite(x), np.zeros((), x.dtype), ones.like(x))
            return _nonzero(x, ones) if n == 0 or inner else ones.like(x)

        h, others = _changed(factors, probe)
        reached = reached | (rule.function(h, *others) != 0)
    return np.where(reached, c, rule.function(finite[0], *finite[1]))


def _finite(x: Any) -> Any:
    """The value with zeros where it is not finite."""
    return np.where(np.isfinite(x), x, np.zeros((), x.dtype))


def _nonzero(x: Any, numbers: _Numbers) -> Any:
    """Such numbers, and zeros where the value is zero."""
    return np.where(x != 0, numbers.like(x), np.zeros((), x.dtype))


def _is_smooth(a: Any) -> bool:
    return isinstance(a, Box | np.ndarray | np.generic) and a.dtype.kind in "fc"


def spared(op: Op, rule: Formula, g: Any, args: Sequence[Any]) -> Any:
    """The contribution of a rule that refused a matrix, or one of a stack, which may be one that no cotangent reaches.

    Another one takes its place, and its contribution is 0.
    """
    parts = g if isinstance(g, tuple) else (g,)
    count = np.ndim(parts[0]) - len(op.core[1][0]) if op.core is not None else 0
    reached = functools.reduce(np.logical_or, [np.any(x != 0, axis=tuple(range(count, x.ndim))) for x in parts])

    def chosen(x: Any, y: Any) -> Any:
        return np.where(np.reshape(reached, reached.shape + (1,) * (x.ndim - count)), x, y)

    if all([a.shape[:count] == reached.shape for a in _smooth(args)]):
        args = _changed(args, lambda a, _: chosen(a, _regular(a, count)))
    c = rule.function(g, *args)
    return chosen(c, np.zeros((), c.dtype))


def _regular(a: Any, count: int) -> Any:
    """The matrix diag(1, 2, ...), which has an inverse and different eigenvalues; ones for what is no matrix."""
    if a.ndim < count + 2:
        return np.ones((), a.dtype)
    return (np.eye(*a.shape[-2:]) * np.arange(1, a.shape[-1] + 1)).astype(a.dtype)


def _is_cotangent(g: Any) -> bool:
    """Whether this is a value, or one for each of several results."""
    return all(map(_is_smooth, g)) if type(g) is tuple else _is_smooth(g)


def _count(args: Sequence[Any]) -> int:
    """How many values of floats there are in what a rule reads."""
    return len(list(_smooth(args)))


def _smooth(args: Sequence[Any]) -> Iterator[Any]:
    for a in args:
        if type(a) is tuple:
            yield from _smooth(a)
        elif _is_smooth(a):
            yield a


def _changed(args: Sequence[Any], change: Callable[[Any, int], Any]) -> tuple[Any, ...]:
    """What a rule reads, with its values of floats changed; `change` gets a value and its number."""
    number = itertools.count()

    def one(a: Any) -> Any:
        if type(a) is tuple:
            return tuple([one(x) for x in a])
        return change(a, next(number)) if _is_smooth(a) else a

    return tuple([one(a) for a in args])


def _only_reached(
    rule: Formula, g: Any, args: Sequence[Any], c: Any, inner: bool = False, numbers: _Numbers | None = None
) -> Any:
    """`c` where a cotangent that is not zero reaches, else 0; `inner`: not by what is zero itself."""
    numbers = numbers or _Numbers()
    try:
        others = _changed(args, lambda a, _: _nonzero(a, numbers) if inner else numbers.like(a))
        (chosen,) = _changed((g,), lambda x, _: _nonzero(x, numbers))
        reached = rule.function(chosen, *others)
    except (np.linalg.LinAlgError, FloatingPointError):
        return c  # random numbers are no operand of this rule
    return np.where(np.broadcast_to(reached == 0, np.shape(c)), 0, c)


class _Numbers:
    """Random numbers, all of them positive."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)

    def like(self, x: Any) -> Any:
        """As many as x has."""
        return self._rng.uniform(0.5, 1.5, np.shape(x)).astype(x.dtype)[()]


class _Ones(_Numbers):
    """Ones, which take no memory, for sums of products: these have no signs, so that nothing cancels."""

    def like(self, x: Any) -> Any:
        return np.broadcast_to(np.ones((), x.dtype), np.shape(x))
