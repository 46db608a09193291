"""vcurve: the error of a difference quotient over its step, predicted and measured."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, MissingDependency, explain, user_line
from wengert.methods.noise import function_noise
from wengert.methods.sampling import Sampler
from wengert.methods.search import power_of_two
from wengert.methods.stencils import stencil
from wengert.methods.taylor import taylor
from wengert.transforms.forward import jvp

__all__ = ["VCurve", "vcurve"]


@dataclass(frozen=True)
class VCurve:
    """The V of one entry of one derivative; all arrays are over the steps `h`.

    quotient: what the difference gives. error: how far that is from `exact`, the derivative by forward accumulation.
    truncation: the first term that the quotient leaves out, from the exact higher derivative. roundoff: the noise of
    the function, divided by the step. predicted: their sum, whose lowest point is `optimal_h`. best_h: where the
    measured error is smallest. order: of the method; noise: of one evaluation.
    """

    h: Any
    quotient: Any
    error: Any
    exact: float
    truncation: Any
    roundoff: Any
    predicted: Any
    optimal_h: float
    best_h: float
    order: int
    noise: float
    method: str

    def plot(self, ax: Any = None) -> Any:
        """Draw both curves on matplotlib Axes (new ones, if None is given), which are returned."""
        ax = _axes() if ax is None else ax
        seen = self.error > 0  # an error of zero has no logarithm
        ax.loglog(self.h[seen], self.error[seen], "o", markersize=3, label="measured")
        ax.loglog(
            self.h, self.predicted, "-", label=f"noise / h + C h^{self.order}" if self.order > 1 else "noise / h + C h"
        )
        ax.axvline(self.optimal_h, linestyle=":", color="gray", label=f"h = {self.optimal_h:.1e}")
        ax.set_xlabel("step h")
        ax.set_ylabel("error of the derivative")
        ax.set_title(f"{self.method} difference")
        ax.legend()
        return ax


def _axes() -> Any:
    try:
        pyplot = importlib.import_module("matplotlib.pyplot")
    except ImportError as error:
        raise MissingDependency(
            explain(
                "A plot was asked for, and matplotlib is not installed.",
                "wengert computes the curve; matplotlib draws it.",
                "Run: pip install 'wengert[plot]'",
            )
        ) from error
    return pyplot.subplots()[1]


def vcurve(
    f: Callable[..., Any], x: Any, *args: Any, index: Any = None, hs: Any = None, method: str = "central", **kwargs: Any
) -> VCurve:
    """The error of the difference quotients of `f` at `x` over the step: truncation at one end, round-off at the other.

    f: a scalar function of one array (further arguments are passed on). index: which entry of x (an integer into the
    flat array, or a tuple); may be left out for a single number. hs: the steps; by default 1e-16 to 1, times |x|.
    method: "forward", "backward" or "central". Raises `InvalidArgument` for another method, a result that is not one
    number, or a missing index.

    >>> import numpy as np, wengert as wg
    >>> curve = wg.vcurve(np.exp, 1.0)
    >>> 1e-6 < curve.optimal_h < 1e-4, bool(curve.error.min() < 1e-8)
    (True, True)
    """
    if method not in ("forward", "backward", "central"):
        raise InvalidArgument(
            explain(
                f"vcurve at {user_line()} got method={method!r}.",
                "A V belongs to a difference quotient with one step.",
                "Write forward, backward or central.",
            )
        )
    x = np.asarray(x, float) if np.asarray(x).dtype.kind in "iu" else np.asarray(x)
    sampler = Sampler(lambda z: f(z, *args, **kwargs), x, False)
    place = _place(sampler, x, index)
    unit = np.zeros(x.size)
    unit[place] = 1.0
    direction = unit.reshape(x.shape).astype(x.dtype)[()]

    def at(z: Any) -> Any:
        return np.reshape(f(z, *args, **kwargs), ())

    size = abs(float(sampler.x[place])) or 1.0
    rule = stencil(method, 1)
    eps = float(np.max(sampler.eps))
    h = np.asarray(hs, float) if hs is not None else power_of_two(size * np.logspace(math.log2(eps), 0, 65, base=2.0))
    h = np.unique(h)[::-1]
    points = [sampler.x + c * k * unit for k in h for (c,) in rule.offsets]
    values = np.array(sampler.at(points)).reshape(len(h), len(rule.offsets))
    with np.errstate(all="ignore"):
        quotient = values @ np.array(rule.weights) / h
    exact = float(jvp(at, (x[()],), (direction,))[1])
    coefficient = float(abs(taylor(at, x[()], rule.order + 1, direction=direction)[rule.order + 1]))
    noise = float(function_noise(sampler, size * unit)[0])
    truncation = coefficient * h**rule.order
    roundoff = sum(abs(w) for w in rule.weights) * noise / h
    error = np.abs(quotient - exact)
    predicted = truncation + roundoff
    return VCurve(
        h=h,
        quotient=quotient,
        error=error,
        exact=exact,
        truncation=truncation,
        roundoff=roundoff,
        predicted=predicted,
        optimal_h=float(h[np.nanargmin(predicted)]),
        best_h=float(h[np.nanargmin(error)]),
        order=rule.order,
        noise=noise,
        method=method,
    )


def _place(sampler: Sampler, x: Any, index: Any) -> int:
    if len(sampler.center) != 1:
        raise InvalidArgument(
            explain(
                f"vcurve at {user_line()} got a function with {len(sampler.center)} results.",
                "A curve shows one number.",
                "Return one of them, or a sum.",
            )
        )
    if index is None and x.size == 1:
        return 0
    if index is None:
        raise InvalidArgument(
            explain(
                f"vcurve at {user_line()} got an argument of shape {x.shape} and no index.",
                "A curve belongs to one entry of the argument.",
                "Give index=0, or a tuple of integers.",
            )
        )
    return int(np.ravel_multi_index(index, x.shape)) if isinstance(index, tuple) else range(x.size)[index]
