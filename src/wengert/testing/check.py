"""check_grads: the laws of a derivative, for a user's own function or op."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.debug.kinks import Kinks, kinks
from wengert.errors import GradcheckError, InvalidArgument, WengertError, explain, user_line
from wengert.testing import laws
from wengert.testing.blame import responsible
from wengert.testing.laws import Outcome, Settings
from wengert.testing.problem import Problem
from wengert.testing.report import Check, Report

__all__ = ["MODES", "check_grads"]

# Law by law, under the names that `modes` knows; those of second order are chosen by fwd and rev.
MODES = ("value", "fwd", "rev", "batch", "trace", "jit", "pattern", "dtype")


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = MODES,
    *,
    eps: float | None = None,
    rtol: float | None = None,
    kwargs: Mapping[str, Any] | None = None,
    seed: int = 0,
    raises: bool = True,
) -> Report:
    """Check the derivatives of `f` at `args` against the laws that every op of wengert obeys.

    f: a function of pytrees of arrays, of any dtypes, with any results. args: a tuple (or list) of its arguments,
    kwargs: more of them, which are not differentiated. order: 1, or 2 for second derivatives too. modes: which laws:

    * "value": f on tensors gives what it gives on arrays
    * "fwd": jvp equals a difference quotient, extrapolated; the complex step where f is analytic
    * "rev": ⟨g, jvp t⟩ = ⟨vjp g, t⟩ (without "fwd" the gradient against difference quotients, too)
    * "batch": vmap equals the loop, of f and of its gradient
    * "trace", "jit": a recorded graph, and the compiled function, give f at another point
    * "pattern": the sparsity pattern covers the derivative
    * "dtype": derivatives have the shape and dtype of their arguments
    * order 2 with "fwd" and "rev": second derivatives by rr, fr, rf, ff agree, and with differences of the gradient

    At a tie or a kink (`wengert.debug.kinks`) a derivative is right if it lies between the one-sided ones; second
    derivatives are then skipped. eps: the step of the quotients; rtol: what is allowed relative to the largest number,
    at least 1; both by default from the precision of the dtypes. seed: of random directions. Returns a `Report`, which
    prints as a table; raises `GradcheckError` with that table if a law fails, unless raises is False.

    >>> import numpy as np, wengert as wg
    >>> report = wg.testing.check_grads(lambda x, y: np.sin(x) * y, (np.ones(3), 2.0), modes=("value", "fwd", "rev"))
    >>> report.ok, [check.law for check in report.checks]
    (True, ['value', 'fwd', 'rev', 'rr', 'fr', 'rf', 'ff'])
    >>> print(wg.testing.check_grads(np.cos, (0.5,), order=1, modes=("fwd",)))
    check_grads of cos: all laws hold
    law  result   largest error  allowed
    ────────────────────────────────────
    fwd  ok ...
    """
    _refuse(args, order, modes)
    p = Problem(f, args, kwargs or {}, seed)
    report = Report(getattr(f, "__name__", type(f).__name__))
    found = _kinks(f, args, kwargs or {})
    report.kinks = [str(k) for k in found]
    s = Settings(step=eps, rtol=rtol or max(2e-6, 60 * p.eps), close=rtol or max(1e-9, 60 * p.eps), kinks=bool(found))
    wanted = [(name, laws.FIRST[name]) for name in MODES if name in modes]
    if "rev" in modes and "fwd" not in modes:
        wanted.append(("gradient", laws.gradient))
    mixes = [m for m in ("rr", "fr", "rf", "ff") if {"r": "rev", "f": "fwd"}[m[0]] in modes and _has(m[1], modes)]
    wanted += [(m, laws.second(m)) for m in mixes if order > 1]
    for name, law in wanted if p.kept else wanted[:1]:
        report.checks.append(_checked(name, law, p, s))
    if not report.ok:
        report.blame = _blame(p, s)
        if raises:
            raise GradcheckError(str(report))
    return report


def _has(letter: str, modes: Sequence[str]) -> bool:
    return {"r": "rev", "f": "fwd"}[letter] in modes


def _checked(name: str, law: Callable[[Problem, Settings], Outcome], p: Problem, s: Settings) -> Check:
    """The outcome of a law; an exception is a failure of it, except where f refuses what the law asks for."""
    try:
        with np.errstate(all="ignore"):
            outcome = law(p, s)
    except laws.Skip as skip:
        return Check(name, "skipped", detail=str(skip))
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return Check(name, "failed", np.inf, detail=f"{type(error).__name__}: {first}")
    status = "failed" if not outcome.error <= outcome.tolerance else "kink" if outcome.kink else "ok"
    return Check(name, status, outcome.error, outcome.tolerance, outcome.detail if status != "ok" else "")


def _kinks(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Kinks:
    try:
        return kinks(f, *args, **kwargs)
    except WengertError:
        return Kinks()  # it cannot be recorded, as the laws will tell


def _blame(p: Problem, s: Settings) -> str:
    try:
        return responsible(p, s.rtol)
    except (WengertError, TypeError, ValueError):
        return ""  # it cannot be recorded, as the laws have told


def _refuse(args: Any, order: int, modes: Sequence[str]) -> None:
    if not isinstance(args, tuple | list):
        raise InvalidArgument(
            explain(
                f"check_grads at {user_line()} got a {type(args).__name__} for args.",
                "The arguments of the function are given as one tuple.",
                "Write check_grads(f, (x,)).",
            )
        )
    unknown = [m for m in modes if m not in MODES]
    if unknown or order not in (1, 2):
        raise InvalidArgument(
            explain(
                f"check_grads at {user_line()} got {f'modes {unknown}' if unknown else f'order={order}'}.",
                f"Laws are known by the names {', '.join(MODES)}, and derivatives are checked up to order 2.",
                'Write modes=("fwd", "rev"), order=2.',
            )
        )
