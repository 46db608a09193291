"""PyTorch's methods of tensors, in place ones included; importing this module attaches them to `Array`.

An in-place method is the method of the same name without the underscore, and writes its result as ``x[...] = value``
does: through views, with no regard to who else holds them, and gradients flow through what was written. It returns
the tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import names, pytorch
from wengert.core import view
from wengert.core.array import Array
from wengert.pytorch import arithmetic, kinds, parts, pick, random, shape
from wengert.pytorch.spelled import as_method, writable

__all__: list[str] = []

Method = Callable[..., Any]


def _attach(name: str, function: Method) -> None:
    if not hasattr(Array, name):
        setattr(Array, name, function)


def _method(function: Method) -> Method:
    """Decorator: a method of `Array`, unless it has one of that name."""
    _attach(function.__name__, function)
    return function


# --- methods that are functions of this package or of NumPy -------------------------------------------------------

# NumPy's method of this name is replaced, since the function understands both meanings.
_BOTH = "argsort flatten max median min nonzero repeat squeeze std take var"

# Functions that are no methods: their first argument is no tensor, or NumPy's method of that name is another one.
_FUNCTIONS_ONLY = frozenset(
    """
bartlett_window binomial blackman_window block_diag broadcast_tensors bucketize cartesian_prod cat cdist
chain_matmul combinations complex constant_pad_nd cumulative_trapezoid einsum fill frobenius_norm get_default_dtype
gradient hamming_window hann_window is_tensor kaiser_window lu_unpack meshgrid nuclear_norm pca_lowrank pdist
poisson polar polygamma range row_stack rsub scalar_tensor searchsorted segment_reduce sort std_mean svd_lowrank
trapz tril_indices triu_indices typename var_mean view_as_complex view_as_real where
""".split()
)

# NumPy's functions, with the tensor as their first argument.
_NUMPY = """
abs absolute acos acosh allclose amax amin angle asin asinh atan atan2 atanh bincount bitwise_and
bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor broadcast_to copysign corrcoef
count_nonzero cov cross diag diagflat diff divide dsplit expand_dims fix fliplr flipud float_power floor_divide
fmax fmin fmod frexp gcd greater greater_equal heaviside histogram hsplit i0 inner isclose isin isneginf isposinf
isreal kron lcm ldexp less less_equal logical_and logical_not logical_or logical_xor matmul maximum minimum moveaxis
multiply nan_to_num nanmean nanquantile nansum negative nextafter not_equal outer positive quantile remainder rot90
signbit sinc subtract true_divide vdot vsplit argwhere
"""

for _name in pytorch.NAMES:
    if _name not in _FUNCTIONS_ONLY and not _name.endswith("_"):
        if _name in _BOTH.split():
            setattr(Array, _name, as_method(_name, getattr(pytorch, _name)))
        elif _name not in ("clone", "detach"):
            _attach(_name, as_method(_name, getattr(pytorch, _name)))
for _name in _NUMPY.split():
    _attach(_name, as_method(_name, names.adapted(getattr(np, _name))))

_numpy_transpose, _numpy_sort = vars(Array)["transpose"], vars(Array)["sort"]


def _sort(self: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's, in place; with ``dim=`` or ``descending=`` PyTorch's pair of sorted values and their indices."""
    if "dim" in kwargs or "descending" in kwargs:
        return pytorch.sort(self, *args, **kwargs)
    return _numpy_sort(self, *args, **kwargs)


def _transpose(self: Any, *axes: Any, **kwargs: Any) -> Any:
    """NumPy's (of a matrix, all axes in a new order); of other arrays two integers are axes to exchange."""
    return _numpy_transpose(self, *axes) if len(axes) == 2 == self.ndim else pytorch.transpose(self, *axes, **kwargs)


Array.transpose = _transpose  # type: ignore[method-assign]
Array.sort = _sort  # type: ignore[attr-defined]


@_method
def where(self: Any, condition: Any, other: Any) -> Any:
    """This tensor where the condition holds, else the other."""
    return np.where(condition, self, other)


@_method
def type_as(self: Any, other: Any) -> Any:
    """The values in the dtype of `other`."""
    return self.astype(other.dtype, copy=False)


@_method
def contiguous(self: Any) -> Any:
    """This tensor if NumPy's would lie in C order, else a copy: writes into it do not reach what it was a view of."""
    return self if view.is_contiguous(self) else np.copy(self, order="C")


@_method
def is_contiguous(self: Any) -> bool:
    """Whether NumPy's array would lie in memory in C order."""
    return view.is_contiguous(self)


def _cast(dtype: Any) -> Method:
    def function(self: Any) -> Any:
        return self.astype(dtype, copy=False)

    function.__doc__ = f"The values as {np.dtype(dtype).name}."
    return function


for _name, _dtype in {
    "double": np.float64, "float": np.float32, "half": np.float16, "long": np.int64, "int": np.int32,
    "short": np.int16, "char": np.int8, "byte": np.uint8, "bool": np.bool_,
    "cdouble": np.complex128, "cfloat": np.complex64,
}.items():  # fmt: skip
    _attach(_name, _cast(_dtype))


# --- methods that are nothing but methods ---------------------------------------------------------------------------


@_method
def add(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """This plus alpha times `other`.

    >>> import wengert as wg
    >>> x = wg.zeros(3)
    >>> _ = x[0].add_(1, alpha=2)
    >>> x
    tensor([2., 0., 0.])
    """
    return np.add(self, other if alpha == 1 else np.multiply(alpha, other))


@_method
def polygamma(self: Any, n: int) -> Any:
    """The n-th derivative of `digamma`; needs SciPy."""
    return arithmetic.polygamma(n, self)


@_method
def equal(self: Any, other: Any) -> bool:
    """Whether shapes and all entries are the same (``x == y`` and wg.equal compare entry by entry)."""
    return bool(np.array_equal(self, other))


@_method
def unfold(self: Any, dimension: int, size: int, step: int) -> Any:
    """Pieces of `size` entries along an axis, each `step` after the one before; the pieces are along the last axis."""
    if not self.ndim:
        return unfold(np.reshape(self, (1,)), dimension, size, step)[0]
    pieces = np.lib.stride_tricks.sliding_window_view(self, size, axis=dimension)
    return pieces[parts.at(self, dimension, slice(None, None, step))]


@_method
def reshape_as(self: Any, other: Any) -> Any:
    """The entries in the shape of `other`."""
    return np.reshape(self, np.shape(other))


@_method
def sum_to_size(self: Any, *size: Any) -> Any:
    """The sum over what broadcasting a tensor of that shape to this one's adds or lengthens."""
    size = shape.sizes(size)
    extra = self.ndim - len(size)
    longer = [extra + n for n, length in enumerate(size) if length == 1 and self.shape[extra + n] != 1]
    return np.reshape(np.sum(self, axis=(*range(extra), *longer)), size)


@_method
def stride(self: Any, dim: int | None = None) -> Any:
    """How many entries apart neighbours along the axes are in a C-contiguous array of this shape."""
    steps = tuple(n // self.itemsize for n in self.strides)
    return steps if dim is None else steps[dim]


def _mh(self: Any) -> Any:
    return shape.adjoint(self)


setattr(Array, "mH", property(_mh, doc="The conjugate of `mT`."))  # noqa: B010 (mypy knows no such attribute)


@_method
def storage_offset(self: Any) -> int:
    """0: memory layout is not part of a tensor."""
    return 0


@_method
def nelement(self: Any) -> int:
    """The number of entries."""
    return kinds.numel(self)


@_method
def ndimension(self: Any) -> int:
    """The number of axes."""
    return int(np.ndim(self))


@_method
def new_empty(self: Any, *size: Any, **kwargs: Any) -> Any:
    """A tensor of another shape and this dtype whose values are to be written."""
    return self.new_zeros(*size, **kwargs)


# --- in place --------------------------------------------------------------------------------------------------


def _in_place(name: str, function: Method, casting: str) -> Method:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.assign(function(self, *args, **kwargs), casting)
        return self

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}`, written into this tensor."
    return method


def _copy(self: Any, source: Any, non_blocking: bool = False) -> Any:
    """The values of `source`."""
    return source


def _fill(self: Any, value: Any) -> Any:
    """One value."""
    return value


def _zero(self: Any) -> Any:
    """Zero."""
    return 0


def _fill_diagonal(self: Any, value: Any, wrap: bool = False) -> Any:
    """These values, and one value on the diagonal; wrap: of a tall matrix anew after a row between."""
    out = writable(self)
    np.fill_diagonal(out, value, wrap)
    return out


def _put(self: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """These values, with those of `source` at indices among all entries."""
    flat = pick.index_put(np.ravel(self), (np.ravel(index),), np.ravel(source), accumulate)
    return np.reshape(flat, self.shape)


def _apply(self: Any, f: Any) -> Any:
    """A Python function of every entry."""
    return np.reshape([f(x) for x in np.ravel(self).tolist()], self.shape)


def _map(self: Any, other: Any, f: Any) -> Any:
    """A Python function of every two entries."""
    pairs = zip(np.ravel(self).tolist(), np.ravel(np.broadcast_to(other, self.shape)).tolist(), strict=True)
    return np.reshape([f(x, y) for x, y in pairs], self.shape)


# What is written where there is no method of that name, or NumPy's works in place itself.
_WRITTEN: dict[str, Method] = {
    "apply": _apply, "copy": _copy, "fill": _fill, "fill_diagonal": _fill_diagonal, "map": _map, "put": _put,
    "zero": _zero,
}  # fmt: skip


def _casting(name: str) -> str:
    """Values that are copied are cast to the tensor's dtype; results must be of its kind, or of a lesser one."""
    return "unsafe" if name in ("copy", "fill", "zero") else "same_kind"


_IN_PLACE = """
abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr apply arccos arccosh arcsin arcsinh arctan arctan2
arctanh asin asinh atan atan2 atanh baddbmm bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
bitwise_xor ceil clamp clamp_max clamp_min clip conj_physical copy copysign cos cosh cumprod cumsum deg2rad digamma div
divide eq erf erfc erfinv exp exp2 expm1 fill fill_diagonal fix float_power floor floor_divide fmod frac gcd ge greater
greater_equal gt heaviside hypot i0 igamma igammac index_add index_copy index_fill index_put index_reduce lcm ldexp le
lerp less less_equal lgamma log log10 log1p log2 logical_and logical_not logical_or logical_xor logit lt map masked_fill
masked_scatter mul multiply mvlgamma nan_to_num ne neg negative nextafter not_equal polygamma pow put rad2deg reciprocal
relu remainder renorm round rsqrt scatter scatter_add scatter_reduce sgn sigmoid sign sin sinc sinh sqrt square sub
subtract tan tanh tril triu true_divide trunc xlogy zero
"""

for _name in _IN_PLACE.split():
    _attach(f"{_name}_", _in_place(_name, _WRITTEN.get(_name) or getattr(Array, _name), _casting(_name)))

for _name, _function in random.FILLS.items():
    _attach(_name, _function)
