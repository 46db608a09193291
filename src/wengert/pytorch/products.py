"""PyTorch's products of matrices and vectors, norms and distances, each a line or two over NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.pytorch.spelled import reduced_axes
from wengert.spec import normal_axis

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "cdist", "chain_matmul", "dist", "einsum", "frobenius_norm",
    "mm", "mv", "norm", "nuclear_norm", "pdist", "renorm",
]  # fmt: skip


def mm(input: Any, mat2: Any) -> Any:
    """The product of two matrices."""
    return _product("mm", input, 2, mat2, 2)


def bmm(input: Any, mat2: Any) -> Any:
    """The products of two stacks of matrices."""
    return _product("bmm", input, 3, mat2, 3)


def mv(input: Any, vec: Any) -> Any:
    """The product of a matrix and a vector."""
    return _product("mv", input, 2, vec, 1)


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


def chain_matmul(*matrices: Any) -> Any:
    """The product of several matrices, in the order that needs the fewest multiplications."""
    return matrices[0] if len(matrices) == 1 else np.linalg.multi_dot(matrices)


def _sum(beta: Any, input: Any, alpha: Any, product: Any) -> Any:
    """Beta input + alpha product; nothing of the input, NaNs included, is left by a beta of 0."""
    if isinstance(beta, int | float) and beta == 0:
        beta, input = 1, np.zeros(np.shape(input), product.dtype)
    return beta * input + alpha * product


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta input + alpha mat1 mat2."""
    return _sum(beta, input, alpha, np.matmul(mat1, mat2))


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta input + alpha mat vec."""
    return _sum(beta, input, alpha, mv(mat, vec))


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta input + alpha vec1 vec2ᵀ."""
    return _sum(beta, input, alpha, np.outer(vec1, vec2))


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta input + alpha times the sum of the products of two stacks of matrices."""
    return _sum(beta, input, alpha, np.sum(bmm(batch1, batch2), axis=0))


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Beta input + alpha times the products of two stacks of matrices."""
    return _sum(beta, input, alpha, bmm(batch1, batch2))


# --- norms and distances ----------------------------------------------------------------------------------------


def norm(input: Any, p: Any = None, dim: Any = None, keepdim: bool = False, dtype: Any = None, **kwargs: Any) -> Any:
    """The length of the entries, along `dim` or of all together; p: the exponent, ``"fro"`` or ``"nuc"``.

    >>> import wengert as wg
    >>> wg.norm(wg.tensor([[3.0, 4.0], [0.0, 5.0]]), dim=1)
    tensor([5., 5.])
    """
    input = input if dtype is None else input.astype(dtype)
    p = kwargs.get("ord", p)
    dim, keepdim = reduced_axes(input, dim, keepdim)
    if p == "fro" or (dim is None and p == 2):
        p = None
    if dim is None and p not in (None, "nuc"):
        input = np.ravel(input)
    if dim is None and keepdim and p is None:
        dim = tuple(range(np.ndim(input)))
        return np.linalg.vector_norm(input, axis=dim, keepdims=True)
    return np.linalg.norm(input, p, tuple(dim) if isinstance(dim, list) else dim, keepdim)


def frobenius_norm(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """The length of the entries along axes."""
    dim, keepdim = reduced_axes(input, dim, keepdim)
    return np.linalg.vector_norm(input, axis=tuple(dim) if isinstance(dim, list) else dim, keepdims=keepdim)


def nuclear_norm(input: Any, dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    """The sum of the singular values."""
    return np.linalg.norm(input, "nuc", tuple(dim), keepdim)


def dist(input: Any, other: Any, p: Any = 2) -> Any:
    """The p-norm of the difference."""
    return np.linalg.norm(np.ravel(input - other), p)


def cdist(x1: Any, x2: Any, p: Any = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """The distances (…, n, m) in the p-norm between points (…, n, d) and (…, m, d); derivative 0 at distance 0.

    compute_mode chooses among ways to the same values, and is not needed here.

    >>> import wengert as wg
    >>> wg.cdist(wg.tensor([[0.0, 0.0]]), wg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    return np.linalg.norm(x1[..., :, None, :] - x2[..., None, :, :], p, axis=-1)


def pdist(input: Any, p: Any = 2.0) -> Any:
    """The distances between the rows of a matrix, each pair once."""
    i, j = np.triu_indices(np.shape(input)[0], 1)
    return np.linalg.norm(input[i] - input[j], p, axis=-1)


def renorm(input: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    """The parts along an axis, those of a p-norm above `maxnorm` scaled down to it."""
    dim = normal_axis(dim, np.ndim(input))
    others = tuple(n for n in range(np.ndim(input)) if n != dim)
    lengths = np.linalg.vector_norm(input, axis=others, keepdims=True, ord=p)
    # The small number is PyTorch's, too.
    return np.where(lengths > maxnorm, maxnorm / (lengths + 1e-7), 1) * input


def einsum(*operands: Any, **kwargs: Any) -> Any:
    """NumPy's; the operands may also be given as one list.

    >>> import wengert as wg
    >>> wg.einsum("i,i->", [wg.ones(2), wg.ones(2)])
    tensor(2.)
    """
    if len(operands) == 2 and isinstance(operands[0], str) and isinstance(operands[1], list | tuple):
        operands = (operands[0], *operands[1])
    return np.einsum(*operands, **kwargs)
