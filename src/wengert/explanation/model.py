"""What an explanation knows, as plain data: everything that is shown of it is drawn from these records.

    v₋₁ = x1 = 2                   a Step per value of the Wengert list, inputs first
    v₁  = log(x1) = 0.693          its Operands, each with the local derivative ∂v₁/∂x1
    v̄₋₁ = v̄₁ · 1/x1 + v̄₂ · x2     its adjoint: the sum of its Contributions, one per edge

A step is known to others by its number, its position in `Account.trace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Account", "Contribution", "Operand", "Remark", "Seed", "Source", "Step"]


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the user's code: base name of the file, line number from 1, its text without indentation."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Operand:
    """What a step was computed from.

    step: the number of the step it is, None for a constant. shown: its name, or the constant's text. value: its
    numbers (None where the tape kept none). local: the partial derivative, entry by entry, of an elementwise op (an
    array of the step's shape); otherwise a short text ("transpose", "B transposed"); None where nothing flows.
    formula: the partial in words of the operands ("cos(x2)", "1/x1"), "" where there is none. gate: the nickname of
    what happens to a cotangent on its way here.
    """

    step: int | None
    shown: str
    value: Any
    local: Any
    formula: str
    gate: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one consumer adds to the adjoint of a step: upstream × local = downstream.

    consumer: the number of the step whose operand at `position` this is. upstream: the consumer's adjoint (a tuple
    of them if its op has several results). local: as in `Operand`. downstream: in the shape of the step. note: how
    it was brought to that shape ("summed over axis 0"), or "".
    """

    consumer: int
    position: int
    upstream: Any
    local: Any
    downstream: Any
    note: str


@dataclass(frozen=True, slots=True)
class Step:
    """One value of the Wengert list.

    number: position in `Account.trace`. index: its subscript: inputs end with 0, computed values begin with 1.
    label: "v₋₁", "v₃". name: the user's variable, made unique by a subscript ("x", "x₂"); the label if it has none.
    role: "input", "step", "output" (a computed step that is a result). op: name of the row, "" for inputs.
    gate: nickname of the op going backwards ("multiply swapper"). expression: readable NumPy text in the names.
    value: None where the tape of a tensor kept none. group: function or module path, dotted, "" at the top.
    grad_fn: the name of the node on a tape ("MulBackward0"). saved_bytes: what that node keeps.
    differentiable: whether it depends on an input that is differentiated, in floating numbers.
    tangents: per seed, None where zero; adjoint: None where nothing arrived. contributions: in the order they
    arrive. roundoff: bound of what the rounding of this very step may change in the result, |v̄| ε |v|.
    """

    number: int
    index: int
    label: str
    name: str
    role: str
    op: str
    gate: str
    expression: str
    operands: tuple[Operand, ...]
    value: Any
    shape: tuple[int, ...]
    dtype: str
    source: Source | None
    group: str
    grad_fn: str
    saved_bytes: int
    differentiable: bool
    tangents: tuple[Any, ...] = ()
    adjoint: Any = None
    contributions: tuple[Contribution, ...] = ()
    roundoff: float = 0.0


@dataclass(frozen=True, slots=True)
class Seed:
    """A direction of the forward trace: the tangent of input `step` at `entry` (None: of all entries) is 1.

    label: "x1", "x[0, 2]", or the name of a given direction, for which step is None.
    """

    label: str
    step: int | None
    entry: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing about a step (None: about the whole).

    kind: "kink", "branch", "loop", "zero", "nan", "cancellation", "unused", "memory", "size" or "tape". details: the
    numbers behind the text by name, such as the one-sided derivatives of a kink.
    """

    kind: str
    step: int | None
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """The evaluation of a function and its derivatives.

    function: its name. inputs, outputs: numbers of steps (an output that depends on nothing is not there). trace: in
    the order of evaluation. seeds: the columns of the forward trace. cotangents: per output, what the reverse trace
    began with. value: the function's result. total_roundoff: the sum of all round-off bounds. saved_bytes: what a
    tape keeps. origin: "trace" or "tape". target: what the adjoints are the gradient of, in words.
    """

    function: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    trace: tuple[Step, ...]
    seeds: tuple[Seed, ...]
    cotangents: tuple[Any, ...]
    value: Any
    remarks: tuple[Remark, ...]
    total_roundoff: float
    saved_bytes: int
    origin: str
    target: str
    callable: Any = None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
