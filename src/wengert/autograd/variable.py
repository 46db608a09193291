"""Variable: DeZero's name for a leaf."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.array import Array
from wengert.interpreters.tensor import Tensor

__all__ = ["Variable"]


def Variable(data: Any, name: str | None = None) -> Tensor:
    """A leaf tensor of the given numbers; floats require grad.

    >>> import numpy as np, wengert as wg
    >>> x = wg.Variable(np.array(2.0), name="x")
    >>> y = x**2
    >>> y.backward(); x.name, x.grad
    ('x', tensor(4.))
    """
    made: Any = Array.constant(np.array(data.detach().numpy() if isinstance(data, Tensor) else data)[()])
    made.requires_grad_(made.dtype.kind in "fc")
    if name is not None:
        made.name = name
    return made  # type: ignore[no-any-return]
