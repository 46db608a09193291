"""autograd.Function: an op with a user's own forward and derivatives, in PyTorch's style and in DeZero's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.autograd.calls import op_of, stopped
from wengert.autograd.context import Call, Context
from wengert.autograd.memo import is_numeric
from wengert.core.apply import Box, apply, unbridge
from wengert.core.array import Array
from wengert.core.view import write
from wengert.errors import LostGradient, explain, user_line
from wengert.interpreters.tape import Port
from wengert.tree import leaves

__all__ = ["Context", "Function", "once_differentiable"]


class Function:
    """An op of your own. It works at every level: under grad, jvp, vmap, jit, hessian and `create_graph`.

    In PyTorch's style the methods are static, `apply` calls it, and any argument may be something else than an array:

        forward(ctx, *args), or forward(*args) with setup_context(ctx, inputs, output)      gets tensors without tape
        backward(ctx, *grads)          one gradient (or None) per argument of forward
        jvp(ctx, *tangents)            one tangent (or None) per result
        vmap(info, in_dims, *args)     (results, out_dims) for arguments with one more axis

    One of backward and jvp is enough: the other follows from it by transposition. Without vmap, entries run one by one.

    >>> import numpy as np, wengert as wg
    >>> class Cube(wg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> wg.hessian(lambda x: np.sum(Cube.apply(x)))(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])

    In DeZero's style the methods belong to an object, whose call applies it; forward gets ndarrays, backward tensors
    (and `self.inputs`, `self.outputs`):

    >>> class Square(wg.autograd.Function):
    ...     def forward(self, x):
    ...         return x ** 2
    ...     def backward(self, gy):
    ...         (x,) = self.inputs
    ...         return 2 * x * gy
    >>> x = wg.Variable(np.array(3.0))
    >>> y = Square()(x)
    >>> y.backward(); x.grad
    tensor(6.)
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call the function (PyTorch's style)."""
        if not isinstance(inspect.getattr_static(cls, "forward", None), staticmethod):
            return cls()(*args)
        return _called(cls, None, args)

    def __call__(self, *inputs: Any) -> Any:
        """Call the function object (DeZero's style)."""
        tensors = tuple([_lifted(x) for x in inputs])
        result = _called(type(self), self, tensors)
        self.inputs = tensors
        self.outputs = result if isinstance(result, tuple) else (result,)
        for y in self.outputs:
            if isinstance(y, Box) and type(y.mark) is Port:
                y.mark.edges[0].function = self  # type: ignore[attr-defined]
        return result


def _lifted(x: Any) -> Any:
    if isinstance(x, int | float | complex) and not isinstance(x, bool):
        x = np.asarray(x)
    return Array.constant(np.array(x)[()]) if is_numeric(x) and not isinstance(x, Box) else x


def _called(cls: type[Function], instance: Any, args: tuple[Any, ...]) -> Any:
    args = tuple([unbridge(a) for a in args])
    places = tuple([n for n, a in enumerate(args) if is_numeric(a)])
    for n, a in enumerate(args):
        if n not in places:
            _refuse_hidden(cls.__name__, a)
    call = Call(cls, instance, args, places)
    results = apply(op_of(cls), [args[n] for n in places], {"call": call})
    memo = call.shape()
    outs = [stopped(y) if n in memo.nondiff else y for n, y in enumerate(results[: memo.outputs])]
    for operand, output in memo.dirty:
        x = args[places[operand]]
        _replace(x, outs[output])
        outs[output] = x
    return memo.filled(memo.results, lambda ref: outs[ref.number])


def _replace(x: Any, new: Any) -> None:
    """Let an argument that forward wrote to (`ctx.mark_dirty`) become the result."""
    if isinstance(x, Box) and isinstance(new, Box):
        write(x, new.copied())
    else:
        x[...] = new


def _refuse_hidden(name: str, argument: Any) -> None:
    """A tracked value inside a container would pass unnoticed."""
    if any(isinstance(x, Array) and x.tracked for x in leaves(argument)):
        raise LostGradient(
            explain(
                f"{name}.apply at {user_line()} got a tracked tensor inside a {type(argument).__name__}.",
                "Gradients flow to arguments that are tensors themselves.",
                f"Pass the tensors one by one: {name}.apply(*tensors).",
            )
        )


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a backward that computes with plain numbers; differentiating its result raises.

    Its tensors come without tape, so ``.numpy()`` works on them also when the backward pass is recorded.
    """
    backward.once_differentiable = True  # type: ignore[attr-defined]
    return backward
