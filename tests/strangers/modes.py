"""Trying a case: its value and its derivatives in each mode, against differences that know nothing of this library.

Whatever the function returns is weighted with fixed numbers and summed, so that one gradient tells of all of it.
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import wengert as wg
from tests.strangers.case import Case, parts
from wengert.core.apply import unbridge

__all__ = ["MODES", "Outcome", "Verdict", "judge"]

MODES = ("value", "reverse", "forward", "tape", "compiled")
STEP = 1e-30


class Verdict(NamedTuple):
    """What became of a case in one mode.

    word: "right"; "refused" by an error; "undefined", a gradient with NaNs; or "wrong", which must not be.
    """

    word: str
    reason: str = ""
    place: str = ""


class Outcome(NamedTuple):
    """What became of a case, called as it is and adopted. reference: how it was judged, or why it was not."""

    case: Case
    plain: dict[str, Verdict]
    adopted: dict[str, Verdict]
    reference: str


def weighted(f: Callable[..., Any], analytic: bool = False) -> Callable[..., Any]:
    """The sum of everything that `f` returns, each entry with a weight of its own.

    analytic: for the complex step, which moves real results off the real axis; else real and imaginary parts count.
    """

    def total(*args: Any) -> Any:
        found: Any = 0.0
        for n, part in enumerate(parts(f(*args))):
            part = unbridge(part)
            weights = 1.0 + 0.5 * np.cos(1.7 * np.arange(np.size(part)) + n).reshape(np.shape(part))
            if np.iscomplexobj(part) and not analytic:
                part = np.real(part) + np.imag(part)
            found = found + np.sum(weights * part)
        return found

    return total


class Reference(NamedTuple):
    """The value and the gradient, and how far a right gradient may be from it."""

    value: Any
    gradient: list[Any]
    tolerance: float
    method: str


def reference(case: Case) -> Reference:
    """By complex step where it agrees with the extrapolated differences, or else by these."""
    total = weighted(case.function())
    point = case.point()
    value = total(*case.point())
    if not np.all(np.isfinite(value)):
        raise ArithmeticError("the function is not finite here")
    argnums = tuple(range(len(point)))
    found, error = wg.finite_difference(total, method="richardson", argnums=argnums, with_error=True)(*point)
    bound = max([float(np.max(e, initial=0.0)) for e in error])
    size = max([float(np.max(np.abs(g), initial=0.0)) for g in found])
    if not np.isfinite(size) or bound > 1e-4 * max(size, 1e-3):
        raise ArithmeticError(f"the differences do not settle: ±{bound:.0e} of {size:.0e}")
    if not size:
        raise ArithmeticError("the gradient is zero here")
    stepped = complex_step(weighted(case.function(), True), point)
    if stepped is not None and close(stepped, found, max(10 * bound / size, 1e-7)):
        return Reference(value, stepped, 1e-9, "complex step")
    return Reference(value, list(found), max(10 * bound / size, 1e-7), "differences")


def complex_step(total: Callable[..., Any], point: tuple[Any, ...]) -> list[Any] | None:
    """Im f(x + ih) / h, entry by entry, on plain arrays; None where the function takes no complex numbers."""
    gradient = [np.zeros(np.shape(x)) for x in point]
    try:
        for n, x in enumerate(point):
            for index in np.ndindex(np.shape(x)):
                moved = np.array(x, complex)
                moved[index] += 1j * STEP
                out = total(*[moved[()] if k == n else y for k, y in enumerate(point)])
                gradient[n][index] = np.imag(out) / STEP
    except Exception:  # whatever strangers raise for complex numbers, the differences remain
        return None
    return gradient


def close(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether the gradients agree, relative to the largest entry of all."""
    scale = max([float(np.max(np.abs(e), initial=0.0)) for e in expected])
    return all(
        np.shape(f) == np.shape(e) and np.allclose(f, e, rtol=tolerance, atol=tolerance * scale)
        for f, e in zip(found, expected, strict=True)
    )


def judge(case: Case) -> Outcome:
    """Try a case in every mode, called as it is; and adopted, if that refuses."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected = reference(case)
        except Exception as error:  # the case is at fault: it is listed, and not counted
            return Outcome(case, {}, {}, f"{type(error).__name__}: {error}".splitlines()[0])
        plain = verdicts(case, case.function(), expected)
        refused = any(v.word == "refused" for v in plain.values())
        adopted = verdicts(case, wg.adopt(case.function()), expected) if refused else plain
    return Outcome(case, plain, adopted, expected.method)


def verdicts(case: Case, function: Callable[..., Any], expected: Reference) -> dict[str, Verdict]:
    """What becomes of a function in each mode."""
    total = weighted(function)
    argnums = tuple(range(len(case.wrt)))
    ways = {
        "reverse": lambda *x: wg.value_and_grad(total, argnums)(*x),
        "forward": lambda *x: (total(*x), wg.jacfwd(total, argnums)(*x)),
        "tape": lambda *x: taped(total, x),
        "compiled": lambda *x: wg.jit(wg.value_and_grad(total, argnums))(*x),
    }
    found: dict[str, Verdict] = {}
    for mode, way in ways.items():
        found[mode], value = attempt(way, case.point(), expected)
        if mode == "reverse":
            found["value"] = found[mode] if found[mode].word == "refused" else against(value, expected.value)
    return found


def attempt(way: Callable[..., Any], point: tuple[Any, ...], expected: Reference) -> tuple[Verdict, Any]:
    """The verdict on one mode, and the value that it computed."""
    try:
        value, gradient = way(*point)
    except Exception as error:
        return Verdict("refused", *refusal(error)), None
    if close(gradient, expected.gradient, expected.tolerance):
        return Verdict("right"), value
    if not all(np.all(np.isfinite(g)) for g in gradient):
        return Verdict("undefined", "the gradient is NaN"), value
    largest = max([float(np.max(np.abs(g - e), initial=0.0)) for g, e in zip(gradient, expected.gradient, strict=True)])
    return Verdict("wrong", f"off by {largest:.1e}"), value


def against(value: Any, expected: Any) -> Verdict:
    """The verdict on a value."""
    if np.allclose(value, expected, rtol=1e-10, atol=1e-12):
        return Verdict("right")
    return Verdict("wrong", f"{value} instead of {expected}")


def taped(total: Callable[..., Any], point: tuple[Any, ...]) -> tuple[Any, Any]:
    """Value and gradient by tensors that require grad, and backward()."""
    leaves = [wg.tensor(x, requires_grad=True) for x in point]
    out = total(*leaves)
    out.backward()
    return out.detach().numpy(), [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in leaves]


def refusal(error: Exception) -> tuple[str, str]:
    """The first line of an error, and the line of the stranger's code where it was raised."""
    message = str(error).splitlines()[0] if str(error) else ""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if "site-packages" in frame.filename and "numpy" not in frame.filename.split("site-packages")[1].split("/")[1]:
            place = f"{frame.line}"
    return f"{type(error).__name__}: {message}", place
