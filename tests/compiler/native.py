"""Programs of the loop IR as machine code, called directly: without the trampoline, the cache or the pool."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.compiler import llvm, runtime
from wengert.compiler.emit import emit
from wengert.compiler.loops import Program, dtype_of


def compiled(program: Program) -> Callable[[Sequence[Any]], tuple[int, list[np.ndarray]]]:
    """A function from flat inputs to the return code and flat outputs. Memory is NaNs before."""
    module = emit(program, llvm.target())
    library = llvm.load(llvm.compile(module.text), [module.entry])
    function = library.function(module.entry, ctypes.c_int32, ctypes.c_void_p)

    def call(inputs: Sequence[Any]) -> tuple[int, list[np.ndarray]]:
        given = {b: np.array(x, dtype_of(b.code)).ravel().copy() for b, x in zip(program.inputs, inputs, strict=True)}
        for b in program.outputs:
            root = b
            while root.reuses is not None:
                root = root.reuses
            given[b] = given[root] if root is not b else np.frombuffer(b"\xff" * b.bytes, dtype_of(b.code)).copy()
        consts = [np.ascontiguousarray(b.data, dtype_of(b.code)) for b in program.consts]
        arena = np.frombuffer(b"\xff" * (module.arena_bytes + 128), np.uint8).copy()
        start = -arena.ctypes.data % 64
        buffers = [*[given[b] for b in (*program.inputs, *program.outputs)], *consts]
        addresses = [a.ctypes.data for a in buffers] + [arena.ctypes.data + start, runtime.address()]
        code = function((ctypes.c_void_p * len(addresses))(*addresses))
        assert (arena[start + module.arena_bytes :] == 255).all()
        return code, [given[b] for b in program.outputs]

    return call
