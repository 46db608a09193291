"""The laws, each as a function of a problem that tells the largest difference it found, and where."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.compiler.api import jit
from wengert.core.apply import fresh
from wengert.errors import BatchedValue, MissingDependency, MissingRule, TracedValue
from wengert.explanation.watch import bare
from wengert.interpreters.tape import leaf
from wengert.interpreters.tensor import Tensor
from wengert.testing.differences import Slope, slope
from wengert.testing.problem import Problem, inner, random_like
from wengert.transforms.forward import jvp
from wengert.transforms.matrices import jacfwd, sparsity
from wengert.transforms.reverse import grad, vjp
from wengert.transforms.trace import trace
from wengert.transforms.vmap import vmap

__all__ = ["FIRST", "Outcome", "Settings", "Skip", "gradient", "second"]


class Skip(Exception):
    """A law that has nothing to say here, and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """step: of difference quotients (None: chosen). rtol: against these; close: between exact ways. kinks: at one."""

    step: float | None
    rtol: float
    close: float
    kinks: bool


class Outcome(NamedTuple):
    """The largest difference, what was allowed, where and which numbers; kink: held by one-sided derivatives only."""

    error: float
    tolerance: float
    detail: str = ""
    kink: bool = False


class _Worst:
    """Gathers differences and keeps the largest."""

    def __init__(self, tolerance: float) -> None:
        self.error, self.tolerance, self.detail, self.kink = 0.0, tolerance, "", False

    def add(self, actual: Any, expected: Any, where: str, ways: str, slack: float = 0.0) -> None:
        """Compare two arrays, up to `slack` more than the tolerance allows."""
        a, e = np.asarray(bare(actual)), np.asarray(bare(expected))
        if a.shape != e.shape:
            self._note(np.inf, f"{where}: shape {a.shape}, not {e.shape}")
            return
        if not a.size:
            return
        same = (a == e) | (np.isnan(a) & np.isnan(e))
        finite = np.isfinite(e)
        scale = max(1.0, float(np.max(np.abs(e[finite]), initial=0.0)))
        far = np.where(same, 0.0, np.abs(np.where(same, 0, a) - np.where(same, 0, e)))
        far = np.maximum(np.where(np.isfinite(far), far, np.inf) - slack, 0.0) / scale
        k = np.unravel_index(int(np.argmax(far)), far.shape)
        if far[k] > self.error:
            at = f" of result[{', '.join([str(int(i)) for i in k])}]" if far.ndim else ""
            first, second = ways.split(", ")
            self._note(float(far[k]), f"{where}{at}: {first} {a[k]:.10g}, {second} {e[k]:.10g}")

    def _note(self, error: float, detail: str) -> None:
        self.error, self.detail = error, detail

    def outcome(self) -> Outcome:
        """What was found."""
        return Outcome(self.error, self.tolerance, self.detail, self.kink)


def value(p: Problem, s: Settings) -> Outcome:
    """f on boxes equals f on arrays: tape, forward, and what is returned."""
    worst = _Worst(s.close)
    level = fresh()
    boxes = [Tensor(x, leaf(x.shape, x.dtype, level, lambda: None), level) for x in p.xs]
    by_tape = p.every(*boxes)
    forward = jvp(lambda *xs: p.every(*xs), tuple(p.xs), tuple(p.random(3)))[0]
    for n, (a, b, e) in enumerate(zip(by_tape, forward, p.outs, strict=True)):
        if e.dtype.kind in "fciub":
            worst.add(a, e, f"result {n}", "on tensors, on arrays")
            worst.add(b, e, f"result {n}", "on dual numbers, on arrays")
    return worst.outcome()


def fwd(p: Problem, s: Settings) -> Outcome:
    """jvp against differences, entry by entry."""
    return _against_differences(p, s, lambda ts: jvp(p.f, tuple(p.xs), tuple(ts))[1], "jvp")


def gradient(p: Problem, s: Settings) -> Outcome:
    """The gradient of a scalar of the results against differences, entry by entry."""
    g = grad(lambda xs: p.phi(*xs))(p.xs)
    scalar = functools.partial(_scalar, p)
    return _against_differences(scalar(), s, lambda ts: [np.asarray(inner(g, ts))], "gradient")


def _scalar(p: Problem) -> Problem:
    """The same problem with φ as its only result."""
    made = object.__new__(Problem)
    made.__dict__.update(p.__dict__)
    made.f = lambda *xs: [p.phi(*xs)]  # type: ignore[method-assign]
    made.kept = [0]
    return made


def _against_differences(p: Problem, s: Settings, push: Callable[[Any], Sequence[Any]], name: str) -> Outcome:
    worst = _Worst(s.rtol)
    analytic = not p.complex and p.eps < 1e-15 and not s.kinks
    for shown, ts in p.directions():
        expected = slope(p, ts, s.step, analytic, s.kinks)
        for n, (a, e) in enumerate(zip(push(ts), expected.value, strict=True)):
            if s.kinks and _between(np.asarray(bare(a)), expected, n, s.rtol):
                worst.kink = True
                continue
            worst.add(a, e, f"∂ by {shown}", f"{name}, differences", slack=expected.error)
    return worst.outcome()


def _between(a: Any, expected: Slope, n: int, rtol: float) -> bool:
    """Whether a derivative lies between the one-sided ones, which differ."""
    left, right = expected.left[n], expected.right[n]
    if a.dtype.kind == "c" or a.shape != left.shape:
        return False
    room = 1e3 * rtol * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    inside = (a >= np.minimum(left, right) - room) & (a <= np.maximum(left, right) + room)
    return bool(np.all(inside) and np.any(np.abs(left - right) > room))


def rev(p: Problem, s: Settings) -> Outcome:
    """⟨g, jvp t⟩ = ⟨vjp g, t⟩."""
    worst = _Worst(s.close)
    for round_ in range(3):
        rng = np.random.default_rng([p.seed, 10 + round_])
        ts = p.random(20 + round_)
        outs, moved = jvp(p.f, tuple(p.xs), tuple(ts))
        gs = [random_like(np.asarray(o), rng) for o in outs]
        _, pullback = vjp(p.f, *p.xs)
        pulled = pullback(gs)
        worst.add(inner(pulled, ts), inner(gs, moved), f"along random t and g, number {round_}", "⟨vjp g t⟩, ⟨g jvp t⟩")
    return worst.outcome()


def batch(p: Problem, s: Settings) -> Outcome:
    """vmap against the loop, of f and of the gradient of a scalar of it."""
    worst = _Worst(s.close)
    rows = [p.xs, *[p.moved(0.01 * k, p.random(30 + k)) for k in (1, 2)]]
    rows = [[np.asarray(y).astype(x.dtype)[()] for x, y in zip(p.xs, row, strict=True)] for row in rows]
    stacked = [np.stack(column) for column in zip(*rows, strict=True)]
    slopes = grad(lambda xs: p.phi(*xs))
    for name, f in (("f", lambda xs: p.f(*xs)), ("the gradient", slopes)):
        try:
            found = vmap(f)(stacked)
        except BatchedValue as error:
            raise Skip(f"f decides by values: {str(error).splitlines()[0]}") from None
        expected = [np.stack(c) for c in zip(*[tree.leaves(f(row)) for row in rows], strict=True)]
        for n, (a, e) in enumerate(zip(tree.leaves(found), expected, strict=True)):
            worst.add(a, e, f"{name}, number {n}", "vmap, the loop")
    return worst.outcome()


def traced(p: Problem, s: Settings) -> Outcome:
    """A recorded graph, replayed at another point, against f there."""
    return _replayed(p, s, lambda f: trace(f)(*p.xs), "the graph, f")


def compiled(p: Problem, s: Settings) -> Outcome:
    """The compiled function, and its compiled gradient, against those that are not."""
    worst = _replayed(p, s, jit, "compiled, f")
    slopes = grad(lambda xs: p.phi(*xs))
    other = _Worst(s.close)
    for n, (a, e) in enumerate(zip(jit(slopes)(p.xs), slopes(p.xs), strict=True)):
        other.add(a, e, f"the gradient by {p.names[n]}", "compiled, eager")
    return max(worst, other.outcome(), key=lambda o: o.error)


def _replayed(p: Problem, s: Settings, make: Callable[[Any], Any], ways: str) -> Outcome:
    worst = _Worst(s.close)
    point = [np.asarray(y).astype(x.dtype)[()] for x, y in zip(p.xs, p.moved(1e-3, p.random(40)), strict=True)]
    try:
        found = make(p.f)(*point)
    except (TracedValue, MissingDependency) as error:
        raise Skip(str(error).splitlines()[0]) from None
    for n, (a, e) in enumerate(zip(found, p.f(*point), strict=True)):
        worst.add(a, e, f"result {n}", ways)
    return worst.outcome()


def pattern(p: Problem, s: Settings) -> Outcome:
    """The pattern covers the derivative."""
    worst = _Worst(s.close)
    every = tuple(range(len(p.xs)))
    try:
        found, exact = sparsity(p.f, every)(*p.xs), jacfwd(p.f, every)(*p.xs)
    except (BatchedValue, MissingRule) as error:
        raise Skip(str(error).splitlines()[0]) from None
    for n, (a, e) in enumerate(zip(tree.leaves(found), tree.leaves(exact), strict=True)):
        missed = np.where(np.asarray(a), 0.0, np.abs(np.asarray(e)))
        worst.add(missed, np.zeros_like(missed), f"block {n}", "a derivative outside the pattern, instead of")
    return worst.outcome()


def dtype(p: Problem, s: Settings) -> Outcome:
    """Derivatives have the shape and dtype of what they belong to."""
    outs, moved = jvp(p.f, tuple(p.xs), tuple(p.random(50)))
    made = [(f"the tangent of result {n}", t, o) for n, (t, o) in enumerate(zip(moved, outs, strict=True))]
    slopes = grad(lambda xs: p.phi(*xs))(p.xs)
    made += [(f"the gradient by {name}", g, x) for name, g, x in zip(p.names, slopes, p.xs, strict=True)]
    for what, a, like in made:
        have, want = (np.shape(a), np.asarray(bare(a)).dtype), (np.shape(like), np.asarray(bare(like)).dtype)
        if have != want:
            return Outcome(np.inf, s.close, f"{what} is {have[1]} of shape {have[0]}, not {want[1]} of shape {want[0]}")
    return Outcome(0.0, s.close)


FIRST: dict[str, Callable[[Problem, Settings], Outcome]] = {
    "value": value, "fwd": fwd, "rev": rev, "batch": batch, "trace": traced, "jit": compiled, "pattern": pattern,
    "dtype": dtype,
}  # fmt: skip


def second(mix: str) -> Callable[[Problem, Settings], Outcome]:
    """Second derivatives of φ along t by two accumulations (outer one first) against differences of the gradient."""

    def law(p: Problem, s: Settings) -> Outcome:
        if s.kinks:
            raise Skip("at a kink there are no second derivatives")
        ts = p.random(60)
        slopes = grad(lambda xs: p.phi(*xs))

        def along(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda xs: jvp(f, (xs,), (ts,))[1]

        step = s.step or 1e-5
        ahead, behind = (slopes([np.asarray(y)[()] for y in p.moved(h, ts)]) for h in (step, -step))
        expected = [(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)]
        size = max([float(np.max(np.abs(a), initial=0.0)) for a in ahead], default=0.0)
        worst = _Worst(max(s.rtol, 1e-5))
        if mix == "ff":
            found = along(along(lambda xs: p.phi(*xs)))(p.xs)
            worst.add(found, inner(ts, expected), "along random t", "forward over forward, differences")
            return worst.outcome()
        if mix == "fr":
            product = along(slopes)(p.xs)
        elif mix == "rr":
            product = grad(lambda xs: _inner(ts, slopes(xs)))(p.xs)
        else:
            product = grad(along(lambda xs: p.phi(*xs)))(p.xs)
        for name, a, e in zip(p.names, product, expected, strict=True):
            worst.add(a, e, f"H t, {name}", f"{mix}, differences", slack=1e-15 * size / step)
        return worst.outcome()

    return law


def _inner(a: Sequence[Any], b: Sequence[Any]) -> Any:
    total: Any = 0.0
    for x, y in zip(a, b, strict=True):
        total = total + np.sum(np.real(np.conj(x) * y))
    return total
