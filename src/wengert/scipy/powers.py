"""A formula at an end of the support: powers of what is zero there are kept apart until all of them have met.

    chi, df = 3:      exp(2 ln y - y²/2 - …)          ln 0 = -∞, and the slope of exp ∘ ln is 0 · ∞
    invgamma:         exp(-(a+1) ln y - 1/y - …)      ∞ - ∞, while e^(-1/y) vanishes faster than any power grows

The same formula is run on boxes whose mark is  factor · Π baseᵏ · eʳ  (`Form`), or the logarithm of that. Products,
powers, exponentials and logarithms keep the form; every other op sees the value, in which eʳ decides if r = -∞, and
which otherwise is a product of powers, whose derivatives hold at zero (`power_log`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, apply, fresh, is_known
from wengert.core.array import Array
from wengert.core.op import Op, strong_multiply
from wengert.core.protocols import BY_NAME
from wengert.ops.special.powers import power_log

__all__ = ["at_end", "is_surely"]

Terms = Mapping[Any, tuple[Any, Any]]


class Form(NamedTuple):
    """factor · Π baseᵏ · eʳ, or Σ k ln base + r; terms: (base, k) by a key that equal bases share."""

    logarithm: bool
    factor: Any
    terms: Terms
    rest: Any


class Line(NamedTuple):
    """start + slope · y, by which a base is known again: y, 1 - y."""

    start: float
    slope: float


class Power(Array):
    """A value and its form; a Line, or None, where it is a base of its own."""

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result, and its form if there is one."""
        mine = [isinstance(x, Power) and x.level == level for x in operands]
        rule = _RULES.get(op.name)
        if rule is not None and (form := rule(*[_Operand(x, m) for x, m in zip(operands, mine, strict=True)])):
            return _of_form(form, level)
        values = [x.value if m else x for x, m in zip(operands, mine, strict=True)]
        if op.name in ("add", "subtract") and all(mine):
            return Power(_sum(values[0], values[1] if op.name == "add" else -values[1]), None, level)
        out = apply(op, values, params)
        if op.outputs != 1:
            return tuple([Power(x, None, level) for x in out])
        if op.name in _SHAPES and out.shape == operands[0].shape and out.dtype == operands[0].dtype:
            return Power(out, operands[0].mark, level)
        return Power(out, _line(op.name, operands, mine), level)


def at_end(f: Callable[..., Any], y: Any, *shapes: Any) -> Any:
    """``f(y, *shapes)``, a density or probability, for y at an end of the support."""
    level = fresh()
    whole = np.broadcast_shapes(*[np.shape(x) for x in (y, *shapes)])
    flat = whole or (1,)
    wide = np.result_type(y.dtype, np.float64)
    base = np.broadcast_to(y.astype(wide), flat)
    out = f(Power(base, Line(0.0, 1.0), level), *[np.broadcast_to(x, flat) for x in shapes])
    out = out.value if isinstance(out, Power) and out.level == level else out
    return np.reshape(np.broadcast_to(out, flat), whole).astype(y.dtype)


def is_surely(x: Any, what: bool) -> bool:
    """Whether all truth values are known to be that, those of all entries of a batch."""
    if not is_known(x):
        return False
    while isinstance(x, Box):
        x = x.value
    return bool(np.all(x)) if what else not np.any(x)


def _of_form(form: Form, level: int) -> Power:
    if form.logarithm:
        value = form.rest
        for base, k in form.terms.values():
            value = _sum(value, BY_NAME["xlogy"](k, base))
        return Power(value, form, level)
    vanishes = np.isneginf(form.rest)
    value = form.factor
    for base, k in form.terms.values():
        there = np.where(vanishes, 1.0, base)
        value = strong_multiply(value, there if isinstance(k, float) and k == 1 else power_log(there, k, 0.0, r=0))
    return Power(np.where(vanishes, 0.0, value * np.exp(np.where(vanishes, 0.0, form.rest))), form, level)


class _Operand:
    """An operand of a row: a box of ours, or something that does not depend on y."""

    def __init__(self, box: Any, mine: bool) -> None:
        self.box, self.mine = box, mine
        self.form = box.mark if mine and isinstance(box.mark, Form) else None
        self.logarithm = self.form is not None and self.form.logarithm

    @property
    def value(self) -> Any:
        """What it is, without a form."""
        return self.box.value if self.mine else self.box

    @property
    def free(self) -> bool:
        """Whether it is no product of powers, nor the logarithm of one."""
        return self.form is None

    def product(self) -> Form:
        """As a product of powers."""
        if not self.mine:
            return Form(False, self.box, {}, 0.0)
        if self.form is not None and not self.logarithm:
            return self.form
        return self.based(self.value, self.box.mark)

    def log(self) -> Form:
        """As a logarithm of such a product."""
        return self.form if self.form is not None and self.logarithm else Form(True, 1.0, {}, self.value)

    @staticmethod
    def based(base: Any, mark: Any = None) -> Form:
        """A base of its own."""
        return Form(False, 1.0, {mark if isinstance(mark, Line) else id(base): (base, 1.0)}, 0.0)


def _sum(x: Any, y: Any) -> Any:
    """x + y, and -∞ if either is: a density is integrable, so that at an end e^-∞ wins over what grows."""
    lost = np.isneginf(x) | np.isneginf(y)
    return np.where(lost, -np.inf, np.where(lost, 0.0, x) + np.where(lost, 0.0, y))


# --- rules: of operands, None where the result has no form ------------------------------------------------------------


def _merged(x: Terms, y: Terms) -> Terms:
    out = dict(x)
    for key, (base, k) in y.items():
        out[key] = (base, out[key][1] + k) if key in out else (base, k)
    return out


def _scaled(x: Terms, by: Any) -> Terms:
    return {key: (base, k * by) for key, (base, k) in x.items()}


def _raised(x: _Operand, k: Any) -> Form | None:
    if x.logarithm:
        return None
    factor, terms, rest = x.product()[1:]
    plain = isinstance(factor, float) and factor == 1
    return Form(False, factor if plain else factor**k, _scaled(terms, k), rest * k)


def _multiply(x: _Operand, y: _Operand) -> Form | None:
    if x.logarithm or y.logarithm:
        log, by = (x, y) if x.logarithm else (y, x)
        if by.mine or log.form is None:
            return None
        return Form(True, 1.0, _scaled(log.form.terms, by.box), log.form.rest * by.box)
    if any([not z.mine and (_number(z.box) or 0) < 0 for z in (x, y)]):
        return None  # the base may be negative itself
    a, b = x.product(), y.product()
    return Form(False, a.factor * b.factor, _merged(a.terms, b.terms), _sum(a.rest, b.rest))


def _negative(x: _Operand) -> Form | None:
    return x.form and x.form._replace(
        **({"terms": _scaled(x.form.terms, -1.0), "rest": -x.form.rest} if x.logarithm else {"factor": -x.form.factor})
    )


def _divide(x: _Operand, y: _Operand) -> Form | None:
    if y.logarithm:
        return None
    if x.logarithm:
        return (
            None if y.mine or x.form is None else Form(True, 1.0, _scaled(x.form.terms, 1 / y.box), x.form.rest / y.box)
        )
    a, b = x.product(), _raised(y, -1.0)
    return b and Form(False, a.factor * b.factor, _merged(a.terms, b.terms), _sum(a.rest, b.rest))


def _added(x: _Operand, y: _Operand, sign: float) -> Form | None:
    if not (x.logarithm or y.logarithm):
        return None
    a, b = x.log(), y.log()
    return Form(True, 1.0, _merged(a.terms, _scaled(b.terms, sign)), _sum(a.rest, sign * b.rest))


def _exponential(x: _Operand) -> Form:
    return Form(False, 1.0, x.form.terms, x.form.rest) if x.logarithm and x.form else Form(False, 1.0, {}, x.value)


def _less_one(x: _Operand) -> Form | None:
    """eˣ - 1, near zero x (1 + x/2 + ...), which is zero where x is; -1 where x = -∞."""
    if x.logarithm:
        return None
    near, lost = np.abs(x.value) < 1, np.isneginf(x.value)
    far = np.where(lost, -1.0, np.expm1(np.where(near | lost, 0.0, x.value)))
    _, factor, terms, rest = x.product()
    factor = factor * BY_NAME["exprel"](np.where(near, x.value, 0.0))
    powers = {key: (base, np.where(near, k, 0.0)) for key, (base, k) in terms.items()}
    return Form(False, np.where(near, factor, far), powers, np.where(near, rest, 0.0))


def _normal(x: _Operand) -> Form:
    """Of an infinite logarithm 0 or 1, which it reaches faster than any power."""
    far = np.isinf(x.value)
    tail = np.where(np.isneginf(x.value), 0.0, 1.0)
    return Form(False, np.where(far, tail, BY_NAME["ndtr"](np.where(far, 0.0, x.value))), {}, 0.0)


def _log_of(form: Form, by: Any = 1.0) -> Form:
    return Form(True, 1.0, _scaled(form.terms, by), by * (form.rest + np.log(form.factor)))


def _times_log(k: _Operand, x: _Operand) -> Form | None:
    return None if k.mine or x.logarithm else _log_of(x.product(), k.box)


def _after_one(x: _Operand) -> Form:
    line = x.box.mark if isinstance(x.box.mark, Line) else _of_product(x.form)
    return x.based(1 + x.value, line and Line(1 + line.start, line.slope))


def _chosen(condition: _Operand, x: _Operand, y: _Operand) -> Form | None:
    """Each base has the exponent 0 where the other operand is chosen."""
    if x.free and y.free:
        return None
    logarithm, where = x.logarithm or y.logarithm, condition.value
    a, b = [z.log() if logarithm else z.product() for z in (x, y)]
    here = {key: (base, np.where(where, k, 0.0)) for key, (base, k) in a.terms.items()}
    there = {key: (base, np.where(where, 0.0, k)) for key, (base, k) in b.terms.items()}
    return Form(logarithm, np.where(where, a.factor, b.factor), _merged(here, there), np.where(where, a.rest, b.rest))


_RULES: dict[str, Callable[..., Any]] = {
    "multiply": _multiply,
    "divide": _divide,
    "add": lambda x, y: _added(x, y, 1.0),
    "subtract": lambda x, y: _added(x, y, -1.0),
    "negative": _negative,
    "power": lambda x, k: None if k.mine or x.logarithm else _raised(x, k.box),
    "square": lambda x: _raised(x, 2.0),
    "sqrt": lambda x: _raised(x, 0.5),
    "reciprocal": lambda x: _raised(x, -1.0),
    "exp": _exponential,
    "expm1": _less_one,
    "ndtr": _normal,
    "log": lambda x: None if x.logarithm else _log_of(x.product()),
    "xlogy": _times_log,
    "log1p": lambda x: None if x.logarithm else _log_of(_after_one(x)),
    "xlog1py": lambda k, x: None if k.mine or x.logarithm else _log_of(_after_one(x), k.box),
    "where": _chosen,
}  # fmt: skip

_SHAPES = frozenset({"reshape", "broadcast_to", "astype", "copy", "real"})


# --- lines ------------------------------------------------------------------------------------------------------------


def _of_product(form: Form | None) -> Line | None:
    """number · y as a line."""
    if form is None or form.logarithm or not _is_zero(form.rest) or len(form.terms) != 1:
        return None
    ((key, (_, k)),) = form.terms.items()
    number = _number(form.factor)
    once = isinstance(key, Line) and isinstance(k, float) and k == 1
    return Line(key.start * number, key.slope * number) if once and number is not None else None


def _line(name: str, operands: Sequence[Any], mine: Sequence[bool]) -> Line | None:
    """The line that comes of a line, or of a line and a number."""
    if name not in ("add", "subtract", "multiply", "negative") or sum(mine) != 1:
        return None
    place = mine.index(True)
    x = operands[place].mark
    line = x if isinstance(x, Line) else _of_product(x)
    number = -1.0 if name == "negative" else _number(operands[1 - place])
    if line is None or number is None:
        return None
    if name in ("negative", "multiply"):
        return Line(line.start * number, line.slope * number)
    signs = (1.0, -1.0 if name == "subtract" else 1.0)
    return Line(signs[place] * line.start + signs[1 - place] * number, signs[place] * line.slope)


def _is_zero(x: Any) -> bool:
    return isinstance(x, float | int) and x == 0


def _number(x: Any) -> float | None:
    return float(x) if isinstance(x, float | int | np.number) else None
