"""Accuracy and evaluations of difference quotients, against scipy.differentiate and numdifftools.

Run by ``scripts/bench finite``. For every function, all at several points: the median of correct digits, the worst, the
median of evaluations, and how often the error was within the library's own estimate (times 2, as estimates are no
bounds). The exact derivatives are computed with 50 digits by mpmath.
"""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Callable
from typing import NamedTuple

import mpmath
import numdifftools as nd
import numpy as np
from scipy.differentiate import derivative

import wengert as wg


class Case(NamedTuple):
    name: str
    f: Callable[..., object]
    exact: Callable[..., object]
    points: tuple[float, ...]


def noisy(x: object) -> object:
    """sin with an error of 1e-8 that depends on all digits of x."""
    bits = np.asarray(x, float).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return np.sin(x) + 1e-8 * ((bits >> np.uint64(11)).astype(float) / 2.0**53 - 0.5)


CASES = (
    Case("smooth: exp(sin 3x)/(2+cos x)", lambda x: np.exp(np.sin(3 * x)) / (2 + np.cos(x)),
         lambda x: mpmath.exp(mpmath.sin(3 * x)) / (2 + mpmath.cos(x)), (0.1, 0.7, 1.0, 2.3, 7.0)),
    Case("smooth: arctan(x) log1p(x²)", lambda x: np.arctan(x) * np.log1p(x * x),
         lambda x: mpmath.atan(x) * mpmath.log1p(x * x), (0.2, 0.5, 1.0, 3.0, 40.0)),
    Case("steep: exp(-10⁴x²)", lambda x: np.exp(-1e4 * x * x), lambda x: mpmath.exp(-(10**4) * x * x),
         (0.003, 0.007, 0.01, 0.02, 0.03)),
    Case("cancelling: (1-cos x)/x²", lambda x: (1 - np.cos(x)) / x**2, lambda x: (1 - mpmath.cos(x)) / x**2,
         (0.01, 0.1, 0.5, 1.0, 3.0)),
    Case("noisy: sin x ± 5e-9", noisy, mpmath.sin, (0.1, 0.4, 0.9, 1.2, 2.0)),
    Case("badly scaled: log x, tiny x", np.log, mpmath.log, (1e-12, 1e-9, 1e-6, 1e-4, 1e-2)),
    Case("badly scaled: cos x, tiny x", np.cos, mpmath.cos, (1e-8, 1e-6, 1e-5, 1e-4, 1e-3)),
    Case("large arguments: sin x", np.sin, mpmath.sin, (1e2, 1e3, 1e4, 1e5, 3e5)),
    Case("large arguments: sqrt x", np.sqrt, mpmath.sqrt, (1e4, 1e6, 1e8, 1e10, 1e12)),
    Case("next to a kink: |x - 1|", lambda x: np.abs(x - 1), lambda x: abs(x - 1), (0.9, 0.99, 0.999, 1.001, 1.01)),
)  # fmt: skip

Answer = tuple[float, float, int]  # derivative, estimated error, evaluations


def ours(method: str) -> Callable[[Callable[..., object], float], Answer]:
    def differentiate(f: Callable[..., object], x: float) -> Answer:
        value, info = wg.finite_difference(f, method=method, with_info=True)(x)
        return float(value), float(info.error), info.evaluations

    return differentiate


def by_scipy(f: Callable[..., object], x: float) -> Answer:
    result = derivative(f, x)
    return float(result.df), float(result.error), int(result.nfev)


def by_numdifftools(f: Callable[..., object], x: float) -> Answer:
    calls = [0]

    def counted(z: object) -> object:
        calls[0] += np.size(z)
        return f(z)

    result = nd.Derivative(counted, full_output=True)(x)
    return float(result.estimate), float(result.error_estimate), calls[0]


WAYS = {
    "wengert central": ours("central"),
    "wengert richardson": ours("richardson"),
    "scipy.differentiate": by_scipy,
    "numdifftools": by_numdifftools,
}


def digits(value: float, exact: float) -> float:
    """Correct digits, at most 16; none for what is not a number."""
    if not math.isfinite(value):
        return 0.0
    return min(16.0, max(0.0, -math.log10(max(abs(value - exact) / abs(exact), 1e-16))))


def report(case: Case) -> None:
    print(f"\n{case.name}")
    with mpmath.workdps(50):
        exact = [float(mpmath.diff(case.exact, mpmath.mpf(x))) for x in case.points]
    for name, differentiate in WAYS.items():
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            answers = [differentiate(case.f, x) for x in case.points]
        found = [digits(a[0], e) for a, e in zip(answers, exact, strict=True)]
        held = sum(abs(a[0] - e) <= 2 * a[1] + 4e-16 * abs(e) for a, e in zip(answers, exact, strict=True))
        evaluations = statistics.median(a[2] for a in answers)
        print(
            f"  {name:20s} {statistics.median(found):6.1f} {min(found):6.1f} {evaluations:8.0f}   "
            f"{held} of {len(answers)}"
        )


def main() -> None:
    print("Correct digits of the first derivative (median, worst), evaluations (median), error within the estimate")
    print(f"  {'':20s} {'digits':>6s} {'worst':>6s} {'evals':>8s}   honest")
    for case in CASES:
        report(case)
    print("\nA tridiagonal system of 200 equations: evaluations for the Jacobian, largest error")
    x = np.linspace(0.5, 2.0, 200)

    def system(z: np.ndarray) -> object:
        y = 3 * z - z**2
        return y - 0.5 * np.concatenate([z[1:], z[:1]]) - np.concatenate([z[-1:], z[:-1]])

    truth = wg.jacobian(system)(x)
    for name, sparsity in (("dense", None), ("sparse", "auto")):
        matrix, info = wg.finite_difference(system, sparsity=sparsity, with_info=True)(x)
        print(f"  wengert central, {name:8s} {info.evaluations:6d}   {np.max(abs(matrix - truth)):.1e}")


if __name__ == "__main__":
    main()
