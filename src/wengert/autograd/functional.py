"""Derivatives of functions of tensors: thin spellings of the transforms, with tensors in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert import tree
from wengert.autograd.grad_mode import enable_grad, no_grad
from wengert.autograd.gradients import grad
from wengert.errors import InvalidArgument, TapeError, explain, user_line
from wengert.interpreters.tape import as_tensor
from wengert.transforms import forward, matrices, reverse

__all__ = ["check_dependence", "hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

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


def check_dependence(func: Function, inputs: Any, what: str) -> None:
    """Raise `TapeError` if a result of `func` is not computed from every input."""
    xs = [as_tensor(x).detach().requires_grad_() for x in _tuple(inputs)]
    with enable_grad():
        outs = func(*xs)
    for i, out in enumerate(_tuple(outs)):
        depends = getattr(out, "requires_grad", False)  # a plain number does not
        slopes = grad(out.sum(), xs, allow_unused=True, retain_graph=True) if depends else (None,)
        if None in slopes:
            which = f"result {i} is independent of input {slopes.index(None)}"
            raise TapeError(
                explain(
                    f"{what} with strict=True at {user_line()}: {which}.",
                    "Its derivative is zero everywhere, which is seldom meant.",
                    "Leave strict=True out if zeros are.",
                )
            )


_STRATEGIES = {"reverse-mode": "reverse", "forward-mode": "forward"}


def _mode(strategy: str, what: str) -> str:
    if strategy in _STRATEGIES:
        return _STRATEGIES[strategy]
    raise InvalidArgument(
        explain(
            f"{what} at {user_line()} got the strategy {strategy!r}.",
            "A Jacobian is accumulated forwards or backwards.",
            "Write 'reverse-mode' or 'forward-mode'.",
        )
    )


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = True,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of `func` at the inputs: ``result.shape + input.shape``, nested as results, then inputs.

    create_graph: record it, so that it can be differentiated. strict: raise `TapeError` if a result is independent of
    an input. vectorize: all rows in one pass, else one at a time. strategy: "reverse-mode" or "forward-mode".

    >>> import wengert as wg
    >>> wg.autograd.functional.jacobian(lambda x: x * x, wg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    xs, mode = _tuple(inputs), _mode(strategy, "jacobian")
    if strict:
        check_dependence(func, inputs, "jacobian")
    compute = matrices.jacobian(func, tuple(range(len(xs))), mode=mode, chunk_size=None if vectorize else 1)
    blocks = _computed(lambda: compute(*xs), create_graph)
    if isinstance(inputs, tuple | list):
        return blocks
    return tuple(row[0] for row in blocks) if isinstance(blocks[0], tuple | list) else blocks[0]


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = True,
    outer_jacobian_strategy: str = "forward-mode",
) -> Any:
    """The Hessian of a scalar function: one tensor, or a tuple of tuples of blocks for several inputs.

    The arguments are those of `jacobian`; outer_jacobian_strategy is how the gradient is differentiated.

    >>> import wengert as wg
    >>> wg.autograd.functional.hessian(lambda x: (x**3).sum(), wg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    xs, mode = _tuple(inputs), _mode(outer_jacobian_strategy, "hessian")
    if strict:
        check_dependence(func, inputs, "hessian")
    both = tuple(range(len(xs)))
    slope = reverse.grad(func, both)
    compute = matrices.jacobian(slope, both, mode=mode, chunk_size=None if vectorize else 1)
    blocks = _computed(lambda: compute(*xs), create_graph)
    return blocks if isinstance(inputs, tuple | list) else blocks[0][0]


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of `func`, and the product of the vector `v` (of the result's shape) with its Jacobian.

    >>> import wengert as wg
    >>> wg.autograd.functional.vjp(lambda x: x * x, wg.tensor([1.0, 2.0]), wg.ones(2))[1]
    tensor([2., 4.])
    """
    if strict:
        check_dependence(func, inputs, "vjp")

    def compute() -> Any:
        out, pullback = reverse.vjp(func, *_tuple(inputs))
        gs = _direction(v, tree.map(as_tensor, out), "vjp")
        return out, _like(inputs, pullback(_like(out, gs)))

    return _computed(compute, create_graph)  # type: ignore[no-any-return]


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of `func`, and the product of its Jacobian with the vector `v` (of the inputs' shapes).

    >>> import wengert as wg
    >>> wg.autograd.functional.jvp(lambda x: x * x, wg.tensor([1.0, 2.0]), wg.tensor([1.0, 0.0]))[1]
    tensor([2., 0.])
    """
    if strict:
        check_dependence(func, inputs, "jvp")
    ts = _direction(v, inputs, "jvp")
    return _computed(lambda: forward.jvp(func, _tuple(inputs), ts), create_graph)  # type: ignore[no-any-return]


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar function, and the product of its Hessian with the vector `v` (of the inputs' shapes).

    >>> import wengert as wg
    >>> wg.autograd.functional.hvp(lambda x: (x**3).sum(), wg.tensor([1.0, 2.0]), wg.tensor([1.0, 0.0]))
    (tensor(9.), tensor([6., 0.]))
    """
    xs, ts = _tuple(inputs), _direction(v, inputs, "hvp")
    if strict:
        check_dependence(func, inputs, "hvp")
    both = reverse.value_and_grad(func, tuple(range(len(xs))))

    def compute() -> Any:
        (value, _), (_, product) = forward.jvp(both, xs, ts)
        return value, _like(inputs, product)

    return _computed(compute, create_graph)  # type: ignore[no-any-return]


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product of the vector `v` with the Hessian; as the Hessian is symmetric, the same as `hvp`."""
    return hvp(func, inputs, v, create_graph, strict)
