"""Graph: what was recorded, as data. It is itself a function; `record` writes it down, the compiler rewrites it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.core.apply import Box, apply
from wengert.core.op import Op
from wengert.errors import InvalidArgument, explain
from wengert.interpreters.masked import handed_on
from wengert.interpreters.mending import Mend, hides
from wengert.interpreters.tape import next_order
from wengert.spec import Spec, spec

if TYPE_CHECKING:
    from wengert.interpreters.record import Trace

__all__ = ["Constant", "Equation", "Graph", "Variable"]


class Variable:
    """A name in a graph: what is known of the value is its shape and dtype."""

    __slots__ = ("number", "spec", "trace")

    def __init__(self, trace: Trace, spec: Spec) -> None:
        self.trace = trace
        self.number = trace.count
        trace.count += 1
        self.spec = spec

    def __repr__(self) -> str:
        return f"v{self.number}"


class Constant(Variable):
    """What has the same value in every run, and is not recorded."""

    __slots__ = ("value",)

    def __init__(self, trace: Trace, value: Any) -> None:
        super().__init__(trace, spec(value))
        self.value = value


class Equation(NamedTuple):
    """One application of an op; operands are variables or constants (arrays, numbers, older boxes)."""

    op: Op
    operands: tuple[Any, ...]
    params: Mapping[str, Any]
    results: tuple[Variable, ...]

    def __str__(self) -> str:
        left = ", ".join(f"{v!r}:{_short(v.spec)}" for v in self.results)
        inner = ", ".join([_shown(x) for x in self.operands] + [f"{k}={v!r}" for k, v in self.params.items()])
        return f"{left} = {self.op.name}({inner})"


class Graph:
    """A recorded function: inputs, equations, outputs. Call it like the function that was traced.

    Equations that no output depends on are left out, unless it is known that there are none (all_needed).
    mends: of variables that may be NaN where they should be 0, how they could be mended.

    >>> import wengert as wg, numpy as np
    >>> graph = wg.trace(lambda x: np.sin(x) * x)(2.0)
    >>> print(graph)
    graph(v0:float64[])
      v1:float64[] = sin(v0)
      v2:float64[] = multiply(v1, v0)
      return v2
    >>> graph(0.0), graph(np.pi / 2)
    (np.float64(0.0), np.float64(1.5707963267948966))
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        equations: Sequence[Equation],
        outputs: Sequence[Any],
        in_structure: tree.Structure,
        out_structure: tree.Structure,
        all_needed: bool = False,
        mends: Mapping[Variable, Mend] = MappingProxyType({}),
    ) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.equations = tuple(equations if all_needed else _live(equations, self.outputs))
        self.in_structure = in_structure
        self.out_structure = out_structure
        self.mends = mends
        # To mend may need what nothing else does.
        self.everything = tuple(_live(equations, self.outputs, mends)) if mends else self.equations

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay on these arguments, which must nest and be shaped as the traced ones were."""
        leaves = self.in_structure.flatten((args, kwargs))
        return self.out_structure.unflatten(self.run(leaves))

    def run(self, leaves: Sequence[Any]) -> list[Any]:
        """Replay on a flat list of inputs."""
        values: dict[Variable, Any] = {}
        for variable, x in zip(self.inputs, leaves, strict=True):
            x = x if isinstance(x, Box) else np.asarray(x)
            if x.shape != variable.spec.shape:
                raise InvalidArgument(
                    explain(
                        f"the graph's input {variable!r} got shape {x.shape}.",
                        f"It was recorded for shape {variable.spec.shape}, and its ops are fixed to that.",
                        "Trace the function again for the new shape.",
                    )
                )
            values[variable] = x
        for op, operands, params, results in self.everything:
            mends = [self.mends[v] for v in results if v in self.mends] if self.mends else ()
            begun = next_order() if mends else 0
            out = apply(op, [values[x] if isinstance(x, Variable) else x for x in operands], params)
            if op.outputs == 1:
                values[results[0]] = out
            else:
                values.update(zip(results, out, strict=True))
            for mend in mends:
                values[mend.variable] = handed_on(mend, values, begun)
        return [values[x] if isinstance(x, Variable) else x for x in self.outputs]

    @functools.cached_property
    def masks(self) -> bool:
        """Whether an equation, or one of a graph within, hides operands: they get a cotangent of zero."""
        return any([op.masks or any(map(hides, params.values())) for op, _, params, _ in self.equations])

    def __str__(self) -> str:
        head = ", ".join(f"{v!r}:{_short(v.spec)}" for v in self.inputs)
        lines = [f"graph({head})", *[f"  {e}" for e in self.equations]]
        return "\n".join([*lines, "  return " + ", ".join(_shown(x) for x in self.outputs)])

    def __repr__(self) -> str:
        return f"<Graph of {len(self.equations)} equations>"


def _live(
    equations: Sequence[Equation], outputs: Sequence[Any], mends: Mapping[Variable, Mend] = MappingProxyType({})
) -> list[Equation]:
    """The equations that the outputs depend on, and how these are mended."""
    needed = {x for x in outputs if isinstance(x, Variable)}
    kept = []
    for equation in reversed(equations):
        results = equation[3]
        if results[0] in needed if len(results) == 1 else not needed.isdisjoint(results):
            for x in equation[1]:
                if type(x) is Variable:
                    needed.add(x)
            for v in results:
                if v in mends:
                    needed |= mends[v].needs
            kept.append(equation)
    return kept[::-1]


def _short(s: Spec) -> str:
    return f"{s.dtype}[{','.join(map(str, s.shape))}]"


def _shown(x: Any) -> str:
    if isinstance(x, Variable | int | float | complex):
        return repr(x)
    if np.ndim(x) == 0 and not isinstance(x, Box):
        return repr(np.asarray(x).item())
    return _short(spec(x))
