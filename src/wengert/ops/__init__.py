"""The rule book: one row per op, and how NumPy's functions are spelled with them. Knows no interpreter."""

from wengert.ops import (
    activation,
    algebra,
    arrange,
    asking,
    control,
    elementwise,
    fft,
    index,
    linalg,
    loss,
    making,
    reduce,
    shape,
    special,
    spelling,
    writes,
)

__all__ = [
    "activation",
    "algebra",
    "arrange",
    "asking",
    "control",
    "elementwise",
    "fft",
    "index",
    "linalg",
    "loss",
    "making",
    "reduce",
    "shape",
    "special",
    "spelling",
    "writes",
]
