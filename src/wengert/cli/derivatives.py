"""The derivative of a function in three ways: reverse accumulation, forward accumulation, central differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.cli.values import Arguments
from wengert.core.apply import Box, unbridge
from wengert.errors import NotDifferentiable, explain
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp

__all__ = ["MOST_COLUMNS", "Comparison", "Method", "compare"]

# Forward accumulation and differences run the function for every input; of more inputs than this, that many are tried.
MOST_COLUMNS = 500


@dataclass(frozen=True)
class Method:
    """A Jacobian, one row per result and one column per tried input, and how often the function ran for it."""

    name: str
    jacobian: Any
    evaluations: int


@dataclass(frozen=True)
class Comparison:
    """A value and its derivative in three ways; `columns` are the inputs that all three were tried on."""

    value: Any
    inputs: list[str]
    point: Any
    results: int
    scalar: bool
    columns: Any
    reverse: Method
    forward: Method
    differences: Method

    def disagreement(self, method: Method) -> float:
        """The largest difference to reverse accumulation, relative to the largest entry of that."""
        ours, theirs = self.reverse.jacobian[:, self.columns], method.jacobian
        with np.errstate(invalid="ignore"):
            distance = np.where(ours == theirs, 0, np.abs(ours - theirs))
        largest = np.max(np.abs(ours), initial=0.0)
        return float(np.max(distance, initial=0.0) / (largest or 1.0))


class _Program:
    """The function as one of flat arrays of numbers, which counts its runs."""

    def __init__(self, function: Callable[..., Any], arguments: Arguments) -> None:
        self.function = function
        self.leaves, self.structure = tree.flatten((arguments.positional, arguments.keywords))
        self.runs = 0

    def value(self) -> Any:
        """What the function returns at the given arguments."""
        args, kwargs = self.structure.unflatten([np.array(x)[()] for x in self.leaves])
        return self.function(*args, **kwargs)

    def __call__(self, *leaves: Any) -> Any:
        """All numbers of the result, one after the other."""
        self.runs += 1
        args, kwargs = self.structure.unflatten(leaves)
        outs = [_real(unbridge(out)) for out in tree.leaves(self.function(*args, **kwargs))]
        if not outs:
            raise _no_number("nothing")
        return np.concatenate([np.reshape(out, (-1,)) for out in outs])

    def counted(self, name: str, compute: Callable[[], Any]) -> Method:
        """A Method, with the runs that computing it took."""
        before = self.runs
        jacobian = compute()
        return Method(name, jacobian, self.runs - before)


def _real(out: Any) -> Any:
    out = out if isinstance(out, Box) else np.asarray(out)
    if out.dtype.kind in "fiub":
        return out
    raise _no_number(f"something of type {out.dtype}")


def _no_number(what: str) -> NotDifferentiable:
    return NotDifferentiable(
        explain(
            f"the function returned {what}.",
            "A derivative is taken of real numbers.",
            "Return numbers, arrays of them, or containers of these.",
        )
    )


def compare(function: Callable[..., Any], arguments: Arguments) -> Comparison:
    """Differentiate the function at the arguments in three ways."""
    program = _Program(function, arguments)
    value = program.value()
    sizes = [np.size(x) for x in program.leaves]
    total = sum(sizes)
    columns = np.unique(np.linspace(0, total - 1, min(total, MOST_COLUMNS)).astype(int))
    reverse = program.counted("reverse accumulation", lambda: _reverse(program))
    return Comparison(
        value=value,
        inputs=[label for name, x in zip(arguments.names, program.leaves, strict=True) for label in _labels(name, x)],
        point=np.concatenate([np.ravel(x) for x in program.leaves]),
        results=len(reverse.jacobian),
        scalar=np.ndim(value) == 0 and not isinstance(value, dict),
        columns=columns,
        reverse=reverse,
        forward=program.counted("forward accumulation", lambda: _forward(program, columns)),
        differences=program.counted("central differences", lambda: _differences(program, columns)),
    )


def _labels(name: str, x: Any) -> list[str]:
    return [name + (f"[{', '.join(map(str, place))}]" if place else "") for place in np.ndindex(np.shape(x))]


def _flat(leaves: Any) -> Any:
    return np.concatenate([np.ravel(x) for x in leaves])


def _reverse(program: _Program) -> Any:
    """One evaluation, and one sweep backwards per result."""
    out, pull = vjp(program, *program.leaves)
    return np.array([_flat(pull(unit)) for unit in np.eye(len(out), dtype=out.dtype)])


def _forward(program: _Program, columns: Any) -> Any:
    """One evaluation on dual numbers per input."""
    leaves = tuple(program.leaves)
    return np.array([jvp(program, leaves, directions)[1] for directions, _ in _units(leaves, columns)]).T


def _differences(program: _Program, columns: Any) -> Any:
    """Two evaluations per input: (f(x + h) - f(x - h)) / 2h has its smallest error near h = ε^(1/3) |x|."""
    leaves = tuple(program.leaves)
    out = []
    for directions, x in _units(leaves, columns):
        h = np.cbrt(np.finfo(x.dtype).eps) * max(abs(x), 1)
        right, left = ([leaf + sign * h * d for leaf, d in zip(leaves, directions, strict=True)] for sign in (1, -1))
        step = (x + h) - (x - h)  # what the floats really differ by
        out.append((program(*right) - program(*left)) / step)
    return np.array(out).T


def _units(leaves: tuple[Any, ...], columns: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The unit vectors of the chosen inputs, shaped like the leaves, with the input's own value."""
    starts = np.cumsum([0, *[np.size(x) for x in leaves]])
    for n in columns:
        place = int(np.searchsorted(starts, n, side="right")) - 1
        directions = [np.zeros(np.shape(x), x.dtype) for x in leaves]
        directions[place].flat[n - starts[place]] = 1
        yield tuple([d[()] for d in directions]), np.ravel(leaves[place])[n - starts[place]]
