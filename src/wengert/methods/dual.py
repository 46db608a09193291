"""Dual and hyper-dual numbers to look at and to calculate with.

    (3 + 2ε) (1 + 5ε) = 3 + 17ε        ε² = 0        f(x + ε) = f(x) + f'(x) ε

They are the boxes of forward accumulation, all of one level, so that every number made here has the same ε. Hyper-dual
numbers are dual numbers over dual numbers, with ε₁² = ε₂² = 0 and ε₁ ε₂ ≠ 0:

    f(x + ε₁ + ε₂) = f(x) + f'(x) ε₁ + f'(x) ε₂ + f''(x) ε₁ε₂

(W. K. Clifford, 1873; J. A. Fike and J. J. Alonso, "The development of hyper-dual numbers for exact second-derivative
calculations", 2011.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, unbridge
from wengert.core.array import Array
from wengert.core.op import Op
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.forward import Dual
from wengert.transforms.arguments import differentiable

__all__ = ["DualNumber", "HyperParts", "dual", "epsilon", "epsilon1", "epsilon2", "hyperdual"]

# Above the eager tape (level 0) and below every transform (1, 2, …): a transform may be applied to dual numbers.
EPSILON: Any = 0.25
EPSILON1: Any = 0.5
EPSILON2: Any = 0.75
_NAMES = {EPSILON: "ε", EPSILON1: "ε₁", EPSILON2: "ε₂"}


class HyperParts(NamedTuple):
    """The four coefficients of a hyper-dual number."""

    value: Any
    first: Any
    second: Any
    mixed: Any


class DualNumber(Dual):
    """A dual number, or an array of them.

    value: the part without ε. tangent, dual: the coefficient of ε; zero where nothing moves. parts: of a hyper-dual
    number, the coefficients of 1, ε₁, ε₂ and ε₁ε₂. Comparisons and branches look at the value alone. `real` and
    `imag` are NumPy's and belong to complex numbers: the real part of a dual number is a dual number.
    """

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute as forward accumulation does; truth values and integers come out as they are."""
        out = Dual.process(op, operands, params, level)
        return _number(out) if op.outputs == 1 else tuple([_number(o) for o in out])

    @property
    def tangent(self) -> Any:
        """The coefficient of ε."""
        self.shape  # noqa: B018 (brings a view up to date)
        return np.zeros(self.shape, self.dtype)[()] if self.mark is None else self.mark

    @property
    def dual(self) -> Any:
        """The coefficient of ε."""
        return self.tangent

    @property
    def parts(self) -> HyperParts:
        """The coefficients of 1, ε₁, ε₂ and ε₁ε₂."""
        terms = _terms(self)
        zero = np.zeros(self.shape, self.dtype)[()]
        return HyperParts(*[terms.get(names, zero) for names in ("", "ε₁", "ε₂", "ε₁ε₂")])

    def __repr__(self) -> str:
        terms = {name: _plain(c) for name, c in _terms(self).items()}
        terms = {name: np.broadcast_to(c, self.shape) for name, c in terms.items()}
        if not self.shape:
            return _sum({name: c[()] for name, c in terms.items()}, str)
        words = np.empty(self.shape, object)
        digits = np.get_printoptions()["precision"]
        for place in np.ndindex(self.shape):
            words[place] = _sum({name: c[place] for name, c in terms.items()}, lambda c: f"{c:.{digits}g}")
        return np.array2string(words, separator=", ", formatter={"object": str})

    def __format__(self, spec: str) -> str:
        if not spec or self.shape:
            return repr(self)
        return _sum({name: _plain(c)[()] for name, c in _terms(self).items()}, lambda c: format(c, spec))


def _number(out: Any) -> Any:
    """A result of forward accumulation as a number of ours."""
    if isinstance(out.value, np.ndarray | np.generic) and out.value.dtype.kind not in "fc":
        return out.value
    out.__class__ = DualNumber
    return out


# --- how they are written ---------------------------------------------------------------------------------------


def _terms(x: Any) -> dict[str, Any]:
    """The coefficient of each product of epsilons, "" for none."""
    if not isinstance(x, DualNumber):
        return {"": x}
    x.shape  # noqa: B018 (brings a view up to date)
    terms = _terms(x.value)
    moved = {} if x.mark is None else _terms(x.mark)
    terms |= {name + _NAMES[x.level]: c for name, c in moved.items()}
    return dict(sorted(terms.items(), key=lambda item: (len(item[0]), item[0])))


def _plain(x: Any) -> Any:
    return np.asarray(x.shown() if isinstance(x, Array) else x)


def _sum(terms: Mapping[str, Any], written: Callable[[Any], str]) -> str:
    """``3 + 2ε``: terms that are zero are left out, and so is a coefficient of one."""
    text = ""
    for name, c in terms.items():
        if c == 0:
            continue
        word = _word(c, written)
        size = word.removeprefix("-")
        sign = "-" if word != size else "+"
        text += f" {sign} {'' if name and size == '1' else size}{name}"
    head, tail = text[:3], text[3:]
    return ("-" if head == " - " else "") + tail or "0"


def _word(c: Any, written: Callable[[Any], str]) -> str:
    if np.iscomplexobj(c):
        return f"({written(c).strip('()')})"
    return written(c).removesuffix(".0")


# --- how they are made ------------------------------------------------------------------------------------------


def _checked(x: Any, what: str) -> Any:
    """A value that a number of ours may hold: any array that no transform is following."""
    x = differentiable(x, what)
    if isinstance(x, Box) and x.level >= 1:
        raise InvalidArgument(
            explain(
                f"{what} at {user_line()} got a value that a transform (grad, jvp, vmap, jit) is following.",
                "All dual numbers share one ε, which is older than any transform.",
                "Use wg.jvp inside of transforms; or apply the transform to the dual number.",
            )
        )
    return x


def _tangent(t: Any, like: Any, what: str) -> Any:
    t = unbridge(t if isinstance(t, Box) else np.asarray(t))
    try:
        spread = np.broadcast_to(t, like.shape)
    except ValueError:
        raise InvalidArgument(
            explain(
                f"{what} at {user_line()} got a coefficient of shape {t.shape} for a value of shape {like.shape}.",
                "Every entry has one coefficient of ε.",
                "Give one number for all entries, or an array of the shape of the value.",
            )
        ) from None
    return (spread if isinstance(spread, Box) else np.array(spread)[()]).astype(like.dtype)


def dual(x: Any, t: Any = 1.0) -> DualNumber:
    """The dual number x + t ε, with ε² = 0: computing with it carries the derivative along.

    x: a number or an array. t: the coefficient of ε, broadcast to the shape of x. NumPy's functions, operators, writes
    and ordinary Python code work on it. Raises `NotDifferentiable` for arrays of integers, `InvalidArgument` for a
    value that a transform is following.

    >>> import numpy as np, wengert as wg
    >>> x = wg.dual(3, 2)
    >>> x, x * x, 1 / x
    (3 + 2ε, 9 + 12ε, 0.3333333333333333 - 0.2222222222222222ε)
    >>> wg.epsilon**2
    0
    >>> np.sin(wg.dual(np.array([0.0, 1.0])))
    [ε, 0.84147098 + 0.54030231ε]
    >>> (x**3).tangent
    np.float64(54.0)
    """
    x = _checked(x, "dual")
    return DualNumber(x, _tangent(t, x, "dual"), EPSILON)


def hyperdual(x: Any, t1: Any = 1.0, t2: Any = 1.0, t12: Any = 0.0) -> DualNumber:
    """The hyper-dual number x + t₁ ε₁ + t₂ ε₂ + t₁₂ ε₁ε₂: computing with it gives exact second derivatives.

    x: a number or an array. t1, t2, t12: the coefficients, broadcast to its shape. Of a result, ``.parts`` are the
    four coefficients: the value, both directional derivatives, and the second derivative along t₁ and t₂. Raises as
    `dual` does.

    >>> import numpy as np, wengert as wg
    >>> wg.hyperdual(2.0) ** 3
    8 + 12ε₁ + 12ε₂ + 12ε₁ε₂
    >>> wg.hyperdual(1, 2, 3, 4)
    1 + 2ε₁ + 3ε₂ + 4ε₁ε₂
    >>> (wg.epsilon1 + wg.epsilon2) ** 2
    2ε₁ε₂
    """
    x = _checked(x, "hyperdual")
    first, second, mixed = [_tangent(t, x, "hyperdual") for t in (t1, t2, t12)]
    return DualNumber(DualNumber(x, first, EPSILON1), DualNumber(second, mixed, EPSILON1), EPSILON2)


epsilon = dual(0.0)
epsilon1 = hyperdual(0.0, 1.0, 0.0)
epsilon2 = hyperdual(0.0, 0.0, 1.0)
