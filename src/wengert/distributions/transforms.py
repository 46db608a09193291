"""Smooth maps with an inverse, and how they change densities: p(y) = p(x) / |det ∂y/∂x| for y = t(x)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from wengert.distributions.distribution import Container
from wengert.errors import InvalidArgument, explain, user_line
from wengert.random.arguments import cast, floating, lengths
from wengert.special import expit, softplus

__all__ = [
    "AffineTransform",
    "ComposeTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftplusTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
    "rightmost",
]


def rightmost(x: Any, count: int) -> Any:
    """The sum over the last axes."""
    return np.sum(x, axis=tuple(range(-count, 0))) if count else x


class Transform(Container):
    """A map y = t(x) with an inverse x = t.inv(y), of numbers or of arrays of `in_axes` axes to ones of `out_axes`.

    A subclass says what it is (`_call`), its inverse, and `log_abs_det_jacobian(x, y)`, which has an entry per array.
    A transform is a container of its parameters (`wg.tree`). Every class takes ``cache_size=1``: the inverse of
    the very array that the map returned last is then what it came from, to the last digit.
    """

    further = "cache_size"
    _cache_size: int | None = None
    _last: tuple[Any, Any] | None = None  # the latest x and t(x), if one is to be kept
    bijective: ClassVar[bool] = True
    axes: ClassVar[int] = 0  # of both, where they are the same for all maps of a class

    def __init__(self) -> None:
        self._hold({})

    @property
    def in_axes(self) -> int:
        """How many axes of x are mapped together."""
        return self.axes

    @property
    def out_axes(self) -> int:
        """How many axes of y come of them."""
        return self.axes

    @property
    def sign(self) -> Any:
        """The sign of the slope of a map of numbers."""
        return 1

    def __call__(self, x: Any) -> Any:
        """The map."""
        y = self._call(x)
        if self._cache_size:
            self._last = x, y
        return y

    def with_cache(self, cache_size: int = 1) -> Self:
        """This map, keeping so many values: 1, or 0."""
        made = self._with({name: getattr(self, name) for name in self._names})
        made._cache_size = cache_size
        return made

    @property
    def event_dim(self) -> int:
        """The greater one of `in_axes` and `out_axes`."""
        return max(self.in_axes, self.out_axes)

    def _call(self, x: Any) -> Any:
        raise NotImplementedError

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError

    @property
    def inv(self) -> Transform:
        """The inverse map."""
        return _Inverse(self)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """log |det ∂y/∂x| at x, where y = t(x)."""
        raise NotImplementedError

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of t(x) for x of that shape."""
        return shape

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of x for t(x) of that shape."""
        return shape


class _Inverse(Transform):
    def __init__(self, base: Transform) -> None:
        self._hold({"base": base})

    base: Transform

    @property
    def in_axes(self) -> int:
        return int(self.base.out_axes)

    @property
    def out_axes(self) -> int:
        return int(self.base.in_axes)

    @property
    def sign(self) -> Any:
        return self.base.sign

    @property
    def inv(self) -> Transform:
        return self.base

    def _call(self, x: Any) -> Any:
        last = self.base._last
        return last[0] if last is not None and last[1] is x else self.base._inverse(x)

    def _inverse(self, y: Any) -> Any:
        return self.base(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self.base.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.base.inverse_shape(shape)

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.base.forward_shape(shape)


# --- of numbers -------------------------------------------------------------------------------------------------


class AffineTransform(Transform):
    """y = loc + scale x. event_dim: how many of the last axes belong to one array.

    >>> import wengert as wg
    >>> t = wg.distributions.AffineTransform(1.0, 2.0)
    >>> t(3.0), t.inv(7.0)
    (np.float64(7.0), np.float64(3.0))
    """

    loc: Any
    scale: Any

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0) -> None:
        dtype = floating(None, loc, scale)
        self._hold({"loc": cast(loc, dtype), "scale": cast(scale, dtype)}, int(event_dim))

    @property
    def in_axes(self) -> int:
        return int(self._constants[0])

    out_axes = in_axes

    @property
    def sign(self) -> Any:
        return np.sign(self.scale)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        shape = np.broadcast_shapes(np.shape(x), np.shape(self.scale))
        return rightmost(np.broadcast_to(np.log(np.abs(self.scale)), shape), self.in_axes)

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return np.broadcast_shapes(shape, np.shape(self.loc), np.shape(self.scale))

    inverse_shape = forward_shape


class ExpTransform(Transform):
    """y = exp(x)."""

    def _call(self, x: Any) -> Any:
        return np.exp(x)

    def _inverse(self, y: Any) -> Any:
        return np.log(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Transform):
    """y = x^exponent, for x > 0."""

    exponent: Any

    def __init__(self, exponent: Any) -> None:
        self._hold({"exponent": cast(exponent, floating(None, exponent))})

    @property
    def sign(self) -> Any:
        return np.sign(self.exponent)

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return np.log(np.abs(self.exponent * y / x))

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return np.broadcast_shapes(shape, np.shape(self.exponent))

    inverse_shape = forward_shape


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x))."""

    def _call(self, x: Any) -> Any:
        return expit(x)

    def _inverse(self, y: Any) -> Any:
        return np.log(y) - np.log1p(np.negative(y))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x) - softplus(x)


class TanhTransform(Transform):
    """y = tanh(x)."""

    def _call(self, x: Any) -> Any:
        return np.tanh(x)

    def _inverse(self, y: Any) -> Any:
        return np.arctanh(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # log(1 - tanh²x) without cancellation
        return 2 * (math.log(2) - x - softplus(-2 * x))


class SoftplusTransform(Transform):
    """y = log(1 + exp(x))."""

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return y + np.log(-np.expm1(np.negative(y)))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


# --- of vectors and matrices ------------------------------------------------------------------------------------


class StickBreakingTransform(Transform):
    """n numbers to n + 1 probabilities: each is its share, expit(xₖ - log(n - k)), of what those before have left.

    >>> import numpy as np, wengert as wg
    >>> wg.distributions.StickBreakingTransform()(np.zeros(2)).round(3)
    array([0.333, 0.333, 0.333])
    """

    axes = 1

    def _call(self, x: Any) -> Any:
        n = np.shape(x)[-1]
        share = expit(x - np.log(np.arange(n, 0, -1)).astype(x.dtype))
        left = np.cumprod(1 - share, axis=-1)
        ones = np.ones((*np.shape(x)[:-1], 1), x.dtype)
        return np.concatenate([share, ones], axis=-1) * np.concatenate([ones, left], axis=-1)

    def _inverse(self, y: Any) -> Any:
        head = y[..., :-1]
        n = head.shape[-1]
        left = 1 - np.cumsum(head, axis=-1)  # after each
        return np.log(head) - np.log(left) + np.log(np.arange(n, 0, -1)).astype(y.dtype)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # ∂yₖ/∂xₖ = yₖ (1 - shareₖ), and the matrix is triangular
        n = np.shape(x)[-1]
        shifted = x - np.log(np.arange(n, 0, -1)).astype(x.dtype)
        return np.sum(np.log(y[..., :-1]) - softplus(shifted), axis=-1)

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:-1], shape[-1] - 1)


class LowerCholeskyTransform(Transform):
    """Matrices to lower triangular ones of positive diagonal: what is above is dropped, exp of the diagonal taken."""

    axes = 2

    def _call(self, x: Any) -> Any:
        return np.tril(x, -1) + np.exp(_diagonal(x)) * np.eye(np.shape(x)[-1], dtype=x.dtype)

    def _inverse(self, y: Any) -> Any:
        return np.tril(y, -1) + np.log(_diagonal(y)) * np.eye(np.shape(y)[-1], dtype=y.dtype)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return np.sum(np.diagonal(x, axis1=-2, axis2=-1), axis=-1)


def _diagonal(x: Any) -> Any:
    return np.diagonal(x, axis1=-2, axis2=-1)[..., None]


class ReshapeTransform(Transform):
    """The last axes, of in_shape, in another shape.

    Raises `InvalidArgument` if the numbers of entries differ.
    """

    def __init__(self, in_shape: Any, out_shape: Any) -> None:
        self._hold({}, lengths(in_shape), lengths(out_shape))
        if math.prod(self._constants[0]) != math.prod(self._constants[1]):
            raise InvalidArgument(
                explain(
                    f"ReshapeTransform at {user_line()} got shapes {in_shape} and {out_shape}.",
                    "A shape does not change how many entries there are.",
                    "Give two shapes of as many entries.",
                )
            )

    @property
    def in_axes(self) -> int:
        return len(self._constants[0])

    @property
    def out_axes(self) -> int:
        return len(self._constants[1])

    def _call(self, x: Any) -> Any:
        return np.reshape(x, self.forward_shape(np.shape(x)))

    def _inverse(self, y: Any) -> Any:
        return np.reshape(y, self.inverse_shape(np.shape(y)))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return np.zeros(np.shape(x)[: np.ndim(x) - self.in_axes])

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[: len(shape) - self.in_axes], *self._constants[1])

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[: len(shape) - self.out_axes], *self._constants[0])


# --- of transforms ----------------------------------------------------------------------------------------------


class IndependentTransform(Transform):
    """A transform whose further axes on the left belong to one array as well; its log determinants are added up."""

    base: Transform

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int) -> None:
        self._hold({"base": base_transform}, int(reinterpreted_batch_ndims))

    @property
    def in_axes(self) -> int:
        return int(self.base.in_axes + self._constants[0])

    @property
    def out_axes(self) -> int:
        return int(self.base.out_axes + self._constants[0])

    def _call(self, x: Any) -> Any:
        return self.base(x)

    def _inverse(self, y: Any) -> Any:
        return self.base.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return rightmost(self.base.log_abs_det_jacobian(x, y), self._constants[0])

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.base.forward_shape(shape)

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.base.inverse_shape(shape)


class ComposeTransform(Transform):
    """Transforms one after the other, the first one first.

    >>> import wengert as wg
    >>> D = wg.distributions
    >>> t = D.ComposeTransform([D.AffineTransform(1.0, 2.0), D.ExpTransform()])
    >>> t(0.0).round(4), t.inv(t(3.0)), t.log_abs_det_jacobian(0.0, t(0.0)).round(4)
    (np.float64(2.7183), np.float64(3.0), np.float64(1.6931))
    """

    parts: list[Transform]

    def __init__(self, parts: Sequence[Transform]) -> None:
        self._hold({"parts": list(parts)})

    @property
    def in_axes(self) -> int:
        # What comes out of a part has to have the axes that the next one takes.
        axes = self.parts[-1].out_axes if self.parts else 0
        for t in reversed(self.parts):
            axes = max(axes + t.in_axes - t.out_axes, t.in_axes)
        return int(axes)

    @property
    def out_axes(self) -> int:
        axes = self.in_axes
        for t in self.parts:
            axes += t.out_axes - t.in_axes
        return int(axes)

    @property
    def sign(self) -> Any:
        sign: Any = 1
        for t in self.parts:
            sign = sign * t.sign
        return sign

    @property
    def inv(self) -> Transform:
        return ComposeTransform([t.inv for t in reversed(self.parts)])

    def _call(self, x: Any) -> Any:
        for t in self.parts:
            x = t(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        total: Any = 0.0
        axes = self.in_axes
        if not self.parts:
            return np.zeros(np.shape(x))
        for t in self.parts:
            after = t(x)
            total = total + rightmost(t.log_abs_det_jacobian(x, after), axes - t.in_axes)
            axes += t.out_axes - t.in_axes
            x = after
        return total

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        for t in self.parts:
            shape = t.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        for t in reversed(self.parts):
            shape = t.inverse_shape(shape)
        return shape


identity_transform = ComposeTransform([])
