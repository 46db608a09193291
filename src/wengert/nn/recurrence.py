"""A recurrent layer in one direction: what it means, and as one op of the eager tape.

The meaning is `walk`, a scan over the steps of a cell. Where nothing but the eager tape looks on, `along` takes an op
instead whose loops run in place on plain arrays (`ops.recurrence`); all that is not plain arrays, derivatives of its
derivatives among them, is told from the meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.op import Op, joint
from wengert.interpreters.tape import mode
from wengert.interpreters.tensor import Tensor
from wengert.nn.cells import State, gru_step, lstm_step, rnn_step
from wengert.nn.functional.activation import linear
from wengert.ops import recurrence
from wengert.ops.recurrence import Weights
from wengert.transforms.control import scan
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp
from wengert.transforms.vmap import vmap

__all__ = ["LAYERS", "along"]

Params = Mapping[str, Any]

_STEPS: dict[str, Callable[..., State]] = {
    "lstm": lstm_step,
    "gru": gru_step,
    "rnn_tanh": partial(rnn_step, nonlinearity="tanh"),
    "rnn_relu": partial(rnn_step, nonlinearity="relu"),
}


def along(
    kind: str, x: Any, weights: Weights, state: State, there: Any = None, smaller: Any = None, reverse: bool = False
) -> tuple[Any, State]:
    """All outputs and the last state.

    x: (T, N, in). there: (T, N), which steps are not padding, or None. smaller: the projection of h, or None.
    """
    parts = [*[w for w in weights if w is not None], *state]
    if smaller is not None or not _eager([x, *parts]) or isinstance(there, Box):
        return walk(kind, x, weights, state, there, smaller, reverse)
    params = {"biases": weights.input_bias is not None, "reverse": reverse}
    outs = apply(LAYERS[kind], [x, *parts, *([] if there is None else [there])], params)
    return outs[0], outs[1:]


def _eager(operands: Sequence[Any]) -> bool:
    """Whether these are numbers of one dtype for the eager tape alone."""
    return not mode.traced and all(
        [
            (not x.level if type(x) is Tensor else type(x) is np.ndarray) and x.dtype == operands[0].dtype
            for x in operands
        ]
    )


def walk(
    kind: str, x: Any, weights: Weights, state: State, there: Any = None, smaller: Any = None, reverse: bool = False
) -> tuple[Any, State]:
    """`along` as a scan."""
    step = partial(_STEPS[kind], weight=weights.state, bias=weights.state_bias)

    def body(state: State, now: Any) -> tuple[State, Any]:
        given, known = now
        new = step(given, state)
        if smaller is not None:
            new = (linear(new[0], smaller), *new[1:])
        if known is None:
            return new, new[0]
        new = tuple([np.where(known[:, None], a, b) for a, b in zip(new, state, strict=True)])
        return new, np.where(known[:, None], new[0], 0)

    last, outputs = scan(body, state, (linear(x, weights.input, weights.input_bias), there), reverse=reverse)
    return outputs, last


# --- as an op ---------------------------------------------------------------------------------------------------
#
# operands: x, W_ih, W_hh, then b_ih, b_hh, the parts of the state, and which steps are there, the first and the last
# of these if there are any. results: the outputs, the parts of the last state; with `keep` what the way back reads.


def _parted(kind: str, values: Sequence[Any], biases: bool) -> tuple[Any, Weights, State, Any]:
    """The operands as `along` takes them."""
    first = 5 if biases else 3
    end = first + recurrence.KINDS[kind].parts
    return values[0], Weights(*values[1:first]), tuple(values[first:end]), values[end] if len(values) > end else None


def _run(*values: Any, kind: str, biases: bool, reverse: bool, keep: bool = False) -> tuple[Any, ...]:
    x, weights, state, there = _parted(kind, values, biases)
    outputs, last, kept = recurrence.forward(kind, x, weights, state, there, reverse)
    return (outputs, *last, *kept) if keep else (outputs, *last)


def _meaning(kind: str, params: Params) -> Callable[..., tuple[Any, ...]]:
    def run(*values: Any) -> tuple[Any, ...]:
        x, weights, state, there = _parted(kind, values, params["biases"])
        outputs, last = walk(kind, x, weights, state, there, None, params["reverse"])
        return (outputs, *last)

    return run


def _taped(values: Sequence[Any], tracked: Sequence[int], params: Params, kind: str) -> Any:
    """On plain arrays the activations are results that only the way back sees."""
    if any([isinstance(x, Box) for x in values]):
        return values, params, params, None
    variant = {**params, "keep": True}
    return values, variant, variant, 1 + recurrence.KINDS[kind].parts


def _vjp(gs: Sequence[Any], node: Any, args: tuple[Sequence[Any], Sequence[Any]], kind: str) -> list[Any]:
    (values, outs), params = args, node.params
    shown = 1 + recurrence.KINDS[kind].parts
    if len(outs) == shown or any([isinstance(a, Box) for a in (*gs, *values)]):
        return _pulled(gs[:shown], values, outs, _meaning(kind, params))
    x, weights, _, there = _parted(kind, values, params["biases"])
    to_x = np.empty(x.shape, x.dtype) if any([rule.position == 0 for rule in node.rules]) else None
    to_weights, to_state = recurrence.back(kind, gs[:shown], x, weights, outs[shown:], to_x, there, params["reverse"])
    return [to_x, *to_weights[: 4 if params["biases"] else 2], *to_state, None]


def _pulled(gs: Sequence[Any], values: Sequence[Any], outs: Sequence[Any], meaning: Callable[..., Any]) -> list[Any]:
    """One cotangent (or None) per operand, by the meaning's own derivative."""
    moving = [n for n, x in enumerate(values) if x.dtype.kind == "f"]
    flags = values[len(moving) :]
    pull = vjp(lambda *xs: meaning(*xs, *flags), *values[: len(moving)])[1]
    found = pull(tuple([np.zeros(o.shape, o.dtype) if g is None else g for g, o in zip(gs, outs, strict=False)]))
    return [*found, *[None for _ in flags]]


def _jvp(values: Sequence[Any], outs: Any, tangents: Sequence[Any], params: Params, kind: str) -> Sequence[Any]:
    meaning = _meaning(kind, params)
    return jvp(meaning, tuple(values), tuple(tangents))[1]  # type: ignore[no-any-return]


def _vmapped(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Params, kind: str) -> Any:
    axes = tuple([0 if b else None for b in batched])
    return vmap(_meaning(kind, params), in_axes=axes)(*operands)


def _layer(kind: str) -> Op:
    op = joint(
        partial(_run, kind=kind),
        kind,
        vjp=partial(_vjp, kind=kind),
        jvp=partial(_jvp, kind=kind),
        vmap=partial(_vmapped, kind=kind),
    )
    op.taped = partial(_taped, kind=kind)
    return op


LAYERS = {kind: _layer(kind) for kind in recurrence.KINDS}
