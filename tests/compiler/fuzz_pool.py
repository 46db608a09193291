"""Arguments of every awkward kind, and a random program under construction on them (see `fuzz`)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import wengert as wg

__all__ = ["ODD", "Argument", "Pool", "Unfit", "arguments"]

ODD = 0.1234  # no computed number is just this
SHAPES = [
    (),
    (1,),
    (5,),
    (17,),
    (3, 4),
    (4, 1),
    (1, 6),
    (2, 3, 4),
    (33, 3),
    (20, 1),
    (1, 17, 1),
    (0,),
    (0, 3),
    (2, 0, 4),
]
DTYPES = ["f8", "f8", "f8", "f4", "f4", "i8", "i4", "u1", "?", "c16"]
LAYOUTS = ["plain", "plain", "fortran", "reversed", "strided", "readonly", "swapped", "unaligned", "spread", "scalar"]


# --- arguments --------------------------------------------------------------------------------------------


def numbers(shape: tuple[int, ...], dtype: str, seed: int) -> Any:
    """Numbers between -1 and 1, small integers or truths, no two floats alike."""
    n = int(np.prod(shape))
    wave = np.sin(seed + 1.7 * np.arange(n))
    if dtype == "c16":
        wave = wave + 1j * np.cos(seed + 2.3 * np.arange(n))
    kind = np.dtype(dtype).kind
    values = (
        wave > ODD
        if kind == "b"
        else np.abs(np.rint(5 * wave))
        if kind == "u"
        else np.rint(5 * wave)
        if kind == "i"
        else wave
    )
    return values.reshape(shape).astype(dtype)


def laid_out(a: Any, layout: str) -> Any:
    """The same numbers in another layout in memory."""
    if layout == "fortran":
        return np.asfortranarray(a)
    if layout == "reversed":
        return np.ascontiguousarray(a[..., ::-1])[..., ::-1] if a.ndim else a
    if layout == "strided":
        wide = np.zeros(tuple(2 * n for n in a.shape), a.dtype)
        wide[tuple(slice(None, None, 2) for _ in a.shape)] = a
        return wide[tuple(slice(None, None, 2) for _ in a.shape)]
    if layout == "swapped":
        return a.astype(a.dtype.newbyteorder())
    if layout == "unaligned":
        raw = np.zeros(a.nbytes + 1, np.uint8)[1:]
        out = raw.view(a.dtype).reshape(a.shape) if a.size else a
        out[...] = a
        return out
    if layout == "spread":
        return np.broadcast_to(a[:1], a.shape) if a.ndim and len(a) else a
    if layout == "scalar":
        return a[()] if a.ndim == 0 else a
    out = a.copy()
    out.flags.writeable = layout != "readonly"
    return out


@dataclass
class Argument:
    """How an argument is made, so that a failing case can be printed and every run gets fresh ones."""

    shape: tuple[int, ...]
    dtype: str
    layout: str
    seed: int
    alias: str = ""  # "same" as the argument before it, or an "overlap" with it

    def make(self, before: list[Any]) -> Any:
        if self.alias == "same":
            return before[-1]
        if self.alias == "overlap":
            return before[-1][::-1]
        return laid_out(numbers(self.shape, self.dtype, self.seed), self.layout)

    def __repr__(self) -> str:
        return f"{self.alias or self.layout} {self.dtype}{list(self.shape)}"


@st.composite
def arguments(draw: Any) -> list[Argument]:
    """One to three arguments, now and then twice the same or an overlapping view."""
    found: list[Argument] = []
    for k in range(draw(st.integers(1, 3))):
        alias = draw(st.sampled_from(["", "", "", "same", "overlap"])) if found else ""
        if alias and (alias == "same" or found[-1].shape):
            found.append(Argument(found[-1].shape, found[-1].dtype, found[-1].layout, k, alias))
        else:
            draws = (draw(st.sampled_from(x)) for x in (SHAPES, DTYPES, LAYOUTS))
            found.append(Argument(*draws, seed=k))
    return found


# --- a program under construction -------------------------------------------------------------------------


@dataclass
class Pool:
    """The names so far, with their values in this run.

    exact: names whose numbers are the arguments', moved about at most. tracked: names that a gradient reaches.
    """

    draw: Any
    values: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    exact: set[str] = field(default_factory=set)
    tracked: set[str] = field(default_factory=set)

    def pick(self, want: Callable[[Any], bool] = lambda v: True, among: set[str] | None = None) -> str:
        """A name whose value is wanted; raises Unfit if there is none."""
        names = [n for n, v in self.values.items() if want(np.asarray(v)) and (among is None or n in among)]
        if not names:
            raise Unfit
        return str(self.draw(st.sampled_from(names[::-1])))

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def axis(self, name: str) -> int:
        ndim = np.ndim(self.values[name])
        if not ndim:
            raise Unfit
        return int(self.draw(st.integers(-ndim, ndim - 1)))

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def floating(self, **options: Any) -> str:
        return self.pick(lambda v: v.dtype.kind == "f", **options)

    def real(self, **options: Any) -> str:
        return self.pick(lambda v: v.dtype.kind in "fiu", **options)

    def add(self, lines: list[str], exact: bool = False) -> None:
        """Take these lines, of which the last gives the new name `out`, if NumPy computes them without complaint."""
        name = f"v{len(self.values)}"
        text = "\n".join(lines)
        used = [n for n in self.values if re.search(rf"\b{n}\b", text)]
        value = tried(text, self.values)
        if not well_behaved(value):
            lines = [*lines, "out = " + ("np.tanh(out)" if np.asarray(value).dtype.kind == "f" else "out % 7")]
            exact = False
            value = tried("\n".join(lines), self.values)
            if not well_behaved(value):
                raise Unfit
        self.lines += [re.sub(r"\bout\b", name, line) for line in lines]
        self.values[name] = value
        if exact and all(n in self.exact for n in used):
            self.exact.add(name)
        if any(n in self.tracked for n in used) and np.asarray(value).dtype.kind in "fc":
            self.tracked.add(name)


class Unfit(Exception):
    """This op has no operands here, or NumPy refuses them."""


def tried(text: str, values: dict[str, Any]) -> Any:
    """The value of `out` after the lines, by NumPy."""
    scope = {"np": np, "wg": wg, **values}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(text, scope)
    except (ValueError, TypeError, IndexError, ZeroDivisionError, RuntimeWarning, np.exceptions.AxisError) as error:
        if isinstance(error, wg.WengertError):
            raise
        raise Unfit from error
    return scope["out"]


def well_behaved(value: Any) -> bool:
    """Whether the numbers are finite and small, and not too many."""
    a = np.asarray(value)
    return a.size <= 20_000 and (a.dtype.kind == "b" or not a.size or bool(np.max(np.abs(a.astype(complex))) < 100))
