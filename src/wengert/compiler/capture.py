"""From one call of a function to a Recipe: trace it, and write down what it returned and what it did."""

from __future__ import annotations

import gc
import os
import pickle
import traceback
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert import tree
from wengert.collector import waiting
from wengert.compiler.arguments import ARRAY, BOX, NUMBER, STATIC, TENSOR, Call, as_number
from wengert.compiler.call import Callee, example
from wengert.compiler.lift import LEAF, RESULT, UNTRACKED, Foreign, Lift, Slot, number_of, standing, tape_of
from wengert.compiler.places import NUMBERS, PLAIN, Place, Watched, places_of
from wengert.compiler.recipe import Effect, Held, Recipe, Result
from wengert.core.apply import Box, refreshed, unbridge
from wengert.errors import TracedValue, explain
from wengert.interpreters.mending import Mend
from wengert.interpreters.record import Constant, Equation, Graph, Symbol, Variable, Weak
from wengert.interpreters.tensor import Tensor
from wengert.spec import spec
from wengert.transforms.arguments import evaluate

__all__ = ["Capture", "Moving", "OneRun"]


class OneRun(Exception):
    """The function did what a program cannot do again, so its first run counted. Never seen by users."""

    def __init__(self, result: Any, why: str) -> None:
        super().__init__(why)
        self.result = result
        self.why = why


class Moving(BaseException):
    """Numbers at these places change: trace again with them as inputs. Never seen by users."""

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__(places)
        self.places = places


class Capture:
    """One trace of a function, from its arguments to its Recipe.

    moving: places of numbers that change from call to call. fixed: names of places whose numbers Python needs.
    """

    def __init__(
        self, f: Callable[..., Any], name: str, taken: Call, moving: Sequence[Place] = (), fixed: Container[Any] = ()
    ) -> None:
        self.f, self.taken = f, taken
        self.moving, self.fixed = list(moving), fixed
        self.numbers: list[tuple[Place, Any, Variable]] = []  # of the moving places: the number, and its input
        self.before: dict[Any, tuple[Place, Any]] = {}  # what was where when the trace began
        self.rebound: list[tuple[Place, Any, bool]] = []  # of places that got a new tensor: the old one, is it a leaf
        self.lift = Lift(name)
        self.symbols: dict[int, Any] = {}  # of the leaves that are not tensors
        self.variables: dict[int, Variable] = {}
        self.outputs: list[Any] = []
        self.slots: list[Slot] = []
        self.held: list[Held] = []
        self.differentiable = True

    def run(self, donate: Sequence[int] = ()) -> Recipe:
        """Trace; raises `OneRun` with the result if the function did what cannot be done again."""
        taken = self.taken
        before = self.before = {place.name: (place, x) for place, x in places_of(self.f)}
        with waiting(), self.lift as lift, self._moved():
            leaves = [self._symbol(n) for n in range(len(taken.leaves))]
            args, kwargs = taken.arguments(leaves)
            del leaves
            random_numbers = _random_states(before, taken.leaves)
            with np.errstate(all="ignore"):
                out = self._evaluated(args, kwargs)
            if _random_states(before, taken.leaves) != random_numbers:
                raise _frozen_random_numbers(lift.trace.name)
            del args, kwargs
            outs, structure = tree.flatten(out)
            del out
            outs = [unbridge(o) for o in outs]
            _refresh(outs)
            lift.pause()
            self._order_slots()
            results = [self._result(o) for o in outs]
            effects, problem = self._effects()
            problem = problem or self._changes(effects) or self._replaced(effects)
            if problem is None and self._survivors(outs):
                problem = "it stored a new tensor where it outlives the call"
            if problem is not None:
                raise OneRun(structure.unflatten(self._committed(outs)), problem)
            # What has effects is never a part of something else, so if it returns no tracked tensor nobody asks for
            # its derivative.
            self.differentiable = not effects or any(r.kind == "tracked" for r in results)
            graph = self._graph()
            lift.trace.close()
        callee = Callee(graph, lift.trace.name, donate)
        makers = [make for make, _ in lift.draws]
        moving = [(place, type(number)) for place, number, _ in self.numbers]
        watched = None
        if moving or self.rebound or any(h.tensor is not None for h in self.held):
            names = {place.name for place, *_ in [*self.numbers, *self.rebound]}
            watched = Watched(places_of(self.f), {id(h.tensor) for h in self.held}, names)
        rebound = [(place, is_leaf) for place, _, is_leaf in self.rebound]
        around = (moving, rebound, watched)
        return Recipe(callee, taken.kinds, taken.same, self.held, makers, results, structure, effects, *around)

    def _evaluated(self, args: Any, kwargs: Any) -> Any:
        """Call the user's function. NumPy hides why it cannot index a plain array by a traced number."""
        try:
            return evaluate(self.f, *args, **kwargs)
        except IndexError as error:
            if not str(error).startswith("only integers, slices"):
                raise
            frame = traceback.extract_tb(error.__traceback__)[-1]
            line = f"{os.path.basename(frame.filename)}:{frame.lineno}"
            raise TracedValue(
                explain(
                    f"a plain array was indexed by a traced value at {line}.",
                    "NumPy asks for the number itself, which is not known while the function is traced.",
                    "Write np.take(table, i, axis=0).",
                )
            ) from None

    @contextmanager
    def _moved(self) -> Iterator[None]:
        """Symbols in the place of the numbers that change."""
        for place in self.moving:
            number = place.get()
            if type(number) in NUMBERS and place.is_writable:
                value = as_number(number)
                variable = Variable(self.lift.trace, spec(value))
                self.numbers.append((place, number, variable))
                self.lift.numbers[variable] = value
                place.put(Weak(value, variable, self.lift.level).rooted(frozenset({place.name})))
        try:
            yield
        except OneRun:
            for place, _, _ in self.numbers:
                now = place.get()
                place.put(number_of(now).item() if isinstance(now, Symbol) else now)
            raise
        except BaseException:
            self._put_back()
            raise
        else:
            self._put_back()

    def _put_back(self) -> None:
        for place, number, _ in self.numbers:
            place.put(number)
        for place, x in self.before.values():
            if isinstance(x, Tensor) and (now := place.get()) is not x and self.lift.made(now) and place.is_writable:
                place.put(x)

    def _replaced(self, effects: list[Effect]) -> str | None:
        """Which tensors the function replaced by new ones where it found them; what cannot be done again, if so."""
        for place, x in self.before.values():
            now = place.get()
            if not isinstance(x, Tensor) or now is x:
                continue
            places = sum([y is x for _, y in self.before.values()])
            if not self.lift.made(now) or standing(now) == RESULT or "_grad" in now.__dict__ or places > 1:
                return "it replaced a tensor that others use, or by one that is tracked"
            if not place.is_writable:
                return "it replaced a tensor of a class"
            effects.append(Effect("tensor", len(self.rebound), self._output(now.value)))
            self.rebound.append((place, x, standing(now) == LEAF))
            for n, slot in enumerate(self.slots):
                if slot.tensor is x and slot.arg is None:
                    self.held[n] = self.held[n]._replace(place=place, tensor=None)
        return None

    def _changes(self, effects: list[Effect]) -> str | None:
        """Which numbers in attributes and the like the function changed; what cannot be done again, if so."""
        for n, (place, number, variable) in enumerate(self.numbers):
            now = place.get()
            if isinstance(now, Symbol) and now.mark is variable:
                continue
            if isinstance(now, Symbol) or type(now) is type(number):
                effects.append(Effect("place", n, self._output(now)))
            else:
                return f"it replaced a number by a {type(now).__name__}"
        known = {place.name for place, _, _ in self.numbers}
        changed = []
        for name, (place, x) in self.before.items():
            now = place.get()
            if name not in known and type(x) in PLAIN and now is not x and (type(now) is not type(x) or now != x):
                if type(x) not in NUMBERS or type(now) is not type(x) or name in self.fixed or not place.is_writable:
                    return f"it changed {place.key!r} from {x!r} to {now!r}"
                changed.append((place, x))
        if changed:
            for place, x in changed:
                place.put(x)
            raise Moving([place for place, _ in changed])
        return None

    # --- what goes in -----------------------------------------------------------------------------------------------

    def _symbol(self, n: int) -> Any:
        """What the function gets for a leaf of its arguments."""
        x, kind, first = self.taken.leaves[n], self.taken.kinds[n], self.taken.same[n]
        if kind == STATIC:
            return x
        if kind == TENSOR:
            if first == n:
                if isinstance(x.value, Box):
                    raise Foreign
                self.lift.lift(x, n)
            return x
        if first != n:
            return self.symbols[first]
        trace, level = self.lift.trace, self.lift.level
        value = example(x)
        if kind == NUMBER:
            value = as_number(x)
        elif kind in (ARRAY, BOX) and not value.dtype.isnative:
            value = value.astype(value.dtype.newbyteorder("="))
        variable = self.variables[n] = Variable(trace, spec(value))
        self.lift.numbers[variable] = value
        symbol = (
            Symbol(value, variable, level) if kind != NUMBER else Weak(value, variable, level).rooted(frozenset({n}))
        )
        self.symbols[n] = symbol
        return symbol

    def _order_slots(self) -> None:
        """Slots, gradients after the tensors that they belong to."""
        slots = list(self.lift.slots.values())
        owners = {id(s.grad): s for s in slots if s.grad is not None}
        self.slots = sorted(slots, key=lambda s: _depth(s, owners))
        number = {id(s): n for n, s in enumerate(self.slots)}
        for s in self.slots:
            owner = owners.get(id(s.tensor))
            self.held.append(
                Held(
                    s.arg,
                    None if owner is None else number[id(owner)],
                    None if s.arg is not None or owner is not None else s.tensor,
                    s.value.shape,
                    s.value.dtype,
                    UNTRACKED if s.mark is None else standing(_Was(s.mark)),
                    s.graded,
                    s.grad is not None,
                    s.variable is not None,
                )
            )

    # --- what comes out ----------------------------------------------------------------------------------------------

    def _output(self, value: Any) -> int:
        """Make a value a result of the program; its number."""
        if isinstance(value, Symbol):
            value = value.mark.value if type(value.mark) is Constant else value.mark
        self.outputs.append(value)
        return len(self.outputs) - 1

    def _result(self, o: Any) -> Result:
        if isinstance(o, Symbol):
            if o.level != self.lift.level:
                raise Foreign
            for n, symbol in self.symbols.items():
                if o is symbol and o.mark is not self.variables[n]:
                    return Result("argument", n)
            kind = "number" if isinstance(o, Weak) else "scalar" if isinstance(o.value, np.generic) else "array"
            return Result(kind, self._output(o))
        if isinstance(o, Tensor) and o.level == 0:
            for n, slot in enumerate(self.slots):
                if o is slot.tensor:
                    return Result("slot", n)
            if standing(o) == LEAF and self.lift.made(o):
                return Result("leaf", self._output(o.value))
            if o.mark is not None and not _is_freed(o.mark):
                return Result("tracked", self._output(o.value))
            return Result("tensor", self._output(o.value))
        if isinstance(o, Box):
            raise Foreign
        return Result("constant" if isinstance(o, np.ndarray) else "object", o)

    def _effects(self) -> tuple[list[Effect], str | None]:
        """What the function wrote, and why that cannot be done again, if so."""
        effects = []
        for n, symbol in self.symbols.items():
            if not isinstance(symbol, Symbol):
                return [], "it wrote a tensor that requires grad into a plain array"
            refreshed(symbol)
            if symbol.mark is not self.variables[n]:
                if self.taken.kinds[n] == BOX:
                    raise Foreign
                effects.append(Effect("argument", n, self._output(symbol)))
        for n, slot in enumerate(self.slots):
            tensor, value = slot.tensor, slot.tensor.value
            was = UNTRACKED if slot.mark is None else standing(_Was(slot.mark))
            now = UNTRACKED if tensor.mark is None else standing(tensor)
            renamed = tensor.mark is not slot.mark and slot.variable is not None and was != RESULT
            if renamed or (was == RESULT and now == RESULT and slot.variable is not None):
                return [], "it changed whether a tensor requires grad, or wrote to one while the tape recorded"
            if slot.variable is not None and not (isinstance(value, Symbol) and value.mark is slot.variable):
                if slot.arg is not None and tensor.alias is not slot.alias and slot.alias is not None:
                    raise Foreign  # a view: others see what is written to it
                effects.append(Effect("value", n, self._output(value)))
            grad = tensor.__dict__.get("_grad")
            if grad is not slot.grad:
                if grad is None:
                    effects.append(Effect("no_grad", n, -1))
                elif grad.mark is None and self.lift.made(grad):
                    effects.append(Effect("grad", n, self._output(grad.value)))
                else:
                    return [], "it gave a tensor a gradient that is tracked, or that somebody else made"
        return effects, None

    def _survivors(self, outs: list[Any]) -> bool:
        """Whether somebody keeps a new tensor; one in a reference cycle is let go of first."""
        rebound = [id(place.get()) for place, *_ in self.rebound]
        if not self.lift.held_elsewhere(outs, rebound):
            return False
        gc.collect()
        return self.lift.held_elsewhere(outs, rebound)

    def _committed(self, outs: Sequence[Any]) -> list[Any]:
        """The results of the run that was recorded, as eager code gives them."""
        if BOX in self.taken.kinds or any(s.mark is not None and standing(_Was(s.mark)) == RESULT for s in self.slots):
            raise Foreign
        self.lift.commit()
        given = {id(symbol): n for n, symbol in self.symbols.items()}
        for n, symbol in self.symbols.items():
            if symbol.mark is not self.variables[n]:
                self.taken.leaves[n][...] = number_of(symbol)
        found = []
        for o in outs:
            if id(o) in given and o.mark is not self.variables[given[id(o)]]:
                found.append(self.taken.leaves[given[id(o)]])
            elif isinstance(o, Symbol):
                value = number_of(o)
                found.append(value.item() if isinstance(o, Weak) else value.copy())
            else:
                found.append(o)
        return found

    def _graph(self) -> Graph:
        inputs = [
            *[v for n, v in sorted(self.variables.items())],
            *[s.variable for s in self.slots if s.variable is not None],
            *[v for _, v in self.lift.draws],
            *[v for _, _, v in self.numbers],
        ]
        names = tree.flatten((tuple(inputs), {}))[1]
        outputs = [x if isinstance(x, Variable) else np.asarray(x)[()] for x in self.outputs]
        trace = self.lift.trace
        equations, outputs, mends = trace.equations, outputs, trace.mends
        if not self.differentiable:
            equations, outputs, mends = without_stops(equations, outputs, mends)
        return Graph(inputs, equations, outputs, names, tree.flatten(tuple(outputs))[1], mends=mends)


def without_stops(
    equations: Sequence[Equation], outputs: Sequence[Any], mends: Mapping[Variable, Mend]
) -> tuple[list[Equation], list[Any], dict[Variable, Mend]]:
    """The equations without those that only stop derivatives."""
    same: dict[Any, Any] = {}
    kept = []
    for e in equations:
        operands = tuple([same.get(x, x) if isinstance(x, Variable) else x for x in e.operands])
        if e.op.name == "stop_gradient":
            same[e.results[0]] = operands[0]
        else:
            kept.append(e._replace(operands=operands))
    outputs = [same.get(x, x) if isinstance(x, Variable) else x for x in outputs]
    return kept, outputs, {same.get(v, v): mend.renamed(same) for v, mend in mends.items()}


def _refresh(boxes: Sequence[Any]) -> None:
    for x in boxes:
        if isinstance(x, Box):
            refreshed(x)


def _depth(slot: Slot, owners: Mapping[int, Slot]) -> int:
    """How often one has to take the gradient to come to a slot's tensor."""
    owner = owners.get(id(slot.tensor))
    return 0 if owner is None else 1 + _depth(owner, owners)


def _random_states(before: Mapping[Any, tuple[Place, Any]], leaves: Sequence[Any]) -> list[bytes]:
    """The states of the sources of random numbers that the function can reach, NumPy's own included."""
    reached = [x for x in [*[x for _, x in before.values()], *leaves] if isinstance(x, np.random.Generator)]
    own = np.random.get_state(legacy=False)  # noqa: NPY002
    return [pickle.dumps(s) for s in [own, *[g.bit_generator.state for g in reached]]]


def _frozen_random_numbers(name: str) -> TracedValue:
    return TracedValue(
        explain(
            f"{name} drew random numbers from np.random or a NumPy Generator while it was traced.",
            "They would be the same in every later run.",
            "Write wg.randn, wg.rand or wg.randint, which are drawn anew, or pass the numbers as an argument.",
        )
    )


class _Was:
    """A tensor as far as its mark goes."""

    def __init__(self, mark: Any) -> None:
        self.mark = mark


def _is_freed(mark: Any) -> bool:
    """Whether a backward pass went through the graph behind a result, so that there is none any more."""
    return any(node.saved is None for node in tape_of([mark]))
