"""A function that a solver calls over and over: recorded once, then replayed on numbers, natively if that pays.

The right sides of sensitivity and adjoint equations are transforms of what a user wrote, `vjp` in `vmap`, say, and what
transforms do in Python is most of their time. None of it depends on the numbers, unless the user's function decides by
them; then it is called each time.

Who minimises asks for the same gradient again and again. So recordings that are alike but for numbers share a program,
which is compiled when it has run so often that it would have been worth it.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np

from wengert.compiler import capi, llvm
from wengert.compiler.backend import build
from wengert.compiler.interpret import Interpreted
from wengert.core.apply import capturing
from wengert.core.op import TABLE
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.record import Graph, Trace, Variable
from wengert.ops.spelling import lift
from wengert.scipy.closures import closes_over
from wengert.spec import spec
from wengert.transforms.bodies import Closure, subgraph

__all__ = ["Repeated", "opened_once"]

Function = Callable[..., Any]

# So many equations run by NumPy, at a microsecond each, take about as long as to compile them.
WORTH = 50_000
# So many programs are remembered.
REMEMBERED = 64


class Repeated:
    """A function of arrays with one result, which is recorded when it is first bound; it may close over boxes.

    It must do the same for all numbers: what it reads from elsewhere is read while it is recorded.
    """

    def __init__(self, f: Function) -> None:
        self.f = f
        self._boxes: list[Any] = []
        self._arrays: list[Any] = []
        self._program: _Program | None = None
        self._tried = False

    def bound(self, *samples: Any) -> Function:
        """The function for arguments like these, and for the numbers that the boxes stand for now."""
        if not self._tried:
            self._tried = True
            self._record(samples)
        if self._program is None:
            return self.f
        run, numbers = self._program, [*self._arrays, *[_number(x) for x in self._boxes]]
        return lambda *args: run(*numbers, *[np.asarray(x)[()] for x in args])  # ops expect no Python numbers

    def _record(self, samples: Any) -> None:
        closure = Closure()
        try:
            body = closure.record(lambda *args: (lift(self.f(*args)),), samples)
        except Exception:  # whatever it is: to call the function tells, if it is more than a decision by numbers
            return
        graph, self._arrays = _without_arrays(closure.graph(body))
        self._boxes = closure.boxes
        self._program = _program_of(graph)


def opened_once(f: Function) -> Function:
    """The function that a solver calls, which is recorded as soon as it uses boxes that it closes over.

    A recording cannot know what a function keeps in mind between its calls: at the 1st, 2nd, 4th, 8th … of them the
    function is called as well. Raises `InvalidArgument` if it gives something else.
    """
    recorded = Repeated(f)
    state: list[tuple[list[tuple[int, ...]], Function]] = []  # the recording, once there is one, and its shapes
    calls = itertools.count(1)

    def function(*args: Any) -> Any:
        if state and [np.shape(x) for x in args] == state[0][0]:  # others are columns, of one that is vectorized
            out, n = state[0][1](*args), next(calls)
            if n & (n - 1) == 0 and state[0][1] is not f:
                _check_same(out, f(*args))
            return out
        out = f(*args)
        if not state and closes_over():
            state.append(([np.shape(x) for x in args], recorded.bound(*[np.asarray(x)[()] for x in args])))
        return out

    return function


def _check_same(replayed: Any, called: Any) -> None:
    """Raise unless a recording gives what the function gives, but for rounding."""
    size = np.max(np.abs(called), initial=0.0, where=np.isfinite(called))
    if not np.allclose(replayed, called, rtol=1e-6, atol=1e-9 * size, equal_nan=True):
        raise InvalidArgument(
            explain(
                f"a function that a solver calls gave two values for the same arguments at {user_line()}.",
                "It closes over a tensor and is recorded, so that it must not depend on what happened before.",
                "Draw random numbers before, count in the state, and write np.where(t < 1, a, b) for what changes in "
                "time.",
            )
        )


def _number(box: Any) -> Any:
    """What a box stands for, as whoever sees the operands of ops has it (`closures.Closed`)."""
    capture = capturing()
    shown = capture([box]) if capture is not None else None
    return np.asarray(box if shown is None else shown[0])[()]


class _Program:
    """A graph with one result as a function, by NumPy and later natively."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.run: Function = Interpreted(graph).values
        self._left = WORTH if llvm.available() and capi.native() else -1

    def __call__(self, *arrays: Any) -> Any:
        if self._left > 0:
            self._left -= 1 + len(self.graph.equations)
            if self._left <= 0:
                native = build(self.graph)
                self.run = lambda *arrays: native(*[np.asarray(x) for x in arrays])  # its shortest way
        return self.run(*arrays)[0]


def _without_arrays(graph: Graph) -> tuple[Graph, list[Any]]:
    """The graph with arrays of floating numbers among its constants as inputs, those first; and these arrays."""
    trace, arrays, inputs = Trace(), [], {}

    def outside(x: Any) -> Any:
        if not isinstance(x, np.ndarray | np.generic) or x.dtype.kind not in "fc":
            return x
        if id(x) not in inputs:
            arrays.append(x)
            inputs[id(x)] = Variable(trace, spec(x))
        return inputs[id(x)]

    equations = [e._replace(operands=tuple([outside(x) for x in e.operands])) for e in graph.equations]
    return subgraph([*inputs.values(), *graph.inputs], equations, graph.outputs), arrays


_programs: OrderedDict[Hashable, _Program] = OrderedDict()


def _program_of(graph: Graph) -> _Program:
    """The program of a graph, or of one like it that was asked for before."""
    try:
        key = _key(graph)
    except _Unlike:
        return _Program(graph)
    program = _programs.get(key)
    if program is None:
        program = _programs[key] = _Program(graph)
        if len(_programs) > REMEMBERED:
            _programs.popitem(last=False)
    else:
        _programs.move_to_end(key)
    return program


class _Unlike(Exception):
    """A graph has something in it that is like nothing else."""


def _key(graph: Graph) -> Hashable:
    """What two graphs have in common if they are the same program."""
    number = {v: n for n, v in enumerate(graph.inputs)}
    rows: list[Hashable] = [tuple([v.spec for v in graph.inputs])]
    for op, operands, params, results in graph.equations:
        if TABLE.get(op.name) is not op:
            raise _Unlike
        rows.append((op.name, tuple([_sign(x, number) for x in operands]), _sign(params, number), len(results)))
        for v in results:
            number[v] = len(number)
    return (*rows, tuple([_sign(x, number) for x in graph.outputs]))


def _sign(x: Any, number: Mapping[Variable, int]) -> Hashable:
    """Something that is equal for equal operands and params only."""
    if isinstance(x, Variable):
        return Variable, number[x]
    if isinstance(x, np.ndarray | np.generic) and not x.dtype.hasobject:
        return np.ndarray, x.shape, x.dtype, x.tobytes()
    if isinstance(x, slice):
        return slice, _sign((x.start, x.stop, x.step), number)
    if isinstance(x, tuple | list):
        return type(x), tuple([_sign(y, number) for y in x])
    if isinstance(x, Mapping):
        return dict, tuple([(k, _sign(y, number)) for k, y in sorted(x.items())])
    if x is None or x is Ellipsis or isinstance(x, bool | int | float | complex | str | np.dtype | type):
        return type(x), repr(x)
    raise _Unlike
