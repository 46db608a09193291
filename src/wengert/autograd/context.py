"""A call of a Function: its run on plain numbers, and the context that each derivative gets."""

from __future__ import annotations

import copy
import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.autograd.memo import Memo, Ref, References, is_numeric
from wengert.core.array import Array
from wengert.interpreters.tape import as_tensor, mode

__all__ = ["Call", "Context", "array_results", "defines", "forward", "in_context", "result_slots"]


def defines(cls: type, method: str) -> bool:
    """Whether a Function class defines the method itself."""
    return inspect.getattr_static(cls, method, None) is not None


class Context:
    """The `ctx` of a Function: what forward leaves for the derivatives. Any attribute may be set on it."""

    __slots__ = ("__dict__", "_dirty", "_materialize", "_nondiff", "_saved", "_saved_forward", "needs_input_grad")

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad  # per argument
        self._saved: tuple[Any, ...] = ()
        self._saved_forward: tuple[Any, ...] | None = None
        self._dirty: tuple[Any, ...] = ()
        self._nondiff: tuple[Any, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep these for backward: arguments, results, or arrays computed on the way."""
        self._saved = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep these for jvp."""
        self._saved_forward = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, as tensors of the level that the derivative is computed at."""
        return self._saved

    def mark_dirty(self, *tensors: Any) -> None:
        """Say that forward wrote to these arguments, and returns them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say that no gradient flows through these results."""
        self._nondiff = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a zero gradient is handed over as zeros (the default) or as None."""
        self._materialize = value


class Call:
    """One call: the class, the object in DeZero's style, and the arguments that are no arrays."""

    __slots__ = ("_latest", "args", "cls", "instance", "needs", "places")

    def __init__(self, cls: Any, instance: Any, args: tuple[Any, ...], places: tuple[int, ...]) -> None:
        self.cls = cls
        self.instance = instance
        self.places = places
        self.args = tuple([None if n in places else a for n, a in enumerate(args)])
        self.needs = tuple([isinstance(a, Array) and a.tracked for a in args])
        self._latest = threading.local()  # a graph that holds the call may be replayed by several threads

    def __repr__(self) -> str:
        return f"<call of {self.cls.__name__}>"

    def with_arrays(self, arrays: Sequence[Any], rest: Sequence[Any] | None = None) -> list[Any]:
        """The full list of arguments, with these arrays in their places."""
        full = list(self.args if rest is None else rest)
        for n, a in zip(self.places, arrays, strict=True):
            full[n] = a
        return full

    def memo(self) -> Memo:
        """What the latest run of this call, in this thread, left behind."""
        if self._latest.find is not None:
            self._latest.memo, self._latest.find = self._latest.find(), None
        return self._latest.memo  # type: ignore[no-any-return]

    def shape(self) -> Memo:
        """The latest memo as far as the results go; what was saved may be missing."""
        return self._latest.memo  # type: ignore[no-any-return]

    def remember(self, memo: Memo, find: Callable[[], Memo] | None = None) -> None:
        """Note what a run left behind; `find` finds the full memo when it is needed."""
        self._latest.memo, self._latest.find = memo, find


# --- forward ----------------------------------------------------------------------------------------------


def forward(*arrays: Any, call: Call) -> tuple[Any, ...]:
    """Run forward on plain numbers; its array results, then the residuals."""
    floor, mode.floor = mode.floor, max(mode.floor, 1)
    try:
        run = _run_method if call.instance is not None else _run_static
        outs, memo = run(arrays, call)
    finally:
        mode.floor = floor
    call.remember(memo)
    return outs


def _run_static(arrays: Sequence[Any], call: Call) -> tuple[tuple[Any, ...], Memo]:
    cls = call.cls
    ctx = Context(call.needs)
    tensors = [Array.constant(a) for a in arrays]
    args = call.with_arrays(tensors)
    if defines(cls, "setup_context"):
        result = cls.forward(*args)
        cls.setup_context(ctx, tuple(args), result)
    else:
        result = cls.forward(ctx, *args)
    outputs, result = array_results(result)
    numbers = {id(y): n for n, y in enumerate(outputs)}
    places = {id(x): n for n, x in enumerate(tensors)}
    refs = References(tensors, outputs, ctx._dirty)
    memo = functools.partial(
        Memo,
        result_slots(result, outputs),
        len(outputs),
        refs.slots(ctx.__dict__),
        refs.slots(ctx._saved),
        None if ctx._saved_forward is None else refs.slots(ctx._saved_forward),
        materialize=ctx._materialize,
        nondiff=frozenset(numbers[id(y)] for y in ctx._nondiff),
        dirty=tuple((places[id(x)], numbers[id(x)]) for x in ctx._dirty),
    )
    return _plain([*outputs, *refs.residuals], cls.__name__), memo(residuals=len(refs.residuals))


def _run_method(arrays: Sequence[Any], call: Call) -> tuple[tuple[Any, ...], Memo]:
    # Tapes and users hold these arrays too, so forward may read them only.
    inputs = [np.asarray(a).view() for a in arrays]
    for x in inputs:
        x.flags.writeable = False
    worker = copy.copy(call.instance)
    outputs, result = array_results(worker.forward(*call.with_arrays(inputs)))
    before = call.instance.__dict__
    state = {k: v for k, v in worker.__dict__.items() if k not in before or before[k] is not v}
    refs = References(inputs, outputs, ())
    slots = refs.slots(state)
    memo = Memo(result_slots(result, outputs), len(outputs), slots, residuals=len(refs.residuals), every=True)
    return _plain([*outputs, *refs.residuals], call.cls.__name__), memo


def array_results(result: Any) -> tuple[list[Any], Any]:
    """The results that are arrays, and all of them; floats are 0-d arrays."""
    several = isinstance(result, tuple | list)
    every = [np.asarray(y) if type(y) in (float, complex) else y for y in (result if several else (result,))]
    return [y for y in every if is_numeric(y)], tuple(every) if several else every[0]


def result_slots(result: Any, outputs: Sequence[Any]) -> Any:
    """What forward returned, with slots for the arrays."""
    return References((), outputs, ()).slots(result)


def _plain(values: Sequence[Any], name: str) -> tuple[Any, ...]:
    return tuple([np.asarray(v.plain(f"{name}.forward") if isinstance(v, Array) else v)[()] for v in values])


# --- contexts at a level ------------------------------------------------------------------------------------


def in_context(
    call: Call,
    memo: Memo,
    values: Sequence[Any],
    outs: Sequence[Any],
    needs: tuple[bool, ...],
    *,
    tangent: bool = False,
) -> Any:
    """A ctx (or a copy of the function object) in which every reference is filled with this level's version."""
    sources = {"input": values, "output": outs, "residual": outs[memo.outputs :]}

    def value(ref: Ref) -> Any:
        return as_tensor(sources[ref.kind][ref.number])

    state = memo.filled(memo.state, value)
    if call.instance is not None:
        worker = copy.copy(call.instance)
        worker.__dict__.update(state)
        worker.inputs = tuple(call.with_arrays([as_tensor(x) for x in values]))
        worker.outputs = tuple([as_tensor(y) for y in outs[: memo.outputs]])
        worker.input, worker.output = worker.inputs[0], worker.outputs[0]
        return worker
    ctx = Context(needs)
    ctx.__dict__.update(state)
    ctx.save_for_backward(*memo.filled(memo.saved_forward if tangent else memo.saved, value))
    ctx.set_materialize_grads(memo.materialize)
    return ctx
