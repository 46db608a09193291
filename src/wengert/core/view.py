"""View, write, sync: mutation is renaming.

Values are never changed in place. A write through a view computes a pure new value for the whole array, and
the Python object that the user holds takes it over:

    v = x[1:].T          x ──slice──▶ x[1:] ──transpose──▶ v        (v remembers x and the two steps)
    v *= a               x' = overwrite(x, transpose⁻¹(v * a), 1:)   x becomes x', version + 1
    w = x[0:2]; use w    w's version is old: w is derived again from x' by its own steps

No interpreter knows of this, so in-place code works under every one of them.

A box that was written to owns its buffer (nothing else refers to it) until somebody else reads it as a whole.
While it does, the next write may reuse the buffer, which makes filling an array element by element linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.core.apply import Box, apply

if TYPE_CHECKING:
    from wengert.core.op import Op

__all__ = ["Root", "View", "attach", "version", "write"]

Step = tuple["Op", Mapping[str, Any]]


class Root:
    """What an array that is written to knows: how often it was, and whether it is alone with its buffer."""

    __slots__ = ("owned", "version")

    def __init__(self) -> None:
        self.version = 0
        self.owned = False

    def sync(self, box: Box, op: Op | None, params: Mapping[str, Any]) -> None:
        """Somebody reads the box; unless they copy what they read, the buffer is shared from now on."""
        if "copy" not in params:
            self.owned = False


class View:
    """What a view knows: the array it looks at, the steps from there, and which version it has seen."""

    __slots__ = ("base", "steps", "version")

    def __init__(self, base: Box, steps: tuple[Step, ...], version: int) -> None:
        self.base = base
        self.steps = steps
        self.version = version

    def sync(self, box: Box, op: Op | None, params: Mapping[str, Any]) -> None:
        """Derive the box again if its base was written to since."""
        now = version(self.base)
        if self.version != now:
            self.version = now
            fresh: Any = self.base
            for step, step_params in self.steps:
                fresh = apply(step, (fresh,), step_params)
            box.become(fresh)


def version(box: Box) -> int:
    """How often the array was written to."""
    view = box.alias
    if view is None:
        return 0
    return view.version if type(view) is Root else version(view.base)


def attach(out: Any, base: Any, op: Op, params: Mapping[str, Any]) -> None:
    """Make `out`, the result of the view op on `base`, remember where it came from."""
    if not isinstance(out, Box) or not isinstance(base, Box):
        return
    view = base.alias
    if type(view) is View:
        steps = (*view.steps, (op, params))
        if not _is_view_of(view.base, steps):
            return
        out.alias = View(view.base, steps, view.version)
    else:
        out.alias = View(base, ((op, params),), 0 if view is None else view.version)


def _is_view_of(base: Box, steps: tuple[Step, ...]) -> bool:
    """Whether NumPy would give a view: reshaping a transposed or sliced array may have to copy."""
    if steps[-1][0].name != "reshape":
        return True
    stand_in = np.empty(base.shape, bool)
    seen = stand_in
    for op, params in steps:
        seen = op.impl(seen, **params)
    return np.may_share_memory(stand_in, seen)


def write(box: Box, value: Any, step: Step | None = None) -> None:
    """Let `value` replace all of `box`, or what `step` shows of it, in the array that it is a view of."""
    view = box.alias
    base, steps = (view.base, view.steps) if type(view) is View else (box, ())
    if step is not None:
        steps = (*steps, step)
    numbers_only = any(op.opaque for op, _ in steps)
    if not numbers_only:
        base.check_writable()
    root = base.alias
    if root is None:
        root = Root()
    # The parents of each step, from the base downwards; then the new value is put back from below upwards.
    parents: list[Any] = [base]
    for op, params in steps[:-1]:
        parents.append(apply(op, (parents[-1],), params))
    donate = root.owned and len(steps) == 1
    for (op, params), parent in zip(reversed(steps), reversed(parents), strict=True) if steps else ():
        assert op.put is not None
        value = op.put(parent, value, donate and parent is base, **params)
    if numbers_only:
        base.value = value.value if isinstance(value, Box) else value
    else:
        base.become(value)
    root.version += 1
    root.owned = bool(steps) and steps[0][0].fresh_put
    base.alias = root
