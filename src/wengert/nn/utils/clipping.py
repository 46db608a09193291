"""Gradients of a model's parameters that are kept from growing too large, in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from wengert.autograd import no_grad
from wengert.errors import InvalidArgument, NonFinite, explain, user_line
from wengert.interpreters.tensor import Tensor, constant

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def get_total_norm(tensors: Iterable[Any], norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Any:
    """The norm of all the numbers of some tensors together, a tensor.

    norm_type: the p of the p-norm, or infinity. Raises `NonFinite` for a norm that is not finite, if that is to be an
    error.

    >>> import wengert as wg
    >>> wg.nn.utils.get_total_norm([wg.tensor([3.0, 0.0]), wg.tensor(4.0)])
    tensor(5.)
    """
    found = [np.abs(x.detach()) for x in tensors]
    p = float(norm_type)
    if not found:
        return constant(np.float64(0))
    if np.isinf(p):
        sizes = np.stack([np.max(x, initial=0.0) for x in found])
        norm = np.max(sizes) if p > 0 else np.min(np.stack([np.min(x, initial=np.inf) for x in found]))
    else:
        norm = np.sum(np.stack([np.sum(x**p) for x in found])) ** (1 / p)
    if error_if_nonfinite and not np.isfinite(norm):
        raise NonFinite(
            explain(
                f"the norm of the gradients at {user_line()} is {norm.item()}.",
                "Scaling by it would make every gradient useless.",
                "Look for the cause with wg.debug.nans(), or leave error_if_nonfinite away.",
            ),
            what="adjoint",
            op="get_total_norm",
            operand="tensors",
            line=user_line(),
            cause="not finite",
        )
    return norm


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any) -> None:
    """Scale the gradients of parameters, whose norm is known, down to a norm of at most `max_norm`."""
    share = np.minimum(max_norm / (total_norm + 1e-6), 1.0)
    with no_grad():
        for p in _graded(parameters):
            p.grad.assign(p.grad * share.astype(np.real(p.grad).dtype))


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Any:
    """Scale the gradients of parameters so that their norm together is at most `max_norm`; the norm before.

    parameters: a tensor, or an iterable of tensors; those without gradient are passed over. norm_type: the p of the
    p-norm, or infinity. foreach: ignored, for PyTorch's sake. Raises `NonFinite` for a norm that is not finite, if that
    is to be an error. From R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
    networks" (2013).

    >>> import wengert as wg
    >>> w = wg.tensor([3.0, 4.0], requires_grad=True)
    >>> (w**2 / 2).sum().backward()
    >>> norm = wg.nn.utils.clip_grad_norm_([w], max_norm=1.0)
    >>> norm.item(), w.grad.numpy().round(3)
    (5.0, array([0.6, 0.8]))
    """
    ready = _graded(parameters)
    norm = get_total_norm([p.grad for p in ready], norm_type, error_if_nonfinite)
    clip_grads_with_norm_(ready, max_norm, norm)
    return norm


def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Move each number of the gradients of parameters into [-clip_value, clip_value].

    parameters: a tensor, or an iterable of tensors. foreach: ignored, for PyTorch's sake. Raises `InvalidArgument` for
    complex gradients, which have no order.

    >>> import wengert as wg
    >>> w = wg.tensor([3.0, 0.5], requires_grad=True)
    >>> (w**2).sum().backward()
    >>> wg.nn.utils.clip_grad_value_([w], 2.0)
    >>> w.grad
    tensor([2., 1.])
    """
    with no_grad():
        for p in _graded(parameters):
            if p.grad.dtype.kind == "c":
                raise InvalidArgument(
                    explain(
                        f"clip_grad_value_ at {user_line()} got a gradient of dtype {p.grad.dtype}.",
                        "Complex numbers are not ordered.",
                        "Use clip_grad_norm_.",
                    )
                )
            p.grad.assign(np.clip(p.grad, -float(clip_value), float(clip_value)))


def _graded(parameters: Any) -> list[Any]:
    found = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in found if p.grad is not None]
