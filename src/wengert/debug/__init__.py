"""Tools for when a derivative is not what was expected: births of NaNs, and kinks."""

from wengert.debug.kinks import Kink, Kinks, kinks
from wengert.debug.nans import nans

__all__ = ["Kink", "Kinks", "kinks", "nans"]
