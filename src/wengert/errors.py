"""The exceptions of wengert: one tree, and each is also the built-in that a NumPy user would catch.

Every message has three lines: what happened (and where in the user's code), why, and what to write instead.
"""

from __future__ import annotations

import os
import sys
from types import FrameType

import numpy as np

__all__ = [
    "AnomalyDetected",
    "AxisOutOfRange",
    "BatchedValue",
    "CompilerError",
    "CorruptFile",
    "CorruptFileWarning",
    "DetachedCopyWarning",
    "FreedGraph",
    "GradcheckError",
    "InplaceLeaf",
    "InvalidArgument",
    "LostGradient",
    "MissingDependency",
    "MissingRule",
    "MutatedArray",
    "NonFinite",
    "NotDifferentiable",
    "ObjectBridgeWarning",
    "ReadOnly",
    "RecompilationWarning",
    "StructureMismatch",
    "TapeError",
    "TracedValue",
    "WengertError",
    "WorkerError",
    "WorkerTimeout",
    "ZeroDerivativeWarning",
    "explain",
    "refuse",
    "user_line",
]


class WengertError(Exception):
    """The root of everything that wengert raises on purpose."""


class InvalidArgument(WengertError, ValueError):
    """An argument has a value, shape or axis that the function cannot use."""


class AxisOutOfRange(InvalidArgument, np.exceptions.AxisError):
    """An axis that the array does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


class LostGradient(WengertError, TypeError, RuntimeError):
    """A tracked value was about to become a plain number, which would drop its gradient (PyTorch: RuntimeError)."""


class NotDifferentiable(WengertError, TypeError, RuntimeError):
    """Something without a derivative (integers, booleans, strings) was asked for one (PyTorch: RuntimeError)."""


class MissingRule(WengertError, TypeError):
    """A function has no rule for the interpretation that was asked for."""


class MissingDependency(WengertError, ImportError):
    """An optional package is needed and not installed."""


class CompilerError(WengertError, RuntimeError):
    """Generated code was refused by LLVM or could not be loaded; a defect of ours, not of the user's program."""


class CorruptFile(WengertError, ValueError):
    """A file is torn, or does not hold what was written to it."""


class WorkerError(WengertError, RuntimeError):
    """A process that prepares data raised an exception or died."""


class WorkerTimeout(WorkerError, TimeoutError):
    """A process that prepares data took longer than it may."""


class FreedGraph(WengertError, RuntimeError):
    """A graph was walked backwards after its saved values had been freed."""


class TapeError(WengertError, RuntimeError):
    """The tape cannot do what was asked of this tensor: it has no graph, or is no leaf, or lies on another tape."""


class AnomalyDetected(WengertError, RuntimeError):
    """A NaN was born in a backward pass under anomaly mode."""


class NonFinite(AnomalyDetected, FloatingPointError):
    """A NaN or an infinity was born while `wengert.debug.nans` was active.

    what: "value", "tangent" or "adjoint". op, operand: names of the rule book. line: of the op, in the user's code.
    cause: what went wrong, such as "0·∞".
    """

    def __init__(self, message: str, *, what: str, op: str, operand: str, line: str, cause: str) -> None:
        super().__init__(message)
        self.what, self.op, self.operand, self.line, self.cause = what, op, operand, line, cause


class GradcheckError(WengertError, RuntimeError):
    """A gradient differs from its central differences."""


class InplaceLeaf(WengertError, RuntimeError):
    """An in-place write would replace a leaf that is to receive a gradient."""


class MutatedArray(WengertError, RuntimeError):
    """A plain array was changed in place between an op that saved it and the backward pass."""


class ReadOnly(WengertError, ValueError):
    """A write through a view that NumPy makes read-only."""


class StructureMismatch(WengertError, ValueError):
    """Two nested containers that must have the same structure differ."""


class BatchedValue(WengertError, TypeError):
    """Python asked a batched value for one number or one truth."""


class TracedValue(WengertError, TypeError):
    """Python asked a traced value for a number, which would freeze it into the graph."""


class ObjectBridgeWarning(UserWarning):
    """A tensor went through an object array: right, but slow."""


class DetachedCopyWarning(UserWarning):
    """A tensor that requires grad was copied without its place on the tape."""


class ZeroDerivativeWarning(UserWarning):
    """A step on the way from input to output is locally constant, so that no gradient flows through it."""


class RecompilationWarning(UserWarning):
    """A compiled function is traced again and again, or cannot be compiled and runs eagerly."""


class CorruptFileWarning(UserWarning):
    """A corrupt file was passed over, and an older one is used."""


def explain(what: str, why: str, instead: str) -> str:
    """Join the three lines of an error message: what happened, why, what to write instead."""
    return f"{what}\n{why}\n{instead}"


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NUMPY, _SCIPY = os.sep + "numpy" + os.sep, os.sep + "scipy" + os.sep


def user_frame() -> FrameType | None:
    """The frame of the user's own code that is running now."""
    return _user_frame()[0]


def _user_frame() -> tuple[FrameType | None, int]:
    frame: FrameType | None = sys._getframe(1)
    depth = 1
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_PACKAGE) and _NUMPY not in name and _SCIPY not in name:
            break
        frame, depth = frame.f_back, depth + 1
    return frame, depth


def user_line() -> str:
    """The place in the user's own code that is running now, as ``file.py:41``."""
    frame, _ = _user_frame()
    if frame is None:
        return "an unknown line"
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def refuse(what: str, why: str, instead: str) -> InvalidArgument:
    """The error of an argument, to be raised; the first line gets the place in the user's code."""
    return InvalidArgument(explain(f"{what} at {user_line()}.", why, instead))


def user_stacklevel() -> int:
    """The ``stacklevel`` that makes ``warnings.warn``, called by our caller, blame the user's line."""
    _, depth = _user_frame()
    return depth - 1
