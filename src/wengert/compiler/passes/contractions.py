"""Sums of matrix products are matrix products.

    Σ_t A_t B_t = [A_1 A_2 …] [B_1; B_2; …]

The slope of a matrix that many vectors went through, those of a batch or of the steps of a loop, is such a sum. As one
product it needs no array of all the terms, and no carry through the loop.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from wengert.compiler.passes.build import Builder, rule, spec_of
from wengert.compiler.passes.nested import rebuilt
from wengert.interpreters.record import Equation, Variable
from wengert.spec import Spec

__all__ = ["collected", "totals", "without_collected"]

Operands = Sequence[Any]
Params = Mapping[str, Any]


@rule("sum", reads="matmul")
def sum_of_products(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """sum(matmul(a, b), all axes but the last two) = matmul of a's matrices side by side, and b's one below the other.

    Where a is transposed matrices, or no larger than their products: putting matrices side by side may be a copy.
    """
    product = build.made_by(xs[0], "matmul")
    if product is None or params["keepdims"] or xs[0].spec.dtype != spec.dtype:
        return None
    a, b = product.operands
    (*batch, k, n), m = spec_of(a).shape, spec_of(b).shape[-1]
    if not batch or params["axis"] != tuple(range(len(batch))) or spec_of(b).shape != (*batch, n, m):
        return None
    if n > m and build.made_by(a, "transpose") is None:
        return None
    long, last = math.prod(batch) * n, len(batch)
    rows = _swapped(build, a, (*range(last), last + 1, last))
    rows = build.call("reshape", rows, spec=Spec((long, k), spec_of(a).dtype), shape=(long, k))
    below = build.call("reshape", b, spec=Spec((long, m), spec_of(b).dtype), shape=(long, m))
    return build.call("matmul", _swapped(build, rows, (1, 0)), below, spec=spec)


def _swapped(build: Builder, x: Any, axes: tuple[int, ...]) -> Any:
    old = spec_of(x)
    return build.call("transpose", x, spec=Spec(tuple([old.shape[a] for a in axes]), old.dtype), axes=axes)


@rule("transpose", reads="matmul")
def transposed_product(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """transpose(matmul(transpose(x), y)) = matmul(transpose(y), x), of matrices or stacks of them."""
    product = build.made_by(xs[0], "matmul")
    if product is None:
        return None
    a, y = product.operands
    rank = len(spec.shape)
    swap = (*range(rank - 2), rank - 1, rank - 2)
    turned = build.made_by(a, "transpose")
    if params["axes"] != swap or turned is None or turned.params["axes"] != swap or len(spec_of(y).shape) != rank:
        return None
    return build.call("matmul", _swapped(build, y, swap), turned.operands[0], spec=spec)


@rule("sum", reads="transpose")
def sum_of_transposed(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """sum(transpose(x), axis) = transpose(sum(x, the same axes)), if a matrix product may be below."""
    moved = build.made_by(xs[0], "transpose")
    if moved is None or params["keepdims"] or build.made_by(moved.operands[0], "matmul") is None:
        return None
    (x,), axes = moved.operands, moved.params["axes"]
    gone = {axes[a] for a in params["axis"]}
    left = [a for a in range(len(axes)) if a not in gone]
    shape = tuple([x.spec.shape[a] for a in left])
    total = build.call("sum", x, spec=Spec(shape, spec.dtype), **{**params, "axis": tuple(sorted(gone))})
    order = tuple([left.index(a) for a in axes if a not in gone])
    return build.call("transpose", total, spec=spec, axes=order)


@rule("sum", reads="sum")
def sum_of_sums(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """sum(sum(x, first axes), second axes) = sum(x, both)."""
    inner = build.made_by(xs[0], "sum")
    if inner is None or any(e["keepdims"] or set(e) != {"axis", "keepdims"} for e in (inner.params, params)):
        return None
    (x,) = inner.operands
    if xs[0].spec.dtype != spec.dtype or spec_of(x).dtype != spec.dtype:
        return None
    left = [a for a in range(len(spec_of(x).shape)) if a not in inner.params["axis"]]
    axis = tuple(sorted([*inner.params["axis"], *[left[a] for a in params["axis"]]]))
    return build.call("sum", x, spec=spec, axis=axis, keepdims=False)


# --- what a loop only collects ------------------------------------------------------------------------------------


class Collected(NamedTuple):
    """Carries of a scan to which each step adds a term, and which nothing else reads.

    terms: by the place of the carry. columns: what the terms are made of that the scan has to stack for it.
    """

    terms: dict[int, Variable]
    columns: list[Variable]


def collected(equation: Equation) -> Collected:
    """The carries of a scan whose sums can be taken behind it.

    A term comes by transpositions, products and sums of what the scan reads or stacks already; or it is a product, and
    no smaller than what has to be stacked for it.
    """
    params, found = equation.params, Collected({}, [])
    if params["length"] < 2 or params.get("checkpoint") is not None:
        return found
    body, consts, carry = params["body"], params["consts"], params["carry"]
    made = {v: e for e in body.equations for v in e.results}
    reads = Counter([x for e in body.equations for x in e.operands if type(x) is Variable])
    reads.update([x for x in body.outputs if type(x) is Variable])
    there = {*body.inputs[consts + carry :], *[y for y in body.outputs[carry:] if type(y) is Variable]}
    fixed = set(body.inputs[:consts])
    for n in [*range(carry)] * 2:  # what is stacked for one may do for another before it
        state, step = body.inputs[consts + n], made.get(body.outputs[n])
        if (
            n in found.terms
            or step is None
            or step.op.name != "add"
            or reads[state] != 1
            or reads[step.results[0]] != 1
        ):
            continue
        (term, *more) = [x for x in step.operands if x is not state]
        if more or type(term) is not Variable or term.spec != state.spec or term.spec.dtype.kind not in "fc":
            continue
        columns = _columns(term, made, there, fixed)
        if columns is not None:
            found.terms[n] = term
            found.columns.extend(columns)
            there.update(columns)
    return found


def _columns(
    term: Variable, made: Mapping[Variable, Equation], there: set[Variable], fixed: set[Variable]
) -> list[Variable] | None:
    """What has to be stacked for a term, None if that does not pay."""
    pending: list[Any] = [term]
    columns: dict[Variable, None] = {}
    products = 0
    while pending:
        v = pending.pop()
        if type(v) is not Variable or v in fixed:
            return None
        e = made.get(v)
        if v in there:
            continue
        if e is not None and e.op.name in _LIFTED and _LIFTED[e.op.name](e):
            products += e.op.name == "matmul"
            pending += e.operands
        else:
            columns[v] = None
    pays = not columns or (products and sum([v.spec.size for v in columns]) <= term.spec.size)
    return list(columns) if pays else None


def _is_matrix_product(e: Equation) -> bool:
    a, b = (spec_of(x).shape for x in e.operands)
    return len(a) == len(b) >= 2 and a[:-2] == b[:-2]


# The ops that are the same for all steps at once, with one axis more in front.
_LIFTED: dict[str, Callable[[Equation], bool]] = {
    "transpose": lambda e: True,
    "matmul": _is_matrix_product,
    "sum": lambda e: set(e.params) == {"axis", "keepdims"},
}


def without_collected(build: Builder, equation: Equation, found: Collected) -> Equation:
    """The scan without these carries, and with the columns that their sums are of behind its results."""
    op, operands, params, results = equation
    body, consts = params["body"], params["consts"]
    inputs = [n for n in range(len(operands)) if n - consts not in found.terms]
    outs = [n for n in range(len(results)) if n not in found.terms]
    new = rebuilt(body, [body.inputs[n] for n in inputs], [*[body.outputs[n] for n in outs], *found.columns])
    columns = [Variable(build.trace, _longer(v.spec, params["length"])) for v in found.columns]
    return Equation(
        op,
        tuple([operands[n] for n in inputs]),
        {**params, "body": new, "carry": params["carry"] - len(found.terms)},
        (*[results[n] for n in outs], *columns),
    )


def _longer(spec: Spec, length: int) -> Spec:
    return Spec((length, *spec.shape), spec.dtype)


def totals(build: Builder, equation: Equation, found: Collected, outs: Sequence[Any]) -> dict[Variable, Any]:
    """The last values of these carries: the first ones, and the sums over all steps.

    equation: the scan with the carries. outs: the results of the one without.
    """
    _, operands, params, results = equation
    body, start, carry = params["body"], params["consts"], params["carry"]
    made = {v: e for e in body.equations for v in e.results}
    columns = dict(zip(body.inputs[start + carry :], operands[start + carry :], strict=True))
    stacked = [*body.outputs[carry:], *found.columns]
    columns.update(zip(stacked, outs[len(outs) - len(stacked) :], strict=True))
    last = {}
    for n, term in found.terms.items():
        whole = _stacked(build, term, made, columns, params["length"])
        total = build.call("sum", whole, spec=term.spec, axis=(0,), keepdims=False)
        last[results[n]] = build.call("add", operands[start + n], total, spec=results[n].spec)
    return last


def _stacked(
    build: Builder, v: Variable, made: Mapping[Variable, Equation], columns: dict[Any, Any], length: int
) -> Any:
    """What a variable of the body is in all steps."""
    if v not in columns:
        e = made[v]
        inner = [_stacked(build, x, made, columns, length) for x in e.operands]
        columns[v] = build.call(e.op.name, *inner, spec=_longer(v.spec, length), **_shifted(e))
    return columns[v]


def _shifted(e: Equation) -> dict[str, Any]:
    """The params for operands with one axis more in front."""
    params = dict(e.params)
    if e.op.name == "transpose":
        params["axes"] = (0, *[a + 1 for a in params["axes"]])
    if e.op.name == "sum":
        params["axis"] = tuple([a + 1 for a in params["axis"]])
    return params
