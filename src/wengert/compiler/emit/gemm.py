"""Products of matrices, and calls of the run-time library."""

from __future__ import annotations

from wengert.compiler.emit.scope import FunctionText
from wengert.compiler.loops import Statement

__all__ = ["gemm", "library"]


def gemm(f: FunctionText, s: Statement) -> None:
    """c = a b."""
    raise NotImplementedError


def library(f: FunctionText, s: Statement) -> None:
    """A call of the run-time library."""
    raise NotImplementedError
