"""What is exported of a function: its value and derivatives as functions of flat lists of arrays, and their C names.

value     x        -> value                        jvp   x, x_dot       -> value, value_dot
gradient  x        -> value, gradient              vjp   x, value_bar   -> x_bar
jacobian  x        -> value, jacobian              hessian  x           -> value, gradient, hessian
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiler.closed import Closed, closed, example
from wengert.compiler.csource import identifier
from wengert.compiler.header import Parameter, Prototype
from wengert.compiler.loops import Program
from wengert.errors import InvalidArgument, explain
from wengert.spec import Spec, spec
from wengert.transforms.forward import jvp
from wengert.transforms.matrices import hessian, jacobian
from wengert.transforms.reverse import value_and_grad, vjp

__all__ = ["NAMES", "Subject", "derivative"]

LARGE = 1_000_000
"""A Jacobian of more entries is exported only if it is asked for."""


class Subject:
    """A function to be exported, as a function of the arrays in its arguments.

    leaves: an example of each array; names: what C calls them; smooth: the positions of those with derivatives.
    """

    def __init__(self, f: Callable[..., Any], specs: Sequence[Any], name: str) -> None:
        self.f, self.name = f, name
        specs = _examples(tuple(specs))
        everything, self.structure = tree.flatten(specs)
        names = _argument_names(f, specs)
        self.places = [n for n, x in enumerate(everything) if _is_numeric(x)]
        self.fixed = everything
        self.leaves = [example(everything[n]) for n in self.places]
        self.names = _distinct([names[n] for n in self.places])
        self.smooth = tuple([n for n, x in enumerate(self.leaves) if spec(x).dtype.kind == "f"])
        self.value = closed(self.call, self.leaves, name)
        count = len(self.value.outputs)
        self.results = _distinct(_leaf_names("value", self.value.structure.unflatten(range(count))), self.names)
        doc = inspect.getdoc(f) if hasattr(f, "__name__") else None
        self.about = f"{name}: {doc.splitlines()[0]}" if doc else name

    def call(self, *leaves: Any) -> Any:
        """Call the function."""
        full = list(self.fixed)
        for n, x in zip(self.places, leaves, strict=True):
            full[n] = x
        return self.f(*self.structure.unflatten(full))

    def partial(self, leaves: Sequence[Any]) -> Callable[..., Any]:
        """The function of the smooth arguments alone."""

        def function(*chosen: Any) -> Any:
            full = list(leaves)
            for n, x in zip(self.smooth, chosen, strict=True):
                full[n] = x
            return self.call(*full)

        return function

    @property
    def is_scalar(self) -> bool:
        """Whether the result is one real number."""
        outputs = self.value.outputs
        return len(outputs) == 1 and outputs[0].size == 1 and outputs[0].dtype.kind == "f"

    def defaults(self) -> list[str]:
        """What is exported unless told otherwise."""
        if not self.smooth or any([s.dtype.kind != "f" for s in self.value.outputs]):
            return ["value"]
        entries = sum([s.size for s in self.value.outputs]) * sum([spec(self.leaves[n]).size for n in self.smooth])
        matrix = ["gradient"] if self.is_scalar else ["jacobian"] if entries <= LARGE else []
        return ["value", *matrix, "jvp", "vjp"]


def derivative(subject: Subject, kind: str) -> tuple[Prototype, Program]:
    """The C function of a derivative (one of `NAMES`)."""
    if kind != "value" and not subject.smooth:
        raise InvalidArgument(
            explain(
                f"export of {subject.name} was asked for its {kind}.",
                "Integers and booleans have no derivative, and there is no other argument.",
                "Give floating-point arrays, or leave the derivative out.",
            )
        )
    return NAMES[kind](subject)


def _value(s: Subject) -> tuple[Prototype, Program]:
    return _made(s, "", "the function", s.value, s.names, s.results)


def _gradient(s: Subject) -> tuple[Prototype, Program]:
    made = closed(value_and_grad(s.call, s.smooth), s.leaves, f"{s.name}_gradient")
    outputs = [*s.results, *[f"gradient{x}" for x in _of(s)]]
    return _made(s, "_gradient", "its value and gradient", made, s.names, outputs, [f"d value / d {x}" for x in _xs(s)])


def _jacobian(s: Subject) -> tuple[Prototype, Program]:
    def both(*leaves: Any) -> Any:
        return s.call(*leaves), jacobian(s.call, s.smooth)(*leaves)

    made = closed(both, s.leaves, f"{s.name}_jacobian")
    several = len(s.results) > 1
    outputs = [f"jacobian{'_' + y if several else ''}{x}" for y in s.results for x in _of(s)]
    notes = [f"d {y} / d {x}, the axes of {y} first" for y in s.results for x in _xs(s)]
    return _made(s, "_jacobian", "its value and Jacobian", made, s.names, [*s.results, *outputs], notes)


def _hessian(s: Subject) -> tuple[Prototype, Program]:
    def all_(*leaves: Any) -> Any:
        return *value_and_grad(s.call, s.smooth)(*leaves), hessian(s.call, s.smooth)(*leaves)

    made = closed(all_, s.leaves, f"{s.name}_hessian")
    several = len(s.smooth) > 1
    pairs = [(x, y) for x in _xs(s) for y in _xs(s)]
    outputs = [f"hessian_{x}_{y}" if several else "hessian" for x, y in pairs]
    notes = [f"d value / d {x}" for x in _xs(s)] + [f"d² value / d {x} d {y}" for x, y in pairs]
    gradients = [f"gradient{x}" for x in _of(s)]
    about = "its value, gradient and Hessian"
    return _made(s, "_hessian", about, made, s.names, [*s.results, *gradients, *outputs], notes)


def _jvp(s: Subject) -> tuple[Prototype, Program]:
    count = len(s.leaves)

    def push(*flat: Any) -> Any:
        leaves, tangents = flat[:count], flat[count:]
        return jvp(s.partial(leaves), tuple([leaves[n] for n in s.smooth]), tangents)

    tangents = [np.ones(spec(s.leaves[n]).shape, spec(s.leaves[n]).dtype) for n in s.smooth]
    made = closed(push, [*s.leaves, *tangents], f"{s.name}_jvp")
    inputs = [*s.names, *[f"{x}_dot" for x in _xs(s)]]
    outputs = [*s.results, *[f"{y}_dot" for y in s.results]]
    notes = ["the derivative in the direction of " + ", ".join([f"{x}_dot" for x in _xs(s)])] * len(s.results)
    return _made(s, "_jvp", "its value and directional derivative", made, inputs, outputs, notes)


def _vjp(s: Subject) -> tuple[Prototype, Program]:
    count = len(s.leaves)

    def pull(*flat: Any) -> Any:
        leaves, cotangents = flat[:count], flat[count:]
        out, pullback = vjp(s.partial(leaves), *[leaves[n] for n in s.smooth])
        structure = tree.flatten(out)[1]
        return pullback(structure.unflatten(cotangents))

    cotangents = [np.ones(y.shape, y.dtype) for y in s.value.outputs]
    made = closed(pull, [*s.leaves, *cotangents], f"{s.name}_vjp")
    bars = [f"{y}_bar" for y in s.results]
    outputs, notes = [f"{x}_bar" for x in _xs(s)], [f"Σ {' + '.join(bars)} · d / d {x}" for x in _xs(s)]
    about = "its adjoint: cotangents of the result to cotangents of the arguments"
    return _made(s, "_vjp", about, made, [*s.names, *bars], outputs, notes)


NAMES: dict[str, Callable[[Subject], tuple[Prototype, Program]]] = {
    "value": _value, "gradient": _gradient, "jacobian": _jacobian, "hessian": _hessian, "jvp": _jvp, "vjp": _vjp,
}  # fmt: skip


def _made(
    s: Subject, suffix: str, meaning: str, made: Closed, inputs: Sequence[str], outputs: Sequence[str],
    notes: Sequence[str] = (),
) -> tuple[Prototype, Program]:  # fmt: skip
    """A prototype, and the program with its buffers called as the prototype calls them. notes: of the last outputs."""
    for b, name in zip((*made.program.inputs, *made.program.outputs), (*inputs, *outputs), strict=True):
        b.name = name
    meanings = ["", *notes] if len(notes) == 0 else [""] * (len(outputs) - len(notes)) + list(notes)
    meanings += [""] * (len(outputs) - len(meanings))
    parameters = [Parameter(n, x, False) for n, x in zip(inputs, made.inputs, strict=True)]
    parameters += [Parameter(n, x, True, m) for n, x, m in zip(outputs, made.outputs, meanings, strict=False)]
    return Prototype(f"{s.name}{suffix}", meaning, tuple(parameters)), made.program


def _xs(s: Subject) -> list[str]:
    """The names of the smooth arguments."""
    return [s.names[n] for n in s.smooth]


def _of(s: Subject) -> list[str]:
    """What tells the derivatives by several arguments apart."""
    return [f"_{x}" for x in _xs(s)] if len(s.smooth) > 1 else [""]


def _is_numeric(x: Any) -> bool:
    """Whether a leaf is a number or an array of them, or describes one."""
    if isinstance(x, bool | str | bytes) or (callable(x) and not hasattr(x, "dtype")):
        return False
    return isinstance(x, int | float | complex) or (hasattr(x, "shape") and hasattr(x, "dtype"))


def _argument_names(f: Callable[..., Any], specs: Sequence[Any]) -> list[str]:
    """A name for every leaf of the arguments: ``x``, ``params_w``, ``args_0``."""
    try:
        bound = inspect.signature(f).bind(*specs).arguments
    except (TypeError, ValueError):  # what is written in C, or does not fit: calling it will say so
        bound = {"args": tuple(specs)}
    return [name for key, x in bound.items() for name in _leaf_names(key, x)]


def _examples(x: Any) -> Any:
    """A Spec is a tuple, but it stands for an array."""
    if isinstance(x, Spec):
        return example(x)
    if type(x) in (list, tuple):
        return type(x)([_examples(item) for item in x])
    return {key: _examples(item) for key, item in x.items()} if type(x) is dict else x


def _leaf_names(stem: str, x: Any) -> list[str]:
    children = tree.children(x)
    if children is None:
        return [stem]
    return [name for key, child in children.items() for name in _leaf_names(f"{stem}_{key}", child)]


def _distinct(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Names as C allows them, no two alike."""
    found: list[str] = []
    for name in map(identifier, names):
        number = 2
        new = name
        while new in found or new in taken:
            new, number = f"{name}{number}", number + 1
        found.append(new)
    return found
