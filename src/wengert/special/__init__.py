"""Special functions under wg, for arrays and tensors: SciPy's names, signatures and values.

`expit`, `log_expit`, `softplus`, `relu`, `softmax`, `log_softmax` and `logsumexp` need NumPy only; others call SciPy.
"""

from __future__ import annotations

from typing import Any

from wengert.core.op import TABLE
from wengert.core.protocols import BY_NAME
from wengert.ops.special import chapters as chapters  # whose rows enter BY_NAME
from wengert.special import counting, derived, legendre, pytorch, sequences, sums

HOMES = (counting, derived, legendre, pytorch, sequences, sums)
"""The modules of the functions that SciPy writes in Python, and of those with PyTorch's names."""

FUNCTIONS = {name: getattr(home, name) for home in HOMES for name in home.__all__}
NAMES = sorted({*BY_NAME, *FUNCTIONS, "relu"})

__all__ = NAMES  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return FUNCTIONS.get(name) or BY_NAME.get(name) or TABLE[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
