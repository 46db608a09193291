"""What the distributions of `wengert.scipy.stats` share: their formulas, arguments, frozen form and checks.

The formulas of a distribution are those that SciPy asks of whoever writes one ("rv_continuous": `_logpdf`, `_cdf`,
`_stats` and so on, of the standardised variable y = (x - loc)/scale and the shape parameters). They are

1. ours, where SciPy's are compiled, or not what one would differentiate;
2. SciPy's own, read again over names of ours (`rereading`);
3. derived from the others: an integral of the density, the inverse of that (`implied`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import scipy.stats as theirs

from wengert.core.apply import Box, unbridge
from wengert.errors import MissingRule, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.choice import Standing, has_box
from wengert.scipy.implied import without_rule
from wengert.scipy.rereading import lent, reread

__all__ = ["Distribution", "Function", "floating", "twin"]

Function = Callable[..., Any]

_GENERIC = ("_distn_infrastructure", "_distribution_infrastructure")


def floating(x: Any) -> Any:
    """An array or box of floating numbers."""
    x = unbridge(x) if isinstance(x, Box | np.ndarray) else lift(x)
    return x if x.dtype.kind == "f" else x.astype(float)


class Distribution(Standing):
    """A distribution of SciPy, by its name: attributes that have nothing to do with boxes are SciPy's own.

    formulas: ours, by the names that SciPy has for them without the underscore, and "support", "argcheck"; "poles":
    whether our probabilities have infinite logarithms at the ends; "reaches": whether our quantiles hold at the finite
    ends, too. compiled: names of formulas of SciPy's that must not be read again.
    """

    last: tuple[str, ...] = ("loc", "scale")

    def __init__(self, name: str, compiled: str = "", **formulas: Any) -> None:
        self.name = name
        self.theirs = getattr(theirs, name)
        self.shapes = tuple((self.theirs.shapes or "").replace(",", " ").split())
        self.formulas, self.compiled = formulas, frozenset(compiled.split())
        self._found: dict[str, Function | None] = {}
        self.__doc__ = f"`scipy.stats.{name}`, differentiable in its argument and every parameter."

    def standing_for(self) -> Any:
        """SciPy's own distribution."""
        return self.theirs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)

    def __call__(self, *args: Any, **kwds: Any) -> Any:
        """The distribution with these parameters: its methods take the rest."""
        return Frozen(self, args, kwds)

    freeze = __call__

    # --- formulas ---------------------------------------------------------------------------------------------

    @cached_property
    def _again(self) -> Any:
        """SciPy's distribution, read again."""
        kind = type(self.theirs)
        names = reread(kind.__module__)
        for key, x in vars(inspect.getmodule(kind)).items():
            if x is self.theirs:
                return names[key]
        raise LookupError(f"{kind.__module__} has no {self.name}")

    def formula(self, name: str) -> Function | None:
        """Ours or SciPy's formula of that name, None if SciPy has only the general one."""
        if name not in self._found:
            self._found[name] = self._formula(name)
        return self._found[name]

    def _formula(self, name: str) -> Function | None:
        if name in self.formulas:
            return self.formulas[name]  # type: ignore[no-any-return]
        private = f"_{name}"
        owner = next((kind for kind in type(self.theirs).__mro__ if private in vars(kind)), None)
        if name in self.compiled or owner is None or owner.__module__.endswith(_GENERIC):
            return None
        return _of_arrays(getattr(self._again, private))

    def ours(self, *names: str) -> bool:
        """Whether one of these formulas is ours."""
        return any([name in self.formulas for name in names])

    def logarithm(self, name: str) -> Function | None:
        """The formula of the logarithm of that one; SciPy's does not go with ours."""
        return None if self.ours(name) and not self.ours(f"log{name}") else self.formula(f"log{name}")

    def only_value(self, name: str, x: Any, shapes: Any) -> Any:
        """SciPy's own density, which it computes in compiled code: its derivative raises `MissingRule`."""
        return without_rule(
            f"{self.name}_{name}", getattr(self.theirs, name), lambda: self._missing(name), [x, *shapes]
        )

    def _missing(self, name: str) -> MissingRule:
        return MissingRule(
            explain(
                f"scipy.stats.{self.name}.{name} has no derivative rule (reached from {user_line()}).",
                "SciPy computes it in compiled code, and no formula of its derivative is known here.",
                f"Its cdf, sf and ppf are differentiable in x; or give a rule: wg.custom({self.name}.{name}, vjp=...).",
            )
        )

    def support_of(self, shapes: Any) -> tuple[Any, Any]:
        """The ends of the support of the standardised variable."""
        ends = self.formulas.get("support")
        if ends is None:
            return _of_arrays(self._again._get_support)(*shapes)  # type: ignore[no-any-return]
        return ends(*shapes) if callable(ends) else ends  # type: ignore[no-any-return]

    def valid(self, shapes: Any) -> Any:
        """Which shape parameters there are."""
        check = self.formula("argcheck")
        if check is not None:
            return check(*shapes)
        good: Any = True
        for shape in shapes:
            good = np.logical_and(good, shape > 0)
        return good

    # --- arguments --------------------------------------------------------------------------------------------

    def read(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Any]:
        """The shape parameters, then loc (and scale)."""
        names = (*self.shapes, *self.last)
        if len(args) > len(names) or set(kwargs) - set(names[len(args) :]):
            raise TypeError(f"{self.name} takes {', '.join(names)}, and got {len(args)} values and {sorted(kwargs)}.")
        given = dict(zip(names, args, strict=False)) | dict(kwargs)
        missing = [n for n in self.shapes if n not in given]
        if missing:
            raise TypeError(f"{self.name} needs {', '.join(missing)}.")
        return [floating(given.get(n, 1.0 if n == "scale" else 0.0)) for n in names]


def _of_arrays(f: Function) -> Function:
    """SciPy's formula as SciPy calls it: of arrays with axes, into which it may write."""

    @functools.wraps(f)
    def asked(*args: Any, **kwargs: Any) -> Any:
        flat = all([np.ndim(x) == 0 for x in args])
        given = [_double(x, flat) for x in args]
        if has_box(*args):
            given = [lent(np.array(x)) if isinstance(x, np.ndarray) else x for x in given]
        dtype = np.result_type(*[x.dtype for x in args if not isinstance(x, int)], np.float16)
        return _reshaped(f(*given, **kwargs), dtype, flat)

    return asked


def _double(x: Any, flat: bool) -> Any:
    """An operand in double precision, with an axis; the order of a moment as it is."""
    if isinstance(x, int):
        return x
    x = x.astype(float) if x.dtype.itemsize < 8 else x
    return np.reshape(x, (1,)) if flat else x


def _reshaped(x: Any, dtype: Any, flat: bool) -> Any:
    if isinstance(x, tuple | list):
        return tuple([_reshaped(item, dtype, flat) for item in x])
    if flat and np.shape(x) == (1,):
        x = np.reshape(x, ())
    single = dtype.kind == "f" and dtype.itemsize < 8 and isinstance(x, Box | np.ndarray) and x.dtype == np.float64
    return x.astype(dtype) if single else x


class Frozen:
    """A distribution with parameters: ``norm(0.5, 2).pdf(x)``. What has nothing to do with boxes is SciPy's own."""

    def __init__(self, dist: Distribution, args: tuple[Any, ...], kwds: Mapping[str, Any]) -> None:
        dist.read(args, kwds)
        self.dist, self.args, self.kwds = dist, args, kwds

    def __getattr__(self, name: str) -> Any:
        if name not in _FROZEN:
            return getattr(self.dist.theirs(*self.args, **self.kwds), name)
        method = getattr(self.dist, name)
        if name in _FIRST:
            return lambda first, *rest, **more: method(first, *rest, *self.args, **self.kwds, **more)
        if name == "stats":
            return lambda moments="mv": method(*self.args, **self.kwds, moments=moments)
        return lambda: method(*self.args, **self.kwds)

    def expect(self, func: Any = None, lb: Any = None, ub: Any = None, conditional: bool = False, **kwds: Any) -> Any:
        """The expected value of ``func(x)``."""
        *shapes, loc, scale = self.dist.read(self.args, self.kwds) + [1.0] * (2 - len(self.dist.last))
        place = {"loc": loc} | ({"scale": scale} if len(self.dist.last) == 2 else {})
        return self.dist.expect(func, tuple(shapes), **place, lb=lb, ub=ub, conditional=conditional, **kwds)


_FIRST = frozenset("pdf logpdf pmf logpmf cdf logcdf sf logsf ppf isf interval moment".split())
_FROZEN = _FIRST | frozenset("mean var std median entropy stats support".split())


def twin(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a method of a distribution: SciPy's own answer as long as there is no box among the arguments."""

    @functools.wraps(method)
    def choose(self: Distribution, *args: Any, **kwargs: Any) -> Any:
        if has_box(args, kwargs):
            return method(self, *args, **kwargs)
        return getattr(self.theirs, method.__name__)(*args, **kwargs)

    return choose
