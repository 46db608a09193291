"""Products of matrices: reductions that fuse with what surrounds them; `products.py` picks the large ones."""

from __future__ import annotations

from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Value, code_of
from wengert.compiler.lower.nodes import Access, Node, Place, size_of
from wengert.compiler.lower.table import lowering

__all__ = ["product"]


def product(
    args: list[Node], labels: list[tuple[Any, ...]], out: tuple[Any, ...], extents: dict[Any, int], code: str
) -> Node:
    """Σ Π over labels of axes, as in einsum: entry `out` is the sum over all other labels."""
    inner = [c for c in extents if c not in out]
    names = [*out, *inner]

    def rule(b: Builder, place: Place) -> Access:
        at = dict(zip(names, place, strict=True))
        total: Value | None = None
        for x, own in zip(args, labels, strict=True):
            where = tuple([at[c] if n != 1 else at[c] * 0 for c, n in zip(own, x.shape, strict=True)])
            v = yield x, where
            v = b.cast(v, code)
            total = v if total is None else b("mul", total, v)
        assert total is not None
        return total

    shape = tuple([extents[c] for c in out])
    node = Node("reduce", shape, code, args, rule=rule, inner=tuple([extents[c] for c in inner]), op="add", init=0,
                cost=2.0)  # fmt: skip
    node.axis = (labels, out, inner, extents)  # what `large_products` looks at
    return node


def _lower_product(name: str, left: str, right: str, out: str) -> None:
    """matmul and its kin: the labels of the last axes; axes before them broadcast."""

    @lowering(name)
    def lower(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
        (spec,) = specs
        code = code_of(spec.dtype)
        if code is None or code == "b1":
            return None
        batch = len(spec.shape) - len(out)
        labels = [_labels(x, own, batch) for x, own in zip(args, (left, right), strict=True)]
        extents: dict[Any, int] = dict(enumerate(spec.shape[:batch]))
        for x, own in zip(args, labels, strict=True):
            for c, n in zip(own, x.shape, strict=True):
                if isinstance(c, str):
                    extents[c] = n
        return product(args, labels, (*range(batch), *out), extents, code)


def _labels(x: Node, own: str, batch: int) -> tuple[Any, ...]:
    lead = len(x.shape) - len(own)
    return (*range(batch - lead, batch), *own)


_lower_product("matmul", "nk", "km", "nm")
_lower_product("matvec", "nk", "k", "n")
_lower_product("vecmat", "k", "km", "m")
_lower_product("vecdot", "k", "k", "")


@lowering("einsum")
def einsum(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """Sums of products; many operands whose loops are much longer than they are get NumPy's plan."""
    (spec,) = specs
    code = code_of(spec.dtype)
    *left, right = params["subscripts"]
    if code is None or code == "b1":
        return None
    extents = {c: n for x, own in zip(args, left, strict=True) for c, n in zip(own, x.shape, strict=True) if n != 1}
    for own in left:
        for c in own:
            extents.setdefault(c, 1)
    if len(args) > 2 and size_of(list(extents.values())) > 8 * max([spec.size, *[x.size for x in args]]):
        return None
    return product(args, [tuple(own) for own in left], tuple(right), extents, code)
