"""Derivatives of functions of tensors: thin spellings of the transforms, with tensors in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert import tree
from wengert.autograd.grad_mode import enable_grad, no_grad
from wengert.errors import TapeError, explain, user_line
from wengert.interpreters.tape import as_tensor
from wengert.transforms import forward, matrices, reverse

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Function = Callable[..., Any]


def _tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _like(x: Any, values: Any) -> Any:
    """A tuple if `x` is one, else the only entry."""
    return tuple(values) if isinstance(x, tuple | list) else values[0]


def _computed(compute: Callable[[], Any], create_graph: bool) -> Any:
    """Run with the eager tape recording, or at rest; arrays in the result become tensors."""
    with enable_grad() if create_graph else no_grad():
        return tree.map(as_tensor, compute())


def _direction(v: Any, like: Any, what: str) -> tuple[Any, ...]:
    if v is not None:
        return _tuple(v)
    if len(_tuple(like)) == 1 and _tuple(like)[0].size == 1:
        return (as_tensor(_tuple(like)[0].detach().numpy() * 0 + 1),)
    raise TapeError(
        explain(
            f"{what} at {user_line()} without a vector v.",
            "The vector can only be left out for a single number.",
            "Give v with the shape of what it is multiplied with.",
        )
    )


def jacobian(func: Function, inputs: Any, create_graph: bool = False, *, vectorize: bool = True) -> Any:
    """The Jacobian of `func` at the inputs: ``result.shape + input.shape``, nested as results, then inputs.

    vectorize: all rows in one pass, else one at a time.

    >>> import wengert as wg
    >>> wg.autograd.functional.jacobian(lambda x: x * x, wg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    xs = _tuple(inputs)
    compute = matrices.jacobian(func, tuple(range(len(xs))), chunk_size=None if vectorize else 1)
    blocks = _computed(lambda: compute(*xs), create_graph)
    if isinstance(inputs, tuple | list):
        return blocks
    return tuple(row[0] for row in blocks) if isinstance(blocks[0], tuple | list) else blocks[0]


def hessian(func: Function, inputs: Any, create_graph: bool = False, *, vectorize: bool = True) -> Any:
    """The Hessian of a scalar function: one tensor, or a tuple of tuples of blocks for several inputs.

    >>> import wengert as wg
    >>> wg.autograd.functional.hessian(lambda x: (x**3).sum(), wg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    xs = _tuple(inputs)
    compute = matrices.hessian(func, tuple(range(len(xs))), chunk_size=None if vectorize else 1)
    blocks = _computed(lambda: compute(*xs), create_graph)
    return blocks if isinstance(inputs, tuple | list) else blocks[0][0]


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The result of `func`, and the product of the vector `v` (of the result's shape) with its Jacobian.

    >>> import wengert as wg
    >>> wg.autograd.functional.vjp(lambda x: x * x, wg.tensor([1.0, 2.0]), wg.ones(2))[1]
    tensor([2., 4.])
    """

    def compute() -> Any:
        out, pullback = reverse.vjp(func, *_tuple(inputs))
        gs = _direction(v, tree.map(as_tensor, out), "vjp")
        return out, _like(inputs, pullback(_like(out, gs)))

    return _computed(compute, create_graph)  # type: ignore[no-any-return]


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The result of `func`, and the product of its Jacobian with the vector `v` (of the inputs' shapes).

    >>> import wengert as wg
    >>> wg.autograd.functional.jvp(lambda x: x * x, wg.tensor([1.0, 2.0]), wg.tensor([1.0, 0.0]))[1]
    tensor([2., 0.])
    """
    ts = _direction(v, inputs, "jvp")
    return _computed(lambda: forward.jvp(func, _tuple(inputs), ts), create_graph)  # type: ignore[no-any-return]


def hvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The value of a scalar function, and the product of its Hessian with the vector `v` (of the inputs' shapes).

    >>> import wengert as wg
    >>> wg.autograd.functional.hvp(lambda x: (x**3).sum(), wg.tensor([1.0, 2.0]), wg.tensor([1.0, 0.0]))
    (tensor(9.), tensor([6., 0.]))
    """
    xs, ts = _tuple(inputs), _direction(v, inputs, "hvp")
    both = reverse.value_and_grad(func, tuple(range(len(xs))))

    def compute() -> Any:
        (value, _), (_, product) = forward.jvp(both, xs, ts)
        return value, _like(inputs, product)

    return _computed(compute, create_graph)  # type: ignore[no-any-return]


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The product of the vector `v` with the Hessian; as the Hessian is symmetric, the same as `hvp`."""
    return hvp(func, inputs, v, create_graph)
