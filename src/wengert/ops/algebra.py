"""How NumPy's products and its linear algebra are spelled with the rows."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.protocols import SPELLINGS, spell
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops import determinants, linalg, reduce, sparse
from wengert.ops.spelling import inexact, length, lift
from wengert.spec import normal_axes, normal_axis

__all__: list[str] = []


@spell(np.matmul)
def matmul(x: Any, y: Any) -> Any:
    """The matrix product; 1-d operands are vectors, and one operand may be a sparse matrix of SciPy's."""
    if sparse.is_sparse(x):
        return _sparse_product(x, lift(y))
    if sparse.is_sparse(y):
        return np.transpose(_sparse_product(y.T, np.transpose(lift(x))))
    x, y = lift(x), lift(y)
    if not x.shape or not y.shape:
        raise InvalidArgument(
            explain(
                f"matmul at {user_line()} got shapes {x.shape} and {y.shape}.",
                "A matrix product needs at least one axis on each side.",
                "Write x * y for a product with a number.",
            )
        )
    row = _PRODUCTS[x.ndim > 1, y.ndim > 1]
    return apply(row, (x, y))


def _sparse_product(a: Any, x: Any) -> Any:
    if x.ndim not in (1, 2) or a.ndim != 2 or a.shape[1] != x.shape[0]:
        raise InvalidArgument(
            explain(
                f"matmul at {user_line()} got a sparse matrix of shape {a.shape} and an array of shape {x.shape}.",
                "A product sums over the columns of the one and the rows of the other.",
                "Give a vector or a matrix with as many rows as the sparse matrix has columns.",
            )
        )
    places = a.tocoo()
    params = {"rows": places.row, "cols": places.col, "shape": a.shape}
    out = apply(sparse.sparse_matmul, (places.data, np.reshape(x, (x.shape[0], -1))), params)
    return np.reshape(out, (a.shape[0], *x.shape[1:]))


_PRODUCTS = {
    (True, True): linalg.matmul,
    (True, False): linalg.matvec,
    (False, True): linalg.vecmat,
    (False, False): linalg.vecdot,
}


@spell(np.dot)
def dot(a: Any, b: Any) -> Any:
    """The sum product over the last axis of a and the second-to-last of b."""
    a, b = lift(a), lift(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    return np.tensordot(a, b, axes=((a.ndim - 1,), (builtins.max(b.ndim - 2, 0),)))


@spell(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """The scalar product of the flattened arrays, the first one conjugated."""
    return matmul(np.conj(np.ravel(lift(a))), np.ravel(lift(b)))


@spell(np.inner)
def inner(a: Any, b: Any) -> Any:
    """The sum product over the last axes."""
    a, b = lift(a), lift(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else np.tensordot(a, b, axes=((-1,), (-1,)))


@spell(np.outer)
def outer(a: Any, b: Any) -> Any:
    """All products of an entry of a and one of b."""
    return np.ravel(lift(a))[:, None] * np.ravel(lift(b))[None, :]


@spell(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum product over chosen axes: one matrix product of the reshaped arrays."""
    a, b = lift(a), lift(b)
    if isinstance(axes, int | np.integer):
        left, right = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        left, right = [[int(n) for n in np.atleast_1d(group)] for group in axes]
    left, right = [normal_axis(n, a.ndim) for n in left], [normal_axis(n, b.ndim) for n in right]
    if [a.shape[n] for n in left] != [b.shape[n] for n in right]:
        raise InvalidArgument(
            explain(
                f"tensordot at {user_line()} got shapes {a.shape} and {b.shape} with axes={axes!r}.",
                "The axes that are summed over must have the same lengths.",
                "Check the order of the axes in each group.",
            )
        )
    rest_a = [n for n in range(a.ndim) if n not in left]
    rest_b = [n for n in range(b.ndim) if n not in right]
    k = reduce.count(a.shape, tuple(left))
    rows, columns = reduce.count(a.shape, tuple(rest_a)), reduce.count(b.shape, tuple(rest_b))
    flat = matmul(
        np.reshape(np.transpose(a, (*rest_a, *left)), (rows, k)),
        np.reshape(np.transpose(b, (*right, *rest_b)), (k, columns)),
    )
    return np.reshape(flat, (*[a.shape[n] for n in rest_a], *[b.shape[n] for n in rest_b]))


@spell(np.kron)
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product."""
    a, b = lift(a), lift(b)
    rank = builtins.max(a.ndim, b.ndim)
    a, b = (np.reshape(x, (1,) * (rank - x.ndim) + x.shape) for x in (a, b))
    pairs = np.expand_dims(a, tuple(range(1, 2 * rank, 2))) * np.expand_dims(b, tuple(range(0, 2 * rank, 2)))
    return np.reshape(pairs, tuple(m * n for m, n in zip(a.shape, b.shape, strict=True)))


@spell(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum along a diagonal."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@spell(np.linalg.trace)
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums along the diagonals of the last two axes."""
    return trace(x, offset, -2, -1, dtype)


@spell(np.einsum)
def einsum(*operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    """Sums of products by labels of axes, in both of NumPy's notations."""
    subscripts, arrays = _einsum_arguments(operands)
    left, right = _explicit(subscripts, [lift(x) for x in arrays])
    labels, inputs = [], []
    for text, x in zip(left, [lift(x) for x in arrays], strict=True):
        while len(set(text)) < len(text):  # a repeated label is a diagonal
            label = next(c for c in text if text.count(c) > 1)
            first, second = (n for n, c in enumerate(text) if c == label and text[:n].count(label) < 2)
            x = np.diagonal(x, 0, first, second)
            text = "".join(c for n, c in enumerate(text) if n not in (first, second)) + label
        labels.append(text)
        inputs.append(x)
    return apply(linalg.einsum, inputs, {"subscripts": (*labels, right)})


def _einsum_arguments(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def spell_out(group: Any) -> str:
        return "".join("..." if n is ... else letters[n] for n in group)

    arrays, groups = list(operands[0 : len(operands) // 2 * 2 : 2]), operands[1::2]
    text = ",".join(spell_out(group) for group in groups)
    return (f"{text}->{spell_out(operands[-1])}" if len(operands) % 2 else text), arrays


def _explicit(subscripts: str, arrays: list[Any]) -> tuple[list[str], str]:
    """Subscripts with ellipses as letters and the result written out."""
    left_text, arrow, right = subscripts.partition("->")
    left = left_text.split(",")
    if len(left) != len(arrays):
        raise InvalidArgument(
            explain(
                f"einsum({subscripts!r}) at {user_line()} got {len(arrays)} operands.",
                f"The subscripts name {len(left)}.",
                "Separate the labels of the operands by commas.",
            )
        )
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in subscripts]
    ranks = [
        x.ndim - len(text.replace("...", "")) if "..." in text else 0 for text, x in zip(left, arrays, strict=True)
    ]
    dots = "".join(free[: builtins.max(ranks, default=0)])
    left = [text.replace("...", dots[len(dots) - n :]) for text, n in zip(left, ranks, strict=True)]
    if not arrow:
        seen = "".join(left)
        right = dots + "".join(sorted(c for c in set(seen) if seen.count(c) == 1 and c not in dots))
    return left, right.replace("...", dots)


@spell(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """x with a x = b, for a vector or a matrix b."""
    a, b = inexact(lift(a)), inexact(lift(b))
    if b.ndim == 1:
        return linalg.solve(a, b[..., None])[..., 0]
    return linalg.solve(a, b)


@spell(np.linalg.inv)
def inv(a: Any) -> Any:
    """The inverse."""
    return linalg.inv(inexact(lift(a)))


@spell(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant."""
    return determinants.det(inexact(lift(a)))


_SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


@spell(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return _SlogdetResult(*determinants.slogdet(inexact(lift(a))))


@spell(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """L with a = L Lᴴ of the lower triangle of a, or the upper Lᴴ of the upper one."""
    a = inexact(lift(a))
    return linalg.H(linalg.cholesky(linalg.H(a))) if upper else linalg.cholesky(a)


def _largest(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """The largest of sizes; of none, 0."""
    return (np.max if x.size else np.sum)(x, axis=axis, keepdims=keepdims)


@spell(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Vector and matrix norms; lengths have derivative 0 at 0."""
    x = inexact(lift(x))
    if axis is None and (ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1)):
        out = length(x, normal_axes(None, x.ndim), False) if x.shape else np.abs(x)
        return np.reshape(out, (1,) * x.ndim) if keepdims else out
    axes = normal_axes(axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    if ord is None or ord in ("f", "fro"):
        return length(x, axes, keepdims)
    row, column = axes if axis is None else tuple(normal_axis(a, x.ndim) for a in axis)
    sums: dict[Any, Any] = {1: (row, _largest), -1: (row, np.min)}
    sums |= {np.inf: (column, _largest), -np.inf: (column, np.min)}
    if ord in sums:
        along, pick = sums[ord]
        out = pick(np.sum(np.abs(x), axis=along, keepdims=True), axis=axes, keepdims=True)
    elif ord in (2, -2, "nuc"):
        values = np.linalg.svd(np.moveaxis(x, (row, column), (-2, -1)), compute_uv=False)
        combine: dict[Any, Any] = {2: _largest, -2: np.min, "nuc": np.sum}
        out = combine[ord](values, axis=-1)
        return np.expand_dims(out, axes) if keepdims else out
    else:
        raise ValueError("Invalid norm order for matrices.")
    return out if keepdims else np.squeeze(out, axis=axes)


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord == 2:
        return length(x, axes, keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return _largest(size, axes, keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(size.dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order {ord!r} for vectors")
    return np.sum(size**ord, axis=axes, keepdims=keepdims) ** (1.0 / ord)


@spell(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """A norm of vectors along axes."""
    x = inexact(lift(x))
    return _vector_norm(x, ord, normal_axes(axis, x.ndim), keepdims)


@spell(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """A norm of matrices in the last two axes."""
    return norm(x, ord=ord, axis=(-2, -1), keepdims=keepdims)


_base: Any
for _function, _base in [
    (np.linalg.matmul, np.matmul), (np.linalg.outer, np.outer), (np.linalg.tensordot, np.tensordot),
    (np.linalg.matrix_transpose, np.matrix_transpose),
]:  # fmt: skip
    SPELLINGS[_function] = _base


@spell(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The scalar product along an axis, the first operand conjugated."""
    return np.sum(np.conj(x1) * x2, axis=axis)


if hasattr(np, "vecdot"):
    SPELLINGS[np.vecdot] = lambda x1, x2: vecdot(x1, x2)
if hasattr(np, "matvec"):  # NumPy 2.2
    SPELLINGS[np.matvec] = lambda a, x: linalg.matvec(lift(a), lift(x))
    SPELLINGS[np.vecmat] = lambda x, a: linalg.vecmat(np.conj(lift(x)), lift(a))
