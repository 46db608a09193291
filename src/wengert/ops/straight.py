"""A Graph as a Python function over NumPy: one line per equation, and nothing between them.

graph(v0, v1)                          def run(v0, v1):
  v2 = multiply(v0, v1)                    v2 = f0(v0, v1)
  v3 = sum(v2, axis=0)                     v3 = f1(v2)                f1 = partial(np.sum, axis=0)
  return v3, 2.0                           return (v3, c0,)

What may be NaN where it should be 0 is looked at, and mended if it is (`interpreters.mending`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["straight"]

_known: WeakKeyDictionary[Any, Callable[..., tuple[Any, ...]]] = WeakKeyDictionary()


def straight(graph: Any) -> Callable[..., tuple[Any, ...]]:
    """The function of arrays that a graph is; made once."""
    run = _known.get(graph)
    if run is None:
        run = _known[graph] = _written(graph)
    return run


def _written(graph: Any) -> Callable[..., tuple[Any, ...]]:
    names: dict[Any, str] = {}
    known: dict[str, Any] = {}

    def variable(v: Any) -> str:
        return names.setdefault(v, f"v{len(names)}")

    variables = {*graph.inputs, *[v for e in graph.everything for v in e.results]}

    def read(x: Any) -> str:
        if type(x).__hash__ is not None and x in variables:
            return names[x]
        name = f"c{len(known)}"
        known[name] = x
        return name

    lines = [f"def run({', '.join(variable(v) for v in graph.inputs)}):"]
    for op, operands, params, results in graph.everything:
        name = f"f{len(known)}"
        known[name] = partial(op.impl, **params) if params else op.impl
        call = f"{name}({', '.join(read(x) for x in operands)})"
        left = "".join(f"{variable(v)}, " for v in results) if op.outputs != 1 else variable(results[0])
        lines.append(f"    {left} = {call}" if left else f"    {call}")
        for v in results:
            mend = graph.mends.get(v)
            if mend is not None and mend.needs <= names.keys():
                needs = list(mend.needs)
                known[name := f"m{len(known)}"] = mend.contribution(needs)
                lines.append(f"    {names[v]} = {name}({names[v]}, {', '.join(names[x] for x in needs)})")
    lines.append(f"    return ({''.join(read(x) + ', ' for x in graph.outputs)})")
    exec("\n".join(lines), known)
    return known["run"]  # type: ignore[no-any-return]
