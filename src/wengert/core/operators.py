"""The operators of Python on boxes: each is a row of the table, or a function of NumPy's.

In place, the new value is computed purely, and then the Python object takes it over.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.op import TABLE
from wengert.core.protocols import call
from wengert.core.twins import check_reader

__all__ = ["Operators"]


class Operators(Box):
    """A box with the operators of an ndarray; `is_scalar` and `assign` are told by what inherits them."""

    __slots__ = ()

    def __add__(self, y: Any) -> Any:
        return apply(TABLE["add"], (self, y))

    def __radd__(self, y: Any) -> Any:
        return apply(TABLE["add"], (y, self))

    def __sub__(self, y: Any) -> Any:
        return apply(TABLE["subtract"], (self, y))

    def __rsub__(self, y: Any) -> Any:
        return apply(TABLE["subtract"], (y, self))

    def __mul__(self, y: Any) -> Any:
        return apply(TABLE["multiply"], (self, y))

    def __rmul__(self, y: Any) -> Any:
        return apply(TABLE["multiply"], (y, self))

    def __truediv__(self, y: Any) -> Any:
        return apply(TABLE["divide"], (self, y))

    def __rtruediv__(self, y: Any) -> Any:
        return apply(TABLE["divide"], (y, self))

    def __pow__(self, y: Any) -> Any:
        return call(np.power, self, y)

    def __rpow__(self, y: Any) -> Any:
        return call(np.power, y, self)

    def __matmul__(self, y: Any) -> Any:
        if getattr(y, "__array_ufunc__", y) is None:  # NumPy's sign of an operand that wants to do it itself
            return NotImplemented
        return call(np.matmul, self, y)

    def __rmatmul__(self, y: Any) -> Any:
        return call(np.matmul, y, self)

    def __floordiv__(self, y: Any) -> Any:
        return call(np.floor_divide, self, y)

    def __rfloordiv__(self, y: Any) -> Any:
        return call(np.floor_divide, y, self)

    def __mod__(self, y: Any) -> Any:
        return call(np.remainder, self, y)

    def __rmod__(self, y: Any) -> Any:
        return call(np.remainder, y, self)

    def __divmod__(self, y: Any) -> Any:
        return call(np.divmod, self, y)

    def __rdivmod__(self, y: Any) -> Any:
        return call(np.divmod, y, self)

    def __neg__(self) -> Any:
        return apply(TABLE["negative"], (self,))

    def __pos__(self) -> Any:
        return call(np.positive, self)

    def __abs__(self) -> Any:
        return call(np.absolute, self)

    def __invert__(self) -> Any:
        return call(np.invert, self)

    def __and__(self, y: Any) -> Any:
        return call(np.bitwise_and, self, y)

    def __rand__(self, y: Any) -> Any:
        return call(np.bitwise_and, y, self)

    def __or__(self, y: Any) -> Any:
        return call(np.bitwise_or, self, y)

    def __ror__(self, y: Any) -> Any:
        return call(np.bitwise_or, y, self)

    def __xor__(self, y: Any) -> Any:
        return call(np.bitwise_xor, self, y)

    def __rxor__(self, y: Any) -> Any:
        return call(np.bitwise_xor, y, self)

    def __lshift__(self, y: Any) -> Any:
        return call(np.left_shift, self, y)

    def __rshift__(self, y: Any) -> Any:
        return call(np.right_shift, self, y)

    def __lt__(self, y: Any) -> Any:
        check_reader(self, sys._getframe(1))
        return call(np.less, self, y)

    def __le__(self, y: Any) -> Any:
        return call(np.less_equal, self, y)

    def __gt__(self, y: Any) -> Any:
        return call(np.greater, self, y)

    def __ge__(self, y: Any) -> Any:
        return call(np.greater_equal, self, y)

    def __eq__(self, y: object) -> Any:
        return False if y is None else call(np.equal, self, y)

    def __ne__(self, y: object) -> Any:
        return True if y is None else call(np.not_equal, self, y)

    __hash__ = object.__hash__

    def __iadd__(self, y: Any) -> Any:
        return self._updated(self + y)

    def __isub__(self, y: Any) -> Any:
        return self._updated(self - y)

    def __imul__(self, y: Any) -> Any:
        return self._updated(self * y)

    def __itruediv__(self, y: Any) -> Any:
        return self._updated(self / y)

    def __ipow__(self, y: Any) -> Any:
        return self._updated(self**y)

    def __imatmul__(self, y: Any) -> Any:
        return self._updated(self @ y)

    def __ifloordiv__(self, y: Any) -> Any:
        return self._updated(self // y)

    def __imod__(self, y: Any) -> Any:
        return self._updated(self % y)

    def __iand__(self, y: Any) -> Any:
        return self._updated(self & y)

    def __ior__(self, y: Any) -> Any:
        return self._updated(self | y)

    def __ixor__(self, y: Any) -> Any:
        return self._updated(self ^ y)

    def _updated(self, new: Any) -> Any:
        """Take over the result of an in-place operator; NumPy's scalars (x[0], sum(x)) are rebound instead."""
        if self.ndim == 0 and self.is_scalar:
            return new
        self.assign(new)
        return self
