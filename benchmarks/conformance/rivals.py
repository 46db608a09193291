"""The probes on HIPS autograd and MyGrad: once on plain NumPy, as strangers' code has it, and once on their own.

Each rival gets its best chance: the value has to be right, and one gradient by reverse accumulation.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable, Sequence
from typing import Any

import autograd
import autograd.numpy as anp
import mygrad as mg
import numpy as np
import scipy

from benchmarks.conformance.judge import ERROR, WORKS, WRONG, Reference, inner, leaves, quiet, same, verdict
from benchmarks.conformance.probe import Probe

__all__ = ["RIVALS", "judged"]

Gradient = Callable[[Callable[..., Any], Reference], tuple[list[Any], list[Any]]]


class Wrapped:
    """autograd's functions, and those of NumPy or SciPy where it has none."""

    def __init__(self, theirs: str, path: str) -> None:
        self.theirs, self.path = theirs, path

    def __getattr__(self, name: str) -> Any:
        try:
            found = getattr(importlib.import_module(self.theirs), name)
        except (ImportError, AttributeError):
            found = None
        if isinstance(found, types.ModuleType) or found is None:
            own = getattr(importlib.import_module(self.path), name, None)
            if isinstance(own, types.ModuleType):
                return Wrapped(f"{self.theirs}.{name}", f"{self.path}.{name}")
            return own if found is None else found
        return found


class Own:
    """MyGrad's functions, and NumPy's where it has none."""

    def __getattr__(self, name: str) -> Any:
        return getattr(mg, name) if hasattr(mg, name) else getattr(np, name)


def by_autograd(f: Callable[..., Any], reference: Reference) -> tuple[list[Any], list[Any]]:
    """Values and gradients by HIPS autograd; its gradients of complex numbers are the conjugates of ours."""
    seen: list[Any] = []

    def phi(*operands: Any) -> Any:
        results = leaves_of(f(*operands))
        seen[:] = [bare(y) for y in results]
        total: Any = 0.0
        for w, y in zip(reference.weights, results, strict=True):
            if w is not None:
                total = total + anp.sum(anp.real(anp.conj(w) * y))
        return total

    found = autograd.grad(phi, reference.positions)(*reference.operands)
    return seen, [np.conj(g) for g in found]


def by_mygrad(f: Callable[..., Any], reference: Reference) -> tuple[list[Any], list[Any]]:
    """Values and gradients by MyGrad."""
    operands = [mg.tensor(x) if n in reference.positions else x for n, x in enumerate(reference.operands)]
    results = leaves_of(f(*operands))
    total: Any = 0.0
    for w, y in zip(reference.weights, results, strict=True):
        if w is not None:
            total = total + mg.sum(w * y)
    values = [bare(y) for y in results]
    if isinstance(total, mg.Tensor):
        total.backward()
    return values, [operands[n].grad for n in reference.positions]


def leaves_of(out: Any) -> list[Any]:
    """The results in tuples and lists, autograd's own included."""
    if type(out).__name__ == "SequenceBox":
        out = list(out)
    return leaves(out)


def bare(y: Any) -> Any:
    """The numbers of a box or tensor."""
    while hasattr(y, "_value"):
        y = y._value
    if isinstance(y, mg.Tensor):
        return y.data
    if isinstance(y, np.ndarray) and y.dtype == object:
        return np.array([bare(v) for v in y.ravel().tolist()], float).reshape(y.shape)
    return y


RIVALS: dict[str, tuple[Gradient, Any, Any]] = {
    "autograd, plain NumPy": (by_autograd, np, scipy),
    "autograd, own namespace": (by_autograd, Wrapped("autograd.numpy", "numpy"), Wrapped("autograd.scipy", "scipy")),
    "MyGrad, plain NumPy": (by_mygrad, np, scipy),
    "MyGrad, own namespace": (by_mygrad, Own(), scipy),
}


def judged(probe: Probe) -> dict[str, str] | None:
    """The verdict on each rival; None if there is no derivative to be had."""
    reference = Reference(probe)
    if not reference.differentiable:
        return None
    with quiet():
        slopes = reference.slopes()
    return {name: _verdict(probe, reference, slopes, rival) for name, rival in RIVALS.items()}


def _verdict(probe: Probe, reference: Reference, slopes: Sequence[float], rival: tuple[Gradient, Any, Any]) -> str:
    gradient, numpy, package = rival
    with quiet():
        try:
            values, gradients = gradient(lambda *xs: probe.run(numpy, package, xs), reference)
            if not same(values, reference.out):
                return WRONG
            rows = list(zip(gradients, reference.directions, strict=True))
            found = verdict([0.0 if g is None else inner(g, t) for g, t in rows], slopes)
            if found == WORKS or not reference_is_complex(reference):
                return found
            return verdict([0.0 if g is None else inner(np.conj(g), t) for g, t in rows], slopes)
        except Exception:
            return ERROR


def reference_is_complex(reference: Reference) -> bool:
    """Whether an operand is complex, so that conventions differ."""
    return any([x.dtype.kind == "c" for x in reference.operands])
