"""Control flow that traces, batches and differentiates: scan, fori_loop, while_loop, cond, switch, map.

Where nothing is traced these are plain Python loops and branches over the user's function, and every op inside goes
to its interpreter as always. While tracing, or where a decision stands for a whole batch, the body is recorded once
as a Graph and the loop becomes one op (`ops.control`), which decides again whenever the trace is replayed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, apply, unbridge
from wengert.core.protocols import astype
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.record import Symbol, Weak
from wengert.ops import control as rows
from wengert.transforms import (  # noqa: F401 (they give the rows their rules)
    cond_rules as _cond_rules,
    scan_rules as _scan_rules,
    while_rules as _while_rules,
)
from wengert.transforms.bodies import Closure, sample, traced, undecided
from wengert.transforms.carry import Carry, kept, leaf

__all__ = ["cond", "fori_loop", "map", "scan", "switch", "while_loop"]

Function = Callable[..., Any]


class Restart(Exception):
    """A plain Python loop met a traced value that its body closes over: the loop is to be recorded instead."""


def scan(
    f: Function,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
    checkpoint: str | None = None,
) -> Any:
    """Loop over the leading axis of `xs` with a carry: ``carry, y = f(carry, x)``; the carry and all y, stacked.

    init: the first carry, a pytree whose leaves keep their shapes and dtypes (a number becomes a float when the body
    makes it one). xs: a pytree of arrays of one length, or None with `length` given. reverse: walk from the end; y
    stays beside its x. checkpoint: ``"sqrt"`` or ``"binomial"`` keeps few carries for the backward pass instead of
    all, and computes the others again. unroll is accepted for JAX's sake: the compiler chooses. Raises
    `InvalidArgument` when lengths differ or the body changes the carry.

    >>> import numpy as np, wengert as wg
    >>> total, partial = wg.scan(lambda c, x: (c + x, c + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> total, partial
    (np.float64(6.0), array([1., 3., 6.]))
    >>> wg.grad(lambda a: wg.scan(lambda c, _: (a * c, None), 1.0, length=3)[0])(2.0)
    np.float64(12.0)
    """
    checkpoint = _checkpoint(checkpoint, "scan")
    columns, structure = tree.flatten(xs)
    columns = [leaf(x, "scan") for x in columns]
    length = _length(columns, length)
    carry = Carry(init, "scan", columns)

    def step(state: Sequence[Any], row: Sequence[Any]) -> tuple[list[Any], Any]:
        out = f(carry.structure.unflatten(state), structure.unflatten(row))
        if not isinstance(out, tuple) or len(out) != 2:
            raise InvalidArgument(
                explain(
                    f"the body of scan at {user_line()} returned a {type(out).__name__}.",
                    "Each step returns a pair: the carry for the next step, and what to stack.",
                    "Write `return carry, y`, with y None when nothing is to be stacked.",
                )
            )
        return carry.fit(out[0]), out[1]

    if checkpoint is None and not any(traced(x) for x in (*carry.leaves, *columns)):
        try:
            return carry.run(lambda state: _scan_plainly(step, carry, state, columns, length, reverse))
        except Restart:
            pass
    return carry.run(lambda state: _scan_recorded(step, carry, state, columns, length, reverse, checkpoint))


def _length(columns: Sequence[Any], length: int | None) -> int:
    lengths = {x.shape[0] if x.shape else -1 for x in columns}
    if length is not None:
        lengths.add(operator.index(length))
    if len(lengths) == 1 and min(lengths) >= 0:
        return int(lengths.pop())
    raise InvalidArgument(
        explain(
            f"scan at {user_line()} got xs of shapes {[x.shape for x in columns]} and length={length}.",
            "It walks over the first axis of every array in xs together, so these have one length.",
            "Give arrays of one length, or xs=None and length=n.",
        )
    )


def _checkpoint(checkpoint: str | None, what: str) -> str | None:
    if checkpoint not in (None, "sqrt", "binomial"):
        raise InvalidArgument(
            explain(
                f"{what} at {user_line()} got checkpoint={checkpoint!r}.",
                "It says how many steps the backward pass remembers; the others are computed again.",
                'Give None for all, "sqrt" for about √n of n, or "binomial" for about log n.',
            )
        )
    return checkpoint


def _scan_plainly(
    step: Function, carry: Carry, state: list[Any], columns: Sequence[Any], length: int, reverse: bool
) -> tuple[Any, Any]:
    if not length:  # what would be stacked is known only from a sample step
        return _scan_recorded(step, carry, state, columns, 0, reverse, None)
    rows_of_y: list[Any] = [None] * length
    structure = tree.LEAF
    for k in range(length - 1, -1, -1) if reverse else range(length):
        state, y = step([kept(x) for x in state], [kept(x[k]) for x in columns])
        leaves, structure = tree.flatten(y)
        rows_of_y[k] = [kept(o) for o in leaves]
        _refuse_traced([*state, *rows_of_y[k]])
    ys = [_stacked(column) for column in zip(*rows_of_y, strict=True)]
    return carry.structure.unflatten([kept(x) for x in state]), structure.unflatten(ys)


def _stacked(column: Sequence[Any]) -> Any:
    return np.stack(column) if any(isinstance(y, Box) for y in column) else np.array(column)


def _refuse_traced(values: Sequence[Any]) -> None:
    if any(traced(x) for x in values):
        raise Restart


def _scan_recorded(
    step: Function,
    carry: Carry,
    state: list[Any],
    columns: Sequence[Any],
    length: int,
    reverse: bool,
    checkpoint: str | None,
) -> tuple[Any, Any]:
    n = len(state)
    structure = tree.LEAF

    def body(*leaves: Any) -> Any:
        nonlocal structure
        new, y = step(leaves[:n], leaves[n:])
        stacked, structure = tree.flatten(y)
        return (*new, *[leaf(o, "scan") for o in stacked])

    slices = [sample(x)[-1 if reverse else 0] if length else np.zeros(x.shape[1:], x.dtype) for x in columns]
    closure = Closure()
    graph, consts = closure.graph(closure.record(body, [*map_samples(state), *slices])), closure.boxes
    params = {"body": graph, "length": length, "consts": len(consts), "carry": n, "reverse": bool(reverse)}
    if checkpoint is not None:
        params["checkpoint"] = checkpoint
    outs = apply(rows.scan, (*consts, *state, *columns), params)
    return carry.structure.unflatten(outs[:n]), structure.unflatten(outs[n:])


def map_samples(values: Sequence[Any]) -> list[Any]:
    """Sample values of the leaves of a loop."""
    return [sample(x) for x in values]


def map(f: Function, xs: Any) -> Any:
    """Apply `f` to one entry of `xs` (along the first axis) after the other, and stack the results.

    xs: a pytree of arrays of one length. One entry at a time is in memory, where `vmap` computes all at once.

    >>> import numpy as np, wengert as wg
    >>> wg.map(lambda x: np.sum(x**2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([ 5., 25.])
    """
    return scan(lambda _, x: (None, f(x)), None, xs)[1]


def fori_loop(lower: Any, upper: Any, body: Function, init: Any, *, checkpoint: str | None = None) -> Any:
    """The carry after ``for i in range(lower, upper): carry = body(i, carry)``.

    lower, upper: integers; traced ones make a loop whose length is decided anew on each replay. init: the first
    carry, a pytree whose leaves keep their shapes and dtypes. checkpoint: as in `scan`.

    >>> import wengert as wg
    >>> wg.fori_loop(0, 5, lambda i, c: c * 2.0, 1.0)
    np.float64(32.0)
    """
    if undecided(unbridge(lower)) or undecided(unbridge(upper)):
        counted = while_loop(
            lambda state: state[0] < upper,
            lambda state: (state[0] + 1, body(_index(state[0]), state[1])),
            (lower, init),
            checkpoint=checkpoint,
        )
        return counted[1]
    steps = np.arange(operator.index(lower), operator.index(upper))
    return scan(lambda c, i: (body(_index(i), c), None), init, steps, checkpoint=checkpoint)[0]


def _index(i: Any) -> Any:
    """The number of a step as ``range`` gives it: a Python number, which leaves float32 as it is."""
    if isinstance(i, Symbol):
        return Weak(i.value, i.mark, i.level)
    return i if isinstance(i, Box) else int(i)


def while_loop(
    cond_fun: Function,
    body_fun: Function,
    init: Any,
    *,
    checkpoint: str | None = None,
    max_steps: int | None = None,
) -> Any:
    """The carry after ``while cond_fun(carry): carry = body_fun(carry)``, differentiable in both modes.

    init: the first carry, a pytree whose leaves keep their shapes and dtypes. checkpoint: ``"sqrt"`` or
    ``"binomial"`` keeps few carries for the backward pass instead of all, and computes the others again. max_steps:
    stop after so many steps whatever `cond_fun` says. Raises `InvalidArgument` when the body changes the carry.

    >>> import wengert as wg
    >>> def root(a):  # Newton's iteration for the square root
    ...     return wg.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: (x + a / x) / 2, a)
    >>> np.round(root(4.0), 9), np.round(wg.grad(root)(4.0), 9)
    (np.float64(2.0), np.float64(0.25))
    """
    checkpoint = _checkpoint(checkpoint, "while_loop")
    if max_steps is not None:
        limit = operator.index(max_steps)
        counted = while_loop(
            lambda state: np.logical_and(state[0] < limit, cond_fun(state[1])),
            lambda state: (state[0] + 1, body_fun(state[1])),
            (0, init),
            checkpoint=checkpoint,
        )
        return counted[1]
    carry = Carry(init, "while_loop")

    def step(state: Sequence[Any]) -> list[Any]:
        return carry.fit(body_fun(carry.structure.unflatten(state)))

    def test(state: Sequence[Any]) -> Any:
        return _scalar(cond_fun(carry.structure.unflatten(state)), "the condition of while_loop")

    if checkpoint is None and not any(traced(x) for x in carry.leaves):
        try:
            return carry.run(lambda state: _while_plainly(test, step, carry, state))
        except Restart:
            pass
    return carry.run(lambda state: _while_recorded(test, step, carry, state, checkpoint))


def _scalar(x: Any, what: str) -> Any:
    """A decision: one truth or integer."""
    x = unbridge(x)
    x = x if isinstance(x, Box) else np.asarray(x)
    if x.shape == () and x.dtype.kind in "biu":
        return x
    if x.shape == () and x.dtype.kind == "f":
        return x != 0
    raise InvalidArgument(
        explain(
            f"{what} at {user_line()} is a {x.dtype} array of shape {x.shape}.",
            "One loop or branch is decided by one truth or one integer.",
            "Reduce it with np.any or np.all, or choose entry by entry with np.where.",
        )
    )


def _while_plainly(test: Function, step: Function, carry: Carry, state: list[Any]) -> Any:
    while True:
        go = test([kept(x) for x in state])
        if undecided(go):
            raise Restart
        if not go:
            return carry.structure.unflatten([kept(x) for x in state])
        state = step([kept(x) for x in state])
        _refuse_traced(state)


def _while_recorded(test: Function, step: Function, carry: Carry, state: list[Any], checkpoint: str | None) -> Any:
    samples = map_samples(state)
    inner, outer = Closure(), Closure()
    body = inner.graph(inner.record(lambda *leaves: tuple(step(leaves)), samples))
    cond = outer.graph(outer.record(lambda *leaves: (test(leaves),), samples))
    params = {"cond": cond, "body": body, "cond_consts": len(outer.boxes), "body_consts": len(inner.boxes)}
    if checkpoint is not None:
        params["checkpoint"] = checkpoint
    outs = apply(rows.while_loop, (*outer.boxes, *inner.boxes, *state), params)
    return carry.structure.unflatten(outs)


def cond(pred: Any, true_fun: Function, false_fun: Function, *operands: Any) -> Any:
    """``true_fun(*operands) if pred else false_fun(*operands)``, also where `pred` is traced or batched.

    pred: one truth or number. Both functions return trees of the same structure and shapes. Under vmap with a mapped
    `pred` both are computed and the results chosen; what the other one did (NaN, infinities) does not leak.

    >>> import numpy as np, wengert as wg
    >>> graph = wg.trace(lambda x: wg.cond(x > 0, np.sqrt, np.negative, x))(4.0)
    >>> graph(9.0), graph(-5.0)
    (np.float64(3.0), np.float64(5.0))
    """
    decision = _scalar(pred, "the predicate of cond")
    decision = decision if decision.dtype.kind == "b" else decision != 0
    return _branch(decision, (false_fun, true_fun), operands, "cond")


def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Any:
    """``branches[index](*operands)``, with the index clipped to the range; see `cond`.

    >>> import numpy as np, wengert as wg
    >>> wg.switch(1, [np.sin, np.square, np.exp], 3.0)
    np.float64(9.0)
    """
    branches = tuple(branches)
    if not branches:
        raise InvalidArgument(
            explain(
                f"switch at {user_line()} got no branches.",
                "The index chooses among functions.",
                "Give a sequence of at least one function.",
            )
        )
    return _branch(_scalar(index, "the index of switch"), branches, operands, "switch")


def _branch(index: Any, branches: Sequence[Function], operands: Sequence[Any], what: str) -> Any:
    if not undecided(index):
        number = int(index.concrete(what) if isinstance(index, Box) else index)
        return branches[min(max(number, 0), len(branches) - 1)](*operands)
    leaves, structure = tree.flatten(tuple(operands))
    given = [n for n, x in enumerate(leaves) if isinstance(x, Box | np.ndarray | np.generic | float | complex | int)]
    values = [leaf(leaves[n], what) for n in given]
    results: list[Any] = []

    def recorded(branch: Function, dtypes: Sequence[Any] | None) -> Any:
        def body(*inner: Any) -> Any:
            full = list(leaves)
            for n, x in zip(given, inner, strict=True):
                full[n] = x
            outs, out_structure = tree.flatten(branch(*structure.unflatten(full)))
            outs = [leaf(o, what) for o in outs]
            results.append((out_structure, [o.shape for o in outs], [o.dtype for o in outs]))
            return tuple(outs if dtypes is None else [astype(o, d) for o, d in zip(outs, dtypes, strict=True)])

        return closure.record(body, map_samples(values))

    closure = Closure()
    bodies = [recorded(branch, None) for branch in branches]
    _agree(results, what)
    dtypes = [np.result_type(*column) for column in zip(*[r[2] for r in results], strict=True)]
    out_structure = results[0][0]
    bodies = [
        body if r[2] == dtypes else recorded(branch, dtypes)
        for body, r, branch in zip(bodies, tuple(results), branches, strict=True)
    ]
    graphs = tuple([closure.graph(body) for body in bodies])
    return out_structure.unflatten(apply(rows.cond, (index, *closure.boxes, *values), {"branches": graphs}))


def _agree(results: Sequence[Any], what: str) -> None:
    for n, (structure, shapes, _) in enumerate(results):
        if structure != results[0][0] or shapes != results[0][1]:
            raise InvalidArgument(
                explain(
                    f"branch {n} of {what} at {user_line()} returned {structure!r} of shapes {shapes}, "
                    f"branch 0 returned {results[0][0]!r} of shapes {results[0][1]}.",
                    "Which one is taken is known only when the program runs, so all return the same kind of tree.",
                    "Return the same containers and shapes from every branch.",
                )
            )
