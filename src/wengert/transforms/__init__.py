"""Transforms: functions of functions of pytrees. They nest in any order."""

# Under every transform np.zeros(n, like=x) makes a Tensor, so the tape must be there to provide it.
from wengert.interpreters import tensor as _tensor  # noqa: F401
