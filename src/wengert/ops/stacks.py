"""Functions of single matrices as functions of stacks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["over_stacks"]


def over_stacks(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of matrices as one of stacks of them, whose leading axes broadcast."""

    def function(*xs: Any, **params: Any) -> Any:
        lead = np.broadcast_shapes(*[x.shape[:-2] for x in xs])
        if not lead:
            return f(*xs, **params)
        wide = [np.broadcast_to(x, lead + x.shape[-2:]) for x in xs]
        # An empty stack has the shapes and dtypes of one of the unit matrix.
        wide = wide if np.prod(lead) else [np.eye(*x.shape[-2:], dtype=x.dtype)[(None,) * len(lead)] for x in wide]
        rows = [f(*[x[at] for x in wide], **params) for at in np.ndindex(wide[0].shape[:-2])]
        single = not isinstance(rows[0], tuple)
        columns = zip(*[(row,) if single else row for row in rows], strict=True)
        outs = [np.stack(c)[: int(np.prod(lead))].reshape(lead + np.shape(c[0])) for c in columns]
        return outs[0] if single else tuple(outs)

    return function
