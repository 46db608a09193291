"""Op and the four ways to write a row of the rule book.

A row says what an op is; its interpretations (derivatives in both accumulations, batching, patterns) are
derived from the kind of row, because mathematics has four kinds:

    elementwise    f(x, y)ᵢ depends on xᵢ, yᵢ only      gives its partials        dx, dy
    linear         f(x, y) is linear in (x, y) jointly   gives its adjoints        x, y
    multilinear    f(x, y) is linear in each operand     gives its adjoints        x, y
    primitive      anything else                         gives both                jvp, vjp

A rule names what it reads (`formula`): operands, params, the result, a Spec.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core import view
from wengert.core.apply import Box, apply
from wengert.core.formula import Formula, Rule
from wengert.errors import MissingRule, explain, user_line
from wengert.spec import spec

__all__ = [
    "TABLE",
    "Op",
    "Parted",
    "Same",
    "Unknown",
    "called",
    "elementwise",
    "joint",
    "linear",
    "multilinear",
    "primitive",
]

# Every row by its name: what the laws are generated from.
TABLE: dict[str, Op] = {}


class Same(NamedTuple):
    """A result of a `vmap` column that is the same for all entries, and has no batch axis."""

    value: Any


class Parted(tuple[Any, ...]):
    """The cotangents of several results, some of whose entries coincide, so that a rule would be 0/0.

    along: their first, second ... derivatives as the results move along the directions of the row's `parting`.
    """

    along: Sequence[Sequence[Any]] = ()


class Unknown(NamedTuple):
    """In the place of a rule: the operand has a derivative that the rule book does not know, and why."""

    why: str


class _Variadic:
    """The rules of a row such as ``"x *xs"``, by position: the last one serves every further operand."""

    def __init__(self, rules: Sequence[Formula | None]) -> None:
        self.last = rules[-1]
        self.found: dict[int, Formula | None] = dict(enumerate(rules))

    def __getitem__(self, i: int) -> Formula | None:
        if i not in self.found:
            self.found[i] = None if self.last is None else self.last.at(i)
        return self.found[i]


class Op:
    """One row of the rule book; immutable after its definition.

    name, impl: the NumPy function behind it, called with operands by position and params by keyword.
    kind: one of the four. names: operand names, the last one possibly with a star (any number of operands).
    vjps: a Formula per operand (None: no dependence); conj_vjps: the same for complex values, with the
    partial conjugated. joint_vjp: one rule for all operands at once instead; masked_vjp: the same for cotangents from
    behind a mask, whose zeros win. jvps: of a primitive.
    batch, core: how params change, or which trailing axes are the op's own, when an axis is put in front;
    vmap: instead, a function (n, operands, batched, params) of operands whose batch axis is in front; of several
    results some may be the `Same` for all entries.
    dual: (values, tangents, params) → results and tangents, where computing both at once is less than one by one.
    taped: (values, tracked positions, params) → operands and params that make the op return what its adjoint wants to
    read, too, params for the adjoint, and how many results are the user's; its vjp gets None where no cotangent came.
    sample: results of the right shapes and dtypes for a recorder, where impl would take long.
    parting: of a row of one operand, (g, what its vjp reads) → per result a direction along which coinciding entries
    part, or None; or None for all of it if none coincide. Its vjp then gets `Parted` cotangents.
    put: of a view op, how a value is written through it; into: how an adjoint is added to an accumulator;
    reuse: adjoints that may destroy their cotangent. masks: it hides values, whose cotangent is then zero.
    nondiff: positions that no derivative flows through.
    """

    __slots__ = (
        "attach",
        "batch",
        "conj_vjps",
        "core",
        "dual",
        "fork_type",
        "fresh_put",
        "impl",
        "into",
        "joint_jvp",
        "joint_vjp",
        "jvps",
        "kind",
        "masked_vjp",
        "masks",
        "name",
        "names",
        "nondiff",
        "opaque",
        "outputs",
        "partials",
        "parting",
        "put",
        "reuse",
        "sample",
        "saves",
        "scalar",
        "singular",
        "step_type",
        "taped",
        "torch_name",
        "variadic",
        "vjps",
        "vmap",
    )

    def __init__(self, name: str, impl: Rule, kind: str, names: str, **columns: Any) -> None:
        self.name = name
        self.impl = impl
        self.kind = kind
        self.names = tuple(n.lstrip("*") for n in names.split())
        self.variadic = "*" in names
        self.vjps: Any = None
        self.conj_vjps: Any = None
        self.joint_vjp: Rule | None = None
        self.masked_vjp: Rule | None = None
        self.joint_jvp: Rule | None = None
        self.jvps: Any = None
        self.dual: Rule | None = columns.get("dual")
        self.taped: Rule | None = None
        self.sample: Rule | None = None
        self.parting: Rule | None = columns.get("parting")
        self.partials: Any = None
        self.batch: Callable[[int, Mapping[str, Any]], dict[str, Any]] | None = None
        self.core: tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]] | None = None
        self.put: Rule | None = columns.get("put")
        self.fresh_put: bool = columns.get("fresh_put", False)
        self.attach = view.attach if self.put is not None else None
        self.into: Rule | None = columns.get("into")
        self.reuse: Rule | None = columns.get("reuse")
        self.nondiff: frozenset[int] = frozenset()
        self.outputs: int = columns.get("outputs", 1)  # 1, or anything else: the result is a tuple
        self.opaque: bool = columns.get("opaque", False)  # a write through it changes the numbers only
        self.scalar: str | None = columns.get("scalar")
        self.singular: bool = columns.get("singular", False)
        self.masks: bool = columns.get("masks", False)
        self.vmap: Rule | None = columns.get("vmap")
        self.torch_name: Any = columns.get("torch") or "".join(part.capitalize() for part in name.split("_"))
        self.saves = True  # whether some rule reads an operand or the result
        self.step_type: Any = None  # the tape's classes for this op, made when first recorded
        self.fork_type: Any = None

    def __call__(self, *operands: Any, **params: Any) -> Any:
        """Apply the op: to arrays, or to boxes of any interpreter."""
        return apply(self, operands, params)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def jvp(self, values: Sequence[Any], out: Any, tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The tangent of the result, None if it is zero, from the tangents of the operands (None: zero)."""
        return _JVP[self.kind](self, values, out, tangents, params)


def bind(rule: Rule, lead: str, op: Op, position: int) -> Formula:
    """Bind the parameter names of a rule to operands, params and reserved names."""
    names = list(inspect.signature(rule).parameters)
    if lead:
        if not names or names[0] != lead:
            raise TypeError(f"rule of {op.name} for operand {position}: its first parameter is not {lead!r}")
        names = names[1:]
    known = op.names[:-1] if op.variadic else op.names
    sources = tuple(known.index(n) if n in known else -1 if n == "out" else n for n in names)
    return Formula(rule, sources, position)


def _row(op: Op, rules: Mapping[str, Any], make: Callable[[Any, int], Formula | None]) -> Any:
    """One Formula per operand name; an operand with rule 0 is not differentiated, one without is refused."""
    found: list[Formula | None] = []
    nondiff = set()
    for position, name in enumerate(op.names):
        rule = rules.get(name, Unknown("The rule book lists the op without one."))
        if isinstance(rule, Unknown):
            found.append(Formula(_Missing(op, name, rule.why), (), position))
        elif rule is None or (isinstance(rule, int) and rule == 0):
            found.append(None)
            nondiff.add(position)
        else:
            found.append(make(rule, position))
    op.nondiff = frozenset(nondiff)
    op.saves = any(formula is not None and formula.saves for formula in found)
    return _Variadic(found) if op.variadic else tuple(found)


class _Missing:
    """The rule of an operand that has none: it raises when it is asked for."""

    def __init__(self, op: Op, name: str, why: str) -> None:
        self.op, self.name, self.why = op, name, why

    def __call__(self, *_: Any) -> Any:
        raise MissingRule(
            explain(
                f"{self.op.name} has no derivative rule for its operand `{self.name}` (reached from {user_line()}).",
                self.why,
                f"Give a rule: wg.custom({self.op.name}, vjp=...), or stop the gradient there with wg.stop_gradient.",
            )
        )


def register(op: Op) -> Op:
    """Enter a row into the table."""
    if op.name in TABLE:
        raise ValueError(f"there is already a row named {op.name!r}")
    TABLE[op.name] = op
    return op


# --- elementwise ------------------------------------------------------------------------------------------


def elementwise(impl: Rule, names: str = "", name: str = "", **columns: Any) -> Op:
    """A row of partials: ``elementwise(np.multiply, dx=lambda y: y, dy=lambda x: x)``.

    A partial is a rule or a number: 1 and -1 pass the (negated) cotangent on, 0 says no dependence.
    With ``singular=True`` a zero cotangent, or a zero partial, gives zero whatever the other factor is.
    """
    partials = {key[1:]: columns[key] for key in list(columns) if key[0] == "d" and len(key) > 1}
    columns = {key: value for key, value in columns.items() if key[1:] not in partials or key[0] != "d"}
    op = Op(name or impl.__name__, impl, "elementwise", names or " ".join(partials), **columns)
    scale = _strong_scale if op.singular else None
    op.partials = _row(op, partials, lambda rule, i: _partial(op, rule, i))
    op.vjps = tuple(p and _scaling(p, scale, conj=False) for p in op.partials)
    op.conj_vjps = tuple(p and _scaling(p, scale, conj=True) for p in op.partials)
    if all(p is None for p in op.partials):
        op.vjps = op.conj_vjps = None
    return register(op)


def _partial(op: Op, rule: Any, position: int) -> Formula:
    if callable(rule):
        return bind(rule, "", op, position)
    return Formula(rule, (), position)


def _scaling(partial: Formula, scale: Rule | None, *, conj: bool) -> Formula:
    """g ↦ g · partial (its conjugate for complex values), as a Formula that reads what the partial reads."""
    rule: Any = partial.function
    if isinstance(rule, _Missing):
        return partial
    if not callable(rule):
        function: Rule = _CONSTANT.get(rule) or (lambda g: g * rule)
    elif scale is not None:
        function = (lambda g, *a: scale(g, np.conj(rule(*a)))) if conj else (lambda g, *a: scale(g, rule(*a)))
    elif conj:

        def function(g: Any, *args: Any) -> Any:
            return g * np.conj(rule(*args))
    elif rule.__code__.co_code == _IDENTITY:
        function = operator.mul  # the partial is the value that it reads: multiply's, exp's
    elif len(partial.sources) == 1:

        def function(g: Any, a: Any) -> Any:
            return g * rule(a)
    else:

        def function(g: Any, *args: Any) -> Any:
            return g * rule(*args)

    formula = Formula(function, partial.sources, partial.position)
    if callable(rule) and scale is None:
        formula.strong = lambda g, *a: _strong_scale(g, np.conj(rule(*a)) if conj else rule(*a))
    return formula


_IDENTITY = (lambda a: a).__code__.co_code
_CONSTANT: dict[Any, Rule] = {1: lambda g: g, -1: lambda g: -g}


def _strong_scale(g: Any, partial: Any) -> Any:
    """g · partial by `strong_multiply`, without a detour for arrays."""
    box = g if isinstance(g, Box) else partial
    if isinstance(box, Box):
        return box.process_two(strong_multiply, g, partial)
    return _strong_product(g, partial)


def _strong_product(x: Any, y: Any) -> Any:
    """x · y, where a zero wins over an infinite or undefined factor (0 · ∞ = 0).

    Masked-out branches of ``np.where(x > 0, np.log(x), 0)`` have g = 0 just where the partial is infinite.
    """
    product = x * y
    if np.isfinite(np.add.reduce(product, None)):
        return product
    return np.where((x == 0) | (y == 0), 0, product)


def _elementwise_jvp(op: Op, values: Any, out: Any, tangents: Any, params: Any) -> Any:
    env = (*values, out)
    total = None
    for formula, t in zip(op.vjps or (), tangents, strict=False):
        if t is not None and formula is not None:
            term = formula.function(t, *formula.gather(env, params))
            total = term if total is None else total + term
    return total


# --- linear and multilinear -------------------------------------------------------------------------------


def linear(impl: Rule, names: str, name: str = "", **columns: Any) -> Op:
    """A row that is linear in its operands jointly: its tangent is itself, its adjoints are the rules.

    ``batch`` is a rule of the params (and ``n``, the size of the new axis) that gives the params to use when
    every operand got one more axis in front.
    """
    return _adjoints("linear", impl, names, name, columns)


def multilinear(impl: Rule, names: str, name: str = "", **columns: Any) -> Op:
    """A row that is linear in each operand with the others fixed.

    ``core="(n,k),(k,m)->(n,m)"`` names the trailing axes that are the op's own; axes before them broadcast.
    """
    return _adjoints("multilinear", impl, names, name, columns)


def _adjoints(kind: str, impl: Rule, names: str, name: str, columns: dict[str, Any]) -> Op:
    rules = {n.lstrip("*"): columns.pop(n.lstrip("*")) for n in names.split() if n.lstrip("*") in columns}
    op = Op(name or impl.__name__, impl, kind, names, **columns)
    op.vjps = op.conj_vjps = _row(op, rules, lambda rule, i: bind(rule, "g", op, i))
    _batching(op, columns)
    return register(op)


def _batching(op: Op, columns: Mapping[str, Any]) -> None:
    if "batch" in columns:
        rule = columns["batch"]
        wants_size = "n" in inspect.signature(rule).parameters
        op.batch = (lambda n, params: rule(n=n, **params)) if wants_size else (lambda n, params: rule(**params))
    if "core" in columns:
        left, right = columns["core"].split("->")
        op.core = (_axes(left), _axes(right))


def _axes(text: str) -> tuple[tuple[str, ...], ...]:
    """``"(n,k),(k)"`` as (("n", "k"), ("k",))."""
    groups = text.strip()[1:-1].split("),(")
    return tuple(tuple(a for a in group.split(",") if a) for group in groups)


def _linear_jvp(op: Op, values: Any, out: Any, tangents: Any, params: Any) -> Any:
    if all(t is None or i in op.nondiff for i, t in enumerate(tangents)):
        return None
    fixed = len(op.names) - 1
    mixed = [
        x if min(i, fixed) in op.nondiff else t if t is not None else zeros(x)
        for i, (x, t) in enumerate(zip(values, tangents, strict=True))
    ]
    return apply(op, mixed, params)


def _multilinear_jvp(op: Op, values: Any, out: Any, tangents: Any, params: Any) -> Any:
    total = None
    for i, t in enumerate(tangents):
        if t is not None and i not in op.nondiff:
            term = apply(op, [*values[:i], t, *values[i + 1 :]], params)
            total = term if total is None else total + term
    return total


def zeros(like: Any) -> Any:
    """A zero of the shape and dtype of `like` that costs no memory."""
    s = spec(like)
    return np.broadcast_to(np.zeros((), s.dtype), s.shape)


# --- primitive --------------------------------------------------------------------------------------------


def primitive(impl: Rule, names: str, name: str = "", **columns: Any) -> Op:
    """A row with both derivatives written out, as dicts from operand names to rules."""
    op = Op(name or impl.__name__, impl, "primitive", names, **columns)
    op.vjps = op.conj_vjps = _row(op, columns.get("vjp", {}), lambda rule, i: bind(rule, "g", op, i))
    op.jvps = _row(op, columns.get("jvp", {}), lambda rule, i: bind(rule, "t", op, i))
    _batching(op, columns)
    return register(op)


def _primitive_jvp(op: Op, values: Any, out: Any, tangents: Any, params: Any) -> Any:
    if op.joint_jvp is not None:
        return op.joint_jvp(values, out, tangents, params)
    env = (*values, out)
    total: Any = None
    for i, t in enumerate(tangents):
        formula = op.jvps[i] if t is not None else None
        if formula is None:
            continue
        term = formula.function(t, *formula.gather(env, params))
        if total is None:
            total = term
        elif op.outputs == 1:
            total = total + term
        else:
            total = tuple(a + b for a, b in zip(total, term, strict=True))
    return total


def called(name: str) -> dict[str, Any]:
    """The names of an op that stands for a user's function: it may have any name, that of a row too."""
    return {"name": f"{name}()", "torch": "".join(part.capitalize() for part in name.split("_"))}


def joint(impl: Rule, name: str, vjp: Rule, jvp: Rule, vmap: Rule | None = None, **columns: Any) -> Op:
    """An op of any number of operands and results whose rules serve all of them at once; not in the table.

    The name of what a user calls ends in brackets (`called`), so that it is no row's.

    ``vjp(gs, node, (values, outs))`` gives one cotangent (or None) per operand, ``jvp(values, outs, tangents,
    params)`` a tangent (or None) per result, where a tangent of None is a zero.
    """
    op = Op(name, impl, "primitive", "*xs", outputs=0, vmap=vmap, **columns)
    op.vjps = op.conj_vjps = _Variadic([Formula(vjp, ("values", -1), 0)])
    op.joint_vjp, op.joint_jvp = vjp, jvp
    return op


_JVP: dict[str, Callable[..., Any]] = {
    "elementwise": _elementwise_jvp,
    "linear": _linear_jvp,
    "multilinear": _multilinear_jvp,
    "primitive": _primitive_jvp,
}

# A row of its own, because its derivative is that of a product: where g happens to be 0, it may still be moving.
# It is what forward accumulation makes of a mask, so it is one.
strong_multiply = elementwise(
    _strong_product,
    "x y",
    name="strong_multiply",
    dx=lambda y: y,
    dy=lambda x: x,
    singular=True,
    masks=True,
    torch="Mul",
)
