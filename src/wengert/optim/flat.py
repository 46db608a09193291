"""Parameters, gradients and trees as one vector of real numbers, which methods of second order work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import read
from wengert.core.view import write
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tensor import Tensor, constant

__all__ = ["gradient_of_all", "one_group", "packed", "put", "real_only", "vector_of"]


def vector_of(arrays: Sequence[Any]) -> Any:
    """Arrays as one vector; a complex number is two real ones."""
    flat = [np.asarray(x).reshape(-1) for x in arrays]
    return np.concatenate([x.view(x.real.dtype) if x.dtype.kind == "c" else x for x in flat])


def gradient_of_all(params: Sequence[Tensor]) -> Any:
    """The gradients of tensors as one vector, 0 where there is none."""
    return vector_of([np.zeros(p.shape, p.dtype) if p.grad is None else read(p.grad) for p in params])


def put(params: Sequence[Tensor], vector: Any) -> None:
    """Write a vector into tensors, while the tape is at rest."""
    start = 0
    for p in params:
        kind = p.dtype.kind == "c"
        piece = vector[start : start + p.size * (1 + kind)]
        start += len(piece)
        typed = np.array(piece.astype(np.zeros((), p.dtype).real.dtype))
        write(p, constant((typed.view(p.dtype) if kind else typed).reshape(p.shape)[()]))


def packed(x0: Any, who: str) -> tuple[Any, Callable[[Any], Any]]:
    """A tree of real arrays as a vector, and the way back, which boxes may go."""
    leaves, structure = tree.flatten(x0)
    arrays = [np.asarray(x, None if hasattr(x, "dtype") else float) for x in leaves]
    real_only(arrays, who)
    ends = np.cumsum([a.size for a in arrays])[:-1].tolist()
    dtype = np.result_type(*arrays)

    def unpacked(vector: Any) -> Any:
        starts, stops = [0, *ends], [*ends, len(vector)]
        pieces = [
            np.reshape(vector[i:j], a.shape).astype(a.dtype) for i, j, a in zip(starts, stops, arrays, strict=True)
        ]
        return structure.unflatten(pieces)

    return np.concatenate([a.reshape(-1).astype(dtype) for a in arrays]), unpacked


def real_only(arrays: Sequence[Any], who: str) -> None:
    """Raise `InvalidArgument` for something else than real floating point numbers."""
    for a in arrays:
        if a.dtype.kind != "f":
            raise InvalidArgument(
                explain(
                    f"{who} at {user_line()} got numbers of dtype {a.dtype}.",
                    "It solves equations for real unknowns.",
                    "Write a complex unknown as two real ones, and an integer as a float.",
                )
            )


def one_group(optimizer: Any) -> Any:
    """The only group of parameters; raises `InvalidArgument` if there are several."""
    if len(optimizer.param_groups) > 1:
        raise InvalidArgument(
            explain(
                f"{type(optimizer).__name__} at {user_line()} got {len(optimizer.param_groups)} groups of parameters.",
                "Its step is one for all parameters, so that they cannot have options of their own.",
                "Give one list of parameters.",
            )
        )
    return optimizer.param_groups[0]
