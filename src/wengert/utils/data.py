"""`wengert.data` under PyTorch's name."""

from wengert.data import *  # noqa: F403
from wengert.data import __all__ as __all__
