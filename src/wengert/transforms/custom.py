"""Functions with rules of the user's: custom_jvp, custom_vjp, custom; and stop_gradient, checkpoint.

A custom function is one op on every interpreter. Its forward rule (push: tangents of the operands to tangents
of the results) and its reverse rule (pull: cotangents of the results to cotangents of the operands) are
transposes of each other, so either gives the other:

    pull(g) = transpose of  t ↦ push(t)   = vjp of push at any point, applied to g
    push(t) = transpose of  g ↦ pull(g)   = vjp of pull at any point, applied to t
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, apply, fresh, unbridge
from wengert.core.op import TABLE, Op, called, joint
from wengert.errors import InvalidArgument, MissingRule, explain, user_line
from wengert.generator import random_state, resumed
from wengert.interpreters.tape import mode
from wengert.transforms.reverse import vjp
from wengert.transforms.vmap import vmap

__all__ = ["checkpoint", "custom", "custom_jvp", "custom_vjp", "stop_gradient"]

Function = Callable[..., Any]
Leaves = tuple[Any, ...]


class Call:
    """One call of a custom function: what of its arguments is not an operand, and how its result nests."""

    __slots__ = ("leaves", "operands", "out_structure", "residuals", "structure")

    def __init__(self, args: Any, kwargs: Any) -> None:
        self.leaves, self.structure = tree.flatten((args, kwargs))
        self.leaves = [unbridge(x) for x in self.leaves]
        self.operands = [n for n, x in enumerate(self.leaves) if _is_operand(x)]
        self.out_structure = tree.LEAF
        self.residuals: tuple[Any, Any] | None = None  # the results they belong to, and what fwd kept

    def arguments(self, values: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments as the user's function takes them, with these values as operands."""
        leaves = list(self.leaves)
        for n, x in zip(self.operands, values, strict=True):
            leaves[n] = x
        args, kwargs = self.structure.unflatten(leaves)
        return args, kwargs

    def operand_leaves(self, trees: Any) -> Leaves:
        """Of something that nests like the positional arguments (None: nothing there), the operands' leaves."""
        args_structure = self.structure.children[0]
        full: list[Any] = [None] * len(self.leaves)
        start = 0
        for structure, part in zip(args_structure.children, trees, strict=True):
            if part is not None:
                full[start : start + structure.count] = structure.flatten(part)
            start += structure.count
        return tuple(full[n] for n in self.operands)


def _is_operand(x: Any) -> bool:
    return isinstance(x, Box | np.ndarray | np.generic | float | complex) and not isinstance(x, np.bool_)


class Rules:
    """What a custom function is made of, on flat operands: the function, its push and its pull."""

    def __init__(self, name: str, run: Function, push: Function | None, pull: Function | None) -> None:
        self.name = name
        self.run = run
        self.push: Function = push or self._transposed_pull
        self.pull: Function = pull or self._transposed_push
        self.op: Op = joint(
            lambda *values, call: self.run(values, call),
            **called(name),
            vjp=lambda gs, node, args: self.pull(*args, gs, node.params["call"]),
            jvp=lambda values, outs, ts, params: self.push(values, outs, _filled(ts, values), params["call"]),
            vmap=self._vmapped,
        )

    def __call__(self, args: Any, kwargs: Any) -> Any:
        call = Call(args, kwargs)
        outs = apply(self.op, [call.leaves[n] for n in call.operands], {"call": call})
        return call.out_structure.unflatten(outs)

    def _transposed_push(self, values: Leaves, outs: Leaves, gs: Leaves, call: Call) -> Leaves:
        zero = [np.zeros_like(x) for x in values]
        moving = [n for n, x in enumerate(zero) if x.dtype.kind in "fc"]

        def along(*ts: Any) -> Any:
            full = list(zero)
            for n, t in zip(moving, ts, strict=True):
                full[n] = t
            return self.push(values, outs, tuple(full), call)

        found: list[Any] = [None] * len(values)
        for n, g in zip(moving, vjp(along, *[zero[n] for n in moving])[1](tuple(gs)), strict=True):
            found[n] = g
        return tuple(found)

    def _transposed_pull(self, values: Leaves, outs: Leaves, ts: Leaves, call: Call) -> Leaves:
        zero = [np.zeros_like(o) for o in outs]
        pulled = vjp(lambda *gs: _filled(self.pull(values, outs, gs, call), values), *zero)[1]
        return tuple(pulled(tuple(ts)))

    def _vmapped(self, n: int, operands: Any, batched: Any, params: Any) -> Any:
        """The op of the mapped function, whose rules are the mapped rules."""
        axes = tuple(0 if b else None for b in batched)

        def run(values: Leaves, call: Call) -> Leaves:
            return tuple(vmap(lambda *xs: self.run(xs, call), in_axes=axes)(*values))

        def push(values: Leaves, outs: Leaves, ts: Leaves, call: Call) -> Leaves:
            return tuple(vmap(lambda v, o, t: self.push(v, o, t, call), in_axes=(axes, 0, axes))(values, outs, ts))

        def pull(values: Leaves, outs: Leaves, gs: Leaves, call: Call) -> Leaves:
            found = vmap(lambda v, o, g: self.pull(v, o, g, call), in_axes=(axes, 0, 0))(values, outs, gs)
            return tuple(c if b or c is None else np.sum(c, axis=0) for c, b in zip(found, batched, strict=True))

        return apply(Rules(self.name, run, push, pull).op, operands, params)


def _filled(ts: Sequence[Any], values: Sequence[Any]) -> Leaves:
    return tuple(np.zeros_like(x) if t is None else t for t, x in zip(ts, values, strict=True))


def _run(f: Function, values: Leaves, call: Call) -> Leaves:
    args, kwargs = call.arguments(values)
    return _flat_result(f(*args, **kwargs), call)


def _flat_result(out: Any, call: Call) -> Leaves:
    outs, call.out_structure = tree.flatten(out)
    return tuple(o if isinstance(o, Box) else np.asarray(o)[()] for o in map(unbridge, outs))


def _without_rules(name: str) -> MissingRule:
    return MissingRule(
        explain(
            f"{name} was called at {user_line()} before its rule was given.",
            "A custom function has no derivative of its own.",
            "Decorate the rule with @f.defjvp, or call f.defvjp(fwd, bwd), before the first call.",
        )
    )


class custom_jvp:  # noqa: N801 (used as a function)
    """A function whose forward rule you write; its reverse rule is the transpose of that.

    ``@f.defjvp`` decorates ``rule(primals, tangents) -> (out, tangent_out)``, tuples of arguments;
    ``f.defjvps(rule0, rule1, …)`` gives one rule ``(t, out, *primals) -> tangent_out`` per argument (None: no
    dependence). Arguments in `nondiff_argnums` come first, one by one.

    >>> import numpy as np, wengert as wg
    >>> @wg.custom_jvp
    ... def softabs(x):
    ...     return np.abs(x)
    >>> @softabs.defjvp
    ... def _(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return softabs(x), np.tanh(x) * t
    >>> wg.grad(softabs)(0.0), wg.jvp(softabs, (2.0,), (1.0,))[1] == np.tanh(2.0)
    (np.float64(0.0), np.True_)
    """

    def __init__(self, f: Function, nondiff_argnums: Sequence[int] = ()) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.nondiff = tuple(nondiff_argnums)
        self.rule: Function | None = None

    def defjvp(self, rule: Function) -> Function:
        """Give the rule; returns it."""
        self.rule = rule
        return rule

    def defjvps(self, *rules: Function | None) -> None:
        """Give one rule per argument."""

        def rule(primals: Any, tangents: Any) -> Any:
            out = self(*primals)
            terms = [r(t, out, *primals) for r, t in zip(rules, tangents, strict=True) if r is not None]
            zero = tree.map(np.zeros_like, out)
            return out, functools.reduce(lambda a, b: tree.map(np.add, a, b), terms, zero)

        self.rule = rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate the function."""
        if self.rule is None:
            raise _without_rules(self.f.__name__)
        args = _positional(self.f, args, kwargs)
        static = [args[n] for n in self.nondiff]
        moving = [a for n, a in enumerate(args) if n not in self.nondiff]
        rule = functools.partial(self.rule, *static)

        def f(*inner: Any) -> Any:
            return self.f(*_merged(self.nondiff, static, inner))

        def push(values: Leaves, outs: Leaves, ts: Leaves, call: Call) -> Leaves:
            primals, _ = call.arguments(values)
            tangents, _ = call.arguments(ts)
            _, moved = rule(primals, tangents)
            return tuple(call.out_structure.flatten(moved))

        return Rules(self.f.__name__, functools.partial(_run, f), push, None)(tuple(moving), {})


class _Forwards(threading.local):
    """The functions whose forward halves this thread runs for their values."""

    running: tuple[Any, ...] = ()


_forwards = _Forwards()


class custom_vjp:  # noqa: N801 (used as a function)
    """A function whose reverse rule you write; its forward rule is the transpose of that.

    ``f.defvjp(fwd, bwd)``: ``fwd(*args) -> (out, residuals)`` runs in place of `f` when a derivative is wanted,
    ``bwd(residuals, cotangent)`` returns a tuple with one cotangent per argument (None for zero). Arguments in
    `nondiff_argnums` come first in `bwd`.

    >>> import numpy as np, wengert as wg
    >>> @wg.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    >>> wg.grad(lambda x: 10 * clipped(x))(3.0)
    np.float64(1.0)
    """

    def __init__(self, f: Function, nondiff_argnums: Sequence[int] = ()) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.nondiff = tuple(nondiff_argnums)
        self.fwd: Function | None = None
        self.bwd: Function | None = None

    def defvjp(self, fwd: Function, bwd: Function) -> None:
        """Give both halves of the rule."""
        self.fwd, self.bwd = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate the function; through `fwd` where a derivative may be wanted."""
        fwd, bwd = self.fwd, self.bwd
        if fwd is None or bwd is None:
            raise _without_rules(self.f.__name__)
        args = _positional(self.f, args, kwargs)
        static = [args[n] for n in self.nondiff]
        moving = tuple(a for n, a in enumerate(args) if n not in self.nondiff)
        boxes = [x for x in map(unbridge, tree.leaves(moving)) if isinstance(x, Box)]
        # Where `fwd`, which runs below every tape, calls the function itself, it means `f`.
        if not boxes or (self in _forwards.running and not any(x.differentiates for x in boxes)):
            return self.f(*args)

        def keep(values: Leaves, call: Call) -> tuple[Leaves, Any]:
            inner, _ = call.arguments(values)
            out, residuals = fwd(*_merged(self.nondiff, static, inner))
            return _flat_result(out, call), residuals

        def run(values: Leaves, call: Call) -> Leaves:
            before, _forwards.running = _forwards.running, (*_forwards.running, self)
            try:
                outs, residuals = keep(values, call)
            finally:
                _forwards.running = before
            call.residuals = (outs, residuals)
            return outs

        def pull(values: Leaves, outs: Leaves, gs: Leaves, call: Call) -> Leaves:
            # The residuals of the forward run serve its own tape. On boxes (derivatives of derivatives, create_graph,
            # a replayed graph) they are made again out of the operands, so that derivatives flow through them.
            if call.residuals is not None and call.residuals[0] is outs:
                residuals = call.residuals[1]
            else:
                residuals = keep(values, call)[1]
            cotangents = bwd(*static, residuals, call.out_structure.unflatten(gs))
            return call.operand_leaves(cotangents if isinstance(cotangents, tuple | list) else (cotangents,))

        return Rules(self.f.__name__, run, None, pull)(moving, {})


def custom(f: Function, *, vjp: Function | None = None, jvp: Function | None = None) -> Function:
    """`f` with a derivative of yours: give the reverse rule, the forward rule, or both.

    vjp: ``rule(g, out, *args)`` returns the cotangent of the argument, or a tuple with one per argument (None
    for zero). jvp: ``rule(tangents, out, *args)`` gets a tuple of tangents and returns that of the result. The
    rules are NumPy code, so they are differentiated in turn; where one is missing it is the other's transpose.
    `f` itself sees plain arrays and may be anything, such as a compiled library.

    >>> import math, numpy as np, wengert as wg
    >>> cube = wg.custom(lambda x: math.pow(x, 3), vjp=lambda g, out, x: g * 3 * x**2)
    >>> wg.grad(cube)(2.0), wg.jvp(cube, (2.0,), (1.0,))[1], wg.grad(wg.grad(cube))(2.0)
    (np.float64(12.0), np.float64(12.0), np.float64(12.0))
    """
    if vjp is None and jvp is None:
        raise InvalidArgument(
            explain(
                f"custom({getattr(f, '__name__', f)!r}) at {user_line()} got no rule.",
                "Without one there is no derivative to use.",
                "Give vjp=lambda g, out, *args: ... or jvp=lambda tangents, out, *args: ...",
            )
        )
    reverse, forward = vjp, jvp

    def pull(values: Leaves, outs: Leaves, gs: Leaves, call: Call) -> Leaves:
        args, kwargs = call.arguments(values)
        out, g = call.out_structure.unflatten(outs), call.out_structure.unflatten(gs)
        assert reverse is not None
        cotangents = reverse(g, out, *args, **kwargs)
        return call.operand_leaves(cotangents if isinstance(cotangents, tuple) else (cotangents,))

    def push(values: Leaves, outs: Leaves, ts: Leaves, call: Call) -> Leaves:
        args, kwargs = call.arguments(values)
        tangents, _ = call.arguments(ts)
        assert forward is not None
        moved = forward(tangents, call.out_structure.unflatten(outs), *args, **kwargs)
        return tuple(call.out_structure.flatten(moved))

    rules = Rules(
        getattr(f, "__name__", "custom"),
        functools.partial(_run, f),
        push if forward is not None else None,
        pull if reverse is not None else None,
    )

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        _refuse_tracked(kwargs, getattr(f, "__name__", "the function"))
        return rules(args, kwargs)

    return function


def _refuse_tracked(kwargs: Mapping[str, Any], name: str) -> None:
    """The rules of `custom` give cotangents of positional arguments, so others would lose theirs."""
    for key, value in kwargs.items():
        if any(isinstance(x, Box) and x.tracked for x in tree.leaves(value)):
            raise InvalidArgument(
                explain(
                    f"{name} at {user_line()} got a tracked value for its keyword argument `{key}`.",
                    "The rules given to wg.custom return one cotangent per positional argument.",
                    f"Pass `{key}` by position.",
                )
            )


def _positional(f: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """Keyword arguments and defaults put in their places, so that rules see positional arguments only."""
    if not kwargs:
        return args
    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


def _merged(places: Sequence[int], static: Sequence[Any], moving: Sequence[Any]) -> list[Any]:
    out = list(moving)
    for n, x in sorted(zip(places, static, strict=True), key=lambda pair: pair[0]):
        out.insert(n, x)
    return out


def stop_gradient(x: Any) -> Any:
    """The same values with no derivative, in a pytree; batches and traces see through it.

    >>> import wengert as wg
    >>> wg.grad(lambda x: x * wg.stop_gradient(x))(3.0)
    np.float64(3.0)
    """

    def stop(leaf: Any) -> Any:
        leaf = unbridge(leaf)
        if not isinstance(leaf, Box):
            return leaf
        out = apply(TABLE["stop_gradient"], (leaf,))
        out.alias = None
        return out

    return tree.map(stop, x)


def checkpoint(f: Function) -> Function:
    """`f` without the memory of its tape: what its ops save is computed again when the backward pass needs it.

    Works on every tape, also for tensors that `f` closes over, and to any order. Costs one more evaluation of
    `f` per backward pass. `f` must do the same every time; what it draws from ``np.random`` and from the default
    generator (dropout, `wg.rand`) is drawn again.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.checkpoint(lambda x: np.sum(np.sin(np.sin(x)))))(np.zeros(2))
    array([1., 1.])
    """

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = tree.flatten((args, kwargs))
        kept, kept_kwargs = structure.unflatten([x.copied() if isinstance(x, Box) else x for x in leaves])
        again = _Again(f, kept, kept_kwargs)
        with _Packing(again.pack, again.unpack):
            return f(*args, **kwargs)

    return function


class _Again:
    """The values that one call of a function saves, known by their number and computed again on demand."""

    def __init__(self, f: Function, args: Any, kwargs: Any) -> None:
        self.f, self.args, self.kwargs, self.random_state = f, args, kwargs, random_state()
        self.count = 0
        self.values: dict[int, Any] = {}

    def pack(self, value: Any) -> int:
        self.count += 1
        return self.count - 1

    def unpack(self, number: int) -> Any:
        if number not in self.values:
            self._run_again()
        return self.values.pop(number)

    def _run_again(self) -> None:
        values: list[Any] = []
        floor, mode.floor = mode.floor, 0
        try:
            with resumed(self.random_state), _Packing(values.append, lambda packed: packed):
                self.f(*self.args, **self.kwargs)
        finally:
            mode.floor = floor
        if len(values) != self.count:
            raise InvalidArgument(
                explain(
                    f"checkpoint: {getattr(self.f, '__name__', 'the function')} saved {self.count} values, then "
                    f"{len(values)} when it ran again.",
                    "A checkpointed function is run a second time in the backward pass and must do the same.",
                    "Take what changes between the runs (counters, caches, other random numbers) out of it.",
                )
            )
        self.values = dict(enumerate(values))


class _Packing:
    """Saved-tensor hooks for the ops inside."""

    def __init__(self, pack: Function, unpack: Function) -> None:
        self.hooks = (pack, unpack)

    def __enter__(self) -> None:
        self.before = mode.pack, mode.noting
        mode.pack, mode.noting = (*self.hooks, fresh()), True

    def __exit__(self, *exc: object) -> None:
        mode.pack, mode.noting = self.before
