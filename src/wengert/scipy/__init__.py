"""SciPy under wg: functions that differentiate where SciPy's own would lose the gradient.

SciPy's compiled functions turn their input into plain arrays before NumPy could tell us. Each of these has a *twin*
here of the same name and signature; a submodule's ``__all__`` lists its twins, and any other name is SciPy's own.

>>> import numpy as np, wengert as wg
>>> wg.scipy.constants.golden_ratio  # SciPy's own
1.618033988749895
"""

from __future__ import annotations

import importlib
from typing import Any

from wengert.errors import MissingDependency, explain

SUBMODULES = """
fft integrate interpolate linalg ndimage optimize signal sparse spatial special stats
""".split()

# Every module that has twins.
HOMES = (*SUBMODULES, "signal.windows", "sparse.linalg", "spatial.distance")

__all__ = list(SUBMODULES)

# Signatures, and what is read again of SciPy's own Python text, are those of this version and later ones.
_OLDEST = (1, 17)

try:
    _scipy = importlib.import_module("scipy")
except ImportError as error:
    raise MissingDependency(
        explain(
            "wengert.scipy needs SciPy, which is not installed.",
            "The values are SciPy's; wengert adds the derivatives.",
            "Run: pip install 'wengert[scipy]'",
        )
    ) from error
if tuple(map(int, _scipy.__version__.split(".")[:2])) < _OLDEST:
    raise MissingDependency(
        explain(
            f"wengert.scipy needs SciPy {'.'.join(map(str, _OLDEST))}, and {_scipy.__version__} is installed.",
            "Every function has the arguments of SciPy's of that version.",
            "Run: pip install --upgrade 'wengert[scipy]'",
        )
    )


def __getattr__(name: str) -> Any:
    if name not in SUBMODULES:
        return getattr(_scipy, name)
    return importlib.import_module(f"wengert.scipy.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *dir(_scipy)})
