"""gradcheck: gradients by the tape against central differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from wengert.autograd.gradients import grad
from wengert.core.array import Array
from wengert.errors import GradcheckError, explain
from wengert.interpreters import engine

__all__ = ["gradcheck", "gradgradcheck"]

Function = Callable[..., Any]


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of `func` with central differences (f(x + eps) - f(x - eps)) / (2 eps).

    inputs: a tensor or a tuple; those that require grad are checked, entry by entry (of complex tensors real and
    imaginary parts), so give small ones in float64. Entries may differ by ``atol + rtol * |difference|``. Returns
    True; otherwise raises `GradcheckError`, or returns False with ``raise_exception=False``.

    >>> import wengert as wg
    >>> wg.autograd.gradcheck(lambda x: wg.sin(x) * x, wg.randn(3, requires_grad=True))
    True
    """
    args = engine.listed(inputs)
    outputs = [y for y in _as_list(func(*args)) if isinstance(y, Array) and y.requires_grad]
    for n, x in enumerate(args):
        if not (isinstance(x, Array) and x.requires_grad):
            continue
        for m, y in enumerate(outputs):
            exact = _by_tape(y, x)
            differences = _by_differences(func, args, n, m, eps)
            if not np.allclose(exact, differences, rtol, atol):
                if not raise_exception:
                    return False
                raise GradcheckError(
                    explain(
                        f"the Jacobian of result {m} with respect to input {n} differs from central differences "
                        f"by up to {np.max(np.abs(exact - differences)):.3g}.",
                        f"By the tape:\n{exact}\nby central differences with eps={eps}:\n{differences}",
                        "Check the backward of the ops on the way, and that the function is smooth there.",
                    )
                )
    return True


def gradgradcheck(func: Function, inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """`gradcheck` of the gradient of `func`: checks its second derivatives.

    grad_outputs: the cotangents that the gradient is taken with; random ones by default.
    """
    args = engine.listed(inputs)
    outputs = _as_list(func(*args))
    if grad_outputs is None:
        random = np.random.default_rng(0)
        cotangents = [Array.constant(random.standard_normal(y.shape).astype(y.dtype)) for y in outputs]
        for g in cotangents:
            g.requires_grad_()
    else:
        cotangents = engine.listed(grad_outputs)

    def first(*both: Any) -> tuple[Any, ...]:
        xs, gs = both[: len(args)], both[len(args) :]
        wanted = [x for x in xs if isinstance(x, Array) and x.requires_grad]
        roots = [(y, g) for y, g in zip(_as_list(func(*xs)), gs, strict=True) if y.requires_grad]
        return grad([y for y, _ in roots], wanted, [g for _, g in roots], create_graph=True, materialize_grads=True)

    return gradcheck(first, (*args, *cotangents), **options)


def _as_list(out: Any) -> list[Any]:
    return list(out) if isinstance(out, tuple | list) else [out]


def _units(dtype: Any) -> tuple[complex, ...]:
    return (1.0, 1j) if dtype.kind == "c" else (1.0,)


def _by_tape(y: Any, x: Any) -> Any:
    """Rows: the real numbers that make up y. Columns: those of x."""
    rows = []
    for direction in _directions(y.shape, y.dtype):
        (g,) = grad(y, x, Array.constant(direction), retain_graph=True, materialize_grads=True)
        rows.append(_reals(g.detach().numpy()))
    return np.array(rows).reshape(-1, x.size * len(_units(x.dtype)))


def _by_differences(func: Function, args: Sequence[Any], n: int, m: int, eps: float) -> Any:
    columns = []
    value = args[n].detach().numpy()
    for direction in _directions(value.shape, value.dtype):
        ends = []
        for sign in (1, -1):
            moved = Array.constant(value + sign * eps * direction)
            moved.requires_grad_()
            out = [y for y in _as_list(func(*args[:n], moved, *args[n + 1 :])) if y.requires_grad][m]
            ends.append(_reals(out.detach().numpy()))
        columns.append((ends[0] - ends[1]) / (2 * eps))
    return np.array(columns).T.reshape(-1, len(columns))


def _directions(shape: Any, dtype: Any) -> Iterator[Any]:
    for index in np.ndindex(shape):
        for unit in _units(dtype):
            direction = np.zeros(shape, dtype)
            direction[index] = unit
            yield direction


def _reals(values: Any) -> Any:
    """The real and imaginary parts of all entries, in the order of `_directions`."""
    values = np.asarray(values)
    return np.stack([values.real, values.imag], -1).ravel() if values.dtype.kind == "c" else values.ravel()
