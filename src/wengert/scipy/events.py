"""When the events of an initial value problem happen: roots of g(t, y(t)), differentiable like any root.

    g(T, y(T; θ)) = 0      dT = -(g_y dy + g_θ dθ) / (g_t + g_y f)

A terminal event ends the solution at such a time, which moves with everything that the problem depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from wengert.core.apply import Box
from wengert.ops.spelling import lift
from wengert.scipy.closures import Closed, shown
from wengert.scipy.flow import Flow
from wengert.scipy.implicit import elementwise_root
from wengert.scipy.opaque import solved

__all__ = ["EventTimes", "Events", "visible"]

Function = Callable[..., Any]


def visible(event: Function) -> Function:
    """An event function as SciPy is to call it: what it returns is shown like an operand (`closures.shown`)."""

    def function(t: Any, y: Any, *args: Any) -> Any:
        return shown(event(t, y, *args))

    function.terminal = getattr(event, "terminal", None)  # type: ignore[attr-defined]
    function.direction = getattr(event, "direction", 0)  # type: ignore[attr-defined]
    return function


class Events:
    """The events of the initial value problem ``(t_span, y0, args)``.

    detect: ``detect(t_span, y0, args) -> result`` of SciPy's, on plain numbers. flow: the problem without events.
    """

    def __init__(self, functions: Sequence[Function], detect: Function, flow: Flow, problem: Any) -> None:
        self.functions, self.detect, self.flow, self.problem = functions, detect, flow, problem
        self.terminal = [n for n, f in enumerate(functions) if getattr(f, "terminal", None)]

    def end(self) -> tuple[Any, Any]:
        """Where the solution ends, be it by a terminal event or at the end of the time span, and SciPy's result."""

        def run(t_span: Any, y0: Any, args: Any) -> Any:
            result = self.detect(t_span, y0, args)
            if result.status != 1:
                return (np.reshape(t_span[1], (1,)), np.array([-1])), result
            forwards = np.sign(t_span[1] - t_span[0])
            last = {n: result.t_events[n][-1] for n in self.terminal if len(result.t_events[n])}
            number = max(last, key=lambda n: forwards * last[n])
            return (np.reshape(last[number], (1,)), np.array([number])), result

        def push(closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
            time, number = found
            moved = np.reshape(tangents[1][0][1], (1,))  # of the time span
            for n in self.terminal:
                if isinstance(number, Box):
                    moved = np.where(np.equal(number, n), self._rule(n)(closed, tangents, time, values), moved)
                elif number == n:
                    moved = self._rule(n)(closed, tangents, time, values)
            return moved, np.zeros_like(number)

        (time, _), result = solved("solve_ivp", run, self.problem, push=push)
        return time[0], result

    def times(self, n: int) -> Any:
        """The times of all events of function n."""

        def run(t_span: Any, y0: Any, args: Any) -> Any:
            return self.detect(t_span, y0, args).t_events[n], None

        return solved("solve_ivp", run, self.problem, push=self._rule(n))[0]

    def states(self, n: int) -> Any:
        """The states at the events of function n, one per row."""
        return self._states(self.times(n), *self.problem)

    def _rule(self, n: int) -> Function:
        """The rule of the times of function n."""

        def values(times: Any, t_span: Any, y0: Any, args: Any) -> Any:
            states = self._states(times, t_span, y0, args)
            found = [lift(self.functions[n](times[k], states[k], *args)) for k in range(np.shape(times)[0])]
            return np.stack([np.reshape(value, ()) for value in found])

        return elementwise_root(values)

    def _states(self, times: Any, t_span: Any, y0: Any, args: Any) -> Any:
        return self.flow.solution((t_span[0], times[-1]), y0, args, times)[0][1]


class EventTimes(Sequence[Any]):
    """``.t_events`` or ``.y_events``, found when they are asked for; those of functions without events are `plain`."""

    def __init__(self, find: Callable[[int], Any], plain: Sequence[Any]) -> None:
        self._find, self._plain = find, plain

    def __len__(self) -> int:
        return len(self._plain)

    @overload
    def __getitem__(self, n: int) -> Any: ...

    @overload
    def __getitem__(self, n: slice) -> list[Any]: ...

    def __getitem__(self, n: Any) -> Any:
        places = range(len(self._plain))[n]
        if isinstance(places, range):
            return [self[k] for k in places]
        return self._find(places) if len(self._plain[places]) else self._plain[places]

    def __repr__(self) -> str:
        return repr(list(self))
