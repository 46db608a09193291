"""PyTorch's names where they differ from NumPy's, each a line over NumPy: functions of wg and methods of tensors.

Where NumPy has a function or method of the same name, its meaning stays; PyTorch's is taken when the call is
one that only PyTorch has: ``dim=`` in max, min, median, sort, std and var, two axes in transpose, integers in
flatten and view. `split` is PyTorch's (sizes of the parts); ``np.split`` works on tensors too.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import torchpick
from wengert.core.apply import Box
from wengert.core.op import TABLE
from wengert.core.protocols import numpy_keywords
from wengert.errors import InvalidArgument, explain, user_line
from wengert.spec import normal_axis

__all__ = ["ALIASES", "NAMES"]


def _sizes(sizes: Sequence[Any]) -> tuple[Any, ...]:
    """``f(2, 3)``, ``f((2, 3))`` and ``f([2, 3])`` alike."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else tuple(sizes)


# --- arithmetic -------------------------------------------------------------------------------------------


def sub(x: Any, y: Any, *, alpha: Any = 1) -> Any:
    """x − alpha y."""
    return np.subtract(x, y if alpha == 1 else np.multiply(alpha, y))


def mul(x: Any, y: Any) -> Any:
    """X y."""
    return np.multiply(x, y)


def div(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    """x / y, rounded as ``"floor"`` or ``"trunc"`` say."""
    if rounding_mode == "floor":
        return np.floor_divide(x, y)
    return np.trunc(np.divide(x, y)) if rounding_mode == "trunc" else np.divide(x, y)


def rsqrt(x: Any) -> Any:
    """1 / √x."""
    return 1 / np.sqrt(x)


def frac(x: Any) -> Any:
    """What follows the decimal point."""
    return x - np.trunc(x)


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """Values limited to an interval."""
    return np.clip(x, min, max)


def clamp_min(x: Any, min: Any) -> Any:
    """Values limited from below."""
    return np.clip(x, min, None)


def clamp_max(x: Any, max: Any) -> Any:
    """Values limited from above."""
    return np.clip(x, None, max)


def lerp(x: Any, end: Any, weight: Any) -> Any:
    """The way from x to `end`, `weight` of it gone."""
    return x + weight * (end - x)


def addcmul(x: Any, a: Any, b: Any, *, value: Any = 1) -> Any:
    """X + value a b."""
    return x + value * (a * b)


def addcdiv(x: Any, a: Any, b: Any, *, value: Any = 1) -> Any:
    """X + value a / b."""
    return x + value * (a / b)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return TABLE["expit"](x)


def relu(x: Any) -> Any:
    """max(x, 0), with derivative 0 at 0."""
    return TABLE["relu"](x)


def erf(x: Any) -> Any:
    """The error function; needs SciPy."""
    return TABLE["erf"](x)


def lgamma(x: Any) -> Any:
    """ln |Γ(x)|; needs SciPy."""
    return TABLE["gammaln"](x)


def digamma(x: Any) -> Any:
    """The derivative of `lgamma`; needs SciPy."""
    return TABLE["psi"](x)


# --- products ---------------------------------------------------------------------------------------------


def mm(x: Any, y: Any) -> Any:
    """The product of two matrices."""
    return _product("mm", x, 2, y, 2)


def bmm(x: Any, y: Any) -> Any:
    """The products of two stacks of matrices."""
    return _product("bmm", x, 3, y, 3)


def mv(x: Any, y: Any) -> Any:
    """The product of a matrix and a vector."""
    return _product("mv", x, 2, y, 1)


def _product(name: str, x: Any, m: int, y: Any, n: int) -> Any:
    if np.ndim(x) != m or np.ndim(y) != n:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got shapes {np.shape(x)} and {np.shape(y)}.",
                f"It multiplies a {m}-d by a {n}-d array and broadcasts nothing.",
                "Use wg.matmul, which takes every combination.",
            )
        )
    return np.matmul(x, y)


def addmm(x: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta x + alpha a b."""
    return beta * x + alpha * np.matmul(a, b)


def norm(x: Any, p: Any = None, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
    """The length of the entries, along `dim` or of all together; p: the exponent, ``"fro"`` or ``"nuc"``.

    >>> import wengert as wg
    >>> wg.norm(wg.tensor([[3.0, 4.0], [0.0, 5.0]]), dim=1)
    tensor([5., 5.])
    """
    kwargs = {"ord": p, "axis": dim, "keepdims": keepdim} | kwargs
    if kwargs["ord"] == "fro" or (kwargs["axis"] is None and kwargs["ord"] == 2):
        kwargs["ord"] = None
    if kwargs["axis"] is None and kwargs["ord"] not in (None, "nuc"):
        x = np.ravel(x)
    return np.linalg.norm(x, **kwargs)


# --- shape ------------------------------------------------------------------------------------------------


def cat(tensors: Any, dim: int = 0, **kwargs: Any) -> Any:
    """Arrays joined along an axis they have.

    >>> import wengert as wg
    >>> wg.cat([wg.ones(2), wg.zeros(1)])
    tensor([1., 1., 0.])
    """
    return np.concatenate(tensors, **{"axis": dim} | numpy_keywords(kwargs))


def view(x: Any, *shape: Any) -> Any:
    """The entries in another shape (integers), or the values in another dtype."""
    if not shape:
        return x[...]
    sizes = _sizes(shape)
    if builtins.all(isinstance(n, int | np.integer) for n in sizes):
        return np.reshape(x, sizes)
    if np.dtype(sizes[0]) == x.dtype:
        return x[...]
    raise InvalidArgument(
        explain(
            f"view({sizes[0]!r}) at {user_line()} of a {x.dtype} tensor.",
            "Reading the bytes of a number as another type has no derivative.",
            "Write x.astype(dtype) for the values, or x.view(*shape) for another shape.",
        )
    )


def view_as(x: Any, other: Any) -> Any:
    """The entries in the shape of `other`."""
    return np.reshape(x, np.shape(other))


def permute(x: Any, *dims: Any) -> Any:
    """The axes in another order."""
    return np.transpose(x, _sizes(dims))


def transpose(x: Any, *axes: Any, dim0: Any = None, dim1: Any = None, **kwargs: Any) -> Any:
    """NumPy's (all axes in a new order); PyTorch's, two axes exchanged, when the call is its."""
    if dim0 is not None:
        return np.swapaxes(x, dim0, dim1)
    if len(axes) == 2 and np.ndim(x) != 2:
        return np.swapaxes(x, *axes)
    order = axes[0] if len(axes) == 1 else axes or None
    return np.transpose(x, order, **kwargs)


def t(x: Any) -> Any:
    """The transpose of a matrix; a vector itself."""
    return np.transpose(x)


def unsqueeze(x: Any, dim: int) -> Any:
    """An axis of length 1 put in."""
    return np.expand_dims(x, dim)


def squeeze(x: Any, axis: Any = None, **kwargs: Any) -> Any:
    """Axes of length 1 taken out; with ``dim=`` other axes are left in place, as in PyTorch."""
    if "dim" not in kwargs:
        return np.squeeze(x, axis)
    dims = kwargs["dim"] if isinstance(kwargs["dim"], tuple | list) else (kwargs["dim"],)
    return np.squeeze(x, tuple(d for d in dims if np.shape(x)[d] == 1))


def flatten(x: Any, *args: Any, start_dim: int = 0, end_dim: int = -1, order: Any = "C") -> Any:
    """All entries along one axis (a copy, as NumPy's); with integers the axes from `start_dim` to `end_dim`."""
    if args and isinstance(args[0], str):
        order, args = args[0], ()
    first, last = [normal_axis(n, np.ndim(x)) for n in (*args, *(start_dim, end_dim)[len(args) :])]
    if first == 0 and last == np.ndim(x) - 1:
        return np.copy(np.ravel(x, order=order))
    lengths = np.shape(x)
    return np.reshape(x, (*lengths[:first], -1, *lengths[last + 1 :]))


def unflatten(x: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One axis as several."""
    lengths = np.shape(x)
    dim = normal_axis(dim, len(lengths))
    return np.reshape(x, (*lengths[:dim], *sizes, *lengths[dim + 1 :]))


def movedim(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places."""
    return np.moveaxis(x, source, destination)


def swapdims(x: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged."""
    return np.swapaxes(x, dim0, dim1)


def expand(x: Any, *sizes: Any) -> Any:
    """Axes of length 1 repeated without a copy; -1 keeps a length."""
    lengths = _sizes(sizes)
    have = (1,) * (len(lengths) - np.ndim(x)) + np.shape(x)
    return np.broadcast_to(x, tuple(m if n == -1 else n for n, m in zip(lengths, have, strict=True)))


def expand_as(x: Any, other: Any) -> Any:
    """Repeated to the shape of `other`."""
    return np.broadcast_to(x, np.shape(other))


def tile(x: Any, *reps: Any) -> Any:
    """The array repeated as a whole, `reps` times along each axis."""
    return np.tile(x, _sizes(reps))


def repeat(x: Any, *repeats: Any, **kwargs: Any) -> Any:
    """NumPy's (every entry repeated); three or more integers are PyTorch's, the array tiled."""
    return np.tile(x, repeats) if len(repeats) > 2 else np.repeat(x, *repeats, **numpy_keywords(kwargs))


def repeat_interleave(x: Any, repeats: Any, dim: int | None = None) -> Any:
    """Every entry repeated."""
    return np.repeat(x, repeats, axis=dim)


def flip(x: Any, *dims: Any, **kwargs: Any) -> Any:
    """The entries in reverse order along axes."""
    axis = kwargs.get("axis", kwargs.get("dims", _sizes(dims) or None))
    return np.flip(x, axis)


def roll(x: Any, shifts: Any = None, dims: Any = None, **kwargs: Any) -> Any:
    """Entries moved along axes, those that leave coming back at the other end."""
    return np.roll(x, kwargs.get("shift", shifts), kwargs.get("axis", dims))


def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    """The entries from `start` on along an axis, as a view."""
    return x[(slice(None),) * normal_axis(dim, np.ndim(x)) + (slice(start, start + length),)]


def select(x: Any, dim: int, index: int) -> Any:
    """One entry along an axis, as a view."""
    return x[(slice(None),) * normal_axis(dim, np.ndim(x)) + (index,)]


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    """The entries along an axis, as views."""
    return tuple(np.moveaxis(x, dim, 0))


def split(x: Any, split_size_or_sections: Any = None, dim: int = 0, **kwargs: Any) -> Any:
    """Views of parts: of one size (the last may be shorter) or of the given sizes. ``axis=`` makes it NumPy's.

    >>> import wengert as wg
    >>> wg.split(wg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    sections = kwargs.pop("indices_or_sections", split_size_or_sections)
    if "axis" in kwargs or sections is not split_size_or_sections:
        return np.split(x, sections, **kwargs)
    n = np.shape(x)[dim]
    if isinstance(sections, int | np.integer):
        return tuple(np.split(x, range(sections, n, sections), axis=dim))
    if builtins.sum(sections) != n:
        raise InvalidArgument(
            explain(
                f"split at {user_line()} got sizes {list(sections)} for an axis of length {n}.",
                "The sizes must add up to the length.",
                "For the places to cut at, as in NumPy, write np.split(x, places, axis).",
            )
        )
    return tuple(np.split(x, np.cumsum(sections)[:-1], axis=dim))


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Views of at most `chunks` parts of one size (the last may be shorter)."""
    return split(x, builtins.max(1, -(-np.shape(x)[dim] // chunks)), dim)  # type: ignore[no-any-return]


def numel(x: Any) -> int:
    """The number of entries."""
    return int(np.size(x))


def dim(x: Any) -> int:
    """The number of axes."""
    return int(np.ndim(x))


def tril(x: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """The part below a diagonal and on it."""
    return np.tril(x, k + diagonal)


def triu(x: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """The part above a diagonal and on it."""
    return np.triu(x, k + diagonal)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor."""
    return isinstance(x, Box)


# Another name for one of NumPy's functions.
ALIASES: dict[str, Callable[..., Any]] = {
    "add": np.add, "bitwise_and": np.bitwise_and, "eq": np.equal, "ge": np.greater_equal, "ger": np.outer,
    "gt": np.greater, "inverse": np.linalg.inv, "le": np.less_equal, "lt": np.less, "ne": np.not_equal,
    "neg": np.negative, "pow": np.power, "sgn": np.sign, "det": np.linalg.det, "slogdet": np.linalg.slogdet,
    "cholesky": np.linalg.cholesky,
}  # fmt: skip

# The names of the functions above and of torchpick, in wg.
_FOUND = [name for name, value in globals().items() if getattr(value, "__module__", "") == __name__ and name[0] != "_"]
NAMES = sorted({*_FOUND, *torchpick.__all__, *ALIASES} - {"add", "bitwise_and", "dim"})


def __getattr__(name: str) -> Any:
    if name in ALIASES:
        return ALIASES[name]
    if name in torchpick.__all__:
        return getattr(torchpick, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
