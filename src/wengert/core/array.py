"""Array: a box that behaves like an ndarray. NumPy's protocols, NumPy's methods and attributes, Python's conversions.

Nothing here computes: every line goes through the table of ops (`TABLE`) or the table of spellings
(`SPELLINGS`: NumPy function -> ours), which the rule book fills.
"""

from __future__ import annotations

import operator
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wengert.core import protocols
from wengert.core.apply import WATCH, Box, read, refreshed, watching
from wengert.core.operators import Operators
from wengert.core.twins import SERIES, check_list, check_reader, check_series, check_twin
from wengert.core.view import Lent, View, is_contiguous, write
from wengert.errors import (
    InvalidArgument,
    LostGradient,
    ObjectBridgeWarning,
    explain,
    user_line,
    user_stacklevel,
)

__all__ = ["LENDING", "SPELLINGS", "Array"]

SPELLINGS = protocols.SPELLINGS
call = protocols.call


class _Lending(threading.local):
    """Whether the plain copies that `__array__` gives may be written to, in this thread.

    Compiled code that is to fill an array converts what it is given, and would fill a copy that nobody reads.
    """

    read_only = False


LENDING = _Lending()


def _as_object(x: Any) -> Any:
    """One Python object in a 0-d array."""
    out = np.empty((), object)
    out[()] = x
    return out


class Array(Operators):
    """A box with the operators, methods and attributes of an ndarray."""

    __slots__ = ()
    __array_priority__ = 1000.0

    # Makes an untracked array that tracked values can be written into; the tape provides it.
    constant: ClassVar[Callable[[Any], Array]]

    # --- what an interpreter may say differently ------------------------------------------------------------

    @property
    def tracked(self) -> bool:
        """Whether something would be lost if this were replaced by its plain value."""
        return True

    def check_writable(self) -> None:
        """Raise if this array must not be written to now."""

    def plain(self, what: str) -> Any:
        """The bare ndarray of an untracked box; raises `LostGradient` naming `what` otherwise."""
        if refreshed(self):
            return self.plain(what)
        value = read(self)
        if self.tracked:
            check_twin(self)
            check_list(self)
            raise LostGradient(
                explain(
                    f"{what} at {user_line()} needs plain numbers, but got a {type(self).__name__.lower()} "
                    f"of shape {self.shape} whose derivative would be lost.",
                    "NumPy and Python copy the numbers and cannot tell us what becomes of them.",
                    "Write np.zeros(n, like=x) or wg.zeros(n) for an array to fill, wg.exp(x) for math.exp(x), "
                    "wengert.scipy.* for classes of SciPy's, wg.adopt(f) if others wrote the code, or x.detach() if no "
                    "gradient should flow.",
                )
            )
        return value.plain(what) if isinstance(value, Array) else value

    # --- shape and type -------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        if self.alias is not None and refreshed(self):
            return self.shape
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The NumPy dtype."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        size = 1
        for n in self.shape:
            size *= n
        return size

    @property
    def itemsize(self) -> int:
        """Bytes per entry."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all entries."""
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """The strides of a C-contiguous array of this shape (memory layout is not part of a box)."""
        return np.empty(self.shape, self.dtype).strides

    if TYPE_CHECKING:  # the methods that are set below

        def __getattr__(self, name: str) -> Any: ...

    # --- writing --------------------------------------------------------------------------------------------

    @property
    def is_scalar(self) -> bool:
        """Whether NumPy would have a scalar here, which no write can change: computed or indexed, 0-d."""
        if self.ndim:
            return False
        view = self.alias
        if type(view) is View:
            step, params = view.steps[-1]
            return step.name == "slice" and (type(params["key"]) is int or ... not in params["key"])
        return view is None

    @property
    def is_spare(self) -> bool:
        """Whether another array may become this one: a result that is no view and was never written to."""
        return self.alias is None

    def assign(self, new: Any, casting: str = "same_kind") -> None:
        """Write `new`, broadcast and cast to this array, into it: what ``x[...] = new`` and ``out=x`` do."""
        if new is self:
            return
        value = protocols.fitted(new, self.shape, self.dtype, casting)
        if not isinstance(value, Box):
            value = Array.constant(np.array(value))
        elif not value.is_spare:  # what is written to it later must not reach this array
            value = np.copy(value)
        write(self, value)

    # --- indexing -------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        return SPELLINGS[operator.getitem](self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        SPELLINGS[operator.setitem](self, key, value)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        check_reader(self, sys._getframe(1))
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return iter([self[i] for i in range(self.shape[0])])

    def __contains__(self, item: Any) -> bool:
        return bool(call(np.any, self == item))

    # --- Python's conversions -------------------------------------------------------------------------------

    def leaving(self, what: str) -> None:
        """Python gets a number that may have a derivative, by `what`: tell who looks for that."""
        if WATCH.looking and self.differentiates and self.tracked:
            for look in watching.lookers:
                if hasattr(look, "leak"):
                    look.leak(what)

    def __bool__(self) -> bool:
        if self.dtype.kind in "fc":
            self.leaving("bool()")
        return bool(self.concrete("bool()"))

    def __float__(self) -> float:
        return float(self.plain("float()"))

    def __int__(self) -> int:
        return int(self.plain("int()"))

    def __complex__(self) -> complex:
        return complex(self.plain("complex()"))

    def __index__(self) -> int:
        return operator.index(self.concrete("an index"))

    def __round__(self, n: int | None = None) -> Any:
        return call(np.round, self, n or 0)

    def __trunc__(self) -> Any:
        return call(np.trunc, self)

    def __floor__(self) -> Any:
        return call(np.floor, self)

    def __ceil__(self) -> Any:
        return call(np.ceil, self)

    def __format__(self, spec: str) -> str:
        shown = self.shown()
        return format(shown.item() if shown.ndim == 0 and spec else shown, spec)

    def concrete(self, what: str) -> Any:
        """The bare value for a decision of Python's (a branch, an index); interpreters may refuse."""
        if refreshed(self):
            return self.concrete(what)
        value = read(self)
        return value.concrete(what) if isinstance(value, Array) else value

    def shown(self) -> Any:
        """The bare value for people to read."""
        if refreshed(self):
            return self.shown()
        value = read(self)
        return value.shown() if isinstance(value, Array) else np.asarray(value)

    def __repr__(self) -> str:
        body = np.array2string(self.shown(), separator=", ", prefix=f"{type(self).__name__}(")
        return f"{type(self).__name__}({body})"

    def __str__(self) -> str:
        return repr(self)

    def item(self, *index: int) -> Any:
        """The entry (at `index`) as a Python number; raises `LostGradient` if that would lose a derivative."""
        return np.asarray(self.plain("item()")).item(*index)

    # --- NumPy's protocols ----------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if type(inputs[0]) is np.ndarray and sys._getframe(1).f_code.co_name in SERIES:
            check_series(sys._getframe(1))
        return protocols.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.atleast_1d:
            check_reader(self, sys._getframe(1))
        return protocols.function(func, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The object bridge: tracked boxes become an object array of 0-d boxes, which our ops stack again."""
        refreshed(self)
        if not self.tracked:
            alias = self.alias
            if type(alias) is Lent and alias.untouched and not alias.version and dtype in (None, self.dtype):
                return self.value
            lent = np.array(self.plain("np.asarray"), dtype=dtype)
            lent.flags.writeable = not LENDING.read_only
            return lent
        if dtype is not None and np.dtype(dtype) != object:
            self.plain(f"np.asarray(..., dtype={np.dtype(dtype)})")
        asking = sys._getframe(1).f_code.co_name
        if asking == "_matmul_dispatch":  # of SciPy's sparse matrices, which leave a product to what is no array
            return _as_object(self)
        check_twin(self)
        if asking == "as_strided":
            self._check_strides()
        if self.ndim == 0:
            return _as_object(self)
        out = np.empty(self.shape, object)
        warnings.warn(
            f"np.asarray of a tracked {type(self).__name__.lower()} at {user_line()} made an object array, which "
            "is right but slow. Leave np.asarray out, or write np.asanyarray(..., like=x).",
            ObjectBridgeWarning,
            stacklevel=user_stacklevel(),
        )
        for index in np.ndindex(self.shape):
            out[index] = self[index]
        out.flags.writeable = not LENDING.read_only
        return out

    def _check_strides(self) -> None:
        """NumPy is about to count in bytes, and an object array has 8 per entry and lies in C order."""
        if self.dtype.itemsize == 8 and is_contiguous(self):
            return
        raise InvalidArgument(
            explain(
                f"np.lib.stride_tricks.as_strided at {user_line()} got a tracked array of dtype {self.dtype} and shape "
                f"{self.shape}.",
                "Strides are bytes of an array in memory, which is not where a tracked array keeps its entries.",
                "Write np.lib.stride_tricks.sliding_window_view(x, window), or index with an array of integers.",
            )
        )

    @property
    def matvec(self) -> Any:
        """Not there: SciPy looks for it in what may be a linear operator, and otherwise knows arrays by their type."""
        check_reader(self, sys._getframe(1))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute 'matvec'")

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return sys.modules["wengert"]

    def __dlpack__(self, **kwargs: Any) -> Any:
        return np.asarray(self.plain("__dlpack__")).__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return np.empty(0).__dlpack_device__()

    # --- NumPy's methods and attributes -----------------------------------------------------------------------

    @property
    def T(self) -> Any:
        """The axes reversed."""
        return call(np.transpose, self)

    @property
    def mT(self) -> Any:
        """The last two axes exchanged."""
        return call(np.matrix_transpose, self)

    @property
    def H(self) -> Any:
        """The conjugate of `mT`."""
        return call(np.conjugate, self.mT)

    @property
    def real(self) -> Any:
        """The real part."""
        return call(np.real, self)

    @real.setter
    def real(self, value: Any) -> None:
        call(np.real, self)[...] = value

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return call(np.imag, self)

    @imag.setter
    def imag(self, value: Any) -> None:
        call(np.imag, self)[...] = value

    def astype(self, dtype: Any, *args: Any, copy: bool = True, **kwargs: Any) -> Any:
        """The values in another dtype."""
        return protocols.astype(self, dtype, copy)

    def copy(self, order: str = "C") -> Any:
        """A copy that shares nothing and that gradients flow through."""
        return call(np.copy, self, order)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        made = memo[id(self)] = self.copy()
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        return np.asarray(self.plain("pickle")).__reduce_ex__(protocol)

    def reshape(self, *shape: Any, order: str = "C", **kwargs: Any) -> Any:
        """The entries in another shape, in C order."""
        shape = kwargs.pop("shape", shape)
        new = shape[0] if len(shape) == 1 else shape
        return call(np.reshape, self, new, order=order, **kwargs)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed without arguments."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int | np.integer) else axes or None
        return call(np.transpose, self, order)
