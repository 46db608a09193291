"""A function as a Program that needs nothing from Python: what is exported, and what C calls.

    f, examples ── trace ── Graph ── closed-over tensors become constants ── simplify, roll, lower ── Program

Refused are functions that do more than compute: that write to tensors or arguments, draw random numbers, or use a NumPy
function without a native form. The error says which, and where.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiler import backend
from wengert.compiler.arguments import Arguments
from wengert.compiler.capture import Capture, OneRun
from wengert.compiler.expand import expanded
from wengert.compiler.loops import Program, code_of
from wengert.compiler.passes import simplify
from wengert.compiler.passes.roll import rolled
from wengert.compiler.recipe import Recipe, Result
from wengert.compiler.watched import watched
from wengert.core.apply import read
from wengert.core.op import Op
from wengert.errors import InvalidArgument, MissingRule, TracedValue, explain, user_line
from wengert.interpreters.record import Equation, Graph, Static, Variable
from wengert.interpreters.tensor import Tensor
from wengert.spec import Spec, spec

__all__ = ["Closed", "closed", "example"]


@dataclasses.dataclass(frozen=True)
class Closed:
    """A function of arrays as loop IR. outputs: the Spec of each leaf of the result; structure: how they nest."""

    program: Program
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    structure: tree.Structure


def example(x: Any) -> Any:
    """An array like the one described: by an array, a tensor, or anything with a shape and a dtype. Numbers stay.

    What only has a shape and a dtype is filled with ones, integers with zeros: they are valid indices.
    """
    if isinstance(x, Tensor):
        x = x.detach().numpy()
    if isinstance(x, Spec) or (
        not isinstance(x, np.ndarray | np.generic) and hasattr(x, "shape") and hasattr(x, "dtype")
    ):
        dtype = np.dtype(x.dtype)
        return np.full(tuple(x.shape), 1 if dtype.kind in "fc" else 0, dtype)
    return np.array(x)


def closed(f: Callable[..., Any], examples: Sequence[Any], name: str) -> Closed:
    """The program of a function at arrays like these; its inputs are the arrays, in order.

    Raises:
        MissingRule: a part of the function has no native form.
        InvalidArgument: the function does what a program without Python cannot do.
        TracedValue: Python needs to know the numbers in an argument.
    """
    lines: dict[str, str] = {}
    recipe = _recipe(f, examples, name, lines)
    graph, structure = _closed(recipe, examples, name)
    whole = watched(graph)
    program = None
    if whole is not graph:
        program = backend.program_of(expanded(rolled(simplify(whole)).graph), name)
    graph = expanded(rolled(simplify(graph)).graph)
    outputs = [x.spec if isinstance(x, Variable) else spec(np.asarray(x)) for x in graph.outputs]
    for s in (*[v.spec for v in graph.inputs], *outputs):
        _known(s, name)
    # What cannot be mended natively stays as it is.
    program = program or backend.program_of(graph, name)
    if program is None:
        raise _no_form(graph, name, lines)
    return Closed(program, tuple([v.spec for v in graph.inputs]), tuple(outputs), structure)


class _Located(list[Equation]):
    """Equations that remember where in the user's code each op was first used."""

    def __init__(self, lines: dict[str, str]) -> None:
        super().__init__()
        self.lines = lines

    def append(self, e: Equation) -> None:
        self.lines.setdefault(e.op.name, user_line())
        super().append(e)


def _recipe(f: Callable[..., Any], examples: Sequence[Any], name: str, lines: dict[str, str]) -> Recipe:
    def untaped(*args: Any) -> Any:
        return tree.map(_detached, f(*args))  # closed-over parameters are constants: nobody asks for their gradients

    capture = Capture(untaped, f"export({name})", Arguments(f, (), ()).taken_apart(tuple(examples), {}))
    capture.lift.trace.equations = _Located(lines)
    try:
        recipe = capture.run()
    except OneRun as run:
        raise _side_effect(name, run.why) from None
    except Static:
        raise TracedValue(
            explain(
                f"Python needs to know the number in an argument of {name}.",
                "What is exported is one program for all numbers; they are not known when it is made.",
                "Fix that argument: functools.partial(f, n=10).",
            )
        ) from None
    if recipe.effects:
        raise _side_effect(name, "it writes to a tensor or an argument that it was given")
    if recipe.draws:
        raise _side_effect(name, "it draws random numbers")
    return recipe


def _detached(x: Any) -> Any:
    return x.detach() if isinstance(x, Tensor) and x.level == 0 else x


def _side_effect(name: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{name} does more than compute its result: {why}.",
            "A program without Python has its arguments and its results, and no memory of earlier calls.",
            "Make it an argument and a result of the function.",
        )
    )


def _closed(recipe: Recipe, examples: Sequence[Any], name: str) -> tuple[Graph, tree.Structure]:
    """The graph with the closed-over tensors as constants, and one output per leaf of the result."""
    graph = recipe.callee.graph
    inputs = graph.inputs[: len(examples)]
    tensors = recipe.tensors(list(examples))
    assert tensors is not None
    held = [read(t) for t, slot in zip(tensors, recipe.slots, strict=True) if slot.is_input]
    constants: dict[Any, Any] = dict(zip(graph.inputs[len(examples) :], held, strict=True))
    named: Callable[[Any], Any] = lambda x: constants.get(x, x) if isinstance(x, Variable) else x
    equations = [e._replace(operands=tuple([named(x) for x in e.operands])) for e in graph.equations]
    outputs = [named(_output(r, recipe, inputs, tensors, name)) for r in recipe.results]
    structure = tree.flatten((tuple(range(len(inputs))), {}))[1]
    results = tree.flatten(tuple(range(len(outputs))))[1]
    mends = {v: mend.renamed(constants) for v, mend in graph.mends.items()}
    return Graph(inputs, equations, outputs, structure, results, mends=mends), recipe.structure


def _output(r: Result, recipe: Recipe, inputs: Sequence[Variable], tensors: Sequence[Any], name: str) -> Any:
    """What a leaf of the result is: a variable of the graph, or a constant."""
    if r.kind == "argument":
        return inputs[r.what]
    if r.kind == "slot":
        return read(tensors[r.what])
    if r.kind not in ("constant", "object"):
        return recipe.callee.graph.outputs[r.what]
    if not isinstance(r.what, np.ndarray | np.generic | int | float | complex):
        raise InvalidArgument(
            explain(
                f"{name} returns a {type(r.what).__name__}.",
                "The result of a C function is written to arrays of numbers.",
                "Return arrays and numbers only.",
            )
        )
    return np.asarray(r.what)


def _known(s: Spec, name: str) -> None:
    if code_of(s.dtype) is None:
        raise MissingRule(
            explain(
                f"{name} has an argument or a result of dtype {s.dtype}.",
                "Native code knows float32, float64, integers and booleans.",
                "Give real and imaginary parts as arrays of their own."
                if s.dtype.kind == "c"
                else "Convert it before.",
            )
        )


def _no_form(graph: Graph, name: str, lines: Mapping[str, str]) -> MissingRule:
    """What has no native form, and where it was used."""
    refused: dict[str, Op] = {e.op.name: e.op for s in backend.stages(graph) if not s.native for e in s.equations}
    places = [f"{op} ({lines[op]})" if op in lines else op for op in refused]
    return MissingRule(
        explain(
            f"{name} uses {', '.join(places)}, without a native form for these shapes and dtypes.",
            "Inside wg.jit such functions are NumPy's; what is exported must run without Python.",
            "Write them with other functions, or compute that part outside of the exported function.",
        )
    )
