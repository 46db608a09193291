"""What the laws share: which cases have a derivative, the parts of a case that are differentiated, comparisons."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tests.samples import Case, cases
from wengert import tree

CASES = cases()


def over(applies: Callable[[Case], bool]) -> Any:
    """Decorator: run the test for every case that the law applies to."""
    chosen = [case for case in CASES if applies(case)]
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in chosen])


def plain(f: Callable[..., Any], *operands: Any) -> Any:
    """NumPy's own value; its warnings about infinities are not the matter here."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f(*operands)


def arrays(out: Any) -> list[Any]:
    """The leaves of a result as arrays."""
    return [np.asarray(x) for x in tree.leaves(out)]


class Smooth:
    """A case as a function of its floating operands, with its floating results."""

    def __init__(self, case: Case, draw: int = 0, dtype: Any = None) -> None:
        self.case = case
        self.operands = case.operands(draw)
        if dtype is not None:
            self.operands = [x.astype(dtype) if x.dtype == np.float32 else x for x in self.operands]
        self.xs = [self.operands[n] for n in case.positions]
        self.out = arrays(plain(self.f_all, *self.xs))
        self.kept = [n for n, o in enumerate(self.out) if o.dtype.kind in "fc"]

    def f_all(self, *xs: Any) -> list[Any]:
        """All results."""
        operands = list(self.operands)
        for n, x in zip(self.case.positions, xs, strict=True):
            operands[n] = x
        return tree.leaves(self.case.f(*operands))

    def f(self, *xs: Any) -> list[Any]:
        """The floating results."""
        out = self.f_all(*xs)
        return [out[n] for n in self.kept]

    def phi(self, *xs: Any) -> Any:
        """A real number that depends on every floating result, and not linearly: Re Σ w (f + f²/2)."""
        return self.weighted(self.f(*xs))

    def weighted(self, results: list[Any]) -> Any:
        """φ of the floating results."""
        rng = self.case.rng(7)
        total: Any = 0.0
        for y in results:
            w = like(y, rng)
            total = total + np.real(np.sum(w * (y + 0.5 * y * y)))
        return total

    def random(self, purpose: int) -> list[Any]:
        """Random tangents, or cotangents of the operands."""
        rng = self.case.rng(purpose)
        return [like(x, rng) for x in self.xs]

    def moved(self, h: Any, ts: Sequence[Any]) -> list[Any]:
        """The operands at x + h t."""
        return [x + h * t for x, t in zip(self.xs, ts, strict=True)]


def differentiable(case: Case) -> bool:
    """Whether the case has a floating operand and a floating result."""
    return bool(case.positions) and bool(Smooth(case).kept)


def regular(case: Case) -> bool:
    """Whether difference quotients mean something."""
    return differentiable(case) and not case.kink


def like(x: Any, rng: np.random.Generator) -> Any:
    """Random numbers of the shape and dtype of x."""
    shape, dtype = np.shape(x), np.asarray(x).dtype if isinstance(x, np.ndarray | np.generic | float) else x.dtype
    numbers = rng.uniform(-1, 1, shape)
    if dtype.kind == "c":
        numbers = numbers + 1j * rng.uniform(-1, 1, shape)
    return np.asarray(numbers, dtype)[()]


def inner(a: Any, b: Any) -> Any:
    """The real scalar product Re Σ conj(a) b, of lists too."""
    if isinstance(a, list | tuple):
        return sum([inner(x, y) for x, y in zip(a, b, strict=True)], start=0.0)
    return np.sum(np.real(np.conj(a) * b))


def close(actual: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Equal up to the tolerance, relative to the largest number expected (at least 1)."""
    actual, expected = arrays(actual), arrays(expected)
    assert len(actual) == len(expected), f"{what}: {len(actual)} results, not {len(expected)}"
    for a, e in zip(actual, expected, strict=True):
        assert a.shape == e.shape, f"{what}: shape {a.shape}, not {e.shape}"
        finite = np.abs(e[np.isfinite(e)]) if e.dtype.kind in "fc" else np.zeros(0)
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance * scale, err_msg=what)


def same(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    """Equal, and of the same shapes and dtypes."""
    close(actual, expected, tolerance)
    for a, e in zip(arrays(actual), arrays(expected), strict=True):
        assert a.dtype == e.dtype, f"dtype {a.dtype}, not {e.dtype}"


def precision(case: Case) -> float:
    """How exactly two ways to compute the same agree."""
    return 2e-5 if case.single else 1e-9
