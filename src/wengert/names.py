"""NumPy's names: wg.exp, wg.sum, wg.float32 … Every function is NumPy's own, which dispatches to the rule book.

Functions also understand PyTorch's ``dim=`` and ``keepdim=``; ufuncs, constants and dtypes are NumPy's objects.
Where NumPy 2.0 lacks a name that a later NumPy has, the name is spelled out here, so that the list is the same
for every NumPy.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.protocols import deliver, numpy_keywords

__all__ = ["NAMES", "adapted"]

UFUNCS = """
abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh
bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor
floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan lcm ldexp
left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor
matmul maximum minimum mod modf multiply negative nextafter not_equal positive power rad2deg radians reciprocal
remainder right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh true_divide trunc
"""

FUNCTIONS = """
all allclose amax amin angle any append apply_along_axis apply_over_axes argmax argmin argpartition argsort argwhere
around array_equal array_equiv array_split atleast_1d atleast_2d atleast_3d average bincount block broadcast_arrays
broadcast_shapes broadcast_to can_cast choose clip column_stack compress concat concatenate convolve copy copyto
corrcoef correlate count_nonzero cov cross cumprod cumsum delete diag diagflat diagonal diff digitize dot dsplit dstack
ediff1d einsum expand_dims extract fill_diagonal finfo fix flatnonzero flip fliplr flipud from_dlpack geomspace
gradient histogram histogram2d histogram_bin_edges histogramdd hsplit hstack i0 iinfo imag indices inner insert interp
intersect1d isclose iscomplex iscomplexobj isdtype isin isneginf isposinf isreal isrealobj isscalar issubdtype ix_ kron
lexsort logspace matrix_transpose max may_share_memory mean median meshgrid min moveaxis nan_to_num nanargmax nanargmin
nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim
nonzero outer pad partition percentile permute_dims piecewise place poly polyadd polyder polydiv polyfit polyint
polymul polysub polyval prod promote_types ptp put put_along_axis putmask quantile ravel ravel_multi_index real
real_if_close repeat reshape resize result_type roll rollaxis roots rot90 round searchsorted select setdiff1d setxor1d
shape shares_memory sinc size sort sort_complex squeeze stack std sum swapaxes take take_along_axis tensordot tile
transpose trapezoid tri tril tril_indices trim_zeros triu triu_indices union1d unique unique_all unique_counts
unique_inverse unique_values unravel_index unwrap vander var vdot vecdot vectorize vsplit vstack where
"""

CONSTANTS = """
e euler_gamma inf nan newaxis pi errstate ndarray printoptions set_printoptions
bool complex128 complex64 float16 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64 uint8 dtype
"""

# PyTorch's names for NumPy's dtypes; `float` is its float32.
DTYPES = {
    "cdouble": np.complex128, "cfloat": np.complex64, "double": np.float64, "float": np.float32, "half": np.float16,
    "int": np.int32, "long": np.int64, "short": np.int16,
}  # fmt: skip


# PyTorch's names of arguments that NumPy has under another name, where that is not ``axis`` for ``dim``.
_KEYWORDS = {
    name: dict(pair.split("=") for pair in pairs.split())
    for names, pairs in {
        "fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn fftshift ifftshift": "axis=axes",
        "tensordot rot90 tensorsolve": "dims=axes",
        "diag diagflat": "diagonal=k offset=k",
        "swapaxes": "axis0=axis1 axis1=axis2",
        "clip": "min=a_min max=a_max",
        "cov": "correction=ddof",
        "quantile nanquantile": "interpolation=method",
        "isin": "elements=element",
        "histogram histogramdd": "weight=weights",
        "unravel_index": "index=indices",
        "stack concatenate hstack vstack dstack column_stack atleast_1d concat": "tensors=arrays",
    }.items()
    for name in names.split()
}


# Unlike its other reductions, NumPy's of these kinds know no axis 0 of a number, where PyTorch does.
_FOR_VECTORS = (np.quantile, np.nanquantile)


def adapted(f: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function with PyTorch's arguments too: ``input=``, ``other=``, ``dim=``, ``keepdim=``, ``out=``."""
    theirs = _KEYWORDS.get(f.__name__, {})
    delivers = not _takes_out(f)

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return f(*args)
        kwargs = {theirs.get(name, name): x for name, x in numpy_keywords(kwargs).items()}
        for name in ("input", "other"):
            if name in kwargs:
                args = (*args, kwargs.pop(name))
        if f in _FOR_VECTORS and not np.ndim(args[0]) and kwargs.get("axis") in (0, -1):
            kwargs = {name: x for name, x in kwargs.items() if name not in ("axis", "keepdims")}
        out = kwargs.pop("out", None) if delivers else None
        result = f(*args, **kwargs)
        return result if out is None else deliver(result, out, f.__name__)

    return function


def _takes_out(f: Callable[..., Any]) -> bool:
    try:
        return "out" in inspect.signature(f).parameters
    except ValueError:  # of NumPy's functions that are written in C
        return True


# --- names that NumPy got after 2.0 -----------------------------------------------------------------------


def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """`x` in another dtype; gradients flow between floating dtypes.

    >>> import wengert as wg
    >>> wg.astype(wg.asarray([1.7, 2.2]), wg.int64)
    tensor([1, 2])
    """
    return x.astype(dtype, copy=copy)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of `x` along an axis, as a tuple of views without that axis."""
    return tuple(np.moveaxis(x, axis, 0))


def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices (…, n, k) times vectors (…, k)."""
    return np.matmul(x1, x2[..., None])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Vectors (…, n), conjugated, times matrices (…, n, k)."""
    return np.matmul(np.conj(x1)[..., None, :], x2)[..., 0, :]


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Running sums along an axis (needed unless `x` is 1-d), after a zero if `include_initial`."""
    return _cumulative(np.cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Running products along an axis (needed unless `x` is 1-d), after a one if `include_initial`."""
    return _cumulative(np.cumprod, 1, x, axis, dtype, include_initial)


def _cumulative(scan: Any, start: int, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    if axis is None and np.ndim(x) != 1:
        raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
    axis = 0 if axis is None else axis
    out = scan(x, axis=axis, dtype=dtype)
    if not include_initial:
        return out
    first = np.full_like(np.take(out, [0], axis=axis), start) if out.shape[axis] else start
    return np.concatenate([first, out], axis=axis)


_SPELLED_OUT = "astype cumulative_prod cumulative_sum matvec unstack vecmat"

NAMES = sorted({*UFUNCS.split(), *FUNCTIONS.split(), *CONSTANTS.split(), *DTYPES, *_SPELLED_OUT.split()})

_AS_THEY_ARE = frozenset([*UFUNCS.split(), *CONSTANTS.split()])


def __getattr__(name: str) -> Any:
    if name in DTYPES:
        found: Any = DTYPES[name]
    elif name in _AS_THEY_ARE:
        found = getattr(np, name)
    elif name in NAMES:
        found = getattr(np, name)
        found = found if isinstance(found, type) else adapted(found)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
