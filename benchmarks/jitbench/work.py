"""Work: one row of the table, the same computation by wengert and by its peers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import wengert as wg
from benchmarks.jitbench import peers

__all__ = ["Args", "Builder", "Jit", "Run", "Work", "gradient_of", "value_of", "vector"]

Args = tuple[Any, ...]
Run = Callable[[], Any]  # computes once; returns the results as a tree of arrays
Builder = Callable[..., Run]  # called with the arguments of the work; raises peers.Missing
Jit = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True)
class Work:
    """One row.

    args: makes the arguments, as NumPy arrays. ours: from a `jit` (wg.jit, or the identity for the eager tape)
    to the function of these arguments. peers: how every other contestant computes the same.

    bar: ours ÷ the best peer that works from Python and derives its gradient itself (or ÷ the peer named by
    `against`). c_bar: ours ÷ hand-written C. at_most: seconds. by_hand: peers whose gradient a human derived;
    they are shown, and must agree, but like C they are no rivals of a differentiation tool. called: C is called
    from Python, as ours is, because the work is shorter than a call.
    """

    name: str
    args: Callable[[], Args]
    ours: Callable[[Jit], Callable[..., Any]]
    peers: Mapping[str, Builder] = field(default_factory=dict)
    bar: float | None = None
    c_bar: float | None = None
    against: str = ""
    at_most: float | None = None
    by_hand: tuple[str, ...] = ()
    called: bool = False
    tolerance: float = 1e-6
    slow: bool = False  # left out by --quick
    needs: str = ""  # a name of wengert's that the work is written with

    def builders(self, jit: Jit) -> dict[str, Builder]:
        """Every contestant, ours first."""

        def wengert(*args: Any) -> Run:
            if self.needs and not hasattr(wg, self.needs):
                raise peers.Missing(f"no wg.{self.needs}")
            function = self.ours(jit)
            return functools.partial(function, *args)

        return {"wengert": wengert, **self.peers}


Dialect = Callable[..., Any]


def gradient_of(
    f: Dialect,
    argnums: int | tuple[int, ...] = 0,
    torch: Dialect | None = None,
    ours: Dialect | None = None,
    **others: Any,
) -> Any:
    """Ours and the peers of a value and gradient, for an `f(*args, xp=np)` that NumPy, JAX and PyTorch can read.

    `torch` and `ours` are the spellings of f for PyTorch and for NumPy where they differ; `others` are further peers,
    or None to leave out one.
    """
    found: dict[str, Builder | None] = {
        "jax": lambda *args: peers.jax_gradient(f, argnums, args),
        "torch": lambda *args: peers.torch_gradient(torch or f, argnums, args),
        **others,
    }
    return {
        "ours": lambda jit: jit(wg.value_and_grad(ours or f, argnums=argnums)),
        "peers": {name: builder for name, builder in found.items() if builder is not None},
    }


def value_of(f: Dialect, torch: Dialect | None = None, **others: Any) -> Any:
    """The same for the value alone."""
    found: dict[str, Builder | None] = {
        "numpy": lambda *args: lambda: f(*args),
        "jax": lambda *args: peers.jax_value(f, args),
        "torch": lambda *args: peers.torch_value(torch or f, args),
        **others,
    }
    return {
        "ours": lambda jit: jit(f),
        "peers": {name: builder for name, builder in found.items() if builder is not None},
    }


def vector(n: int, dtype: Any = float, seed: int = 0, scale: float = 1.0) -> Any:
    """n normally distributed numbers."""
    return (scale * peers.rng(seed).standard_normal(n)).astype(dtype)
