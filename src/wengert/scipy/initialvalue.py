"""Twins of `solve_ivp` and `odeint`: flows (`scipy.flow`) and their events."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.integrate as theirs

from wengert.core.apply import Box
from wengert.ops.spelling import lift
from wengert.scipy.closures import plain, shown
from wengert.scipy.events import Events, EventTimes, visible
from wengert.scipy.flow import Flow, Function, following, spread
from wengert.scipy.piecewise import floats
from wengert.transforms.bodies import undecided

__all__ = ["odeint", "solve_ivp"]


def solve_ivp(
    fun: Function, t_span: Any, y0: Any, method: Any = "RK45", t_eval: Any = None, dense_output: bool = False,
    events: Any = None, vectorized: bool = False, args: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """`scipy.integrate.solve_ivp`, whose ``.t``, ``.y`` and ``.sol`` are differentiable.

    And so are ``.t_events`` and ``.y_events``, and the end that a terminal event makes: in `y0`, `t_span`, `t_eval`,
    `args` and in what `fun` and `events` close over, to the accuracy of `rtol` and `atol`, by the sensitivity and the
    adjoint equations. Under `vmap` and `jit`, where shapes are the same for all values, a solution without `t_eval` has
    the steps of the first problem, as fractions of the time span; raises `InvalidArgument` there if the problems of a
    batch have different numbers of events, and those are asked for.

    >>> import numpy as np, wengert as wg
    >>> fine = {"rtol": 1e-9, "atol": 1e-12}
    >>> decay = lambda k: wg.scipy.integrate.solve_ivp(lambda t, y: -k * y, (0, 1), [1.0], **fine).y[0, -1]
    >>> wg.grad(decay)(2.0).round(6)  # -e⁻²
    np.float64(-0.135335)
    """
    args = () if args is None else tuple(args)
    span = tuple([end if lift(end).dtype.kind == "f" else floats(end) for end in t_span])
    start = floats(y0)
    stops = None if t_eval is None else lift(t_eval)
    again = _again(method, options)
    listed = [] if events is None else [events] if callable(events) else list(events)

    def solver(events: Any) -> Function:
        settings = (dense_output, events, vectorized)
        return lambda f, t_span, y0, t_eval, args: theirs.solve_ivp(
            f, t_span, y0, method, t_eval, *settings, args or None, **options
        )

    def detect(t_span: Any, y0: Any, args: Any) -> Any:
        f = lambda t, y, *_: shown(fun(t, y, *args))
        return solver([visible(event) for event in listed])(f, t_span, y0, plain(stops), args)

    silent = Flow(fun, following(again), again)
    signals = Events(listed, detect, silent, (span, start, args))
    if signals.terminal:
        end, result = signals.end()
        tracked = isinstance(end, Box)
        if tracked:
            stops = _until(end, span[0], result.t) if stops is None else stops[: len(result.t)]
            span = (span[0], end)
            (t, y), _ = Flow(fun, solver(None), again).solution(span, start, args, stops)
    else:
        solve = solver([visible(event) for event in listed] if listed else None)
        (t, y), result = Flow(fun, solve, again).solution(span, start, args, stops)
        tracked = isinstance(y, Box)
    if tracked:
        result = _differentiable(result, t, y, signals if listed else None)
    if dense_output:
        result.sol = _Dense(silent, (span, start, args), result.sol, tracked)
    return result


def _again(method: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The settings by which the equations of the derivatives are solved."""
    again = {"method": method, **{k: v for k, v in options.items() if k in ("rtol", "atol", "max_step")}}
    if not isinstance(again.get("atol", 0.0), float | int):
        again["atol"] = float(np.min(again["atol"]))  # the derivatives have other components
    return again


def _differentiable(result: Any, t: Any, y: Any, signals: Events | None) -> Any:
    """SciPy's result with the times t (k,), the states y (k, n) and the events of these."""
    result = type(result)(result, t=t, y=np.transpose(y))
    if signals is not None:
        result.t_events = EventTimes(signals.times, result.t_events)
        result.y_events = EventTimes(signals.states, result.y_events)
    return result


def _until(end: Any, first: Any, times: Any) -> Any:
    """The times of a solution, the last of them the end that an event made."""
    if undecided(end) or undecided(first):
        return spread(times, first, end)
    return np.concatenate([np.reshape(first, (1,)), times[1:-1], np.reshape(end, (1,))])


class _Dense:
    """The solution as a function of time: for a derivative it is solved again, up to the times it is asked for at.

    found: SciPy's own, which has its attributes; tracked: whether the solution has derivatives.
    """

    def __init__(self, flow: Flow, problem: Any, found: Any, tracked: bool) -> None:
        self.flow, self.problem, self.found, self.tracked = flow, problem, found, tracked
        self.ts, self.interpolants, self.n_segments = found.ts, found.interpolants, found.n_segments
        self.t_min, self.t_max = found.t_min, found.t_max

    def __call__(self, t: Any) -> Any:
        """The states (n,) at a time, or (n, k) at k times in any order."""
        t = lift(t)
        if not self.tracked and not isinstance(t, Box):
            return self.found(t)
        span, y0, args = self.problem
        times = np.reshape(t, (-1,))
        order = np.argsort(np.asarray(plain(times)) * np.sign(plain(span[1]) - plain(span[0])))
        (_, y), _ = self.flow.solution(span, y0, args, times[order])
        y = np.transpose(y)[:, np.argsort(order)]
        return y[:, 0] if t.ndim == 0 else y


def odeint(
    func: Function, y0: Any, t: Any, args: Any = (), Dfun: Any = None, col_deriv: Any = 0, full_output: Any = 0,
    ml: Any = None, mu: Any = None, rtol: Any = None, atol: Any = None, tcrit: Any = None, h0: float = 0.0,
    hmax: float = 0.0, hmin: float = 0.0, ixpr: int = 0, mxstep: int = 0, mxhnil: int = 0, mxordn: int = 12,
    mxords: int = 5, printmessg: int = 0, tfirst: bool = False,
) -> Any:  # fmt: skip
    """`scipy.integrate.odeint`, differentiable in `y0`, `t`, `args` and in what `func` closes over.

    The equations of the derivatives are solved by LSODA to the same tolerances.

    >>> import numpy as np, wengert as wg
    >>> decay = lambda k: wg.scipy.integrate.odeint(lambda y, t: -k * y, 1.0, [0.0, 1.0])[-1, 0]
    >>> wg.grad(decay)(2.0).round(6)
    np.float64(-0.135335)
    """
    args = args if isinstance(args, tuple) else (args,)
    times, start = lift(t), lift(y0)
    start = np.reshape(start if start.dtype.kind == "f" else start.astype(float), (-1,))
    times = times if times.dtype.kind == "f" else times.astype(float)
    swapped = func if tfirst else lambda t, y, *args: func(y, t, *args)
    turned = Dfun if tfirst or Dfun is None else lambda t, y, *args: Dfun(y, t, *args)
    settings = {"Dfun": turned, "col_deriv": col_deriv, "ml": ml, "mu": mu, "rtol": rtol, "atol": atol, "tcrit": tcrit}
    settings |= {"h0": h0, "hmax": hmax, "hmin": hmin, "ixpr": ixpr, "mxstep": mxstep, "mxhnil": mxhnil}
    settings |= {"mxordn": mxordn, "mxords": mxords, "printmessg": printmessg}

    def solve(f: Function, t_span: Any, y0: Any, t_eval: Any, args: Any) -> Any:
        found = theirs.odeint(f, y0, t_eval, args, full_output=full_output, tfirst=True, **settings)
        y, *notes = found if full_output else (found,)
        return SimpleNamespace(t=np.asarray(t_eval), y=y.T, notes=notes)

    tolerance = 1.49e-8
    again = {"method": "LSODA", "rtol": float(np.min(tolerance if rtol is None else rtol))}
    again |= {"atol": float(np.min(tolerance if atol is None else atol))}
    (_, y), result = Flow(swapped, solve, again).solution((times[0], times[-1]), start, args, times)
    return (y, *result.notes) if full_output else y
