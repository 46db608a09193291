"""Reverse accumulation as functions of functions: vjp, grad, value_and_grad."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, fresh, is_known, refreshed, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.sweep import sweep
from wengert.interpreters.tape import leaf
from wengert.interpreters.tensor import Tensor
from wengert.transforms.arguments import (
    compiled_with,
    differentiable,
    evaluate,
    holomorphic_arguments,
    opened,
    partial_in,
    picked,
    scalar_result,
)

__all__ = ["grad", "value_and_grad", "vjp", "vjp_behind_masks"]

Function = Callable[..., Any]


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> Any:
    """Evaluate `f` and return its result with a function that pulls cotangents back.

    primals: pytrees of arrays. Returns ``(out, pullback)``, with `has_aux` (f then returns ``(out, aux)``)
    ``(out, pullback, aux)``; ``pullback(cotangent)`` takes a pytree like `out` (None for zero) and gives a tuple
    of pytrees like the primals; it may be called again. Raises `NotDifferentiable` for integer arrays.

    >>> import numpy as np, wengert as wg
    >>> y, pull = wg.vjp(lambda x: np.array([1.0, 2.0]) * x, 3.0)
    >>> y
    array([3., 6.])
    >>> pull(np.array([1.0, 10.0]))
    (np.float64(21.0),)
    """
    result, pull, aux = _taped(f, primals, has_aux)

    def pullback(cotangent: Any) -> Any:
        return pull(cotangent, keep=True)

    return (result, pullback, aux) if has_aux else (result, pullback)


def vjp_behind_masks(f: Function, *primals: Any, has_aux: bool = False) -> Any:
    """`vjp` of a function whose results are masked elsewhere: zeros among their cotangents win in all that is recorded.

    The step of a loop with a mask is one: its cotangents come from behind the mask of the next step.
    """
    result, pull, aux = _taped(f, primals, has_aux)

    def pullback(cotangent: Any) -> Any:
        return pull(cotangent, keep=True, masked=True)

    return (result, pullback, aux) if has_aux else (result, pullback)


def _taped(f: Function, primals: tuple[Any, ...], has_aux: bool) -> tuple[Any, Function, Any]:
    """The result of `f`, the pullback that says whether to keep what the tape saved, and aux."""
    leaves, structure = tree.flatten(primals)
    leaves = [differentiable(x, "a derivative") for x in leaves]
    level = fresh()
    nodes = [leaf(x.shape, x.dtype, level, _nobody) for x in leaves]
    boxes = [Tensor(x, node, level) for x, node in zip(leaves, nodes, strict=True)]
    out = evaluate(f, *structure.unflatten(boxes))
    out, aux = _aux(out) if has_aux else (out, None)
    outs, out_structure = tree.flatten(out)
    outs = [unbridge(o) for o in outs]
    for o in outs:
        if isinstance(o, Box):
            refreshed(o)  # a view of what was written to stands for another node by now
    roots = [o.mark if isinstance(o, Tensor) and o.level == level else None for o in outs]
    values = [opened(o, Tensor, level) for o in outs]
    nested = any([isinstance(v, Tensor) or not is_known(v) for v in values])

    def pull(cotangent: Any, keep: bool, masked: bool = False) -> Any:
        gs = out_structure.flatten(cotangent)
        seeds = [
            (node, _seed(g, value))
            for node, g, value in zip(roots, gs, values, strict=True)
            if node is not None and g is not None
        ]
        found = sweep(seeds, keep=keep, nested=nested, masked=masked)
        seen = {id(g) for _, g in seeds}
        return structure.unflatten([_own(found.get(n), x, seen) for n, x in zip(nodes, leaves, strict=True)])

    return out_structure.unflatten(values), pull, tree.map(lambda a: opened(a, Tensor, level), aux)


def _nobody() -> None:
    return None


def _aux(out: Any) -> Any:
    if not isinstance(out, tuple) or len(out) != 2:
        raise InvalidArgument(
            explain(
                f"has_aux=True at {user_line()}, but the function returned a {type(out).__name__}.",
                "With has_aux a function returns a pair: what is differentiated, and anything else.",
                "Write `return loss, aux`.",
            )
        )
    return out


def _seed(g: Any, value: Any) -> Any:
    """A cotangent given by the user, in the shape and dtype of the result it belongs to."""
    g = unbridge(g)
    if not isinstance(g, Box):
        g = np.asarray(g)
    value = value if isinstance(value, Box) else np.asarray(value)
    if g.shape != value.shape:
        raise InvalidArgument(
            explain(
                f"a cotangent of shape {g.shape} was given at {user_line()} for a result of shape {value.shape}.",
                "A cotangent has one entry per entry of the result.",
                "Give np.ones_like(result) for the sum of all entries.",
            )
        )
    if g.dtype != value.dtype:
        g = np.real(g) if g.dtype.kind == "c" and value.dtype.kind != "c" else g
        g = g.astype(value.dtype)
    return g


def _own(g: Any, like: Any, seen: set[int]) -> Any:
    """A gradient that belongs to the caller: zeros where none arrived, and no memory shared with anything."""
    if g is None:
        return np.zeros_like(like)[()] if isinstance(like, np.generic) else np.zeros_like(like)
    if type(g) is np.ndarray and (g.base is not None or not g.flags.owndata or id(g) in seen):
        g = g.copy()
    seen.add(id(g))
    return g


def value_and_grad(
    f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The function that returns the value of a scalar `f` and its gradient, by reverse accumulation.

    argnums: which positional arguments (pytrees of arrays) to differentiate; the gradient has their
    structure, shapes and dtypes. has_aux: `f` returns ``(value, aux)``, and so does the value here. For complex
    arguments the gradient is ∂f/∂Re + i ∂f/∂Im, the direction of steepest ascent. holomorphic: `f` is a holomorphic
    function with one complex number as result, and the derivative is its complex derivative f'(z).

    >>> import numpy as np, wengert as wg
    >>> wg.value_and_grad(lambda x, y: np.sum(x * y))(np.array([1.0, 2.0]), 3.0)
    (np.float64(9.0), array([3., 3.]))
    """
    compiled = None if holomorphic else compiled_with(f, value_and_grad, argnums, has_aux)
    if compiled is not None:
        return compiled

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        chosen = picked(args, argnums)
        if holomorphic:
            holomorphic_arguments(chosen, "grad")
        inner = partial_in(f, args, argnums, kwargs)

        def scalar(x: Any) -> Any:
            out = inner(x)
            if has_aux:
                out, extra = _aux(out)
                return scalar_result(out, "grad", holomorphic), extra
            return scalar_result(out, "grad", holomorphic)

        value, pull, aux = _taped(scalar, (chosen,), has_aux)
        (gradient,) = pull(np.ones(value.shape, value.dtype), keep=False)
        if holomorphic:  # the gradient of Re f is the conjugate of f', by the Cauchy-Riemann equations
            gradient = tree.map(np.conj, gradient)
        return ((value, aux) if has_aux else value), gradient

    return function


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Function:
    """The gradient of a scalar function, by reverse accumulation; see `value_and_grad`.

    With `has_aux` the result is ``(gradient, aux)``.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda x: np.sum(np.sin(x) ** 2))(np.array([0.0, np.pi / 4]))
    array([0., 1.])
    >>> wg.grad(lambda z: z**2, holomorphic=True)(1 + 2j)
    np.complex128(2+4j)
    """
    compiled = None if holomorphic else compiled_with(f, grad, argnums, has_aux)
    if compiled is not None:
        return compiled
    both = value_and_grad(f, argnums, has_aux, holomorphic)

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return function
