"""The transforms under the names and arguments of ``torch.func``: tensors in, tensors out.

They are those of `wengert` itself, which have JAX's arguments (`wg.vmap(f, in_axes)`, `wg.value_and_grad`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from wengert.autograd.functional import check_dependence
from wengert.errors import InvalidArgument, explain, user_line
from wengert.generator import default_generator
from wengert.nn.stateless import functional_call, stack_module_state
from wengert.transforms import forward, matrices, reverse, vmap as mapping
from wengert.transforms.matrices import hessian
from wengert.transforms.reverse import grad, vjp

__all__ = [
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]

Function = Callable[..., Any]
_RANDOMNESS = ("error", "different", "same")

linearize = forward.linearize


def vmap(
    func: Function, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *, chunk_size: int | None = None
) -> Function:
    """The function that maps `func` over an axis of its arguments, as one program on larger arrays.

    in_dims: the axis of each argument: an integer for all, or a tuple with an integer, None (not mapped) or a pytree
    of these per argument. out_dims: where the new axis goes in the results. randomness: of tensors that are drawn
    within: "same" for every entry; "different", for which the entries are run one by one; or "error", which raises
    `InvalidArgument`. chunk_size: how many entries at a time.

    >>> import wengert as wg
    >>> wg.func.vmap(lambda a, b: (a * b).sum(), in_dims=(0, None))(wg.eye(2), wg.tensor([3.0, 4.0]))
    tensor([3., 4.])
    """
    _check_randomness(randomness)
    return mapping.vmap(
        func if randomness != "error" else _drawing_nothing(func),
        in_dims,
        out_dims,
        chunk_size=1 if randomness == "different" else chunk_size,
    )


def _drawing_nothing(func: Function) -> Function:
    @functools.wraps(func, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        before = default_generator().state_dict()
        out = func(*args, **kwargs)
        if default_generator().state_dict() != before:
            raise InvalidArgument(
                explain(
                    f"random tensors were drawn inside of vmap at {user_line()}.",
                    "It is not said whether all entries are to have the same ones.",
                    "Give randomness='same' or 'different', or map over keys of wg.random.",
                )
            )
        return out

    return function


def grad_and_value(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The function that gives the gradient of `func`, and its value.

    argnums: of the arguments to differentiate. has_aux: `func` returns something else beside the value, and so does
    this: the gradient, and a pair of both. Raises `InvalidArgument` for a result that is not one number.

    >>> import wengert as wg
    >>> wg.func.grad_and_value(lambda x: (x * x).sum())(wg.tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """
    both = reverse.value_and_grad(func, argnums, has_aux)

    @functools.wraps(func, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return gradient, value

    return function


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The value of `func`, and the product of its Jacobian with the tangents.

    strict: raise `TapeError` if a result is independent of an input.

    >>> import wengert as wg
    >>> wg.func.jvp(lambda x: x * x, (wg.tensor(3.0),), (wg.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    if strict:
        check_dependence((lambda *xs: func(*xs)[0]) if has_aux else func, primals, "jvp")
    return forward.jvp(func, primals, tangents, has_aux=has_aux)


def jacrev(
    func: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Function:
    """The Jacobian by reverse accumulation, best when results are few. chunk_size: how many rows at a time.

    >>> import wengert as wg
    >>> wg.func.jacrev(lambda x: x * x)(wg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return matrices.jacrev(func, argnums, has_aux, chunk_size=chunk_size)


def jacfwd(
    func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """The Jacobian by forward accumulation, best when inputs are few. randomness: as in `vmap`."""
    _check_randomness(randomness)
    return matrices.jacfwd(func, argnums, has_aux)


def functionalize(func: Function, *, remove: str = "mutations") -> Function:
    """`func` itself: writes in place are renamings here, so that every transform takes a function that mutates."""
    if remove not in ("mutations", "mutations_and_views"):
        raise _unknown("remove", remove, ("mutations", "mutations_and_views"))
    return func


def _check_randomness(randomness: str) -> None:
    if randomness not in _RANDOMNESS:
        raise _unknown("randomness", randomness, _RANDOMNESS)


def _unknown(name: str, got: str, known: tuple[str, ...]) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{name}={got!r} at {user_line()}.",
            "The argument is one of " + ", ".join(map(repr, known)) + ".",
            "Change it to that.",
        )
    )
