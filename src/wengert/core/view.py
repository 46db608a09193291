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

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.core.apply import Box, apply, read

if TYPE_CHECKING:
    from wengert.core.op import Op

__all__ = ["Detached", "Lent", "Root", "View", "attach", "is_contiguous", "laid_out", "version", "write"]

Step = tuple["Op", Mapping[str, Any]]
_COPY = {"copy": True}


class Root:
    """What an array that is written to knows: how often it was, whether it is alone with its buffer, its layout."""

    __slots__ = ("owned", "strides", "version")

    def __init__(self) -> None:
        self.version = 0
        self.owned = False
        self.strides: tuple[int, ...] | None = None

    def sync(self, box: Box, op: Op | None, params: Mapping[str, Any]) -> bool:
        """Somebody reads the box; unless they copy what they read, the buffer is shared from now on."""
        if "copy" not in params:
            self.owned = False
        return False


class Lent(Root):
    """The Root of an array that stands in for a plain one, so that compiled code may be the first to fill it.

    As long as nobody has read or written it, its numbers are nobody else's, and may be handed out to be written to.
    """

    __slots__ = ("untouched",)

    def __init__(self) -> None:
        super().__init__()
        self.untouched = True

    def sync(self, box: Box, op: Op | None, params: Mapping[str, Any]) -> bool:
        """Somebody reads the box."""
        self.untouched = self.untouched and op is None and "copy" in params
        return super().sync(box, op, params)


class Detached(Root):
    """The Root of an array that shares numbers, but no graph, with the tensor it was detached from.

    The tensor is held weakly, so that a detached array keeps neither it nor its graph alive.
    """

    __slots__ = ("seen", "source", "steps")

    def __init__(self, tensor: Box) -> None:
        super().__init__()
        base, self.steps = _origin(tensor)
        self.source = weakref.ref(base)
        self.seen = version(base)

    def sync(self, box: Box, op: Op | None, params: Mapping[str, Any]) -> bool:
        """Take over the numbers if the tensor was written to since."""
        super().sync(box, op, params)
        source = self.source()
        if source is not None and version(source) != self.seen:
            self.seen = version(source)
            box.value = read(_seen_through(source, self.steps))
            self.version += 1
        return False

    def written(self, box: Box) -> None:
        """The array was written to: so is the tensor, as far as its numbers go."""
        source = self.source()
        if source is not None and source.level == box.level:
            self.owned = False
            _write(source, self.steps, box, numbers_only=True)
            self.seen = version(source)


class View:
    """What a view knows: the array it looks at, the steps from there, and which version it has seen."""

    __slots__ = ("base", "steps", "version")

    def __init__(self, base: Box, steps: tuple[Step, ...], version: int) -> None:
        self.base = base
        self.steps = steps
        self.version = version

    def sync(self, box: Box, op: Op | None, params: Mapping[str, Any]) -> bool:
        """Derive the box again if its base was written to since; whether it was."""
        now = version(self.base)
        if self.version == now:
            return False
        self.version = now
        box.become(_seen_through(self.base, self.steps))
        return True


def _seen_through(base: Any, steps: tuple[Step, ...]) -> Any:
    for op, params in steps:
        base = apply(op, (base,), params)
    return base


def _origin(box: Box) -> tuple[Box, tuple[Step, ...]]:
    """The array that a box is a view of, itself maybe, and the steps from there."""
    view = box.alias
    return (view.base, view.steps) if type(view) is View else (box, ())


def version(box: Box) -> int:
    """How often the array was written to."""
    view = box.alias
    if view is None:
        return 0
    if type(view) is View:
        return version(view.base)
    if type(view) is Detached:
        view.sync(box, None, _COPY)
    return view.version  # type: ignore[no-any-return]


def _is_entry(key: Any) -> bool:
    """Whether a key names one entry by integers alone."""
    return isinstance(key, int) or (isinstance(key, tuple) and bool(key) and all([isinstance(k, int) for k in key]))


def attach(out: Any, base: Any, op: Op, params: Mapping[str, Any]) -> None:
    """Make `out`, the result of the view op on `base`, remember where it came from."""
    if not isinstance(out, Box) or not isinstance(base, Box):
        return
    if op.opaque:
        out.alias = Detached(base)
        return
    if out.level and not out.shape and _is_entry(params.get("key")):
        return  # x[i, j] is a number, as in NumPy; on the eager tape it is a view, as in PyTorch
    view = base.alias
    if type(view) is View:
        origin, steps, seen = view.base, (*view.steps, (op, params)), view.version
    else:
        origin, steps, seen = base, ((op, params),), 0 if view is None else view.version
    if op.name != "reshape" or _is_view_of(origin, steps):
        out.alias = View(origin, steps, seen)


def _is_view_of(base: Any, steps: tuple[Step, ...]) -> bool:
    """Whether NumPy would give a view: reshaping a transposed or sliced array may have to copy."""
    strides = _strides(base)
    if strides is None and len(steps) == 1:
        return True
    stand_in = _laid_out(base.shape, strides)
    return np.may_share_memory(stand_in, _seen(stand_in, steps))


def in_common(a: Box, b: Box) -> tuple[Any, Any] | None:
    """Arrays that lie to each other in memory as two views of one array do; None if the boxes are not that."""
    (base, steps), (other, other_steps) = _origin(a), _origin(b)
    if base is not other:
        return None
    whole = _laid_out(base.shape, _strides(base))
    return _seen(whole, steps), _seen(whole, other_steps)


def laid_out(box: Any) -> Any:
    """An array of booleans that lies in memory as NumPy's array would here."""
    base, steps = _origin(box)
    return _seen(_laid_out(base.shape, _strides(base)), steps)


def is_contiguous(box: Any) -> bool:
    """Whether NumPy's array would lie in memory in C order."""
    if type(box.alias) is not View and _strides(box) is None:
        return True
    return bool(laid_out(box).flags.c_contiguous)


def in_order(made: Any, order: str) -> Any:
    """A fresh array as one that lies in memory in C or Fortran order, whatever its numbers do."""
    if not isinstance(made, Box) or made.ndim < 2 or order not in ("C", "F"):
        return made
    strides = None if order == "C" else np.empty(made.shape, bool, order="F").strides
    if _strides(made) != strides:
        root = made.alias = Root()
        root.version, root.strides = 1, strides
    return made


def _seen(array: Any, steps: tuple[Step, ...]) -> Any:
    for op, params in steps:
        if _is_entry(params.get("key")):  # NumPy gives a number, which lies nowhere; with `...`, a view
            key = params["key"]
            array = array[(*key, ...) if isinstance(key, tuple) else (key, ...)]
        else:
            array = op.impl(array, **{k: v for k, v in params.items() if k != "copy"})
    return array


def _strides(base: Any) -> tuple[int, ...] | None:
    """How the array lies in memory, None for C order: as the ndarray at the bottom did before the first write."""
    root = base.alias
    if isinstance(root, Root) and root.version:
        return root.strides
    bottom = base.value
    while isinstance(bottom, Box):
        bottom = bottom.value
    return None if bottom.flags.c_contiguous else bottom.strides


def _laid_out(shape: tuple[int, ...], strides: tuple[int, ...] | None) -> Any:
    """An array whose axes lie in memory as these strides say (those of batch axes, in front, left out)."""
    if strides is None:
        return np.empty(shape, bool)
    order = np.argsort([-abs(n) for n in strides[len(strides) - len(shape) :]], kind="stable")
    return np.empty([shape[n] for n in order], bool).transpose(np.argsort(order))


def write(box: Box, value: Any, step: Step | None = None) -> None:
    """Let `value` replace all of `box`, or what `step` shows of it, in the array that it is a view of."""
    base, steps = _origin(box)
    _write(base, steps if step is None else (*steps, step), value, numbers_only=False)


def _write(base: Box, steps: tuple[Step, ...], value: Any, *, numbers_only: bool) -> None:
    if not numbers_only:
        base.check_writable()
    root = base.alias
    if root is None:
        root = Root()
    if not root.version:
        root.strides = _strides(base)
    # The parents of each step, from the base downwards; then the new value is put back from below upwards.
    parents: list[Any] = [base]
    for op, params in steps[:-1]:
        parents.append(apply(op, (parents[-1],), params))
    donate = root.owned and len(steps) == 1
    for (op, params), parent in zip(reversed(steps), reversed(parents), strict=True) if steps else ():
        assert op.put is not None
        value = op.put(parent, value, donate and parent is base, **params)
    if not isinstance(value, Box):  # of numbers only, while a solver is shown plain ones (`apply.closing`)
        value = base.constant(value)
    if numbers_only:
        base.value = value.value
    else:
        base.become(value)
    root.version += 1
    root.owned = bool(steps) and steps[0][0].fresh_put
    base.alias = root
    if type(root) is Detached:
        root.written(base)
