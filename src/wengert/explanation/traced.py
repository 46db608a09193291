"""The account of a traced function: record it, then sweep forwards and backwards over what was recorded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.explanation.drafts import (
    Draft,
    accumulate,
    finished,
    localise,
    mark_wanted,
    propagate,
    tracked,
    unique,
)
from wengert.explanation.expression import literal, written
from wengert.explanation.gates import gate
from wengert.explanation.given import Given, Wrt, given
from wengert.explanation.links import Applied
from wengert.explanation.model import Account, Seed
from wengert.explanation.remarks import remarks
from wengert.explanation.watch import Watch, bare, source_of
from wengert.interpreters.record import Equation, Variable
from wengert.transforms.trace import trace_leaves

__all__ = ["Recorded", "account_of_function"]

MOST_SEEDS = 8  # columns of the forward trace
MOST_PUSHES = 40_000  # steps × columns; beyond this no forward trace is made unless asked for

Directions = Sequence[Any] | Mapping[str, Sequence[Any]] | None


class Recorded:
    """A recorded run: its drafts, the links between them, and what it returned."""

    def __init__(self, f: Callable[..., Any], arguments: Given) -> None:
        code = getattr(inspect.unwrap(f), "__code__", None)
        ours = (getattr(f, "__module__", "") or "").startswith("wengert.")
        leaves = [arguments.leaves[n] for n in arguments.inputs]
        self.watch = Watch(code.co_filename if code is not None and not ours else "", leaves)
        self.arguments = arguments
        watch = self.watch

        def run(*inputs: Any) -> Any:
            out = arguments.call(f, inputs)
            watch.finish()
            return out

        watch.begin(run.__code__)
        self.graph = trace_leaves(run, leaves, watch)
        self.numbers: dict[Variable, int] = {}
        self.drafts: list[Draft] = []
        self.links: list[Applied] = []
        self._enter_inputs(leaves)
        self._enter_steps()
        self._name()
        self._link()

    def _enter_inputs(self, leaves: Sequence[Any]) -> None:
        count = len(leaves)
        for n, (variable, value) in enumerate(zip(self.graph.inputs, leaves, strict=True)):
            draft = Draft(n, n - count + 1, "input", value[()], value.shape, value.dtype)
            draft.wanted = self.arguments.wanted[self.arguments.inputs[n]]
            self.numbers[variable] = n
            self.drafts.append(draft)

    def _enter_steps(self) -> None:
        first = len(self.drafts)
        outputs = {v for v in self.graph.outputs if isinstance(v, Variable)}
        for equation in self.watch.recorded:
            for variable in equation.results:
                value = self.watch.values[variable]
                number = len(self.drafts)
                role = "output" if variable in outputs else "step"
                draft = Draft(number, number - first + 1, role, value, np.shape(value), np.asarray(value).dtype)
                self.numbers[variable] = number
                self.drafts.append(draft)

    def _name(self) -> None:
        inputs = [self.arguments.names[n] for n in self.arguments.inputs]
        names = [*inputs]
        for variable, number in self.numbers.items():
            if number >= len(inputs):
                names.append(self.watch.names.get(variable, self.drafts[number].label))
        for draft, name in zip(self.drafts, unique(names), strict=True):
            draft.name = name

    def _link(self) -> None:
        for number, equation in enumerate(self.watch.recorded):
            results = [self.numbers[v] for v in equation.results]
            operands = [self.numbers[x] if isinstance(x, Variable) else None for x in equation.operands]
            values = [self.watch.value(x) for x in equation.operands]
            outs = [self.drafts[r].value for r in results]
            self.links.append(Applied(equation.op, values, equation.params, outs, operands, results))
            self._describe(number, equation, values, results)

    def _describe(self, number: int, equation: Equation, values: Sequence[Any], results: Sequence[int]) -> None:
        watch, op = self.watch, equation.op
        shown = []
        for position, (x, value) in enumerate(zip(equation.operands, values, strict=True)):
            if isinstance(x, Variable):
                shown.append(self.drafts[self.numbers[x]].name)
            else:
                shown.append(watch.constants.get((number, position)) or str(literal(value)))
        params = (
            {**equation.params, "ndim": np.ndim(values[0])}
            if isinstance(equation.params.get("axis"), tuple)
            else equation.params
        )
        text = str(written(op.name, shown, params))
        place = watch.places[number]
        for n, r in enumerate(results):
            draft = self.drafts[r]
            draft.op, draft.gate = op.name, gate(op)
            draft.expression = text if len(results) == 1 else f"{text}[{n}]"
            draft.group = watch.groups[number]
            draft.source = source_of(*place) if place is not None else None
            draft.operands = [
                (self.numbers[x] if isinstance(x, Variable) else None, name, value)
                for x, name, value in zip(equation.operands, shown, values, strict=True)
            ]


def account_of_function(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    wrt: Wrt = None,
    along: Directions = None,
    cotangent: Any = None,
) -> Account:
    """Everything that is known about `f` at these arguments."""
    arguments = given(f, args, kwargs, wrt)
    run = Recorded(f, arguments)
    drafts, links = run.drafts, run.links
    mark_wanted(drafts, links)
    for link in links:
        _price(drafts, link)
    localise(drafts, links)
    seeds, directions = _seeds(run, along)
    propagate(drafts, links, directions)
    outputs = _outputs(run)
    cotangents, target = _cotangents(run, outputs, cotangent)
    accumulate(drafts, links, cotangents)
    steps = tuple([finished(d) for d in drafts])
    return Account(
        function=getattr(f, "__name__", type(f).__name__),
        inputs=tuple(range(len(run.graph.inputs))),
        outputs=tuple(outputs),
        trace=steps,
        seeds=tuple(seeds),
        cotangents=tuple([cotangents.get(n) for n in outputs]),
        value=run.graph.out_structure.unflatten(
            [drafts[run.numbers[v]].value if isinstance(v, Variable) else bare(v) for v in run.graph.outputs]
        ),
        remarks=remarks(steps, links, run.watch.decisions, run.numbers, outputs),
        total_roundoff=float(sum([s.roundoff for s in steps])),
        saved_bytes=sum([s.saved_bytes for s in steps]),
        origin="trace",
        target=target,
        callable=f,
        args=tuple(args),
        kwargs=dict(kwargs),
    )


def _price(drafts: Sequence[Draft], link: Applied) -> None:
    """The node that the tape would keep, and its bytes."""
    wanted = tracked(drafts, link)
    if not wanted:
        return
    op = link.op
    name = op.torch_name(*link.values) if callable(op.torch_name) else op.torch_name
    for r in link.results:
        drafts[r].grad_fn = f"{name}Backward0"
    drafts[link.results[0]].saved_bytes = link.saved(wanted)


def _seeds(run: Recorded, along: Directions) -> tuple[list[Seed], list[dict[int, Any]]]:
    """The directions of the forward trace: those given, or one per input entry if these are few, or per input."""
    inputs = [d for d in run.drafts[: len(run.graph.inputs)] if d.wanted]
    if along is not None:
        named = along if isinstance(along, Mapping) else {"along": along}
        return [Seed(name, None, None) for name in named], [_direction(inputs, run, t) for t in named.values()]
    total = sum([int(np.prod(d.shape)) for d in inputs])
    if total <= MOST_SEEDS and total * len(run.drafts) <= MOST_PUSHES:
        places = [(d, entry) for d in inputs for entry in np.ndindex(d.shape)]
        seeds = [Seed(d.name + (f"[{', '.join(map(str, e))}]" if e else ""), d.number, e) for d, e in places]
        return seeds, [{d.number: _unit(d, e)} for d, e in places]
    if len(inputs) <= MOST_SEEDS and len(inputs) * len(run.drafts) <= MOST_PUSHES:
        return [Seed(d.name, d.number, None) for d in inputs], [
            {d.number: np.ones(d.shape, d.dtype)[()]} for d in inputs
        ]
    return [], []


def _unit(d: Draft, entry: tuple[int, ...]) -> Any:
    t = np.zeros(d.shape, d.dtype)
    t[entry] = 1
    return t[()]


def _direction(inputs: Sequence[Draft], run: Recorded, tangents: Any) -> dict[int, Any]:
    leaves = tree.leaves(tangents)
    if [np.shape(unbridge(t)) for t in leaves] != [d.shape for d in inputs]:
        raise InvalidArgument(
            explain(
                f"along= at {user_line()} has shapes {[np.shape(t) for t in leaves]}.",
                f"A direction has one entry per entry of what is differentiated: {[d.shape for d in inputs]}.",
                "Give a tuple with one direction per differentiated argument, or a dict of such tuples by name.",
            )
        )
    return {d.number: np.asarray(bare(t)).astype(d.dtype)[()] for d, t in zip(inputs, leaves, strict=True)}


def _outputs(run: Recorded) -> list[int]:
    found = [run.numbers[v] for v in run.graph.outputs if isinstance(v, Variable)]
    return list(dict.fromkeys(found))


def _cotangents(run: Recorded, outputs: Sequence[int], cotangent: Any) -> tuple[dict[int, Any], str]:
    """What the reverse trace begins with: what was given, else 1 for every number of the results."""
    drafts = run.drafts
    if cotangent is not None:
        leaves = run.graph.out_structure.flatten(cotangent)
        found: dict[int, Any] = {}
        for v, g in zip(run.graph.outputs, leaves, strict=True):
            if isinstance(v, Variable) and g is not None:
                d = drafts[run.numbers[v]]
                g = np.broadcast_to(np.asarray(bare(g)), d.shape).astype(d.dtype)[()]
                found[d.number] = found[d.number] + g if d.number in found else g
        return found, "the result times the given cotangent"
    smooth = [n for n in outputs if drafts[n].dtype.kind in "fc"]
    found = {n: np.ones(drafts[n].shape, drafts[n].dtype)[()] for n in smooth}
    single = len(smooth) == 1 and drafts[smooth[0]].shape == ()
    return found, "the result" if single else "the sum of all results"
