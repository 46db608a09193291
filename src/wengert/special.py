"""Special functions under wg, for arrays and tensors: the rows that the rule book has for `scipy.special`.

`expit`, `log_expit`, `softplus`, `relu` and `logsumexp` need NumPy only; the others call SciPy.
"""

from __future__ import annotations

from typing import Any

from wengert import torchnames
from wengert.core.op import TABLE
from wengert.core.protocols import BY_NAME

NAMES = sorted([*BY_NAME, "log_softmax", "logsumexp", "polygamma", "relu", "softmax", "softplus"])

__all__ = NAMES  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return BY_NAME.get(name) or TABLE.get(name) or getattr(torchnames, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
