"""Twins of `scipy.linalg`."""

from __future__ import annotations

from wengert.scipy import forms, matrixfunctions, solving, spectra, structured
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.forms import *  # noqa: F403
from wengert.scipy.matrixfunctions import *  # noqa: F403
from wengert.scipy.solving import *  # noqa: F403
from wengert.scipy.spectra import *  # noqa: F403
from wengert.scipy.structured import *  # noqa: F403

__all__ = sorted([*forms.__all__, *matrixfunctions.__all__, *solving.__all__, *spectra.__all__, *structured.__all__])  # noqa: PLE0605

__getattr__ = fall_through("scipy.linalg")
