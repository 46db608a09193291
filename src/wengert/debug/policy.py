"""nondifferentiable: what is done about steps that lose a derivative on the way from input to output.

floor(x), sign(x), round(x)       a derivative of 0: locally constant        zero (default), warn or error
(x > 0) * 1.0, x.astype(int)      the same, by way of truths or integers
bool(x), x.item(), x.tolist()     a number for Python, for a branch or a log
int(x), float(x), math.sin(x)     always an error: `LostGradient`
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from wengert.autograd.grad_mode import Setting
from wengert.compiler.api import unpublish
from wengert.core.apply import Box, look_with, watching
from wengert.core.op import Op
from wengert.debug.frames import in_a_rule
from wengert.errors import (
    InvalidArgument,
    LostGradient,
    NotDifferentiable,
    ZeroDerivativeWarning,
    explain,
    user_line,
    user_stacklevel,
)
from wengert.interpreters.tape import mode

__all__ = ["nondifferentiable"]

POLICIES = ("zero", "warn", "error")


class nondifferentiable(Setting):  # noqa: N801 - a setting, like no_grad
    """What to do about locally constant steps: "zero" (nothing), "warn" or "error".

    At once when called, until the end of the block when used with ``with``, and for the calls of a decorated function.
    A step is locally constant if a float that depends on the input comes out of it with a derivative of zero: rounding,
    the sign, an argmax or a comparison that becomes a number. A condition that chooses between values is none. With
    "warn" and "error" the same is done when Python takes a number from the tape (``bool(x)``, ``x.item()``,
    ``x.tolist()``). What would lose a derivative unseen (``float(x)``, ``math.sin(x)``, ``y[0] = x[0]``) is always an
    error, and ``stop_gradient`` and ``detach`` are always allowed. On the eager tape truths and integers do not
    remember what they come from; in transforms they do. Raises `InvalidArgument` for another word.

    >>> import numpy as np, wengert as wg
    >>> f = lambda x: np.sum(np.floor(x) * 2.0)
    >>> wg.grad(f)(np.array([1.5]))
    array([0.])
    >>> with wg.nondifferentiable("error"):
    ...     wg.grad(f)(np.array([1.5]))
    Traceback (most recent call last):
    ...
    wengert.errors.NotDifferentiable: floor at ... has a derivative of zero.
    Its result is locally constant, so no gradient flows through it.
    ...
    """

    def __init__(self, policy: str) -> None:
        super().__init__()
        if policy not in POLICIES:
            raise InvalidArgument(
                explain(
                    f"nondifferentiable({policy!r}) at {user_line()}.",
                    "A derivative of zero is given, warned about, or refused.",
                    'Write wg.nondifferentiable("zero"), "warn" or "error".',
                )
            )
        self.policy = policy
        self._outer = self._switch()

    def _switch(self) -> Any:
        """Make the change; returns what was before."""
        unpublish()
        others = tuple([look for look in watching.lookers if not isinstance(look, _Steps)])
        before = mode.noting, look_with(others if self.policy == "zero" else (*others, _Steps(self.policy)))
        mode.noting = mode.noting or self.policy != "zero"
        return before

    def enter(self) -> Any:
        """The change was made when the setting was."""
        return self._outer

    def leave(self, before: Any) -> None:
        """Take the change back."""
        mode.noting, lookers = before
        look_with(lookers)

    def again(self) -> nondifferentiable:
        """The same setting for one call."""
        return nondifferentiable(self.policy)

    def __call__(self, function: Any) -> Any:
        """Decorate a function; the setting is for its calls only, so what was changed at once is taken back."""
        self.leave(self._outer)
        return super().__call__(function)


class _Steps:
    """Looks for steps whose result is a float without a derivative, although what they read depends on the input."""

    def __init__(self, policy: str) -> None:
        self.policy = policy

    def __call__(self, op: Op, operands: Sequence[Any], params: Mapping[str, Any], out: Any) -> None:
        outs = out if isinstance(out, tuple) else (out,)
        if op.name in _ALLOWED or not any(_is_lost(o) for o in outs) or any(_moves(o) for o in outs):
            return
        if any(isinstance(x, Box) and x.level == outs[0].level and _depends(x) for x in operands) and not in_a_rule():
            self._complain(
                NotDifferentiable,
                f"{op.name} at {user_line()} has a derivative of zero.",
                "Its result is locally constant, so no gradient flows through it.",
                "Write wg.stop_gradient(x) or x.detach() where that is meant, or a smooth function such as a sigmoid.",
            )

    def leak(self, what: str) -> None:
        """A number leaves the tape."""
        self._complain(
            LostGradient,
            f"{what} at {user_line()} takes a number from the tape.",
            "Python computes with it without a gradient.",
            "Write x.detach().item() where that is meant, and np.where instead of a branch.",
        )

    def _complain(self, kind: type[Exception], *lines: str) -> None:
        if self.policy == "error":
            raise kind(explain(*lines))
        warnings.warn(explain(*lines), ZeroDerivativeWarning, stacklevel=user_stacklevel())


_ALLOWED = frozenset({"stop_gradient"})


def _is_lost(x: Any) -> bool:
    return isinstance(x, Box) and x.differentiates and x.dtype.kind in "fc"


def _moves(x: Any) -> bool:
    """Whether a result has a node or a tangent."""
    return isinstance(x, Box) and x.mark is not None


def _depends(x: Box) -> bool:
    """Whether an operand depends on the input: by its mark, or as a truth or integer that a transform's box became."""
    return x.mark is not None or (x.level > 0 and x.dtype.kind in "biu")
