"""Twins of `solve_ivp` and `odeint`: derivatives of differential equations are differential equations.

With y' = f(t, y, θ), y(t₀) = y₀, the tangent s of y solves the sensitivity equations beside y, and the cotangent λ the
adjoint equation backwards in time, jumping by the cotangent of y at every time that it is asked for at:

    s' = f_y s + f_θ dθ,    s(t₀) = dy₀ - f dt₀,              dy(tₖ) = s(tₖ) + f dtₖ
    λ' = -f_yᵀ λ,           λ(tₖ⁻) = λ(tₖ⁺) + ȳₖ,             θ̄ = ∫ f_θᵀ λ dt,   ȳ₀ = λ(t₀),   t̄₀ = -f·λ(t₀)

They are solved by the same method to the same tolerances, as flows again, whose derivatives are the second order. The
adjoint reads y from the polynomials of the solver's dense output, so that nothing is integrated backwards that only
forwards is stable. (R. T. Q. Chen et al., "Neural ordinary differential equations", 2018, for the derivation.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as theirs

from wengert import tree
from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.implicit import along
from wengert.scipy.opaque import Closed, plain, solved
from wengert.transforms.reverse import vjp

__all__ = ["odeint", "solve_ivp"]

Function = Callable[..., Any]
# The degree of the polynomials in time that the solvers' dense outputs are made of.
DEGREES = {"RK45": 4, "RK23": 3, "DOP853": 7, "Radau": 3, "BDF": 5, "LSODA": 12}


class Flow:
    """An initial value problem y' = fun(t, y, *args) with a method: `solution` is differentiable.

    solve: ``solve(fun, t_span, y0, t_eval, args) -> result`` with fields t (k,), y (n, k), on plain numbers. again: the
    settings (method, rtol, …) by which the equations of the derivatives are solved with SciPy's solve_ivp.
    """

    def __init__(self, fun: Function, solve: Function, again: dict[str, Any]) -> None:
        self.fun, self.solve, self.again = fun, solve, again

    def solution(self, t_span: Any, y0: Any, args: Any, t_eval: Any) -> tuple[Any, Any]:
        """The times and the states there, one per row, and SciPy's own result."""

        def run(t_span: Any, y0: Any, args: Any, t_eval: Any) -> Any:
            result = self.solve(lambda t, y, *_: self.fun(t, y, *args), t_span, y0, t_eval, args)
            return (result.t, result.y.T), result

        return solved("flow", run, (t_span, y0, args, t_eval), push=self._push, pull=self._pull)

    def _follow(self, fun: Function, t0: Any, times: Any, y0: Any) -> Any:
        """The states at these times of an equation that closes over what it needs."""
        flow = Flow(fun, _solver(self.again), self.again)
        return flow.solution((t0, times[-1]), y0, (), times)[0][1]

    def _push(self, closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
        (over, (t_span, y0, args, t_eval)), (moving, ((ta, tb), ty, targs, tt)) = values, tangents
        (t, y), n = found, np.shape(y0)[0]
        g = closed.opened(lambda t, y, *args: lift(self.fun(t, y, *args)))

        def beside(time: Any, z: Any) -> Any:
            """f and its tangent along (s, dθ)."""
            f = g(over, time, z[:n], *args)
            turned = lambda over, y, *args: g(over, time, y, *args)
            return np.concatenate([f, along(turned, z[:n], z[n:], (over, args), (moving, targs))])

        times = self._moved_times(t, t_eval, ta, tb, tt)
        start = np.zeros_like(y0) if ty is None else ty
        if _moves(ta):
            start = start - g(over, t_span[0], y0, *args) * ta
        sensitivity = self._follow(beside, t_span[0], t, np.concatenate([y0, start]))[:, n:]
        if times is None:
            return np.zeros_like(t), sensitivity
        slopes = np.stack([g(over, t[k], y[k], *args) for k in range(np.shape(t)[0])])
        return times, sensitivity + slopes * times[:, None]

    @staticmethod
    def _moved_times(t: Any, t_eval: Any, ta: Any, tb: Any, tt: Any) -> Any:
        """The tangents of the times of the result, None if they stay; the solver's own steps do, but for both ends."""
        if t_eval is not None:
            return tt if _moves(tt) else None
        if not (_moves(ta) or _moves(tb)):
            return None
        ends = [np.zeros(1) if end is None else np.reshape(end, (1,)) for end in (ta, tb)]
        return np.concatenate([ends[0], np.zeros(np.shape(t)[0] - 2), ends[1]])

    def _pull(self, closed: Closed, cotangent: Any, found: Any, values: Any) -> Any:
        over, (t_span, y0, args, t_eval) = values
        (t, y), (t_bar, y_bar), (count, n) = found, cotangent, np.shape(found[1])
        leaves, structure = tree.flatten((over, args))
        live = [n for n, x in enumerate(leaves) if _floating(x)]
        g = closed.opened(lambda t, y, *args: lift(self.fun(t, y, *args)))
        path = self._path(g, over, t_span, y0, args)

        def backwards(time: Any, z: Any) -> Any:
            """-f_yᵀ λ and -f_θᵀ λ."""

            def f(y: Any, *moved: Any) -> Any:
                full = list(leaves)
                for k, x in zip(live, moved, strict=True):
                    full[k] = x
                over, args = structure.unflatten(full)
                return g(over, time, y, *args)

            parts = vjp(f, path(time), *[leaves[k] for k in live])[1](z[:n])
            return -np.concatenate([np.reshape(part, (-1,)) for part in parts])

        size = sum([np.size(leaves[k]) for k in live])
        z = np.concatenate([y_bar[count - 1], np.zeros(size, np.result_type(y_bar.dtype))])
        at = [*[t[k] for k in range(count)]]
        for k in range(count - 1, 0, -1):
            z = self._follow(backwards, at[k], np.reshape(at[k - 1], (1,)), z)[0]
            z = np.concatenate([z[:n] + y_bar[k - 1], z[n:]])
        if plain(at[0]) != plain(t_span[0]):
            z = self._follow(backwards, at[0], np.reshape(t_span[0], (1,)), z)[0]
        slopes = np.stack([g(over, t[k], y[k], *args) for k in range(count)])
        times = t_bar + np.real(np.sum(np.conj(y_bar) * slopes, axis=-1))
        first = -np.real(np.sum(np.conj(z[:n]) * g(over, t_span[0], y0, *args)))
        last = np.zeros(())
        if t_eval is None:
            first, last, times = first + times[0], times[-1], None
        parts: list[Any] = [None] * len(leaves)
        start = n
        for k in live:
            parts[k] = np.reshape(z[start : start + np.size(leaves[k])], np.shape(leaves[k]))
            start += np.size(leaves[k])
        over_bar, args_bar = structure.unflatten(parts)
        return over_bar, ((first, last), z[:n], args_bar, times)

    def _path(self, g: Function, over: Any, t_span: Any, y0: Any, args: Any) -> Function:
        """y as a function of time: per step of the solver a polynomial through Chebyshev points."""
        bare = tree.map(plain, (over, t_span, y0, args))
        dense = theirs.solve_ivp(
            lambda t, y: np.asarray(g(bare[0], t, y, *bare[3])), bare[1], bare[2], dense_output=True, **self.again
        )
        edges, degree = dense.sol.ts, DEGREES.get(self.again["method"], 12)
        angles = np.pi * np.arange(degree + 1) / degree
        unit = 0.5 * (1 - np.cos(angles))
        first, length = t_span[0], t_span[1] - t_span[0]
        # As fractions of the time span, which may be a batch of spans.
        keys = (edges - edges[0]) / (edges[-1] - edges[0])
        fractions = np.diff(keys)[:, None] * unit + keys[:-1, None]
        # The last point of a step is the first of the next: asked for once.
        asked = first + length * np.append(fractions[:, :-1].ravel(), 1.0)
        states = self._follow(lambda t, y: g(over, t, y, *args), first, asked, y0)
        signs = np.where(np.arange(degree + 1) % 2, -1.0, 1.0)
        signs[[0, -1]] *= 0.5

        def path(time: Any) -> Any:
            at = (time - first) / length
            step = int(np.clip(np.searchsorted(keys, plain(at), side="right") - 1, 0, len(keys) - 2))
            rows = states[step * degree : (step + 1) * degree + 1]
            gaps = at - fractions[step]
            hit = np.flatnonzero(np.asarray(plain(gaps)) == 0)
            if len(hit) and not isinstance(at, Box):
                return rows[int(hit[0])]
            factors = np.stack([np.prod(gaps[np.arange(degree + 1) != k]) for k in range(degree + 1)])
            width = keys[step + 1] - keys[step]
            return (factors * signs) @ rows * (_scale(degree) / width**degree)

        return path


def _scale(degree: int) -> float:
    """The common factor of the barycentric weights of Chebyshev points on an interval of length 1.

    The weight of a point x is 1 / ∏ (x - y) over the others; its sign and halves at the ends are left out.
    """
    unit = 0.5 * (1 - np.cos(np.pi * np.arange(degree + 1) / degree))
    return float(1 / np.prod(unit[1] - np.delete(unit, 1)) * -1)


def _moves(t: Any) -> bool:
    """Whether a tangent is there, and not plainly zero."""
    return t is not None and (isinstance(t, Box) or bool(np.any(t)))


def _floating(x: Any) -> bool:
    return isinstance(x, Box | np.ndarray | np.generic | float) and lift(x).dtype.kind in "fc"


def _solver(settings: dict[str, Any]) -> Function:
    def solve(fun: Function, t_span: Any, y0: Any, t_eval: Any, args: Any) -> Any:
        if t_span[0] == t_span[1]:  # nothing to integrate
            return theirs._ivp.ivp.OdeResult(t=np.asarray(t_eval), y=np.asarray(y0)[:, None])
        return theirs.solve_ivp(lambda t, y: np.asarray(fun(t, y)), t_span, y0, t_eval=t_eval, **settings)

    return solve


def solve_ivp(
    fun: Function,
    t_span: Any,
    y0: Any,
    method: Any = "RK45",
    t_eval: Any = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: Any = None,
    **options: Any,
) -> Any:
    """`scipy.integrate.solve_ivp`, whose ``.t``, ``.y`` and ``.sol`` are differentiable.

    In `y0`, `t_span`, `t_eval`, `args` and in what `fun` closes over, to the accuracy of `rtol` and `atol`, by the
    sensitivity and the adjoint equations. Raises `InvalidArgument` when a derivative is wanted and a terminal event
    ended the solution, whose time would move.

    >>> import numpy as np, wengert as wg
    >>> fine = {"rtol": 1e-9, "atol": 1e-12}
    >>> decay = lambda k: wg.scipy.integrate.solve_ivp(lambda t, y: -k * y, (0, 1), [1.0], **fine).y[0, -1]
    >>> wg.grad(decay)(2.0).round(6)  # -e⁻²
    np.float64(-0.135335)
    """
    args = () if args is None else tuple(args)
    span = tuple([lift(end).astype(float) if lift(end).dtype.kind != "f" else end for end in t_span])
    start = lift(y0)
    start = start if start.dtype.kind in "fc" else start.astype(float)
    stops = None if t_eval is None else lift(t_eval)
    again = {"method": method, **{k: v for k, v in options.items() if k in ("rtol", "atol", "max_step")}}
    if not isinstance(again.get("atol", 0.0), float | int):
        again["atol"] = float(np.min(again["atol"]))  # the derivatives have other components

    def solve(f: Function, t_span: Any, y0: Any, t_eval: Any, args: Any) -> Any:
        evaluated = lambda t, y, *_: np.asarray(f(t, y))
        return theirs.solve_ivp(
            evaluated, t_span, y0, method, t_eval, dense_output, events, vectorized, args or None, **options
        )

    flow = Flow(fun, solve, again)
    (t, y), result = flow.solution(span, start, args, stops)
    if not isinstance(y, Box):
        return result
    if result.status == 1:
        raise InvalidArgument(
            explain(
                f"solve_ivp at {user_line()} was ended by a terminal event, and a derivative is wanted.",
                "The time of the event depends on the parameters, and that dependence would be lost.",
                "Find the time first (wg.scipy.optimize.brentq of the event), and end t_span there.",
            )
        )
    result = type(result)(result, t=t, y=np.transpose(y))
    if dense_output:
        result.sol = _Dense(fun, solve, again, span, start, args)
    return result


class _Dense:
    """The solution as a function of time: solved again up to the times that it is asked for at."""

    def __init__(self, fun: Function, solve: Function, again: dict[str, Any], span: Any, y0: Any, args: Any) -> None:
        self.flow = Flow(fun, _solver(again), again)
        self.span, self.y0, self.args = span, y0, args

    def __call__(self, t: Any) -> Any:
        """The states (n,) at a time, or (n, k) at k times in any order."""
        t = lift(t)
        times = np.reshape(t, (-1,))
        order = np.argsort(np.asarray(plain(times)) * np.sign(plain(self.span[1]) - plain(self.span[0])))
        (_, y), _ = self.flow.solution(self.span, self.y0, self.args, times[order])
        y = np.transpose(y)[:, np.argsort(order)]
        return y[:, 0] if t.ndim == 0 else y


def odeint(
    func: Function,
    y0: Any,
    t: Any,
    args: Any = (),
    Dfun: Any = None,
    col_deriv: Any = 0,
    full_output: Any = 0,
    ml: Any = None,
    mu: Any = None,
    rtol: Any = None,
    atol: Any = None,
    tcrit: Any = None,
    h0: float = 0.0,
    hmax: float = 0.0,
    hmin: float = 0.0,
    ixpr: int = 0,
    mxstep: int = 0,
    mxhnil: int = 0,
    mxordn: int = 12,
    mxords: int = 5,
    printmessg: int = 0,
    tfirst: bool = False,
) -> Any:
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

    class Result:
        """What a Flow wants to know, and what odeint tells."""

        def __init__(self, t: Any, y: Any, notes: Any) -> None:
            self.t, self.y, self.notes = t, y, notes

    def solve(f: Function, t_span: Any, y0: Any, t_eval: Any, args: Any) -> Any:
        evaluated = lambda t, y, *_: np.asarray(f(t, y))
        y, *notes = _pair(theirs.odeint(evaluated, y0, t_eval, args, full_output=full_output,
                                        tfirst=True, **settings))  # fmt: skip
        return Result(np.asarray(t_eval), y.T, notes)

    tolerance = 1.49e-8
    again = {"method": "LSODA", "rtol": float(np.min(tolerance if rtol is None else rtol))}
    again |= {"atol": float(np.min(tolerance if atol is None else atol))}
    (_, y), result = Flow(swapped, solve, again).solution((times[0], times[-1]), start, args, times)
    return (y, *result.notes) if full_output else y


def _pair(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)
