"""Recurrent layers on plain arrays: one loop in place over all steps, and the loop back.

What the input says at all steps is one product, and the gradients of the weights are one for many steps:

    pre_t = W x_t + b  +  V h_t + d,       h_{t+1}, … = cell(pre_t, h_t, …)
    W̄ = Σ p̄re_t x_tᵀ,    V̄ = Σ p̄re_t h_tᵀ,    b̄ = d̄ = Σ p̄re_t,    x̄_t = Wᵀ p̄re_t

The loops run over arrays that hold the values of all steps, the activations where the products were. The formulas of
the cells are those of `ops.recurrent`; σ(x) = ½ + ½ tanh(x/2) here, too, where the halves of x are in the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from wengert.ops.recurrent import blocks

__all__ = ["KINDS", "Weights", "back", "forward"]


class Weights(NamedTuple):
    """Of a layer, for input and state; the biases may be None."""

    input: Any
    state: Any
    input_bias: Any = None
    state_bias: Any = None


class Cell:
    """The arrays of all steps, in the order in which they are walked, and what one step does to them.

    gates: (T, N, gates · hidden), first what the input says, then the activations. states: of each part of the state
    all values, (T + 1, N, hidden). more: what else the way back reads, (T, N, hidden).
    """

    scale: ClassVar[tuple[float, ...]]  # of the numbers before each gate: ½ for σ as tanh, 1 for tanh
    parts: ClassVar[int] = 1
    extra: ClassVar[int] = 0
    apart: ClassVar[bool] = False  # whether input and state do more than add up

    def __init__(self, gates: Any, states: Sequence[Any], more: Sequence[Any]) -> None:
        self.gates, self.h = gates, states[0]
        self.room = np.empty_like(self.h[0])

    def step(self, t: int, said: Any) -> None:
        """Fill in everything of a step; said: the state's share of the gates."""
        raise NotImplementedError

    def back(self, t: int, given: Any, said: Any, moving: Sequence[Any]) -> None:
        """The cotangents of the gates' shares from those of the next state, which become the state's own direct ones.

        That of h is only looked at unless the cell is `apart`.
        """
        raise NotImplementedError


class _Lstm(Cell):
    scale = (0.5, 0.5, 1.0, 0.5)
    parts = 2

    def __init__(self, gates: Any, states: Sequence[Any], more: Sequence[Any]) -> None:
        super().__init__(gates, states, more)
        self.i, self.f, self.g, self.o = blocks(gates, 4)
        self.c = states[1]
        # As many numbers as there are, for broadcasting would cost as much as the arithmetic.
        self.half = np.broadcast_to(_per_number(self.scale, self.h), gates.shape[1:]).copy()
        self.shift = 1 - self.half
        self.below = 1 - 2 * self.shift  # 0 for σ, 1 for tanh: above their lower ends
        self.wide, self.through = np.empty_like(self.half), np.empty_like(self.room)

    def step(self, t: int, said: Any) -> None:
        a, c = self.gates[t], self.c[t + 1]
        a += said
        np.tanh(a, out=a)
        a *= self.half
        a += self.shift
        np.multiply(self.f[t], self.c[t], out=c)
        np.multiply(self.i[t], self.g[t], out=self.room)
        c += self.room
        np.tanh(c, out=self.room)
        np.multiply(self.o[t], self.room, out=self.h[t + 1])

    def back(self, t: int, given: Any, said: Any, moving: Sequence[Any]) -> None:
        (dh, dc), a, room, wide = moving, self.gates[t], self.room, self.wide
        di, df, dg, do = blocks(given, 4)
        level = np.tanh(self.c[t + 1], out=room)
        through = np.multiply(dh, level, out=self.through)
        np.multiply(through, level, out=room)
        np.subtract(dh, room, out=room)
        room *= self.o[t]
        dc += room
        # σ' = σ (1 - σ) and tanh' = (1 + tanh) (1 - tanh), then what each of the gates was multiplied with.
        np.add(a, self.below, out=given)
        np.subtract(1, a, out=wide)
        given *= wide
        di *= self.g[t]
        df *= self.c[t]
        dg *= self.i[t]
        for x in (di, df, dg):
            x *= dc
        do *= through
        dc *= self.f[t]


class _Gru(Cell):
    scale = (0.5, 0.5, 1.0)
    extra = 1
    apart = True

    def __init__(self, gates: Any, states: Sequence[Any], more: Sequence[Any]) -> None:
        super().__init__(gates, states, more)
        self.r, self.z, self.n = blocks(gates, 3)
        self.doors, self.y = gates[..., : 2 * self.h.shape[-1]], more[0]

    def step(self, t: int, said: Any) -> None:
        doors, n, room = self.doors[t], self.n[t], self.room
        width = doors.shape[-1]
        doors += said[:, :width]
        np.tanh(doors, out=doors)
        doors *= 0.5
        doors += 0.5
        self.y[t] = said[:, width:]
        np.multiply(self.r[t], self.y[t], out=room)
        n += room
        np.tanh(n, out=n)
        np.subtract(self.h[t], n, out=room)
        room *= self.z[t]
        np.add(n, room, out=self.h[t + 1])

    def back(self, t: int, given: Any, said: Any, moving: Sequence[Any]) -> None:
        (dh,), doors, z, n, room = moving, self.doors[t], self.z[t], self.n[t], self.room
        dr, dz, dn = blocks(given, 3)
        width = doors.shape[-1]
        both = given[:, :width]
        np.multiply(doors, doors, out=both)
        np.subtract(doors, both, out=both)
        np.subtract(self.h[t], n, out=room)
        room *= dh
        dz *= room
        np.multiply(n, n, out=dn)
        np.subtract(1, dn, out=dn)
        np.subtract(1, z, out=room)
        room *= dh
        dn *= room
        dr *= dn
        dr *= self.y[t]
        said[:, :width] = both
        np.multiply(dn, self.r[t], out=said[:, width:])
        dh *= z


class _Tanh(Cell):
    scale = (1.0,)

    def step(self, t: int, said: Any) -> None:
        np.add(self.gates[t], said, out=self.h[t + 1])
        np.tanh(self.h[t + 1], out=self.h[t + 1])

    def back(self, t: int, given: Any, said: Any, moving: Sequence[Any]) -> None:
        h = self.h[t + 1]
        np.multiply(h, h, out=given)
        np.subtract(1, given, out=given)
        given *= moving[0]


class _Relu(Cell):
    scale = (1.0,)

    def step(self, t: int, said: Any) -> None:
        np.add(self.gates[t], said, out=self.h[t + 1])
        np.maximum(self.h[t + 1], 0, out=self.h[t + 1])

    def back(self, t: int, given: Any, said: Any, moving: Sequence[Any]) -> None:
        np.multiply(moving[0], self.h[t + 1] > 0, out=given)


KINDS: dict[str, type[Cell]] = {"lstm": _Lstm, "gru": _Gru, "rnn_tanh": _Tanh, "rnn_relu": _Relu}


def _per_number(scale: Sequence[float], state: Any) -> Any:
    """The scale of every number before the gates."""
    return np.repeat(np.array(scale, state.dtype), state.shape[-1])


def _rows(x: Any) -> Any:
    return np.reshape(x, (-1, x.shape[-1]))


def forward(
    kind: str, x: Any, weights: Weights, state: Sequence[Any], there: Any = None, reverse: bool = False
) -> tuple[Any, list[Any], tuple[Any, ...]]:
    """All outputs (T, N, hidden), the parts of the last state, and what `back` reads.

    x: (T, N, in). state: the first one, parts of shape (N, hidden). there: (T, N), which steps are not padding, or
    None: over padding the state stays, and the output is 0. reverse: walk from the end.
    """
    cell = KINDS[kind]
    steps, width = len(x), state[0].shape
    states = [np.empty((steps + 1, *width), part.dtype) for part in state]
    for whole, part in zip(states, state, strict=True):
        whole[0] = part
    h = states[0]
    scale = _per_number(cell.scale, h)
    # With one gate the activations are the states.
    gates = h[1:] if len(cell.scale) == 1 else np.empty((*x.shape[:2], len(scale)), h.dtype)
    more = [np.empty((steps, *width), h.dtype) for _ in range(cell.extra)]
    np.matmul(_rows(x[::-1] if reverse else x), (weights.input * scale[:, None]).T, out=_rows(gates))
    own = None  # the bias that is the state's alone
    if weights.input_bias is not None:
        own = weights.state_bias * scale if cell.apart else None
        gates += (weights.input_bias if cell.apart else weights.input_bias + weights.state_bias) * scale
    loop, along = cell(gates, states, more), (weights.state * scale[:, None]).T
    said = np.empty((width[0], len(scale)), h.dtype)
    padding = _padding(there, reverse)
    for t in range(steps):
        np.matmul(h[t], along, out=said)
        if own is not None:
            said += own
        loop.step(t, said)
        if padding is not None:
            for part in states:
                part[t + 1][padding[t]] = part[t][padding[t]]
    outputs = h[1:] if padding is None else np.where(padding[..., None], 0, h[1:])
    return outputs[::-1] if reverse else outputs, [part[-1].copy() for part in states], (gates, *states, *more)


def _padding(there: Any, reverse: bool) -> Any:
    return None if there is None else ~(there[::-1] if reverse else there)


def back(
    kind: str,
    gs: Sequence[Any],
    x: Any,
    weights: Weights,
    kept: Sequence[Any],
    to_x: Any = None,
    there: Any = None,
    reverse: bool = False,
) -> tuple[Weights, list[Any]]:
    """Cotangents of the weights and of the first state.

    gs: those of the outputs and the parts of the last state, None where there are none. to_x: where to write that of x,
    or None.
    """
    cell, padding = KINDS[kind], _padding(there, reverse)
    states, more = kept[1 : 1 + cell.parts], kept[1 + cell.parts :]
    loop, h = cell(kept[0], states, more), states[0]
    outputs, x, to_x = [a[::-1] if reverse and a is not None else a for a in (gs[0], x, to_x)]
    if outputs is not None and padding is not None:
        outputs = np.where(padding[..., None], 0, outputs)
    moving = [np.zeros_like(h[0]) if g is None else np.array(g, h.dtype) for g in gs[1:]]
    found = Weights(*[None if w is None else np.zeros_like(w) for w in weights])
    # A few steps at a time: what they give is still in the cache when their products are taken.
    steps, count = len(x), max(1, _ROWS // max(1, len(h[0])))
    given = np.empty((count, len(h[0]), len(weights.state)), h.dtype)
    said = np.empty_like(given) if cell.apart else given
    for end in range(steps, 0, -count):
        first = max(0, end - count)
        for t in range(end - 1, first - 1, -1):
            if outputs is not None:
                moving[0] += outputs[t]
            _step_back(loop, t, given[t - first], said[t - first], moving, weights, padding)
        block = slice(first, end)
        _collect(found, given[: end - first], said[: end - first], x[block], h[block])
        if to_x is not None:
            np.matmul(given[: end - first], weights.input, out=to_x[block])
    return found, moving


_ROWS = 320  # of a block's products: enough for them to run at full speed


def _step_back(
    loop: Cell, t: int, given: Any, said: Any, moving: Sequence[Any], weights: Weights, padding: Any
) -> None:
    """Past a step; over padding the cotangents of the state go on as they are."""
    held = [] if padding is None else [part[padding[t]] for part in moving]
    for part, _ in zip(moving, held, strict=False):
        part[padding[t]] = 0
    loop.back(t, given, said, moving)
    if loop.apart:
        moving[0][...] += np.matmul(said, weights.state, out=loop.room)
    else:
        np.matmul(said, weights.state, out=moving[0])
    for part, stays in zip(moving, held, strict=False):
        part[padding[t]] += stays


def _collect(found: Weights, given: Any, said: Any, x: Any, h: Any) -> None:
    """Add some steps' shares of the cotangents of the weights."""
    given, said = _rows(given), _rows(said)
    np.add(found.input, np.matmul(given.T, _rows(x)), out=found.input)
    np.add(found.state, np.matmul(said.T, _rows(h)), out=found.state)
    if found.input_bias is not None:
        np.add(found.input_bias, np.add.reduce(given, axis=0), out=found.input_bias)
        np.add(found.state_bias, np.add.reduce(said, axis=0), out=found.state_bias)
