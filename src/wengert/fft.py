"""NumPy's Fourier transforms under wg: NumPy's own, which understand ``dim=``, and Hermitian ones of several axes."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from wengert.names import adapted
from wengert.pytorch.spelled import spelled

NAMES = """
fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn
"""

_OF_AXES = "fft2 fftn ifft2 ifftn rfft2 rfftn irfft2 irfftn".split()


# A Hermitian array's transform is the other direction's of its conjugate, with the other direction's factor.
_OTHER = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def _hfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None) -> Any:
    """The real transform of an array that is Hermitian along axes (all by default), of which the last one is half."""
    return np.fft.irfftn(np.conj(input), s, _axes(input, s, dim), _OTHER[norm])  # type: ignore[arg-type]


def _hfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None) -> Any:
    """The real transform of an array that is Hermitian along two axes, of which the last one is half."""
    return _hfftn(input, s, dim, norm)


def _ihfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None) -> Any:
    """The inverse of `hfftn`: half a Hermitian array of a real one."""
    return np.conj(np.fft.rfftn(input, s, _axes(input, s, dim), _OTHER[norm]))  # type: ignore[arg-type]


def _ihfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None) -> Any:
    """The inverse of `hfft2`."""
    return _ihfftn(input, s, dim, norm)


def _last_axes(f: Any) -> Any:
    """Of lengths without axes NumPy wants to know which axes; they are the last ones. One axis need not be a tuple."""
    default = (-2, -1) if f.__name__.endswith("2") else None

    @functools.wraps(f)
    def function(a: Any = None, s: Any = None, axes: Any = default, *args: Any, **kwargs: Any) -> Any:
        a, axes = kwargs.pop("input", a), kwargs.pop("dim", axes)
        s = (s,) if isinstance(s, int) else s
        return f(a, s, range(-len(s), 0) if s is not None and axes is None else _several(axes), *args, **kwargs)

    return function


def _axes(x: Any, s: Any, dim: Any) -> Any:
    if dim is None:
        return range(-(np.ndim(x) if s is None else len(s)), 0)
    return _several(dim)


def _several(axes: Any) -> Any:
    return (axes,) if isinstance(axes, int) else axes


_HERMITIAN = {f.__name__[1:]: spelled(f) for f in (_hfft2, _hfftn, _ihfft2, _ihfftn)}

__all__ = sorted({*NAMES.split(), *_HERMITIAN})  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = _HERMITIAN.get(name) or adapted(getattr(np.fft, name))
    globals()[name] = found = _last_axes(found) if name in _OF_AXES else found
    return found


def __dir__() -> list[str]:
    return __all__
