"""Flows: derivatives of differential equations are differential equations.

With y' = f(t, y, θ), y(t₀) = y₀, the tangent s of y solves the sensitivity equations beside y, and the cotangent λ the
adjoint equation backwards in time, jumping by the cotangent of y at every time that it is asked for at:

    s' = f_y s + f_θ dθ,    s(t₀) = dy₀ - f dt₀,              dy(tₖ) = s(tₖ) + f dtₖ
    λ' = -f_yᵀ λ,           λ(tₖ⁻) = λ(tₖ⁺) + ȳₖ,             θ̄ = ∫ f_θᵀ λ dt,   ȳ₀ = λ(t₀),   t̄₀ = -f·λ(t₀)

They are solved by the same method to the same tolerances, as flows again, whose derivatives are the second order. The
adjoint reads y from the polynomials of the solver's dense output, so that nothing is integrated backwards that only
forwards is stable. It starts anew at every time that has a cotangent; where those are as many as there are parameters,
the sensitivities of all of them, which are one problem, are quicker, and their products with ȳ are the same.
(R. T. Q. Chen et al., "Neural ordinary differential equations", 2018, for the derivation.)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.integrate as theirs

from wengert import tree
from wengert.core.apply import Box
from wengert.interpreters.batch import Batched
from wengert.interpreters.forward import Dual
from wengert.ops.spelling import lift
from wengert.scipy.closures import Closed, moves, plain, shown
from wengert.scipy.implicit import pushed
from wengert.scipy.opaque import solved
from wengert.scipy.piecewise import rows
from wengert.scipy.repeated import Repeated, opened_once
from wengert.transforms.bodies import merged
from wengert.transforms.reverse import vjp
from wengert.transforms.vmap import vmap

__all__ = ["Flow", "Function", "following", "spread"]

Function = Callable[..., Any]

# The degree of the polynomials in time that the solvers' dense outputs are made of.
DEGREES = {"RK45": 4, "RK23": 3, "DOP853": 7, "Radau": 3, "BDF": 5, "LSODA": 12}
# So many directions are followed at once at most, rather than the adjoint equation backwards from time to time.
FEW = 50


class Flow:
    """An initial value problem y' = fun(t, y, *args) with a method: `solution` is differentiable.

    solve: ``solve(fun, t_span, y0, t_eval, args) -> result`` with fields t (k,), y (n, k), on plain numbers. again: the
    settings (method, rtol, …) by which the equations of the derivatives are solved with SciPy's solve_ivp.
    """

    def __init__(self, fun: Function, solve: Function, again: dict[str, Any]) -> None:
        self.fun, self.solve, self.again = fun, solve, again

    def _right_side(self, t: Any, y: Any, args: Any) -> Function:
        """What SciPy is to call, as a function of t and y; recorded if it closes over boxes, to open them only once."""
        run = opened_once(lambda t, y: shown(self.fun(t, y, *args)))
        return lambda t, y, *_: run(t, y)

    def solution(self, t_span: Any, y0: Any, args: Any, t_eval: Any) -> tuple[Any, Any]:
        """The times and the states there, one per row, and SciPy's own result."""

        def run(t_span: Any, y0: Any, args: Any, t_eval: Any) -> Any:
            result = self.solve(self._right_side(t_span[0], y0, args), t_span, y0, t_eval, args)
            return (result.t, result.y.T), result

        fixed = self._fixed if t_eval is None else None
        problem = (t_span, y0, args, t_eval)
        timed = any([isinstance(x, Box) for x in tree.leaves((t_span, t_eval))])
        pull = functools.partial(self._pull, timed)
        return solved("flow", run, problem, push=self._push, pull=pull, each=self._each, fixed=fixed)

    @staticmethod
    def _fixed(found: Any, t_span: Any, y0: Any, args: Any, t_eval: Any) -> Any:
        """The same problem, its solution asked for where it was found, in fractions of the time span."""
        return t_span, y0, args, spread(found[0], *t_span)

    def _slope(self, t: Any, y: Any, *args: Any) -> Any:
        return np.broadcast_to(lift(self.fun(t, y, *args)), np.shape(y))

    def _each(self, closed: Closed, n: int, values: Any, batched: Any) -> Any:
        """The solutions of a batch of problems, None if they are to be found one by one: each has steps of its own."""
        return None

    def _push(self, closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
        (over, (t_span, y0, args, t_eval)), (moving, ((ta, tb), ty, targs, tt)) = values, tangents
        (t, y), n = found, np.shape(y0)[0]
        g = closed.opened(self._slope)

        def beside(time: Any, z: Any) -> Any:
            """f and its tangent along (s, dθ)."""
            turned = lambda over, y, *args: g(over, time, y, *args)
            return np.concatenate(pushed(turned, z[:n], z[n:], (over, args), (moving, targs)))

        times = self._moved_times(t, t_eval, ta, tb, tt)
        start = np.zeros_like(y0) if ty is None else ty
        if moves(ta):
            start = start - g(over, t_span[0], y0, *args) * ta
        sensitivity = Derived(beside, self.again).states(t_span[0], t, np.concatenate([y0, start]))[:, n:]
        if times is None:
            return np.zeros_like(t), sensitivity
        slopes = np.stack([g(over, t[k], y[k], *args) for k in range(np.shape(t)[0])])
        return times, sensitivity + slopes * times[:, None]

    @staticmethod
    def _moved_times(t: Any, t_eval: Any, ta: Any, tb: Any, tt: Any) -> Any:
        """The tangents of the times of the result, None if they stay; the solver's own steps do, but for both ends."""
        if t_eval is not None:
            return tt if moves(tt) else None
        if not (moves(ta) or moves(tb)):
            return None
        ends = [np.zeros(1) if end is None else np.reshape(end, (1,)) for end in (ta, tb)]
        return np.concatenate([ends[0], np.zeros(np.shape(t)[0] - 2), ends[1]])

    def _pull(self, timed: bool, closed: Closed, cotangent: Any, found: Any, values: Any) -> Any:
        """timed: whether those of times are wanted."""
        over, (t_span, y0, args, t_eval) = values
        (t, y), (t_bar, y_bar), count = found, cotangent, np.shape(found[0])[0]
        parameters = _Parameters(y0, over, args)
        asked = [k for k, mark in enumerate(_nonzero(y_bar)) if mark]
        if parameters.real and parameters.size <= min(len(asked), FEW):
            bar = self._by_sensitivities(closed, parameters, y_bar, found, values)
        else:
            bar = self._by_adjoint(closed, parameters, y_bar, asked, found, values)
        start_bar, (over_bar, args_bar) = parameters.parted(bar)
        if not timed:
            return over_bar, ((None, None), start_bar, args_bar, None)
        g = closed.opened(self._slope)
        slopes = np.stack([g(over, t[k], y[k], *args) for k in range(count)])
        times = t_bar + np.real(np.sum(np.conj(y_bar) * slopes, axis=-1))
        first = -np.real(np.sum(np.conj(start_bar) * g(over, t_span[0], y0, *args)))
        last = np.zeros(())
        if t_eval is None:
            first, last, times = first + times[0], times[-1], None
        return over_bar, ((first, last), start_bar, args_bar, times)

    def _by_sensitivities(self, closed: Closed, parameters: _Parameters, y_bar: Any, found: Any, values: Any) -> Any:
        """The cotangent of (y₀, θ) as ȳ·s for every direction, all of which are one problem."""

        def along(direction: Any) -> Any:
            start, (over, args) = parameters.parted(direction)
            tangents = over, ((None, None), start, args, None)
            return np.sum(y_bar * self._push(closed, tangents, found, values)[1])

        return vmap(along)(np.eye(parameters.size))

    def _by_adjoint(
        self, closed: Closed, parameters: _Parameters, y_bar: Any, asked: list[int], found: Any, values: Any
    ) -> Any:
        """The cotangent of (y₀, θ) by the adjoint equation. asked: at which times λ jumps."""
        (over, (t_span, y0, args, _)), t, n = values, found[0], np.shape(y_bar)[1]
        g = closed.opened(self._slope)
        path = self._path(g, over, t_span, y0, args)

        def backwards(time: Any, z: Any) -> Any:
            """-f_yᵀ λ and -f_θᵀ λ."""

            def f(y: Any, *moved: Any) -> Any:
                over, args = parameters.replaced(moved)
                return g(over, time, y, *args)

            parts = vjp(f, path(time), *parameters.live)[1](z[:n])
            return -np.concatenate([np.reshape(part, (-1,)) for part in parts])

        back = Derived(backwards, self.again)
        z = np.zeros(parameters.size, np.result_type(y_bar.dtype))
        now = None
        for k in reversed(asked):
            if now is not None:
                z = back.states(now, np.reshape(t[k], (1,)), z)[0]
            z, now = np.concatenate([z[:n] + y_bar[k], z[n:]]), t[k]
        if now is not None and plain(now) != plain(t_span[0]):
            z = back.states(now, np.reshape(t_span[0], (1,)), z)[0]
        return z

    def _path(self, g: Function, over: Any, t_span: Any, y0: Any, args: Any) -> Function:
        """y as a function of time: per step of the solver a polynomial through Chebyshev points."""
        numbers, span, start, given = tree.map(plain, (over, t_span, y0, args))
        right = Repeated(lambda t, y: g(numbers, t, y, *given)).bound(np.asarray(span[0])[()], start)
        dense = theirs.solve_ivp(right, span, start, dense_output=True, **self.again).sol
        edges, degree = dense.ts, DEGREES.get(self.again["method"], 12)
        unit = 0.5 * (1 - np.cos(np.pi * np.arange(degree + 1) / degree))
        first, length = t_span[0], t_span[1] - t_span[0]
        # As fractions of the time span, which may be a batch of spans.
        keys = (edges - edges[0]) / (edges[-1] - edges[0])
        widths = np.diff(keys)
        fractions = widths[:, None] * unit + keys[:-1, None]
        # The last point of a step is the first of the next: asked for once.
        asked = first + length * np.append(fractions[:, :-1].ravel(), 1.0)
        if any([isinstance(x, Box) for x in tree.leaves((over, t_span, y0, args))]):
            states = Derived(lambda t, y: g(over, t, y, *args), self.again).states(first, asked, y0)
        else:
            states = dense(asked).T
        steps = np.arange(len(widths))[:, None] * degree + np.arange(degree + 1)
        coefficients = np.linalg.inv(np.vander(2 * unit - 1, increasing=True)) @ states[steps]
        # Powers of two, so that recordings of solutions with about as many steps are alike (`repeated`).
        spare = (1 << (len(widths) - 1).bit_length()) - len(widths)
        between, starts = _longer(keys[1:-1], spare, np.inf), _longer(keys[:-1], spare, 0.0)
        widths, coefficients = _longer(widths, spare, 1.0), _longer(coefficients, spare, 0.0)

        def path(time: Any) -> Any:
            at = (time - first) / length
            step = np.sum(at >= between)
            inside = 2 * (at - rows(starts, step)) / rows(widths, step) - 1
            return inside ** np.arange(degree + 1) @ rows(coefficients, step)

        return path


def _longer(x: Any, spare: int, fill: float) -> Any:
    """x with so many more rows."""
    return np.concatenate([x, np.full((spare, *np.shape(x)[1:]), fill)])


class Derived(Flow):
    """The equation of a derivative, which closes over what it needs: nobody looks at the steps of its solution.

    So many directions are one problem with the state (n, size), and its right side is recorded (`repeated`).
    """

    def __init__(self, fun: Function, again: dict[str, Any]) -> None:
        super().__init__(fun, following(again), again)
        self._repeated = Repeated(lambda t, y: shown(fun(t, y)))

    def states(self, t0: Any, times: Any, y0: Any) -> Any:
        """The states at these times, one per row."""
        return self.solution((t0, times[-1]), y0, (), times)[0][1]

    def _right_side(self, t: Any, y: Any, args: Any) -> Function:
        return self._repeated.bound(np.asarray(t)[()], y)

    def _each(self, closed: Closed, n: int, values: Any, batched: Any) -> Any:
        (over, (t_span, y0, _, times)), (moving, (ends, start, _, asked)) = values, batched
        if any(ends) or asked:
            return None
        g, size = closed.opened(self._slope), np.size(y0) // (n if start else 1)
        slopes = vmap(lambda t, y, *over: g(over, t, y), (None, 0, *[0 if b else None for b in moving]))

        def together(t: Any, z: Any) -> Any:
            return np.reshape(slopes(t, np.reshape(z, (n, size)), *over), (n * size,))

        z = np.reshape(np.broadcast_to(y0, (n, size)), (n * size,))
        y = np.reshape(Derived(together, self.again).states(t_span[0], times, z), (np.size(times), n, size))
        return np.broadcast_to(times, (n, np.size(times))), np.swapaxes(y, 0, 1)


class _Parameters:
    """What a flow depends on beside times, its start and parameters, as one vector."""

    def __init__(self, y0: Any, over: Any, args: Any) -> None:
        self._leaves, self._structure = tree.flatten((over, args))
        self._places = [n for n, x in enumerate(self._leaves) if _floating(x)]
        self.live = [self._leaves[n] for n in self._places]
        self._ends = np.cumsum([np.size(y0), *[np.size(x) for x in self.live]])
        self.size = int(self._ends[-1])
        self.real = all([lift(x).dtype.kind == "f" for x in (y0, *self.live)])

    def replaced(self, values: Sequence[Any]) -> Any:
        """The pair (over, args) with other parameters."""
        return self._structure.unflatten(merged(self._leaves, self._places, values))

    def parted(self, z: Any) -> tuple[Any, Any]:
        """The part of the start, and the pair (over, args) of those of the parameters, None for what is none."""
        parts = [
            np.reshape(z[a:b], np.shape(x)) for a, b, x in zip(self._ends, self._ends[1:], self.live, strict=False)
        ]
        blank = [None] * len(self._leaves)
        return z[: self._ends[0]], self._structure.unflatten(merged(blank, self._places, parts))


def _nonzero(y_bar: Any) -> Any:
    """Which rows of a cotangent may be other than zero, for any of a batch and in any derivative."""
    if isinstance(y_bar, Dual):
        moved = np.zeros(np.shape(y_bar)) if y_bar.mark is None else y_bar.mark
        return _nonzero(y_bar.value) | _nonzero(moved)
    if isinstance(y_bar, Batched):
        return _nonzero(y_bar.value)
    if isinstance(y_bar, Box):
        return np.ones(np.shape(y_bar)[-2], bool)
    some = np.any(y_bar != 0, axis=-1)
    return np.any(some, axis=tuple(range(some.ndim - 1)))


def _floating(x: Any) -> bool:
    return isinstance(x, Box | np.ndarray | np.generic | float) and lift(x).dtype.kind in "fc"


def spread(times: Any, first: Any, last: Any) -> Any:
    """Times as fractions of the span from the first of them to the last, in another span."""
    fractions = (np.asarray(times) - times[0]) / (times[-1] - times[0])
    return (1 - fractions) * first + fractions * last  # both ends exactly


def following(settings: dict[str, Any]) -> Function:
    """SciPy's solve_ivp with these settings, as a `Flow` has it; it may be asked for one time twice, or at once."""

    def solve(fun: Function, t_span: Any, y0: Any, t_eval: Any, args: Any) -> Any:
        if t_span[0] == t_span[1]:  # nothing to integrate
            rows = np.broadcast_to(np.asarray(y0)[:, None], (np.size(y0), np.size(t_eval)))
            return SimpleNamespace(t=np.asarray(t_eval), y=rows)
        kept = np.ones(np.size(t_eval), bool)
        kept[1:] = np.diff(t_eval) != 0
        result = theirs.solve_ivp(fun, t_span, y0, t_eval=t_eval[kept], **settings)
        return SimpleNamespace(t=t_eval, y=result.y[:, np.cumsum(kept) - 1])

    return solve
