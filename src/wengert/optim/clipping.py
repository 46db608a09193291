"""Gradients that are kept from growing too large, as trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert import tree

__all__ = ["clip_by_global_norm", "clip_by_value", "global_norm"]


def global_norm(gradients: Any) -> Any:
    """The Euclidean norm of all the numbers of a tree together.

    >>> import numpy as np, wengert as wg
    >>> wg.optim.global_norm({"w": np.array([3.0, 0.0]), "b": 4.0})
    np.float64(5.0)
    """
    squares = [np.sum(np.square(np.abs(x))) for x in tree.leaves(gradients)]
    return np.sqrt(sum(squares, np.float32(0)))


def clip_by_global_norm(gradients: Any, max_norm: float, eps: float = 1e-6) -> Any:
    """The tree, scaled so that its norm is at most `max_norm`; as it is if it is no longer.

    eps: added to the norm that is divided by, as in PyTorch. From R. Pascanu, T. Mikolov and Y. Bengio, "On the
    difficulty of training recurrent neural networks" (2013).

    >>> import numpy as np, wengert as wg
    >>> clipped = wg.optim.clip_by_global_norm({"w": np.array([3.0, 0.0]), "b": 4.0}, max_norm=1.0)
    >>> clipped["w"].round(3), clipped["b"].round(3)
    (array([0.6, 0. ]), np.float64(0.8))
    """
    share = np.minimum(max_norm / (global_norm(gradients) + eps), 1.0)
    return tree.map(lambda x: x * (share.astype(np.real(x).dtype) if hasattr(x, "dtype") else share), gradients)


def clip_by_value(gradients: Any, clip_value: float) -> Any:
    """The tree, each number moved into [-clip_value, clip_value].

    >>> import numpy as np, wengert as wg
    >>> wg.optim.clip_by_value([np.array([3.0, -0.5])], 1.0)
    [array([ 1. , -0.5])]
    """
    return tree.map(lambda x: np.clip(x, -clip_value, clip_value), gradients)
