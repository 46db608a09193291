"""NumPy's Fourier transforms under wg: every function is NumPy's own and understands ``dim=`` and ``keepdim=`` too."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.names import adapted

NAMES = """
fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn
"""

__all__ = NAMES.split()  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(np.fft, name)
    globals()[name] = found = found if isinstance(found, type) else adapted(found)
    return found


def __dir__() -> list[str]:
    return __all__
