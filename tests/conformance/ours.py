"""What wengert makes of a probe: its value, its derivatives, batched and traced, as tested."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy

import wengert as wg
from benchmarks.conformance.judge import Reference, agrees, along, inner, leaves, quiet, same, slope, verdict
from benchmarks.conformance.probe import Probe

WORKS, REFUSED, NONE, LOST, WRONG, CRASH = "works", "refused", "none", "lost", "wrong", "crash"
TWIN = "twin"  # refused, and the error names the twin in wengert.scipy
COLUMNS = ("plain call", "value", "forward", "reverse", "2nd order", "vmap", "traced")

# Asked on the eager tape, these give plain numbers, as in PyTorch: they say detach in other words.
DETACHING = {"numpy.ndarray.item", "numpy.ndarray.tolist"}

TWIN_NAMED = re.compile(r"wengert\.(?:scipy|polynomial)\.[\w.]+")


class Twinned:
    """NumPy, its polynomials by their twins."""

    polynomial = wg.polynomial

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


TWINNED = Twinned()

Cell = tuple[str, str]  # what came out, and what an error said


def judged(probe: Probe) -> dict[str, Cell]:
    """The cells of a probe."""
    return Ours(probe).cells()


class Ours:
    """One probe under wengert."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.reference = Reference(probe)
        self.twins = "sp." in probe.code or "np.polynomial." in probe.code
        self.f = functools.partial(self._run, TWINNED, wg.scipy)
        self.plain = functools.partial(self._run, np, scipy)

    def cells(self) -> dict[str, Cell]:
        """Every column; those of derivatives only if there is one."""
        found = {"value": self._tried(self._value)}
        if self.reference.differentiable and self.probe.name not in DETACHING:
            with quiet():
                self.slopes = self.reference.slopes()
            found["plain call"] = self._plain() if self.twins else found["value"]
            found["forward"] = self._tried(self._forward)
            found["reverse"] = self._tried(lambda: self._reverse(self.f))
            works = found["reverse"][0] == WORKS
            found["2nd order"] = self._tried(self._second) if works else found["reverse"]
        else:
            found["plain call"] = self._tried(lambda: self._equal(self.plain)) if self.twins else found["value"]
            found |= dict.fromkeys(("forward", "reverse", "2nd order"), (NONE, ""))
        found["vmap"] = self._tried(self._batched)
        found["traced"] = self._tried(self._traced)
        return {name: found[name] for name in COLUMNS}

    # --- columns --------------------------------------------------------------------------------------------------

    def _value(self) -> str:
        return self._equal(self.f)

    def _equal(self, f: Callable[..., Any]) -> str:
        return WORKS if same(numbers(f(*self._tensors())), self.reference.out) else WRONG

    def _plain(self) -> Cell:
        cell = self._tried(lambda: self._reverse(self.plain))
        own = f"wengert.{self.probe.name.removeprefix('numpy.')}"
        home = own.rpartition(".")[0]
        twins = {own, home} if home.rpartition(".")[2][:1].isupper() else {own}  # of a method, the class
        named = not twins.isdisjoint(name.rstrip(".") for name in TWIN_NAMED.findall(cell[1]))
        return (TWIN, cell[1]) if cell[0] == REFUSED and named else cell

    def _reverse(self, f: Callable[..., Any]) -> str:
        tensors = self._tensors()
        if not same(numbers(out := f(*tensors)), self.reference.out):
            return WRONG
        phi = self._weighted(out)
        if isinstance(phi, wg.Tensor) and phi.requires_grad:
            phi.backward()
        gradients = [tensors[n].grad for n in self.reference.positions]
        found = [
            0.0 if g is None else inner(np.asarray(g.detach()), t)
            for g, t in zip(gradients, self.reference.directions, strict=True)
        ]
        return verdict(found, self.slopes)

    def _forward(self) -> str:
        xs = self._smooth()
        found = []
        for n in range(len(xs)):
            ts = tuple([t if k == n else np.zeros_like(x) for k, (x, t) in enumerate(self._moving(xs))])
            found.append(float(wg.jvp(self._phi, xs, ts)[1]))
        return verdict(found, self.slopes)

    def _second(self) -> str:
        """The derivative of the slope along all directions together, against differences of the slope."""
        xs = self._smooth()
        ts = tuple(self.reference.directions)
        gradient = wg.grad(self._phi, tuple(range(len(xs))))

        def rate(h: float) -> float:
            moved = along(self.reference.operands, self.reference.positions, ts, h)
            return sum([inner(g, t) for g, t in zip(gradient(*self._of(moved)), ts, strict=True)], start=0.0)

        tangents = wg.jvp(gradient, xs, ts)[1]
        found = sum([inner(d, t) for d, t in zip(tangents, ts, strict=True)], start=0.0)
        return WORKS if agrees(found, slope(rate), abs(rate(0.0))) else WRONG

    def _batched(self) -> str:
        if not any([np.asarray(x).dtype.kind in "biufc" for x in self.reference.out]):
            return NONE
        draws = [self.probe.operands(n) for n in range(2)]
        rows = [self.reference.value(d) for d in draws]
        found = leaves(wg.vmap(self.f)(*[np.stack(column) for column in zip(*draws, strict=True)]))
        expected = [np.stack([np.asarray(x) for x in column]) for column in zip(*rows, strict=True)]
        return WORKS if same([np.asarray(x) for x in found], expected) else WRONG

    def _traced(self) -> str:
        graph = wg.trace(self.f)(*self.reference.operands)
        fresh = self.probe.operands(1)
        return WORKS if same(numbers(graph(*fresh)), self.reference.value(fresh)) else WRONG

    # --- what they are made of ------------------------------------------------------------------------------------

    def _run(self, numpy: Any, package: Any, *operands: Any) -> Any:
        return self.probe.run(numpy, package, operands)

    def _tensors(self) -> list[Any]:
        places = self.reference.positions
        return [wg.tensor(x, requires_grad=True) if n in places else x for n, x in enumerate(self.reference.operands)]

    def _of(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        return tuple([operands[n] for n in self.reference.positions])

    def _smooth(self) -> tuple[Any, ...]:
        return self._of(self.reference.operands)

    def _moving(self, xs: Sequence[Any]) -> list[tuple[Any, Any]]:
        return list(zip(xs, self.reference.directions, strict=True))

    def _phi(self, *xs: Any) -> Any:
        operands = list(self.reference.operands)
        for n, x in zip(self.reference.positions, xs, strict=True):
            operands[n] = x
        return self._weighted(self.f(*operands))

    def _weighted(self, out: Any) -> Any:
        total: Any = 0.0
        for w, y in zip(self.reference.weights, leaves(out), strict=True):
            if w is not None:
                total = total + np.sum(np.real(np.conj(w) * y))
        return total

    def _tried(self, column: Callable[[], str]) -> Cell:
        """What the column says, or the error that it raises."""
        with quiet():
            try:
                return column(), ""
            except Exception as error:
                return refusal(error)


def numbers(out: Any) -> list[Any]:
    """The plain values of results."""
    return [x.shown() if hasattr(x, "shown") else shown(x) for x in leaves(out)]


def shown(x: Any) -> Any:
    """An array of objects with the plain values of the tensors in it."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.array([numbers(v)[0] for v in x.ravel().tolist()]).reshape(x.shape)
    return x


def refusal(error: BaseException) -> Cell:
    """A refusal of ours, perhaps hidden by an error that SciPy's code put in its place; anything else is a crash."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, wg.WengertError):
            return REFUSED, str(seen)
        seen = seen.__cause__ or seen.__context__
    return CRASH, f"{type(error).__name__}: {error}"
