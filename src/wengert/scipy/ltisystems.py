"""Responses of linear time-invariant systems: SciPy's own formulas, read again (`rereading`).

A system is a tuple of coefficients, of zeros, poles and gain, or of the matrices of its states, and differentiable in
these; an object of SciPy's holds plain numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import scipy.signal as theirs

from wengert.scipy.rereading import reread_twin

__all__ = ["RESPONSES"]

_FIELDS = (("num", "den"), ("zeros", "poles", "gain"), ("A", "B", "C", "D"))


def _told(system: Any) -> Any:
    """The tuple of what an object of SciPy's holds."""
    if not isinstance(system, theirs.lti | theirs.dlti):
        return system
    kinds = (theirs.TransferFunction, theirs.ZerosPolesGain, theirs.StateSpace)
    names = next(names for kind, names in zip(kinds, _FIELDS, strict=True) if isinstance(system, kind))
    step = (system.dt,) if isinstance(system, theirs.dlti) else ()
    return (*[getattr(system, name) for name in names], *step)


def _response(name: str) -> Callable[..., Any]:
    """A twin of SciPy's response of that name, of tuples and of SciPy's objects."""
    twin = reread_twin(getattr(theirs, name))

    @functools.wraps(twin)
    def response(system: Any, *args: Any, **kwargs: Any) -> Any:
        return twin(_told(system), *args, **kwargs)

    return response


RESPONSES = {
    name: _response(name) for name in "bode dbode dfreqresp dimpulse dlsim dstep freqresp impulse lsim step".split()
}
