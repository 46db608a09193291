"""A table of what is in a model: modules, shapes, parameters, memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.autograd import no_grad
from wengert.core.apply import Box
from wengert.nn.module import Module

__all__ = ["Summary", "summary"]


@dataclass(frozen=True)
class Row:
    """A module: its depth and name, what it returned, and its own parameters (those of its submodules apart)."""

    depth: int
    name: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    parameters: int
    trainable: int
    leaf: bool

    def cells(self) -> tuple[str, str, str, str]:
        """What the table shows."""
        label = f"{'  ' * self.depth}{self.kind}" + (f" ({self.name})" if self.name else "")
        shape = ", ".join([str(list(s)) for s in self.shapes]) or "–"
        trained = "" if not self.parameters else f"{self.trainable:,}"
        return label, shape, f"{self.parameters:,}" if self.parameters else "–", trained or "–"


@dataclass(frozen=True)
class Summary:
    """What `wg.nn.summary` returns; printed, a table.

    rows: one per module. parameters, trainable: how many numbers. parameter_bytes, buffer_bytes: their memory.
    activation_bytes: that of the results of all modules without submodules, None if no input was given.
    """

    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    parameter_bytes: int
    buffer_bytes: int
    activation_bytes: int | None

    def __str__(self) -> str:
        head = ("module", "output shape", "parameters", "trainable")
        cells = [head, *[row.cells() for row in self.rows]]
        width = [max(len(line[n]) for line in cells) for n in range(4)]
        lines = [f"{a:<{width[0]}}  {b:<{width[1]}}  {c:>{width[2]}}  {d:>{width[3]}}".rstrip() for a, b, c, d in cells]
        rule = "─" * max(len(line) for line in lines)
        said = [
            f"parameters   {self.parameters:,} ({self.trainable:,} trainable), {_size(self.parameter_bytes)}",
            f"buffers      {_size(self.buffer_bytes)}",
        ]
        if self.activation_bytes is not None:
            said.append(f"activations  {_size(self.activation_bytes)}")
        return "\n".join([lines[0], rule, *lines[1:], rule, *said])

    __repr__ = __str__


def _size(count: int) -> str:
    """A number of bytes for people."""
    if count < 1024:
        return f"{count} B"
    power = min(int(math.log(count, 1024)), 4)
    return f"{count / 1024**power:.1f} {' KMGT'[power]}iB"


def summary(model: Module, *inputs: Any, **kwargs: Any) -> Summary:
    """What is in a model, and, given inputs, the shapes and memory of what its modules return.

    inputs, kwargs: what to call the model with; the call is in `eval` mode and without gradients, and leaves the model
    as it was. Without any the shapes are left out. Parameters that several modules hold are counted once.

    >>> import numpy as np, wengert as wg
    >>> model = wg.nn.Sequential(wg.nn.Linear(4, 3), wg.nn.ReLU(), wg.nn.Linear(3, 2))
    >>> print(wg.nn.summary(model, np.ones((5, 4))))
    module        output shape  parameters  trainable
    ─────────────────────────────────────────────────
    Sequential    [5, 2]                 –          –
      Linear (0)  [5, 3]                15         15
      ReLU (1)    [5, 3]                 –          –
      Linear (2)  [5, 2]                 8          8
    ─────────────────────────────────────────────────
    parameters   23 (23 trainable), 184 B
    buffers      0 B
    activations  320 B
    """
    returned: dict[int, Any] = {}
    if inputs or kwargs:
        with _watched(model, returned), no_grad():
            model(*inputs, **kwargs)
    rows, counted, held = [], set[int](), 0
    for path, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if id(p) not in counted]
        counted |= {id(p) for p in own}
        leaves = _arrays(returned.get(id(module)))
        leaf = next(module.children(), None) is None
        held += sum(_bytes(x) for x in leaves) if leaf else 0
        rows.append(
            Row(
                path.count(".") + 1 if path else 0, path.rpartition(".")[2], type(module).__name__,
                tuple([tuple(x.shape) for x in leaves]), _numbers(own), _numbers([p for p in own if p.requires_grad]),
                leaf,
            )
        )  # fmt: skip
    every = list(model.parameters())
    return Summary(
        tuple(rows), _numbers(every), _numbers([p for p in every if p.requires_grad]), sum(map(_bytes, every)),
        sum(map(_bytes, model.buffers())), held if returned else None,
    )  # fmt: skip


@contextmanager
def _watched(model: Module, returned: dict[int, Any]) -> Iterator[None]:
    """The model in use, every module noting what it returned at last; afterwards as it was, buffers included."""
    modes = [(module, module.training) for module in model.modules()]

    def note(module: Module, args: Any, out: Any) -> None:
        returned[id(module)] = out

    handles = [module.register_forward_hook(note) for module, _ in modes]
    model.eval()
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode


def _arrays(out: Any) -> list[Any]:
    return [x for x in tree.leaves(out) if isinstance(x, Box | np.ndarray | np.generic)]


def _numbers(arrays: list[Any]) -> int:
    return sum([math.prod(x.shape) for x in arrays])


def _bytes(x: Any) -> int:
    size: int = math.prod(x.shape) * x.dtype.itemsize
    return size
