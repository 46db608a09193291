"""Matrices of derivatives: Jacobians, Hessians and products with them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import fresh, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.pattern import Pattern
from wengert.interpreters.tensor import Tensor
from wengert.spec import spec
from wengert.transforms.arguments import differentiable, holomorphic_arguments, partial_in, picked
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import grad, vjp
from wengert.transforms.vmap import FIRST, vmap

__all__ = ["hessian", "hvp", "jacfwd", "jacobian", "jacrev", "sparsity"]

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def _sizes(leaves: Sequence[Any]) -> list[int]:
    return [spec(x).size for x in leaves]


def _basis(leaves: Sequence[Any]) -> list[Any]:
    """The unit vectors of the space of all leaves together, as one batch of leaves."""
    sizes = _sizes(leaves)
    total = sum(sizes)
    starts = np.cumsum([0, *sizes])
    out = []
    for x, start, size in zip(leaves, starts[:-1], sizes, strict=True):
        s = spec(x)
        rows = np.zeros((total, size), s.dtype)
        rows[start : start + size] = np.eye(size)
        out.append(rows.reshape((total, *s.shape)))
    return out


def _seeds(leaves: Sequence[Any]) -> list[Any]:
    """The basis to start sweeps from: tensors where the leaves are, so that tensors come back."""
    return [
        Tensor(rows, None, 0) if isinstance(x, Tensor) and not x.level else rows
        for x, rows in zip(leaves, _basis(leaves), strict=True)
    ]


def _split_rows(batch: Any, leaves: Sequence[Any]) -> list[Any]:
    """The rows of a batch that belong to each leaf, the leaf's shape in front."""
    starts = np.cumsum([0, *_sizes(leaves)])
    rest = spec(batch).shape[1:]
    return [
        np.reshape(batch[i:j], (*spec(x).shape, *rest)) for x, i, j in zip(leaves, starts[:-1], starts[1:], strict=True)
    ]


def _forward(inner: Function, x: Any, chunk_size: int | None) -> tuple[Any, Any]:
    leaves, structure = tree.flatten(x)
    leaves = [differentiable(leaf, "jacobian") for leaf in leaves]
    x = structure.unflatten(leaves)

    def push(*seeds: Any) -> Any:
        return jvp(inner, (x,), (structure.unflatten(seeds),))

    # Eigenvectors of equal eigenvalues suit the direction, so that the value may be computed once for each.
    axes = (FIRST, 0)
    out, columns = vmap(push, out_axes=axes, chunk_size=chunk_size)(*_seeds(leaves))
    if not any(_sizes(leaves)):
        out = inner(x)
    outs, out_structure = tree.flatten(columns)
    # The batch axis counts inputs; the Jacobian has the result's axes first.
    blocks = []
    for batch in outs:
        per_leaf = _split_rows(batch, leaves)
        moved = [_result_first(b, spec(x).ndim) for b, x in zip(per_leaf, leaves, strict=True)]
        blocks.append(structure.unflatten(moved))
    return out, out_structure.unflatten(blocks)


def _reverse(out: Any, pullback: Function, x: Any, chunk_size: int | None) -> Any:
    outs, out_structure = tree.flatten(out)
    leaves, structure = tree.flatten(x)

    def pull(*seeds: Any) -> Any:
        return pullback(out_structure.unflatten(seeds))[0]

    rows = tree.leaves(vmap(pull, chunk_size=chunk_size)(*_seeds(outs)))
    per_input = [_split_rows(batch, outs) for batch in rows]
    blocks = [structure.unflatten([per_input[n][m] for n in range(len(leaves))]) for m in range(len(outs))]
    return out_structure.unflatten(blocks)


def jacfwd(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Function:
    """The Jacobian by forward accumulation: one sweep for all inputs at once, best when inputs are few.

    Each block has the shape ``result.shape + argument.shape``; pytrees of results hold pytrees of arguments.
    chunk_size: how many columns at a time. Raises `NotDifferentiable` for integer arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.jacfwd(lambda x: np.array([1.0, 2.0, 3.0]) * x)(2.0)
    array([1., 2., 3.])
    """
    return _matrix(f, argnums, has_aux, chunk_size, "forward", holomorphic)


def jacrev(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Function:
    """The Jacobian by reverse accumulation: one sweep for all results at once, best when results are few.

    >>> import numpy as np, wengert as wg
    >>> wg.jacrev(lambda x: np.array([x[0] * x[1], x[0]], like=x))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    return _matrix(f, argnums, has_aux, chunk_size, "reverse", holomorphic)


def jacobian(
    f: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    mode: str = "auto",
    chunk_size: int | None = None,
) -> Function:
    """The Jacobian, by forward accumulation when inputs are fewer than results, else by reverse.

    mode: "auto", "forward" or "reverse". All seeds run in one vmapped pass, or `chunk_size` at a time. holomorphic: the
    complex derivative of a holomorphic function; of other functions of complex numbers `wirtinger` gives both.

    >>> import numpy as np, wengert as wg
    >>> wg.jacobian(np.square)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _matrix(f, argnums, has_aux, chunk_size, mode, holomorphic)


def _matrix(
    f: Function, argnums: Argnums, has_aux: bool, chunk_size: int | None, mode: str, holomorphic: bool
) -> Function:
    if mode not in ("auto", "forward", "reverse"):
        raise InvalidArgument(
            explain(
                f"jacobian at {user_line()} got mode={mode!r}.",
                "There are two accumulations, and the choice between them by shape.",
                'Write mode="auto", "forward" or "reverse".',
            )
        )

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        chosen = picked(args, argnums)
        if holomorphic:
            holomorphic_arguments(chosen, "jacobian")
        inner = partial_in(f, args, argnums, kwargs)
        if mode == "forward":
            aux: list[Any] = []
            return _with_aux(_forward(_dropping_aux(inner, aux) if has_aux else inner, chosen, chunk_size)[1], aux)
        out, pullback, *aux = vjp(inner, chosen, has_aux=has_aux)
        if mode == "auto" and sum(_sizes(tree.leaves(chosen))) < sum(_sizes(tree.leaves(out))):
            plain = (lambda x: inner(x)[0]) if has_aux else inner
            return _with_aux(_forward(plain, chosen, chunk_size)[1], aux)
        matrix = _reverse(out, pullback, chosen, chunk_size)
        # A row by reverse accumulation is the gradient of Re f, of a holomorphic f the conjugate of f'.
        return _with_aux(tree.map(np.conj, matrix) if holomorphic else matrix, aux)

    return function


def _dropping_aux(f: Function, kept: list[Any]) -> Function:
    def function(x: Any) -> Any:
        out, aux = f(x)
        kept[:] = [aux]
        return out

    return function


def _with_aux(matrix: Any, aux: list[Any]) -> Any:
    return (matrix, aux[0]) if aux else matrix


def hessian(f: Function, argnums: Argnums = 0, has_aux: bool = False, *, chunk_size: int | None = None) -> Function:
    """The matrix of second derivatives of a scalar function: forward over reverse accumulation.

    >>> import numpy as np, wengert as wg
    >>> wg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 4.0]))
    array([[8., 6.],
           [6., 0.]])
    """
    return jacfwd(jacrev(f, argnums, has_aux), argnums, has_aux, chunk_size=chunk_size)


def hvp(f: Function, primals: Any, tangents: Any, *args: Any, **kwargs: Any) -> Any:
    """The product of the Hessian of a scalar function with a vector, without forming the matrix.

    primals, tangents: tuples of arguments and directions, or a single argument and its direction; further
    arguments are passed on. Costs a few evaluations of `f`, whatever the dimension (forward over reverse;
    B. A. Pearlmutter, "Fast exact multiplication by the Hessian", 1994).

    >>> import numpy as np, wengert as wg
    >>> wg.hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    if not isinstance(primals, tuple):
        return jvp(lambda x: grad(f)(x, *args, **kwargs), (primals,), (tangents,))[1]
    argnums = tuple(range(len(primals)))
    return jvp(lambda *xs: grad(f, argnums)(*xs, *args, **kwargs), primals, tangents)[1]


def sparsity(f: Function, argnums: Argnums = 0) -> Function:
    """The sparsity pattern of the Jacobian: False where the result's entry cannot depend on the argument's.

    Each block is a boolean array of the Jacobian's shape, ``result.shape + argument.shape``; pytrees as with
    `jacobian`. The pattern holds at this argument (branches, indices and the like are those taken there) and may
    be larger than the non-zeros, never smaller. Raises `NotDifferentiable` for integer arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.sparsity(lambda x: x[1:] * x[:-1])(np.zeros(3)).astype(int)
    array([[1, 1, 0],
           [0, 1, 1]])
    """

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = tree.flatten(picked(args, argnums))
        leaves = [differentiable(x, "sparsity") for x in leaves]
        total = sum(_sizes(leaves))
        level = fresh()
        marks = [np.moveaxis(rows, 0, -1).astype(bool) for rows in _basis(leaves)]
        boxes = [Pattern(x, mark, level) for x, mark in zip(leaves, marks, strict=True)]
        out = partial_in(f, args, argnums, kwargs)(structure.unflatten(boxes))
        outs, out_structure = tree.flatten(out)
        blocks = []
        for o in outs:
            mark = _mark(unbridge(o), level, total)
            per_leaf = _split_rows(np.moveaxis(mark, -1, 0), leaves)
            moved = [_result_first(b, spec(x).ndim) for b, x in zip(per_leaf, leaves, strict=True)]
            blocks.append(structure.unflatten(moved))
        return out_structure.unflatten(blocks)

    return function


def _mark(o: Any, level: int, total: int) -> Any:
    """The pattern of a result: its axes, then one of all inputs."""
    shape = np.shape(o)
    mark = o.mark if isinstance(o, Pattern) and o.level == level else None
    return np.zeros((*shape, total), bool) if mark is None else mark


def _result_first(block: Any, rank: int) -> Any:
    """The `rank` axes of the argument moved behind those of the result."""
    return np.moveaxis(block, tuple(range(rank)), tuple(range(np.ndim(block) - rank, np.ndim(block))))
