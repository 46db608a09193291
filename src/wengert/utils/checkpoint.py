"""`wengert.checkpoint` under PyTorch's names and arguments: what is not saved is computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import wengert.transforms.custom as transforms
from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["checkpoint", "checkpoint_sequential"]

# PyTorch's choices of how to do it: there is one way here, which draws random numbers alike, takes keyword arguments,
# and reaches tensors that the function closes over.
_CHOICES = frozenset({"use_reentrant", "preserve_rng_state", "determinism_check", "debug", "early_stop", "context_fn"})


def checkpoint(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``, without the memory of its tape: the backward pass computes it again.

    PyTorch's options (use_reentrant, preserve_rng_state, …) are accepted, and change nothing.

    >>> import wengert as wg
    >>> from wengert.utils.checkpoint import checkpoint
    >>> x = wg.zeros(2, requires_grad=True)
    >>> checkpoint(lambda x: x.sin().sin().sum(), x, use_reentrant=False).backward()
    >>> x.grad
    tensor([1., 1.])
    """
    passed = {name: x for name, x in kwargs.items() if name not in _CHOICES}
    return transforms.checkpoint(function)(*args, **passed)


def checkpoint_sequential(functions: Iterable[Callable[[Any], Any]], segments: int, input: Any, **options: Any) -> Any:
    """The functions, or modules of a `Sequential`, one after the other, in `segments` checkpoints.

    The last segment is kept as usual, because the backward pass begins there. Raises `InvalidArgument` for fewer than
    one segment, or more than functions.

    >>> import wengert as wg
    >>> from wengert.utils.checkpoint import checkpoint_sequential
    >>> x = wg.ones(2, requires_grad=True)
    >>> checkpoint_sequential([wg.sin, wg.cos, wg.exp], 2, x).sum().backward()
    >>> x.grad.numpy().round(4)
    array([-0.7844, -0.7844])
    """
    steps = list(functions)
    if not 1 <= segments <= len(steps):
        raise InvalidArgument(
            explain(
                f"checkpoint_sequential at {user_line()} got {len(steps)} functions and segments={segments}.",
                "Every segment has at least one function.",
                "Give at least one function, and from one segment to as many as functions.",
            )
        )
    size = len(steps) // segments
    for start in range(0, size * (segments - 1), size):
        input = checkpoint(_composed(steps[start : start + size]), input)
    return _composed(steps[size * (segments - 1) :])(input)


def _composed(steps: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def run(x: Any) -> Any:
        for step in steps:
            x = step(x)
        return x

    return run
