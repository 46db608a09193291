"""All parameters of a model as one vector, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from wengert.autograd import no_grad
from wengert.errors import refuse
from wengert.ops.spelling import lift

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """The numbers of all parameters, one after the other.

    >>> import wengert as wg
    >>> wg.nn.utils.parameters_to_vector(wg.nn.Linear(2, 3).parameters()).shape
    (9,)
    """
    return np.concatenate([np.reshape(p, (-1,)) for p in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Write the numbers of a vector into parameters, one after the other.

    Raises `InvalidArgument` if there are not as many; nothing is written then.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.Linear(2, 1)
    >>> wg.nn.utils.vector_to_parameters(np.array([1.0, 2.0, 3.0]), layer.parameters())
    >>> layer.bias.item()
    3.0
    """
    vector, found = lift(vec), list(parameters)
    sizes = [math.prod(p.shape) for p in found]
    if tuple(vector.shape) != (sum(sizes),):
        raise refuse(
            f"vector_to_parameters got a vector of shape {tuple(vector.shape)}",
            f"The parameters have {sum(sizes)} numbers.",
            f"Give a vector of shape ({sum(sizes)},).",
        )
    end = 0
    with no_grad():
        for p, size in zip(found, sizes, strict=True):
            p[...] = np.reshape(vector[end : end + size], p.shape)
            end += size
