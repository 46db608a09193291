"""Eager: what PyTorch users know of a tensor. requires_grad, grad, backward, hooks, detach, data, devices.

Rare attributes (the gradient, hooks, a name) live in the tensor's `__dict__`:

    _grad  the gradient    _leaf  the AccumulateGrad node, kept while requires_grad is off    _post_accumulate  hooks
    _parameter, _buffer  who made it: `nn.Parameter`, `nn.Buffer`
"""

from __future__ import annotations

import copy
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import WATCH, Box, apply, read, watcher
from wengert.core.array import Array
from wengert.core.op import TABLE
from wengert.core.view import Root, version
from wengert.errors import (
    NotDifferentiable,
    TapeError,
    explain,
    user_line,
    user_stacklevel,
)
from wengert.interpreters import engine
from wengert.interpreters.placed import off_the_tape
from wengert.interpreters.tape import AccumulateGrad, Handle, Hooks, Node, Port, leaf, on_tensors

__all__ = ["Eager"]

# Dtypes that repr leaves out, because a reader sees them from the numbers.
_OBVIOUS = (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_))


class Eager(Array):
    """An array with PyTorch's attributes of the tape."""

    __slots__ = ()

    name: str | None = None

    # --- where it stands on the tape --------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow through this tensor; may be set on leaves."""
        read(self)
        return self.tracked

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Let gradients be accumulated for this leaf, or no longer; returns the tensor.

        A leaf owns its memory: made out of a view (``x.detach().requires_grad_()``) it no longer shares it.
        Raises `NotDifferentiable` for integers, `TapeError` when switched off for the result of an op.
        """
        node = engine.node_of(self)
        if requires_grad and node is None:
            self.mark = self._leaf_node()
            if type(self.alias) is not Root:
                self.alias = Root()
        elif not requires_grad and node is not None:
            if type(node) is not AccumulateGrad:
                raise TapeError(
                    explain(
                        f"requires_grad was set to False at {user_line()} on the result of {node.name()}.",
                        "You can only change requires_grad flags of leaf tensors.",
                        "Write y = y.detach() to use its value without a gradient.",
                    )
                )
            self.mark = None
        return self

    def _leaf_node(self) -> AccumulateGrad:
        if self.dtype.kind not in "fc":
            raise NotDifferentiable(
                explain(
                    f"requires_grad=True at {user_line()} for a tensor of dtype {self.dtype}.",
                    "Only tensors of floating point and complex dtype have gradients.",
                    "Write x.double(), or wg.tensor(..., dtype=wg.float64, requires_grad=True).",
                )
            )
        node = self.__dict__.get("_leaf")
        if node is None or node.shape != self.shape or node.dtype != self.dtype or node.owner() is not self:
            node = leaf(self.shape, self.dtype, self.level, weakref.ref(self))
            self.__dict__["_leaf"] = node
        return node

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made this tensor."""
        node = engine.node_of(self)
        return node is None or type(node) is AccumulateGrad

    @property
    def grad_fn(self) -> Any:
        """The node of the op that made this tensor; None for a leaf."""
        node = engine.node_of(self)
        if type(node) is Port:
            return node.edges[0]
        return None if type(node) is AccumulateGrad else node

    @property
    def output_nr(self) -> int:
        """Which of the results of its op this is."""
        node = engine.node_of(self)
        return node.number if type(node) is Port else 0

    @property
    def creator(self) -> Any:
        """The function that made this tensor: an `autograd.Function` called as an object, else the node."""
        node = self.grad_fn
        return getattr(node, "function", None) or node

    @property
    def _version(self) -> int:
        return version(self)

    # --- gradients ----------------------------------------------------------------------------------------------

    @property
    def grad(self) -> Any:
        """The accumulated gradient, a tensor, or None."""
        if WATCH.on and (trace := watcher()) is not None:
            trace.see_grad(self)
        found = self.__dict__.get("_grad")
        if found is None and not self.is_leaf and not self.retains_grad:
            warnings.warn(
                f"the .grad of a tensor that is not a leaf was read at {user_line()}; backward() does not fill it. "
                "Call .retain_grad() on the tensor before backward().",
                UserWarning,
                stacklevel=user_stacklevel(),
            )
        return found

    @grad.setter
    def grad(self, value: Any) -> None:
        if WATCH.on and (trace := watcher()) is not None:
            trace.see_grad(self)
        if value is None:
            self.__dict__.pop("_grad", None)
            return
        if isinstance(value, np.ndarray | np.generic):
            value = Array.constant(np.array(value)[()])
        if not isinstance(value, Eager):
            raise TypeError(f"assigned grad expected to be a tensor or None but got {type(value).__name__}")
        if value.shape != self.shape or value.dtype != self.dtype:
            raise TapeError(
                explain(
                    f"a gradient of {value.shape} {value.dtype} was assigned at {user_line()} "
                    f"to a tensor of {self.shape} {self.dtype}.",
                    "A gradient has the shape and dtype of its tensor.",
                    "Assign g.reshape(x.shape).to(x.dtype).",
                )
            )
        self.__dict__["_grad"] = value

    def cleargrad(self) -> None:
        """Forget the accumulated gradient."""
        self.grad = None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to the `.grad` of every leaf that it depends on.

        gradient: the cotangent to start from, of this tensor's shape; for a scalar 1. retain_graph: keep what
        the graph saved, for another backward. create_graph: record the backward pass itself, for derivatives
        of the gradient. inputs: accumulate for these tensors only. Nothing is written when it fails.

        >>> import wengert as wg
        >>> x = wg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        keep = create_graph if retain_graph is None else retain_graph
        chosen = None if inputs is None else engine.listed(inputs)
        engine.backward([self], [gradient], keep=keep, create_graph=create_graph, inputs=chosen)

    def retain_grad(self) -> None:
        """Let backward fill the `.grad` of this tensor although it is not a leaf."""
        self._tracked_node("retain_grad()")
        if not self.is_leaf and not self.retains_grad:
            self.__dict__["_retains"] = True
            engine.retain(self)

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this non-leaf tensor."""
        return bool(self.__dict__.get("_retains", False))

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call ``hook(grad)`` when this tensor's gradient is known; what it returns, unless None, replaces it.

        >>> import wengert as wg
        >>> x = wg.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: 10 * g)
        >>> (x * x).backward(); x.grad
        tensor(60.)
        """
        return Handle(self._tracked_node("register_hook()").more().tensor_hooks, on_tensors(hook))

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], None]) -> Handle:
        """Call ``hook(tensor)`` after a gradient was added to this leaf's `.grad`."""
        if type(self._tracked_node("register_post_accumulate_grad_hook()")) is not AccumulateGrad:
            raise TapeError(
                explain(
                    f"register_post_accumulate_grad_hook() at {user_line()} on the result of an op.",
                    "Only leaves accumulate gradients.",
                    "Use register_hook on it, or register this hook on the leaves.",
                )
            )
        return Handle(self.__dict__.setdefault("_post_accumulate", Hooks()), hook)

    def _tracked_node(self, what: str) -> Node:
        node = engine.node_of(self)
        if node is None:
            raise TapeError(
                explain(
                    f"{what} at {user_line()} on a tensor that doesn't require gradient.",
                    "No gradient will ever arrive at it.",
                    "Make it with requires_grad=True, or compute it from tensors that are.",
                )
            )
        return node  # type: ignore[no-any-return]

    # --- the values without the tape ------------------------------------------------------------------------------

    def detach(self) -> Any:
        """The same values, which gradients do not flow through; writes to either are seen by both.

        The result keeps neither this tensor nor its graph alive. (Scalars share nothing.)
        """
        out = apply(TABLE["stop_gradient"], (self,))
        if self.is_scalar:
            out.alias = None
        return out

    def detach_(self) -> Any:
        """Take this tensor off the tape, in place; raises `TapeError` for a view."""
        self.value, self.mark = off_the_tape(self).value, None
        return self

    @property
    def data(self) -> Any:
        """The values as a detached tensor; writing to it, or assigning it, does not concern the tape."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        new = read(value).copy() if isinstance(value, Array) else np.array(value)
        self.value = new if new.shape else new[()]
        if type(self.alias) is Root:
            self.alias.version += 1
            self.alias.owned = False
        else:
            self.alias = Root()
        if type(self.mark) is AccumulateGrad:
            self.mark.shape, self.mark.dtype = new.shape, new.dtype

    def item(self, *index: int) -> Any:
        """The entry (at `index`) as a Python number, for logs and conditions."""
        value = read(self)
        if self.level:
            return Array.item(self, *index)
        self.leaving("item()")
        return (value if isinstance(value, Box) else np.asarray(value)).item(*index)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers, for logs; inside a transform of 0-d boxes."""
        if self.level == 0:
            value = read(self)
            self.leaving("tolist()")
            return value.tolist() if isinstance(value, Box) else np.asarray(value).tolist()
        return [row.tolist() for row in self] if self.ndim else self

    # --- copies -----------------------------------------------------------------------------------------------------

    def __copy__(self) -> Any:
        """Another tensor of the same values: of a leaf a leaf, of a result one with the same node."""
        made = type(self).__new__(type(self))
        if self.is_leaf and not self.level:
            made._restore(read(self), self.requires_grad, self._notes())
            made.grad = None
        else:
            Box.__init__(made, read(self), self.mark, self.level)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.level:
            return Array.__deepcopy__(self, memo)
        if not self.is_leaf:
            raise TapeError(
                explain(
                    f"deepcopy at {user_line()} of the result of {self.grad_fn.name()}.",
                    "Only leaf tensors can be copied with their place on the tape.",
                    "Write y.clone() to copy it with its gradient, or y.detach().clone() without.",
                )
            )
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        notes = self._notes()
        if "_parameter" in notes:
            notes.pop("_grad", None)  # PyTorch's copy of a parameter has none
        made._restore(np.copy(read(self))[()], self.requires_grad, copy.deepcopy(notes, memo))
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.level:
            return Array.__reduce_ex__(self, protocol)
        return _unpickled, (type(self), np.asarray(read(self)), self.requires_grad, self._notes())

    def _notes(self) -> dict[str, Any]:
        """The attributes that a copy takes along: the gradient and the user's own, not hooks."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_leaf", "_post_accumulate", "_retains")}

    def _restore(self, value: Any, requires_grad: bool, notes: dict[str, Any]) -> None:
        Box.__init__(self, value, None, 0)
        self.alias = Root()
        self.__dict__.update(notes)
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        shown = self.shown()
        notes = [] if shown.dtype in _OBVIOUS else [f"dtype={shown.dtype}"]
        if self.level:
            notes.append(f"level={self.level}")
        elif self.grad_fn is not None:
            notes.append(f"grad_fn=<{self.grad_fn.name()}>")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        kind = "Parameter containing:\n" if "_parameter" in self.__dict__ else ""
        return f"{kind}tensor({', '.join([np.array2string(shown, separator=', ', prefix='tensor('), *notes])})"


def _unpickled(cls: Any, value: Any, requires_grad: bool, notes: dict[str, Any]) -> Any:
    made: Any = cls.__new__(cls)
    made._restore(value[()], requires_grad, notes)
    return made
