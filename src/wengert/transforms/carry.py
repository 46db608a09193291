"""What a loop carries from one step to the next: leaves whose structure, shapes and dtypes stay the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, read, unbridge
from wengert.core.protocols import astype
from wengert.errors import InvalidArgument, NotDifferentiable, explain, user_line
from wengert.interpreters.record import Weak
from wengert.spec import spec

__all__ = ["Carry", "kept", "leaf"]


def leaf(x: Any, what: str) -> Any:
    """A leaf as a value of its own: an array that nobody else writes to, a NumPy scalar or a box."""
    x = unbridge(x)
    if isinstance(x, Box):
        return kept(x)
    x = np.array(x)[()]
    if x.dtype.kind not in "biufc":
        raise NotDifferentiable(
            explain(
                f"{what} at {user_line()} got a leaf of type {x.dtype}.",
                "Loops carry and walk over arrays of numbers and truths.",
                "Close over anything else: def body(c, x): ... uses it where it is.",
            )
        )
    return x


def kept(x: Any) -> Any:
    """The value as it is now, whatever is written to its array later."""
    x = unbridge(x)
    if isinstance(x, Box):
        read(x)
        return x.copied()
    return np.array(x)[()]


class Promoted(Exception):
    """The body made more of a dtype than the carry had: the loop begins again with these."""

    def __init__(self, dtypes: list[Any]) -> None:
        super().__init__()
        self.dtypes = dtypes


class Carry:
    """The initial carry of a loop, and the check that each step gives one like it."""

    def __init__(self, init: Any, what: str, others: Sequence[Any] = ()) -> None:
        given, self.structure = tree.flatten(init)
        self.what = what
        self.paths = _paths(init)
        self.leaves = [leaf(x, what) for x in given]
        # Python's numbers have no width of their own: they take that of the floating arrays around them.
        self.weak = [type(x) in (bool, int, float, complex, Weak) for x in given]
        strong = [x for x, weak in zip(self.leaves, self.weak, strict=True) if not weak]
        around = [x.dtype for x in (*strong, *others) if x.dtype.kind in "fc"]
        self.narrow = np.finfo(np.result_type(*around)).dtype if around and not any(map(_is_wide, around)) else None
        if self.narrow is not None:
            self.leaves = [
                astype(x, self.narrow) if weak and x.dtype.kind == "f" else x
                for x, weak in zip(self.leaves, self.weak, strict=True)
            ]

    def __len__(self) -> int:
        return len(self.leaves)

    def run(self, loop: Callable[[list[Any]], Any]) -> Any:
        """The result of a loop over the leaves; promoted once more whenever a step asks for it."""
        while True:
            try:
                return loop(list(self.leaves))
            except Promoted as wanted:
                self.leaves = [astype(x, d) for x, d in zip(self.leaves, wanted.dtypes, strict=True)]

    def fit(self, new: Any) -> list[Any]:
        """The leaves of what a step returned, in the dtypes of the carry."""
        leaves, structure = tree.flatten(new)
        if structure != self.structure:
            raise InvalidArgument(
                explain(
                    f"the body of {self.what} at {user_line()} got a carry {self.structure!r} "
                    f"and returned {structure!r}.",
                    "Each step hands its carry to the next, so it must nest as the initial one does.",
                    "Return the same containers, lengths and keys as in init.",
                )
            )
        leaves = [x if isinstance(x, Box) else np.asarray(x)[()] for x in map(unbridge, leaves)]
        dtypes = [self._joined(n, x) for n, x in enumerate(leaves)]
        if any(d != x.dtype for d, x in zip(dtypes, self.leaves, strict=True)):
            raise Promoted(dtypes)
        return [x if x.dtype == d else astype(x, d) for x, d in zip(leaves, dtypes, strict=True)]

    def _joined(self, n: int, x: Any) -> Any:
        have = spec(self.leaves[n])
        if x.shape != have.shape:
            raise InvalidArgument(
                explain(
                    f"the body of {self.what} at {user_line()} changed {self.paths[n]} from shape {have.shape} "
                    f"to {x.shape}.",
                    "Each step hands its carry to the next, so every entry keeps its shape.",
                    f"Give {self.paths[n]} the shape {x.shape} in init, for instance by np.zeros({x.shape}), "
                    "or reduce it in the body.",
                )
            )
        if x.dtype == have.dtype:
            return have.dtype
        if self.weak[n] and x.dtype.kind in "fc" and have.dtype.kind in "biu":
            return self.narrow if self.narrow is not None and x.dtype.kind == "f" else x.dtype
        return np.result_type(have.dtype, x.dtype)


def _is_wide(dtype: Any) -> bool:
    return bool(np.finfo(dtype).bits > 32)


def _paths(init: Any, name: str = "carry") -> list[str]:
    below = tree.children(init)
    if below is None:
        return [name]
    return [path for key, part in below.items() for path in _paths(part, f"{name}[{key!r}]")]
