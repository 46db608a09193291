"""What became of a derivative: compared with difference quotients of plain NumPy, for us and for the rivals alike.

Of a probe f and its operands, the judge needs the slope of φ = Σ Re(conj(w) f) along a random direction of each operand
that has a derivative. It is taken from values alone, by a central difference of fourth order.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy

from benchmarks.conformance.probe import Probe

__all__ = ["Reference", "along", "inner", "leaves", "quiet", "slope", "verdict", "weights"]

WORKS, WRONG, LOST, ERROR = "works", "wrong", "lost", "error"

_STEP = 1e-3
_STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings: the probes ask for answers, not for style."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def leaves(out: Any) -> list[Any]:
    """The arrays and numbers in a result, whatever it is nested in."""
    if isinstance(out, tuple | list):
        return [leaf for item in out for leaf in leaves(item)]
    if dataclasses.is_dataclass(out) and not isinstance(out, type):
        return leaves([getattr(out, field.name) for field in dataclasses.fields(out)])
    return [] if out is None or isinstance(out, str | bytes | type | np.dtype | slice) else [out]


def weights(results: Sequence[Any]) -> list[Any]:
    """The w of φ, one for each result; None for what has no derivative."""
    rng = np.random.default_rng(7)
    found: list[Any] = []
    for y in results:
        y = np.asarray(y)
        w = rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)
        found.append(w * np.exp(1j * w) if y.dtype.kind == "c" else w if y.dtype.kind == "f" else None)
    return found


def inner(a: Any, b: Any) -> float:
    """Re Σ conj(a) b."""
    return float(np.sum(np.real(np.conj(a) * b)))


def slope(phi: Callable[[float], Any]) -> float:
    """The derivative of φ at 0, by a central difference of fourth order."""
    return float(sum(c * float(phi(k * _STEP)) for k, c in _STENCIL) / _STEP)


def along(operands: Sequence[Any], positions: Sequence[int], directions: Sequence[Any], h: Any) -> list[Any]:
    """The operands, moved by h along the directions of those at these positions."""
    moved = list(operands)
    for n, t in zip(positions, directions, strict=True):
        moved[n] = moved[n] + h * t
    return moved


class Reference:
    """What plain NumPy and SciPy say about a probe: its value, its slopes."""

    def __init__(self, probe: Probe) -> None:
        self.probe, self.positions = probe, probe.positions
        self.operands = probe.operands()
        self.out = self.value(self.operands)
        self.weights = weights(self.out)
        self.directions = [self._direction(n) for n in self.positions]

    def value(self, operands: Sequence[Any]) -> list[Any]:
        """The results for these operands."""
        with quiet():
            return leaves(self.probe.run(np, scipy, operands))

    def phi(self, operands: Sequence[Any]) -> float:
        """φ for these operands."""
        pairs = zip(self.weights, self.value(operands), strict=True)
        return sum([inner(w, y) for w, y in pairs if w is not None], start=0.0)

    @property
    def differentiable(self) -> bool:
        """Whether there is a floating operand and a floating result."""
        return bool(self.positions) and any([w is not None for w in self.weights])

    def slopes(self) -> list[float]:
        """The slope of φ along the direction of each operand that has a derivative."""
        return [
            slope(lambda h, n=n, t=t: self.phi(along(self.operands, [n], [t], h)))
            for n, t in zip(self.positions, self.directions, strict=True)
        ]

    def _direction(self, n: int) -> Any:
        x = self.operands[n]
        rng = np.random.default_rng(11 + n)
        t = rng.uniform(0.3, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape)
        return t * np.exp(1j * t) if x.dtype.kind == "c" else t


def same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether results are those expected."""
    return len(found) == len(expected) and all([_same(a, b) for a, b in zip(found, expected, strict=True)])


def _same(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == object and b.dtype != object:
        a = a.astype(b.dtype)
    if b.dtype.kind not in "biufc":
        return str(a) == str(b) or bool(np.all(a == b))
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True))


def agrees(found: float, expected: float, scale: float = 1.0) -> bool:
    """Whether a slope is that of the difference quotient, as exactly as the quotient is."""
    return abs(found - expected) <= 2e-4 * abs(expected) + 1e-6 * max(1.0, scale)


def verdict(found: Sequence[float], expected: Sequence[float]) -> str:
    """Of slopes along each operand: works, lost if what is not right is zero, else wrong."""
    bad = [f for f, e in zip(found, expected, strict=True) if not agrees(f, e)]
    return WORKS if not bad else LOST if not any(bad) else WRONG
