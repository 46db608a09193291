"""From Python arguments to a kernel and back: what a compiled program looks like from outside.

    entry = Entry(
        Signature(
            arguments=(Spec((100,), float64), (Spec((3,), float64), float)),   # and lists, dicts, Constant
            outputs=[Output((100,), float64), Output((), float64)],            # 0-d: a NumPy scalar; reuse=k: in place
            result=(0, [1, None]),                                             # and dicts, Constant
            names=("y",),                                                      # the last argument is given as y=
        ),
        kernel=library.address("k"),       # i32 k(ptr* buffers), 0: done, else: the fallback is called
        constants=[array, ...],            # read in place, each call
        arena_bytes=4096,                  # scratch, 64-byte aligned
        release=False,                     # release the GIL: for kernels above 10 µs
        finish=None,                       # finish(*outputs) makes the result instead of `result`
        keep=library,                      # anything that has to live as long
    )
    f = make(fallback, name, doc, base)    # callables.py: the object users call
    f.add(entry)                           # calls whose arguments fit run the kernel, others fallback(*args, **kwargs)
    entry.raw([x, ...]) -> [y, ...]        # the kernel through ctypes, on flat lists of arrays
    entry.calls                            # how often the trampoline ran it

`buffers` is inputs, outputs, constants, arena, runtime table (see runtime.py), pointers all. Inputs are C-contiguous,
aligned to their element, in native byte order. An argument fits if it is exactly an ndarray (no subclass) of that shape
and type, or exactly of the scalar type: `float`, `int` (int64), `bool`, `complex`, or a NumPy scalar type. Of an array
that is laid out otherwise (strided, unaligned, of the other byte order) the kernel gets a copy, unless it is to be
written to: then it does not fit. A `Constant` is no input of the kernel.
"""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.compiler import capi, layout, runtime
from wengert.compiler.callables import Dispatcher, make
from wengert.compiler.signature import (
    Constant,
    Memory,
    Output,
    Signature,
    attributes,
    is_mutable,
    levels,
    nest,
    recipe,
    steps,
)
from wengert.spec import Spec

__all__ = ["Constant", "Dispatcher", "Entry", "Output", "Signature", "make"]

_CONTIGUOUS, _ALIGNED, _WRITEABLE = 0x1, 0x100, 0x400
_ARRAY, _BEHIND, _BOOL, _INT = 0, 1, 2, 3
_NEW, _SCALAR, _REUSE, _LARGE = 0, 1, 2, 3
_LARGE_BYTES = 1 << 19  # from here on fresh pages cost more than finding a block
_PYTHON = {float: np.dtype(np.float64), int: np.dtype(np.int64), bool: np.dtype(np.bool_), complex: np.dtype(complex)}
_INT64 = np.iinfo(np.int64)


class Entry:
    """A kernel with its signature, ready to be called: the descriptor that the trampoline reads, and what it points to.

    Args:
        signature: how arguments and results nest.
        kernel: the address of ``i32 kernel(ptr* buffers)``.
        constants: arrays that the kernel reads, as they are at each call.
        arena_bytes: the size of its scratch memory.
        release: whether to release the GIL while it runs.
        finish: ``finish(*outputs)`` makes the result, instead of ``signature.result``.
        keep: an object that has to live as long, such as the library of the kernel.
    """

    __slots__ = (
        "__weakref__",
        "_keep",
        "_kernel",
        "_memory",
        "address",
        "arena_bytes",
        "constants",
        "finish",
        "signature",
    )

    def __init__(
        self,
        signature: Signature,
        kernel: int,
        constants: Sequence[np.ndarray[Any, Any]] = (),
        arena_bytes: int = 0,
        release: bool = False,
        finish: Callable[..., Any] | None = None,
        keep: object = None,
    ) -> None:
        self.signature, self.constants, self.arena_bytes, self.finish = signature, tuple(constants), arena_bytes, finish
        self._keep = keep
        self._kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(kernel)
        memory = self._memory = Memory()
        program, leaves, depth = recipe(signature.result)
        reused = {o.reuse for o in signature.outputs if o.reuse is not None}
        names = [sys.intern(name) for name in signature.names]
        loose = signature.loose
        ins = b"".join(_input(memory, s, k in reused, k in loose) for k, s in enumerate(signature.inputs))
        outs = b"".join(_output(memory, o) for o in signature.outputs)
        fields = {
            "arguments": len(signature.arguments),
            "words": len(names),
            "names": memory.integers([memory.keep(name) for name in names]),
            "inputs": len(signature.inputs),
            "made": len(signature.inputs) + sum(map(attributes, signature.arguments)),
            "outputs": len(signature.outputs),
            "constants": len(self.constants),
            "buffers": len(signature.inputs) + len(signature.outputs) + len(self.constants) + 2,
            "ins": memory.at(ins),
            "outs": memory.at(outs),
            "walk": memory.integers(steps(signature.arguments)),
            "levels": levels(signature.arguments),
            "recipe": memory.integers(program),
            "depth": depth,
            "leaves": memory.integers([memory.keep(leaf) for leaf in leaves]),
            "pointers": memory.integers([a.ctypes.data for a in self.constants]),
            "finish": 0 if finish is None else memory.keep(finish),
            "kernel": kernel,
            "runtime": runtime.address(),
            "owner": id(self),
            "arena": arena_bytes,
            "release": int(release),
            "hold": int(is_mutable(signature.arguments)),
            "reuses": len(reused),
        }
        self.address = memory.at(layout.pack("Entry", **fields))

    def retire(self) -> None:
        """From now on no call fits."""
        ctypes.c_int64.from_address(self.address + layout.offset("Entry", "arguments")).value = -1

    @property
    def is_retired(self) -> bool:
        """Whether no call fits any more."""
        return int(ctypes.c_int64.from_address(self.address + layout.offset("Entry", "arguments")).value) < 0

    @property
    def calls(self) -> int:
        """How often the trampoline ran the kernel."""
        return int(ctypes.c_int64.from_address(self.address + layout.offset("Entry", "calls")).value)

    def raw(self, inputs: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
        """Run the kernel through ctypes: a flat list of inputs to a flat list of arrays.

        Raises:
            ValueError: an input does not fit, or the kernel declines.
        """
        if len(inputs) != len(self.signature.inputs):
            raise ValueError(f"the kernel wants {len(self.signature.inputs)} inputs, not {len(inputs)}")
        arrays = [_buffer(x, s) for x, s in zip(inputs, self.signature.inputs, strict=True)]
        outputs = self._run(arrays)
        if outputs is None:
            raise ValueError("the kernel declined these inputs")
        return outputs

    def attempt(self, args: tuple[Any, ...], named: dict[str, Any] | None = None) -> Any:
        """What the trampoline does, in Python: the result, or NotImplemented if the arguments do not fit."""
        leaves = None if self.is_retired else self.signature.match(args, named)
        inputs, loose = self.signature.inputs, self.signature.loose
        if leaves is None or not all(
            [_fits(x, s, k in loose) for k, (x, s) in enumerate(zip(leaves, inputs, strict=True))]
        ):
            return NotImplemented
        reused = {o.reuse for o in self.signature.outputs if o.reuse is not None}
        for k in reused:
            others = [x for n, x in enumerate(leaves) if n != k and isinstance(x, np.ndarray)]
            flags = leaves[k].flags
            if not (flags.writeable and flags.c_contiguous and flags.aligned and leaves[k].dtype.isnative):
                return NotImplemented
            if any(np.may_share_memory(leaves[k], x) for x in others):
                return NotImplemented
        outputs = self._run([_buffer(x, s) for x, s in zip(leaves, self.signature.inputs, strict=True)])
        if outputs is None:
            return NotImplemented
        given = self.signature.outputs
        values = [
            a if o.shape or o.as_array or o.reuse is not None else a[()] for a, o in zip(outputs, given, strict=True)
        ]
        return nest(self.signature.result, values) if self.finish is None else self.finish(*values)

    def _run(self, inputs: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]] | None:
        outputs = [np.empty(o.shape, o.dtype) if o.reuse is None else inputs[o.reuse] for o in self.signature.outputs]
        arena = np.empty(self.arena_bytes + 64, np.uint8)
        aligned = -(-arena.ctypes.data // 64) * 64
        pointers = [a.ctypes.data for a in (*inputs, *outputs, *self.constants)]
        buffers = (ctypes.c_void_p * (len(pointers) + 2))(*pointers, aligned, runtime.address())
        return outputs if self._kernel(buffers) == 0 else None


def _fits(x: Any, spec: Spec | type, loose: bool) -> bool:
    """Whether a leaf of the arguments is what the signature says."""
    if isinstance(spec, type):
        return type(x) is spec and (type(x) is not int or _INT64.min <= x <= _INT64.max)
    fitting = type(x) is np.ndarray or (loose and not spec.shape and type(x) is spec.dtype.type)
    return fitting and x.shape == spec.shape and x.dtype.num == spec.dtype.num


def _buffer(x: Any, spec: Spec | type) -> np.ndarray[Any, Any]:
    """A leaf as an array that the kernel can read; an array that fits is passed on itself."""
    wanted = spec if isinstance(spec, Spec) else Spec((), _PYTHON.get(spec) or np.dtype(spec))
    array = np.asarray(x)
    if array.shape != wanted.shape or array.dtype.num != wanted.dtype.num:
        raise ValueError(f"the kernel wants {wanted.dtype}{list(wanted.shape)}, not {array.dtype}{list(array.shape)}")
    return np.require(array, wanted.dtype, ["C", "A"])


def _input(memory: Memory, spec: Spec | type, reused: bool, loose: bool) -> bytes:
    """The descriptor of one input."""
    if isinstance(spec, type):
        kind = {bool: _BOOL, int: _INT}.get(spec, _BEHIND)
        dtype = _PYTHON.get(spec) or np.dtype(spec)
        return layout.pack("Input", kind=kind, type=memory.keep(spec), bytes=dtype.itemsize)
    dtype = np.dtype(spec.dtype)
    return layout.pack(
        "Input",
        kind=_ARRAY,
        type=memory.keep(np.ndarray),
        scalar=memory.keep(dtype.type) if loose and not spec.shape else 0,
        descr=memory.keep(dtype),
        dims=memory.integers(spec.shape),
        bytes=math.prod(spec.shape) * dtype.itemsize,
        nd=len(spec.shape),
        flags=_CONTIGUOUS | _ALIGNED | (_WRITEABLE if reused else 0),
        type_num=dtype.num,
        byteorder=ord(dtype.byteorder),
    )


def _output(memory: Memory, output: Output) -> bytes:
    """The descriptor of one output."""
    dtype = np.dtype(output.dtype)
    size = math.prod(output.shape) * dtype.itemsize
    if output.reuse is not None:
        kind, detail = _REUSE, output.reuse
    elif not output.shape and not output.as_array:
        kind, detail = _SCALAR, 0
    elif size >= _LARGE_BYTES and capi.keeps_blocks():
        kind, detail = _LARGE, size
    else:
        kind, detail = _NEW, 0
    dims = memory.integers(output.shape)
    return layout.pack("Output", kind=kind, descr=memory.keep(dtype), dims=dims, reuse=detail, nd=len(output.shape))
