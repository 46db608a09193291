"""The recorder that watches the user's code: values, source lines, and which variable each value is bound to.

Whenever an op is recorded, the frames of the user's code on the stack are looked through for traced values that have no
name yet. By then everything computed before has been bound, whatever the statement was: an assignment, an unpacked
tuple, the parameter of a helper function, a written array. No trace function is installed, so debuggers and coverage
measurements go on working.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, read
from wengert.core.op import TABLE, Op
from wengert.explanation.model import Source
from wengert.interpreters.record import Equation, Graph, Symbol, Trace, Variable

__all__ = ["Decision", "Watch", "bare", "is_library", "source_of"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_NUMPY = os.sep + "numpy" + os.sep
_SMALL = 4096  # bytes; a recorder copies smaller constants, so they are recognised by their numbers

_INLINE = frozenset({"<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"})


def is_library(filename: str) -> bool:
    """Whether a file is ours or NumPy's, and not the user's."""
    return filename.startswith((_PACKAGE, "<__array_function__")) or _NUMPY in filename


def source_of(filename: str, line: int) -> Source:
    """A line of code, as it is shown."""
    return Source(os.path.basename(filename), line, linecache.getline(filename, line).strip())


def bare(x: Any) -> Any:
    """The numbers of a value, whatever boxes they are in."""
    while isinstance(x, Box):
        x = read(x)
    return x


class Decision:
    """A truth or index that Python asked a traced value for."""

    __slots__ = ("answer", "place", "variable", "what")

    def __init__(self, variable: Variable, what: str, answer: Any, place: tuple[str, int] | None) -> None:
        self.variable = variable
        self.what = what
        self.answer = answer
        self.place = place


class Watch(Trace):
    """A recording that also keeps what every equation computed, where, and the names of its results.

    recorded: all equations, also those that no result depends on. values: by variable. places: per equation (file,
    line) or None. groups: per equation the user's functions that were running, dotted. names: by variable. constants:
    names of array constants by (equation, position).
    """

    __slots__ = (
        "_live", "_root", "_seen", "constants", "decisions", "groups", "inputs", "names", "own", "places", "recorded",
        "values",
    )  # fmt: skip

    def __init__(self, own: str, inputs: Sequence[Any]) -> None:
        super().__init__("wg.explain")
        self.inputs = inputs  # their numbers, in the order of the variables
        self.own = own  # the file of the function that is explained, which counts as the user's
        self.short = False
        self.told = self._decide
        self.values: dict[Variable, Any] = {}
        self.names: dict[Variable, str] = {}
        self.constants: dict[tuple[int, int], str] = {}
        self.places: list[tuple[str, int] | None] = []
        self.groups: list[str] = []
        self.decisions: list[Decision] = []
        self.recorded: list[Equation] = []
        self._root: CodeType | None = None
        self._seen: dict[str, bool] = {}
        self._live: list[tuple[FrameType, tuple[int, int]]] = []

    def begin(self, root: CodeType) -> None:
        """From here on frames below the one of this code are looked at."""
        self._root = root

    def record(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], outs: Sequence[Any]) -> Any:
        """Write down an equation, with its values and its place; of the call of a compiled function, what it does."""
        inner = getattr(params.get("program"), "graph", None)
        if isinstance(inner, Graph):
            return self._inlined(inner, operands, outs)
        frames = self._frames()
        self._look(frames)
        number = len(self.equations)
        for position, x in enumerate(operands):
            if frames and (type(x) is np.ndarray or isinstance(x, Box)):
                self._name_constant(number, position, bare(x), frames[0])
        results = super().record(op, operands, params, outs)
        for variable, out in zip(results, outs, strict=True):
            out = bare(out)
            # The buffer of a written array may be written to again.
            self.values[variable] = out.copy() if type(out) is np.ndarray and out.flags.writeable else out
        self.places.append((frames[0].f_code.co_filename, frames[0].f_lineno) if frames else None)
        self.groups.append(
            ".".join([_short(f.f_code) for f in reversed(frames[:-1]) if f.f_code.co_name not in _INLINE])
        )
        return results

    def _inlined(self, graph: Graph, operands: Sequence[Any], outs: Sequence[Any]) -> Any:
        """The equations of a compiled function in the place of its call."""
        known: dict[Variable, Any] = dict(zip(graph.inputs, operands, strict=True))
        for op, inputs, params, results in graph.equations:
            mine = [known[x] if isinstance(x, Variable) else x for x in inputs]
            made = apply(op, [self.value(x) for x in mine], params)
            known.update(zip(results, self.record(op, mine, params, (made,) if op.outputs == 1 else made), strict=True))
        ends = [known[x] if isinstance(x, Variable) else x for x in graph.outputs]
        # What a compiled function returns unchanged is a copy.
        return tuple([
            x if isinstance(x, Variable) else self.record(TABLE["copy"], (x,), {}, (out,))[0]
            for x, out in zip(ends, outs, strict=True)
        ])  # fmt: skip

    def value(self, x: Any) -> Any:
        """The numbers of an operand."""
        if not isinstance(x, Variable):
            return bare(x)
        return self.values[x] if x in self.values else self.inputs[x.number]

    def finish(self) -> None:
        """The function has returned: name what it bound last, and let go of its frames."""
        self._look([])
        self.recorded = self.equations

    def _frames(self) -> list[FrameType]:
        """The frames of the user's code, the innermost first."""
        found = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code is not self._root:
            name = frame.f_code.co_filename
            library = self._seen.get(name)
            if library is None:
                library = self._seen[name] = is_library(name) and name != self.own
            if not library:
                found.append(frame)
            frame = frame.f_back
        return found

    def _look(self, frames: list[FrameType]) -> None:
        """Name what was bound since the last look: in frames that returned, then in the others from the outside in."""
        inner_first = {id(frame): frame for frame in frames}
        for frame, _ in self._live:
            if id(frame) not in inner_first:
                self._name(frame)
        known = {id(frame): at for frame, at in self._live}
        live = []
        child = 0
        for frame in frames:
            live.append((frame, (frame.f_lasti, child)))
            child = id(frame)
        for frame, at in reversed(live):
            # A frame that has been waiting for the same call since the last look has bound nothing.
            if not at[1] or known.get(id(frame)) != at:
                self._name(frame)
        self._live = live

    def _name(self, frame: FrameType) -> None:
        names = self.names
        for name, x in frame.f_locals.items():
            kind = type(x)
            if kind is list and x:
                name, x, kind = f"{name}[{len(x) - 1}]", x[-1], type(x[-1])
            elif kind is dict and x:
                key = next(reversed(x))
                name, x, kind = f"{name}[{key!r}]", x[key], type(x[key])
            if issubclass(kind, Symbol) and x.mark.trace is self and x.mark not in names and name[0] != ".":
                names[x.mark] = name

    def _name_constant(self, number: int, position: int, x: Any, frame: FrameType) -> None:
        used, local = frame.f_code.co_names, frame.f_locals
        places: list[Mapping[str, Any]] = [local, {k: frame.f_globals[k] for k in used if k in frame.f_globals}]
        if hasattr(local.get("self"), "__dict__"):
            places.append({f"self.{k}": y for k, y in vars(local["self"]).items()})
        for name, y in [item for some in places for item in some.items()]:
            if isinstance(y, Box) and y.level == 0:
                y = bare(y)
            if y is x or (type(y) is np.ndarray and x.nbytes <= _SMALL and _same(x, y)):
                self.constants[number, position] = name
                return

    def _decide(self, x: Any, what: str) -> None:
        frames = self._frames()
        self._look(frames)
        place = (frames[0].f_code.co_filename, frames[0].f_lineno) if frames else None
        self.decisions.append(Decision(x.mark, what, bare(x), place))


def _short(code: CodeType) -> str:
    """The name of a function without what it is nested in, but with its class."""
    return code.co_qualname.rpartition("<locals>.")[2]


def _same(x: Any, y: Any) -> bool:
    return bool(x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes())
