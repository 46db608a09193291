"""Walking back through a loop of unknown length, natively: one kernel that stores a row per step and reads them again.

    k = 0;  while k < steps:  state, row[k] ← forward(state);    k += 1
            while k > 0:      k -= 1;   bars ← backward(bars, row[k])

How many rows there are is known when it is called: the caller allocates them, and the kernel gets them as buffers.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.compiler import cache, runtime
from wengert.compiler.builder import Builder
from wengert.compiler.control import advance, body_of, row, states_of, write
from wengert.compiler.emit import emit
from wengert.compiler.loops import Block, Buffer, Index, Store, While, code_of, dtype_of
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, linear, size_of
from wengert.compiler.passes.doubt import Declined, looks
from wengert.compiler.plan import Plan, number, same
from wengert.compiler.target import target
from wengert.spec import Spec

__all__ = ["Trajectory"]

_ENDLESS = 1 << 40  # entries of a buffer whose size the caller decides


class Trajectory:
    """The adjoint of a while_loop: from (steps, *consts, *carry, *cotangents) to cotangents, as its row says.

    Raises TypeError where the bodies have no native form.
    """

    def __init__(self, specs: Sequence[Spec], params: Mapping[str, Any]) -> None:
        self._specs = specs
        self._plan = Plan("trajectory")
        self._doubtful = looks(params["forward"]) or looks(params["backward"])
        self._inputs = [self._input(n, s) for n, s in enumerate(specs)]
        self._rows: list[Buffer] = []
        self._outputs: list[Node] = []
        body = self._program(params)
        program = self._plan.finish(_buffers(self._inputs), [*_buffers(self._outputs), *self._rows], body)
        self._module = emit(program, target())
        self._library = cache.native(self._module.text, [self._module.entry])
        kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)
        self._kernel = kernel(self._library.address(self._module.entry))
        self._consts = [c.data for c in program.consts]

    def _input(self, n: int, s: Spec) -> Node:
        code = code_of(s.dtype)
        if code is None:
            raise TypeError(f"no native form of {s.dtype}")
        return Node("leaf", s.shape, code, stored=Buffer(f"x{n}", code, size_of(s.shape), "input"))

    def _program(self, params: Mapping[str, Any]) -> Block:
        plan, b = self._plan, self._plan.b
        consts, carry, wanted, seeds = params["consts"], params["carry"], params["wanted"], params["seeds"]
        steps, *operands = self._inputs
        fixed, inits = operands[:consts], operands[consts : consts + carry]
        sums = [number(operands[i].shape, operands[i].code, 0) for i in wanted if i < consts]
        starts = [*sums, *operands[len(operands) - len(seeds) :]]

        counter = plan.temp(steps)
        k = b.load(counter, Index())
        states, bars = states_of(plan, inits), states_of(plan, starts)
        outs = _need(body_of(plan, params["forward"], [*fixed, *states]))
        kept = outs[carry:]
        self._rows = [Buffer(f"row{n}", x.code, _ENDLESS, "output") for n, x in enumerate(kept)]
        at = [Index(0, (), ((k, size_of(x.shape)),)) for x in kept]
        self._sizes = [size_of(x.shape) for x in kept]
        stored = [_window(x, buffer, i) for x, buffer, i in zip(kept, self._rows, at, strict=True)]
        found = _need(body_of(plan, params["backward"], [*fixed, *bars, *stored]))

        forward = advance(
            plan, outs[:carry], states, [row(x, r, i) for x, r, i in zip(kept, self._rows, at, strict=True)]
        )
        backward = advance(plan, found[: len(bars)], bars, [])
        one = b.const(1, "i64")
        block: Block = [
            Store(counter, Index(), b.const(0, "i64")),
            *write(plan, inits, states),
            *write(plan, starts, bars),
        ]
        length = b.cast(b.load(_buffers([steps])[0], Index()), "i64")
        block.append(While([], b("lt", k, length), [*forward, Store(counter, Index(), b("add", k, one))]))
        block.append(While([], b("gt", k, b.const(0, "i64")), [Store(counter, Index(), b("sub", k, one)), *backward]))
        self._outputs = [same(x) for x in bars]
        for n, x in enumerate(self._outputs):
            x.stored = Buffer(f"y{n}", x.code, x.size, "output")
        return [*block, *plan.statements(self._outputs)]

    def __call__(self, *operands: Any, **params: Any) -> tuple[Any, ...]:
        """The cotangents."""
        inputs = [np.require(x, s.dtype, ["C", "A"]) for x, s in zip(operands, self._specs, strict=True)]
        n = max(int(operands[0]), 1)
        outputs = [np.empty(x.shape, dtype_of(x.code)) for x in self._outputs]
        rows = [np.empty((n, size), dtype_of(r.code)) for r, size in zip(self._rows, self._sizes, strict=True)]
        arena = np.empty(self._module.arena_bytes + 64, np.uint8)
        pointers = [x.ctypes.data for x in (*inputs, *outputs, *rows, *self._consts)]
        aligned = -(-arena.ctypes.data // 64) * 64
        failed = self._kernel((ctypes.c_void_p * (len(pointers) + 2))(*pointers, aligned, runtime.address()))
        if failed and self._doubtful:
            raise Declined
        if failed:
            raise IndexError("an index in the body of a loop is out of bounds")
        return tuple([x[()] for x in outputs])


def _need(nodes: list[Node] | None) -> list[Node]:
    if nodes is None:
        raise TypeError("a body without a native form")
    return nodes


def _buffers(nodes: Sequence[Node]) -> list[Buffer]:
    return [x.stored for x in nodes if x.stored is not None]


def _window(x: Node, buffer: Buffer, at: Index) -> Node:
    """The part of a buffer that begins at an index, in the shape of x."""
    whole = Node("leaf", (_ENDLESS,), x.code, stored=buffer)

    def rule(b: Builder, place: Place) -> Access:
        v = yield whole, (linear(place, x.shape) + at,)
        return v

    return as_map(x.shape, x.code, (whole,), rule)
