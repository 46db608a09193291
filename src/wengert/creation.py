"""Making tensors: PyTorch's constructors, with NumPy's dtypes. Floats are float64 unless said otherwise.

Every tensor made here owns its memory and can be written to, also a 0-d one. Shapes are given as numbers or as a
tuple: ``wg.zeros(2, 3)``, ``wg.zeros((2, 3))``.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from wengert.core.apply import Box, read, refuse_subclass, unbridge
from wengert.core.array import Array
from wengert.errors import DetachedCopyWarning, InvalidArgument, LostGradient, explain, user_line, user_stacklevel
from wengert.generator import source
from wengert.interpreters.placed import check_device
from wengert.interpreters.tensor import Tensor, constant
from wengert.tree import leaves

__all__ = [
    "arange",
    "array",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "tensor",
    "zeros",
    "zeros_like",
]


Maker = TypeVar("Maker", bound=Callable[..., Any])


def _made(values: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """A leaf of these values, which nobody else holds."""
    check_device(device)
    if isinstance(values, Box):  # of a traced function
        return constant(values if dtype is None else values.astype(dtype, copy=False)).requires_grad_(requires_grad)  # type: ignore[no-any-return]
    refuse_subclass(values, "a tensor")
    values = np.asarray(values, dtype)
    return constant(values if values.ndim else values[()]).requires_grad_(requires_grad)  # type: ignore[no-any-return]


def _shape(lengths: Sequence[Any], keyword: Any = None) -> tuple[int, ...]:
    """``f(2, 3)``, ``f((2, 3))`` and ``f(size=(2, 3))`` alike."""
    if keyword is not None:
        lengths = (keyword,)
    found = lengths[0] if len(lengths) == 1 and isinstance(lengths[0], tuple | list) else lengths
    if not all(isinstance(n, int | np.integer) for n in found):
        raise InvalidArgument(
            explain(
                f"a tensor of shape {tuple(found)!r} was asked for at {user_line()}.",
                "A shape is made of whole numbers.",
                "Write wg.zeros(2, 3), wg.zeros((2, 3)), and the dtype by its name: dtype=wg.float32.",
            )
        )
    return tuple([int(n) for n in found])


def _also_named(**names: str) -> Callable[[Maker], Maker]:
    """Decorator: PyTorch's keywords may also be given by NumPy's names, ``_also_named(shape="size")``."""

    def decorate(make: Maker) -> Maker:
        @functools.wraps(make)
        def renamed(*args: Any, **kwargs: Any) -> Any:
            return make(*args, **{names.get(key, key): value for key, value in kwargs.items()})

        return cast(Maker, renamed)

    return decorate


# --- from values --------------------------------------------------------------------------------------------


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new tensor of the given numbers: a number, nested lists, an ndarray or a tensor; always a copy, and a leaf.

    dtype: by default that of the data; Python floats are float64. Raises `LostGradient` for lists of tensors that
    require grad, and `NotDifferentiable` when integers are to require grad.

    >>> import wengert as wg
    >>> wg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    tensor([[1., 2.],
            [3., 4.]], requires_grad=True)
    """
    refuse_subclass(data, "wg.tensor")
    numbers = _numbers(data)
    if isinstance(numbers, Box):
        return _made(np.copy(numbers), dtype, device, requires_grad)
    return _made(np.array(numbers, dtype), None, device, requires_grad)


def _numbers(data: Any) -> Any:
    """The bare numbers of a tensor, or of nested lists with tensors inside."""
    data = unbridge(data)
    if isinstance(data, Array):
        if data.level < 0:
            return data
        if not isinstance(data, Tensor) or data.level:
            return data.plain("wg.tensor()")
        if data.tracked:  # copied off its tape, as in PyTorch, and as there not without a word
            warnings.warn(
                f"wg.tensor() at {user_line()} copied a tensor that requires grad without its gradient. "
                "Write x.detach().clone() if that is meant, x.clone() if the gradient should flow.",
                DetachedCopyWarning,
                stacklevel=user_stacklevel(),
            )
        value = read(data.detach())
        return value if isinstance(value, Box) else data.detach().plain("wg.tensor()")
    if not isinstance(data, list | tuple):
        return data
    if any(isinstance(x, Array) and x.tracked for x in leaves(data)):
        raise LostGradient(
            explain(
                f"wg.tensor() at {user_line()} got a list with tensors that require grad.",
                "It copies numbers, so their gradients would be lost.",
                "Write np.stack([...]) or wg.stack([...]), which gradients flow through.",
            )
        )
    numbers = [_numbers(x) for x in data]
    return np.stack(numbers) if any(isinstance(x, Box) for x in numbers) else numbers


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """The data as a tensor: a tensor of that dtype is returned as it is, anything else is copied.

    >>> import wengert as wg
    >>> x = wg.ones(2)
    >>> wg.as_tensor(x) is x
    True
    """
    data = unbridge(data)
    if isinstance(data, Array):
        check_device(device)
        return data if dtype is None or data.dtype == np.dtype(dtype) else data.astype(dtype)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(array: Any) -> Tensor:
    """A tensor of the values of an ndarray.

    The values are copied. (PyTorch shares them; here a later write to the ndarray could spoil what the tape saved.)

    >>> import numpy as np, wengert as wg
    >>> wg.from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(array, np.ndarray):
        raise InvalidArgument(
            explain(
                f"from_numpy at {user_line()} got a {type(array).__name__}.",
                "It makes a tensor of an ndarray.",
                "Write wg.tensor(x) for numbers and lists.",
            )
        )
    return tensor(array)


# --- of a shape -----------------------------------------------------------------------------------------------


@_also_named(shape="size")
def zeros(
    *lengths: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros of a shape.

    >>> import wengert as wg
    >>> wg.zeros(2, 3).shape, wg.zeros((2,), dtype=wg.int64)
    ((2, 3), tensor([0, 0]))
    """
    return _made(np.zeros(_shape(lengths, size), dtype or float), None, device, requires_grad)


@_also_named(shape="size")
def ones(*lengths: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of a shape."""
    return _made(np.ones(_shape(lengths, size), dtype or float), None, device, requires_grad)


@_also_named(shape="size")
def empty(
    *lengths: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of a shape whose values are to be written."""
    return _made(np.empty(_shape(lengths, size), dtype or float), None, device, requires_grad)


@_also_named(shape="size")
def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """One value in a shape; the dtype is that of the value by default.

    >>> import wengert as wg
    >>> wg.full((2,), 3.0)
    tensor([3., 3.])
    """
    return _made(np.full(_shape((size,)), _numbers(fill_value), dtype), None, device, requires_grad)


@_also_named(a="input", x="input")
def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of the shape and dtype of another array."""
    return _like(input, np.zeros, (), dtype, device, requires_grad)


@_also_named(a="input", x="input")
def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of the shape and dtype of another array."""
    return _like(input, np.ones, (), dtype, device, requires_grad)


@_also_named(a="input", x="input")
def empty_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of the shape and dtype of another array whose values are to be written."""
    return _like(input, np.empty, (), dtype, device, requires_grad)


@_also_named(a="input", x="input")
def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """One value in the shape and dtype of another array."""
    return _like(input, np.full, (_numbers(fill_value),), dtype, device, requires_grad)


def _like(x: Any, make: Any, value: tuple[Any, ...], dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    x = _arraylike(x)
    return _made(make(x.shape, *value, dtype or x.dtype), None, device, requires_grad)


def _arraylike(x: Any) -> Any:
    x = unbridge(x)
    return x if isinstance(x, Array) else np.asarray(x)


@_also_named(N="n", M="m", n_rows="n", n_cols="m")
def eye(
    n: int, m: int | None = None, k: int = 0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The matrix with ones on the diagonal: n × n, or n × m; k moves the diagonal to the right."""
    return _made(np.eye(n, m, k, dtype=dtype or float), None, device, requires_grad)


# --- ranges ---------------------------------------------------------------------------------------------------


@_also_named(stop="end")
def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers from start (0 if only the end is given) up to, not including, end.

    >>> import wengert as wg
    >>> wg.arange(3), wg.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1. , 1.5]))
    """
    first, last = (0, start) if end is None else (start, end)
    bounds = [_numbers(first), _numbers(last), _numbers(step)]
    return _made(np.arange(*bounds, dtype=dtype), None, device, requires_grad)


@_also_named(stop="end", num="steps")
def linspace(
    start: Any,
    end: Any,
    steps: int = 50,
    endpoint: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` numbers from start to end, which is left out without `endpoint`; gradients flow to tracked ends.

    >>> import wengert as wg
    >>> wg.linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """
    check_device(device)
    values: Any = np.linspace(start, end, steps, endpoint, dtype=dtype)
    return values if isinstance(values, Array) and values.tracked else _made(read(values), None, None, requires_grad)


@_also_named(stop="end", num="steps")
def logspace(
    start: Any,
    end: Any,
    steps: int = 50,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The powers of `base` with `steps` exponents from start to end; gradients flow to tracked ends."""
    exponents = linspace(start, end, steps, device=device)
    values = np.power(base, exponents)
    if values.tracked:
        return values if dtype is None else values.astype(dtype)
    return _made(read(values), dtype, None, requires_grad)


# --- random -----------------------------------------------------------------------------------------------------


def rand(
    *lengths: Any,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Independent numbers, uniform on [0, 1)."""
    return _made(source(generator).random(_shape(lengths, size)), dtype, device, requires_grad)


def randn(
    *lengths: Any,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Independent numbers of the standard normal distribution (of variance 1 in all when complex)."""
    draw, shape = source(generator).standard_normal, _shape(lengths, size)
    complex_ = dtype is not None and np.dtype(dtype).kind == "c"
    return _made(
        (draw(shape) + 1j * draw(shape)) / np.sqrt(2) if complex_ else draw(shape), dtype, device, requires_grad
    )


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Independent integers from low (0 if left out) up to, not including, high.

    >>> import wengert as wg
    >>> wg.randint(0, 10, (2, 3)).shape, wg.randint(10, (4,)).shape
    ((2, 3), (4,))
    """
    if size is None and isinstance(high, tuple | list):  # randint(high, size)
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise InvalidArgument(
            explain(
                f"randint at {user_line()} without a size.",
                "It makes a tensor, whose shape must be known.",
                "Write wg.randint(low, high, (3, 4)).",
            )
        )
    return _made(source(generator).integers(low, high, _shape((size,))), dtype, device, requires_grad)


def randperm(n: int, *, generator: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return _made(source(generator).permutation(n), dtype, device, False)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Independent normal numbers of given mean and standard deviation: numbers with a size, or tensors."""
    shape = None if size is None else _shape((size,))
    return _made(source(generator).normal(_numbers(mean), _numbers(std), shape), dtype, device, requires_grad)


def rand_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Like `rand`, in the shape and dtype of another array."""
    x = _arraylike(input)
    return rand(*x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def randn_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Like `randn`, in the shape and dtype of another array."""
    x = _arraylike(input)
    return randn(*x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def randint_like(
    input: Any, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Like `randint`, in the shape and dtype of another array."""
    x = _arraylike(input)
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def array(object: Any, dtype: Any = None, *, copy: bool = True, ndmin: int = 0) -> Any:
    """A tensor of the values (numbers, nested lists, arrays or tensors); gradients flow from tensors to it.

    >>> import wengert as wg
    >>> wg.array([1.0, 2.0])
    tensor([1., 2.])
    """
    return np.array(object, dtype, copy=copy, ndmin=ndmin, like=zeros(()))


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor of the values; a tensor itself, unless the dtype differs or a copy is asked for."""
    return np.asarray(obj, dtype, copy=copy, like=zeros(()))
