"""Products and solutions with sparse matrices whose entries may be differentiated, at constant places.

A matrix is its entries `data` (n,), and the places of these as params: rows and cols (n,), shape. Entries at one place
are added. With A(data) the adjoints are A(data)ᴴ g in x, and per entry the g of its row times the x of its column.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, linear, multilinear, primitive
from wengert.errors import MissingDependency, explain
from wengert.ops.linalg import conj

__all__ = ["is_sparse"]


def is_sparse(x: Any) -> bool:
    """Whether this is one of SciPy's sparse arrays or matrices."""
    return type(x).__module__.startswith("scipy.sparse") and hasattr(x, "tocoo")


def _scipy(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependency(
            explain(
                "a sparse matrix needs SciPy, which is not installed.",
                "wengert itself needs NumPy only; sparse products and solutions are SciPy's.",
                "Run: pip install 'wengert[scipy]'",
            )
        ) from error


def _matrix(data: Any, rows: Any, cols: Any, shape: Any) -> Any:
    return _scipy("scipy.sparse").coo_array((data, (rows, cols)), shape=shape)


def _product(data: Any, x: Any, rows: Any, cols: Any, shape: Any) -> Any:
    return _matrix(data, rows, cols, shape).tocsr() @ x


def _solution(data: Any, b: Any, rows: Any, cols: Any, shape: Any) -> Any:
    factors = _scipy("scipy.sparse.linalg").splu(_matrix(data, rows, cols, shape).tocsc())
    dtype = np.result_type(data, b)
    return factors.solve(b.astype(dtype)) if dtype.kind != "c" or data.dtype.kind == "c" else _complex(factors, b)


def _complex(factors: Any, b: Any) -> Any:
    """A real matrix and a complex right side."""
    return factors.solve(np.ascontiguousarray(b.real)) + 1j * factors.solve(np.ascontiguousarray(b.imag))


def _adjoint(op: Callable[..., Any], data: Any, g: Any, rows: Any, cols: Any, shape: Any) -> Any:
    return op(conj(data), g, rows=cols, cols=rows, shape=shape[::-1])


def _per_entry(g: Any, x: Any, rows: Any, cols: Any) -> Any:
    return np.sum(g[rows] * conj(x)[cols], axis=-1)


def _each(op: Callable[[], Op]) -> Callable[..., Any]:
    """The vmap column: right sides beside each other; matrices one by one."""

    def vmap(n: int, operands: Any, batched: Any, params: Any) -> Any:
        data, x = operands
        if not batched[0]:
            wide = np.reshape(np.moveaxis(x, 0, 1), (x.shape[1], -1))
            out = apply(op(), (data, wide), params)
            return np.moveaxis(np.reshape(out, (out.shape[0], n, x.shape[2])), 1, 0)
        return np.stack([apply(op(), (data[i], x[i] if batched[1] else x), params) for i in range(n)])

    return vmap


sparse_matmul: Op = multilinear(_product, "data x", name="sparse_matmul",
    data=lambda g, x, rows, cols, shape: _per_entry(g, x, rows, cols),
    x=lambda g, data, rows, cols, shape: _adjoint(sparse_matmul, data, g, rows, cols, shape),
    vmap=_each(lambda: sparse_matmul))  # fmt: skip

# A out = b:  dA out + A dout = db.
sparse_solve: Op = primitive(_solution, "data b", name="sparse_solve",
    jvp={
        "data": lambda t, data, out, rows, cols, shape: -sparse_solve(
            data, sparse_matmul(t, out, rows=rows, cols=cols, shape=shape), rows=rows, cols=cols, shape=shape),
        "b": lambda t, data, rows, cols, shape: sparse_solve(data, t, rows=rows, cols=cols, shape=shape),
    },
    vjp={
        "data": lambda g, data, out, rows, cols, shape: -_per_entry(
            _adjoint(sparse_solve, data, g, rows, cols, shape), out, rows, cols),
        "b": lambda g, data, rows, cols, shape: _adjoint(sparse_solve, data, g, rows, cols, shape),
    },
    vmap=_each(lambda: sparse_solve))  # fmt: skip


def _columns(op: Callable[[], Op]) -> Callable[..., Any]:
    """The vmap column of an op on columns: those of all entries beside each other."""

    def vmap(n: int, operands: Any, batched: Any, params: Any) -> Any:
        (b,) = operands
        wide = np.reshape(np.moveaxis(b, 0, 1), (b.shape[1], -1))
        out = apply(op(), (wide,), params)
        return np.moveaxis(np.reshape(out, (out.shape[0], n, b.shape[2])), 1, 0)

    return vmap


# --- a constant matrix -------------------------------------------------------------------------------------------

# Which system is solved instead of that with A, of which `factors` are known: with A, Aᵀ or Aᴴ.
_ADJOINT = {"N": "H", "H": "N"}


def _factored(b: Any, factors: Any, trans: str) -> Any:
    if b.dtype.kind == "c" and factors.U.dtype.kind != "c":
        return _factored(b.real, factors, trans) + 1j * _factored(b.imag, factors, trans)
    return factors.solve(np.ascontiguousarray(b, factors.U.dtype), trans)


def _factored_adjoint(g: Any, factors: Any, trans: str) -> Any:
    """(A⁻¹)ᴴ g, and (A⁻ᵀ)ᴴ g as the conjugate of A⁻¹ ḡ."""
    if trans == "T":
        return conj(factored_solve(conj(g), factors=factors, trans="N"))
    return factored_solve(g, factors=factors, trans=_ADJOINT[trans])


factored_solve: Op = linear(_factored, "b", name="factored_solve",
    b=lambda g, factors, trans: _factored_adjoint(g, factors, trans),
    vmap=_columns(lambda: factored_solve))  # fmt: skip


# The exponential of the matrix, times columns.


def _acted(b: Any, matrix: Any, time: float, trace: Any) -> Any:
    settings = {} if trace is None else {"traceA": time * trace}
    return _scipy("scipy.sparse.linalg").expm_multiply(time * matrix, b, **settings)


def _acted_adjoint(g: Any, matrix: Any, time: float, trace: Any) -> Any:
    """(eᴬ)ᴴ = e^(Aᴴ)."""
    adjoint = np.conj(matrix.T) if isinstance(matrix, np.ndarray) else matrix.T.conj()
    return expm_action(g, matrix=adjoint, time=time, trace=None if trace is None else np.conj(trace))


expm_action: Op = linear(_acted, "b", name="expm_action",
    b=lambda g, matrix, time, trace: _acted_adjoint(g, matrix, time, trace),
    vmap=_columns(lambda: expm_action))  # fmt: skip
