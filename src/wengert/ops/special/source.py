"""SciPy's special functions, imported at their first use, and the rows that are made of them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown, elementwise, primitive, strong_multiply
from wengert.core.protocols import BY_NAME
from wengert.errors import MissingDependency, explain

__all__ = ["NO_SERIES", "implicit", "rule", "scipy_special", "several", "special"]

Rule = Callable[..., Any]

# Derivatives with respect to a parameter that has no closed form and, in the literature, no general algorithm.
NO_SERIES = Unknown("Its derivative with respect to this parameter has no closed form, and SciPy does not compute it.")


def scipy_special(name: str) -> Callable[..., Any]:
    """The function of that name in `scipy.special`, imported when first called."""

    def function(*args: Any, **keywords: Any) -> Any:
        try:
            module = importlib.import_module("scipy.special")
        except ImportError as error:
            raise MissingDependency(
                explain(
                    f"{name} needs SciPy, which is not installed.",
                    "wengert itself needs NumPy only; special functions are SciPy's.",
                    "Run: pip install 'wengert[scipy]'",
                )
            ) from error
        return getattr(module, name)(*args, **keywords)

    function.__name__, function.__module__ = name, "scipy.special"
    return function


def special(name: str, operands: str = "", **columns: Any) -> Any:
    """An elementwise row for the ufunc of that name, by which a box finds it."""
    op = elementwise(columns.pop("impl", None) or scipy_special(name), operands, name=name, **columns)
    BY_NAME[name] = op
    return op


def rule(parameters: Sequence[str], function: Rule) -> Rule:
    """`function`, called with its arguments by position, as a rule that reads these names."""

    def named(*args: Any) -> Any:
        return function(*args)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named.__signature__ = inspect.Signature([inspect.Parameter(p, kind) for p in parameters])  # type: ignore[attr-defined]
    return named


def several(name: str, operands: str, outputs: int, *, spelled: bool = True, **columns: Any) -> Op:
    """A row for a ufunc of several results: ``dx`` gives a partial for each of them, 0 where one is constant.

    An entry of the results depends on the same entry of the operands, so the derivatives are products as in an
    elementwise row, where a zero wins over an infinite partial.
    """
    partials = {key[1:]: columns.pop(key) for key in list(columns) if key[0] == "d" and key[1:] in operands.split()}
    known = {key: partial for key, partial in partials.items() if callable(partial)}
    others = {key: partial for key, partial in partials.items() if not callable(partial)}
    op = primitive(
        columns.pop("impl", None) or scipy_special(name),
        operands,
        name=name,
        outputs=outputs,
        core=",".join(["()"] * len(operands.split())) + "->" + ",".join(["()"] * outputs),
        jvp={**others, **{key: _pushed(partial) for key, partial in known.items()}},
        vjp={**others, **{key: _pulled(partial) for key, partial in known.items()}},
        **columns,
    )
    if spelled:
        BY_NAME[name] = _called(op)
    return op


def _called(op: Op) -> Rule:
    """The row as a function: interpreters take a short way to rows of one result, and to such rows only."""

    def function(*operands: Any) -> Any:
        return op(*operands)

    function.__name__ = op.name
    return function


def _pushed(partial: Rule) -> Rule:
    """The rule of the tangents of all results."""

    def push(t: Any, *read: Any) -> Any:
        return tuple([strong_multiply(t, p) for p in partial(*read)])

    return rule(["t", *inspect.signature(partial).parameters], push)


def _pulled(partial: Rule) -> Rule:
    """The rule of the cotangent of an operand, from those of all results."""

    def pull(g: Any, *read: Any) -> Any:
        terms = [strong_multiply(c, np.conj(p)) for c, p in zip(g, partial(*read), strict=True)]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    return rule(["g", *inspect.signature(partial).parameters], pull)


def implicit(
    name: str,
    operands: str,
    unknown: str,
    level: str,
    ends: Mapping[float, Mapping[str, Rule]] | None = None,
    of: Rule | None = None,
    **partials: Any,
) -> Any:
    """A row for the inverse of F in one of its arguments: u with F(…, u) = p.

    unknown: the name of u among F's arguments. level: the operand that holds p. partials: ``dx`` for each argument
    x of F, the rule of ∂F/∂x; None where it is not known. By the theorem on implicit functions, ∂u/∂x = -F_x / F_u and
    ∂u/∂p = 1 / F_u. Where F does not move with u (F_u = 0) the partials are infinite, so zeros win; at an end of the
    support, where F moves with nothing, u stays. ends: other rules of ∂u/∂x for some values of u. of: F itself, if it
    need not take the value p; SciPy then returns an end of its search, which stays.
    """
    slope = partials[f"d{unknown}"]
    columns: dict[str, Any] = {}
    for key in [f"d{operand}" for operand in operands.split()]:
        partial, at_level = partials.get(key), key == f"d{level}"
        if slope is None or (partial is None and not at_level):
            columns[key] = NO_SERIES
        elif at_level or callable(partial):
            inside = _quotient(None if at_level else partial, slope)
            at_ends = {end: rules[key] for end, rules in (ends or {}).items()}
            columns[key] = _with_ends(inside, operands.split(), unknown, at_ends)
            if of is not None:
                columns[key] = _solved(columns[key], of, operands.split(), unknown, level)
        else:
            columns[key] = partial
    return special(name, operands, singular=True, **columns)


def _read(f: Rule, values: Mapping[str, Any]) -> Any:
    """A rule called with the values that it names."""
    return f(*[values[p] for p in inspect.signature(f).parameters])


def _quotient(top: Rule | None, bottom: Rule) -> Callable[[Mapping[str, Any]], Any]:
    """-F_x / F_u, or 1 / F_u without F_x; 0 where both are."""

    def function(values: Mapping[str, Any]) -> Any:
        slope = _read(bottom, values)
        if top is None:
            return 1 / slope
        drift = _read(top, values)
        stays = (drift == 0) & (slope == 0)
        return np.where(stays, 0, -drift / np.where(stays, 1, slope))

    return function


def _with_ends(
    inside: Callable[[Mapping[str, Any]], Any], names: Sequence[str], unknown: str, at_ends: Mapping[float, Rule]
) -> Rule:
    """The rule that is `inside`, but for the values of the unknown that have rules of their own."""

    def function(*args: Any) -> Any:
        values = dict(zip([*names, unknown], args, strict=True))
        u = away = values[unknown]
        for end in at_ends:
            away = np.where(u == end, 0.5, away)
        total = inside({**values, unknown: away})
        for end, at_end in at_ends.items():
            total = np.where(u == end, _read(at_end, {**values, unknown: np.where(u == end, u, end)}), total)
        return total

    return rule([*names, "out"], function)


def _solved(partial: Rule, of: Rule, names: Sequence[str], unknown: str, level: str) -> Rule:
    """The rule that is `partial` where the equation holds, zero elsewhere.

    It need hold only roughly, for what SciPy misses, it misses by far, and its probabilities have errors of their own.
    """

    def function(*args: Any) -> Any:
        values = dict(zip([*names, unknown], args, strict=True))
        p = values[level]
        tail = np.minimum(p, 1 - p)
        held = (tail > 0) & (np.abs(_read(of, values) - p) <= 1e-3 * tail + 1e-9)
        return np.where(np.isfinite(values[unknown]) & ~held, 0, partial(*args))

    return rule([*names, "out"], function)
