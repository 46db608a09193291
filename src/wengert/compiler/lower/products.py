"""Matrix products that are worth it become statements of their own, which micro-kernels compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Block, For, Gemm, Index, Matrix, Var
from wengert.compiler.lower.evaluate import Evaluator
from wengert.compiler.lower.nodes import Node, linear, size_of

__all__ = ["large_products", "needs_copy"]

_FEW, _FEW_EACH, _SQUARE = 120, 300, 5  # multiplications of matrices (each of many) with no side shorter than that
_MANY, _THIN = 4096, 4  # and of others
_TOGETHER = 8  # products of which threads take one each; of fewer, all threads share each


def _pays(m: int, n: int, k: int, count: int) -> bool:
    """Whether a micro-kernel is faster than loops that fuse, in which many small products are computed side by side.

    Its lanes are columns, so it wants some, and depth.
    """
    work, few = m * n * k, _FEW if count == 1 else _FEW_EACH
    return (work >= few and min(m, n, k) >= _SQUARE) or (work >= _MANY and m >= 2 and min(n, k) >= _THIN)


def large_products(order: Sequence[Node]) -> None:
    """Turn the products among the nodes that are worth it into steps."""
    for node in order:
        if node.kind == "reduce" and node.axis is not None and node.code in ("f64", "f32"):
            roles = _roles(node)
            if roles is not None:
                _become_step(node, roles)


def _roles(node: Node) -> tuple[list[Any], list[Any], list[Any], list[Any]] | None:
    """Labels of the batch, of the rows, of the columns and of what is summed, if the product is worth it."""
    labels, out, inner, extents = node.axis
    if len(labels) != 2 or any(a.code != node.code for a in node.args):
        return None
    left, right = (
        {c for c, n in zip(own, a.shape, strict=True) if n == extents[c]}
        for own, a in zip(labels, node.args, strict=True)
    )
    if any(len(set(own)) < len(own) for own in labels) or not set(inner) <= left & right:
        return None
    batch = [c for c in out if c in left and c in right]
    rows, columns = [c for c in out if c in left and c not in right], [c for c in out if c in right and c not in left]
    m, n, k = (size_of([extents[c] for c in group]) for group in (rows, columns, inner))
    if not _pays(m, n, k, size_of([extents[c] for c in batch])) or set(out) - left - right:
        return None
    roles = batch, rows, columns, list(inner)
    contiguous = [
        _contiguous(x.shape, own, extents, *groups)
        for x, own, groups in zip(
            (*node.args, node), (*labels, out), ((rows, inner), (inner, columns), (rows, columns)), strict=True
        )
    ]
    return roles if all(contiguous) else None


def _contiguous(shape: Any, own: Any, extents: Any, rows: Any, columns: Any) -> bool:
    """Whether a contiguous array is a matrix of these labels."""
    trial = {c: Var(0, extents[c]) for c in own}
    place = tuple([Index(0, ((trial[c], 1),)) if n != 1 else Index() for c, n in zip(own, shape, strict=True)])
    return _as_matrix(None, linear(place, shape), trial, rows, columns) is not None


def needs_copy(node: Node, b: Builder) -> list[Node]:
    """The operands of a product that do not lie in memory as matrices, now that it is known what is stored."""
    roles = node.parts
    return [
        x
        for x, own, groups in zip(node.args, node.axis[0], ((roles[1], roles[3]), (roles[3], roles[2])), strict=True)
        if x.stored is None and _matrix(b, x, own, node.axis[3], *groups) is None
    ]


def _become_step(node: Node, roles: Any) -> None:
    """The product as a step; operands that are views of something are looked at where that is stored."""
    for a in node.args:
        base = a
        while base.kind == "map" and base.cost == 0 and len(base.args) == 1:
            base = base.args[0]
        base.forced = base.forced or base.kind == "map"

    def emit(scheduler: Any, step: Node, out: Block) -> None:
        _emit(scheduler.b, step, out)

    node.kind, node.emit, node.parts = "gemm", emit, roles


def _emit(b: Builder, node: Node, out: Block) -> None:
    labels, order, _, extents = node.axis
    batch, rows, columns, inner = node.parts
    at: dict[Any, Index] = {}
    block = out
    for c in batch:
        loop = For(Var(0, extents[c]), [], parallel=extents[c] >= _TOGETHER)
        at[c] = Index(0, ((loop.var, 1),))
        block.append(loop)
        block = loop.body
    left, right = (
        _matrix(b, x, own, extents, first, second, at)
        for x, own, (first, second) in zip(node.args, labels, ((rows, inner), (inner, columns)), strict=True)
    )
    m, n, k = (size_of([extents[c] for c in group]) for group in (rows, columns, inner))
    trial = {c: Var(0, extents[c]) for c in (*rows, *columns)}
    place = tuple([at[c] if c in at else Index(0, ((trial[c], 1),)) for c in order])
    result = _as_matrix(node.stored, linear(place, node.shape), trial, rows, columns)
    assert left is not None
    assert right is not None
    assert result is not None
    block.append(Gemm(m, n, k, left, right, result))


def _matrix(b: Builder, x: Node, own: Any, extents: Any, rows: Any, columns: Any, at: Any = None) -> Matrix | None:
    """An operand as a matrix in memory, if it is one. at: indices of the batch labels."""
    trial = {c: Var(0, extents[c]) for c in own}
    fixed = at or {}
    place = tuple([
        Index() if n == 1 else fixed[c] if c in fixed else Index(0, ((trial[c], 1),))
        for c, n in zip(own, x.shape, strict=True)
    ])  # fmt: skip
    value = Evaluator(b).at(x, place)
    if value.op != "load" or value.args:
        return None
    buffer, index = value.attr
    return _as_matrix(buffer, index, trial, rows, columns)


def _as_matrix(buffer: Any, index: Index, trial: Any, rows: Any, columns: Any) -> Matrix | None:
    """Where the labels of the rows, and those of the columns, each walk in equal steps."""
    if index.dynamic:
        return None
    steps = []
    rest = index
    for group in (rows, columns):
        step = None
        for c in reversed(group):
            v = trial[c]
            mine = index.coefficient(v)
            rest = rest + Index(0, ((v, -mine),)) if mine else rest
            if v.stop == 1:
                continue
            if step is None:
                step, length = mine, v.stop
            elif mine == step * length:
                length *= v.stop
            else:
                return None
        steps.append(1 if step is None else step)
    if 1 not in steps:
        return None
    return Matrix(buffer, rest, steps[0], steps[1])
