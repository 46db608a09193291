"""PyTorch's methods of tensors, in place ones included; importing this module attaches them to `Array`.

An in-place method writes as ``x[...] = value`` does: through views, with no regard to who else holds them,
and gradients flow through what was written. It returns the tensor.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import torchnames
from wengert.core.array import Array
from wengert.core.protocols import numpy_keywords

__all__: list[str] = []

Method = Callable[..., Any]


# --- methods that are functions of torchnames or of NumPy -------------------------------------------------------

# NumPy's method of this name is replaced, since the function understands both meanings.
_BOTH = "argsort flatten max median min repeat squeeze std transpose var".split()

_NUMPY = """
allclose bincount broadcast_to count_nonzero diff expand_dims fmax fmin fmod gcd isclose isin kron logical_and
logical_not logical_or logical_xor maximum minimum moveaxis nan_to_num nanmean nansum outer inner positive quantile
remainder sinc vdot floor_divide true_divide signbit tril triu rot90 cross cov corrcoef absolute subtract multiply
divide negative bitwise_or bitwise_xor bitwise_not matmul
acos acosh asin asinh atan atan2 atanh abs
"""


def _attach(name: str, function: Method) -> None:
    setattr(Array, name, function)


def _bound(name: str, f: Method) -> Method:
    """A NumPy function as a method: ufuncs do not bind by themselves."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return f(self, *args, **numpy_keywords(kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``np.{f.__name__}`` of this tensor."
    return method


for _name in [*torchnames.NAMES, "dim"]:
    if _name in _BOTH or not (hasattr(Array, _name) or _name in ("is_tensor", "cat", *torchnames.ALIASES)):
        _attach(_name, getattr(torchnames, _name))
for _name, _function in {**torchnames.ALIASES, **{name: getattr(np, name) for name in _NUMPY.split()}}.items():
    if _name != "add" and not hasattr(Array, _name):
        _attach(_name, _bound(_name, _function))


def _method(name: str = "") -> Callable[[Method], Method]:
    """Decorator: a method of `Array`, unless it has one of that name."""

    def attach(function: Method) -> Method:
        if not hasattr(Array, name or function.__name__):
            _attach(name or function.__name__, function)
        return function

    return attach


_numpy_sort = vars(Array)["sort"]


def _sort(self: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's, in place; with ``dim=`` or ``descending=`` PyTorch's pair of sorted values and their indices."""
    if "dim" in kwargs or "descending" in kwargs:
        return torchnames.sort(self, *args, **kwargs)
    return _numpy_sort(self, *args, **kwargs)


_attach("sort", _sort)


@_method()
def where(self: Any, condition: Any, other: Any) -> Any:
    """This tensor where the condition holds, else the other."""
    return np.where(condition, self, other)


@_method()
def type_as(self: Any, other: Any) -> Any:
    """The values in the dtype of `other`."""
    return self.astype(other.dtype, copy=False)


@_method()
def contiguous(self: Any) -> Any:
    """This tensor: memory layout is not part of it."""
    return self


@_method()
def is_contiguous(self: Any) -> bool:
    """True: memory layout is not part of a tensor."""
    return True


def _cast(dtype: Any) -> Method:
    def function(self: Any) -> Any:
        return self.astype(dtype, copy=False)

    function.__doc__ = f"The values as {np.dtype(dtype).name}."
    return function


for _name, _dtype in {
    "double": np.float64, "float": np.float32, "half": np.float16, "long": np.int64, "int": np.int32,
    "short": np.int16, "bool": np.bool_, "cdouble": np.complex128, "cfloat": np.complex64,
}.items():  # fmt: skip
    if not hasattr(Array, _name):
        _attach(_name, _cast(_dtype))


# --- in place --------------------------------------------------------------------------------------------------


def _in_place(function: Method) -> Method:
    @functools.wraps(function, updated=())
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.assign(function(self, *args, **kwargs))
        return self

    method.__name__ = method.__qualname__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}`, written into this tensor."
    return method


_IN_PLACE = """
abs acos acosh asin asinh atan atanh ceil clip cos cosh deg2rad exp exp2 expm1 floor fmod log log10 log1p log2 neg
negative pow rad2deg reciprocal remainder sign sin sinh sqrt square tan tanh trunc arctan2 atan2 logical_not
addcdiv addcmul addmm clamp clamp_max clamp_min digamma div erf floor_divide frac index_add index_copy index_fill
lerp lgamma masked_fill mul multiply divide relu rsqrt scatter scatter_add sigmoid sub subtract tril triu cumsum cumprod
"""

for _name in _IN_PLACE.split():
    if not hasattr(Array, f"{_name}_"):
        _attach(f"{_name}_", _in_place(getattr(Array, _name)))


@_method()
def add_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Add alpha times `other`.

    >>> import wengert as wg
    >>> x = wg.zeros(3)
    >>> _ = x[0].add_(1)
    >>> x
    tensor([1., 0., 0.])
    """
    self.assign(np.add(self, other if alpha == 1 else np.multiply(alpha, other)))
    return self


@_method()
def add(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """This plus alpha times `other`."""
    return np.add(self, other if alpha == 1 else np.multiply(alpha, other))


@_method()
def round_(self: Any, decimals: int = 0) -> Any:
    """Round the values."""
    self.assign(np.round(self, decimals))
    return self


@_method()
def fill_(self: Any, value: Any) -> Any:
    """Write one value everywhere."""
    self[...] = value
    return self


@_method()
def copy_(self: Any, source: Any, non_blocking: bool = False) -> Any:
    """Write the values of `source`, broadcast and cast; gradients flow to it."""
    self[...] = source
    return self


@_method()
def index_put_(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Write (or add) `values` at the index arrays."""
    if accumulate:
        np.add.at(self, tuple(indices), values)
    else:
        self[tuple(indices)] = values
    return self


@_method()
def fill_diagonal_(self: Any, value: Any) -> Any:
    """Write one value on the diagonal."""
    i = np.arange(min(self.shape))
    self[(i,) * self.ndim] = value
    return self
