"""wg.code: the derivative of a function as flat NumPy source in the user's variable names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wengert.collector import waiting
from wengert.compiler.passes.roll import rolled
from wengert.errors import InvalidArgument, explain, user_line
from wengert.explanation.derived import Derived, Mode, derived
from wengert.explanation.given import Wrt, given
from wengert.explanation.helpers import with_helpers
from wengert.explanation.in_place import in_place
from wengert.explanation.source_text import identifier
from wengert.explanation.spelled_out import spelled_out
from wengert.explanation.statements import WIDTH, Lines
from wengert.explanation.tidy import tidied
from wengert.explanation.watch import source_of
from wengert.interpreters.record import Graph, Variable

__all__ = ["Code", "code"]

WORTH = 30  # equations; repetitions of fewer stay unrolled


class Code(str):
    """Source code, as a string. name: of the function. constants: arrays it takes as keyword arguments."""

    name: str
    constants: Mapping[str, Any]

    def function(self) -> Callable[..., Any]:
        """The function that the source defines, with its constants as defaults."""
        space: dict[str, Any] = {}
        exec(compile(self, f"<wg.code of {self.name}>", "exec"), space)
        made: Callable[..., Any] = space[self.name]
        made.__kwdefaults__ = dict(self.constants) or None
        return made

    def __repr__(self) -> str:
        return f"<Code of {self.name}: {self.count(chr(10))} lines>"


def code(f: Callable[..., Any], *args: Any, mode: Mode = "reverse", wrt: Wrt = None, **kwargs: Any) -> Code:
    """The value and the derivative of `f` as readable NumPy source, which runs by itself.

    f: a function of pytrees of arrays; what it branches on is decided by these arguments. mode: "reverse" defines
    ``f_and_grad(x, ...)``, which returns the value and the gradient (a tuple of them, if several inputs are
    differentiated), or where the value is not one number ``f_and_vjp(x, ..., grad_out)``; "forward" defines
    ``f_and_jvp(x, ..., x_dot, ...)``, which returns the value and its tangent. wrt: names or positions of the
    arguments to differentiate, by default all that hold floating numbers. Every array in the arguments is a parameter
    of the source, named after the way to it (``params["w"]`` is params_w); other arguments are written into it, and
    large constants, and objects that have no text, are keyword arguments, in `.constants`. The source is for arrays of
    these shapes. Loops and branches
    that the trace knows stay loops and branches; what the way back reads of a loop is stored, whatever checkpoints it
    was given. The source imports NumPy and Python's own modules, and SciPy only for functions of SciPy's that these do
    not have, such as `gamma` and `psi`; rows that are code of this library's bring that code along. Raises
    `InvalidArgument` for another mode or where nothing can be differentiated, `MissingRule` for ops that are made anew
    by every call, such as the solvers of `wg.scipy`.

    >>> import numpy as np, wengert as wg
    >>> def f(w, x):
    ...     s = w * x
    ...     L = 1 / (1 + np.exp(-s))
    ...     return L
    >>> source = wg.code(f, 0.5, 2.0, wrt="w")
    >>> value, gradient = source.function()(0.5, 2.0)
    >>> round(float(gradient), 3)
    0.393
    """
    if mode not in ("forward", "reverse"):
        raise InvalidArgument(
            explain(
                f"wg.code at {user_line()} got mode={mode!r}.",
                "Derivatives are accumulated forwards or backwards.",
                'Give mode="forward" or mode="reverse".',
            )
        )
    with waiting():
        found = derived(f, given(f, args, kwargs, wrt), mode)
        return _Writer(f, found, mode).run()


class _Writer:
    """The source on its way."""

    def __init__(self, f: Callable[..., Any], found: Derived, mode: Mode) -> None:
        self.found, self.mode = found, mode
        self.graph = in_place(self._rolled(self._spelled_out(found.graph)))
        title = identifier(getattr(f, "__name__", type(f).__name__))
        end = "jvp" if mode == "forward" else "grad" if found.scalar else "vjp"
        self.name = f"{'f' if title == 'lambda' else title}_and_{end}"
        wanted = {v: _shown(n) for v, n in found.names.items()}
        self.lines = Lines(wanted, found.constants)
        self.lines.used.add(self.name)
        self.parameters: list[str] = []
        self._source: tuple[str, int] | None = None

    def _spelled_out(self, graph: Graph) -> Graph:
        """The graph in NumPy's terms; what a step of the user's is made of stands at the place of the step."""
        new = spelled_out(graph)
        known = {v for e in graph.equations for v in e.results}
        found, last = self.found, graph.inputs[0]
        for equation in reversed(new.equations):
            v = equation.results[0]
            if v in known:
                last = v
            elif last in found.forward:
                found.forward.add(v)
                if last in found.places:
                    found.places[v] = found.places[last]
        return new

    def _rolled(self, graph: Graph) -> Graph:
        """The graph with its loops as scans; what they consist of is called as before."""
        new, _, origins = rolled(graph, WORTH, tidied)
        found = self.found
        for v in origins:
            old = v
            while old in origins:
                old = origins[old]
            if old in found.names:
                found.names.setdefault(v, found.names[old])
            if old in found.places:
                found.places.setdefault(v, found.places[old])
            if old in found.forward:
                found.forward.add(v)
        return new

    def run(self) -> Code:
        """All of it."""
        lines, graph = self.lines, self.graph
        count = len(self.found.inputs)
        for n, v in enumerate(graph.inputs):
            name = lines.fresh((self.found.inputs + self.found.seeds)[n])
            lines.bind(v, name)
            if n < count or not self.found.scalar:
                self.parameters.append(name)
        self._name_outputs()
        self._body()
        returned = self._returned()
        body = lines.lines
        signature = self._signature()
        made = Code(self._with_what_it_needs("\n".join([*signature, *body, *returned, ""])))
        made.name, made.constants = self.name, lines.given
        return made

    def _with_what_it_needs(self, function: str) -> str:
        """The function below its imports and the functions that it calls."""
        lines = self.lines
        borrowed = [text] if (text := lines.borrowed.text()) else []
        text = "\n\n".join([*borrowed, *with_helpers(lines.helpers), function])
        needed = {f"from scipy import {module}" for module in lines.modules} | lines.borrowed.imports
        needed |= {f"import {name}" for name in ("math", "numpy as np") if f"{name.split()[-1]}." in text}
        standard = sorted([line for line in needed if line.split()[1].partition(".")[0] in sys.stdlib_module_names])
        others = sorted(needed.difference(standard), key=lambda line: (line.startswith("from"), line))
        imports = [*standard, *[""] * (bool(standard) and bool(others)), *others]
        return "\n".join([*imports, "" if borrowed else "\n", text]) if imports else text

    def _name_outputs(self) -> None:
        names = self.lines.names
        assert isinstance(names, dict)
        inputs = self.found.inputs
        for equation in self.graph.equations:
            if equation.op.name == "while_adjoint":
                names.setdefault(equation.operands[0], "steps")
        for n, x in enumerate(self.graph.outputs):
            k = n - self.found.values
            if not isinstance(x, Variable) or x in self.graph.inputs:
                continue
            if k < 0:
                names.setdefault(x, "out" if self.found.values == 1 else f"out{n + 1}")
            elif self.mode == "forward":
                names.setdefault(x, "out_dot")
            elif x not in self.lines.reserved:
                self.lines.reserved[x] = self.lines.fresh(f"grad_{inputs[self.found.wanted[k]]}")

    def _body(self) -> None:
        lines, found = self.lines, self.found
        lines.prepare(self.graph)
        lines.find_sums(self.graph)
        backward = False
        moved = set(self.graph.inputs[len(found.inputs) :])  # what depends on the seeds
        for equation in self.graph.equations:
            ours = equation.results[0] in found.forward
            if any(isinstance(x, Variable) and x in moved for x in equation.operands):
                moved.update(equation.results)
            if self.mode == "reverse" and not backward and equation.results[0] in moved:
                backward = True
                self._seed()
            before = len(lines.lines)
            lines.equation(equation)
            if ours:
                self._comment(equation.results[0], before)
        if self.mode == "reverse" and not backward and lines.is_read(self.graph.inputs[-1]):
            self._seed()
        lines.settle_waiting()

    def _seed(self) -> None:
        """Between the function and its derivative: the adjoint of a single number is 1."""
        lines = self.lines
        if lines.lines:
            lines.write("")
        seed = self.graph.inputs[-1]
        if self.found.scalar and lines.is_read(seed):
            one = "1.0" if seed.spec.dtype == np.float64 else f"np.{seed.spec.dtype.name}(1)"
            lines.write(f"{lines.pieces[seed]} = {one}")

    def _comment(self, v: Variable, before: int) -> None:
        """The user's line, above what it became if that looks different."""
        place = self.found.places.get(v)
        if place is None or place == self._source or before == len(self.lines.lines):
            return
        self._source = place
        text = source_of(*place).text
        if text and _squeezed(text) != _squeezed(self.lines.lines[before]):
            shown = f"    # line {place[1]}: {text}"
            self.lines.lines.insert(before, shown if len(shown) <= WIDTH else shown[: WIDTH - 3] + "...")

    def _returned(self) -> list[str]:
        outs = [self._out(x) for x in self.graph.outputs]
        values, rest = outs[: self.found.values], outs[self.found.values :]
        single = f"    return {_tuple(values)}, {_tuple(rest)}"
        if len(single) <= WIDTH:
            return [single]
        return ["    return (", *_exploded(values), *_exploded(rest), "    )"]

    def _out(self, x: Any) -> str:
        return str(self.lines.operand(x))

    def _signature(self) -> list[str]:
        parts = [*self.parameters, *(["*", *self.lines.given] if self.lines.given else [])]
        single = f"def {self.name}({', '.join(parts)}):"
        if len(single) <= WIDTH:
            return [single]
        return [f"def {self.name}(", *[f"    {p}," for p in parts], "):"]


def _tuple(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _squeezed(line: str) -> str:
    """A line without its spaces, and without what is done with its value."""
    return "".join(line.split()).removeprefix("return").removeprefix("out=")


def _exploded(parts: list[str]) -> list[str]:
    if len(parts) == 1:
        return [f"        {parts[0]},"]
    return ["        (", *[f"            {p}," for p in parts], "        ),"]


def _shown(name: Any) -> str:
    if name.kind == "grad":
        return f"grad_{name.base}"
    return f"{name.base}_dot" if name.kind else name.base
