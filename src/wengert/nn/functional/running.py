"""Running statistics: numbers that a layer keeps beside what it computes, also while somebody differentiates it.

A buffer is older than the boxes of a transform, and must not come to hold one: what is written are the numbers inside.

    buffer (level 0)   ←   Dual₂(Tensor₁(x)) ── peeled ──▶ x

While a function is compiled, the peeled value is a symbol below the tape: the write becomes part of the program, and
the buffer moves at every call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.autograd import no_grad
from wengert.core.apply import Box, read
from wengert.errors import BatchedValue, explain, user_line
from wengert.interpreters.batch import Batched

__all__ = ["mix", "peeled"]


def peeled(x: Any, buffer: Any) -> Any:
    """What is in x for somebody as old as the buffer. Raises `BatchedValue` if that is a batch of numbers."""
    level = buffer.level if isinstance(buffer, Box) else 0
    while isinstance(x, Box) and x.level > level:
        if isinstance(x, Batched):
            raise BatchedValue(
                explain(
                    f"a layer at {user_line()} would write running statistics of its input under vmap.",
                    f"The buffer has one value, and there are {x.value.shape[0]} inputs at once.",
                    "Call model.eval() first, make the layer with track_running_stats=False, or map the buffers, too.",
                )
            )
        x = read(x)
    return x.detach() if isinstance(x, Box) and x.level == 0 else x


def mix(buffer: Any, value: Any, share: Any) -> None:
    """Move a buffer towards a value: buffer ← (1 - share) buffer + share value."""
    new = peeled(value, buffer)
    with no_grad():
        buffer[...] = (1 - share) * buffer + share * np.reshape(new, buffer.shape)
